# Several instances, each with a role that writes its own name and no other one.
#
#   mkuserdata --arch x86_64 -o user-data my.yaml     # zone: ec2.example.com
#   terraform init && terraform apply

provider "aws" {
  region = "eu-west-1"
}

module "bootname" {
  source   = "../.."
  for_each = toset(["webdev1", "webdev2", "db1"])

  zone_name          = "ec2.example.com"
  record_names       = ["${each.key}.ec2.example.com", "_bootname.${each.key}.ec2.example.com"]
  instance_name      = each.key
  subnet_ids         = ["subnet-0123456789abcdef0"]
  security_group_ids = ["sg-0123456789abcdef0"]
  user_data_base64   = filebase64("${path.module}/user-data")
}

output "instance_ids" {
  value = { for name, one in module.bootname : name => one.instance_id }
}
