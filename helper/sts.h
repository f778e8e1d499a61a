/*
 * STS: one function per API operation.
 * Source: STS API Reference, 2011-06-15.
 */
#ifndef STS_H
#define STS_H

struct aws;
struct errinfo;
struct secret;

/*
 * Assume a role, for a hosted zone in another account.
 * role_arn, external_id: as the role's owner gave them; external_id may be "".
 * session_name: at most 64 characters of [A-Za-z0-9=,.@_-]; seen in the other
 *               account's CloudTrail.
 * secret: written on success only; the caller wipes it.
 * Returns 0, or -1 as aws_call.
 * Source: AssumeRole.
 */
int sts_assume_role(struct aws *aws, const char *role_arn,
		    const char *external_id, const char *session_name,
		    struct secret *secret, struct errinfo *err);

#endif
