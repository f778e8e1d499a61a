#include "unit.h"

static const struct {
	const char *name;
	const char *input;
	const char *want;
} texts[] = {
	{"printable", "a ~ \"b\"", "a ~ \"b\""},
	{"newline", "one\ntwo\r", "one?two?"},
	{"escape sequence", "\033[2J", "?[2J"},
	{"tab and delete", "\t\x7f", "??"},
	{"two bytes of UTF-8", "z\xc3\xbcrich", "z??rich"},
	{"highest byte", "\xff", "?"},
	{"empty", "", ""},
};

static void test_errinfo__text_is_printable(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		struct errinfo err = {0};

		errinfo_set(&err, STATUS_DATA, "%s", texts[i].input);
		unit_text(texts[i].name, err.text, texts[i].want);
	}
}

static void test_errinfo__prefix_is_printable(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		struct errinfo err = {0};

		errinfo_set(&err, STATUS_DATA, "%s", "");
		errinfo_prefix(&err, "%s", texts[i].input);
		unit_text(texts[i].name, err.text, texts[i].want);
	}
}

static void test_errinfo__set_replaces_all_but_the_stage(void **state)
{
	struct errinfo err = {.stage = "zone", .code = "AccessDenied"};

	(void)state;
	assert_int_equal(errinfo_set(&err, STATUS_DENIED, "first"), -1);
	assert_string_equal(err.code, "");
	strcpy(err.code, "Throttling");
	assert_int_equal(errinfo_set(&err, STATUS_TAKEN, "%s %d", "next", 2),
			 -1);
	assert_int_equal(err.status, STATUS_TAKEN);
	assert_string_equal(err.code, "");
	assert_string_equal(err.text, "next 2");
	assert_string_equal(err.stage, "zone");
}

static void test_errinfo__prefix_keeps_status_and_code(void **state)
{
	struct errinfo err = {.stage = "zone"};

	(void)state;
	errinfo_set(&err, STATUS_TEMPORARY, "no answer");
	strcpy(err.code, "Throttling");
	assert_int_equal(errinfo_prefix(&err, "gave up after %d s: ", 3), -1);
	assert_int_equal(err.status, STATUS_TEMPORARY);
	assert_string_equal(err.code, "Throttling");
	assert_string_equal(err.stage, "zone");
	assert_string_equal(err.text, "gave up after 3 s: no answer");
}

/* Lengths around that of the text, which holds 1023 bytes and a NUL. */
static const struct {
	const char *name;
	size_t input;
	size_t want;
} lengths[] = {
	{"fits", 1023, 1023},
	{"one over", 1024, 1023},
	{"far over", 4000, 1023},
};

static void test_errinfo__cuts_what_is_too_long(void **state)
{
	char input[4001];

	(void)state;
	for (size_t i = 0; i < LENGTH(lengths); i++) {
		struct errinfo err = {0};

		memset(input, 'x', sizeof(input));
		input[lengths[i].input] = '\0';
		errinfo_set(&err, STATUS_DATA, "%s", input);
		unit_number(lengths[i].name, (long long)strlen(err.text),
			    (long long)lengths[i].want);
		errinfo_prefix(&err, "front: ");
		unit_starts(lengths[i].name, err.text, "front: xxx");
		unit_number(lengths[i].name, (long long)strlen(err.text),
			    (long long)lengths[i].want);
		errinfo_prefix(&err, "%s", input);
		unit_number(lengths[i].name, (long long)strlen(err.text),
			    (long long)lengths[i].want);
		unit_starts(lengths[i].name, err.text, "xxx");
	}
}

static void test_errinfo__no_memory_is_a_system_error(void **state)
{
	struct errinfo err = {0};

	(void)state;
	unit_result("no memory", errinfo_no_memory(&err), &err, STATUS_SYSTEM);
	assert_string_not_equal(err.text, "");
}

static void test_errinfo__clear_keeps_the_stage(void **state)
{
	struct errinfo err = {.stage = "zone"};

	(void)state;
	errinfo_set(&err, STATUS_DATA, "bad");
	strcpy(err.code, "Throttling");
	errinfo_clear(&err);
	assert_int_equal(err.status, STATUS_OK);
	assert_string_equal(err.code, "");
	assert_string_equal(err.text, "");
	assert_string_equal(err.stage, "zone");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errinfo__text_is_printable),
		cmocka_unit_test(test_errinfo__prefix_is_printable),
		cmocka_unit_test(test_errinfo__set_replaces_all_but_the_stage),
		cmocka_unit_test(test_errinfo__prefix_keeps_status_and_code),
		cmocka_unit_test(test_errinfo__cuts_what_is_too_long),
		cmocka_unit_test(test_errinfo__no_memory_is_a_system_error),
		cmocka_unit_test(test_errinfo__clear_keeps_the_stage),
	};

	return RUN(tests);
}
