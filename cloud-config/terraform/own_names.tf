# Each instance may write the name that is made of its id, and nothing else: docs/own-name.md.

locals {
  # Variables of IAM, not of Terraform, hence $$.
  own_name = "${var.own_name_prefix}$${aws:PrincipalTag/instance}.${var.zone_name}"
  own_id   = "*:$${aws:RequestTag/instance}"

  # The role that writes in place of the instances' own, if there is one.
  zone_role_arn = var.own_names ? aws_iam_role.zone[0].arn : var.zone_role_arn
}

resource "aws_iam_role" "zone" {
  count = var.own_names ? 1 : 0

  name_prefix = "bootname-own-names-"
  description = "Assumed by instances that write their own DNS names, with their id as a tag"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = aws_iam_role.this.arn }
      Action    = ["sts:AssumeRole", "sts:TagSession"]
      Condition = {
        StringLike = { "aws:userid" = local.own_id }
        Null       = { "aws:RequestTag/instance" = "false" }
      }
    }]
  })
}

resource "aws_iam_role_policy" "zone" {
  count = var.own_names ? 1 : 0

  name = "own-name"
  role = aws_iam_role.zone[0].id

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "FindZone"
        Effect   = "Allow"
        Action   = "route53:ListHostedZonesByName"
        Resource = "*"
      },
      {
        Sid      = "ReadZone"
        Effect   = "Allow"
        Action   = ["route53:GetHostedZone", "route53:ListResourceRecordSets"]
        Resource = local.zone_arns
      },
      {
        Sid      = "Wait"
        Effect   = "Allow"
        Action   = "route53:GetChange"
        Resource = "arn:${data.aws_partition.current.partition}:route53:::change/*"
      },
      {
        Sid      = "WriteNames"
        Effect   = "Allow"
        Action   = "route53:ChangeResourceRecordSets"
        Resource = local.zone_arns
        Condition = {
          "ForAllValues:StringEquals" = {
            "route53:ChangeResourceRecordSetsNormalizedRecordNames" = [local.own_name, "_bootname.${local.own_name}"]
            "route53:ChangeResourceRecordSetsRecordTypes"           = ["A", "AAAA", "TXT"]
            "route53:ChangeResourceRecordSetsActions"               = ["CREATE", "UPSERT", "DELETE"]
          }
          Null = {
            "route53:ChangeResourceRecordSetsNormalizedRecordNames" = "false"
            "aws:PrincipalTag/instance"                             = "false"
          }
        }
      },
      {
        Sid      = "NoProofs"
        Effect   = "Deny"
        Action   = "route53:ChangeResourceRecordSets"
        Resource = local.zone_arns
        Condition = {
          "ForAnyValue:StringLike" = {
            "route53:ChangeResourceRecordSetsNormalizedRecordNames" = ["*._*", "*\\*"]
          }
        }
      },
    ]
  })
}

output "zone_role_arn" {
  description = "The setting role_arn, with own_names"
  value       = one(aws_iam_role.zone[*].arn)
}
