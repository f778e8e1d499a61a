#include "imds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <json-c/json.h>

#include "errinfo.h"
#include "http.h"
#include "retry.h"
#include "secret.h"

enum {
	TRY_MS = 2000,
	TOKEN_LIMIT = 4096, /* bytes of the header line */
	ROLE_LIMIT = 128,
	JSON_DEPTH = 32,
};

#define TOKEN_LIFE_S "300"

static const char credentials_path[] = "meta-data/iam/security-credentials/";

static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static const char *default_url(void)
{
	if (!strcasecmp(environment("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"),
			"IPv6") ||
	    !http_has_ipv4_route("169.254.169.254"))
		return "http://[fd00:ec2::254]";
	return "http://169.254.169.254";
}

int imds_open(struct imds *imds, struct http *http, struct errinfo *err)
{
	const char *url = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT");
	size_t len;

	memset(imds, 0, sizeof(*imds));
	imds->http = http;
	imds->token_header.limit = TOKEN_LIMIT;
	if (!strcasecmp(environment("AWS_EC2_METADATA_DISABLED"), "true"))
		return errinfo_set(err, STATUS_UNAVAILABLE,
				   "switched off by AWS_EC2_METADATA_DISABLED; "
				   "unset it");
	if (!*url)
		url = default_url();
	len = strlen(url);
	while (len && url[len - 1] == '/')
		len--;
	if (strncmp(url, "http://", 7) || len >= sizeof(imds->base_url))
		return errinfo_set(err, STATUS_SETTINGS,
				   "AWS_EC2_METADATA_SERVICE_ENDPOINT must be "
				   "an http:// URL");
	(void)snprintf(imds->base_url, sizeof(imds->base_url), "%.*s", (int)len,
		       url);
	return 0;
}

void imds_close(struct imds *imds)
{
	buf_release(&imds->token_header);
}

/* What a status other than 200 and 404 means. */
static int status_fault(long status, struct errinfo *err)
{
	if (status == 403)
		return errinfo_set(
			err, STATUS_DENIED,
			"HTTP 403: metadata is switched off; run: aws ec2 "
			"modify-instance-metadata-options --instance-id ID "
			"--http-endpoint enabled");
	if (status == 401 || status == 429 || status >= 500)
		return errinfo_set(err, STATUS_TEMPORARY, "HTTP %ld", status);
	return errinfo_set(err, STATUS_DATA, "HTTP %ld", status);
}

/* One try, with its errors named after what was asked for. */
static int try_once(struct imds *imds, const char *method, const char *path,
		    const char *header, struct http_response *response,
		    struct errinfo *err)
{
	char url[1024];
	const char *const headers[] = {header, NULL};
	const struct http_request request = {
		.method = method,
		.url = url,
		.headers = headers,
		.connect_timeout_ms = TRY_MS,
		.timeout_ms = TRY_MS,
		.proxy = "",
	};

	(void)snprintf(url, sizeof(url), "%s/latest/%s", imds->base_url, path);
	imds->calls++;
	if (!http_send(imds->http, &request, response, err)) {
		if (response->status == 200)
			return 0;
		if (response->status == 404)
			return 1;
		status_fault(response->status, err);
	}
	return errinfo_prefix(err, "%s: ", path);
}

static int get_token(struct imds *imds, struct http_response *response,
		     struct errinfo *err)
{
	int rc;

	if (imds->token_header.len)
		return 0;
	rc = try_once(imds, "PUT", "api/token",
		      "X-aws-ec2-metadata-token-ttl-seconds: " TOKEN_LIFE_S,
		      response, err);
	if (rc < 0)
		return -1;
	if (rc > 0)
		return errinfo_set(err, STATUS_UNAVAILABLE,
				   "api/token: HTTP 404: no IMDSv2 here; is "
				   "this an EC2 instance?");
	if (!response->body.len ||
	    strlen(response->body.data) != response->body.len ||
	    strpbrk(response->body.data, "\r\n<"))
		return errinfo_set(err, STATUS_DATA, "api/token: no token");
	buf_addf(&imds->token_header, "X-aws-ec2-metadata-token: %s",
		 response->body.data);
	return buf_check(&imds->token_header, "token", err);
}

/* A silent token request is mostly a container behind a hop limit of 1. */
static int gave_up(const struct imds *imds, struct errinfo *err)
{
	size_t used = strlen(err->text);

	if (!imds->token_header.len && err->status == STATUS_TEMPORARY)
		(void)snprintf(err->text + used, sizeof(err->text) - used,
			       "; is this an EC2 instance?  In a container "
			       "the hop limit must be 2: aws ec2 "
			       "modify-instance-metadata-options --instance-id "
			       "ID --http-put-response-hop-limit 2");
	return -1;
}

/* One try; a token that the service no longer knows is dropped. */
static int try_with_token(struct imds *imds, const char *path,
			  struct http_response *response, struct errinfo *err)
{
	int rc;

	if (get_token(imds, response, err))
		return -1;
	rc = try_once(imds, "GET", path, imds->token_header.data, response,
		      err);
	if (response->status == 401)
		buf_release(&imds->token_header);
	return rc;
}

int imds_get(struct imds *imds, const char *path, struct buf *value,
	     struct errinfo *err)
{
	struct http_response response = {.body = BUF_INIT(IMDS_LIMIT)};
	struct retry retry = {0};
	int rc;

	for (;;) {
		rc = try_with_token(imds, path, &response, err);
		if (rc >= 0 || err->status != STATUS_TEMPORARY)
			break;
		retry.retry_after_ms = response.retry_after_ms;
		if (http_wait(imds->http, &retry, RETRY_METADATA, err)) {
			rc = gave_up(imds, err);
			break;
		}
	}
	buf_clear(value);
	if (!rc) {
		buf_add(value, response.body.data, response.body.len);
		rc = buf_check(value, path, err);
	}
	buf_release(&response.body);
	return rc;
}

/* ---- Credentials. ---- */

static int no_role(struct errinfo *err)
{
	return errinfo_set(err, STATUS_DENIED,
			   "the instance has no IAM role; attach an instance "
			   "profile to it");
}

/* The first line of the list; an instance has one role. */
static int role_path(char path[256], const struct buf *list,
		     struct errinfo *err)
{
	size_t len = strspn(buf_text(list), "abcdefghijklmnopqrstuvwxyz"
					    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					    "0123456789+=,.@_-");

	if (!list->len)
		return no_role(err);
	if (!len || len > ROLE_LIMIT ||
	    (list->data[len] && !strchr("\r\n", list->data[len])))
		return errinfo_set(err, STATUS_DENIED,
				   "the list of roles is no role name");
	(void)snprintf(path, 256, "%s%.*s", credentials_path, (int)len,
		       list->data);
	return 0;
}

static const char *member(struct json_object *object, const char *name)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(object, name, &value) ||
	    !json_object_is_type(value, json_type_string))
		return "";
	return json_object_get_string(value);
}

static int take_credentials(struct json_object *object, struct secret *secret,
			    struct errinfo *err)
{
	const char *code = member(object, "Code");

	if (*code && strcmp(code, "Success"))
		return errinfo_set(err, STATUS_DENIED,
				   "the role gives no credentials: %.64s: "
				   "%.300s",
				   code, member(object, "Message"));
	if (!secret_set(secret->access_key_id, sizeof(secret->access_key_id),
			member(object, "AccessKeyId")) ||
	    !secret_set(secret->secret_access_key,
			sizeof(secret->secret_access_key),
			member(object, "SecretAccessKey")) ||
	    !secret_set(secret->session_token, sizeof(secret->session_token),
			member(object, "Token")))
		return errinfo_set(err, STATUS_DENIED,
				   "the role's credentials lack a field");
	return 0;
}

static int parse_credentials(const struct buf *text, struct secret *secret,
			     struct errinfo *err)
{
	struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH);
	struct json_object *object = NULL;
	int rc = -1;

	if (!tokener)
		return errinfo_no_memory(err);
	object = json_tokener_parse_ex(tokener, buf_text(text),
				       (int)text->len + 1);
	if (!json_object_is_type(object, json_type_object))
		errinfo_set(err, STATUS_DENIED,
			    "the role's credentials are no JSON");
	else
		rc = take_credentials(object, secret, err);
	json_object_put(object);
	json_tokener_free(tokener);
	return rc;
}

/* STATUS_DENIED: the role is not there, or not ready, yet. */
static int try_credentials(struct imds *imds, struct secret *secret,
			   struct errinfo *err)
{
	struct buf text = BUF_INIT(IMDS_LIMIT);
	char path[256];
	int rc;

	rc = imds_get(imds, credentials_path, &text, err);
	if (rc > 0)
		rc = no_role(err);
	if (!rc)
		rc = role_path(path, &text, err);
	if (!rc)
		rc = imds_get(imds, path, &text, err);
	if (rc > 0)
		rc = no_role(err);
	if (!rc)
		rc = parse_credentials(&text, secret, err);
	buf_release(&text);
	return rc;
}

int imds_credentials(struct imds *imds, bool patient, struct secret *secret,
		     struct errinfo *err)
{
	struct retry retry = {0};
	struct secret found;
	int rc;

	for (;;) {
		rc = try_credentials(imds, &found, err);
		if (!rc || err->status != STATUS_DENIED || !patient ||
		    http_wait(imds->http, &retry, RETRY_METADATA, err))
			break;
	}
	if (!rc)
		*secret = found;
	secret_wipe(&found);
	return rc;
}
