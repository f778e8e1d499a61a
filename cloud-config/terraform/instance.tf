locals {
  user_data = (
    var.user_data_base64 != null ? var.user_data_base64 :
    var.instance_name == null && var.group_name == null ? null :
    filebase64(coalesce(var.user_data_file, "${path.module}/../../build/user-data"))
  )
}

data "aws_ssm_parameter" "image" {
  count = var.instance_name != null && var.image_id == null ? 1 : 0

  name = var.image_parameter
}

# Not of a launch template, another version of which would be another instance. So other
# user-data stop the instance and start it again, and the new settings count.
resource "aws_instance" "this" {
  count = var.instance_name == null ? 0 : 1
  # No instance boots before it may write, and while one shuts down it still may.
  depends_on = [aws_iam_role_policy_attachment.this, aws_route53_record.soa]

  ami                    = coalesce(var.image_id, one(data.aws_ssm_parameter.image[*].insecure_value))
  instance_type          = var.instance_type
  iam_instance_profile   = aws_iam_instance_profile.this.name
  key_name               = var.key_name
  subnet_id              = try(var.subnet_ids[0], null)
  user_data_base64       = local.user_data
  vpc_security_group_ids = var.security_group_ids

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = var.hop_limit
    http_protocol_ipv6          = var.metadata_ipv6 ? "enabled" : "disabled"
    instance_metadata_tags      = "enabled"
  }

  tags = {
    Name    = var.instance_name
    dnsname = var.instance_name
  }

  lifecycle {
    # A newer AMI does not replace the instance. To do so: terraform apply -replace=ADDRESS
    ignore_changes = [ami]

    precondition {
      condition     = length(var.subnet_ids) > 0
      error_message = "An instance needs a subnet: set subnet_ids."
    }
  }
}
