#include "unit.h"

#include <unistd.h>

#include "report.h"

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

/* What report_error writes to standard error. */
static void print_error_to(char *text, size_t size)
{
	static const struct report report;
	int kept = dup(STDERR_FILENO);
	int ends[2];
	ssize_t len;

	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	report_error(&report);
	assert_true(dup2(kept, STDERR_FILENO) >= 0);
	(void)close(kept);
	(void)close(ends[1]);
	len = read(ends[0], text, size - 1);
	(void)close(ends[0]);
	assert_true(len >= 0);
	text[len] = '\0';
}

static void test_errinfo__is_printed_as_one_printable_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		char want[64];
		char got[64];

		errinfo.stage = "zone";
		errinfo_set(STATUS_DATA, "%s", texts[i].input);
		print_error_to(got, sizeof(got));
		(void)snprintf(want, sizeof(want), "bootname: zone: %s\n",
			       texts[i].want);
		unit_text(texts[i].name, got, want);
	}
}

static void test_errinfo__set_replaces_all_but_the_stage(void **state)
{
	(void)state;
	errinfo = (struct errinfo){.stage = "zone",
				   .code = "AccessDenied",
				   .again = AGAIN_THROTTLED};
	assert_int_equal(errinfo_set(STATUS_DENIED, "first"), -1);
	assert_string_equal(errinfo.code, "");
	assert_int_equal(errinfo.again, AGAIN_NEVER);
	strcpy(errinfo.code, "Throttling");
	assert_int_equal(errinfo_set(STATUS_TAKEN, "%s %d", "next", 2), -1);
	assert_int_equal(errinfo.status, STATUS_TAKEN);
	assert_string_equal(errinfo.code, "");
	assert_string_equal(errinfo.text, "next 2");
	assert_string_equal(errinfo.stage, "zone");
}

static void test_errinfo__again_keeps_all_else(void **state)
{
	static const enum again all[] = {AGAIN_SOON, AGAIN_LATER,
					 AGAIN_THROTTLED, AGAIN_NEVER};

	(void)state;
	for (size_t i = 0; i < LENGTH(all); i++) {
		errinfo = (struct errinfo){.stage = "zone",
					   .status = STATUS_DENIED,
					   .code = "Some",
					   .text = "before"};
		assert_int_equal(errinfo_again(all[i]), -1);
		assert_int_equal(errinfo.status, STATUS_DENIED);
		assert_int_equal(errinfo.again, all[i]);
		assert_string_equal(errinfo.code, "Some");
		assert_string_equal(errinfo.text, "before");
		assert_string_equal(errinfo.stage, "zone");
	}
}

static void test_errinfo__add_keeps_all_but_the_text(void **state)
{
	(void)state;
	errinfo.stage = "zone";
	errinfo_set(STATUS_DEADLINE, "no answer");
	errinfo_again(AGAIN_LATER);
	strcpy(errinfo.code, "Throttling");
	assert_int_equal(errinfo_add("; gave up after %d s", 3), -1);
	assert_int_equal(errinfo.status, STATUS_DEADLINE);
	assert_int_equal(errinfo.again, AGAIN_LATER);
	assert_string_equal(errinfo.code, "Throttling");
	assert_string_equal(errinfo.stage, "zone");
	assert_string_equal(errinfo.text, "no answer; gave up after 3 s");
}

/* Lengths around that of the text, which holds 1023 bytes and a NUL. */
static const struct {
	const char *name;
	size_t input;
	size_t want;
	size_t want_after; /* four more bytes */
} lengths[] = {
	{"fits with more", 1019, 1019, 1023},
	{"fits with less", 1020, 1020, 1023},
	{"fits", 1023, 1023, 1023},
	{"one over", 1024, 1023, 1023},
	{"far over", 4000, 1023, 1023},
};

static void test_errinfo__cuts_what_is_too_long(void **state)
{
	char input[4001];

	(void)state;
	for (size_t i = 0; i < LENGTH(lengths); i++) {
		memset(input, 'x', sizeof(input));
		input[lengths[i].input] = '\0';
		errinfo_set(STATUS_DATA, "%s", input);
		unit_number(lengths[i].name, (long long)strlen(errinfo.text),
			    (long long)lengths[i].want);
		errinfo_add("%s", "more");
		unit_starts(lengths[i].name, errinfo.text, "xxx");
		unit_number(lengths[i].name, (long long)strlen(errinfo.text),
			    (long long)lengths[i].want_after);
		errinfo_set(STATUS_DATA, "%s", input);
		unit_number(lengths[i].name, (long long)strlen(errinfo.text),
			    (long long)lengths[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_errinfo__is_printed_as_one_printable_line),
		cmocka_unit_test(test_errinfo__set_replaces_all_but_the_stage),
		cmocka_unit_test(test_errinfo__again_keeps_all_else),
		cmocka_unit_test(test_errinfo__add_keeps_all_but_the_text),
		cmocka_unit_test(test_errinfo__cuts_what_is_too_long),
	};

	return RUN(tests);
}
