# A hosted zone that is made for the names, and one instance in it. The zone says that the
# domain has no mail, and a name that is asked for too early is unknown for a minute only.
#
#   mkuserdata --arch x86_64 -o user-data my.yaml     # zone: ec2.example.com
#   terraform init && terraform apply

provider "aws" {
  region = "eu-west-1"
}

module "bootname" {
  source = "../.."

  zone_name      = "ec2.example.com"
  create_zone    = true
  parent_zone_id = "Z0123456789ABCDEFGHIJ" # of example.com, if this account has it
  negative_ttl   = 60
  no_mail        = true

  instance_name      = "webdev1"
  subnet_ids         = ["subnet-0123456789abcdef0"]
  security_group_ids = ["sg-0123456789abcdef0"]
  user_data_base64   = filebase64("${path.module}/user-data")
}

output "delegation" {
  value = module.bootname.delegation
}
