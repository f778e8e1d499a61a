# An AMI that has bootname: its instances only take a tag `dnsname`, or settings in
# their user-data (mkuserdata --baked). No zone, name or secret is in the image, unless
# `defaults` names a file of settings for the whole fleet. The package must have been
# built on Debian 12, which the image is made of: on a newer one it wants newer libraries.
#
#   packer init cloud-config/packer
#   packer build -var package=build/deb/bootname_0.1.0-1_amd64.deb cloud-config/packer

packer {
  required_plugins {
    amazon = {
      source  = "github.com/hashicorp/amazon"
      version = ">= 1.3"
    }
  }
}

variable "package" {
  description = "Debian package of bootname, made by `make deb`"
  type        = string
}

variable "defaults" {
  description = "File of settings that hold where the user-data has none; see bootname(8), option -d"
  type        = string
  default     = ""
}

variable "region" {
  type    = string
  default = "eu-west-1"
}

variable "architecture" {
  description = "x86_64 or arm64, as the package"
  type        = string
  default     = "x86_64"
}

locals {
  hooks         = "/var/lib/cloud/scripts/per-boot"
  defaults_file = "/etc/bootname-defaults.yaml"
  command       = var.defaults == "" ? "bootname" : "bootname -d ${local.defaults_file}"
}

source "amazon-ebs" "debian" {
  region        = var.region
  ami_name      = "bootname-${formatdate("YYYYMMDDhhmmss", timestamp())}"
  instance_type = var.architecture == "arm64" ? "t4g.micro" : "t3.micro"
  ssh_username  = "admin"
  imds_support  = "v2.0"

  # Debian's own account.
  source_ami_filter {
    owners      = ["136693071363"]
    most_recent = true

    filters = {
      name                = "debian-12-${var.architecture == "arm64" ? "arm64" : "amd64"}-*"
      architecture        = var.architecture
      virtualization-type = "hvm"
      root-device-type    = "ebs"
    }
  }

  metadata_options {
    http_endpoint = "enabled"
    http_tokens   = "required"
  }
}

build {
  sources = ["source.amazon-ebs.debian"]

  provisioner "file" {
    source      = var.package
    destination = "/tmp/bootname.deb"
  }

  provisioner "file" {
    content     = var.defaults == "" ? "{}\n" : file(var.defaults)
    destination = "/tmp/bootname-defaults.yaml"
  }

  # `cloud-init clean` removes every hook, so ours is written after it; and it comes
  # last, as nothing that this instance has learnt is to be in the image.
  provisioner "shell" {
    execute_command = "sudo sh -eux '{{ .Path }}'"
    inline_shebang  = "/bin/sh -eux"
    inline = concat(
      [
        "cloud-init status --wait",
        "apt-get update",
        "apt-get install -y /tmp/bootname.deb",
      ],
      var.defaults == "" ? [] : ["install -m 644 /tmp/bootname-defaults.yaml ${local.defaults_file}"],
      [
        "rm /tmp/bootname.deb /tmp/bootname-defaults.yaml",
        "apt-get clean",
        "cloud-init clean --logs --machine-id",
        "mkdir -p ${local.hooks}",
        "printf '#!/bin/sh\\nexec ${local.command}\\n' >${local.hooks}/50-bootname",
        "chmod 755 ${local.hooks}/50-bootname",
      ],
    )
  }
}
