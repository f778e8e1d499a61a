#include "imds.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <json-c/json.h>

#include "buf.h"
#include "errinfo.h"
#include "http.h"
#include "secret.h"

enum {
	TRY_MS = 2000,
	VALUE_LIMIT = 65536, /* bytes */
	JSON_DEPTH = 32,
};

BUF(base, 256);
BUF(url, 1024);
BUF(token, 4096);	   /* its header line; empty: none yet */
static const char *wanted; /* the path asked for */
static bool is_absent;

unsigned imds_calls;

int imds_open(void)
{
	const char *chosen = getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
	const char *mode = getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
	const char *disabled = getenv("AWS_EC2_METADATA_DISABLED");

	if (disabled && !strcasecmp(disabled, "true"))
		return errinfo_set(
			STATUS_UNAVAILABLE,
			"AWS_EC2_METADATA_DISABLED is set; unset it");
	if (!chosen || !*chosen)
		chosen = (mode && !strcasecmp(mode, "ipv6")) ||
					 http_needs_ipv6("169.254.169.254",
							 "fd00:ec2::254")
				 ? "http://[fd00:ec2::254]"
				 : "http://169.254.169.254";
	buf_addf(&base, "%s", chosen);
	while (base.len && base.data[base.len - 1] == '/')
		base.data[--base.len] = '\0';
	if (strncmp(base.data, "http://", 7) || base.len == base.size)
		return errinfo_set(STATUS_SETTINGS,
				   "AWS_EC2_METADATA_SERVICE_ENDPOINT must "
				   "begin with http://");
	return 0;
}

void imds_close(void)
{
	buf_wipe(&token);
}

static int send(const char *method, const char *path, const char *header)
{
	static struct http_request request = {
		.url = url_bytes,
		.proxy = "",
		.connect_timeout_ms = TRY_MS,
		.timeout_ms = TRY_MS,
	};

	buf_clear(&url);
	buf_addf(&url, "%s/latest/%s", base.data, path);
	request.method = method;
	request.headers[0] = header;
	imds_calls++;
	if (http_send(&request, VALUE_LIMIT)) {
		if (errinfo.again)
			errinfo.again = AGAIN_SOON;
		return errinfo_add(" (%s)", path);
	}
	switch (http_answer.status) {
	case 200:
	case 404:
		return 0;
	case 403:
		return errinfo_set(STATUS_DENIED,
				   "%s: HTTP 403: metadata is off; aws ec2 "
				   "modify-instance-metadata-options "
				   "--http-endpoint enabled",
				   path);
	case 401: /* the token has ended */
		buf_wipe(&token);
		break;
	case 429:
		break;
	default:
		if (http_answer.status < 500)
			return errinfo_set(STATUS_DATA, "%s: HTTP %ld", path,
					   http_answer.status);
	}
	(void)errinfo_set(STATUS_DEADLINE, "%s: HTTP %ld", path,
			  http_answer.status);
	return errinfo_again(AGAIN_SOON);
}

static int get_token(void)
{
	const struct buf *body = http_answer.body;

	if (send("PUT", "api/token",
		 "X-aws-ec2-metadata-token-ttl-seconds: 300"))
		return -1;
	if (http_answer.status == 404)
		return errinfo_set(STATUS_UNAVAILABLE,
				   "no IMDSv2 here; is this an EC2 instance?");
	if (!body->len || body->data[strcspn(body->data, "\r\n<")] ||
	    strlen(body->data) != body->len)
		return errinfo_set(STATUS_DATA, "the token is none");
	buf_addf(&token, "X-aws-ec2-metadata-token: %s", body->data);
	return buf_check(&token, "token");
}

static int attempt(void)
{
	if ((!token.len && get_token()) || send("GET", wanted, token.data))
		return -1;
	is_absent = http_answer.status == 404;
	if (strlen(http_answer.body->data) != http_answer.body->len)
		return errinfo_set(STATUS_DATA, "%s: a NUL byte", wanted);
	return 0;
}

int imds_get(const char *path)
{
	wanted = path;
	if (!http_persist(attempt, 0))
		return is_absent;
	/* A silent token request is mostly a container behind a hop limit. */
	if (!token.len && errinfo.status == STATUS_DEADLINE)
		(void)errinfo_add("; is this an EC2 instance?  In a container: "
				  "aws ec2 modify-instance-metadata-options "
				  "--http-put-response-hop-limit 2");
	return -1;
}

int imds_get_word(const char *path, char *word, size_t size)
{
	const struct buf *body = http_answer.body;
	int rc = imds_get(path);

	if (rc < 0)
		return -1;
	if (rc || !body->len || body->len >= size ||
	    body->data[strspn(body->data,
			      "abcdefghijklmnopqrstuvwxyz0123456789-")])
		return errinfo_set(STATUS_DATA, "%s: not there, or unusable",
				   path);
	memcpy(word, body->data, body->len + 1);
	return 0;
}

/* ---- Credentials. ---- */

static int not_yet(const char *what, const char *detail)
{
	(void)errinfo_set(STATUS_DENIED, "%s%.300s", what, detail);
	return errinfo_again(AGAIN_SOON);
}

static const char *member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	(void)json_object_object_get_ex(object, name, &value);
	return json_object_is_type(value, json_type_string)
		       ? json_object_get_string(value)
		       : "";
}

static int take_credentials(struct json_object *object, struct secret *secret)
{
	const char *code = member(object, "Code");

	if (*code && strcmp(code, "Success"))
		return not_yet("the role gives no credentials: ", code);
	if (secret_set(secret->access_key_id, sizeof(secret->access_key_id),
		       member(object, "AccessKeyId")) &&
	    secret_set(secret->secret_access_key,
		       sizeof(secret->secret_access_key),
		       member(object, "SecretAccessKey")) &&
	    secret_set(secret->session_token, sizeof(secret->session_token),
		       member(object, "Token")))
		return 0;
	return not_yet("the role's credentials lack a field", "");
}

int imds_get_credentials(struct secret *secret)
{
	static const char folder[] = "meta-data/iam/security-credentials/";
	struct json_tokener *tokener;
	struct json_object *object;
	BUF(path, 256);
	int rc = imds_get(folder);
	size_t len = strspn(http_answer.body->data,
			    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV"
			    "WXYZ0123456789+=,.@_-");

	if (!rc && len) {
		buf_clear(&path);
		buf_addf(&path, "%s%.*s", folder, (int)len,
			 http_answer.body->data);
		rc = imds_get(path.data);
	}
	if (rc < 0)
		return -1;
	if (rc || !len)
		return not_yet(
			"the instance has no IAM role; attach an instance "
			"profile",
			"");
	tokener = json_tokener_new_ex(JSON_DEPTH);
	if (!tokener)
		return errinfo_set(STATUS_SYSTEM, "out of memory");
	object = json_tokener_parse_ex(tokener, http_answer.body->data,
				       (int)http_answer.body->len + 1);
	rc = json_object_is_type(object, json_type_object)
		     ? take_credentials(object, secret)
		     : not_yet("the role's credentials are no JSON", "");
	(void)json_object_put(object);
	json_tokener_free(tokener);
	buf_wipe(http_answer.body);
	return rc;
}
