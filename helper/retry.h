/*
 * How long to wait before the next try: pure, so that a thousand instances
 * can be simulated.
 */
#ifndef RETRY_H
#define RETRY_H

#include <stdint.h>

enum retry_class {
	RETRY_METADATA,	 /* link-local and unlimited: from 0.1 s */
	RETRY_SERVICE,	 /* network and server failures: from 1 s */
	RETRY_THROTTLED, /* the account's request rate is used up */
};

struct retry {
	unsigned tries;		/* waits so far */
	int64_t throttled_ms;	/* when the first throttling answer came */
	int64_t retry_after_ms; /* what the server asked for, 0: nothing */
	int64_t until_ms;	/* no try after this, 0: only the deadline */
};

/*
 * The next wait, in milliseconds: full jitter under a doubling ceiling of at
 * most 20 s; for throttling answers 5 s, growing with the time already spent
 * being throttled.  Never less than what the server asked for.
 * retry:  zeroed before the first call; its retry_after_ms is used up.
 * now_ms: any clock that never jumps, not 0.
 * random: 32 uniform bits.
 */
int64_t retry_delay_ms(struct retry *retry, enum retry_class class,
		       int64_t now_ms, uint32_t random);

#endif
