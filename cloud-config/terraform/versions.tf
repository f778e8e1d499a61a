# The same as cloud-config/cloudformation/: a zone, the role of the instances, an
# instance and an Auto Scaling group; the latter two as far as asked for.
#
#   make deps user-data SETTINGS=my.yaml ARCH=x86_64
#   cd cloud-config/terraform
#   terraform init
#   terraform apply -var zone_name=ec2.example.com -var instance_name=webdev1 \
#     -var 'subnet_ids=["subnet-1"]' -var 'security_group_ids=["sg-1"]'

terraform {
  required_version = ">= 1.3"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.53, < 7"
    }
  }
}

provider "aws" {
  region = var.region
}

# Where Route 53 wants the key of DNSSEC and the log of queries.
provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"
}

data "aws_partition" "current" {}

data "aws_caller_identity" "current" {}
