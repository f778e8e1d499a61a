# One instance, webdev1.ec2.example.com, in a hosted zone that is there already.
#
#   mkuserdata --arch x86_64 -o user-data my.yaml     # zone: ec2.example.com
#   terraform init && terraform apply

provider "aws" {
  region = "eu-west-1"
}

module "bootname" {
  # With a version: git::https://HOST/OWNER/bootname.git//cloud-config/terraform?ref=v0.2.0
  source = "../.."

  zone_name          = "ec2.example.com"
  instance_name      = "webdev1"
  subnet_ids         = ["subnet-0123456789abcdef0"]
  security_group_ids = ["sg-0123456789abcdef0"]
  user_data_base64   = filebase64("${path.module}/user-data")
}

output "instance_id" {
  value = module.bootname.instance_id
}
