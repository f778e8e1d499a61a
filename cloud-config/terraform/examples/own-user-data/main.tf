# User-data of your own, put together by cloudinit_config, with bootname's part as the last one.
# The part fetches the program from a bucket: one with the program inside leaves too little room.
#
#   mkuserdata --s3 s3://BUCKET/KEY --sha256 HEX --plain --merge -o bootname.yaml my.yaml
#   terraform init && terraform apply

terraform {
  required_providers {
    cloudinit = {
      source  = "hashicorp/cloudinit"
      version = ">= 2.3"
    }
  }
}

provider "aws" {
  region = "eu-west-1"
}

data "cloudinit_config" "this" {
  part {
    filename     = "setup.sh"
    content_type = "text/x-shellscript"
    content      = file("${path.module}/setup.sh")
  }

  part {
    filename     = "bootname.yaml"
    content_type = "text/cloud-config"
    content      = file("${path.module}/bootname.yaml")
  }
}

module "bootname" {
  source = "../.."

  zone_name          = "ec2.example.com"
  program_bucket     = "releases-of-mine"
  instance_name      = "webdev1"
  subnet_ids         = ["subnet-0123456789abcdef0"]
  security_group_ids = ["sg-0123456789abcdef0"]
  user_data_base64   = data.cloudinit_config.this.rendered
}
