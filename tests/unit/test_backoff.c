#include "unit.h"

#include "backoff.h"

enum {
	NOW_MS = 1000000,
	TRIES = 100,
};

static const uint32_t highest = 0xffffffff;

/* The ceiling under the next wait: the highest draw stays just below it. */
static int64_t ceiling_ms(struct retry *retry, enum again again, int64_t now_ms)
{
	return backoff_delay_ms(retry, again, now_ms, highest) + 1;
}

static const struct {
	const char *name;
	enum again again;
	int64_t want[10];
} ceilings[] = {
	{"soon",
	 AGAIN_SOON,
	 {100, 200, 400, 800, 1600, 3200, 6400, 12800, 20000, 20000}},
	{"later",
	 AGAIN_LATER,
	 {1000, 2000, 4000, 8000, 16000, 20000, 20000, 20000, 20000, 20000}},
	/* No time passes in this table. */
	{"throttled",
	 AGAIN_THROTTLED,
	 {3000, 3000, 3000, 3000, 3000, 3000, 3000, 3000, 3000, 3000}},
};

static void test_backoff__ceiling_doubles_up_to_its_cap(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(ceilings); i++) {
		struct retry retry = {0};

		for (size_t j = 0; j < LENGTH(ceilings[i].want); j++)
			unit_number(
				ceilings[i].name,
				ceiling_ms(&retry, ceilings[i].again, NOW_MS),
				ceilings[i].want[j]);
		unit_number(ceilings[i].name, retry.tries,
			    ceilings[i].again == AGAIN_THROTTLED
				    ? 0
				    : LENGTH(ceilings[i].want));
	}
}

static void test_backoff__jitter_is_full(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(ceilings); i++) {
		struct retry lowest = {0};
		struct retry middle = {0};

		for (size_t j = 0; j < LENGTH(ceilings[i].want); j++) {
			unit_number(ceilings[i].name,
				    backoff_delay_ms(&lowest, ceilings[i].again,
						     NOW_MS, 0),
				    0);
			unit_number(ceilings[i].name,
				    backoff_delay_ms(&middle, ceilings[i].again,
						     NOW_MS, 0x80000000),
				    ceilings[i].want[j] / 2);
		}
	}
}

/* Milliseconds since the first throttling answer, and what is drawn from. */
static const struct {
	int64_t spent_ms, least_ms, most_ms;
} throttled[] = {
	{0, 0, 3000},
	{6, 1500, 3001},
	{6000, 2000, 4000},
	{60000, 6500, 13000},
	{600000, 51500, 103000},
	{86400000, 7201500, 14403000},
};

static void
test_backoff__throttled_waits_grow_with_the_time_throttled(void **state)
{
	struct retry retry = {.tries = 20};

	(void)state;
	for (size_t i = 0; i < LENGTH(throttled); i++) {
		int64_t now_ms = NOW_MS + throttled[i].spent_ms;

		unit_number("most", ceiling_ms(&retry, AGAIN_THROTTLED, now_ms),
			    throttled[i].most_ms);
		unit_number(
			"least",
			backoff_delay_ms(&retry, AGAIN_THROTTLED, now_ms, 0),
			throttled[i].least_ms);
	}
	unit_number("tries", retry.tries, 20);
}

static void test_backoff__time_throttled_counts_from_the_first_one(void **state)
{
	struct retry retry = {.tries = 20};

	(void)state;
	(void)ceiling_ms(&retry, AGAIN_LATER, NOW_MS);
	unit_number("first",
		    ceiling_ms(&retry, AGAIN_THROTTLED, NOW_MS + 300000), 3000);
	unit_number("between", ceiling_ms(&retry, AGAIN_LATER, NOW_MS + 303000),
		    20000);
	retry.tries = 0; /* the next call of the run */
	unit_number("later",
		    ceiling_ms(&retry, AGAIN_THROTTLED, NOW_MS + 306000), 4000);
}

/* Numerical Recipes' generator: seeded, so that a failure comes again. */
static uint32_t draw(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed;
}

static void test_backoff__stays_in_its_bounds_over_many_tries(void **state)
{
	uint32_t seed = 20240229;

	(void)state;
	for (size_t i = 0; i < LENGTH(ceilings); i++) {
		struct retry retry = {0};
		int64_t now_ms = NOW_MS;

		for (int try = 0; try < TRIES; try++) {
			int64_t most = ceilings[i].again == AGAIN_THROTTLED
					       ? 3000 + now_ms - NOW_MS
					       : 20000;
			int64_t got = backoff_delay_ms(
				&retry, ceilings[i].again, now_ms, draw(&seed));

			if (got < 0 || got > most)
				fail_msg("%s: try %d: got %lld, most %lld",
					 ceilings[i].name, try, (long long)got,
					 (long long)most);
			now_ms += got;
		}
		unit_number(ceilings[i].name, retry.tries,
			    ceilings[i].again == AGAIN_THROTTLED ? 0 : TRIES);
	}
}

/*
 * A plan that is made again waits like a call that is: ten rounds spread over
 * more than a minute, on average, and all that come to the fifth have waited
 * for it.  Ten rounds without a pause kept an account busy.
 */
static void test_backoff__ten_rounds_spread_over_a_minute(void **state)
{
	enum { ROUNDS = 10, RUNS = 1000 };
	uint32_t seed = 20240229;
	int64_t sum_ms = 0;

	(void)state;
	for (int run = 0; run < RUNS; run++) {
		struct retry retry = {0};

		for (int round = 1; round < ROUNDS; round++)
			sum_ms += backoff_delay_ms(&retry, AGAIN_LATER, NOW_MS,
						   draw(&seed));
	}
	assert_in_range(sum_ms / RUNS, 50000, 70000);
}

static void test_backoff__counts_tries_beyond_any_shift(void **state)
{
	(void)state;
	for (unsigned tries = 8; tries < 200; tries++) {
		struct retry retry = {.tries = tries};

		assert_int_equal(ceiling_ms(&retry, AGAIN_SOON, NOW_MS), 20000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_backoff__ceiling_doubles_up_to_its_cap),
		cmocka_unit_test(test_backoff__jitter_is_full),
		cmocka_unit_test(
			test_backoff__throttled_waits_grow_with_the_time_throttled),
		cmocka_unit_test(
			test_backoff__time_throttled_counts_from_the_first_one),
		cmocka_unit_test(
			test_backoff__stays_in_its_bounds_over_many_tries),
		cmocka_unit_test(test_backoff__ten_rounds_spread_over_a_minute),
		cmocka_unit_test(test_backoff__counts_tries_beyond_any_shift),
	};

	return RUN(tests);
}
