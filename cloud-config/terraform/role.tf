resource "aws_iam_role" "this" {
  name_prefix = "bootname-"
  description = "Instances that write their own DNS names"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "ec2.amazonaws.com" }
      Action    = "sts:AssumeRole"
    }]
  })
}

resource "aws_iam_instance_profile" "this" {
  name_prefix = "bootname-"
  role        = aws_iam_role.this.name
}

locals {
  zone_arns = [for id in local.zone_ids :
    "arn:${data.aws_partition.current.partition}:route53:::hostedzone/${id}"
  ]
  # By their first characters, which leaves out what begins with "_".
  record_names = var.record_names != null ? var.record_names : concat(
    [for first in split("", "abcdefghijklmnopqrstuvwxyz0123456789") : "${first}*.${var.zone_name}"],
    ["_bootname.*.${var.zone_name}"],
    var.wildcard_names ? ["\\052.${var.zone_name}", "\\052.*.${var.zone_name}"] : [],
    var.apex_name ? [var.zone_name, "_bootname.${var.zone_name}"] : [],
  )
  # Names such as x._domainkey, and those with escaped characters: see docs/security.md.
  denied_names = concat(["*._*"], var.wildcard_names ? [] : ["*\\*"])
}

resource "aws_iam_role_policy_attachment" "this" {
  role       = aws_iam_role.this.name
  policy_arn = aws_iam_policy.this.arn
}

resource "aws_iam_role_policy_attachment" "systems_manager" {
  count = var.systems_manager ? 1 : 0

  role       = aws_iam_role.this.name
  policy_arn = "arn:${data.aws_partition.current.partition}:iam::aws:policy/AmazonSSMManagedInstanceCore"
}

resource "aws_iam_policy" "this" {
  name_prefix = "bootname-"
  description = "What bootname needs to write the DNS name of its instance"

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
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
      ],
      # Each change of a batch must match, hence ForAllValues; an empty batch would
      # match as well, hence Null.
      var.own_names ? [] : [{
        Sid      = "WriteNames"
        Effect   = "Allow"
        Action   = "route53:ChangeResourceRecordSets"
        Resource = local.zone_arns
        Condition = {
          "ForAllValues:StringLike" = {
            "route53:ChangeResourceRecordSetsNormalizedRecordNames" = local.record_names
          }
          "ForAllValues:StringEquals" = {
            "route53:ChangeResourceRecordSetsRecordTypes" = ["A", "AAAA", "TXT"]
            "route53:ChangeResourceRecordSetsActions"     = ["CREATE", "UPSERT", "DELETE"]
          }
          Null = { "route53:ChangeResourceRecordSetsNormalizedRecordNames" = "false" }
        }
      }],
      var.own_names ? [] : [{
        Sid      = "NoProofs"
        Effect   = "Deny"
        Action   = "route53:ChangeResourceRecordSets"
        Resource = local.zone_arns
        Condition = {
          "ForAnyValue:StringLike" = {
            "route53:ChangeResourceRecordSetsNormalizedRecordNames" = local.denied_names
          }
        }
      }],
      !var.take_over ? [] : [{
        Sid      = "TakeOver"
        Effect   = "Allow"
        Action   = "ec2:DescribeInstances"
        Resource = "*"
      }],
      !var.tags_from_ec2 ? [] : [{
        Sid      = "ReadTags"
        Effect   = "Allow"
        Action   = "ec2:DescribeTags"
        Resource = "*"
      }],
      !var.wait ? [] : [{
        Sid      = "Wait"
        Effect   = "Allow"
        Action   = "route53:GetChange"
        Resource = "arn:${data.aws_partition.current.partition}:route53:::change/*"
      }],
      !var.private_zones ? [] : [{
        Sid      = "ChooseByVpc"
        Effect   = "Allow"
        Action   = ["route53:ListHostedZonesByVPC", "ec2:DescribeVpcs"]
        Resource = "*"
      }],
      local.zone_role_arn == null ? [] : [{
        Sid      = "AssumeZoneRole"
        Effect   = "Allow"
        Action   = ["sts:AssumeRole", "sts:TagSession"] # the second one for session_tag
        Resource = local.zone_role_arn
      }],
      var.program_bucket == null ? [] : [{
        Sid      = "GetProgram"
        Effect   = "Allow"
        Action   = "s3:GetObject"
        Resource = "arn:${data.aws_partition.current.partition}:s3:::${var.program_bucket}/bootname/*"
      }],
    )
  })
}
