#include "backoff.h"

enum {
	SOON_MS = 100,
	LATER_MS = 1000,
	CEILING_MS = 20000,
	DOUBLINGS = 10, /* more would only meet the ceiling */
	THROTTLED_MS = 3000,
	THROTTLED_SHARE = 6, /* of the time spent being throttled */
};

int64_t backoff_delay_ms(struct retry *retry, enum again again, int64_t now_ms,
			 uint32_t random)
{
	int64_t least_ms = 0;
	int64_t most_ms = again == AGAIN_SOON ? SOON_MS : LATER_MS;
	int64_t throttled_ms;

	if (again != AGAIN_THROTTLED) {
		most_ms <<= retry->tries < DOUBLINGS ? retry->tries : DOUBLINGS;
		retry->tries++;
		if (most_ms > CEILING_MS)
			most_ms = CEILING_MS;
	} else {
		if (!retry->throttled_ms)
			retry->throttled_ms = now_ms;
		throttled_ms = now_ms - retry->throttled_ms;
		most_ms = THROTTLED_MS + throttled_ms / THROTTLED_SHARE;
		if (throttled_ms)
			least_ms = most_ms / 2;
	}
	return least_ms +
	       (int64_t)(((uint64_t)(most_ms - least_ms) * random) >> 32);
}
