#include "unit.h"

#include "platform.h"
#include "yaml.h"

enum { DEPTH_LIMIT = 32 };

static struct buf seen;
static unsigned calls;

/* Read a document as "unit". */
static int read_bytes(const char *data, size_t size, yaml_handler on_root)
{
	unit_forget();
	buf_wipe(&seen);
	calls = 0;
	return yaml_read("unit", data, size, on_root, NULL);
}

static int read_text(const char *text, yaml_handler on_root)
{
	return read_bytes(text, strlen(text), on_root);
}

/* ---- Node by node. ---- */

static bool is_map[2 * DEPTH_LIMIT]; /* what the current node is in */
static size_t depth;

/* Write the current node down: {} and [] as they stand, a scalar between
 * quotes as it stood in the document, an alias as '*'. */
static void write_node(void)
{
	if (yaml_is_scalar()) {
		char quote = yaml_is_plain() ? '\'' : '"';

		buf_addf(&seen, "%c%s%c", quote, yaml_text(), quote);
		return;
	}
	unit_text("text of what is no scalar", yaml_text(), "");
	if (yaml_is_map() || yaml_is_list()) {
		is_map[depth++] = yaml_is_map();
		buf_addf(&seen, yaml_is_map() ? "{" : "[");
	} else if (yaml_is_end()) {
		buf_addf(&seen, is_map[--depth] ? "}" : "]");
	} else {
		buf_addf(&seen, "*");
	}
}

static int pass_over(void *context)
{
	(void)context;
	return yaml_skip();
}

static int walk(void *context)
{
	(void)context;
	calls++;
	depth = 0;
	for (;;) {
		write_node();
		if (!depth)
			return 0;
		if (yaml_next())
			return -1;
	}
}

static const struct {
	const char *name;
	const char *input;
	const char *want;
} walks[] = {
	{"scalar", "a", "'a'"},
	{"single quotes", "'a'", "\"a\""},
	{"double quotes", "\"a\"", "\"a\""},
	{"block text", "|\n  a\n", "\"a\n\""},
	{"escapes", "\"\\x41\\u00fc\\n\"", "\"A\xc3\xbc\n\""},
	{"empty text", "''", "\"\""},
	{"number", "-1.5", "'-1.5'"},
	{"map", "a: b\nc: d\n", "{'a''b''c''d'}"},
	{"map without values", "a:\nb:\n", "{'a''''b'''}"},
	{"list", "- a\n- b\n", "['a''b']"},
	{"flow style", "{a: [b, {}], c: []}", "{'a'['b'{}]'c'[]}"},
	{"JSON", "{\"a\": [1, \"b\", null], \"c\": {\"d\": true}}",
	 "{\"a\"['1'\"b\"'null']\"c\"{\"d\"'true'}}"},
	{"JSON with tabs and line ends", "{\r\n\t\"a\"\t:\t1\r\n}\r\n",
	 "{\"a\"'1'}"},
	{"JSON escapes", "\"\\/\\b\\u0041\"", "\"/\bA\""},
	{"alias", "[&x a, *x]", "['a'*]"},
	{"document markers", "%YAML 1.1\n---\na\n...\n", "'a'"},
	{"comment", "# c\na # d\n", "'a'"},
	{"UTF-8", "\xef\xbb\xbfz\xc3\xbc", "'z\xc3\xbc'"},
};

static void test_yaml__goes_node_by_node(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(walks); i++) {
		unit_result(walks[i].name, read_text(walks[i].input, walk), 0);
		unit_text(walks[i].name, seen.data, walks[i].want);
		unit_number(walks[i].name, calls, 1);
	}
}

static int on_nothing(void *context)
{
	(void)context;
	calls++;
	assert_false(yaml_is_scalar());
	assert_false(yaml_is_map());
	assert_false(yaml_is_list());
	assert_string_equal(yaml_text(), "");
	return yaml_skip();
}

static void test_yaml__calls_where_there_is_no_root(void **state)
{
	static const char *const inputs[] = {"", "\n\n", "# a comment\n"};

	(void)state;
	for (size_t i = 0; i < LENGTH(inputs); i++) {
		unit_result(inputs[i], read_text(inputs[i], on_nothing), 0);
		unit_number(inputs[i], calls, 1);
	}
}

static int refuse(void *context)
{
	(void)context;
	calls++;
	errinfo_set(STATUS_TAKEN, "refused");
	return -1;
}

static void test_yaml__error_of_the_caller_stays(void **state)
{
	static const char *const inputs[] = {"a", "{a: b}", "", "a\n--- b\n"};

	(void)state;
	for (size_t i = 0; i < LENGTH(inputs); i++) {
		unit_result(inputs[i], read_text(inputs[i], refuse),
			    STATUS_TAKEN);
		unit_text(inputs[i], errinfo.text.data, "refused");
		unit_number(inputs[i], calls, 1);
	}
}

/* ---- What is refused, and its place. ---- */

static const struct {
	const char *name;
	const char *input;
	size_t len; /* 0: to the NUL */
	const char *want;
} faults[] = {
	{"open map", "{a: b", 0, "unit:2:1: "},
	{"open list", "a:\n- [\n", 0, "unit:3:1: "},
	{"open quotes", "\"a", 0, "unit:1:3: "},
	{"tab in front", "a: b\n\tc: d\n", 0, "unit:2:1: "},
	{"wrong indent", "a: b\n c: d\n", 0, "unit:2:3: "},
	{"NUL in a text", "\"a\\0b\"", 0, "unit:1:1: a NUL byte"},
	{"NUL in a later text", "{a: b, c: \"\\0\"}", 0,
	 "unit:1:11: a NUL byte"},
	{"NUL in a key", "{\"a\\0\": b}", 0, "unit:1:2: a NUL byte"},
	{"NUL as it is", "a\0b", 3, "unit:1:"},
	{"unknown escape", "\"\\q\"", 0, "unit:1:"},
	{"control byte", "a: \001", 0, "unit:1:"},
	{"invalid UTF-8", "a: \xff", 0, "unit:1:"},
	{"second document", "a\n--- b\n", 0, "unit:2:1: a second document"},
	{"second, empty document", "a\n---\n", 0,
	 "unit:2:1: a second document"},
	{"second document behind a marker", "{a: b}\n...\n---\n- c\n", 0,
	 "unit:3:1: a second document"},
	{"broken behind the root", "{a: b}\n]\n", 0, "unit:2:1: "},
};

static void test_yaml__faults_have_a_place(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(faults); i++) {
		int rc = read_bytes(faults[i].input,
				    faults[i].len ? faults[i].len
						  : strlen(faults[i].input),
				    walk);

		if (rc == -1 && errinfo.status == STATUS_SETTINGS &&
		    !strncmp(errinfo.text.data, faults[i].want,
			     strlen(faults[i].want)))
			continue;
		print_error("%s: want \"%s\"; got rc %d, status %d: %s\n",
			    faults[i].name, faults[i].want, rc, errinfo.status,
			    errinfo.text.data);
		failed++;
	}
	assert_int_equal(failed, 0);
}

static int fault_of_value(void *context)
{
	(void)context;
	return yaml_next() || yaml_next() ? -1 : yaml_fault("ttl", "a number");
}

static int fault_of_document(void *context)
{
	(void)context;
	return yaml_fault("", "no map");
}

static void test_yaml__fault_tells_place_and_key(void **state)
{
	(void)state;
	unit_result("value", read_text("# c\n\n{ttl:   x}", fault_of_value),
		    STATUS_SETTINGS);
	assert_string_equal(errinfo.text.data, "unit:3:9: ttl: wants a number");
	unit_result("document", read_text("\n  x", fault_of_document),
		    STATUS_SETTINGS);
	assert_string_equal(errinfo.text.data, "unit:2:3: no map");
}

/* What a broken document leaves behind does not matter to the next one. */
static void test_yaml__reads_on_after_a_broken_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(faults); i++) {
		(void)read_text(faults[i].input, walk);
		unit_result(faults[i].name, read_text("[a]", pass_over), 0);
	}
}

/* ---- Maps. ---- */

/* Note the key, and pass over its value; refuse "stop". */
static int on_key(void *context)
{
	(void)context;
	calls++;
	buf_addf(&seen, "%s;", yaml_text());
	if (!strcmp(yaml_text(), "stop"))
		return errinfo_set(STATUS_TAKEN, "stopped");
	return yaml_next() ? -1 : yaml_skip();
}

static int on_map(void *context)
{
	(void)context;
	assert_true(yaml_is_map());
	return yaml_read_map(on_key, NULL) || !yaml_is_end() ? -1 : 0;
}

static const struct {
	const char *name;
	const char *input;
	const char *want;
	int status;
	const char *says;
} maps[] = {
	{"empty", "{}", "", 0, ""},
	{"keys", "a: 1\nb: 2\nc: 3\n", "a;b;c;", 0, ""},
	{"inner keys are the value's", "a: {b: c, d: {}}\ne: [{f: g}]\n",
	 "a;e;", 0, ""},
	{"quoted key", "\"a\": 1\n'b': 2\n", "a;b;", 0, ""},
	{"same key twice", "a: 1\na: 2\n", "a;a;", 0, ""},
	{"alias as a value", "a: &x {b: c}\nd: *x\ne: f\n", "a;d;e;", 0, ""},
	{"list as a key", "[a]: 1\n", "", STATUS_SETTINGS, "unit:1:1: a key"},
	{"map as a key", "b: c\n? {a: 1}\n: 1\n", "b;", STATUS_SETTINGS,
	 "unit:2:3: a key"},
	{"alias as a key", "a: &x b\n*x : 1\n", "a;", STATUS_SETTINGS,
	 "unit:2:1: a key"},
	{"broken", "a: 1\nb: [\n", "a;b;", STATUS_SETTINGS, "unit:3:1: "},
	{"refused by the caller", "a: 1\nstop: 2\nb: 3\n", "a;stop;",
	 STATUS_TAKEN, "stopped"},
};

static void test_yaml__read_map_calls_at_each_key(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(maps); i++) {
		unit_result(maps[i].name, read_text(maps[i].input, on_map),
			    maps[i].status);
		unit_text(maps[i].name, seen.data, maps[i].want);
		unit_starts(maps[i].name, errinfo.text.data, maps[i].says);
	}
}

/* ---- Aliases. ---- */

static int look_at_node(void *context);

static int look_at_list(void *context)
{
	(void)context;
	for (;;) {
		if (yaml_next())
			return -1;
		if (yaml_is_end())
			return 0;
		if (yaml_follow(look_at_node, NULL))
			return -1;
	}
}

static int look_at_node(void *context)
{
	(void)context;
	calls++;
	if (yaml_is_list())
		return look_at_list(NULL);
	buf_addf(&seen, "%s;", yaml_text());
	return yaml_skip();
}

static const struct {
	const char *name;
	const char *input;
	const char *want;
	const char *says; /* an error; NULL: none */
} followed[] = {
	{"scalar", "[&x a, *x, b]", "a;a;b;", NULL},
	{"list", "[&x [a, b], *x, c]", "a;b;a;b;c;", NULL},
	{"of an alias", "[&x a, &y [*x, b], *y, c]", "a;a;b;a;b;c;", NULL},
	{"map", "[&x {a: b}, *x, c]", ";;c;", NULL},
	{"deep in what was passed over", "[{k: [{l: &x a}]}, *x]", ";a;", NULL},
	{"anchor behind it", "[*x, &x a]", "", "unit:1:2: the alias of no"},
	{"no anchor", "[a,\n *x]", "a;", "unit:2:2: the alias of no"},
	{"two anchors", "[&x a, &x b, *x]", "a;b;",
	 "unit:1:14: the alias of two"},
	{"two anchors, one behind it", "[&x a, *x, &x b]", "a;a;b;", NULL},
	{"endless", "[&x [a, *x]]", "a;a;a;a;a;a;a;a;a;",
	 "unit:1:9: too many aliases"},
	{"eight in one another",
	 "[&a a, &b [*a], &c [*b], &d [*c], &e [*d], &f [*e], &g [*f], "
	 "&h [*g], *h]",
	 "a;a;a;a;a;a;a;a;a;", NULL},
	{"broken behind it", "[&x a, *x, b", "a;a;b;", "unit:"},
};

static void test_yaml__follows_aliases(void **state)
{
	bool had_user = build_is_whole;

	(void)state;
	build_is_whole = true;
	for (size_t i = 0; i < LENGTH(followed); i++) {
		unit_result(followed[i].name,
			    read_text(followed[i].input, look_at_node),
			    followed[i].says ? STATUS_SETTINGS : 0);
		unit_text(followed[i].name, seen.data, followed[i].want);
		if (followed[i].says)
			unit_starts(followed[i].name, errinfo.text.data,
				    followed[i].says);
	}
	build_is_whole = had_user;
}

/* It would take more than there is to read the nodes of all. */
static void test_yaml__follows_no_bomb(void **state)
{
	static struct buf bomb;
	bool had_user = build_is_whole;

	(void)state;
	build_is_whole = true;
	buf_set(&bomb, "[&a [a, a, a, a, a, a, a, a, a]");
	for (char c = 'b'; c <= 'h'; c++)
		buf_addf(&bomb, ",&%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]", c,
			 c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1,
			 c - 1);
	buf_addf(&bomb, ",*h]");
	unit_result("bomb", read_text(bomb.data, look_at_node),
		    STATUS_SETTINGS);
	unit_holds("bomb", errinfo.text.data, "too many aliases");
	build_is_whole = had_user;
}

/* ---- Members. ---- */

static struct yaml_members found;

static const char *member(size_t i)
{
	return found.text[i] ? found.text[i] : "";
}

static int on_members(void *context)
{
	(void)context;
	if (yaml_read_members("path encoding content ", &found)) {
		yaml_wipe_members(&found);
		return -1;
	}
	calls++;
	for (size_t i = 0; i < 3; i++)
		buf_addf(&seen, "%s;", member(i));
	yaml_wipe_members(&found);
	return 0;
}

static const struct {
	const char *name;
	const char *input;
	const char *want;
} members[] = {
	{"all", "path: a\nencoding: b\ncontent: c\n", "a;b;c;"},
	{"other order", "content: c\npath: a\nencoding: b\n", "a;b;c;"},
	{"one", "{content: c}", ";;c;"},
	{"none", "{}", ";;;"},
	{"others too", "x: 1\npath: a\ny: {path: b, z: [1]}\ncontent: c\n",
	 "a;;c;"},
	{"inner ones", "x: {path: b}\ny: [{content: c}]\n", ";;;"},
	{"no scalars", "path: [a]\nencoding: {b: c}\ncontent: c\n", ";;c;"},
	{"alias", "x: &x a\npath: *x\ncontent: c\n", ";;c;"},
	{"JSON", "{\"path\": \"a\", \"content\": 1}", "a;;1;"},
	{"empty texts", "path: ''\nencoding:\ncontent: c\n", ";;c;"},
	{"part of a name", "pat: a\npaths: b\n", ";;;"},
	{"text", "path", ";;;"},
	{"list", "[path, a]", ";;;"},
	{"list of maps", "[{path: a}]", ";;;"},
	{"nothing", "", ";;;"},
};

static void test_yaml__reads_members(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(members); i++) {
		/* Those of a map before are not taken for this one's. */
		unit_result("before",
			    read_text("path: x\nencoding: x\ncontent: x\n",
				      on_members),
			    0);
		unit_result(members[i].name,
			    read_text(members[i].input, on_members), 0);
		unit_number(members[i].name, calls, 1);
		if (strcmp(seen.data, members[i].want)) {
			print_error("%s: want \"%s\", got \"%s\"\n",
				    members[i].name, members[i].want,
				    seen.data);
			failed++;
		}
	}
	assert_int_equal(failed, 0);
	yaml_wipe_members(&found);
}

static int on_four_members(void *context)
{
	(void)context;
	return yaml_read_members("a b c d ", &found);
}

static void test_yaml__reads_four_members_and_wipes_them(void **state)
{
	static const char *const want[] = {"1", "2", "3", "4"};

	(void)state;
	unit_result(
		"four",
		read_text("{a: 1, b: 2, c: 3, d: 4, e: 5}", on_four_members),
		0);
	for (size_t i = 0; i < LENGTH(want); i++)
		assert_string_equal(member(i), want[i]);
	yaml_wipe_members(&found);
	for (size_t i = 0; i < LENGTH(want); i++)
		assert_string_equal(member(i), "");
	yaml_wipe_members(&found);
}

static void test_yaml__broken_members(void **state)
{
	(void)state;
	unit_result("broken",
		    read_text("{path: a, content: \"\\0\"}", on_members),
		    STATUS_SETTINGS);
	unit_result("key", read_text("{path: a, [b]: c}", on_members),
		    STATUS_SETTINGS);
	unit_result("next", read_text("{content: c}", on_members), 0);
	assert_string_equal(seen.data, ";;c;");
	yaml_wipe_members(&found);
}

/* ---- Skipping. ---- */

static int skip_second(void *context)
{
	(void)context;
	if (yaml_next() || yaml_next() || yaml_skip() || yaml_next())
		return -1;
	buf_addf(&seen, "%s", yaml_text());
	return yaml_next() || !yaml_is_end() ? -1 : 0;
}

static const char *const skipped[] = {
	"[a, b, end]",	     "[a, 'b', end]",	"[a, [], end]",
	"[a, {}, end]",	     "[a, [b], end]",	"[a, {b: [c, {}]}, end]",
	"[a, [[[b]]], end]", "[&a a, *a, end]", "[a, {[b]: [c]}, end]",
};

static void test_yaml__skip_goes_to_the_end_of_a_node(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(skipped); i++) {
		unit_result(skipped[i], read_text(skipped[i], skip_second), 0);
		unit_text(skipped[i], seen.data, "end");
	}
}

static void test_yaml__skip_depth_limit_is_exact(void **state)
{
	static const char *const kinds[][2] = {{"[", "]"}, {"{a: ", "}"}};

	(void)state;
	for (size_t i = 0; i < LENGTH(kinds); i++)
		for (size_t deep = DEPTH_LIMIT - 1; deep <= DEPTH_LIMIT + 1;
		     deep++) {
			static struct buf text;

			buf_set(&text, "%s", "");
			for (size_t j = 0; j < deep; j++)
				buf_addf(&text, "%s", kinds[i][0]);
			for (size_t j = 0; j < deep; j++)
				buf_addf(&text, "%s", kinds[i][1]);
			unit_result(kinds[i][0],
				    read_text(text.data, pass_over),
				    deep > DEPTH_LIMIT ? STATUS_SETTINGS : 0);
			if (deep > DEPTH_LIMIT)
				unit_holds(kinds[i][0], errinfo.text.data,
					   "nested");
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_yaml__goes_node_by_node),
		cmocka_unit_test(test_yaml__calls_where_there_is_no_root),
		cmocka_unit_test(test_yaml__error_of_the_caller_stays),
		cmocka_unit_test(test_yaml__faults_have_a_place),
		cmocka_unit_test(test_yaml__fault_tells_place_and_key),
		cmocka_unit_test(test_yaml__reads_on_after_a_broken_one),
		cmocka_unit_test(test_yaml__read_map_calls_at_each_key),
		cmocka_unit_test(test_yaml__follows_aliases),
		cmocka_unit_test(test_yaml__follows_no_bomb),
		cmocka_unit_test(test_yaml__reads_members),
		cmocka_unit_test(test_yaml__reads_four_members_and_wipes_them),
		cmocka_unit_test(test_yaml__broken_members),
		cmocka_unit_test(test_yaml__skip_goes_to_the_end_of_a_node),
		cmocka_unit_test(test_yaml__skip_depth_limit_is_exact),
	};

	return RUN(tests);
}
