#include "aws.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "errinfo.h"
#include "http.h"
#include "retry.h"
#include "sigv4.h"
#include "xml.h"

enum {
	CONNECT_MS = 3000,
	ANSWER_MS = 10000,
	URL_LIMIT = 8192,    /* bytes; a change id may take 6500 */
	HEADER_LIMIT = 9000, /* bytes; the longest session token fits */
	MESSAGE_LIMIT = 600, /* bytes of a service's message in an error */
	CLOCK_TOLERANCE_S = 240,
};

/* ---- Endpoints. ---- */

struct partition {
	const char *prefix; /* of the region */
	const char *name;
	const char *route53_region; /* Route 53 is signed for */
	const char *domain;
	const char *dual_stack_domain; /* NULL: none */
	bool regional_route53;	       /* its host name holds the partition's */
};

/* Source: botocore, endpoint rule sets and partitions. */
static const struct partition partitions[] = {
	{"cn-", "aws-cn", "cn-northwest-1", "amazonaws.com.cn",
	 "api.amazonwebservices.com.cn", false},
	{"us-gov-", "aws-us-gov", "us-gov-west-1", "amazonaws.com", "api.aws",
	 true},
	{"us-iso-", "aws-iso", "us-iso-east-1", "c2s.ic.gov", NULL, false},
	{"us-isob-", "aws-iso-b", "us-isob-east-1", "sc2s.sgov.gov", NULL,
	 false},
	{"eu-isoe-", "aws-iso-e", "eu-isoe-west-1", "cloud.adc-e.uk", NULL,
	 false},
	{"us-isof-", "aws-iso-f", "us-isof-south-1", "csp.hci.ic.gov", NULL,
	 false},
	{"eusc-", "aws-eusc", "eusc-de-east-1", "amazonaws.eu",
	 "api.amazonwebservices.eu", false},
	{"", "aws", "us-east-1", "amazonaws.com", "api.aws", false},
};

static const struct service {
	const char *name; /* in host names and scopes */
	const char *override;
} services[AWS_SERVICES] = {
	[AWS_ROUTE53] = {"route53", "AWS_ENDPOINT_URL_ROUTE_53"},
	[AWS_EC2] = {"ec2", "AWS_ENDPOINT_URL_EC2"},
	[AWS_STS] = {"sts", "AWS_ENDPOINT_URL_STS"},
};

static const struct partition *partition_of(const char *region)
{
	const struct partition *partition = partitions;

	while (strncmp(region, partition->prefix, strlen(partition->prefix)))
		partition++;
	return partition;
}

static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static bool is_on(const char *name)
{
	return !strcasecmp(environment(name), "true");
}

static int add_override(struct buf *url, const char *override,
			struct errinfo *err)
{
	size_t len = strlen(override);

	if (strncmp(override, "https://", 8) &&
	    (strncmp(override, "http://", 7) || !http_is_loopback(override)))
		return errinfo_set(err, STATUS_SETTINGS,
				   "the AWS_ENDPOINT_URL of a service must be "
				   "an https:// URL");
	while (len && override[len - 1] == '/')
		len--;
	buf_add(url, override, len);
	return 0;
}

/* Route 53 is global: "global" stands where others have their region. */
static void add_default(struct buf *url, const struct aws *aws,
			enum aws_service service)
{
	const struct partition *partition = partition_of(aws->region);
	const char *fips = is_on("AWS_USE_FIPS_ENDPOINT") ? "-fips" : "";
	const char *region = aws->region;
	bool dual_stack = partition->dual_stack_domain &&
			  (is_on("AWS_USE_DUALSTACK_ENDPOINT") ||
			   !http_has_ipv4_route("192.0.2.1"));

	if (service == AWS_ROUTE53) {
		region = dual_stack ? "global" : "";
		if (partition->regional_route53) {
			region = "us-gov";
			fips = "";
		}
	}
	buf_addf(url, "https://%s%s%s%s.%s", services[service].name, fips,
		 *region ? "." : "", region,
		 dual_stack ? partition->dual_stack_domain : partition->domain);
}

static int add_endpoint(struct buf *url, const struct aws *aws,
			enum aws_service service, struct errinfo *err)
{
	const char *override = environment(services[service].override);

	if (!*override)
		override = environment("AWS_ENDPOINT_URL");
	if (*override)
		return add_override(url, override, err);
	add_default(url, aws, service);
	return 0;
}

/* ---- Errors: three shapes of Route 53's, and EC2's and STS's. ---- */

struct complaint {
	char root[64]; /* the code, where no element Code holds one */
	char code[64];
	struct buf message;
};

static int on_complaint(void *context, const char *path, const char *text,
			struct errinfo *err)
{
	struct complaint *complaint = context;

	(void)err;
	if (xml_ends(path, "Code"))
		(void)snprintf(complaint->code, sizeof(complaint->code), "%s",
			       text);
	else if (xml_ends(path, "Message"))
		buf_addf(&complaint->message, "%s%s",
			 complaint->message.len ? "; " : "", text);
	else if (!strchr(path, '/'))
		(void)snprintf(complaint->root, sizeof(complaint->root), "%s",
			       path);
	return 0;
}

/*
 * The first line only: behind it a refused signature's message repeats the
 * canonical request, session token included.
 */
static void cut_message(struct buf *message)
{
	size_t len = strcspn(buf_text(message), "\r\n");
	char *canonical = strstr(buf_text(message), "The Canonical String");

	if (canonical && (size_t)(canonical - message->data) < len)
		len = (size_t)(canonical - message->data);
	if (len > MESSAGE_LIMIT)
		len = MESSAGE_LIMIT;
	if (len < message->len) {
		message->len = len;
		message->data[len] = '\0';
	}
}

static bool is_one_of(const char *code, const char *const *codes)
{
	for (; *codes; codes++)
		if (!strcmp(code, *codes))
			return true;
	return false;
}

/* Source: botocore, retries/standard.py. */
static bool is_throttling(const char *code, long status)
{
	static const char *const codes[] = {
		"Throttling",
		"ThrottlingException",
		"ThrottledException",
		"RequestThrottledException",
		"RequestThrottled",
		"TooManyRequestsException",
		"RequestLimitExceeded",
		"SlowDown",
		"BandwidthLimitExceeded",
		"PriorRequestNotComplete",
		"EC2ThrottledException",
		NULL,
	};

	return status == 429 || status == 509 || is_one_of(code, codes);
}

static bool is_transient(const char *code, long status)
{
	static const char *const codes[] = {
		"RequestTimeout",  "RequestTimeoutException", "InternalError",
		"InternalFailure", "ServiceUnavailable",      NULL,
	};

	return status >= 500 || is_one_of(code, codes);
}

static bool is_expired(const char *code)
{
	static const char *const codes[] = {
		"ExpiredToken",
		"ExpiredTokenException",
		"RequestExpired",
		NULL,
	};

	return is_one_of(code, codes);
}

static int denied(const struct aws *aws, const struct aws_request *request,
		  const struct complaint *complaint, struct errinfo *err)
{
	bool is_short = request->resource[0] == ':';

	return errinfo_set(err, STATUS_DENIED,
			   "%s; the role's policy must allow %s on %s%s%s",
			   buf_text(&complaint->message), request->action,
			   is_short ? "arn:" : "",
			   is_short ? partition_of(aws->region)->name : "",
			   request->resource);
}

/* Which exit status a complaint deserves, and what to do about it. */
static int judge(const struct aws *aws, const struct aws_request *request,
		 long status, const struct complaint *complaint,
		 struct errinfo *err)
{
	const char *message = buf_text(&complaint->message);
	const char *code = complaint->code;
	int kind = STATUS_DATA;

	if (is_throttling(code, status) || is_transient(code, status))
		kind = STATUS_TEMPORARY;
	else if (!strcmp(code, "NoSuchHostedZone"))
		kind = STATUS_UNAVAILABLE;
	else if (!strncmp(code, "AccessDenied", 12) ||
		 !strcmp(code, "UnauthorizedOperation"))
		return denied(aws, request, complaint, err);
	else if (status == 401 || status == 403)
		kind = STATUS_DENIED;
	if (*code || *message)
		return errinfo_set(err, kind, "%s: %s", code, message);
	return errinfo_set(err, kind, "HTTP %ld", status);
}

static int read_complaint(const struct aws *aws,
			  const struct aws_request *request,
			  const struct http_response *response,
			  struct errinfo *err)
{
	struct complaint complaint = {.message = BUF_INIT(AWS_LIMIT)};

	/* A front end may answer with something else: the status will do. */
	if (xml_read(buf_text(&response->body), response->body.len,
		     on_complaint, &complaint, err)) {
		complaint.code[0] = '\0';
		buf_clear(&complaint.message);
	} else if (!complaint.code[0]) {
		memcpy(complaint.code, complaint.root, sizeof(complaint.root));
	}
	cut_message(&complaint.message);
	judge(aws, request, response->status, &complaint, err);
	memcpy(err->code, complaint.code, sizeof(complaint.code));
	buf_release(&complaint.message);
	return -1;
}

/* ---- The call. ---- */

enum { HEADERS = 4 }; /* host, date, and at most token and content type */

struct call {
	const struct aws_request *request;
	struct buf url;
	struct sigv4_header headers[HEADERS];
	size_t header_count;
	char timestamp[17];
	struct buf lines[HEADERS + 1]; /* as sent, with Authorization */
	bool refreshed;
	bool clock_corrected;
};

static void add_header(struct call *call, const char *name, const char *value)
{
	call->headers[call->header_count].name = name;
	call->headers[call->header_count++].value = value;
}

static void set_timestamp(struct call *call, const struct aws *aws)
{
	time_t now = time(NULL) + (time_t)aws->clock_offset_s;
	struct tm utc;

	if (!gmtime_r(&now, &utc) ||
	    !strftime(call->timestamp, sizeof(call->timestamp),
		      "%Y%m%dT%H%M%SZ", &utc))
		(void)snprintf(call->timestamp, sizeof(call->timestamp),
			       "19700101T000000Z");
}

/* The Authorization header, then every header as a line. */
static int sign(struct aws *aws, struct call *call, struct errinfo *err)
{
	const struct aws_request *request = call->request;
	const struct buf *body = request->body;
	const char *host = strstr(call->url.data, "://") + 3;
	char host_name[256];
	struct sigv4_request signing = {
		.method = request->method,
		.path = request->path,
		.query = request->query,
		.headers = call->headers,
		.body = body ? body->data : NULL,
		.body_len = body ? body->len : 0,
	};
	const struct sigv4_scope scope = {
		.timestamp = call->timestamp,
		.region = request->service == AWS_ROUTE53
				  ? partition_of(aws->region)->route53_region
				  : aws->region,
		.service = services[request->service].name,
	};
	struct buf *authorization = &call->lines[HEADERS];

	(void)snprintf(host_name, sizeof(host_name), "%.*s",
		       (int)strcspn(host, "/"), host);
	set_timestamp(call, aws);
	call->header_count = 0;
	add_header(call, "Host", host_name);
	add_header(call, "X-Amz-Date", call->timestamp);
	if (aws->secret.session_token[0])
		add_header(call, "X-Amz-Security-Token",
			   aws->secret.session_token);
	if (request->content_type)
		add_header(call, "Content-Type", request->content_type);
	signing.header_count = call->header_count;
	for (size_t i = 0; i < call->header_count; i++) {
		buf_clear(&call->lines[i]);
		buf_addf(&call->lines[i], "%s: %s", call->headers[i].name,
			 call->headers[i].value);
		if (buf_check(&call->lines[i], "header", err))
			return -1;
	}
	buf_clear(authorization);
	buf_add_text(authorization, "Authorization: ");
	return sigv4_authorization(&signing, &scope, &aws->secret,
				   authorization, err);
}

static int send_once(struct aws *aws, struct call *call,
		     struct http_response *response, struct errinfo *err)
{
	const char *lines[HEADERS + 3] = {NULL};
	const struct buf *body = call->request->body;
	const struct http_request request = {
		.method = call->request->method,
		.url = call->url.data,
		.headers = lines,
		.body = body ? body->data : NULL,
		.body_len = body ? body->len : 0,
		.connect_timeout_ms = CONNECT_MS,
		.timeout_ms = CONNECT_MS + ANSWER_MS,
		.proxy = http_is_loopback(call->url.data) ? "" : aws->proxy,
	};
	size_t count;

	if (sign(aws, call, err))
		return -1;
	for (count = 0; count < call->header_count; count++)
		lines[count] = call->lines[count].data;
	lines[count++] = call->lines[HEADERS].data;
	lines[count] = "Expect:"; /* else older libcurl asks before a body */
	aws->calls[call->request->service]++;
	if (http_send(aws->http, &request, response, err))
		return -1;
	if (response->status >= 200 && response->status < 300)
		return 0;
	return read_complaint(aws, call->request, response, err);
}

/* A signature refused for its time is signed again by the server's clock. */
static bool correct_clock(struct aws *aws, struct call *call,
			  const struct http_response *response)
{
	int64_t offset_s = response->date_s - (int64_t)time(NULL);
	int64_t change_s = offset_s - aws->clock_offset_s;

	if (call->clock_corrected || response->status < 400 ||
	    response->status > 403 || response->date_s < 0 ||
	    (change_s < CLOCK_TOLERANCE_S && change_s > -CLOCK_TOLERANCE_S))
		return false;
	call->clock_corrected = true;
	aws->clock_offset_s = offset_s;
	return true;
}

/* Whether there is to be another try; 0: yes. */
static int again(struct aws *aws, struct call *call,
		 const struct http_response *response, struct retry *retry,
		 struct errinfo *err)
{
	enum retry_class class = is_throttling(err->code, response->status)
					 ? RETRY_THROTTLED
					 : RETRY_SERVICE;

	if (err->status == STATUS_TEMPORARY) {
		retry->retry_after_ms = response->retry_after_ms;
		return http_wait(aws->http, retry, class, err);
	}
	if (response->status >= 400 && correct_clock(aws, call, response))
		return 0;
	if (is_expired(err->code) && !call->refreshed) {
		call->refreshed = true;
		return aws->refresh(aws->refresh_context, &aws->secret, err);
	}
	return -1;
}

int aws_call(struct aws *aws, const struct aws_request *request,
	     struct buf *answer, struct errinfo *err)
{
	struct http_response response = {.body = BUF_INIT(AWS_LIMIT)};
	struct call call = {.request = request, .url = BUF_INIT(URL_LIMIT)};
	struct retry retry = {0};
	int rc = -1;

	for (size_t i = 0; i <= HEADERS; i++)
		call.lines[i].limit = HEADER_LIMIT;
	if (add_endpoint(&call.url, aws, request->service, err))
		goto out;
	buf_addf(&call.url, "%s%s%s", request->path, *request->query ? "?" : "",
		 request->query);
	if (buf_check(&call.url, "URL", err))
		goto out;
	if (!aws->secret.access_key_id[0] &&
	    aws->refresh(aws->refresh_context, &aws->secret, err))
		goto out;
	while (send_once(aws, &call, &response, err)) {
		if (again(aws, &call, &response, &retry, err)) {
			errinfo_prefix(err, "%s: ", request->action);
			goto out;
		}
		errinfo_clear(err);
	}
	buf_clear(answer);
	buf_add(answer, response.body.data, response.body.len);
	rc = buf_check(answer, "answer", err);
out:
	for (size_t i = 0; i <= HEADERS; i++)
		buf_release(&call.lines[i]);
	buf_release(&call.url);
	buf_release(&response.body);
	return rc;
}

void aws_close(struct aws *aws)
{
	secret_wipe(&aws->secret);
}
