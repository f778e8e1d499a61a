#include "http.h"

#include <arpa/inet.h>
#include <stdio.h>
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

enum {
	LAST_TRY_MS = 1000,	   /* kept free before the deadline */
	RETRY_AFTER_LIMIT_S = 600, /* more is not meant for a boot */
};

struct http {
	CURL *curl;
	int64_t started_ms;
	int64_t deadline_ms;
	char reason[CURL_ERROR_SIZE];
};

struct http *http_open(long timeout_s, struct errinfo *err)
{
	struct http *http = calloc(1, sizeof(*http));

	if (!http || curl_global_init(CURL_GLOBAL_DEFAULT)) {
		free(http);
		errinfo_no_memory(err);
		return NULL;
	}
	http->curl = curl_easy_init();
	if (!http->curl) {
		http_close(http);
		errinfo_no_memory(err);
		return NULL;
	}
	http->started_ms = platform_monotonic_ms();
	http->deadline_ms = http->started_ms + (int64_t)timeout_s * 1000;
	return http;
}

void http_close(struct http *http)
{
	if (!http)
		return;
	curl_easy_cleanup(http->curl);
	curl_global_cleanup();
	free(http);
}

int64_t http_time_left_ms(const struct http *http)
{
	int64_t left = http->deadline_ms - platform_monotonic_ms();

	return left > 0 ? left : 0;
}

static size_t on_body(char *data, size_t size, size_t count, void *context)
{
	struct http_response *response = context;

	buf_add(&response->body, data, size * count);
	if (response->body.too_large || response->body.no_memory)
		return 0;
	return size * count;
}

/* The value of a header line; NULL where the line is another header's. */
static bool header_value(char value[64], const char *line, size_t len,
			 const char *name)
{
	size_t name_len = strlen(name);

	if (len <= name_len || strncasecmp(line, name, name_len) ||
	    line[name_len] != ':')
		return false;
	(void)snprintf(value, 64, "%.*s", (int)(len - name_len - 1),
		       line + name_len + 1);
	return true;
}

static size_t on_header(char *data, size_t size, size_t count, void *context)
{
	struct http_response *response = context;
	char value[64];
	long seconds;

	if (header_value(value, data, size * count, "Date")) {
		response->date_s = (int64_t)curl_getdate(value, NULL);
	} else if (header_value(value, data, size * count, "Retry-After")) {
		seconds = strtol(value, NULL, 10);
		if (seconds > 0 && seconds <= RETRY_AFTER_LIMIT_S)
			response->retry_after_ms = (int64_t)seconds * 1000;
	}
	return size * count;
}

/* Our copy of each line is wiped: one of them holds the metadata token. */
static void free_headers(struct curl_slist *lines)
{
	for (struct curl_slist *line = lines; line; line = line->next)
		platform_wipe(line->data, strlen(line->data));
	curl_slist_free_all(lines);
}

static int add_headers(struct curl_slist **lines, const char *const *headers,
		       struct errinfo *err)
{
	struct curl_slist *longer;

	for (; *headers; headers++) {
		longer = curl_slist_append(*lines, *headers);
		if (!longer)
			return errinfo_no_memory(err);
		*lines = longer;
	}
	return 0;
}

static long within(int64_t milliseconds, int64_t left_ms)
{
	if (milliseconds > left_ms)
		milliseconds = left_ms;
	return milliseconds > 0 ? (long)milliseconds : 1;
}

/* What holds for every request. */
static CURLcode set_limits(struct http *http)
{
	static const char agent[] = "bootname/" BOOTNAME_VERSION;
	const char *bundle = getenv("AWS_CA_BUNDLE");
	CURL *curl = http->curl;
	CURLcode rc = CURLE_OK;

	curl_easy_reset(curl);
	rc |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS,
			       (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
	rc |= curl_easy_setopt(curl, CURLOPT_SSLVERSION,
			       (long)CURL_SSLVERSION_TLSv1_2);
	rc |= curl_easy_setopt(curl, CURLOPT_HTTP_VERSION,
			       (long)CURL_HTTP_VERSION_1_1);
	rc |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	rc |= curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
	rc |= curl_easy_setopt(curl, CURLOPT_USERAGENT, agent);
	rc |= curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, http->reason);
	if (bundle && *bundle)
		rc |= curl_easy_setopt(curl, CURLOPT_CAINFO, bundle);
	return rc;
}

static CURLcode set_request(struct http *http,
			    const struct http_request *request,
			    struct http_response *response,
			    struct curl_slist *headers)
{
	int64_t left_ms = http_time_left_ms(http);
	CURL *curl = http->curl;
	CURLcode rc = CURLE_OK;

	rc |= curl_easy_setopt(curl, CURLOPT_URL, request->url);
	rc |= curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	rc |= curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
			       within(request->connect_timeout_ms, left_ms));
	rc |= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
			       within(request->timeout_ms, left_ms));
	rc |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
	rc |= curl_easy_setopt(curl, CURLOPT_WRITEDATA, response);
	rc |= curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
	rc |= curl_easy_setopt(curl, CURLOPT_HEADERDATA, response);
	if (request->body) {
		rc |= curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request->body);
		rc |= curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE,
				       (long)request->body_len);
	}
	if (strcmp(request->method, "GET"))
		rc |= curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST,
				       request->method);
	if (request->proxy)
		rc |= curl_easy_setopt(curl, CURLOPT_PROXY, request->proxy);
	if (request->proxy && !*request->proxy)
		rc |= curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	return rc;
}

static int failure(const struct http *http, CURLcode code,
		   const struct http_response *response, struct errinfo *err)
{
	const char *reason =
		http->reason[0] ? http->reason : curl_easy_strerror(code);

	if (buf_check(&response->body, "answer", err))
		return -1;
	switch (code) {
	case CURLE_OUT_OF_MEMORY:
		return errinfo_no_memory(err);
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_SSL_CACERT_BADFILE:
		return errinfo_set(err, STATUS_SETTINGS, "%s", reason);
	default:
		return errinfo_set(err, STATUS_TEMPORARY, "%s", reason);
	}
}

int http_send(struct http *http, const struct http_request *request,
	      struct http_response *response, struct errinfo *err)
{
	struct curl_slist *headers = NULL;
	CURLcode code;
	int rc = -1;

	response->status = 0;
	response->date_s = -1;
	response->retry_after_ms = 0;
	buf_clear(&response->body);
	http->reason[0] = '\0';
	if (add_headers(&headers, request->headers, err))
		goto out;
	if (set_limits(http) || set_request(http, request, response, headers)) {
		errinfo_set(err, STATUS_SYSTEM, "libcurl refuses an option");
		goto out;
	}
	code = curl_easy_perform(http->curl);
	if (code) {
		failure(http, code, response, err);
		goto out;
	}
	curl_easy_getinfo(http->curl, CURLINFO_RESPONSE_CODE,
			  &response->status);
	rc = 0;
out:
	if (http->curl)
		curl_easy_setopt(http->curl, CURLOPT_HTTPHEADER, NULL);
	free_headers(headers);
	return rc;
}

int http_wait(struct http *http, struct retry *retry, enum retry_class class,
	      struct errinfo *err)
{
	int64_t now_ms = platform_monotonic_ms();
	int64_t most_ms = http->deadline_ms - LAST_TRY_MS - now_ms;
	int64_t delay_ms =
		retry_delay_ms(retry, class, now_ms, platform_random());

	if (retry->until_ms && retry->until_ms - now_ms < most_ms)
		most_ms = retry->until_ms - now_ms;
	if (most_ms <= 0)
		return errinfo_prefix(
			err, "gave up after %.1f s: ",
			(double)(now_ms - http->started_ms) / 1000);
	platform_sleep_ms(delay_ms < most_ms ? delay_ms : most_ms);
	errinfo_clear(err);
	return 0;
}

bool http_has_ipv4_route(const char *address)
{
	struct sockaddr_in peer = {
		.sin_family = AF_INET,
		.sin_port = htons(80),
	};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	bool found;

	if (fd < 0)
		return false;
	/* Connecting a datagram socket looks up the route and sends nothing. */
	found = inet_pton(AF_INET, address, &peer.sin_addr) == 1 &&
		connect(fd, (const struct sockaddr *)&peer, sizeof(peer)) == 0;
	(void)close(fd);
	return found;
}

bool http_is_loopback(const char *url)
{
	static const char *const hosts[] = {"127.", "localhost", "[::1]"};
	const char *host = strstr(url, "://");
	size_t len;

	if (!host)
		return false;
	host += 3;
	len = strcspn(host, ":/");
	if (!strncmp(host, "127.", 4))
		return strspn(host, "0123456789.") == len;
	if (!strncmp(host, hosts[2], 5))
		return strchr(":/", host[5]) != NULL;
	return len == strlen(hosts[1]) && !strncmp(host, hosts[1], len);
}
