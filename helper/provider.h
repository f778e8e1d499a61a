/*
 * Where credentials come from.
 */
#ifndef PROVIDER_H
#define PROVIDER_H

#include "aws.h"

/* Set before the first call. */
struct provider {
	const char *role_arn; /* for AWS_ASSUMED */
	const char *external_id;
	const char *session_name; /* of the assumed role: the instance id */
};

extern struct provider provider;

/*
 * Supply credentials, as struct aws wants it: the environment's, else those
 * of the instance's role; for AWS_ASSUMED those of the role_arn, which it
 * assumes with the former.
 * once: do not wait for a role that is not there yet.
 * Returns 0, or -1 with the stage set: STATUS_DENIED (none), else as
 * imds_get_credentials and sts_assume_role.
 */
int provider_supply(enum aws_identity identity, bool once,
		    struct credentials *credentials);

#endif
