#include "provider.h"

#include <stddef.h>

#include "credentials.h"
#include "errinfo.h"
#include "http.h"
#include "imds.h"
#include "platform.h"
#include "settings.h"
#include "sts.h"

struct provider provider;

/* Named as the AWS SDKs name them. */
static int take_environment(const char *access_key_id,
			    struct credentials *credentials)
{
	const char *key = platform_user_variable("AWS_SECRET_ACCESS_KEY");
	const char *token = platform_user_variable("AWS_SESSION_TOKEN");

	return credentials_set(credentials, access_key_id, key, token)
		       ? 0
		       : errinfo_set(STATUS_DENIED,
				     "AWS_ACCESS_KEY_ID and what belongs to "
				     "it hold no credentials");
}

/* What is tried again. */
struct supply {
	struct credentials *credentials;
	bool once;
};

static int attempt(void *context)
{
	const struct supply *supply = context;
	int rc = imds_get_credentials(supply->credentials);

	if (rc && errinfo.status == STATUS_DENIED && supply->once)
		errinfo.again = AGAIN_NEVER;
	return rc;
}

int provider_supply(enum aws_identity identity, bool once,
		    struct credentials *credentials)
{
	const char *access_key_id = platform_user_variable("AWS_ACCESS_KEY_ID");
	const char *unread = aws_unread_variable();
	struct supply supply = {credentials, once};
	int rc;

	if (settings_has(SETTING_ROLE_ARN) && identity == AWS_ASSUMED)
		rc = sts_assume_role(provider.role_arn, provider.external_id,
				     provider.session_name, once, credentials);
	else if (access_key_id)
		rc = take_environment(access_key_id, credentials);
	else if ((rc = http_persist(attempt, &supply)) && unread)
		(void)errinfo_add("; bootname does not read %s", unread);
	if (rc) {
		credentials->field[0][0] = '\0';
		errinfo.stage = "credentials";
	}
	return rc;
}
