#include "aws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "build.h"
#include "credentials.h"
#include "errinfo.h"
#include "http.h"
#include "platform.h"
#include "sigv4.h"
#include "text.h"

enum {
	TRY_MS = 13000, /* to connect and to answer */
	/* AWS takes signatures of 300 s ago and ahead. */
	CLOCK_TOLERANCE_S = 240,
	/* IAM takes a while to tell all of AWS about a role. */
	NEW_ROLE_S = 60,
	NEW_ROLE_PATIENCE_MS = 30000,
	TIME_SIZE = 24, /* bytes of a time as text */
};

struct aws aws;

/* For the whole run. */
static struct credentials secrets[AWS_IDENTITIES];
static int64_t clock_offset_s; /* the server's clock less ours */

/* One call.  Its texts stand by themselves, too large for the stack: a call for
 * credentials is over before the texts of the call that needs them are made. */
struct call {
	const struct aws_request *request;
	const struct credentials *credentials;
	const char *region;
	bool was_corrected; /* the clock, on its behalf */
};

static struct buf url; /* too large for the stack */

/* An override for tests on this machine may be without TLS. */
static bool is_encrypted(void)
{
	return strstr(url.data, "https://") == url.data;
}

/* ---- Errors: three shapes of Route 53's, and EC2's and STS's. ---- */

static struct buf code, message;

/* Where no element Code holds the code, the root has it for its name. */
static int on_complaint(const struct buf *row, void *context)
{
	enum { CODE = 1, MESSAGE };
	const struct buf *named = row[CODE].len ? &row[CODE] : &xml_root;
	char *leak;

	(void)context;
	if (row[CODE].len || row[MESSAGE].len)
		buf_set(&code, "%.63s", named->data);
	/* The first line, and of that no canonical request: a refused
	 * signature's message repeats it, session token included. */
	buf_addf(&message, "%.*s", (int)strcspn(row[MESSAGE].data, "\r\n"),
		 row[MESSAGE].data);
	leak = strstr(message.data, "The Canonical");
	if (leak)
		*leak = '\0';
	return 0;
}

/* Write a time, seconds since 1970, as in signatures. */
static void format_time(char text[TIME_SIZE], int64_t time_s)
{
	static struct tm utc;
	time_t then = (time_t)time_s;

	(void)gmtime_r(&then, &utc);
	(void)strftime(text, TIME_SIZE, "%Y%m%dT%H%M%SZ", &utc);
}

/* Another try may help where the role's first credentials are from the last
 * minute, by the server's clock. */
static void bear_new_role(const struct call *call)
{
	static char minute_ago[TIME_SIZE];
	static int64_t until_ms; /* for the whole run */

	format_time(minute_ago, http_answer.date_s - NEW_ROLE_S);
	if (http_answer.date_s < 0 ||
	    strcmp(call->credentials->updated, minute_ago) < 0)
		return;
	if (!until_ms)
		until_ms = platform_now_ms() + NEW_ROLE_PATIENCE_MS;
	errinfo.again = AGAIN_LATER;
	errinfo.until_ms = until_ms;
}

const char *aws_unread_variable(void)
{
	static const char *const unread[] = {
		"AWS_WEB_IDENTITY_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
		"AWS_CONTAINER_CREDENTIALS_FULL_URI",
	};

	if (platform_user_variable("AWS_ACCESS_KEY_ID"))
		return NULL;
	for (size_t i = 0; i < sizeof(unread) / sizeof(*unread); i++)
		if (platform_user_variable(unread[i]))
			return unread[i];
	return NULL;
}

/* Codes of a key that is wrong; a wrong clock is not the key's fault. */
static bool is_key_refused(void)
{
	return text_matches(code.data,
			    "InvalidClientTokenId|UnrecognizedClient|"
			    "SignatureDoesNotMatch|InvalidSignature|"
			    "AuthFailure|ExpiredToken") &&
	       !text_matches(message.data,
			     "^Signature (expired|not yet current)");
}

/* Where the credentials of a denied call come from, if that is not the role
 * that one thinks of. */
static void tell_where_from(const struct call *call)
{
	const char *unread = aws_unread_variable();

	if (is_key_refused() && call->credentials == &secrets[AWS_INSTANCE] &&
	    platform_user_variable("AWS_ACCESS_KEY_ID"))
		(void)errinfo_add("; the key is that of AWS_ACCESS_KEY_ID in "
				  "the environment: correct it, or unset it");
	if (unread)
		(void)errinfo_add("; bootname does not read %s", unread);
}

/* Which exit status the code deserves, and whether another try may help. */
static enum exit_status judge(long http, bool is_forbidden, enum again *again)
{
	/* Source: botocore, retries/standard.py.  PriorRequestNotComplete is no
	 * throttling, as it is there: the zone is busy for a moment, in an
	 * account that has requests left. */
	if (http == 429 || http == 509 ||
	    text_matches(code.data, "Throttl|SlowDown|TooManyRequests|"
				    "(Request|Bandwidth)LimitExceeded")) {
		*again = AGAIN_THROTTLED;
		return STATUS_DEADLINE;
	}
	if (http >= 500 ||
	    text_matches(code.data, "RequestTimeout|Internal(Err|Fail)|"
				    "ServiceUnavailable|"
				    "PriorRequestNotComplete")) {
		*again = AGAIN_LATER;
		return STATUS_DEADLINE;
	}
	if (!strcmp(code.data, "NoSuchHostedZone"))
		return STATUS_UNAVAILABLE;
	if (http == 401 || http == 403 || is_forbidden ||
	    (build_is_whole && is_key_refused()))
		return STATUS_DENIED;
	return STATUS_DATA;
}

/* Which exit status the answer deserves, and what to do about it. */
static int complain(const struct call *call)
{
	const struct aws_request *request = call->request;
	long http = http_answer.status;
	enum exit_status status;
	enum again again = AGAIN_NEVER;
	bool is_forbidden;

	buf_wipe(&code);
	buf_wipe(&message);
	/* A front end may answer with something else: the status will do. */
	if (xml_read(http_answer.body, http_answer.size, "- Code Message ",
		     on_complaint, NULL))
		buf_wipe(&code);
	is_forbidden =
		text_matches(code.data, "AccessDenied|UnauthorizedOperation");
	status = judge(http, is_forbidden, &again);
	(void)errinfo_set(status, "%s: HTTP %ld", request->operation, http);
	(void)errinfo_retry(again);
	if (code.len)
		(void)errinfo_add(" %s: %.600s", code.data, message.data);
	if (is_forbidden) {
		bool is_arn = strchr("hc", request->resource[0]);

		(void)errinfo_add(
			"; the role's policy must allow %s:%s on "
			"%s%s%s%s",
			endpoint_service(request->service), request->operation,
			is_arn ? "arn:" : "",
			is_arn ? endpoint_partition(call->region) : "",
			is_arn ? ":route53:::" : "", request->resource);
		bear_new_role(call);
	}
	if (build_is_whole && status == STATUS_DENIED)
		tell_where_from(call);
	errinfo.code = code.data;
	return -1;
}

/* ---- The call. ---- */

static const char *method_of(const struct aws_request *request)
{
	return *request->body ? "POST" : "GET";
}

/* The header of a body; "": there is none. */
static const char *content_type_of(const struct aws_request *request)
{
	if (!*request->body)
		return "";
	return endpoint_is_route53(request->service)
		       ? "content-type:application/xml\n"
		       : "content-type:application/x-www-form-urlencoded\n";
}

static struct buf headers; /* the signed ones, then the others */

static int sign(const struct call *call)
{
	const struct aws_request *request = call->request;
	static struct buf scope, signed_headers, canonical_request,
		string_to_sign;
	const char *host = strchr(url.data, ':') + 3;
	const char *token = call->credentials->field[CREDENTIALS_SESSION_TOKEN];
	/* Only a user's own key goes without. */
	bool has_token = !build_is_whole || *token;
	const char *signed_region =
		endpoint_signing_region(request->service, call->region);
	static char timestamp[TIME_SIZE];
	int rc;

	format_time(timestamp, time(NULL) + clock_offset_s);
	buf_set(&scope, "%.8s/%s/%s/aws4_request", timestamp, signed_region,
		endpoint_service(request->service));
	buf_set(&headers, "%shost:%.*s\nx-amz-date:%s\n%s%s%s",
		content_type_of(request), (int)strcspn(host, "/"), host,
		timestamp, has_token ? "x-amz-security-token:" : "", token,
		has_token ? "\n" : "");
	buf_set(&signed_headers, "%shost;x-amz-date%s",
		*request->body ? "content-type;" : "",
		has_token ? ";x-amz-security-token" : "");
	buf_wipe(&string_to_sign);
	rc = sigv4_canonical_request(&canonical_request, method_of(request),
				     request->path, request->query,
				     headers.data, signed_headers.data,
				     request->body) ||
	     sigv4_string_to_sign(&string_to_sign, timestamp, scope.data,
				  canonical_request.data);
	buf_wipe(&canonical_request); /* holds the session token */
	buf_addf(&headers,
		 "authorization:AWS4-HMAC-SHA256 Credential=%s/%s, "
		 "SignedHeaders=%s, Signature=",
		 call->credentials->field[CREDENTIALS_ACCESS_KEY_ID],
		 scope.data, signed_headers.data);
	rc = rc ||
	     sigv4_signature(
		     &headers,
		     call->credentials->field[CREDENTIALS_SECRET_ACCESS_KEY],
		     scope.data, string_to_sign.data);
	buf_addf(&headers, "\nexpect:"); /* else older libcurl asks first */
	return rc ? -1 : 0;
}

/* Whether it was refused for its time, and can be signed by the server's. */
static bool correct_clock(struct call *call)
{
	int64_t offset_s = http_answer.date_s - time(NULL);

	if (call->was_corrected || http_answer.date_s < 0 ||
	    llabs(offset_s - clock_offset_s) < CLOCK_TOLERANCE_S)
		return false;
	call->was_corrected = true;
	clock_offset_s = offset_s;
	return true;
}

static int attempt(void *context)
{
	struct call *call = context;
	const struct aws_request *request = call->request;

	do {
		if (sign(call))
			return -1;
		if (build_is_whole) /* who counts? */
			aws.calls[request->service]++;
		if (http_send(method_of(request), url.data, headers.data,
			      request->body, is_encrypted() ? aws.proxy : "",
			      TRY_MS))
			(void)errinfo_add(" (%s)", request->operation);
		else if (http_answer.status / 100 == 2)
			return 0;
		else
			(void)complain(call);
	} while (!errinfo.again && correct_clock(call));
	if (request->once)
		errinfo.again = AGAIN_NEVER;
	return -1;
}

static int make_call(const struct aws_request *request,
		     const struct credentials *credentials)
{
	struct call call = {
		.request = request,
		.credentials = credentials,
		.region = request->region ? request->region : aws.region,
	};

	buf_wipe(&url);
	if (endpoint_add(&url, request->service, call.region, aws.is_ipv6))
		return -1;
	buf_addf(&url, "%s%s%s", request->path, *request->query ? "?" : "",
		 request->query);
	return http_persist(attempt, &call);
}

static int authenticate(enum aws_identity identity, bool once)
{
	struct credentials *used = &secrets[identity];

	return used->field[0][0] ? 0 : aws.supply(identity, once, used);
}

int aws_authenticate(bool once)
{
	return authenticate(aws.route53_identity, once);
}

int aws_call(const struct aws_request *request, const char *fields,
	     xml_row on_row, void *context)
{
	enum aws_identity identity = endpoint_is_route53(request->service)
					     ? aws.route53_identity
					     : AWS_INSTANCE;
	struct credentials *used = &secrets[identity];

	if (authenticate(identity, request->once))
		return -1;
	if (make_call(request, used) &&
	    (!text_matches(errinfo.code, "ExpiredToken|RequestExpired") ||
	     aws.supply(identity, request->once, used) ||
	     make_call(request, used)))
		return -1;
	if (xml_read(http_answer.body, http_answer.size, fields, on_row,
		     context))
		return -1;
	/* A page of somebody else on the way has no rows and is no answer. */
	return strstr(xml_root.data, request->operation) == xml_root.data
		       ? 0
		       : errinfo_set(STATUS_DATA,
				     "the answer is no XML of AWS");
}

const char *aws_partition(void)
{
	return endpoint_partition(aws.region);
}

void aws_close(void)
{
	platform_wipe(secrets, sizeof(secrets));
	buf_wipe(&headers);
	buf_wipe(&message); /* what was left out of the error too */
}
