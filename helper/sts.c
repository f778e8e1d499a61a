#include "sts.h"

#include "aws.h"
#include "errinfo.h"
#include "secret.h"
#include "sigv4.h"

static struct secret *wanted;

static int on_credentials(const struct buf *row)
{
	return secret_set(wanted, row[1].data, row[2].data, row[3].data)
		       ? 0
		       : errinfo_set(STATUS_DATA, "STS gives no credentials");
}

int sts_assume_role(const char *role_arn, const char *external_id,
		    const char *session_name, struct secret *secret)
{
	static struct buf form;
	const struct aws_request request = {
		.service = AWS_STS,
		.operation = "AssumeRole",
		.resource = role_arn,
		.path = "/",
		.query = "",
		.body = form.data,
	};

	buf_set(&form,
		"Action=AssumeRole&Version=2011-06-15&RoleSessionName=%s"
		"&RoleArn=",
		session_name);
	sigv4_encode(&form, role_arn);
	if (*external_id)
		buf_addf(&form, "&ExternalId=");
	sigv4_encode(&form, external_id);
	wanted = secret;
	return aws_call(&request, "- AccessKeyId SecretAccessKey SessionToken ",
			on_credentials);
}
