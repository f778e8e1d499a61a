#include "aws.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "errinfo.h"
#include "http.h"
#include "platform.h"
#include "secret.h"
#include "sigv4.h"

enum {
	CONNECT_MS = 3000,
	ANSWER_MS = 10000,
	MESSAGE_LIMIT = 600, /* bytes of a service's message in an error */
	/* AWS takes signatures of 300 s ago and ahead. */
	CLOCK_TOLERANCE_S = 240,
};

struct aws aws;

static struct secret secrets[AWS_IDENTITIES];
static int64_t clock_offset_s; /* the server's clock less ours */

/* The call under way. */
static const struct aws_request *current;
static const struct secret *secret;
static bool was_corrected; /* the clock, on its behalf */

/* ---- Endpoints. ---- */

/* Source: botocore, endpoint rule sets and partitions. */
static const struct partition {
	char region[9]; /* how its regions begin */
	char name[12];
	char route53[16]; /* the region that Route 53 is signed for */
	char domain[20];
	char dual_stack[30]; /* domain; "": none */
} partitions[] = {
	{"cn-", "aws-cn", "cn-northwest-1", "amazonaws.com.cn",
	 "api.amazonwebservices.com.cn"},
	{"us-gov-", "aws-us-gov", "us-gov-west-1", "amazonaws.com", "api.aws"},
	{"us-iso-", "aws-iso", "us-iso-east-1", "c2s.ic.gov", ""},
	{"us-isob-", "aws-iso-b", "us-isob-east-1", "sc2s.sgov.gov", ""},
	{"eu-isoe-", "aws-iso-e", "eu-isoe-west-1", "cloud.adc-e.uk", ""},
	{"us-isof-", "aws-iso-f", "us-isof-south-1", "csp.hci.ic.gov", ""},
	{"eusc-", "aws-eusc", "eusc-de-east-1", "amazonaws.eu",
	 "api.amazonwebservices.eu"},
	{"", "aws", "us-east-1", "amazonaws.com", "api.aws"},
};

static const char services[AWS_SERVICES][8] = {"route53", "ec2", "sts"};

static const struct partition *partition(void)
{
	const struct partition *found = partitions;

	while (strncmp(aws.region, found->region, strlen(found->region)))
		found++;
	return found;
}

static bool is_on(const char *variable)
{
	const char *value = getenv(variable);

	return value && !strcasecmp(value, "true");
}

/* Whether it is TLS, or goes no further than this machine. */
static bool is_safe(const char *url)
{
	static const char here[][2][20] = {
		{"http://127.", ":.0123456789"},
		{"http://[::1]", ":0123456789"},
		{"http://localhost", ":0123456789"},
	};

	for (size_t i = 0; i < sizeof(here) / sizeof(*here); i++) {
		size_t len = strlen(here[i][0]);

		if (!strncmp(url, here[i][0], len) &&
		    !url[len + strspn(url + len, here[i][1])])
			return true;
	}
	return !strncmp(url, "https://", 8);
}

/* Route 53 is global: its dual-stack host says so where others say their
 * region, and in GovCloud it has the partition's name. */
static void add_default(struct buf *url, enum aws_service service)
{
	const struct partition *of = partition();
	bool dual_stack = *of->dual_stack &&
			  (is_on("AWS_USE_DUALSTACK_ENDPOINT") ||
			   http_needs_ipv6("192.0.2.1", "2001:db8::1"));
	bool is_gov = !strcmp(of->name, "aws-us-gov");
	const char *region = aws.region;

	if (service == AWS_ROUTE53)
		region = is_gov ? "us-gov" : dual_stack ? "global" : "";
	buf_addf(url, "https://%s%s%s%s.%s", services[service],
		 is_on("AWS_USE_FIPS_ENDPOINT") &&
				 !(is_gov && service == AWS_ROUTE53)
			 ? "-fips"
			 : "",
		 *region ? "." : "", region,
		 dual_stack ? of->dual_stack : of->domain);
}

static int add_endpoint(struct buf *url, enum aws_service service)
{
	static const char variables[AWS_SERVICES][28] = {
		"AWS_ENDPOINT_URL_ROUTE_53",
		"AWS_ENDPOINT_URL_EC2",
		"AWS_ENDPOINT_URL_STS",
	};
	const char *override = getenv(variables[service]);

	if (!override || !*override)
		override = getenv("AWS_ENDPOINT_URL");
	if (!override || !*override) {
		add_default(url, service);
		return 0;
	}
	buf_addf(url, "%s", override);
	while (url->len && url->data[url->len - 1] == '/')
		url->data[--url->len] = '\0';
	return is_safe(url->data)
		       ? 0
		       : errinfo_set(STATUS_SETTINGS,
				     "AWS_ENDPOINT_URL must be https://");
}

/* ---- Errors: three shapes of Route 53's, and EC2's and STS's. ---- */

BUF(message, 65536);
static char root[64]; /* the code, where no element Code holds one */
static char code[64];

static int on_complaint(void *context, const char *path, const char *text)
{
	(void)context;
	if (!strchr(path + 1, '/'))
		(void)snprintf(root, sizeof(root), "%s", path + 1);
	else if (xml_ends(path, "Message"))
		buf_addf(&message, "%s%s", message.len ? "; " : "", text);
	else
		(void)xml_take(path, text, "Code", code, sizeof(code));
	return 0;
}

/*
 * The first line only: behind it a refused signature's message repeats the
 * canonical request, session token included.
 */
static void cut_message(void)
{
	char *canonical = strstr(message.data, "The Canonical");
	size_t len = strcspn(message.data, "\r\n");

	if (canonical && canonical < message.data + len)
		len = (size_t)(canonical - message.data);
	if (len > MESSAGE_LIMIT)
		len = MESSAGE_LIMIT;
	message.data[len] = '\0';
}

/* Each with a blank behind it.  Source: botocore, retries/standard.py. */
static const char throttling[] =
	"Throttling ThrottlingException ThrottledException RequestThrottled "
	"RequestThrottledException TooManyRequestsException SlowDown "
	"RequestLimitExceeded BandwidthLimitExceeded EC2ThrottledException "
	"PriorRequestNotComplete ";
static const char transient[] =
	"RequestTimeout RequestTimeoutException InternalError InternalFailure "
	"ServiceUnavailable ";
static const char expired[] =
	"ExpiredToken ExpiredTokenException RequestExpired ";
static const char forbidden[] =
	"AccessDenied AccessDeniedException UnauthorizedOperation ";

static bool is_code(const char *list)
{
	const char *found = *code ? strstr(list, code) : NULL;

	return found && found[strlen(code)] == ' ' &&
	       (found == list || found[-1] == ' ');
}

/* Which exit status the answer deserves, and what to do about it. */
static int complain(void)
{
	long status = http_answer.status;
	bool is_arn = !strchr("*a", current->resource[0]);

	root[0] = code[0] = '\0';
	buf_clear(&message);
	/* A front end may answer with something else: the status will do. */
	if (xml_read(http_answer.body, on_complaint, NULL))
		code[0] = root[0] = '\0';
	if (!code[0] && message.len)
		memcpy(code, root, sizeof(code));
	cut_message();
	(void)errinfo_set(STATUS_DATA, "%s: HTTP %ld", current->operation,
			  status);
	if (code[0])
		(void)errinfo_add(" %s: %s", code, message.data);
	if (is_code(throttling) || status == 429 || status == 509)
		errinfo.again = AGAIN_THROTTLED;
	else if (is_code(transient) || status >= 500)
		errinfo.again = AGAIN_LATER;
	if (errinfo.again)
		errinfo.status = STATUS_DEADLINE;
	else if (!strcmp(code, "NoSuchHostedZone"))
		errinfo.status = STATUS_UNAVAILABLE;
	else if (status == 401 || status == 403 || is_code(forbidden))
		errinfo.status = STATUS_DENIED;
	if (is_code(forbidden))
		(void)errinfo_add(
			"; the role's policy must allow %s:%s on "
			"%s%s%s%s",
			services[current->service], current->operation,
			is_arn ? "arn:" : "", is_arn ? partition()->name : "",
			is_arn ? ":route53:::" : "", current->resource);
	memcpy(errinfo.code, code, sizeof(code));
	return -1;
}

/* ---- The call. ---- */

BUF(url, 8192); /* a change id may take 6500 bytes */
BUF(host_line, 300);
BUF(date_line, 64);
BUF(token_line, 9000);
BUF(authorization, 1024);

static int sign(struct http_request *sent)
{
	static const char date[] = "X-Amz-Date: ";
	const char *host = strchr(url.data, ':') + 3;
	time_t now = time(NULL) + (time_t)clock_offset_s;
	char timestamp[20] = "";
	struct tm utc;
	struct sigv4_request request = {
		.method = sent->method,
		.path = current->path,
		.query = current->query,
		.headers = {host_line.data, date_line.data},
		.body = current->body,
	};
	const struct sigv4_scope scope = {
		.timestamp = timestamp,
		.region = current->service == AWS_ROUTE53 ? partition()->route53
							  : aws.region,
		.service = services[current->service],
	};
	size_t count = 2;

	if (!gmtime_r(&now, &utc) ||
	    !strftime(timestamp, sizeof(timestamp), "%Y%m%dT%H%M%SZ", &utc))
		return errinfo_set(STATUS_SYSTEM, "the clock is unusable");
	buf_clear(&host_line);
	buf_addf(&host_line, "Host: %.*s", (int)strcspn(host, "/"), host);
	buf_clear(&date_line);
	buf_addf(&date_line, "%s%s", date, timestamp);
	buf_wipe(&token_line);
	if (secret->session_token[0]) {
		buf_addf(&token_line, "X-Amz-Security-Token: %s",
			 secret->session_token);
		request.headers[count++] = token_line.data;
	}
	if (current->type)
		request.headers[count++] = current->type;
	buf_wipe(&authorization);
	for (size_t i = 0; i < count; i++)
		sent->headers[i] = request.headers[i];
	sent->headers[count++] = authorization.data;
	sent->headers[count] = "Expect:"; /* else older libcurl asks first */
	return sigv4_authorization(&request, &scope, secret, &authorization);
}

/* Whether it was refused for its time, and can be signed by the server's. */
static bool correct_clock(void)
{
	int64_t offset_s = http_answer.date_s - time(NULL);

	if (was_corrected || http_answer.date_s < 0 ||
	    llabs(offset_s - clock_offset_s) < CLOCK_TOLERANCE_S)
		return false;
	was_corrected = true;
	clock_offset_s = offset_s;
	return true;
}

static int give_up(void)
{
	if (!aws.is_patient)
		errinfo.again = AGAIN_NEVER;
	return -1;
}

static int attempt(void)
{
	struct http_request sent = {
		.method = current->body ? "POST" : "GET",
		.url = url.data,
		.body = current->body,
		.proxy = strncmp(url.data, "http:", 5) ? aws.proxy : "",
		.connect_timeout_ms = CONNECT_MS,
		.timeout_ms = CONNECT_MS + ANSWER_MS,
	};

	do {
		if (sign(&sent))
			return -1;
		aws.calls[current->service]++;
		if (http_send(&sent, HTTP_LIMIT)) {
			(void)errinfo_add(" (%s)", current->operation);
			return give_up();
		}
		if (http_answer.status / 100 == 2)
			return 0;
		(void)complain();
	} while (!errinfo.again && correct_clock());
	return give_up();
}

static int call(const struct aws_request *request, const struct secret *used)
{
	current = request;
	secret = used;
	was_corrected = false;
	code[0] = '\0';
	buf_clear(&url);
	if (add_endpoint(&url, request->service))
		return -1;
	buf_addf(&url, "%s%s%s", request->path, *request->query ? "?" : "",
		 request->query);
	return buf_check(&url, "URL") || http_persist(attempt, 0);
}

static int authenticate(enum aws_identity identity)
{
	struct secret *used = &secrets[identity];

	return used->access_key_id[0] ? 0 : aws.supply(identity, used);
}

int aws_authenticate(void)
{
	return authenticate(aws.route53_identity);
}

int aws_call(const struct aws_request *request, xml_handler handler,
	     void *context)
{
	enum aws_identity identity = request->service == AWS_ROUTE53
					     ? aws.route53_identity
					     : AWS_INSTANCE;
	struct secret *used = &secrets[identity];

	/* Before the call, for it may be a call itself. */
	if (authenticate(identity))
		return -1;
	if (call(request, used) &&
	    (!is_code(expired) || aws.supply(identity, used) ||
	     call(request, used)))
		return -1;
	return xml_read(http_answer.body, handler, context);
}

void aws_close(void)
{
	platform_wipe(secrets, sizeof(secrets));
	buf_wipe(&token_line);
	buf_wipe(&authorization);
}
