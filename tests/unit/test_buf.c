#include "unit.h"

#include "buf.h"

static void test_buf__holds_nothing_at_first(void **state)
{
	BUF(buf, 8);

	(void)state;
	assert_string_equal(buf.data, "");
	assert_int_equal(buf.len, 0);
	assert_int_equal(buf_check(&buf, "answer"), 0);
}

static void test_buf__ends_in_nul_after_every_append(void **state)
{
	BUF(buf, 1000);

	(void)state;
	memset(buf.data, 'y', buf.size - 1);
	for (size_t len = 1; len <= 1000; len++) {
		buf_add(&buf, "x", 1);
		assert_int_equal(buf.len, len);
		assert_int_equal(strlen(buf.data), len);
	}
}

static void test_buf__keeps_any_byte(void **state)
{
	static const char bytes[] = {'a', '\0', '\xff', '\n'};
	BUF(buf, 8);

	(void)state;
	buf_add(&buf, bytes, sizeof(bytes));
	assert_int_equal(buf.len, sizeof(bytes));
	assert_memory_equal(buf.data, bytes, sizeof(bytes));
	assert_int_equal(buf.data[sizeof(bytes)], '\0');
}

/* What of two appends is kept in room for 8 bytes. */
static const struct {
	const char *name;
	const char *first;
	const char *second;
	const char *want;
	bool too_large;
} limits[] = {
	{"under it", "1234", "567", "1234567", false},
	{"exactly", "1234", "5678", "12345678", false},
	{"exactly in one", "12345678", "", "12345678", false},
	{"one byte over", "1234", "56789", "1234", true},
	{"first one over", "123456789", "", "", true},
	{"short after over", "123456789", "1", "", true},
	{"full, then one", "12345678", "9", "12345678", true},
};

static void check_limit(const char *row, const struct buf *buf,
			const char *want, bool too_large)
{
	unit_number(row, (long long)buf->len,
		    (long long)(too_large ? buf->size : strlen(want)));
	unit_forget();
	unit_result(row, buf_check(buf, "answer"), too_large ? STATUS_DATA : 0);
	if (too_large) {
		unit_holds(row, errinfo.text, "answer");
		unit_holds(row, errinfo.text, "8");
	}
}

static void test_buf__limit_is_exact(void **state)
{
	BUF(buf, 8);

	(void)state;
	for (size_t i = 0; i < LENGTH(limits); i++) {
		buf_clear(&buf);
		buf_add(&buf, limits[i].first, strlen(limits[i].first));
		buf_add(&buf, limits[i].second, strlen(limits[i].second));
		check_limit(limits[i].name, &buf, limits[i].want,
			    limits[i].too_large);
		unit_text(limits[i].name, buf.data, limits[i].want);
	}
}

static void test_buf__addf_limit_is_exact(void **state)
{
	BUF(buf, 8);

	(void)state;
	for (size_t i = 0; i < LENGTH(limits); i++) {
		buf_clear(&buf);
		buf_addf(&buf, "%s", limits[i].first);
		buf_addf(&buf, "%s", limits[i].second);
		check_limit(limits[i].name, &buf, limits[i].want,
			    limits[i].too_large);
		/* A text that did not fit may have left its front there. */
		unit_starts(limits[i].name, buf.data, limits[i].want);
		assert_true(strlen(buf.data) < buf.size);
	}
}

static void test_buf__addf_formats(void **state)
{
	BUF(buf, 64);

	(void)state;
	buf_addf(&buf, "%s=%d", "ttl", 60);
	buf_addf(&buf, ";%03o", 7);
	assert_string_equal(buf.data, "ttl=60;007");
}

static void test_buf__refuses_a_length_that_overflows(void **state)
{
	BUF(buf, 8);

	(void)state;
	for (size_t less = 0; less < 8; less++) {
		buf_clear(&buf);
		buf_add(&buf, "1234", 4);
		buf_add(&buf, "x", SIZE_MAX - less);
		assert_int_equal(buf.len, buf.size);
		assert_string_equal(buf.data, "1234");
	}
}

static void test_buf__limit_zero_takes_nothing(void **state)
{
	BUF(buf, 0);

	(void)state;
	buf_add(&buf, "", 0);
	assert_int_equal(buf_check(&buf, "answer"), 0);
	buf_add(&buf, "x", 1);
	unit_forget();
	unit_result("zero", buf_check(&buf, "answer"), STATUS_DATA);
	assert_string_equal(buf.data, "");
}

static void test_buf__clear_forgets_content_and_overflow(void **state)
{
	BUF(buf, 4);

	(void)state;
	buf_add(&buf, "1234", 4);
	buf_add(&buf, "5", 1);
	buf_clear(&buf);
	assert_string_equal(buf.data, "");
	assert_int_equal(buf.len, 0);
	assert_int_equal(buf_check(&buf, "answer"), 0);
	buf_add(&buf, "abcd", 4);
	assert_string_equal(buf.data, "abcd");
	buf_add(&buf, "e", 1);
	assert_int_equal(buf.len, buf.size);
}

/* Also of what is larger than its room, where len is no length. */
static void test_buf__wipe_zeroes_every_byte(void **state)
{
	static const char zeros[8 + 1];
	BUF(buf, 8);

	(void)state;
	for (size_t i = 0; i < LENGTH(limits); i++) {
		buf_addf(&buf, "%s", limits[i].first);
		buf_addf(&buf, "%s", limits[i].second);
		buf_wipe(&buf);
		unit_number(limits[i].name, (long long)buf.len, 0);
		assert_memory_equal(buf.data, zeros, sizeof(zeros));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buf__holds_nothing_at_first),
		cmocka_unit_test(test_buf__ends_in_nul_after_every_append),
		cmocka_unit_test(test_buf__keeps_any_byte),
		cmocka_unit_test(test_buf__limit_is_exact),
		cmocka_unit_test(test_buf__addf_limit_is_exact),
		cmocka_unit_test(test_buf__addf_formats),
		cmocka_unit_test(test_buf__refuses_a_length_that_overflows),
		cmocka_unit_test(test_buf__limit_zero_takes_nothing),
		cmocka_unit_test(test_buf__clear_forgets_content_and_overflow),
		cmocka_unit_test(test_buf__wipe_zeroes_every_byte),
	};

	return RUN(tests);
}
