#include "unit.h"

#include "retry.h"

enum {
	NOW_MS = 1000000,
	TRIES = 1000,
};

static const uint32_t highest = 0xffffffff;

/* The ceiling under the next wait: the highest draw stays just below it. */
static int64_t ceiling_ms(struct retry *retry, enum again again, int64_t now_ms)
{
	return retry_delay_ms(retry, again, now_ms, highest) + 1;
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
	{"throttled",
	 AGAIN_THROTTLED,
	 {1000, 2000, 4000, 5000, 5000, 5000, 5000, 5000, 5000, 5000}},
};

static void test_retry__ceiling_doubles_up_to_its_cap(void **state)
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
			    LENGTH(ceilings[i].want));
	}
}

static void test_retry__jitter_is_full(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(ceilings); i++) {
		struct retry lowest = {0};
		struct retry middle = {0};

		for (size_t j = 0; j < LENGTH(ceilings[i].want); j++) {
			unit_number(ceilings[i].name,
				    retry_delay_ms(&lowest, ceilings[i].again,
						   NOW_MS, 0),
				    0);
			unit_number(ceilings[i].name,
				    retry_delay_ms(&middle, ceilings[i].again,
						   NOW_MS, 0x80000000),
				    ceilings[i].want[j] / 2);
		}
	}
}

static void
test_retry__throttled_cap_grows_with_the_time_throttled(void **state)
{
	struct retry retry = {.tries = 20};
	int64_t before;
	int64_t later;

	(void)state;
	assert_int_equal(ceiling_ms(&retry, AGAIN_THROTTLED, NOW_MS), 5000);
	assert_int_equal(ceiling_ms(&retry, AGAIN_THROTTLED, NOW_MS + 5000),
			 5000);
	before = 5000;
	for (int64_t spent_ms = 60000; spent_ms <= 300000; spent_ms += 60000) {
		later = ceiling_ms(&retry, AGAIN_THROTTLED, NOW_MS + spent_ms);
		assert_true(later > before);
		assert_true(later < spent_ms);
		before = later;
	}
}

static void test_retry__time_throttled_counts_from_the_first_one(void **state)
{
	struct retry retry = {.tries = 20};

	(void)state;
	(void)ceiling_ms(&retry, AGAIN_LATER, NOW_MS);
	assert_int_equal(ceiling_ms(&retry, AGAIN_THROTTLED, NOW_MS + 300000),
			 5000);
	assert_int_equal(ceiling_ms(&retry, AGAIN_LATER, NOW_MS + 600000),
			 20000);
	assert_true(ceiling_ms(&retry, AGAIN_THROTTLED, NOW_MS + 600000) >
		    5000);
}

/* Numerical Recipes' generator: seeded, so that a failure comes again. */
static uint32_t draw(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed;
}

static void test_retry__stays_in_its_bounds_over_many_tries(void **state)
{
	uint32_t seed = 20240229;

	(void)state;
	for (size_t i = 0; i < LENGTH(ceilings); i++) {
		struct retry retry = {0};
		int64_t now_ms = NOW_MS;

		for (int try = 0; try < TRIES; try++) {
			int64_t most = ceilings[i].again == AGAIN_THROTTLED
					       ? 5000 + now_ms - NOW_MS
					       : 20000;
			int64_t got = retry_delay_ms(&retry, ceilings[i].again,
						     now_ms, draw(&seed));

			if (got < 0 || got > most)
				fail_msg("%s: try %d: got %lld, most %lld",
					 ceilings[i].name, try, (long long)got,
					 (long long)most);
			now_ms += got;
		}
		unit_number(ceilings[i].name, retry.tries, TRIES);
	}
}

static void test_retry__counts_tries_beyond_any_shift(void **state)
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
		cmocka_unit_test(test_retry__ceiling_doubles_up_to_its_cap),
		cmocka_unit_test(test_retry__jitter_is_full),
		cmocka_unit_test(
			test_retry__throttled_cap_grows_with_the_time_throttled),
		cmocka_unit_test(
			test_retry__time_throttled_counts_from_the_first_one),
		cmocka_unit_test(
			test_retry__stays_in_its_bounds_over_many_tries),
		cmocka_unit_test(test_retry__counts_tries_beyond_any_shift),
	};

	return RUN(tests);
}
