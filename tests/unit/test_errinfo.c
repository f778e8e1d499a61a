#include "unit.h"

#include "options.h"
#include "outcome.h"
#include "print.h"
#include "xml.h"

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
	{"several texts of one", "a" XML_NEXT "b", "a b"},
};

/* What print_failure writes to standard error; returns the status it notes. */
static int print_error_to(char *text, size_t size)
{
	int kept = dup(STDERR_FILENO);
	int ends[2];
	ssize_t len;
	int status;

	assert_int_equal(pipe(ends), 0);
	assert_true(dup2(ends[1], STDERR_FILENO) >= 0);
	outcome.status = 0;
	print_failure();
	status = (int)outcome.status;
	assert_true(dup2(kept, STDERR_FILENO) >= 0);
	(void)close(kept);
	(void)close(ends[1]);
	len = read(ends[0], text, size - 1);
	(void)close(ends[0]);
	assert_true(len >= 0);
	text[len] = '\0';
	return status;
}

static void test_errinfo__is_printed_as_one_printable_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		char want[64];
		char got[64];

		errinfo.stage = "zone";
		errinfo_set(STATUS_DATA, "%s", texts[i].input);
		unit_number(texts[i].name, print_error_to(got, sizeof(got)),
			    STATUS_DATA);
		(void)snprintf(want, sizeof(want), "bootname: zone: %s\n",
			       texts[i].want);
		unit_text(texts[i].name, got, want);
	}
}

static void test_errinfo__set_replaces_all_but_the_stage(void **state)
{
	(void)state;
	unit_forget();
	errinfo.stage = "zone";
	errinfo.again = AGAIN_THROTTLED;
	errinfo.code = "AccessDenied";
	assert_int_equal(errinfo_set(STATUS_DENIED, "first"), -1);
	assert_string_equal(errinfo.code, "");
	assert_int_equal(errinfo.again, AGAIN_NEVER);
	errinfo.code = "Throttling";
	assert_int_equal(errinfo_set(STATUS_TAKEN, "%s %d", "next", 2), -1);
	assert_int_equal(errinfo.status, STATUS_TAKEN);
	assert_string_equal(errinfo.code, "");
	assert_string_equal(errinfo.text.data, "next 2");
	assert_string_equal(errinfo.stage, "zone");
}

static void test_errinfo__set_and_retry_keep_status_and_again(void **state)
{
	static const int statuses[] = {
		STATUS_USAGE,	 STATUS_DATA,	STATUS_UNAVAILABLE,
		STATUS_BUG,	 STATUS_SYSTEM, STATUS_TAKEN,
		STATUS_DEADLINE, STATUS_DENIED, STATUS_SETTINGS,
	};
	static const int agains[] = {AGAIN_NEVER, AGAIN_SOON, AGAIN_LATER,
				     AGAIN_THROTTLED};

	(void)state;
	for (size_t i = 0; i < LENGTH(statuses); i++)
		for (size_t j = 0; j < LENGTH(agains); j++) {
			(void)errinfo_set((enum exit_status)statuses[i],
					  "text");
			(void)errinfo_retry((enum again)agains[j]);
			assert_int_equal(errinfo.status, statuses[i]);
			assert_int_equal(errinfo.again, agains[j]);
		}
}

static void test_errinfo__add_keeps_all_but_the_text(void **state)
{
	(void)state;
	errinfo.stage = "zone";
	errinfo_set(STATUS_DEADLINE, "no answer");
	errinfo_retry(AGAIN_LATER);
	errinfo.code = "Throttling";
	assert_int_equal(errinfo_add("; gave up after %d s", 3), -1);
	assert_int_equal(errinfo.status, STATUS_DEADLINE);
	assert_int_equal(errinfo.again, AGAIN_LATER);
	assert_string_equal(errinfo.code, "Throttling");
	assert_string_equal(errinfo.stage, "zone");
	assert_string_equal(errinfo.text.data, "no answer; gave up after 3 s");
}

static const struct {
	const char *name;
	size_t input;
	size_t want;
	size_t want_after; /* four more bytes */
} lengths[] = {
	{"fits with more", BUF_LIMIT - 4, BUF_LIMIT - 4, BUF_LIMIT},
	{"fits with less", BUF_LIMIT - 3, BUF_LIMIT - 3, BUF_LIMIT},
	{"fits", BUF_LIMIT, BUF_LIMIT, BUF_LIMIT},
	{"one over", BUF_LIMIT + 1, BUF_LIMIT, BUF_LIMIT},
	{"far over", BUF_LIMIT + 4000, BUF_LIMIT, BUF_LIMIT},
};

static char input[BUF_LIMIT + 4001];

static void set_input(size_t len)
{
	memset(input, 'x', sizeof(input));
	input[len] = '\0';
}

static void test_errinfo__cuts_what_is_too_long(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(lengths); i++) {
		set_input(lengths[i].input);
		errinfo_set(STATUS_DATA, "%s", input);
		unit_number(lengths[i].name,
			    (long long)strlen(errinfo.text.data),
			    (long long)lengths[i].want);
		errinfo_add("%s", "more");
		unit_starts(lengths[i].name, errinfo.text.data, "xxx");
		unit_number(lengths[i].name,
			    (long long)strlen(errinfo.text.data),
			    (long long)lengths[i].want_after);
		errinfo_set(STATUS_DATA, "%s", input);
		unit_number(lengths[i].name,
			    (long long)strlen(errinfo.text.data),
			    (long long)lengths[i].want);
	}
}

/* Such as the name of a file that somebody asked for. */
static void test_errinfo__is_one_line_also_where_too_long(void **state)
{
	static char got[2 * BUF_LIMIT];

	(void)state;
	for (size_t i = 0; i < LENGTH(lengths); i++) {
		errinfo.stage = "zone";
		set_input(lengths[i].input);
		errinfo_set(STATUS_DATA, "%s", input);
		(void)print_error_to(got, sizeof(got));
		unit_starts(lengths[i].name, got, "bootname: zone: xxx");
		if (got[strlen(got) - 1] != '\n')
			fail_msg("%s: no end of line", lengths[i].name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			test_errinfo__is_printed_as_one_printable_line),
		cmocka_unit_test(test_errinfo__set_replaces_all_but_the_stage),
		cmocka_unit_test(
			test_errinfo__set_and_retry_keep_status_and_again),
		cmocka_unit_test(test_errinfo__add_keeps_all_but_the_text),
		cmocka_unit_test(test_errinfo__cuts_what_is_too_long),
		cmocka_unit_test(test_errinfo__is_one_line_also_where_too_long),
	};

	return RUN(tests);
}
