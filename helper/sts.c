#include "sts.h"

#include <stdbool.h>

#include "aws.h"
#include "errinfo.h"
#include "secret.h"
#include "sigv4.h"
#include "xml.h"

enum { FORM_LIMIT = 16384 }; /* bytes */

struct answered {
	struct secret secret;
	unsigned fields;
};

static int on_credentials(void *context, const char *path, const char *text,
			  struct errinfo *err)
{
	struct answered *answered = context;
	struct secret *secret = &answered->secret;
	bool ok = true;

	if (xml_ends(path, "Credentials/AccessKeyId"))
		ok = secret_set(secret->access_key_id,
				sizeof(secret->access_key_id), text);
	else if (xml_ends(path, "Credentials/SecretAccessKey"))
		ok = secret_set(secret->secret_access_key,
				sizeof(secret->secret_access_key), text);
	else if (xml_ends(path, "Credentials/SessionToken"))
		ok = secret_set(secret->session_token,
				sizeof(secret->session_token), text);
	else
		return 0;
	answered->fields++;
	if (!ok)
		return errinfo_set(err, STATUS_DATA,
				   "STS gives unusable credentials");
	return 0;
}

int sts_assume_role(struct aws *aws, const char *role_arn,
		    const char *external_id, const char *session_name,
		    struct secret *secret, struct errinfo *err)
{
	struct answered answered = {.fields = 0};
	struct buf answer = BUF_INIT(AWS_LIMIT);
	struct buf form = BUF_INIT(FORM_LIMIT);
	const struct aws_request request = {
		.service = AWS_STS,
		.action = "sts:AssumeRole",
		.resource = role_arn,
		.method = "POST",
		.path = "/",
		.query = "",
		.content_type = "application/x-www-form-urlencoded; "
				"charset=utf-8",
		.body = &form,
	};
	int rc;

	buf_add_text(&form, "Action=AssumeRole");
	if (*external_id) {
		buf_add_text(&form, "&ExternalId=");
		sigv4_encode(&form, external_id);
	}
	buf_add_text(&form, "&RoleArn=");
	sigv4_encode(&form, role_arn);
	buf_add_text(&form, "&RoleSessionName=");
	sigv4_encode(&form, session_name);
	buf_add_text(&form, "&Version=2011-06-15");
	rc = buf_check(&form, "form", err);
	if (!rc)
		rc = aws_call(aws, &request, &answer, err);
	if (!rc)
		rc = xml_read(buf_text(&answer), answer.len, on_credentials,
			      &answered, err);
	if (!rc && answered.fields != 3)
		rc = errinfo_set(err, STATUS_DATA, "STS gives no credentials");
	if (!rc)
		*secret = answered.secret;
	secret_wipe(&answered.secret);
	buf_release(&answer);
	buf_release(&form);
	return rc;
}
