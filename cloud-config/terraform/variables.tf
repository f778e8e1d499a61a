# ---- The zone. ----

variable "zone_name" {
  description = "Name of the hosted zone, such as ec2.example.com"
  type        = string

  validation {
    condition     = can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z0-9-]{2,63}$", var.zone_name))
    error_message = "A domain name in lower case, without a final dot; no label begins with an underscore."
  }
}

variable "create_zone" {
  description = "Make the zone; else it is there: zone_ids names it, or it is looked up by its name"
  type        = bool
  default     = false
}

variable "private_zone" {
  description = "The zone that is looked up by its name is a private one"
  type        = bool
  default     = false
}

variable "parent_zone_id" {
  description = "Id of the hosted zone above, if this account has it: the NS record that delegates is written there; null: see the output delegation"
  type        = string
  default     = null
}

variable "negative_ttl" {
  description = "Seconds for which a name stays unknown that was asked for too early (SOA); 0: the record is left alone, with Route 53's own 900"
  type        = number
  default     = 0
}

variable "no_mail" {
  description = "Say that the domain neither sends nor receives mail (SPF, DMARC, null MX)"
  type        = bool
  default     = false
}

variable "dmarc_reports" {
  description = "Mail address for DMARC's reports, with no_mail"
  type        = string
  default     = null
}

variable "certificate_authorities" {
  description = "Who may issue certificates for these names (CAA), such as letsencrypt.org; [\";\"] for nobody, [] for whoever the domain above lets"
  type        = list(string)
  default     = []
}

variable "tls_reports" {
  description = "Mail address for reports on TLS between mail servers (TLS-RPT)"
  type        = string
  default     = null
}

variable "mta_sts_id" {
  description = "Id of an MTA-STS policy, new at every change of it; takes a web server mta-sts.ZONE with /.well-known/mta-sts.txt, too"
  type        = string
  default     = null
}

variable "query_log_days" {
  description = "Days for which DNS queries are logged; 0 for no log"
  type        = number
  default     = 0
}

variable "dnssec" {
  description = "Sign the zone; the domain above takes the DS record afterwards, see the output ds_record. To undo it, first remove the DS record there, and wait for its TTL; else the names fail to resolve"
  type        = bool
  default     = false
}

# ---- The role. ----

variable "zone_ids" {
  description = "Ids of hosted zones that the instances write, beside the one that is made here; [] and no create_zone: the one named zone_name"
  type        = list(string)
  default     = []
}

variable "record_names" {
  description = "Fewer names than all below the zone: patterns in lower case, with _bootname.PATTERN, too, for owner records; null for all names"
  type        = list(string)
  default     = null

  validation {
    condition = length([for name in var.record_names == null ? [] : var.record_names : name
    if !can(regex("^([a-z0-9]|_bootname\\.|\\\\052\\.)[a-z0-9*?_.\\\\-]*\\.[a-z0-9-]+$", name))]) == 0
    error_message = "A pattern begins with a letter, a digit, _bootname. or \\052. and has no capitals and no final dot. For all names of the zone: null."
  }
}

variable "wildcard_names" {
  description = "Wildcard records such as *.ec2.example.com; one right below the zone answers for the names that prove the zone, too"
  type        = bool
  default     = false
}

variable "apex_name" {
  description = "Records of the zone's own name; TXT there proves the zone"
  type        = bool
  default     = false
}

variable "take_over" {
  description = "The setting take_over, which asks EC2 what has become of a name's owner"
  type        = bool
  default     = false
}

variable "tags_from_ec2" {
  description = "Tags from EC2, where the metadata has none"
  type        = bool
  default     = false
}

variable "wait" {
  description = "The setting wait"
  type        = bool
  default     = false
}

variable "private_zones" {
  description = "Several private hosted zones of one name, of which the one of the instance's VPC is taken"
  type        = bool
  default     = false
}

variable "systems_manager" {
  description = "Let Systems Manager onto the instances: for a session without SSH, and for cloud-config/cloudformation/monitoring.yaml"
  type        = bool
  default     = false
}

variable "zone_role_arn" {
  description = "The setting role_arn: a role in the account of the zone, which writes then"
  type        = string
  default     = null
}

variable "own_names" {
  description = "Each instance may write the name that is made of its id, its owner record, and nothing else, with the setting session_tag; a role that writes is made for this"
  type        = bool
  default     = false
}

variable "own_name_prefix" {
  description = "With own_names, what stands before the id, such as web- for web-i-0abc1234def567890"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^([a-z0-9][a-z0-9-]{0,40})?$", var.own_name_prefix))
    error_message = "Letters in lower case, digits and hyphens; the first one is no hyphen."
  }
}

# ---- The instances. ----

variable "user_data_base64" {
  description = "What mkuserdata has written, as filebase64(\"user-data\"); or whatever else brings bootname"
  type        = string
  default     = null
}

variable "user_data_file" {
  description = "The same as the name of a file; null for build/user-data of bootname's sources"
  type        = string
  default     = null
}

variable "image_id" {
  description = "AMI, of the architecture of the user-data; null for the one that image_parameter names at the launch. A newer one replaces no instance"
  type        = string
  default     = null
}

variable "image_parameter" {
  description = "Parameter of Systems Manager that names an AMI"
  type        = string
  default     = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
}

variable "instance_type" {
  description = "Of the architecture of the AMI"
  type        = string
  default     = "t3.micro"
}

variable "key_name" {
  description = "Name of a key pair of EC2, to log in with SSH; null for none"
  type        = string
  default     = null
}

variable "subnet_ids" {
  description = "Subnets that reach Route 53; the instance goes into the first one"
  type        = list(string)
  default     = []
}

variable "security_group_ids" {
  description = "bootname needs outgoing HTTPS and DNS"
  type        = list(string)
  default     = []
}

variable "hop_limit" {
  description = "1 keeps the role from containers on the instance; 2 lets those have it that want it"
  type        = number
  default     = 1

  validation {
    condition     = contains([1, 2], var.hop_limit)
    error_message = "1 or 2."
  }
}

variable "metadata_ipv6" {
  description = "Metadata over IPv6, too, for subnets without IPv4"
  type        = bool
  default     = false
}

variable "instance_name" {
  description = "Tag dnsname of one instance, such as webdev1; null for no instance"
  type        = string
  default     = null
}

variable "group_name" {
  description = "Name of an Auto Scaling group; null for none. Its settings have a name such as web-{instance-id}, its user-data --systemd"
  type        = string
  default     = null
}

variable "group_dns_name" {
  description = "Tag dnsname of the group's instances, which the settings may use, such as {tag:dnsname}-{instance-id}; null for none"
  type        = string
  default     = null
}

variable "group_min_size" {
  description = "Instances at least, and at the start; 0 lets the group scale to zero, and starts none"
  type        = number
  default     = 0
}

variable "group_warmup" {
  description = "Seconds after which a new instance of the group counts, when instances with former user-data are replaced: until then it has its name"
  type        = number
  default     = 120
}

variable "group_max_size" {
  description = "Instances at most"
  type        = number
  default     = 2
}

variable "program_bucket" {
  description = "S3 bucket that the program comes from, with mkuserdata --s3; null for none"
  type        = string
  default     = null
}

variable "create_program_bucket" {
  description = "Make a private bucket of that name"
  type        = bool
  default     = false
}
