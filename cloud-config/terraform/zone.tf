resource "aws_route53_zone" "this" {
  count = var.create_zone ? 1 : 0

  name    = var.zone_name
  comment = "Names of EC2 instances, by bootname"
}

# One that is there already.
data "aws_route53_zone" "this" {
  count = var.create_zone || length(var.zone_ids) > 0 ? 0 : 1

  name         = var.zone_name
  private_zone = var.private_zone
}

locals {
  zone_ids = concat(aws_route53_zone.this[*].zone_id, data.aws_route53_zone.this[*].zone_id, var.zone_ids)
  zone_id  = local.zone_ids[0]

  mail_records = var.create_zone && var.no_mail ? {
    "${var.zone_name} TXT" = "v=spf1 -all"
    "${var.zone_name} MX"  = "0 ."
    # sp: for the instances' names, which SPF at the apex does not reach.
    "_dmarc.${var.zone_name} TXT" = join("; ", concat(
      ["v=DMARC1", "p=reject", "sp=reject", "adkim=s", "aspf=s"],
      var.dmarc_reports == null ? [] : ["rua=mailto:${var.dmarc_reports}"],
    ))
  } : {}
}

resource "aws_route53_record" "delegation" {
  count = var.create_zone && var.parent_zone_id != null ? 1 : 0

  zone_id = var.parent_zone_id
  name    = var.zone_name
  type    = "NS"
  ttl     = 172800
  records = aws_route53_zone.this[0].name_servers
}

# It is there as soon as the zone is, hence allow_overwrite.
resource "aws_route53_record" "soa" {
  count = var.create_zone && var.negative_ttl > 0 ? 1 : 0

  zone_id         = local.zone_id
  name            = var.zone_name
  type            = "SOA"
  ttl             = var.negative_ttl
  records         = ["${aws_route53_zone.this[0].primary_name_server}. awsdns-hostmaster.amazon.com. 1 7200 900 1209600 ${var.negative_ttl}"]
  allow_overwrite = true
}

resource "aws_route53_record" "mail" {
  for_each = local.mail_records

  zone_id = local.zone_id
  name    = split(" ", each.key)[0]
  type    = split(" ", each.key)[1]
  ttl     = 3600
  records = [each.value]
}

resource "aws_route53_record" "caa" {
  count = var.create_zone && length(var.certificate_authorities) > 0 ? 1 : 0

  zone_id = local.zone_id
  name    = var.zone_name
  type    = "CAA"
  ttl     = 3600
  records = [for authority in var.certificate_authorities : "0 issue \"${authority}\""]
}

resource "aws_route53_record" "tls_reports" {
  count = var.create_zone && var.tls_reports != null ? 1 : 0

  zone_id = local.zone_id
  name    = "_smtp._tls.${var.zone_name}"
  type    = "TXT"
  ttl     = 3600
  records = ["v=TLSRPTv1; rua=mailto:${var.tls_reports}"]
}

resource "aws_route53_record" "mta_sts" {
  count = var.create_zone && var.mta_sts_id != null ? 1 : 0

  zone_id = local.zone_id
  name    = "_mta-sts.${var.zone_name}"
  type    = "TXT"
  ttl     = 3600
  records = ["v=STSv1; id=${var.mta_sts_id}"]
}

# ---- The log of queries, which Route 53 takes in us-east-1 only, as the key of DNSSEC. ----

resource "aws_cloudwatch_log_group" "queries" {
  region = "us-east-1"
  count  = var.create_zone && var.query_log_days > 0 ? 1 : 0

  name              = "/aws/route53/${var.zone_name}"
  retention_in_days = var.query_log_days
}

resource "aws_cloudwatch_log_resource_policy" "queries" {
  region = "us-east-1"
  count  = var.create_zone && var.query_log_days > 0 ? 1 : 0

  policy_name = "route53-${var.zone_name}"
  policy_document = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "route53.amazonaws.com" }
      Action    = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource  = "${aws_cloudwatch_log_group.queries[0].arn}:*"
      Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
    }]
  })
}

resource "aws_route53_query_log" "this" {
  count      = var.create_zone && var.query_log_days > 0 ? 1 : 0
  depends_on = [aws_cloudwatch_log_resource_policy.queries]

  zone_id                  = local.zone_id
  cloudwatch_log_group_arn = aws_cloudwatch_log_group.queries[0].arn
}

# ---- DNSSEC. To undo it: first the DS record in the domain above, then wait its TTL. ----

resource "aws_kms_key" "dnssec" {
  region = "us-east-1"
  count  = var.create_zone && var.dnssec ? 1 : 0

  description              = "DNSSEC of ${var.zone_name}"
  customer_master_key_spec = "ECC_NIST_P256"
  key_usage                = "SIGN_VERIFY"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Account"
        Effect    = "Allow"
        Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "Sign"
        Effect    = "Allow"
        Principal = { Service = "dnssec-route53.amazonaws.com" }
        Action    = ["kms:DescribeKey", "kms:GetPublicKey", "kms:Sign"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
      },
      {
        Sid       = "Grant"
        Effect    = "Allow"
        Principal = { Service = "dnssec-route53.amazonaws.com" }
        Action    = "kms:CreateGrant"
        Resource  = "*"
        Condition = {
          StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id }
          Bool         = { "kms:GrantIsForAWSResource" = "true" }
        }
      },
    ]
  })
}

resource "aws_route53_key_signing_key" "this" {
  count = var.create_zone && var.dnssec ? 1 : 0

  hosted_zone_id             = local.zone_id
  key_management_service_arn = aws_kms_key.dnssec[0].arn
  name                       = "bootname"
}

resource "aws_route53_hosted_zone_dnssec" "this" {
  count      = var.create_zone && var.dnssec ? 1 : 0
  depends_on = [aws_route53_key_signing_key.this]

  hosted_zone_id = local.zone_id
}
