#include "retry.h"

enum {
	SOON_MS = 100,
	LATER_MS = 1000,
	CEILING_MS = 20000,
	THROTTLED_CEILING_MS = 5000,
	THROTTLED_SHARE = 4, /* of the time spent being throttled */
	DOUBLINGS = 10,	     /* more would only meet the ceiling */
};

int64_t retry_delay_ms(struct retry *retry, enum again again, int64_t now_ms,
		       uint32_t random)
{
	int64_t delay =
		(again == AGAIN_SOON ? SOON_MS : LATER_MS)
		<< (retry->tries < DOUBLINGS ? retry->tries : DOUBLINGS);
	int64_t ceiling = CEILING_MS;

	retry->tries++;
	if (again == AGAIN_THROTTLED) {
		if (!retry->throttled_ms)
			retry->throttled_ms = now_ms;
		ceiling = (now_ms - retry->throttled_ms) / THROTTLED_SHARE;
		if (ceiling < THROTTLED_CEILING_MS)
			ceiling = THROTTLED_CEILING_MS;
	}
	if (delay > ceiling)
		delay = ceiling;
	return (int64_t)(((uint64_t)delay * random) >> 32);
}
