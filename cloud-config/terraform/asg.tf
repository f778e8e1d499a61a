resource "aws_launch_template" "this" {
  count = var.group_name == null ? 0 : 1
  # No instance boots before it may write, and while one shuts down it still may.
  depends_on = [aws_iam_role_policy_attachment.this, aws_route53_record.soa]

  name_prefix = "bootname-"
  # EC2 asks for the newest AMI at each launch: a newer one is no other launch template.
  image_id               = coalesce(var.image_id, "resolve:ssm:${var.image_parameter}")
  instance_type          = var.instance_type
  key_name               = var.key_name
  user_data              = local.user_data
  vpc_security_group_ids = var.security_group_ids

  iam_instance_profile {
    name = aws_iam_instance_profile.this.name
  }

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = var.hop_limit
    http_protocol_ipv6          = var.metadata_ipv6 ? "enabled" : "disabled"
    instance_metadata_tags      = "enabled"
  }
}

# No desired capacity: what scaling has made of it outlives the next apply.
resource "aws_autoscaling_group" "this" {
  count = var.group_name == null ? 0 : 1

  name                = var.group_name
  min_size            = var.group_min_size
  max_size            = var.group_max_size
  vpc_zone_identifier = var.subnet_ids

  launch_template {
    id      = aws_launch_template.this[0].id
    version = aws_launch_template.this[0].latest_version
  }

  # On the instances, when they are launched, and so in their metadata.
  tag {
    key                 = "Name"
    value               = var.group_name
    propagate_at_launch = true
  }

  dynamic "tag" {
    for_each = var.group_dns_name[*]

    content {
      key                 = "dnsname"
      value               = var.group_dns_name
      propagate_at_launch = true
    }
  }

  # Instances with former user-data are replaced: the new one first, so that a group of one
  # has no gap.
  instance_refresh {
    strategy = "Rolling"

    preferences {
      min_healthy_percentage = 100
      max_healthy_percentage = 200
      instance_warmup        = var.group_warmup
    }
  }

  lifecycle {
    precondition {
      condition     = length(var.subnet_ids) > 0
      error_message = "A group needs a subnet or more: set subnet_ids."
    }
  }
}
