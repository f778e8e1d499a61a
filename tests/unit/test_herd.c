/*
 * What a herd comes to by the helper's waits.  The clock is simulated and the
 * draws come from seeds, so a figure that moves has been moved by the code.
 */
#include "unit.h"

#include "../bench/herd.h"

enum { SEEDS = 10 };

static const struct {
	const char *name;
	unsigned instances, requests;
	double rate, burst;
	double floors; /* the last record set comes within so many */
	double requests_each;
} herds[] = {
	{"50 at 5/s", 50, 2, 5, 5, 1.5, 10},
	{"50 with zone_id at 5/s", 50, 1, 5, 5, 1.6, 10},
	{"100 at 5/s", 100, 2, 5, 5, 1.5, 10},
	{"100 with zone_id at 5/s", 100, 1, 5, 5, 1.5, 10},
	{"1,000 with zone_id at 5/s", 1000, 1, 5, 5, 1.3, 25},
	{"100 at 10/s", 100, 2, 10, 50, 1.6, 10},
	{"1,000 at 10/s", 1000, 2, 10, 50, 1.3, 25},
	{"1,000 with zone_id at 10/s", 1000, 1, 10, 50, 1.3, 25},
};

/* All of them within the default timeout. */
static void test_herd__every_record_set_is_written_near_the_floor(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(herds); i++)
		for (uint64_t number = 1; number <= SEEDS; number++) {
			const struct herd herd = {herds[i].instances,
						  herds[i].requests,
						  herds[i].rate,
						  herds[i].burst,
						  300,
						  backoff_delay_ms,
						  number * 0x9E3779B97F4A7C15U};
			struct herd_outcome got = herd_boot(&herd);

			if (got.gave_up ||
			    got.last_s > got.floor_s * herds[i].floors ||
			    got.requests > herds[i].requests_each)
				fail_msg("%s: %u gave up, the last after %.1f s"
					 " with a floor of %.1f s, %.1f "
					 "requests a boot",
					 herds[i].name, got.gave_up, got.last_s,
					 got.floor_s, got.requests);
		}
}

/* Where the rate does not do, as many as it lets in are done by the deadline.
 */
static void
test_herd__past_the_timeout_the_others_have_their_names(void **state)
{
	const struct herd herd = {2000, 1, 5, 5, 300, backoff_delay_ms, 42};
	struct herd_outcome got = herd_boot(&herd);

	(void)state;
	assert_true(got.floor_s > 300);
	assert_true(got.gave_up > 0);
	assert_true(2000 - got.gave_up > 300 * 5 * 9 / 10);
	assert_true(got.last_s <= 300.5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_herd__every_record_set_is_written_near_the_floor),
		cmocka_unit_test(
			test_herd__past_the_timeout_the_others_have_their_names),
	};

	return RUN(tests);
}
