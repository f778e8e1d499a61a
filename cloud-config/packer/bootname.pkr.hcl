# An AMI that has bootname: its instances only take a tag `dnsname`, or settings in
# their user-data (mkuserdata --baked). No zone, name, key or secret is in the image, unless
# `defaults` names a file of settings for the whole fleet. The package must have been built
# on the distribution, or for Debian and Ubuntu on an older one: else it lacks libraries.
#
#   packer init cloud-config/packer
#   packer build -var package=build/deb/bootname_0.2.0-1_amd64.deb cloud-config/packer
#   packer build -var distribution=amazon-linux-2023 -var package=bootname.rpm cloud-config/packer

packer {
  required_plugins {
    amazon = {
      source  = "github.com/hashicorp/amazon"
      version = ">= 1.3"
    }
  }
}

variable "package" {
  description = "Package of bootname, made by `make deb` or, on Amazon Linux 2023, `make rpm`"
  type        = string
}

variable "distribution" {
  description = "debian-12, debian-13, ubuntu-22.04, ubuntu-24.04 or amazon-linux-2023"
  type        = string
  default     = "debian-12"

  validation {
    condition     = contains(["debian-12", "debian-13", "ubuntu-22.04", "ubuntu-24.04", "amazon-linux-2023"], var.distribution)
    error_message = "It must be debian-12, debian-13, ubuntu-22.04, ubuntu-24.04 or amazon-linux-2023."
  }
}

variable "defaults" {
  description = "File of settings that hold where the user-data has none; see bootname(8), option -d"
  type        = string
  default     = ""
}

variable "region" {
  description = "AWS_REGION of the environment; if that is empty, the region of the profile"
  type        = string
  default     = env("AWS_REGION")
}

variable "vpc_id" {
  description = "VPC for the machine that becomes the image; empty for the default VPC"
  type        = string
  default     = ""
}

variable "subnet_id" {
  description = "Subnet for that machine; empty for one of the default VPC"
  type        = string
  default     = ""
}

variable "public_ip" {
  description = "Reach that machine by a public address; false: by its private one, such as over a VPN"
  type        = bool
  default     = true
}

variable "source_owner" {
  description = "Account of the source image, for a partition in which it is another one; empty for the distribution's own"
  type        = string
  default     = ""
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
  debian_arch   = var.architecture == "arm64" ? "arm64" : "amd64"

  # The distributions' own accounts.
  distributions = {
    debian-12         = { owner = "136693071363", user = "admin", name = "debian-12-${local.debian_arch}-*" }
    debian-13         = { owner = "136693071363", user = "admin", name = "debian-13-${local.debian_arch}-*" }
    "ubuntu-22.04"    = { owner = "099720109477", user = "ubuntu", name = "ubuntu/images/hvm-ssd/ubuntu-jammy-22.04-${local.debian_arch}-server-*" }
    "ubuntu-24.04"    = { owner = "099720109477", user = "ubuntu", name = "ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-${local.debian_arch}-server-*" }
    amazon-linux-2023 = { owner = "amazon", user = "ec2-user", name = "al2023-ami-2023.*-kernel-*-${var.architecture}" }
  }
  source = local.distributions[var.distribution]

  package = var.distribution == "amazon-linux-2023" ? "/tmp/bootname.rpm" : "/tmp/bootname.deb"
  install = var.distribution == "amazon-linux-2023" ? [
    "dnf install -y ${local.package}",
    "dnf clean all",
    ] : [
    "apt-get update",
    "apt-get install -y ${local.package}",
    "apt-get clean",
  ]
}

source "amazon-ebs" "this" {
  region                      = var.region == "" ? null : var.region
  vpc_id                      = var.vpc_id == "" ? null : var.vpc_id
  subnet_id                   = var.subnet_id == "" ? null : var.subnet_id
  associate_public_ip_address = var.subnet_id == "" ? null : var.public_ip
  ssh_interface               = var.public_ip ? null : "private_ip"
  ami_name                    = "bootname-${var.distribution}-${formatdate("YYYYMMDDhhmmss", timestamp())}"
  instance_type               = var.architecture == "arm64" ? "t4g.micro" : "t3.micro"
  ssh_username                = local.source.user
  temporary_key_pair_type     = "ed25519"
  imds_support                = "v2.0"

  source_ami_filter {
    owners      = [var.source_owner == "" ? local.source.owner : var.source_owner]
    most_recent = true

    filters = {
      name                = local.source.name
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
  sources = ["source.amazon-ebs.this"]

  provisioner "file" {
    source      = var.package
    destination = local.package
  }

  provisioner "file" {
    content     = var.defaults == "" ? "{}\n" : file(var.defaults)
    destination = "/tmp/bootname-defaults.yaml"
  }

  # `cloud-init clean` removes every hook, so ours is written after it; and it comes
  # last, as nothing that this instance has learnt is to be in the image. The keys are those
  # of the machine, and of Packer: cloud-init makes others at the first boot.
  provisioner "shell" {
    execute_command = "sudo sh -eux '{{ .Path }}'"
    inline_shebang  = "/bin/sh -eux"
    inline = concat(
      ["cloud-init status --wait || [ $? = 2 ]"],
      local.install,
      var.defaults == "" ? [] : ["install -m 644 /tmp/bootname-defaults.yaml ${local.defaults_file}"],
      [
        "rm ${local.package} /tmp/bootname-defaults.yaml",
        "rm -f /etc/ssh/ssh_host_*",
        "find /root /home -name authorized_keys -o -name '.*_history' | xargs -r rm -f",
        "truncate -s 0 /etc/machine-id",
        "cloud-init clean --logs",
        "mkdir -p ${local.hooks}",
        "printf '#!/bin/sh\\nexec ${local.command}\\n' >${local.hooks}/50-bootname",
        "chmod 755 ${local.hooks}/50-bootname",
      ],
    )
  }
}
