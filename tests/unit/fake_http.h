/*
 * A libcurl and a clock in the places of the real ones, for unit tests and
 * fuzzers: no request leaves the process, and no wait takes time.
 *
 * What is linked with this has --wrap for platform_now_ms, platform_sleep_ms,
 * platform_random and time: see FAKED in tests/tests.mk.
 */
#ifndef FAKE_HTTP_H
#define FAKE_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* CURLOPT_PROTOCOLS, as in http.c. */
#define CURL_DISABLE_DEPRECATION
#include <curl/curl.h>

#undef curl_easy_setopt
#undef curl_easy_getinfo

enum {
	FAKE_TIMEOUT_S = 300,	  /* no wait is longer */
	FAKE_START_MS = 1000,	  /* what the clock shows at first */
	FAKE_BOOT_S = 1700000000, /* 2023-11-14 22:13:20, at 0 ms */
	FAKE_WAITS = 64,	  /* that are kept */
	FAKE_CAINFO_BLOB = 40309, /* older libcurl has no such option */
};

/* The request under way: what libcurl was told, and what it is to tell. */
struct fake_request {
	curl_write_callback on_body;
	curl_write_callback on_header;
	const char *url;
	const struct curl_slist *headers;
	char *reason; /* of CURLOPT_ERRORBUFFER */
	bool has_blob;

	long status;
	curl_off_t retry_after_s;
	long port; /* 0: there was no connection */
	long sent; /* bytes of the request */
};

extern struct fake_request fake_request;

/* Answers the request, as curl_easy_perform does. */
extern CURLcode (*fake_perform)(void);

/* Whether libcurl refuses an option, and why; NULL: none. */
extern CURLcode (*fake_refuse)(CURLoption option);

extern int64_t fake_now_ms;
extern int64_t fake_waits_ms[FAKE_WAITS]; /* the first ones */
extern size_t fake_waits;

/* Begin the time anew. */
void fake_reset_clock(void);

/* Give a callback some bytes of its own, since it may write to them.  Returns
 * whether it took them. */
bool fake_give(curl_write_callback callback, const char *bytes, size_t size);

#endif
