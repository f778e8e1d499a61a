/*
 * The time of a run, as http.c and http_clock.c share it.
 */
#ifndef HTTP_CLOCK_H
#define HTTP_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* On the clock of platform_now_ms. */
struct http_clock {
	int64_t started_ms;
	int64_t deadline_ms;
	int64_t last_wait_ms; /* no wait goes beyond this */
	bool was_hasty;	      /* the last try had no time to show anything */
};

extern struct http_clock http_clock;

/* So many milliseconds, or those that are left until the deadline; 1 at least.
 */
long http_within_deadline(long milliseconds);

#endif
