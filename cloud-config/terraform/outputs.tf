output "zone_id" {
  description = "The setting zone_id"
  value       = local.zone_id
}

output "name_servers" {
  description = "Who answers for the zone"
  value       = var.create_zone ? aws_route53_zone.this[0].name_servers : []
}

output "delegation" {
  description = "Add this to the domain above, where parent_zone_id does not; until then nobody finds the names"
  value = var.create_zone && var.parent_zone_id == null ? (
    "${var.zone_name} NS, TTL 172800: ${join(". ", aws_route53_zone.this[0].name_servers)}."
  ) : null
}

output "ds_record" {
  description = "What the domain above takes, with dnssec"
  value       = one(aws_route53_key_signing_key.this[*].ds_record)
}

output "instance_profile" {
  description = "For instances of your own: their iam_instance_profile"
  value       = aws_iam_instance_profile.this.name
  # Whoever takes it boots after it may write.
  depends_on = [aws_iam_role_policy_attachment.this]
}

output "policy_arn" {
  description = "For a role of your own"
  value       = aws_iam_policy.this.arn
}

output "role_arn" {
  description = "For the trust policy of a role in the account of the zone"
  value       = aws_iam_role.this.arn
}

output "instance_id" {
  value = one(aws_instance.this[*].id)
}
