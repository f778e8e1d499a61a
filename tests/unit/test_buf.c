#include "unit.h"

#include "buf.h"

static void test_buf__holds_nothing_at_first(void **state)
{
	struct buf buf = BUF_INIT(8);
	struct errinfo err = {0};

	(void)state;
	assert_string_equal(buf_text(&buf), "");
	assert_null(buf.data);
	assert_int_equal(buf_check(&buf, "answer", &err), 0);
	buf_release(&buf);
}

static void test_buf__ends_in_nul_after_every_append(void **state)
{
	struct buf buf = BUF_INIT(1000);

	(void)state;
	for (size_t len = 1; len <= 1000; len++) {
		buf_add_char(&buf, 'x');
		assert_int_equal(buf.len, len);
		assert_int_equal(strlen(buf_text(&buf)), len);
	}
	buf_release(&buf);
}

static void test_buf__keeps_any_byte(void **state)
{
	static const char bytes[] = {'a', '\0', '\xff', '\n'};
	struct buf buf = BUF_INIT(8);

	(void)state;
	buf_add(&buf, bytes, sizeof(bytes));
	assert_int_equal(buf.len, sizeof(bytes));
	assert_memory_equal(buf.data, bytes, sizeof(bytes));
	assert_int_equal(buf.data[sizeof(bytes)], '\0');
	buf_release(&buf);
}

/* What of two appends is kept under a limit of 8 bytes. */
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
	{"short after over", "123456789", "1", "1", true},
	{"full, then one", "12345678", "9", "12345678", true},
};

static void check_limit(const char *row, const struct buf *buf,
			const char *want, bool too_large)
{
	struct errinfo err = {0};

	unit_text(row, buf_text(buf), want);
	unit_number(row, (long long)buf->len, (long long)strlen(want));
	unit_number(row, buf->too_large, too_large);
	unit_result(row, buf_check(buf, "answer", &err), &err,
		    too_large ? STATUS_DATA : 0);
	if (too_large) {
		unit_holds(row, err.text, "answer");
		unit_holds(row, err.text, "8");
	}
}

static void test_buf__limit_is_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(limits); i++) {
		struct buf buf = BUF_INIT(8);

		buf_add_text(&buf, limits[i].first);
		buf_add_text(&buf, limits[i].second);
		check_limit(limits[i].name, &buf, limits[i].want,
			    limits[i].too_large);
		buf_release(&buf);
	}
}

static void test_buf__addf_limit_is_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(limits); i++) {
		struct buf buf = BUF_INIT(8);

		buf_addf(&buf, "%s", limits[i].first);
		buf_addf(&buf, "%s", limits[i].second);
		check_limit(limits[i].name, &buf, limits[i].want,
			    limits[i].too_large);
		buf_release(&buf);
	}
}

static void test_buf__addf_formats(void **state)
{
	struct buf buf = BUF_INIT(64);

	(void)state;
	buf_addf(&buf, "%s=%d", "ttl", 60);
	buf_addf(&buf, ";%03o", 7);
	assert_string_equal(buf_text(&buf), "ttl=60;007");
	buf_release(&buf);
}

static void test_buf__refuses_a_length_that_overflows(void **state)
{
	struct buf buf = BUF_INIT(8);

	(void)state;
	buf_add_text(&buf, "1234");
	buf_add(&buf, "x", SIZE_MAX);
	buf_add(&buf, "x", SIZE_MAX - 3);
	assert_true(buf.too_large);
	assert_string_equal(buf_text(&buf), "1234");
	buf_release(&buf);
}

static void test_buf__limit_zero_takes_nothing(void **state)
{
	struct buf buf = BUF_INIT(0);

	(void)state;
	buf_add_text(&buf, "");
	assert_false(buf.too_large);
	buf_add_char(&buf, 'x');
	assert_true(buf.too_large);
	assert_string_equal(buf_text(&buf), "");
	buf_release(&buf);
}

static void test_buf__check_tells_memory_from_size(void **state)
{
	struct buf buf = BUF_INIT(8);
	struct errinfo err = {0};

	(void)state;
	buf.no_memory = true;
	unit_result("memory", buf_check(&buf, "answer", &err), &err,
		    STATUS_SYSTEM);
	buf_clear(&buf);
	unit_result("cleared", buf_check(&buf, "answer", &err), &err, 0);
}

static void test_buf__clear_keeps_memory_and_limit(void **state)
{
	struct buf buf = BUF_INIT(4);
	struct errinfo err = {0};
	const char *data;

	(void)state;
	buf_add_text(&buf, "1234");
	buf_add_text(&buf, "5");
	data = buf.data;
	buf_clear(&buf);
	assert_string_equal(buf_text(&buf), "");
	assert_int_equal(buf.len, 0);
	assert_int_equal(buf_check(&buf, "answer", &err), 0);
	buf_add_text(&buf, "abcd");
	assert_string_equal(buf_text(&buf), "abcd");
	assert_ptr_equal(buf.data, data);
	buf_add_text(&buf, "e");
	assert_true(buf.too_large);
	buf_release(&buf);
}

static void test_buf__release_leaves_it_usable(void **state)
{
	struct buf buf = BUF_INIT(4);

	(void)state;
	buf_release(&buf);
	buf_add_text(&buf, "12345");
	buf_add_text(&buf, "1234");
	buf_release(&buf);
	assert_null(buf.data);
	assert_int_equal(buf.len, 0);
	assert_false(buf.too_large);
	buf_release(&buf);
	buf_add_text(&buf, "abcd");
	assert_string_equal(buf_text(&buf), "abcd");
	buf_release(&buf);
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
		cmocka_unit_test(test_buf__check_tells_memory_from_size),
		cmocka_unit_test(test_buf__clear_keeps_memory_and_limit),
		cmocka_unit_test(test_buf__release_leaves_it_usable),
	};

	return RUN(tests);
}
