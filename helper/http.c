#include "http.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* CURLOPT_PROTOCOLS is deprecated since 7.85 and the only one before. */
#define CURL_DISABLE_DEPRECATION
#include <curl/curl.h>

#include "build.h"
#include "errinfo.h"
#include "http_clock.h"
#include "platform.h"
#include "roots.h"
#include "text.h"

/* The libcurl that it meets may be newer than the one that it is built with. */
#if LIBCURL_VERSION_NUM < 0x074d00 /* 7.77 */
#define CURLOPT_CAINFO_BLOB (CURLOPTTYPE_BLOB + 309)
#endif
#if LIBCURL_VERSION_NUM < 0x075700 /* 7.87 */
#define CURLOPT_QUICK_EXIT (CURLOPTTYPE_LONG + 322)
#endif
#if LIBCURL_VERSION_NUM < 0x080600 /* 8.6 */
#define CURLE_TOO_LARGE 100
#endif

enum {
	LINES_LIMIT = 8, /* headers of a request */
	CONNECT_MS = 3000,
	HASTY_MS = 500,	       /* what times out in less has shown nothing */
	HEADERS_LIMIT = 65536, /* bytes of headers and trailers of a try */
	RETRY_AFTER_LIMIT_S = 600, /* more is not meant for a boot */
};

struct http_answer http_answer;

static CURL *curl;
static struct buf lines; /* the headers of a request, wiped after it */
static struct curl_slist list[LINES_LIMIT];
static const char *bundle;  /* file of roots, in place of the system's */
static int passed;	    /* the limit that the answer went beyond, or 0 */
static size_t headers_size; /* trailers count too, and former answers */
static bool has_headers;    /* all of them, up to the empty line */
static char reason[CURL_ERROR_SIZE];

/*
 * Within the 3 s of CONNECT_MS libc's resolver is to have asked three name
 * servers; its own 5 s would pass before the second one is asked.  And libcurl
 * before 7.87 waits for the resolver, however late.
 */
static void hurry_resolver(void)
{
	(void)setenv("RES_OPTIONS", "timeout:1 attempts:1", 0);
}

int http_open(long timeout_s)
{
	struct stat status;

	if (build_is_whole)
		hurry_resolver();
	http_start_clock(timeout_s);
	bundle = platform_variable("AWS_CA_BUNDLE");
	if (!bundle)
		roots_find();
	else if (build_is_whole && !stat(bundle, &status) &&
		 !S_ISREG(status.st_mode)) /* reading it may never end */
		return errinfo_set(STATUS_SETTINGS,
				   "AWS_CA_BUNDLE: %s is no regular file",
				   bundle);
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
	if (build_is_whole) /* what is printed may take its time */
		http_stop_clock();
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
	size *= count;
	(void)context;
	if (size > HTTP_LIMIT - http_answer.size) {
		passed = HTTP_LIMIT;
		return 0;
	}
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
	headers_size += len;
	if (headers_size > HEADERS_LIMIT) { /* libcurl keeps them all */
		passed = HEADERS_LIMIT;
		return 0;
	}
	/* Behind the empty line trailers may follow, or another answer. */
	has_headers =
		len <= 2 || (has_headers && strncasecmp(line, "HTTP/", 5) != 0);
	if (len < sizeof(value)) {
		memcpy(value, line, len);
		value[len] = '\0';
		if (!strncasecmp(value, "Date:", 5))
			http_answer.date_s = curl_getdate(value + 5, NULL);
	}
	return len;
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
	{CURLOPT_DNS_CACHE_TIMEOUT, 0}, /* it would keep failures */
};

static CURLcode result; /* the first that is none of success */

static void keep(CURLcode code)
{
	/* Several are the code of something else, which only people read. */
	if (!build_is_whole || !result)
		result |= code;
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
	struct curl_blob pem = {roots.pem.data, roots.pem.len,
				CURL_BLOB_NOCOPY};

	curl_easy_reset(curl);
	/* Older ones don't know these two: they read the whole bundle, and wait
	 * for a resolver's thread. */
	set_pointer(CURLOPT_CAINFO_BLOB, roots.pem.len ? &pem : NULL);
	set_number(CURLOPT_QUICK_EXIT, 1);
	result = curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	keep(curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header));
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++)
		set_number(options[i].option, options[i].value);
	/* Else a libcurl without a thread to look names up in takes SIGALRM for
	 * that, and refuses to look where a second or less is left. */
	if (build_is_whole)
		set_number(CURLOPT_NOSIGNAL, 1);
	set_number(CURLOPT_CONNECTTIMEOUT_MS, http_within_deadline(CONNECT_MS));
	set_number(CURLOPT_TIMEOUT_MS, http_within_deadline(timeout_ms));
	set_pointer(CURLOPT_ERRORBUFFER, reason);
	set_pointer(CURLOPT_USERAGENT, "bootname/" BOOTNAME_VERSION);
	set_pointer(CURLOPT_URL, url);
	set_pointer(CURLOPT_PROXY, proxy);
	set_pointer(CURLOPT_HTTPHEADER, list);
	set_pointer(CURLOPT_POSTFIELDS, *body ? body : NULL);
	set_pointer(CURLOPT_CUSTOMREQUEST, method);
	/* A file in a directory's place: nothing is found beside the bundle. */
	set_pointer(CURLOPT_CAPATH, bundle ? bundle : ROOTS_DIRECTORY);
	if (bundle || roots.is_hashed)
		keep(curl_easy_setopt(curl, CURLOPT_CAINFO, bundle));
}

/* Whether only AWS's own roots were believed; from now on all are. */
static bool has_more_roots(void)
{
	bool has_more = roots.is_hashed || roots.pem.len;

	roots.is_hashed = false;
	buf_wipe(&roots.pem);
	return has_more;
}

/* A line of a head that is longer than libcurl takes: older ones say that
 * memory is out, newer ones that it is too large. */
static bool is_long_line(CURLcode code)
{
	long sent = 0;

	(void)curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
	return code == CURLE_TOO_LARGE ||
	       (code == CURLE_OUT_OF_MEMORY && sent && !has_headers);
}

/* Whether nobody was there to connect to; older libcurl has no text then. */
static bool is_unreached(CURLcode code)
{
	long port = 0; /* our own, once there is a connection */

	(void)curl_easy_getinfo(curl, CURLINFO_LOCAL_PORT, &port);
	return code == CURLE_COULDNT_RESOLVE_PROXY ||
	       code == CURLE_COULDNT_RESOLVE_HOST ||
	       code == CURLE_COULDNT_CONNECT ||
	       (code == CURLE_OPERATION_TIMEDOUT && !port);
}

static int complain_of_size(void)
{
	return errinfo_set(STATUS_DATA,
			   build_is_whole && passed == HEADERS_LIMIT
				   ? "headers larger than %d bytes"
				   : "answer larger than %d bytes",
			   passed);
}

static const char *text_of(CURLcode code)
{
	return build_is_whole ? curl_easy_strerror(code) : "libcurl fails";
}

static const char *remedy_of(CURLcode code, bool is_set)
{
	if (!build_is_whole || code == CURLE_OUT_OF_MEMORY)
		return "";
	if (!is_set)
		return "; install a libcurl with TLS and proxies";
	return is_unreached(code) ? "; is there a route?" : "";
}

/* is_set: whether all options could be set. */
static int failure(CURLcode code, bool is_set)
{
	enum exit_status status = STATUS_DEADLINE;

	if (build_is_whole && is_set && is_long_line(code))
		passed = HEADERS_LIMIT;
	if (passed)
		return complain_of_size();
	if (code == CURLE_URL_MALFORMAT || code == CURLE_SSL_CACERT_BADFILE)
		status = STATUS_SETTINGS;
	if (code == CURLE_OUT_OF_MEMORY || !is_set)
		status = STATUS_SYSTEM;
	(void)errinfo_set(status, "%s%s", *reason ? reason : text_of(code),
			  remedy_of(code, is_set));
	return errinfo_retry(status == STATUS_DEADLINE ? AGAIN_LATER
						       : AGAIN_NEVER);
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

static void forget_answer(void)
{
	has_headers = false;
	headers_size = 0;
	passed = 0;
	http_answer.status = 0;
	http_answer.date_s = -1;
	http_answer.retry_after_s = 0;
	forget_body();
	reason[0] = '\0';
}

int http_send(const char *method, const char *url, const char *headers,
	      const char *body, const char *proxy, long timeout_ms)
{
	curl_off_t retry_after_s = 0;
	long given_ms;
	bool is_set;

	if (build_is_whole && text_has_failed)
		return errinfo_set(STATUS_SYSTEM, "out of memory");
	buf_set(&lines, "%s", headers);
	split_lines();
	forget_answer();
	given_ms = http_within_deadline(timeout_ms);
	/* AWS's own roots are none to libcurl, or do not verify the server: 58,
	 * 60, 77; what else is above that loses nothing by another try. */
	do {
		set_options(method, url, body, proxy, timeout_ms);
		is_set = !result;
		if (is_set)
			result = curl_easy_perform(curl);
	} while (result >= CURLE_SSL_CERTPROBLEM && has_more_roots());
	buf_wipe(&lines);
	if (build_is_whole)
		http_clock.was_hasty = result == CURLE_OPERATION_TIMEDOUT &&
				       given_ms < HASTY_MS &&
				       given_ms < timeout_ms;
	if (result)
		return failure(result, is_set);
	if (!has_headers) {
		(void)errinfo_set(STATUS_DEADLINE, "the answer is cut short");
		return errinfo_retry(AGAIN_LATER);
	}
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE,
				&http_answer.status);
	(void)curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after_s);
	if (retry_after_s > 0 && retry_after_s <= RETRY_AFTER_LIMIT_S)
		http_answer.retry_after_s = retry_after_s;
	return 0;
}
