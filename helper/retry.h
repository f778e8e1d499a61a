/*
 * How long to wait before the next try: pure, so that a thousand instances
 * can be simulated.
 */
#ifndef RETRY_H
#define RETRY_H

#include <stdint.h>

#include "errinfo.h"

struct retry {
	unsigned tries;	      /* waits so far */
	int64_t throttled_ms; /* when the first throttling answer came, or 0 */
};

/*
 * The next wait, in milliseconds: full jitter under a doubling ceiling of at
 * most 20 s, from 0.1 s for the metadata and 1 s for services; for throttling
 * answers at most 5 s, growing with the time already spent being throttled.
 * retry:  zeroed before the first call.
 * now_ms: any clock that never jumps, not 0.
 * random: 32 uniform bits.
 */
int64_t retry_delay_ms(struct retry *retry, enum again again, int64_t now_ms,
		       uint32_t random);

#endif
