/*
 * HTTP over libcurl: one reused handle, every answer bounded, one deadline
 * over the whole run and the waits between tries under it.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

enum {
	HTTP_HEADERS = 8,	  /* the most that a request may have */
	HTTP_LIMIT = 1024 * 1024, /* bytes: the most that an answer may have */
};

struct http_request {
	const char *method;
	const char *url;
	/* Lines "Name: value", NULL behind the last. */
	const char *headers[HTTP_HEADERS + 1];
	const struct buf *body; /* NULL: none */
	const char *proxy;	/* URL; "": none; NULL: the environment's */
	long connect_timeout_ms;
	long timeout_ms; /* of this try, in all */
};

/* The answer to the last request. */
struct http_answer {
	long status; /* 0: there is none */
	struct buf *body;
	int64_t date_s;		/* the server's Date, seconds since 1970; -1 */
	int64_t retry_after_ms; /* what the server asks for; 0 */
};

extern struct http_answer http_answer;

/*
 * Start libcurl, and the clock of the run.
 * timeout_s: seconds from now that the run may take in all.
 * Returns 0, or -1 with STATUS_SYSTEM.
 */
int http_open(long timeout_s);

/* Close the connections.  May be called without http_open. */
void http_close(void);

/*
 * One try, its outcome in http_answer.  No redirects; TLS 1.2 or better,
 * verified; connections are kept for the next one.  Takes at most timeout_ms,
 * and never beyond the deadline.
 * limit: bytes that the body may have, at most HTTP_LIMIT.
 * Returns 0 after any answer, or -1: again AGAIN_LATER (no answer),
 * STATUS_DATA (larger than limit), STATUS_SETTINGS (no such URL, proxy or
 * AWS_CA_BUNDLE), STATUS_SYSTEM.
 */
int http_send(const struct http_request *request, size_t limit);

/*
 * Call attempt until it returns 0, errinfo.again is AGAIN_NEVER or it is too
 * late; sleep in between.
 * until_ms: on the clock of platform_now_ms; 0: only the deadline counts.
 * Returns 0, or -1 with how long was tried added to the last error.
 */
int http_persist(int (*attempt)(void), int64_t until_ms);

/*
 * Whether there is a route to the IPv6 address and none to the IPv4 one; sends
 * nothing.
 * ipv4, ipv6: such as "192.0.2.1" and "2001:db8::1".
 */
bool http_needs_ipv6(const char *ipv4, const char *ipv6);

#endif
