#include "unit.h"

#include "dnsname.h"

#define BYTES_16 "abcdefghijklmnop"
#define LABEL_63 BYTES_16 BYTES_16 BYTES_16 "abcdefghijklmno"
#define LABEL_64 BYTES_16 BYTES_16 BYTES_16 BYTES_16
#define LABEL_61 BYTES_16 BYTES_16 BYTES_16 "abcdefghijklm"
#define LABEL_59 BYTES_16 BYTES_16 BYTES_16 "abcdefghijk"
#define LABEL_62 LABEL_61 "n"
#define LABEL_60 LABEL_59 "l"
#define NAME_252 LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_60
#define NAME_253 LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_61
#define NAME_254 LABEL_63 "." LABEL_63 "." LABEL_63 "." LABEL_62

static const struct {
	const char *name;
	const char *input;
	const char *want; /* NULL: refused */
} names[] = {
	{"one label", "a", "a"},
	{"several labels", "web-1.prod.example.com", "web-1.prod.example.com"},
	{"final dot", "www.example.com.", "www.example.com"},
	{"upper case", "WWW.Example.COM", "www.example.com"},
	{"digits only", "1.2.3.4", "1.2.3.4"},
	{"underscore", "_dmarc.a", "_dmarc.a"},
	{"inner hyphens", "xn--bcher-kva.example", "xn--bcher-kva.example"},
	{"wildcard", "*.a", "*.a"},
	{"wildcard alone", "*", "*"},
	{"label of 63 bytes", LABEL_63 ".a", LABEL_63 ".a"},
	{"name of 253 bytes", NAME_253, NAME_253},
	{"name of 253 bytes and a dot", NAME_253 ".", NAME_253},

	{"empty", "", NULL},
	{"dot", ".", NULL},
	{"two dots", "..", NULL},
	{"leading dot", ".a", NULL},
	{"empty label", "a..b", NULL},
	{"two final dots", "a..", NULL},
	{"name of 251 bytes and two dots",
	 "*." LABEL_59 "." LABEL_63 "." LABEL_63 "." LABEL_60 "..", NULL},
	{"name of 252 bytes and two dots", NAME_252 "..", NULL},
	{"name of 253 bytes and two dots", NAME_253 "..", NULL},
	{"label of 64 bytes", LABEL_64 ".a", NULL},
	{"last label of 64 bytes", "a." LABEL_64, NULL},
	{"name of 254 bytes", NAME_254, NULL},
	{"name of 254 bytes and a dot", NAME_254 ".", NULL},
	{"blank inside", "a b.example", NULL},
	{"blank in front", " a.example", NULL},
	{"blank behind", "a.example ", NULL},
	{"double quote", "a\"b", NULL},
	{"single quote", "it's.example", NULL},
	{"backslash", "a\\052b", NULL},
	{"slash", "a/b", NULL},
	{"colon", "a:80", NULL},
	{"at sign", "me@example.com", NULL},
	{"XML", "<a>", NULL},
	{"control byte", "a\001b", NULL},
	{"newline behind", "a.example\n", NULL},
	{"delete", "a\x7f", NULL},
	{"UTF-8", "z\xc3\xbcrich.example", NULL},
	{"highest byte", "\xff", NULL},
	{"leading hyphen", "-a.example", NULL},
	{"final hyphen", "a-.example", NULL},
	{"leading hyphen inside", "a.-b", NULL},
	{"hyphen alone", "-", NULL},
	{"wildcard inside", "a.*", NULL},
	{"wildcard twice", "*.*.a", NULL},
	{"wildcard and more", "*a.example", NULL},
	{"neighbours of letters", "a@b", NULL},
	{"neighbours of letters", "a[b", NULL},
	{"neighbours of letters", "a`b", NULL},
	{"neighbours of letters", "a{b", NULL},
	{"neighbours of digits", "a;b", NULL},
};

static void test_dnsname__fold_takes_host_names_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(names); i++) {
		char folded[DNSNAME_SIZE];
		bool got = dnsname_fold(folded, names[i].input);

		if (got != !!names[i].want)
			fail_msg("%s: \"%s\" is %s", names[i].name,
				 names[i].input, got ? "taken" : "refused");
		if (names[i].want)
			unit_text(names[i].name, folded, names[i].want);
	}
}

static void test_dnsname__fold_judges_every_byte(void **state)
{
	char folded[DNSNAME_SIZE];

	(void)state;
	for (int byte = 1; byte < 256; byte++) {
		const char name[] = {'a', (char)byte, 'a', '\0'};
		bool good = byte == '.' || byte == '-' || byte == '_' ||
			    (byte >= '0' && byte <= '9') ||
			    (byte >= 'A' && byte <= 'Z') ||
			    (byte >= 'a' && byte <= 'z');

		if (good != dnsname_fold(folded, name))
			fail_msg("byte 0x%02x: want it %s", (unsigned)byte,
				 good ? "taken" : "refused");
	}
}

static const struct {
	const char *name;
	const char *input;
	const char *want;
} listed[] = {
	{"plain", "www.example.com.", "www.example.com"},
	{"upper case", "WWW.example.com.", "www.example.com"},
	{"no final dot", "example.com", "example.com"},
	{"wildcard", "\\052.example.com.", "*.example.com"},
	{"wildcard alone", "\\052.", "*"},
	{"escape inside", "a.\\052.example.com.", "a.\\052.example.com"},
	{"other escape", "a\\040b.example.com.", "a\\040b.example.com"},
	{"cut escape", "a.example.com\\05", "a.example.com\\05"},
	{"root", ".", ""},
	{"empty", "", ""},
	{"longest", NAME_253 ".", NAME_253},
	{"longest, escaped",
	 "\\052." LABEL_61 "." LABEL_63 "." LABEL_63 "." LABEL_61 ".",
	 "*." LABEL_61 "." LABEL_63 "." LABEL_63 "." LABEL_61},
	{"cut", NAME_254 ".", NAME_253},
	{"cut without a dot", NAME_254, NAME_253},
	{"far too long", NAME_253 "." NAME_253 ".", NAME_253},
	{"cut behind a dot",
	 LABEL_63 "." LABEL_63 "." LABEL_63 ".a." LABEL_63 ".",
	 LABEL_63 "." LABEL_63 "." LABEL_63 ".a." LABEL_59},
	{"cut, escaped", NAME_253 "\\052.", NAME_253},
};

static void test_dnsname__from_route53_reads_its_escapes(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(listed); i++) {
		char folded[DNSNAME_SIZE];

		dnsname_from_route53(folded, listed[i].input);
		unit_text(listed[i].name, folded, listed[i].want);
	}
}

static const struct {
	const char *name;
	const char *zone;
	bool want;
} zones[] = {
	{"beta.api.in", "beta.api.in", true},
	{"some.beta.api.in", "beta.api.in", true},
	{"a.some.beta.api.in", "beta.api.in", true},
	{"some-beta.api.in", "beta.api.in", false},
	{"somebeta.api.in", "beta.api.in", false},
	{"api.in", "beta.api.in", false},
	{"beta.api.in.com", "beta.api.in", false},
	{"*.beta.api.in", "beta.api.in", true},
	{"a.in", "in", true},
	{"in", "in", true},
	{"ain", "in", false},
	{"a.b", "", false},
};

static void test_dnsname__in_zone_goes_by_whole_labels(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(zones); i++)
		unit_number(zones[i].name,
			    dnsname_in_zone(zones[i].name, zones[i].zone),
			    zones[i].want);
}

static void test_dnsname__parent_drops_the_first_label(void **state)
{
	(void)state;
	assert_string_equal(dnsname_parent("a.b.c"), "b.c");
	assert_string_equal(dnsname_parent("*.c"), "c");
	assert_null(dnsname_parent("c"));
}

static void test_dnsname__fault_shows_the_front_of_a_text(void **state)
{
	(void)state;
	unit_forget();
	errinfo_set(STATUS_SETTINGS, DNSNAME_FAULT, "a..b");
	unit_starts("short", errinfo.text.data, "\"a..b\" is no DNS name");
	errinfo_set(STATUS_SETTINGS, DNSNAME_FAULT, NAME_254);
	assert_non_null(strchr(errinfo.text.data + 1, '"'));
	assert_int_equal(strcspn(errinfo.text.data + 1, "\""), 80);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dnsname__fold_takes_host_names_only),
		cmocka_unit_test(test_dnsname__fold_judges_every_byte),
		cmocka_unit_test(test_dnsname__from_route53_reads_its_escapes),
		cmocka_unit_test(test_dnsname__in_zone_goes_by_whole_labels),
		cmocka_unit_test(test_dnsname__parent_drops_the_first_label),
		cmocka_unit_test(test_dnsname__fault_shows_the_front_of_a_text),
	};

	return RUN(tests);
}
