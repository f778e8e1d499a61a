#include "unit.h"

#include "xml.h"

enum { INPUT_LIMIT = 65536, DEPTH_LIMIT = 32 };

static char input[INPUT_LIMIT];
static size_t input_len;

static void add(const char *text, size_t count)
{
	while (count--) {
		size_t len = strlen(text);

		assert_true(input_len + len < sizeof(input));
		memcpy(input + input_len, text, len + 1);
		input_len += len;
	}
}

static void set_input(const char *bytes, size_t len)
{
	unit_forget();
	memcpy(input, bytes, len);
	input[len] = '\0';
	input_len = len;
}

/* The rows, each as "[.|first|second]", and '+' for XML_NEXT. */
static struct buf seen;
static size_t columns;

static int record(const struct buf *row, void *context)
{
	(void)context;
	for (size_t i = 0; i < columns; i++) {
		assert_int_equal(row[i].len, strlen(row[i].data));
		buf_addf(&seen, "%c", i ? '|' : '[');
		for (const char *c = row[i].data; *c; c++)
			buf_addf(&seen, "%c", *c == *XML_NEXT ? '+' : *c);
	}
	buf_addf(&seen, "]");
	return 0;
}

static int read_input(const char *fields)
{
	columns = 0;
	for (const char *c = fields; *c; c++)
		columns += *c == ' ';
	buf_wipe(&seen);
	return xml_read(input, input_len, fields, record, NULL);
}

static int read_text(const char *text, const char *fields)
{
	set_input(text, strlen(text));
	return read_input(fields);
}

/* How a text is read. */
static const struct {
	const char *name;
	const char *input;
	const char *want;
} texts[] = {
	{"empty element", "<a/>", ""},
	{"text", "<a>x</a>", "x"},
	{"declaration",
	 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a>x</a>\n", "x"},
	{"blanks are kept", "<a> x\n </a>", " x\n "},
	{"entities", "<a>&lt;&gt;&amp;&quot;&apos;</a>", "<>&\"'"},
	{"decimal reference", "<a>&#42;</a>", "*"},
	{"hexadecimal reference", "<a>&#x2A;&#xfc;</a>", "*\xc3\xbc"},
	{"CDATA", "<a><![CDATA[<b>&amp;]]></a>", "<b>&amp;"},
	{"CDATA and text", "<a>1<![CDATA[2]]>3</a>", "123"},
	{"comment", "<a>1<!-- <b>no</b> -->2</a>", "12"},
	{"comment behind", "<a>1</a><!-- x -->", "1"},
	{"processing instruction", "<a>1<?php no?>2</a>", "12"},
	{"attributes", "<a b=\"1\" c='2'>x</a>", "x"},
	{"default namespace", "<a xmlns=\"https://x.example/\">1</a>", "1"},
	{"UTF-8", "<a>z\xc3\xbcrich</a>", "z\xc3\xbcrich"},
	{"byte order mark", "\xef\xbb\xbf<a>x</a>", "x"},
	{"line ends", "<a>1\r\n2</a>", "1\n2"},
	{"below others", "<x><y><a>1</a></y></x>", "1"},
	{"before an empty one", "<x><a>1</a><y/></x>", "1"},
	{"behind an empty one", "<x>\n <y/>\n <a>1</a>\n</x>", "1"},
	{"attribute of that name", "<x a=\"1\"/>", ""},
	{"name in another", "<x><aa>1</aa><A>2</A></x>", ""},
	{"blanks between are no text", "<x>\n<a>1</a>\n</x>\n", "1"},
};

static void test_xml__reads_texts(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		static struct buf want;

		unit_result(texts[i].name, read_text(texts[i].input, "- a "),
			    0);
		buf_set(&want, "[|%s]", texts[i].want);
		if (strcmp(seen.data, want.data)) {
			print_error("%s: want \"%s\", got \"%s\"\n",
				    texts[i].name, want.data, seen.data);
			failed++;
		}
	}
	assert_int_equal(failed, 0);
}

#define ZONE(id, name) "<Zone><Id>" id "</Id><Name>" name "</Name></Zone>"

static const struct {
	const char *name;
	const char *input;
	const char *fields;
	const char *want;
} rows[] = {
	{"no row", "<A><Zones/></A>", "Zone Id Name ", "[||]"},
	{"one", "<A>" ZONE("1", "a") "</A>", "Zone Id Name ", "[.|1|a][||]"},
	{"two", "<A>" ZONE("1", "a") ZONE("2", "b") "</A>", "Zone Id Name ",
	 "[.|1|a][.|2|b][||]"},
	{"other order of names", "<A>" ZONE("1", "a") "</A>", "Zone Name Id ",
	 "[.|a|1][||]"},
	{"one not asked for", "<A>" ZONE("1", "a") "</A>", "Zone Name ",
	 "[.|a][|]"},
	{"row alone", "<A>" ZONE("1", "a") ZONE("2", "b") "</A>", "Zone ",
	 "[.][.][]"},
	{"one not there", "<A><Zone><Id>1</Id></Zone></A>", "Zone Id Name ",
	 "[.|1|][||]"},
	{"empty row", "<A><Zone/>" ZONE("1", "a") "</A>", "Zone Id Name ",
	 "[.||][.|1|a][||]"},
	{"empty text", "<A><Zone><Id/><Name></Name></Zone></A>",
	 "Zone Id Name ", "[.||][||]"},
	{"nothing of a row before goes on",
	 "<A>" ZONE("1", "a") "<Zone><Name>b</Name></Zone></A>",
	 "Zone Id Name ", "[.|1|a][.||b][||]"},
	{"further down", "<A><Zone><C><D><Id>1</Id></D></C><E>x</E></Zone></A>",
	 "Zone Id Name ", "[.|1|][||]"},
	{"behind the last", "<A>" ZONE("1", "a") "<Next>2</Next></A>",
	 "Zone Id Name Next ", "[.|1|a|][|||2]"},
	{"before the first", "<A><Next>2</Next>" ZONE("1", "a") "</A>",
	 "Zone Id Name Next ", "[.|1|a|2][|||]"},
	{"document is the row", "<Zone><Id>1</Id></Zone>", "Zone Id ",
	 "[.|1][|]"},
	{"no name for rows", "<A><Id>1</Id><Id>2</Id></A>", "- Id ", "[|1+2]"},
	{"several of one name",
	 "<A><Zone><Id>1</Id><Id>2</Id><Id>3</Id></Zone></A>", "Zone Id ",
	 "[.|1+2+3][|]"},
	{"several apart",
	 "<A><Zone><V><Id>1</Id></V><Name>a</Name><V><Id>2</Id></V></Zone></A>",
	 "Zone Id Name ", "[.|1+2|a][||]"},
	{"several, the second one empty", "<A><Zone><Id>1</Id><Id/></Zone></A>",
	 "Zone Id ", "[.|1+][|]"},
	{"text of the row itself", "<A><Zone>x</Zone></A>", "Zone Id ",
	 "[.|][|]"},
	{"as many fields as may be",
	 "<A><R><a>1</a><b>2</b><c>3</c><d>4</d><e>5</e><f>6</f><g>7</g>"
	 "<h>8</h><i>9</i><j>10</j><k>11</k></R></A>",
	 "R a b c d e f g h i j ", "[.|1|2|3|4|5|6|7|8|9|10][||||||||||]"},
};

static void test_xml__gives_rows(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		unit_result(rows[i].name,
			    read_text(rows[i].input, rows[i].fields), 0);
		if (strcmp(seen.data, rows[i].want)) {
			print_error("%s: want \"%s\", got \"%s\"\n",
				    rows[i].name, rows[i].want, seen.data);
			failed++;
		}
	}
	assert_int_equal(failed, 0);
}

static void test_xml__tells_the_root(void **state)
{
	(void)state;
	unit_result("first",
		    read_text("<ErrorResponse><a/></ErrorResponse>", "- a "),
		    0);
	assert_string_equal(xml_root.data, "ErrorResponse");
	unit_result("next", read_text("<Response/>", "- a "), 0);
	assert_string_equal(xml_root.data, "Response");
	unit_result("none", read_text("no XML", "- a "), STATUS_DATA);
	assert_string_equal(xml_root.data, "");
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
	{"cut behind a text", "<r><a>1</a><b>2</b>", 0, "XML"},
	{"cut in a text", "<r><a>1</a><b>2", 0, "XML"},
	{"crossed elements", "<a><b></a></b>", 0, "XML"},
	{"ended only", "</a>", 0, "XML"},
	{"two roots", "<a/><b/>", 0, "XML"},
	{"text behind", "<a/>x", 0, "XML"},
	{"unknown entity", "<a>&nbsp;</a>", 0, "XML"},
	{"bare ampersand", "<a>a & b</a>", 0, "XML"},
	{"reference to NUL", "<a>&#0;</a>", 0, "XML"},
	{"reference to what stands between", "<a>&#1;</a>", 0, "XML"},
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
	{"DTD in UTF-16", "<\0!\0D\0O\0C\0T\0Y\0P\0E\0 \0a\0>\0<\0a\0/\0>\0",
	 32, "document type"},
	{"DTD in UTF-16 from its high bytes",
	 "\0<\0!\0D\0O\0C\0T\0Y\0P\0E\0 \0a\0>\0<\0a\0/\0>", 32,
	 "document type"},
};

static void test_xml__refuses_what_is_no_plain_xml(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(bad); i++) {
		size_t len = bad[i].len ? bad[i].len : strlen(bad[i].input);

		set_input(bad[i].input, len);
		unit_result(bad[i].name, read_input("r a b "), STATUS_DATA);
		unit_holds(bad[i].name, errinfo.text.data, bad[i].says);
	}
}

static void test_xml__refused_dtd_gives_no_row(void **state)
{
	(void)state;
	(void)read_text(LAUGHS, "a ");
	assert_string_equal(seen.data, "");
}

/* What a broken document leaves behind does not matter to the next one. */
static void test_xml__reads_on_after_a_broken_document(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(bad); i++) {
		(void)read_text(bad[i].input, "r a b ");
		unit_result(bad[i].name,
			    read_text("<x><r><b>1</b></r></x>", "r a b "), 0);
		unit_text(bad[i].name, seen.data, "[.||1][||]");
		unit_text(bad[i].name, xml_root.data, "x");
	}
}

static void test_xml__depth_limit_is_exact(void **state)
{
	(void)state;
	for (size_t depth = DEPTH_LIMIT - 1; depth <= DEPTH_LIMIT + 1;
	     depth++) {
		bool fits = depth <= DEPTH_LIMIT;

		set_input("", 0);
		add("<a>", depth - 1);
		add("<b></b>", 1);
		add("</a>", depth - 1);
		unit_result("depth", read_input("b "), fits ? 0 : STATUS_DATA);
		unit_text("depth", seen.data, fits ? "[.][]" : "");
	}
}

static char letters[BUF_LIMIT + 10];

/* The second of two texts that reach the limit together. */
static int check_length(const struct buf *row, void *context)
{
	(void)context;
	if (!row->len)
		return 0;
	assert_true(strlen(row[1].data) <= BUF_LIMIT);
	if (strncmp(row[1].data, letters, strlen(row[1].data)))
		fail_msg("not the front of the text");
	columns = strlen(row[1].data);
	unit_text("behind", row[2].data, "x");
	return 0;
}

static void test_xml__cuts_a_text_beyond_its_limit(void **state)
{
	(void)state;
	for (size_t len = BUF_LIMIT - 1; len <= BUF_LIMIT + 9; len++) {
		for (size_t i = 0; i < len; i++)
			letters[i] = i % 64 ? 'a' + (char)(i % 26) : '\n';
		letters[len] = '\0';
		set_input("<r><a>", 6);
		add(letters, 1);
		add("</a><b>x</b></r>", 1);
		unit_result("text",
			    xml_read(input, input_len, "r a b ", check_length,
				     NULL),
			    0);
		if (len <= BUF_LIMIT)
			assert_int_equal(columns, len);
	}
}

static void test_xml__cuts_endless_names(void **state)
{
	(void)state;
	set_input("<", 1);
	add("x", 60000);
	add("/>", 1);
	unit_result("name", read_input("r a "), 0);
	assert_string_equal(seen.data, "[|]");
	assert_int_equal(strspn(xml_root.data, "x"), strlen(xml_root.data));
	assert_true(strlen(xml_root.data) <= BUF_LIMIT);
}

static unsigned calls;

/* Refuses every row where a text is "stop". */
static int stop(const struct buf *row, void *context)
{
	(void)context;
	calls++;
	if (strcmp(row[1].data, "stop"))
		return 0;
	errinfo_set(STATUS_TAKEN, "stopped");
	errinfo.code = "Some";
	return -1;
}

static const struct {
	const char *name;
	const char *input;
	unsigned calls;
} stops[] = {
	{"first row", "<x><r><a>stop</a></r><r/></x>", 1},
	{"second row", "<x><r/><r><a>stop</a></r><r/></x>", 2},
	{"twice", "<x><r><a>stop</a></r><r><a>stop</a></r></x>", 1},
	{"empty ones behind", "<x><r><a>stop</a></r><a/><r/></x>", 1},
	{"what follows the last", "<x><r/><a>stop</a></x>", 2},
	{"broken behind", "<x><r><a>stop</a></r><c></x>", 1},
	{"nested too deep behind",
	 "<r><a>stop</a><r/><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>"
	 "<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>",
	 1},
};

static void test_xml__handler_error_stops_and_stays(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(stops); i++) {
		calls = 0;
		set_input(stops[i].input, strlen(stops[i].input));
		unit_result(stops[i].name,
			    xml_read(input, input_len, "r a ", stop, NULL),
			    STATUS_TAKEN);
		unit_text(stops[i].name, errinfo.text.data, "stopped");
		unit_text(stops[i].name, errinfo.code, "Some");
		unit_number(stops[i].name, calls, stops[i].calls);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_xml__reads_texts),
		cmocka_unit_test(test_xml__gives_rows),
		cmocka_unit_test(test_xml__tells_the_root),
		cmocka_unit_test(test_xml__refuses_what_is_no_plain_xml),
		cmocka_unit_test(test_xml__refused_dtd_gives_no_row),
		cmocka_unit_test(test_xml__reads_on_after_a_broken_document),
		cmocka_unit_test(test_xml__depth_limit_is_exact),
		cmocka_unit_test(test_xml__cuts_a_text_beyond_its_limit),
		cmocka_unit_test(test_xml__cuts_endless_names),
		cmocka_unit_test(test_xml__handler_error_stops_and_stays),
	};

	return RUN(tests);
}
