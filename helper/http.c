#include "http.h"

#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* CURLOPT_PROTOCOLS is deprecated since 7.85 and the only one before. */
#define CURL_DISABLE_DEPRECATION
#include <curl/curl.h>

#include "errinfo.h"
#include "pattern.h"
#include "platform.h"
#include "retry.h"
#include "trust.h"

/* The libcurl that it meets may be newer than the one that it is built with. */
#if LIBCURL_VERSION_NUM < 0x074d00 /* 7.77 */
#define CURLOPT_CAINFO_BLOB (CURLOPTTYPE_BLOB + 309)
#endif
#if LIBCURL_VERSION_NUM < 0x075700 /* 7.87 */
#define CURLOPT_QUICK_EXIT (CURLOPTTYPE_LONG + 322)
#endif

enum {
	LINES_LIMIT = 8, /* headers of a request */
	CONNECT_MS = 3000,
	LAST_TRY_MS = 1000, /* kept free before the deadline, or a quarter */
	HURRIED_MS = 200,   /* a try with less time says nothing */
	END_S = 2,	    /* behind the deadline: libcurl does not look at it
			     * within a TLS handshake */
	HEAD_LIMIT = 65536, /* bytes of headers and trailers of an answer */
	RETRY_AFTER_LIMIT_S = 600, /* more is not meant for a boot */
};

struct http_answer http_answer;

static CURL *curl;
static struct buf lines; /* the headers of a request, wiped after it */
static struct curl_slist list[LINES_LIMIT];
static const char *bundle; /* file of roots, in place of the system's */
static int64_t started_ms;
static int64_t deadline_ms;
static int64_t last_wait_ms; /* no wait goes beyond this */
static bool is_too_large;
static size_t head_size;
static bool has_headers; /* all of them, up to the empty line */
static char reason[CURL_ERROR_SIZE];

void http_start_clock(long timeout_s)
{
	started_ms = platform_now_ms();
	deadline_ms = started_ms + (int64_t)timeout_s * 1000;
	last_wait_ms =
		deadline_ms - (timeout_s < 4 ? timeout_s * 250 : LAST_TRY_MS);
}

/* Anything else might never end. */
static bool is_file(const char *path)
{
	struct stat status;

	return !stat(path, &status) && S_ISREG(status.st_mode);
}

int http_open(long timeout_s)
{
	http_start_clock(timeout_s);
	bundle = platform_variable("AWS_CA_BUNDLE");
	if (!bundle)
		trust_find();
	else if (platform_has_user && !is_file(bundle))
		return errinfo_set(STATUS_SETTINGS,
				   "AWS_CA_BUNDLE: %s is not a file", bundle);
	http_answer.body = calloc(1, HTTP_LIMIT + 1);
	curl = curl_easy_init();
	if (!http_answer.body || !curl)
		return errinfo_set(STATUS_SYSTEM, "libcurl does not start");
	return 0;
}

static void forget_body(void)
{
	if (http_answer.body)
		platform_wipe(http_answer.body, http_answer.size + 1);
	http_answer.size = 0;
}

void http_close(void)
{
	forget_body();
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
	size *= count;
	(void)context;
	is_too_large = size > HTTP_LIMIT - http_answer.size;
	if (is_too_large)
		return 0;
	memcpy(http_answer.body + http_answer.size, data, size);
	http_answer.size += size;
	http_answer.body[http_answer.size] = '\0';
	return size;
}

/* libcurl gives each header as one line that ends in a line feed. */
static size_t on_header(char *line, size_t size, size_t count, void *context)
{
	size_t len = size * count;
	static char value[64];

	(void)context;
	/* libcurl keeps all of them. */
	head_size += len;
	if (head_size > HEAD_LIMIT)
		return 0;
	/* Behind the empty line trailers may follow, or another answer. */
	has_headers = len <= 2 || (has_headers &&
				   (len < 5 || strncmp(line, "HTTP/", 5) != 0));
	if (len < sizeof(value)) {
		memcpy(value, line, len);
		value[len] = '\0';
		if (!strncasecmp(value, "Date:", 5))
			http_answer.date_s = curl_getdate(value + 5, NULL);
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

/* What every request has, and never changes. */
static const struct {
	CURLoption option;
	long value;
} options[] = {
	{CURLOPT_PROTOCOLS, CURLPROTO_HTTP | CURLPROTO_HTTPS},
	{CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2},
	{CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1},
	{CURLOPT_PATH_AS_IS, 1},
	{CURLOPT_NOSIGNAL, 1},		/* the signal is ours, see http_send */
	{CURLOPT_DNS_CACHE_TIMEOUT, 0}, /* it would keep failures */
};

static CURLcode result; /* of setting options: the first failure */

static void keep(CURLcode code)
{
	if (!result)
		result = code;
}

static void set_number(CURLoption option, long value)
{
	keep(curl_easy_setopt(curl, option, value));
}

static void set_pointer(CURLoption option, const void *value)
{
	if (value)
		keep(curl_easy_setopt(curl, option, value));
}

static void set_options(const char *method, const char *url, const char *body,
			const char *proxy, long timeout_ms)
{
	struct curl_blob roots = {trust.roots.data, trust.roots.len,
				  CURL_BLOB_NOCOPY};

	curl_easy_reset(curl);
	/* Older ones don't know these two: they read the whole bundle, and wait
	 * for a resolver's thread. */
	set_pointer(CURLOPT_CAINFO_BLOB, trust.roots.len ? &roots : NULL);
	set_number(CURLOPT_QUICK_EXIT, 1);
	result = CURLE_OK;
	set_pointer(CURLOPT_PROXY, proxy);
	if (!proxy || !*proxy) /* one that knows no proxies asks none */
		result = CURLE_OK;
	keep(curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body));
	keep(curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header));
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		set_number(options[i].option, options[i].value);
	set_number(CURLOPT_CONNECTTIMEOUT_MS, within_deadline(CONNECT_MS));
	set_number(CURLOPT_TIMEOUT_MS, within_deadline(timeout_ms));
	set_pointer(CURLOPT_ERRORBUFFER, reason);
	set_pointer(CURLOPT_USERAGENT, "bootname/" BOOTNAME_VERSION);
	set_pointer(CURLOPT_URL, url);
	set_pointer(CURLOPT_HTTPHEADER, list);
	set_pointer(CURLOPT_POSTFIELDS, *body ? body : NULL);
	set_pointer(CURLOPT_CUSTOMREQUEST, method);
	/* A file in a directory's place: nothing is found beside the bundle. */
	set_pointer(CURLOPT_CAPATH, bundle ? bundle : TRUST_DIRECTORY);
	if (bundle || trust.is_hashed)
		keep(curl_easy_setopt(curl, CURLOPT_CAINFO, bundle));
}

/* Whether only AWS's own roots were believed; from now on all are. */
static bool has_more_roots(void)
{
	bool has_more = trust.is_hashed || trust.roots.len;

	trust.is_hashed = false;
	buf_wipe(&trust.roots);
	return has_more;
}

/* Whether there was no connection to the peer. */
static bool is_unreachable(CURLcode code)
{
	curl_off_t connected_us = 1;

	if (platform_has_user && code == CURLE_OPERATION_TIMEDOUT)
		(void)curl_easy_getinfo(curl, CURLINFO_CONNECT_TIME_T,
					&connected_us);
	return code == CURLE_COULDNT_RESOLVE_HOST ||
	       code == CURLE_COULDNT_CONNECT ||
	       (platform_has_user &&
		(code == CURLE_COULDNT_RESOLVE_PROXY || !connected_us));
}

/* Whether libcurl has no room for a line of the answer's head: in its words
 * memory is short. */
static bool is_line_too_long(CURLcode code)
{
	curl_off_t began_us = 0;

	if (!platform_has_user || code != CURLE_OUT_OF_MEMORY || has_headers)
		return false;
	(void)curl_easy_getinfo(curl, CURLINFO_STARTTRANSFER_TIME_T, &began_us);
	return began_us;
}

static int failure(CURLcode code)
{
	int status = STATUS_DEADLINE | AGAIN_LATER;

	if (is_too_large)
		return errinfo_set(STATUS_DATA, "answer larger than %d bytes",
				   HTTP_LIMIT);
	if (head_size > HEAD_LIMIT || is_line_too_long(code))
		return errinfo_set(STATUS_DATA, "headers larger than %d bytes",
				   HEAD_LIMIT);
	if (code == CURLE_URL_MALFORMAT || code == CURLE_SSL_CACERT_BADFILE)
		status = STATUS_SETTINGS;
	if (code == CURLE_OUT_OF_MEMORY)
		status = STATUS_SYSTEM;
	return errinfo_set(status, "%s%s",
			   *reason	       ? reason
			   : platform_has_user ? curl_easy_strerror(code)
					       : "libcurl fails",
			   is_unreachable(code) ? "; is there a route?" : "");
}

/* Lay a list over the lines: in one piece, so that it can be wiped. */
static void split_lines(void)
{
	char *line = lines.data;

	for (size_t i = 0; line && i < LINES_LIMIT; i++) {
		list[i].data = line;
		list[i].next = NULL;
		if (i)
			list[i - 1].next = &list[i];
		line = strchr(line, '\n');
		if (line)
			*line++ = '\0';
	}
}

/* Nobody but the signal ends what libcurl does within a TLS handshake. */
static void perform(void)
{
	static struct buf line;

	if (platform_has_user)
		buf_set(&line,
			"%s: %s: the service keeps the connection busy; gave "
			"up behind the deadline\n",
			errinfo_program, errinfo.stage);
	platform_end_after((unsigned)(within_deadline(LONG_MAX) / 1000) + END_S,
			   STATUS_DEADLINE, line.data);
	result = curl_easy_perform(curl);
	platform_end_after(0, 0, line.data);
}

int http_send(const char *method, const char *url, const char *headers,
	      const char *body, const char *proxy, long timeout_ms)
{
	curl_off_t retry_after_s = 0;

	if (pattern_is_careful && pattern_has_failed)
		return errinfo_set(STATUS_SYSTEM, "out of memory");
	buf_set(&lines, "%s", headers);
	split_lines();
	has_headers = false;
	http_answer.status = 0;
	http_answer.date_s = -1;
	http_answer.retry_after_s = 0;
	forget_body();
	do {
		is_too_large = false;
		head_size = 0;
		reason[0] = '\0';
		set_options(method, url, body, proxy, timeout_ms);
		if (result)
			return errinfo_set(
				STATUS_SYSTEM, "libcurl refuses an option: %s",
				platform_has_user ? curl_easy_strerror(result)
						  : "");
		perform();
	} while ((result == CURLE_PEER_FAILED_VERIFICATION ||
		  result == CURLE_SSL_CACERT_BADFILE) &&
		 has_more_roots());
	buf_wipe(&lines);
	if (result)
		return failure(result);
	if (!has_headers)
		return errinfo_set(STATUS_DEADLINE | AGAIN_LATER,
				   "the answer is cut short");
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE,
				&http_answer.status);
	(void)curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after_s);
	if (retry_after_s > 0 && retry_after_s <= RETRY_AFTER_LIMIT_S)
		http_answer.retry_after_s = retry_after_s;
	return 0;
}

void http_sleep_ms(long milliseconds)
{
	platform_sleep_ms(within_deadline(milliseconds));
}

/* Sleep before the next try; -1 when it is too late for one. */
static int wait_for_next(struct retry *retry)
{
	int64_t now_ms = platform_now_ms();
	int64_t most_ms = last_wait_ms - now_ms;
	int64_t delay_ms = retry_delay_ms(retry, errinfo.again, now_ms,
					  platform_random()) +
			   http_answer.retry_after_s * 1000;
	long tenths = (long)(now_ms - started_ms) / 100;

	if (errinfo.until_ms && errinfo.until_ms - now_ms < most_ms)
		most_ms = errinfo.until_ms - now_ms;
	if (most_ms <= 0) {
		errinfo.again = AGAIN_NEVER;
		if (errinfo.until_ms && retry->tries == 1)
			return -1; /* there was no time to wait at all */
		return errinfo_add("; gave up after %ld.%ld s", tenths / 10,
				   tenths % 10);
	}
	platform_sleep_ms(delay_ms < most_ms ? delay_ms : most_ms);
	return 0;
}

int http_persist(int (*attempt)(void))
{
	static int64_t throttled_ms;  /* of the whole run */
	static struct errinfo former; /* of the last try that had some time */
	struct retry retry = {0, 0};
	bool is_hurried = false;

	while (attempt()) {
		if (platform_has_user) {
			if (is_hurried && errinfo.status == STATUS_DEADLINE) {
				former.again = errinfo.again;
				errinfo = former;
			}
			former = errinfo;
		}
		retry.throttled_ms = throttled_ms; /* of calls within, too */
		if (!errinfo.again || wait_for_next(&retry))
			return -1;
		throttled_ms = retry.throttled_ms;
		is_hurried = within_deadline(HURRIED_MS) < HURRIED_MS;
	}
	return 0;
}
