#include "http_clock.h"

#include <unistd.h>

#include "backoff.h"
#include "build.h"
#include "errinfo.h"
#include "http.h"
#include "platform.h"

enum {
	LAST_TRY_MS = 1000, /* kept free before the deadline, or a quarter */
	ALARM_S = 2,	    /* behind the deadline */
};

struct http_clock http_clock;

void http_start_clock(long timeout_s)
{
	http_clock.started_ms = platform_now_ms();
	http_clock.deadline_ms =
		http_clock.started_ms + (int64_t)timeout_s * 1000;
	http_clock.last_wait_ms =
		http_clock.deadline_ms -
		(timeout_s < 4 ? timeout_s * 250 : LAST_TRY_MS);
	/* Within a TLS handshake libcurl looks at no limit as long as the other
	 * side sends anything. */
	(void)alarm((unsigned)timeout_s + ALARM_S);
}

void http_stop_clock(void)
{
	(void)alarm(0);
}

/* At least 1: libcurl takes 0 for its own, long default. */
long http_within_deadline(long milliseconds)
{
	int64_t left_ms = http_clock.deadline_ms - platform_now_ms();

	if (milliseconds > left_ms)
		milliseconds = (long)left_ms;
	return milliseconds > 0 ? milliseconds : 1;
}

void http_sleep_ms(long milliseconds)
{
	platform_sleep_ms(http_within_deadline(milliseconds));
}

/* Sleep before the next try; -1 when it is too late for one. */
static int wait_for_next(struct retry *retry)
{
	int64_t now_ms = platform_now_ms();
	int64_t most_ms = http_clock.last_wait_ms - now_ms;
	int64_t delay_ms = backoff_delay_ms(retry, errinfo.again, now_ms,
					    platform_random()) +
			   http_answer.retry_after_s * 1000;
	long tenths = (long)(now_ms - http_clock.started_ms) / 100;

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

int http_persist(int (*attempt)(void *context), void *context)
{
	static int64_t throttled_ms; /* of the whole run */
	struct retry retry = {0, 0};
	struct errinfo former; /* what failed before: it may tell more */

	while (attempt(context)) {
		if (!build_is_whole)
			; /* who reads what failed before? */
		else if (http_clock.was_hasty && retry.tries)
			errinfo = former;
		else
			former = errinfo;
		retry.throttled_ms = throttled_ms; /* of calls within, too */
		if (!errinfo.again || wait_for_next(&retry))
			return -1;
		throttled_ms = retry.throttled_ms;
	}
	return 0;
}
