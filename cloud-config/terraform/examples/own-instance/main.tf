# Instances that you describe yourself: the module makes the role only.
#
#   mkuserdata --arch aarch64 -o user-data my.yaml    # zone: ec2.example.com
#   terraform init && terraform apply

provider "aws" {
  region = "eu-west-1"
}

module "bootname" {
  source = "../.."

  zone_name = "ec2.example.com"
}

data "aws_ssm_parameter" "image" {
  name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"
}

resource "aws_instance" "web" {
  for_each = toset(["webdev1", "webdev2"])

  ami                    = data.aws_ssm_parameter.image.insecure_value
  instance_type          = "t4g.micro"
  iam_instance_profile   = module.bootname.instance_profile
  subnet_id              = "subnet-0123456789abcdef0"
  vpc_security_group_ids = ["sg-0123456789abcdef0"]
  user_data_base64       = filebase64("${path.module}/user-data")

  metadata_options {
    http_tokens            = "required"
    instance_metadata_tags = "enabled" # the name is the tag dnsname
  }

  tags = {
    Name    = each.key
    dnsname = each.key
  }

  lifecycle {
    ignore_changes = [ami] # a newer one replaces no instance
  }
}
