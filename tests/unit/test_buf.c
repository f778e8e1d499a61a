#include "unit.h"

#include "buf.h"

static struct buf buf; /* zeros at first, as every one of the program */

static void test_buf__holds_nothing_at_first(void **state)
{
	static const struct buf fresh;

	(void)state;
	assert_string_equal(fresh.data, "");
	assert_int_equal(fresh.len, 0);
	assert_false(buf_is_cut(&fresh));
}

static void test_buf__ends_in_nul_after_every_append(void **state)
{
	(void)state;
	buf_wipe(&buf);
	memset(buf.data, 'y', sizeof(buf.data));
	for (size_t len = 1; len <= BUF_LIMIT; len++) {
		buf_add(&buf, "x", 1);
		assert_int_equal(buf.len, len);
		assert_int_equal(buf.data[len], '\0');
		assert_false(buf_is_cut(&buf));
	}
	assert_int_equal(strlen(buf.data), BUF_LIMIT);
}

static void test_buf__keeps_any_byte(void **state)
{
	static const char bytes[] = {'a', '\0', '\xff', '\n'};

	(void)state;
	buf_wipe(&buf);
	buf_add(&buf, bytes, sizeof(bytes));
	assert_int_equal(buf.len, sizeof(bytes));
	assert_memory_equal(buf.data, bytes, sizeof(bytes));
	assert_int_equal(buf.data[sizeof(bytes)], '\0');
}

/* What of three appends is kept: lengths; each append has a letter. */
static const struct {
	const char *name;
	size_t input[3];
	size_t kept; /* at least; more only of a text that was cut */
	bool is_cut;
} limits[] = {
	{"under it", {4, 3, 0}, 7, false},
	{"exactly", {BUF_LIMIT - 4, 4, 0}, BUF_LIMIT, false},
	{"exactly in one", {BUF_LIMIT, 0, 0}, BUF_LIMIT, false},
	{"one byte over", {BUF_LIMIT - 4, 5, 0}, BUF_LIMIT - 4, true},
	{"first one over", {BUF_LIMIT + 1, 0, 0}, 0, true},
	{"short after over", {BUF_LIMIT + 1, 1, 0}, 0, true},
	{"over, then over", {7, BUF_LIMIT, BUF_LIMIT}, 7, true},
	{"over, then short ones", {7, BUF_LIMIT, 1}, 7, true},
	{"full, then one", {BUF_LIMIT, 1, 0}, BUF_LIMIT, true},
	{"full, then two", {BUF_LIMIT, 1, 1}, BUF_LIMIT, true},
};

static char piece[BUF_LIMIT + 2]; /* a text to append */

static void set_piece(size_t i, size_t j)
{
	memset(piece, (int)('a' + j), sizeof(piece));
	piece[limits[i].input[j]] = '\0';
}

/* The texts as they were given, up to one that did not fit. */
static void check_limit(size_t i)
{
	const char *row = limits[i].name;
	size_t place = 0;

	unit_number(row, buf_is_cut(&buf), limits[i].is_cut);
	unit_number(row, buf.len > BUF_LIMIT, limits[i].is_cut);
	if (!limits[i].is_cut)
		unit_number(row, (long long)buf.len, (long long)limits[i].kept);
	assert_non_null(memchr(buf.data, '\0', sizeof(buf.data)));
	if (strlen(buf.data) < limits[i].kept)
		fail_msg("%s: want %zu bytes, got %zu", row, limits[i].kept,
			 strlen(buf.data));
	for (size_t j = 0; j < LENGTH(limits[i].input); j++)
		for (size_t k = 0; k < limits[i].input[j]; k++, place++)
			if (place < limits[i].kept)
				assert_int_equal(buf.data[place], 'a' + j);
}

static void test_buf__limit_is_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(limits); i++) {
		buf_wipe(&buf);
		for (size_t j = 0; j < LENGTH(limits[i].input); j++) {
			set_piece(i, j);
			buf_add(&buf, piece, strlen(piece));
		}
		check_limit(i);
		/* One that did not fit is dropped as a whole. */
		unit_number(limits[i].name, (long long)strlen(buf.data),
			    (long long)limits[i].kept);
	}
}

static void test_buf__addf_limit_is_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(limits); i++) {
		buf_wipe(&buf);
		for (size_t j = 0; j < LENGTH(limits[i].input); j++) {
			set_piece(i, j);
			buf_addf(&buf, "%s", piece);
		}
		check_limit(i);
	}
}

static void test_buf__set_limit_is_exact(void **state)
{
	(void)state;
	for (size_t len = BUF_LIMIT - 1; len <= BUF_LIMIT + 1; len++) {
		memset(piece, 'a', sizeof(piece));
		piece[len] = '\0';
		buf_set(&buf, "%s", piece);
		assert_int_equal(buf_is_cut(&buf), len > BUF_LIMIT);
		assert_int_equal(strlen(buf.data),
				 len > BUF_LIMIT ? BUF_LIMIT : len);
	}
}

static void test_buf__addf_formats(void **state)
{
	(void)state;
	buf_wipe(&buf);
	buf_addf(&buf, "%s=%d", "ttl", 60);
	buf_addf(&buf, ";%03o", 7);
	assert_string_equal(buf.data, "ttl=60;007");
	assert_int_equal(buf.len, 10);
}

__attribute__((format(printf, 1, 2))) static void add(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_addv(&buf, format, args);
	va_end(args);
}

static void test_buf__addv_formats(void **state)
{
	(void)state;
	buf_set(&buf, "a");
	add("%c%u", 'b', 3U);
	assert_string_equal(buf.data, "ab3");
	assert_int_equal(buf.len, 3);
}

static void test_buf__refuses_a_length_that_overflows(void **state)
{
	(void)state;
	for (size_t less = 0; less < 8; less++) {
		buf_wipe(&buf);
		buf_add(&buf, "1234", 4);
		buf_add(&buf, "x", SIZE_MAX - less);
		assert_true(buf_is_cut(&buf));
		assert_string_equal(buf.data, "1234");
	}
}

/* Nothing of the text before, which may have been a secret, stays behind. */
static void check_zeros_behind(const char *row, size_t len)
{
	for (size_t i = len; i < sizeof(buf.data); i++)
		if (buf.data[i])
			fail_msg("%s: byte %zu is left", row, i);
}

static void fill(size_t i)
{
	buf_wipe(&buf);
	for (size_t j = 0; j < LENGTH(limits[i].input); j++) {
		set_piece(i, j);
		buf_addf(&buf, "%s", piece);
	}
}

static void test_buf__set_wipes_what_was_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(limits); i++) {
		fill(i);
		buf_set(&buf, "%d", 60);
		unit_text(limits[i].name, buf.data, "60");
		unit_number(limits[i].name, (long long)buf.len, 2);
		unit_number(limits[i].name, buf_is_cut(&buf), false);
		check_zeros_behind(limits[i].name, 2);
	}
}

/* Also of what is larger than its room, where len is no length. */
static void test_buf__wipe_zeroes_every_byte(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(limits); i++) {
		fill(i);
		buf_wipe(&buf);
		unit_number(limits[i].name, (long long)buf.len, 0);
		unit_number(limits[i].name, buf_is_cut(&buf), false);
		check_zeros_behind(limits[i].name, 0);
	}
}

static void test_buf__takes_all_again_after_wipe(void **state)
{
	(void)state;
	buf_wipe(&buf);
	buf_addf(&buf, "%*s", BUF_LIMIT + 1, "");
	assert_true(buf_is_cut(&buf));
	buf_wipe(&buf);
	buf_addf(&buf, "%*s", BUF_LIMIT, "");
	assert_false(buf_is_cut(&buf));
	assert_int_equal(buf.len, BUF_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buf__holds_nothing_at_first),
		cmocka_unit_test(test_buf__ends_in_nul_after_every_append),
		cmocka_unit_test(test_buf__keeps_any_byte),
		cmocka_unit_test(test_buf__limit_is_exact),
		cmocka_unit_test(test_buf__addf_limit_is_exact),
		cmocka_unit_test(test_buf__set_limit_is_exact),
		cmocka_unit_test(test_buf__addf_formats),
		cmocka_unit_test(test_buf__addv_formats),
		cmocka_unit_test(test_buf__refuses_a_length_that_overflows),
		cmocka_unit_test(test_buf__set_wipes_what_was_there),
		cmocka_unit_test(test_buf__wipe_zeroes_every_byte),
		cmocka_unit_test(test_buf__takes_all_again_after_wipe),
	};

	return RUN(tests);
}
