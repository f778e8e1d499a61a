#include "unit.h"

#include "buf.h"
#include "xml.h"

enum { TEXT_LIMIT = 65536, DEPTH_LIMIT = 32 };

BUF(input, TEXT_LIMIT + 1024);
BUF(seen, 1024);
static char last[128];

/*
 * Writes each element down as "path=text;"; one that holds elements, which
 * ends just after one of them, as "path;".
 */
static int record(void *context, const char *path, const char *text)
{
	size_t len = strlen(path);
	bool is_parent = !strncmp(last, path, len) && last[len] == '/';

	assert_ptr_equal(context, &seen);
	buf_addf(&seen, is_parent ? "%s;" : "%s=%s;", path, text);
	(void)snprintf(last, sizeof(last), "%s", path);
	return 0;
}

static void set_input(const char *bytes, size_t len)
{
	buf_clear(&input);
	buf_add(&input, bytes, len);
	unit_forget();
}

static int read_bytes(const char *bytes, size_t len)
{
	buf_clear(&seen);
	last[0] = '\0';
	set_input(bytes, len);
	return xml_read(&input, record, &seen);
}

static const struct {
	const char *name;
	const char *input;
	const char *want;
} good[] = {
	{"empty element", "<a/>", "/a=;"},
	{"text", "<a>x</a>", "/a=x;"},
	{"path", "<a><b><c>1</c></b><b>2</b></a>", "/a/b/c=1;/a/b;/a/b=2;/a;"},
	{"empty among others", "<a><b/><c>1</c><b/></a>",
	 "/a/b=;/a/c=1;/a/b=;/a;"},
	{"same name inside", "<a><a>1</a></a>", "/a/a=1;/a;"},
	{"declaration",
	 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>x</a>\n", "/a=x;"},
	{"blanks are kept", "<a> x\n </a>", "/a= x\n ;"},
	{"entities", "<a>&lt;&gt;&amp;&quot;&apos;</a>", "/a=<>&\"';"},
	{"decimal reference", "<a>&#42;</a>", "/a=*;"},
	{"hexadecimal reference", "<a>&#x2A;&#xfc;</a>", "/a=*\xc3\xbc;"},
	{"CDATA", "<a><![CDATA[<b>&amp;]]></a>", "/a=<b>&amp;;"},
	{"CDATA and text", "<a>1<![CDATA[2]]>3</a>", "/a=123;"},
	{"comment", "<a>1<!-- <b>no</b> -->2</a>", "/a=12;"},
	{"comment behind", "<a>1</a><!-- x -->", "/a=1;"},
	{"processing instruction", "<a>1<?php no?>2</a>", "/a=12;"},
	{"attributes", "<a b=\"1\" c='2'>x</a>", "/a=x;"},
	{"default namespace", "<a xmlns=\"https://x.example/\"><b>1</b></a>",
	 "/a/b=1;/a;"},
	{"UTF-8", "<a>z\xc3\xbcrich</a>", "/a=z\xc3\xbcrich;"},
	{"byte order mark", "\xef\xbb\xbf<a>x</a>", "/a=x;"},
	{"line ends", "<a>1\r\n2</a>", "/a=1\n2;"},
	{"own text of a parent", "<a>x<b>1</b>y<c/>z<d>2</d></a>",
	 "/a/b=1;/a/c=;/a/d=2;/a;"},
};

static void test_xml__gives_text_by_path(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(good); i++) {
		unit_result(good[i].name,
			    read_bytes(good[i].input, strlen(good[i].input)),
			    0);
		if (strcmp(seen.data, good[i].want)) {
			print_error("%s: want \"%s\", got \"%s\"\n",
				    good[i].name, good[i].want, seen.data);
			failed++;
		}
	}
	assert_int_equal(failed, 0);
}

#define LAUGHS                                                                 \
	"<?xml version=\"1.0\"?><!DOCTYPE a ["                                 \
	"<!ENTITY l0 \"ha\">"                                                  \
	"<!ENTITY l1 \"&l0;&l0;&l0;&l0;&l0;&l0;&l0;&l0;&l0;&l0;\">"            \
	"<!ENTITY l2 \"&l1;&l1;&l1;&l1;&l1;&l1;&l1;&l1;&l1;&l1;\">"            \
	"<!ENTITY l3 \"&l2;&l2;&l2;&l2;&l2;&l2;&l2;&l2;&l2;&l2;\">"            \
	"]><a>&l3;</a>"

static const struct {
	const char *name;
	const char *input;
	size_t len; /* 0: to the NUL */
	const char *says;
} bad[] = {
	{"empty", "", 0, "XML"},
	{"blanks", " \n", 0, "XML"},
	{"no XML", "Internal Server Error", 0, "XML"},
	{"JSON", "{\"a\": 1}", 0, "XML"},
	{"open element", "<a>", 0, "XML"},
	{"cut in a tag", "<a><b", 0, "XML"},
	{"crossed elements", "<a><b></a></b>", 0, "XML"},
	{"ended only", "</a>", 0, "XML"},
	{"two roots", "<a/><b/>", 0, "XML"},
	{"text behind", "<a/>x", 0, "XML"},
	{"unknown entity", "<a>&nbsp;</a>", 0, "XML"},
	{"bare ampersand", "<a>a & b</a>", 0, "XML"},
	{"reference to NUL", "<a>&#0;</a>", 0, "XML"},
	{"NUL inside", "<a>x\0y</a>", 10, "XML"},
	{"NUL behind", "<a>x</a>\0", 9, "XML"},
	{"control byte", "<a>\001</a>", 0, "XML"},
	{"invalid UTF-8", "<a>\xff\xfe</a>", 0, "XML"},
	{"overlong UTF-8", "<a>\xc0\xaf</a>", 0, "XML"},
	{"cut UTF-8", "<a>\xc3</a>", 0, "XML"},
	{"same attribute twice", "<a b=\"1\" b=\"2\"/>", 0, "XML"},
	{"DTD", "<!DOCTYPE a><a/>", 0, "document type"},
	{"DTD with a subset", "<!DOCTYPE a [<!ELEMENT a ANY>]><a/>", 0,
	 "document type"},
	{"DTD of a file",
	 "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>",
	 0, "document type"},
	{"billion laughs", LAUGHS, 0, "document type"},
};

static void test_xml__refuses_what_is_no_plain_xml(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(bad); i++) {
		size_t len = bad[i].len ? bad[i].len : strlen(bad[i].input);

		unit_result(bad[i].name, read_bytes(bad[i].input, len),
			    STATUS_DATA);
		unit_holds(bad[i].name, errinfo.text, bad[i].says);
	}
}

static void test_xml__refused_dtd_gives_no_element(void **state)
{
	(void)state;
	(void)read_bytes(LAUGHS, strlen(LAUGHS));
	assert_string_equal(seen.data, "");
}

/* Adds up the elements and the bytes of those that hold none. */
static int count(void *context, const char *path, const char *text)
{
	size_t *sum = context;

	*sum += 1 + (xml_ends(path, "b") ? strlen(text) : 0);
	return 0;
}

static void test_xml__depth_limit_is_exact(void **state)
{
	(void)state;
	for (size_t depth = DEPTH_LIMIT - 1; depth <= DEPTH_LIMIT + 1;
	     depth++) {
		size_t elements = 0;
		bool fits = depth <= DEPTH_LIMIT;

		set_input("", 0);
		for (size_t i = 1; i < depth; i++)
			buf_addf(&input, "<a>");
		buf_addf(&input, "<a/>");
		for (size_t i = 1; i < depth; i++)
			buf_addf(&input, "</a>");
		unit_result("depth", xml_read(&input, count, &elements),
			    fits ? 0 : STATUS_DATA);
		unit_number("elements", (long long)elements,
			    fits ? (long long)depth : 0);
	}
}

static void test_xml__text_limit_is_exact(void **state)
{
	(void)state;
	for (size_t len = TEXT_LIMIT - 1; len <= TEXT_LIMIT + 1; len++) {
		size_t sum = 0;
		bool fits = len <= TEXT_LIMIT;

		set_input("<a><b>", 6);
		for (size_t i = 0; i < len; i++)
			buf_add(&input, i % 64 ? "x" : "\n", 1);
		buf_addf(&input, "</b><c/></a>");
		unit_result("text", xml_read(&input, count, &sum),
			    fits ? 0 : STATUS_DATA);
		unit_number("sum", (long long)sum,
			    fits ? (long long)len + 3 : 0);
	}
}

static void test_xml__refuses_endless_names(void **state)
{
	size_t sum = 0;

	(void)state;
	set_input("<", 1);
	for (size_t i = 0; i < 60000; i++)
		buf_add(&input, "x", 1);
	buf_addf(&input, "/>");
	unit_result("name", xml_read(&input, count, &sum), STATUS_DATA);
	assert_int_equal(sum, 0);
}

/* What a broken document leaves behind does not matter to the next one. */
static void test_xml__reads_on_after_a_broken_document(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(bad); i++) {
		(void)read_bytes(bad[i].input, strlen(bad[i].input));
		unit_result(bad[i].name, read_bytes("<a><b>1</b></a>", 15), 0);
		unit_text(bad[i].name, seen.data, "/a/b=1;/a;");
	}
}

/* Refuses every element named stop. */
static int stop(void *context, const char *path, const char *text)
{
	unsigned *calls = context;

	(void)text;
	++*calls;
	if (!xml_ends(path, "stop"))
		return 0;
	errinfo_set(STATUS_TAKEN, "stopped");
	strcpy(errinfo.code, "Some");
	return -1;
}

static const struct {
	const char *name;
	const char *input;
	unsigned calls;
} stops[] = {
	{"inside", "<a><b/><stop/><c/></a>", 2},
	{"twice", "<a><stop/><stop/></a>", 1},
	{"with text", "<a><stop>x</stop><c>y</c></a>", 1},
	{"at the end", "<stop><a/></stop>", 2},
	{"broken behind", "<a><stop/><c></a>", 1},
};

static void test_xml__handler_error_stops_and_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(stops); i++) {
		unsigned calls = 0;

		set_input(stops[i].input, strlen(stops[i].input));
		unit_result(stops[i].name, xml_read(&input, stop, &calls),
			    STATUS_TAKEN);
		unit_text(stops[i].name, errinfo.text, "stopped");
		unit_text(stops[i].name, errinfo.code, "Some");
		unit_number(stops[i].name, calls, stops[i].calls);
	}
}

static const struct {
	const char *path;
	const char *elements;
	bool want;
} ends[] = {
	{"/A/HostedZone/Id", "HostedZone/Id", true},
	{"/A/HostedZone/Id", "Id", true},
	{"/HostedZone/Id", "HostedZone/Id", true},
	{"/A/OldHostedZone/Id", "HostedZone/Id", false},
	{"/A/HostedZone/Id/B", "HostedZone/Id", false},
	{"/A/HostedZone/ZoneId", "Id", false},
	{"/Id", "HostedZone/Id", false},
	{"/A/HostedZone", "HostedZone/Id", false},
};

static void test_xml__ends_goes_by_whole_elements(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(ends); i++)
		unit_number(ends[i].path,
			    xml_ends(ends[i].path, ends[i].elements),
			    ends[i].want);
}

static const struct {
	const char *name;
	const char *path;
	const char *text;
	const char *want; /* NULL: not of these elements */
} takes[] = {
	{"shorter", "/A/HostedZone/Id", "Z1", "Z1"},
	{"empty", "/A/HostedZone/Id", "", ""},
	{"longest", "/A/HostedZone/Id", "1234567", "1234567"},
	{"one byte over", "/A/HostedZone/Id", "12345678", ""},
	{"other elements", "/A/HostedZone/Name", "Z1", NULL},
	{"part of an element", "/A/OldHostedZone/Id", "Z1", NULL},
};

static void test_xml__take_copies_what_fits(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(takes); i++) {
		char to[8] = "before";
		bool took = xml_take(takes[i].path, takes[i].text,
				     "HostedZone/Id", to, sizeof(to));

		unit_number(takes[i].name, took, takes[i].want != NULL);
		unit_text(takes[i].name, to, took ? takes[i].want : "before");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xml__gives_text_by_path),
		cmocka_unit_test(test_xml__refuses_what_is_no_plain_xml),
		cmocka_unit_test(test_xml__refused_dtd_gives_no_element),
		cmocka_unit_test(test_xml__depth_limit_is_exact),
		cmocka_unit_test(test_xml__text_limit_is_exact),
		cmocka_unit_test(test_xml__refuses_endless_names),
		cmocka_unit_test(test_xml__reads_on_after_a_broken_document),
		cmocka_unit_test(test_xml__handler_error_stops_and_stays),
		cmocka_unit_test(test_xml__ends_goes_by_whole_elements),
		cmocka_unit_test(test_xml__take_copies_what_fits),
	};

	return RUN(tests);
}
