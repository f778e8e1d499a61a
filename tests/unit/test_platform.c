#include "unit.h"

#include "platform.h"

static void test_platform__wipe_zeroes_exactly_its_bytes(void **state)
{
	unsigned char memory[64];

	(void)state;
	memset(memory, 'x', sizeof(memory));
	platform_wipe(memory + 1, sizeof(memory) - 2);
	assert_int_equal(memory[0], 'x');
	assert_int_equal(memory[sizeof(memory) - 1], 'x');
	for (size_t i = 1; i < sizeof(memory) - 1; i++)
		assert_int_equal(memory[i], 0);
	platform_wipe(memory, 0);
	assert_int_equal(memory[0], 'x');
}

static void test_platform__random_differs(void **state)
{
	uint32_t zeros = 0xffffffff;
	uint32_t ones = 0;

	/* Each bit must be seen both ways: that it is not misses 2^-58. */
	(void)state;
	for (int i = 0; i < 64; i++) {
		uint32_t bits = platform_random();

		zeros &= bits;
		ones |= bits;
	}
	assert_int_equal(zeros, 0);
	assert_int_equal(ones, 0xffffffff);
}

static void test_platform__sleep_takes_all_of_the_time(void **state)
{
	int64_t before_ms = platform_now_ms();
	int64_t spent_ms;

	(void)state;
	assert_true(before_ms > 0);
	platform_sleep_ms(3);
	platform_sleep_ms(0);
	spent_ms = platform_now_ms() - before_ms;
	/* Both readings are cut to whole milliseconds. */
	assert_true(spent_ms >= 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_platform__wipe_zeroes_exactly_its_bytes),
		cmocka_unit_test(test_platform__random_differs),
		cmocka_unit_test(test_platform__sleep_takes_all_of_the_time),
	};

	return RUN(tests);
}
