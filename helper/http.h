/*
 * HTTP over libcurl: one reused handle, every answer bounded, one deadline
 * over the whole run and the waits between tries under it.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "retry.h"

struct errinfo;

struct http;

struct http_request {
	const char *method;
	const char *url;	    /* http:// or https:// */
	const char *const *headers; /* lines "Name: value", NULL at the end */
	const char *body;	    /* POST only; NULL: none */
	size_t body_len;
	long connect_timeout_ms;
	long timeout_ms;   /* of this try, in all */
	const char *proxy; /* URL; "": none; NULL: the environment's */
};

struct http_response {
	long status;
	struct buf body; /* its limit is the caller's, set before */
	int64_t date_s;	 /* the server's Date, seconds since 1970; or -1 */
	int64_t retry_after_ms; /* what the server asks for; or 0 */
};

/*
 * Start libcurl.
 * timeout_s: seconds from now that the run may take in all.
 * Returns NULL with STATUS_SYSTEM.  The caller closes it.
 */
struct http *http_open(long timeout_s, struct errinfo *err);

/* Close the connections and free it.  Accepts NULL. */
void http_close(struct http *http);

/*
 * One try.  No redirects; TLS 1.2 or better, verified; connections are kept
 * for the next call.  Takes at most timeout_ms, and never beyond the deadline.
 * response: body is cleared first.  Any status counts as an answer.
 * Returns 0, or -1: STATUS_TEMPORARY (no answer; worth another try),
 * STATUS_DATA (answer larger than its limit), STATUS_SYSTEM, STATUS_SETTINGS
 * (no such URL or proxy).
 */
int http_send(struct http *http, const struct http_request *request,
	      struct http_response *response, struct errinfo *err);

/*
 * Sleep before the next try.
 * err: says why the last try failed; cleared when there is time for another.
 * Returns 0, or -1 with err prefixed by how long was tried, when the deadline
 * is too near; its status stays, STATUS_TEMPORARY as a rule.
 */
int http_wait(struct http *http, struct retry *retry, enum retry_class class,
	      struct errinfo *err);

/* Milliseconds until the deadline, 0 when it has passed. */
int64_t http_time_left_ms(const struct http *http);

/*
 * Whether packets to an IPv4 address have a route; sends none.
 * address: dotted, such as "169.254.169.254".
 */
bool http_has_ipv4_route(const char *address);

/* Whether a URL names this very machine: 127.0.0.0/8, [::1] or localhost. */
bool http_is_loopback(const char *url);

#endif
