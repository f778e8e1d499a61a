/*
 * HTTP over libcurl: one reused handle, every answer bounded, one deadline
 * over the whole run and the waits between tries under it.
 */
#ifndef HTTP_H
#define HTTP_H

#include <stdint.h>

#include "buf.h"

/* The answer to the last request. */
struct http_answer {
	long status; /* 0: there is none */
	char *body;  /* ends in a NUL that size does not count */
	size_t size;
	int64_t date_s; /* the server's Date, seconds since 1970; below 0: none
			 */
	int64_t retry_after_s; /* what the server asks for; 0 */
};

extern struct http_answer http_answer;

enum { HTTP_LIMIT = 1024 * 1024 }; /* bytes of an answer's body */

/*
 * Start libcurl, and the clock of the run; allocate the body.
 * timeout_s: seconds from now that the run may take in all.
 * Returns 0, or -1 with STATUS_SYSTEM.
 */
int http_open(long timeout_s);

/*
 * Begin the time anew: timeout_s seconds from now.  The signal SIGALRM comes 2
 * s behind that, in case that libcurl does not return.
 */
void http_start_clock(long timeout_s);

/* No SIGALRM before the clock starts again: something else takes its time. */
void http_stop_clock(void);

/* Wipe the answer; connections end with the program.  May be called without
 * http_open. */
void http_close(void);

/*
 * One try, its outcome in http_answer.  No redirects; TLS 1.2 or better,
 * verified; connections are kept for the next one.  Never takes longer than
 * to the deadline.
 * headers: lines "name: value", at most 8, with a line feed between them.
 * body: "": none.
 * proxy: URL; "": none; NULL: the environment's.
 * timeout_ms: of all of it; connecting may take 3 s of that.
 * Returns 0 after any answer, or -1: again AGAIN_LATER (no answer),
 * STATUS_DATA (larger than HTTP_LIMIT, or more than 64 KiB of headers and
 * trailers), STATUS_SETTINGS (no such URL, proxy or AWS_CA_BUNDLE),
 * STATUS_SYSTEM (no memory, or libcurl lacks what is asked of it).
 */
int http_send(const char *method, const char *url, const char *headers,
	      const char *body, const char *proxy, long timeout_ms);

/* Sleep, but not beyond the deadline. */
void http_sleep_ms(long milliseconds);

/*
 * Call attempt(context) until it returns 0, errinfo.again is AGAIN_NEVER, or
 * errinfo.until_ms or the deadline is too near; sleep in between.
 * Returns 0, or -1 with how long was tried added to the last error.
 */
int http_persist(int (*attempt)(void *context), void *context);

#endif
