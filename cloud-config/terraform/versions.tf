# A module: the role of instances that write their own names into a hosted zone, and, as far
# as asked for, the zone, an instance and an Auto Scaling group. It has no provider block, so
# region, profile and for_each are the caller's. examples/ shows how it is called.
#
# It also works by itself, with the region and profile of the environment:
#
#   make deps user-data SETTINGS=my.yaml ARCH=x86_64
#   cd cloud-config/terraform
#   terraform init
#   AWS_REGION=eu-west-1 terraform apply -var zone_name=ec2.example.com -var instance_name=webdev1 \
#     -var 'subnet_ids=["subnet-1"]' -var 'security_group_ids=["sg-1"]'

terraform {
  required_version = ">= 1.3"

  required_providers {
    aws = {
      source = "hashicorp/aws"
      # Since 6.0 a resource may name its region, as those in us-east-1 must.
      version = ">= 6.0, < 7"
    }
  }
}

data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}
