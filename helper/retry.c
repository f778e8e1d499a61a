#include "retry.h"

enum {
	METADATA_BASE_MS = 100,
	SERVICE_BASE_MS = 1000,
	CEILING_MS = 20000,
	THROTTLED_CEILING_MS = 5000,
	/* The ceiling's share of the time spent being throttled. */
	THROTTLED_DIVISOR = 4,
	LARGEST_SHIFT = 10, /* keeps the doubling inside 64 bits */
};

static int64_t ceiling_ms(const struct retry *retry, enum retry_class class,
			  int64_t now_ms)
{
	int64_t grown;

	if (class != RETRY_THROTTLED)
		return CEILING_MS;
	grown = (now_ms - retry->throttled_ms) / THROTTLED_DIVISOR;
	return grown > THROTTLED_CEILING_MS ? grown : THROTTLED_CEILING_MS;
}

int64_t retry_delay_ms(struct retry *retry, enum retry_class class,
		       int64_t now_ms, uint32_t random)
{
	unsigned shift =
		retry->tries < LARGEST_SHIFT ? retry->tries : LARGEST_SHIFT;
	int64_t base =
		class == RETRY_METADATA ? METADATA_BASE_MS : SERVICE_BASE_MS;
	int64_t wanted = retry->retry_after_ms;
	int64_t ceiling;
	int64_t delay;

	if (class == RETRY_THROTTLED && !retry->throttled_ms)
		retry->throttled_ms = now_ms;
	ceiling = ceiling_ms(retry, class, now_ms);
	delay = base << shift;
	if (delay > ceiling)
		delay = ceiling;
	retry->tries++;
	retry->retry_after_ms = 0;
	delay = (int64_t)(((uint64_t)delay * random) >> 32);
	return wanted > 0 ? wanted + delay : delay;
}
