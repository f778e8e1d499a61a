#include "credentials.h"

#include <stddef.h>

#include "errinfo.h"
#include "http.h"
#include "imds.h"
#include "platform.h"
#include "secret.h"
#include "settings.h"
#include "sts.h"

struct credentials credentials;

static struct secret *wanted;

/* Named as the AWS SDKs name them. */
static int take_environment(const char *access_key_id, struct secret *secret)
{
	const char *key = platform_user_variable("AWS_SECRET_ACCESS_KEY");
	const char *token = platform_user_variable("AWS_SESSION_TOKEN");

	return secret_set(secret, access_key_id, key, token)
		       ? 0
		       : errinfo_set(STATUS_DENIED,
				     "AWS_ACCESS_KEY_ID and what belongs to "
				     "it hold no credentials");
}

static int attempt(void)
{
	int rc = imds_get_credentials(wanted);

	if (rc && errinfo.status == STATUS_DENIED && aws_is_hasty)
		errinfo.again = AGAIN_NEVER;
	return rc;
}

int credentials_supply(enum aws_identity identity, struct secret *secret)
{
	const char *access_key_id = platform_user_variable("AWS_ACCESS_KEY_ID");
	const char *unread = aws_unread_variable();
	int rc;

	wanted = secret;
	if (settings_has(SETTING_ROLE_ARN) && identity == AWS_ASSUMED)
		rc = sts_assume_role(credentials.role_arn,
				     credentials.external_id,
				     credentials.session_name, secret);
	else if (access_key_id)
		rc = take_environment(access_key_id, secret);
	else if ((rc = http_persist(attempt)) && unread)
		(void)errinfo_add("; bootname does not read %s", unread);
	if (rc) {
		secret->field[0][0] = '\0';
		errinfo.stage = "credentials";
	}
	return rc;
}
