#include "sts.h"

#include <string.h>

#include "aws.h"
#include "credentials.h"
#include "errinfo.h"
#include "sigv4.h"
#include "text.h"

static int on_credentials(const struct buf *row, void *credentials)
{
	enum { ACCESS_KEY_ID = 1, SECRET_ACCESS_KEY, SESSION_TOKEN };

	return credentials_set(credentials, row[ACCESS_KEY_ID].data,
			       row[SECRET_ACCESS_KEY].data,
			       row[SESSION_TOKEN].data)
		       ? 0
		       : errinfo_set(STATUS_DATA, "STS gives no credentials");
}

int sts_assume_role(const char *role_arn, const char *external_id,
		    const char *session_name, bool once,
		    struct credentials *credentials)
{
	static struct buf form;
	const struct aws_request request = {
		.service = AWS_STS,
		.operation = "AssumeRole",
		.resource = role_arn,
		.path = "/",
		.query = "",
		.body = form.data,
		.once = once,
	};

	buf_set(&form,
		"Action=AssumeRole&Version=2011-06-15&RoleSessionName=%s"
		"&RoleArn=",
		session_name);
	sigv4_encode(&form, role_arn);
	if (*external_id)
		buf_addf(&form, "&ExternalId=");
	sigv4_encode(&form, external_id);
	return aws_call(&request, "- AccessKeyId SecretAccessKey SessionToken ",
			on_credentials, credentials);
}

static int on_identity(const struct buf *row, void *account)
{
	enum { ACCOUNT = 1 };
	const char *found = row[ACCOUNT].data;

	if (!text_matches(found, "^[0-9]{12}$"))
		return errinfo_set(STATUS_DATA, "STS names no account");
	memcpy(account, found, STS_ACCOUNT_SIZE);
	return 0;
}

int sts_get_account(char account[STS_ACCOUNT_SIZE])
{
	static const struct aws_request request = {
		.service = AWS_STS,
		.operation = "GetCallerIdentity",
		.resource = "*",
		.path = "/",
		.query = "",
		.body = "Action=GetCallerIdentity&Version=2011-06-15",
	};

	return aws_call(&request, "- Account ", on_identity, account);
}
