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

  # Instances with former user-data are replaced.
  instance_refresh {
    strategy = "Rolling"
  }

  lifecycle {
    precondition {
      condition     = length(var.subnet_ids) > 0
      error_message = "A group needs a subnet or more: set subnet_ids."
    }
  }
}
