data "aws_ssm_parameter" "image" {
  count = var.image_id == null ? 1 : 0

  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

# The instance's and the group's.
resource "aws_launch_template" "this" {
  count = var.instance_name != null || var.group_name != null ? 1 : 0
  # No instance boots before it may write, and while one shuts down it still may.
  depends_on = [aws_iam_role_policy_attachment.this, aws_route53_record.soa]

  name_prefix            = "bootname-"
  image_id               = coalesce(var.image_id, one(data.aws_ssm_parameter.image[*].insecure_value))
  instance_type          = var.instance_type
  key_name               = var.key_name
  user_data              = filebase64(var.user_data_file)
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

resource "aws_instance" "this" {
  count = var.instance_name == null ? 0 : 1

  subnet_id = try(var.subnet_ids[0], null)
  tags = {
    Name    = var.instance_name
    dnsname = var.instance_name
  }

  launch_template {
    id      = aws_launch_template.this[0].id
    version = aws_launch_template.this[0].latest_version
  }

  lifecycle {
    precondition {
      condition     = length(var.subnet_ids) > 0
      error_message = "An instance needs a subnet: set subnet_ids."
    }
  }
}
