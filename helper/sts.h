/*
 * STS: one function per API operation.
 * Source: STS API Reference, 2011-06-15.
 */
#ifndef STS_H
#define STS_H

#include <stdbool.h>

struct credentials;

/*
 * Assume a role, for a hosted zone in another account.
 * role_arn, external_id: as the role's owner gave them; external_id may be "".
 * session_name: at most 64 of A-Z a-z 0-9 = , . @ _ -; the other account's
 *               CloudTrail shows it.
 * once: try once, not until the deadline.
 * credentials: written to; holds credentials on success only.
 * Returns 0, or -1 as aws_call.
 * Source: AssumeRole.
 */
int sts_assume_role(const char *role_arn, const char *external_id,
		    const char *session_name, bool once,
		    struct credentials *credentials);

enum { STS_ACCOUNT_SIZE = 13 }; /* an account id and its NUL */

/*
 * Learn whose credentials the instance's, or the user's own, are; no permission
 * is needed.
 * account: gets 12 digits on success.
 * Returns 0, or -1 as aws_call.
 * Source: GetCallerIdentity.
 */
int sts_get_account(char account[STS_ACCOUNT_SIZE]);

#endif
