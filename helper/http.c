#include "http.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

/* CURLOPT_PROTOCOLS is deprecated since 7.85 and the only one before. */
#define CURL_DISABLE_DEPRECATION
#include <curl/curl.h>

#include "errinfo.h"
#include "platform.h"
#include "retry.h"

enum {
	LAST_TRY_MS = 1000, /* kept free before the deadline, or a quarter */
	RETRY_AFTER_LIMIT_S = 600, /* more is not meant for a boot */
};

BUF(body, HTTP_LIMIT);
struct http_answer http_answer = {.body = &body};

static CURL *curl;
static int64_t started_ms;
static int64_t deadline_ms;
static int64_t last_wait_ms; /* no wait goes beyond this */
static size_t body_limit;
static bool has_headers; /* all of them, up to the empty line */
static char reason[CURL_ERROR_SIZE];

int http_open(long timeout_s)
{
	started_ms = platform_now_ms();
	deadline_ms = started_ms + (int64_t)timeout_s * 1000;
	last_wait_ms =
		deadline_ms - (timeout_s < 4 ? timeout_s * 250 : LAST_TRY_MS);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) || !(curl = curl_easy_init()))
		return errinfo_set(STATUS_SYSTEM, "libcurl does not start");
	return 0;
}

void http_close(void)
{
	curl_easy_cleanup(curl);
	curl = NULL;
	curl_global_cleanup();
	buf_wipe(&body);
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
	(void)context;
	buf_add(&body, data, size * count);
	return body.len > body_limit ? 0 : size * count;
}

/* libcurl gives each header as one line that ends in a line feed. */
static size_t on_header(char *line, size_t size, size_t count, void *context)
{
	size_t len = size * count;
	BUF(value, 64);

	(void)context;
	buf_clear(&value);
	/* Behind the empty line trailers may follow, or another answer. */
	has_headers = len <= 2 || (has_headers && strncmp(line, "HTTP/", 5));
	if (len > 5 && !strncasecmp(line, "Date:", 5)) {
		buf_add(&value, line + 5, len - 5);
		http_answer.date_s = curl_getdate(value.data, NULL);
	} else if (len > 12 && !strncasecmp(line, "Retry-After:", 12)) {
		buf_add(&value, line + 12, len - 12);
		http_answer.retry_after_ms = strtol(value.data, NULL, 10);
		if (http_answer.retry_after_ms < 0 ||
		    http_answer.retry_after_ms > RETRY_AFTER_LIMIT_S)
			http_answer.retry_after_ms = 0;
		http_answer.retry_after_ms *= 1000;
	}
	return len;
}

/* At least 1: libcurl takes 0 for its own, long default. */
static long within_deadline(long milliseconds)
{
	int64_t left_ms = deadline_ms - platform_now_ms();

	if (milliseconds > left_ms)
		milliseconds = (long)left_ms;
	return milliseconds > 0 ? milliseconds : 1;
}

static CURLcode set_options(const struct http_request *request,
			    struct curl_slist *headers)
{
	const struct {
		CURLoption option;
		long value;
	} numbers[] = {
		{CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS},
		{CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
		{CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
		{CURLOPT_NOSIGNAL, 1},
		{CURLOPT_PATH_AS_IS, 1},
		{CURLOPT_CONNECTTIMEOUT_MS,
		 within_deadline(request->connect_timeout_ms)},
		{CURLOPT_TIMEOUT_MS, within_deadline(request->timeout_ms)},
		{CURLOPT_POST, request->body != NULL},
		{CURLOPT_POSTFIELDSIZE,
		 request->body ? (long)request->body->len : 0},
	};
	const char *bundle = getenv("AWS_CA_BUNDLE");
	const struct {
		CURLoption option;
		const void *value; /* NULL: not set */
	} pointers[] = {
		{CURLOPT_URL, request->url},
		{CURLOPT_CUSTOMREQUEST, request->method},
		{CURLOPT_USERAGENT, "bootname/" BOOTNAME_VERSION},
		{CURLOPT_HTTPHEADER, headers},
		{CURLOPT_ERRORBUFFER, reason},
		{CURLOPT_POSTFIELDS,
		 request->body ? request->body->data : NULL},
		{CURLOPT_CAINFO, bundle && *bundle ? bundle : NULL},
		{CURLOPT_PROXY, request->proxy},
	};
	CURLcode rc = CURLE_OK;

	curl_easy_reset(curl);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		rc |= curl_easy_setopt(curl, numbers[i].option,
				       numbers[i].value);
	for (size_t i = 0; i < sizeof(pointers) / sizeof(*pointers); i++)
		if (pointers[i].value)
			rc |= curl_easy_setopt(curl, pointers[i].option,
					       pointers[i].value);
	rc |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	rc |= curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	return rc;
}

static int failure(CURLcode code)
{
	long connects = 0;
	const char *text = *reason ? reason : curl_easy_strerror(code);

	if (body.len > body_limit)
		return errinfo_set(STATUS_DATA, "answer larger than %zu bytes",
				   body_limit);
	/* Also what libcurl calls an answer of HTTP/0.9. */
	(void)curl_easy_getinfo(curl, CURLINFO_NUM_CONNECTS, &connects);
	if (code == CURLE_UNSUPPORTED_PROTOCOL && !connects)
		code = CURLE_URL_MALFORMAT;
	switch (code) {
	case CURLE_URL_MALFORMAT:
	case CURLE_SSL_CACERT_BADFILE:
		return errinfo_set(STATUS_SETTINGS, "%s", text);
	case CURLE_OUT_OF_MEMORY:
		return errinfo_set(STATUS_SYSTEM, "%s", text);
	default:
		(void)errinfo_set(STATUS_DEADLINE, "%s", text);
		return errinfo_again(AGAIN_LATER);
	}
}

/* Our copy of each line is wiped: it may hold a token or a signature. */
static void free_headers(struct curl_slist *lines)
{
	for (struct curl_slist *line = lines; line; line = line->next)
		platform_wipe(line->data, strlen(line->data));
	curl_slist_free_all(lines);
}

int http_send(const struct http_request *request, size_t limit)
{
	struct curl_slist *headers = NULL;
	CURLcode code;

	for (const char *const *line = request->headers; *line; line++) {
		struct curl_slist *longer = curl_slist_append(headers, *line);

		if (!longer) {
			free_headers(headers);
			return errinfo_set(STATUS_SYSTEM, "out of memory");
		}
		headers = longer;
	}
	has_headers = false;
	http_answer.status = 0;
	http_answer.date_s = -1;
	http_answer.retry_after_ms = 0;
	buf_wipe(&body);
	body_limit = limit;
	reason[0] = '\0';
	code = set_options(request, headers);
	if (!code)
		code = curl_easy_perform(curl);
	free_headers(headers);
	if (code)
		return failure(code);
	if (!has_headers) {
		(void)errinfo_set(STATUS_DEADLINE, "the answer is cut short");
		return errinfo_again(AGAIN_LATER);
	}
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE,
				&http_answer.status);
	return 0;
}

/* Sleep before the next try; -1 when it is too late for one. */
static int wait_for_next(struct retry *retry, int64_t until_ms)
{
	int64_t now_ms = platform_now_ms();
	int64_t most_ms = last_wait_ms - now_ms;
	int64_t delay_ms = retry_delay_ms(retry, errinfo.again, now_ms,
					  platform_random()) +
			   http_answer.retry_after_ms;

	if (until_ms && until_ms - now_ms < most_ms)
		most_ms = until_ms - now_ms;
	if (most_ms <= 0) {
		errinfo.again = AGAIN_NEVER;
		if (until_ms && retry->tries == 1)
			return -1; /* there was no time to wait at all */
		return errinfo_add("; gave up after %lld.%lld s",
				   (long long)(now_ms - started_ms) / 1000,
				   (long long)(now_ms - started_ms) / 100 % 10);
	}
	platform_sleep_ms(delay_ms < most_ms ? delay_ms : most_ms);
	return 0;
}

int http_persist(int (*attempt)(void), int64_t until_ms)
{
	struct retry retry = {0, 0};

	while (attempt())
		if (errinfo.again == AGAIN_NEVER ||
		    wait_for_next(&retry, until_ms))
			return -1;
	return 0;
}

/* Connecting a datagram socket looks up the route and sends nothing. */
static bool has_route(const struct sockaddr *peer, socklen_t size)
{
	int fd = socket(peer->sa_family, SOCK_DGRAM, 0);
	bool found = fd >= 0 && !connect(fd, peer, size);

	if (fd >= 0)
		(void)close(fd);
	return found;
}

bool http_needs_ipv6(const char *ipv4, const char *ipv6)
{
	struct sockaddr_in peer = {
		.sin_family = AF_INET,
		.sin_port = htons(80),
	};
	struct sockaddr_in6 peer6 = {
		.sin6_family = AF_INET6,
		.sin6_port = htons(80),
	};

	(void)inet_pton(AF_INET, ipv4, &peer.sin_addr);
	(void)inet_pton(AF_INET6, ipv6, &peer6.sin6_addr);
	return !has_route((const struct sockaddr *)&peer, sizeof(peer)) &&
	       has_route((const struct sockaddr *)&peer6, sizeof(peer6));
}
