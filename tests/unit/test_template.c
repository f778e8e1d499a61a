#include "unit.h"

#include "buf.h"
#include "template.h"

#define BYTES_32 "abcdefghijklmnopqrstuvwxyz012345"
#define KEY_128 BYTES_32 BYTES_32 BYTES_32 BYTES_32

static unsigned calls;

BUF(out, 1024);

/* Gives the placeholder back in angle brackets. */
static int echo(const char *name, struct buf *text)
{
	calls++;
	buf_addf(text, "<%s>", name);
	return 0;
}

static int expand(const char *template, template_lookup lookup)
{
	calls = 0;
	buf_clear(&out);
	unit_forget();
	return template_expand(template, lookup, &out);
}

static const struct {
	const char *name;
	const char *input;
	const char *want;
	unsigned calls;
} good[] = {
	{"no placeholder", "web.example.com", "web.example.com", 0},
	{"empty", "", "", 0},
	{"instance-id", "web-{instance-id}", "web-<instance-id>", 1},
	{"region", "{region}.a", "<region>.a", 1},
	{"az", "{az}", "<az>", 1},
	{"az-id", "{az-id}", "<az-id>", 1},
	{"local-ipv4", "ip-{local-ipv4}", "ip-<local-ipv4>", 1},
	{"tag", "{tag:Name}.a", "<tag:Name>.a", 1},
	{"tag with blanks", "{tag:my name: 1}", "<tag:my name: 1>", 1},
	{"longest tag", "{tag:" KEY_128 "}", "<tag:" KEY_128 ">", 1},
	{"several", "{az}-{region}{az}", "<az>-<region><az>", 3},
	{"dollar", "${az}", "$<az>", 1},
	{"unknown: for the lookup to refuse", "{ x }", "< x >", 1},
	{"nothing: for the lookup to refuse", "a{}", "a<>", 1},
};

static void test_template__replaces_each_placeholder(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(good); i++) {
		unit_result(good[i].name, expand(good[i].input, echo), 0);
		unit_text(good[i].name, out.data, good[i].want);
		unit_number(good[i].name, calls, good[i].calls);
	}
}

static const struct {
	const char *name;
	const char *input;
	unsigned calls; /* of what stands in front */
} bad[] = {
	{"key of 129 bytes", "{tag:" KEY_128 "x}", 0},
	{"key of 129 bytes, once more", "{az}{tag:" KEY_128 "x}", 1},
	{"open", "web-{az", 0},
	{"open at the end", "web-{", 0},
	{"open twice", "{az{region}", 0},
	{"open inside", "{{az}}", 0},
	{"open behind", "{az}{az", 1},
	{"closed only", "web-az}", 0},
	{"closed twice", "{az}}", 1},
	{"closed first", "}{az}", 0},
};

static void test_template__refuses_half_a_placeholder(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(bad); i++) {
		unit_result(bad[i].name, expand(bad[i].input, echo),
			    STATUS_SETTINGS);
		unit_holds(bad[i].name, errinfo.text, "{}");
		unit_number(bad[i].name, calls, bad[i].calls);
	}
}

static int refuse(const char *name, struct buf *text)
{
	(void)text;
	calls++;
	errinfo_set(STATUS_UNAVAILABLE, "no %s", name);
	strcpy(errinfo.code, "Some");
	return -1;
}

static void test_template__lookup_error_is_passed_on(void **state)
{
	(void)state;
	unit_result("refused", expand("{az}.{region}", refuse),
		    STATUS_UNAVAILABLE);
	assert_string_equal(errinfo.text, "no az");
	assert_string_equal(errinfo.code, "Some");
	assert_int_equal(calls, 1);
}

static const struct {
	const char *name;
	const char *input;
	int status;
} sizes[] = {
	{"8 bytes", "abcd{az}", 0},
	{"9 bytes", "abcde{az}", STATUS_DATA},
	{"9 bytes of text", "abcdefghi", STATUS_DATA},
};

static void test_template__appends_and_leaves_the_size_to_check(void **state)
{
	BUF(small, 10);

	(void)state;
	for (size_t i = 0; i < LENGTH(sizes); i++) {
		buf_clear(&small);
		buf_add(&small, "::", 2);
		unit_forget();
		unit_result(sizes[i].name,
			    template_expand(sizes[i].input, echo, &small), 0);
		unit_result(sizes[i].name, buf_check(&small, "name"),
			    sizes[i].status);
		unit_starts(sizes[i].name, small.data, "::");
	}
}

static const struct {
	const char *name;
	const char *want; /* NULL: no placeholder */
} paths[] = {
	{"instance-id", "meta-data/instance-id"},
	{"region", "meta-data/placement/region"},
	{"az", "meta-data/placement/availability-zone"},
	{"az-id", "meta-data/placement/availability-zone-id"},
	{"local-ipv4", "meta-data/local-ipv4"},
	{"tag:Name", "meta-data/tags/instance/"},
	{"tag:my name: 1", "meta-data/tags/instance/"},
	{"tag:" KEY_128, "meta-data/tags/instance/"},

	{"", NULL},
	{"hostname", NULL},
	{"Region", NULL},
	{" az ", NULL},
	{"a", NULL},
	{"az-id2", NULL},
	{"tag:", NULL},
	{"tag", NULL},
	{"Tag:Name", NULL},
	{"\033[2J", NULL},
};

static void test_template__path_knows_each_placeholder(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(paths); i++) {
		const char *got = template_path(paths[i].name);

		unit_text(paths[i].name, got ? got : "none",
			  paths[i].want ? paths[i].want : "none");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_template__replaces_each_placeholder),
		cmocka_unit_test(test_template__refuses_half_a_placeholder),
		cmocka_unit_test(test_template__lookup_error_is_passed_on),
		cmocka_unit_test(
			test_template__appends_and_leaves_the_size_to_check),
		cmocka_unit_test(test_template__path_knows_each_placeholder),
	};

	return RUN(tests);
}
