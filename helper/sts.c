#include "sts.h"

#include "aws.h"
#include "errinfo.h"
#include "secret.h"
#include "sigv4.h"
#include "xml.h"

static int on_credentials(void *context, const char *path, const char *text)
{
	struct secret *secret = context;

	if (xml_ends(path, "Credentials/AccessKeyId"))
		(void)secret_set(secret->access_key_id,
				 sizeof(secret->access_key_id), text);
	else if (xml_ends(path, "Credentials/SecretAccessKey"))
		(void)secret_set(secret->secret_access_key,
				 sizeof(secret->secret_access_key), text);
	else if (xml_ends(path, "Credentials/SessionToken"))
		(void)secret_set(secret->session_token,
				 sizeof(secret->session_token), text);
	return 0;
}

int sts_assume_role(const char *role_arn, const char *external_id,
		    const char *session_name, struct secret *secret)
{
	BUF(form, 16384);
	static struct aws_request request = {
		.service = AWS_STS,
		.operation = "AssumeRole",
		.path = "/",
		.query = "",
		.type = "Content-Type: application/x-www-form-urlencoded",
		.body = &form,
	};

	buf_clear(&form);
	buf_addf(&form,
		 "Action=AssumeRole&Version=2011-06-15&RoleSessionName=%s"
		 "&RoleArn=",
		 session_name);
	sigv4_encode(&form, role_arn);
	if (*external_id) {
		buf_addf(&form, "&ExternalId=");
		sigv4_encode(&form, external_id);
	}
	request.resource = role_arn;
	*secret = (struct secret){.access_key_id = ""};
	if (aws_call(&request, on_credentials, secret))
		return -1;
	if (!secret->access_key_id[0] || !secret->secret_access_key[0] ||
	    !secret->session_token[0])
		return errinfo_set(STATUS_DATA, "STS gives no credentials");
	return 0;
}
