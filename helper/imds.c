#include "imds.h"

#include <string.h>

#include "build.h"
#include "credentials.h"
#include "errinfo.h"
#include "http.h"
#include "platform.h"
#include "text.h"
#include "yaml.h"

enum {
	TRY_MS = 2000,
	PROBE_MS = 1000,     /* link-local: it answers at once, or never */
	VALUE_LIMIT = 65536, /* bytes */
};

static struct buf base;	 /* URL; "": the service's own address */
static struct buf token; /* its header line; empty: none yet */
static long try_ms = TRY_MS;

unsigned imds_calls;
bool imds_is_ipv6;

static bool is_ipv6_wanted(void)
{
	static const char mode[] = "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE";

	return text_matches(platform_variable(mode), "^[Ii][Pp][Vv]6$");
}

int imds_open(void)
{
	const char *chosen =
		platform_variable("AWS_EC2_METADATA_SERVICE_ENDPOINT");

	if (build_is_whole &&
	    text_matches(platform_variable("AWS_EC2_METADATA_DISABLED"),
			 "^[Tt][Rr][Uu][Ee]$"))
		return errinfo_set(
			STATUS_UNAVAILABLE,
			"AWS_EC2_METADATA_DISABLED is set; unset it");
	imds_is_ipv6 = build_is_whole && is_ipv6_wanted();
	if (!chosen)
		return 0;
	buf_set(&base, "%s", chosen);
	while (build_is_whole && base.len && base.data[base.len - 1] == '/')
		base.data[--base.len] = '\0';
	return !build_is_whole || text_matches(base.data, "^http://")
		       ? 0
		       : errinfo_set(STATUS_SETTINGS,
				     "AWS_EC2_METADATA_SERVICE_ENDPOINT must "
				     "begin with http://");
}

void imds_close(void)
{
	buf_wipe(&token);
}

/* The service does not give what was asked for. */
static int refuse(const char *path, long http)
{
	enum exit_status status = STATUS_DATA;

	if (http == 403)
		status = STATUS_DENIED;
	if (http == 401 || http == 429 || http >= 500)
		status = STATUS_DEADLINE;
	(void)errinfo_set(status, "%s: HTTP %ld", path, http);
	if (http == 403)
		return errinfo_add(": metadata is off; aws ec2 "
				   "modify-instance-metadata-options "
				   "--http-endpoint enabled");
	return errinfo_retry(status == STATUS_DEADLINE ? AGAIN_SOON
						       : AGAIN_NEVER);
}

static const char *service_url(void)
{
	if (base.len)
		return base.data;
	return imds_is_ipv6 ? "http://[fd00:ec2::254]"
			    : "http://169.254.169.254";
}

static int send(const char *method, const char *path, const char *header)
{
	static struct buf url;
	long http;

	buf_set(&url, "%s/latest/%s", service_url(), path);
	imds_calls++;
	if (http_send(method, url.data, header, "", "", try_ms)) {
		if (errinfo.again)
			errinfo.again = AGAIN_SOON;
		/* One of the two may have no route. */
		if (!token.len)
			imds_is_ipv6 = !imds_is_ipv6;
		return errinfo_add(" (%s)", path);
	}
	if (http_answer.size > VALUE_LIMIT ||
	    strlen(http_answer.body) < http_answer.size)
		return errinfo_set(STATUS_DATA,
				   "%s: larger than %d bytes, or no text", path,
				   VALUE_LIMIT);
	http = http_answer.status;
	if (http == 200 || http == 404)
		return 0;
	if (http == 401) /* the token has ended */
		buf_wipe(&token);
	return refuse(path, http);
}

static int get_token(void)
{
	if (send("PUT", "api/token",
		 "X-aws-ec2-metadata-token-ttl-seconds: 300"))
		return -1;
	if (http_answer.status == 404)
		return errinfo_set(STATUS_UNAVAILABLE,
				   "no IMDSv2 here; is this an EC2 instance?");
	if (!text_matches(http_answer.body, "^[!-;=-~]+$"))
		return errinfo_set(STATUS_DATA, "the token is none");
	buf_addf(&token, "X-aws-ec2-metadata-token: %s", http_answer.body);
	return 0;
}

/* What is asked for again and again. */
struct wanted {
	const char *path;
};

static int attempt(void *context)
{
	const struct wanted *wanted = context;

	return (!token.len && get_token()) ||
			       send("GET", wanted->path, token.data)
		       ? -1
		       : 0;
}

int imds_get(const char *path)
{
	struct wanted wanted = {path};

	if (!http_persist(attempt, &wanted))
		return http_answer.status == 404;
	/* A silent token request is mostly a container behind a hop limit. */
	if (!token.len && errinfo.status == STATUS_DEADLINE &&
	    !http_answer.status)
		(void)errinfo_add("; is this an EC2 instance?  In a container: "
				  "aws ec2 modify-instance-metadata-options "
				  "--http-put-response-hop-limit 2");
	return -1;
}

int imds_get_word(const char *path, char *word, size_t size)
{
	int rc = imds_get(path);

	if (rc < 0)
		return -1;
	if (rc || http_answer.size >= size ||
	    !text_matches(http_answer.body, "^[a-z0-9-]+$"))
		return errinfo_set(STATUS_DATA, "%s: not there, or unusable",
				   path);
	memcpy(word, http_answer.body, http_answer.size + 1);
	return 0;
}

bool imds_is_there(void)
{
	int rc;

	if (token.len)
		return true;
	try_ms = PROBE_MS;
	rc = get_token();
	if (rc && !base.len && !http_answer.status)
		rc = get_token(); /* at the other address */
	try_ms = TRY_MS;
	return !rc || http_answer.status;
}

/* ---- Credentials. ---- */

static int not_yet(const char *what)
{
	(void)errinfo_set(STATUS_DENIED, "%s", what);
	return errinfo_retry(AGAIN_SOON);
}

/* The members of the credentials. */
enum { ACCESS_KEY_ID, SECRET_ACCESS_KEY, TOKEN, CODE, LAST_UPDATED };

static int on_credentials(void *members)
{
	return yaml_read_members("AccessKeyId SecretAccessKey Token Code "
				 "LastUpdated ",
				 members);
}

/* When they were made: digits and letters of it will do. */
static void take_time(struct credentials *credentials, const char *updated)
{
	size_t len = 0;

	for (; updated && *updated && len < sizeof(credentials->updated) - 1;
	     updated++)
		if (!strchr("-:", *updated))
			credentials->updated[len++] = *updated;
}

int imds_get_credentials(struct credentials *credentials)
{
	static struct buf path;
	struct yaml_members members = {.text = {NULL}};
	char *const *text = members.text;
	int rc = imds_get(IMDS_ROLE);

	if (rc < 0)
		return -1;
	/* One role a line; an instance has one. */
	http_answer.body[strcspn(http_answer.body, "\r\n")] = '\0';
	if (!rc && text_matches(http_answer.body, "^[A-Za-z0-9+=,.@_-]+$")) {
		buf_set(&path, "%s%s", IMDS_ROLE, http_answer.body);
		rc = imds_get(path.data);
	} else {
		rc = 1;
	}
	if (rc)
		return rc < 0 ? -1
			      : not_yet("the instance has no IAM role; attach "
					"an instance profile");
	rc = yaml_read("", http_answer.body, http_answer.size, on_credentials,
		       &members);
	if (rc)
		(void)not_yet("the role's credentials are no JSON");
	else if ((text[CODE] && strcmp(text[CODE], "Success")) ||
		 (build_is_whole && !text[TOKEN]) ||
		 !credentials_set(credentials, text[ACCESS_KEY_ID],
				  text[SECRET_ACCESS_KEY], text[TOKEN])) {
		(void)errinfo_set(STATUS_DENIED,
				  "the role gives no credentials (%.300s); see "
				  "its trust policy",
				  text[CODE] ? text[CODE] : "");
		rc = errinfo_retry(AGAIN_SOON);
	}
	take_time(credentials, text[LAST_UPDATED]);
	yaml_wipe_members(&members);
	return rc;
}
