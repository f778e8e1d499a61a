/*
 * How long to wait before the next try: pure, so that a thousand instances
 * can be simulated.
 */
#ifndef BACKOFF_H
#define BACKOFF_H

#include <stdint.h>

#include "errinfo.h"

struct retry {
	unsigned tries;	      /* waits so far, but those throttled */
	int64_t throttled_ms; /* when the first throttling answer came, or 0 */
};

/*
 * The next wait, in milliseconds.  After a failure: full jitter under a
 * doubling ceiling of at most 20 s, from 0.1 s for the metadata and 1 s for
 * services.  After a throttling answer: up to 3 s first, so that those that
 * came together part; then between half and all of 3 s and a sixth of the time
 * already spent being throttled, which is all that tells how many others wait:
 * docs/fleet.md has what else was tried.
 * retry:  zeroed before the first call; throttled_ms is kept over a run.
 * now_ms: any clock that never jumps, not 0.
 * random: 32 uniform bits.
 */
int64_t backoff_delay_ms(struct retry *retry, enum again again, int64_t now_ms,
			 uint32_t random);

#endif
