/*
 * Where credentials come from.
 */
#ifndef CREDENTIALS_H
#define CREDENTIALS_H

#include "aws.h"

struct secret;

/* Set before the first call. */
struct credentials {
	const char *role_arn; /* for AWS_ASSUMED */
	const char *external_id;
	const char *session_name; /* of the assumed role: the instance id */
};

extern struct credentials credentials;

/*
 * Supply credentials, as struct aws wants it: the environment's, else those
 * of the instance's role; for AWS_ASSUMED those of the role_arn, which it
 * assumes with the former.
 * Returns 0, or -1 with the stage set: STATUS_DENIED (none), else as
 * imds_get_credentials and sts_assume_role.
 */
int credentials_supply(enum aws_identity identity, struct secret *secret);

#endif
