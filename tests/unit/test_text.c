#include "unit.h"

#include "text.h"

static const struct {
	const char *name;
	const char *text;
	const char *pattern;
	bool want;
} patterns[] = {
	{"word", "abc", "^abc$", true},
	{"inside", "xabcx", "abc", true},
	{"start", "abcx", "^abc", true},
	{"not the start", "xabc", "^abc", false},
	{"end", "xabc", "abc$", true},
	{"not the end", "abcx", "abc$", false},
	{"other case", "ABC", "^abc$", false},
	{"range", "z9_", "^[a-z0-9_]+$", true},
	{"behind a range", "{", "^[a-z]$", false},
	{"count", "aaa", "^a{1,3}$", true},
	{"beyond a count", "aaaa", "^a{1,3}$", false},
	{"first choice", "public", "^(public|private)$", true},
	{"second choice", "private", "^(public|private)$", true},
	{"both choices", "publicprivate", "^(public|private)$", false},
	{"literal dot", "a.b", "^a[.]b$", true},
	{"no literal dot", "axb", "^a[.]b$", false},
	{"empty, all of it", "", "^$", true},
	{"empty, at least one", "", "^.+$", false},
	{"newline behind", "abc\n", "^abc$", false},
	{"line of several", "x\nabc\ny", "^abc$", false},
	{"newline is a byte", "a\nb", "^a.b$", true},
	{"printable", "!~", "^[!-~]+$", true},
	{"blank is not", "! ~", "^[!-~]+$", false},
	{"delete is not", "\x7f", "^[!-~]+$", false},
	{"UTF-8 is not", "\xc3\xbc", "^[!-~]+$", false},
	{"two bytes of UTF-8", "\xc3\xbc", "^..$", true},
	{"invalid UTF-8", "\xff", "^.$", true},
	{"nothing at all", NULL, "", false},
	{"nothing, any", NULL, "^.*$", false},
};

static void test_text__matches_by_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(patterns); i++)
		unit_number(patterns[i].name,
			    text_matches(patterns[i].text, patterns[i].pattern),
			    patterns[i].want);
}

static const struct {
	const char *name;
	const char *word;
	const char *words;
	unsigned want;
} places[] = {
	{"first", "a", "a b c ", 0},
	{"second", "b", "a b c ", 1},
	{"last", "c", "a b c ", 2},
	{"not there", "d", "a b c ", 3},
	{"only one", "a", "a ", 0},
	{"beginning of one", "Na", "Name Id ", 2},
	{"one and more", "Names", "Name Id ", 2},
	{"end of one", "ame", "Name Id ", 2},
	{"behind one that it begins", "Id", "IdX Id ", 1},
	{"other case", "id", "Name Id ", 2},
	{"empty word", "", "a b ", 2},
	{"no words", "a", "", 0},
	{"twice", "b", "a b b ", 1},
};

static void test_text__place_goes_by_whole_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(places); i++)
		unit_number(places[i].name,
			    text_place(places[i].word, places[i].words),
			    places[i].want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text__matches_by_bytes),
		cmocka_unit_test(test_text__place_goes_by_whole_words),
	};

	return RUN(tests);
}
