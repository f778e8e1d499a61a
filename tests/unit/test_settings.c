#undef _FORTIFY_SOURCE /* which defines read, too */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "cloud_config.h"
#include "platform.h"
#include "settings.h"

enum { FILE_LIMIT = 1024 * 1024, DEPTH_LIMIT = 32 };

/* A folder of this run's own, and one file in it. */
static char folder[256];
static char path[300];

static int make_folder(void **state)
{
	(void)state;
	if (unit_make_folder(folder, sizeof(folder)))
		return -1;
	/* A person is told what was probably meant. */
	build_is_whole = true;
	(void)snprintf(path, sizeof(path), "%s/settings", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	(void)unlink(path);
	return rmdir(folder);
}

static int remove_file(void **state)
{
	(void)state;
	(void)unlink(path);
	(void)rmdir(path);
	return 0;
}

static void write_bytes(const char *bytes, size_t len)
{
	FILE *file = fopen(path, "w");

	unit_forget();
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

static int read_bytes(struct settings *settings, const char *bytes, size_t len)
{
	write_bytes(bytes, len);
	return settings_read_file(settings, path);
}

static int read_text(struct settings *settings, const char *text)
{
	return read_bytes(settings, text, strlen(text));
}

static int read_cloud(struct settings *settings, const char *text)
{
	write_bytes(text, strlen(text));
	return cloud_config_read(settings, path);
}

/* That the error stands at PATH:place and says so. */
static void check_place(const char *row, const char *place, const char *says)
{
	size_t len = strlen(path);

	unit_starts(row, errinfo.text.data, path);
	unit_starts(row, errinfo.text.data + len, place);
	unit_holds(row, errinfo.text.data + len, says);
}

/* ---- What is taken. ---- */

static const struct {
	const char *name;
	enum setting setting;
	const char *want;
} defaults[] = {
	{"name", SETTING_NAME, ""},
	{"zone", SETTING_ZONE, ""},
	{"zone_id", SETTING_ZONE_ID, ""},
	{"visibility", SETTING_VISIBILITY, ""},
	{"ttl", SETTING_TTL, "60"},
	{"action", SETTING_ACTION, "UPSERT"},
	{"address", SETTING_ADDRESS, "public"},
	{"types", SETTING_TYPES, ""},
	{"owner_record", SETTING_OWNER_RECORD, ""},
	{"take_over", SETTING_TAKE_OVER, "never"},
	{"routing", SETTING_ROUTING, "simple"},
	{"weight", SETTING_WEIGHT, "1"},
	{"set_identifier", SETTING_SET_IDENTIFIER, ""},
	{"health_check_id", SETTING_HEALTH_CHECK_ID, ""},
	{"records", SETTING_RECORDS, ""},
	{"role_arn", SETTING_ROLE_ARN, ""},
	{"external_id", SETTING_EXTERNAL_ID, ""},
	{"grace", SETTING_GRACE, "0"},
	{"timeout", SETTING_TIMEOUT, "300"},
	{"wait", SETTING_WAIT, ""},
	{"proxy", SETTING_PROXY, ""},
};

static struct settings settings;

static void check_defaults(void)
{
	assert_null(settings.next);
	assert_false(settings.is_record);
	for (size_t i = 0; i < LENGTH(defaults); i++)
		unit_text(defaults[i].name, settings.value[defaults[i].setting],
			  defaults[i].want);
}

static void test_settings__defaults(void **state)
{
	(void)state;
	memset(&settings, 'x', sizeof(settings));
	settings_init(&settings);
	assert_false(settings.found);
	check_defaults();
	unit_result("{}", read_text(&settings, "{}\n"), 0);
	assert_true(settings.found);
	check_defaults();
}

/* Its texts are kept in one place, which is for one run of the program. */
static void test_settings__init_forgets_what_was_read(void **state)
{
	static struct buf text;

	(void)state;
	buf_set(&text, "role_arn: arn:");
	for (size_t i = strlen("arn:"); i < SETTING_LIMIT; i++)
		buf_add(&text, "x", 1);
	buf_addf(&text, "\nttl: 5\nrecords: [{name: web.a}]\n");
	for (unsigned i = 0; i < 20; i++) {
		settings_init(&settings);
		check_defaults();
		unit_result("again", read_text(&settings, text.data), 0);
		assert_string_equal(settings.value[SETTING_TTL], "5");
		assert_non_null(settings.next);
	}
	settings_init(&settings);
	check_defaults();
	assert_false(settings.found);
}

static void test_settings__asked_for_words_and_numbers(void **state)
{
	(void)state;
	settings_init(&settings);
	assert_true(settings_is(&settings, SETTING_ACTION, "UPSERT"));
	assert_false(settings_is(&settings, SETTING_ACTION, "CREATE"));
	assert_false(settings_is(&settings, SETTING_ACTION, "UPSER"));
	assert_false(settings_is(&settings, SETTING_ACTION, "UPSERTS"));
	assert_true(settings_is(&settings, SETTING_ZONE, ""));
	assert_int_equal(settings_number(&settings, SETTING_TTL), 60);
	assert_int_equal(settings_number(&settings, SETTING_GRACE), 0);
	unit_result("digits",
		    read_text(&settings, "ttl: 2147483647\ngrace: 10\n"), 0);
	assert_int_equal(settings_number(&settings, SETTING_TTL), 2147483647);
	assert_int_equal(settings_number(&settings, SETTING_GRACE), 10);
}

static void test_settings__asked_for_truth(void **state)
{
	static const struct {
		const char *word;
		bool want;
	} words[] = {
		{"", false},	{"true", true},	  {"True", true},
		{"yes", true},	{"Yes", true},	  {"on", true},
		{"On", true},	{"false", false}, {"False", false},
		{"no", false},	{"No", false},	  {"off", false},
		{"Off", false},
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(words); i++) {
		settings_init(&settings);
		settings.value[SETTING_OWNER_RECORD] = words[i].word;
		unit_number(words[i].word,
			    settings_is_true(&settings, SETTING_OWNER_RECORD),
			    words[i].want);
		unit_number(words[i].word,
			    settings_is_true(&settings, SETTING_WAIT), false);
	}
}

#define BYTES_16 "abcdefghijklmnop"
#define BYTES_32 "abcdefghijklmnopqrstuvwxyz012345"
#define BYTES_128 BYTES_32 BYTES_32 BYTES_32 BYTES_32
#define LABELS_250                                                             \
	BYTES_32 BYTES_16 "." BYTES_32 BYTES_16 "." BYTES_32 BYTES_16          \
			  "." BYTES_32 BYTES_16 "." BYTES_32 BYTES_16 "."      \
			  "abcde"
#define BYTES_1024                                                             \
	BYTES_128 BYTES_128 BYTES_128 BYTES_128 BYTES_128 BYTES_128 BYTES_128  \
		BYTES_128
#define BYTES_200 BYTES_128 BYTES_32 BYTES_32 "01234567"
#define BYTES_512 BYTES_128 BYTES_128 BYTES_128 BYTES_128
#define BYTES_896 BYTES_512 BYTES_128 BYTES_128 BYTES_128
#define BYTES_124 BYTES_32 BYTES_32 BYTES_32 BYTES_16 "0123456789ab"
/* With "arn:" 2048 bytes, the most that IAM allows. */
#define LONG_ARN BYTES_1024 BYTES_896 BYTES_124

static const struct {
	const char *name;
	const char *yaml;
	enum setting setting;
	const char *want;
} texts[] = {
	{"name", "name: web.example.com\n", SETTING_NAME, "web.example.com"},
	{"name with a final dot", "name: Web.Example.COM.\n", SETTING_NAME,
	 "Web.Example.COM."},
	{"name of one label", "name: web\n", SETTING_NAME, "web"},
	{"name, single quotes", "name: 'web.a'\n", SETTING_NAME, "web.a"},
	{"name, double quotes", "name: \"web.a\"\n", SETTING_NAME, "web.a"},
	{"name, escape", "name: \"\\x77eb.a\"\n", SETTING_NAME, "web.a"},
	{"name like a number, quoted", "name: \"60\"\n", SETTING_NAME, "60"},
	{"name like a word, quoted", "name: 'yes'\n", SETTING_NAME, "yes"},
	{"name like an address", "name: 10.0.0.1\n", SETTING_NAME, "10.0.0.1"},
	{"name that begins with a digit", "name: 60.example.com\n",
	 SETTING_NAME, "60.example.com"},
	{"name with a placeholder", "name: web-{instance-id}\n", SETTING_NAME,
	 "web-{instance-id}"},
	{"name with a tag", "name: '{tag:Name}.a'\n", SETTING_NAME,
	 "{tag:Name}.a"},
	{"wildcard", "name: '*.example.com'\n", SETTING_NAME, "*.example.com"},
	{"name with an anchor", "name: &a web.a\n", SETTING_NAME, "web.a"},
	{"longest zone", "zone: " LABELS_250 "abc\n", SETTING_ZONE,
	 LABELS_250 "abc"},
	{"longest zone with a final dot", "zone: " LABELS_250 "abc.\n",
	 SETTING_ZONE, LABELS_250 "abc"},
	{"longest name", "name: " LABELS_250 "abc.\n", SETTING_NAME,
	 LABELS_250 "abc."},
	{"zone", "zone: Example.COM.\n", SETTING_ZONE, "example.com"},
	{"zone_id", "zone_id: Z0123456789ABCDEFGHIJ\n", SETTING_ZONE_ID,
	 "Z0123456789ABCDEFGHIJ"},
	{"zone_id as the API has it", "zone_id: /hostedzone/Z1D633PJN98FT9\n",
	 SETTING_ZONE_ID, "/hostedzone/Z1D633PJN98FT9"},
	{"zone_id of 32 bytes", "zone_id: ZZZZZZZZZZZZZZZZ1234567890ABCDEF\n",
	 SETTING_ZONE_ID, "ZZZZZZZZZZZZZZZZ1234567890ABCDEF"},
	{"role_arn", "role_arn: arn:aws:iam::123456789012:role/dns\n",
	 SETTING_ROLE_ARN, "arn:aws:iam::123456789012:role/dns"},
	{"longest role_arn", "role_arn: arn:" LONG_ARN "\n", SETTING_ROLE_ARN,
	 "arn:" LONG_ARN},
	{"external_id", "external_id: a=b,c.d@e:f/g-h_+\n", SETTING_EXTERNAL_ID,
	 "a=b,c.d@e:f/g-h_+"},
	{"shortest external_id", "external_id: ab\n", SETTING_EXTERNAL_ID,
	 "ab"},
	{"longest external_id", "external_id: " BYTES_1024 BYTES_200 "\n",
	 SETTING_EXTERNAL_ID, BYTES_1024 BYTES_200},
	{"proxy", "proxy: http://proxy.example:3128\n", SETTING_PROXY,
	 "http://proxy.example:3128"},
	{"set_identifier", "set_identifier: web 1\n", SETTING_SET_IDENTIFIER,
	 "web 1"},
	{"set_identifier with marks", "set_identifier: 'a <b> & \"c\"'\n",
	 SETTING_SET_IDENTIFIER, "a <b> & \"c\""},
	{"set_identifier like a number, quoted", "set_identifier: '5'\n",
	 SETTING_SET_IDENTIFIER, "5"},
	{"longest set_identifier", "set_identifier: " BYTES_128 "\n",
	 SETTING_SET_IDENTIFIER, BYTES_128},
	{"health_check_id",
	 "health_check_id: abcdef11-2222-3333-4444-555555fedcba\n",
	 SETTING_HEALTH_CHECK_ID, "abcdef11-2222-3333-4444-555555fedcba"},
	{"longest health_check_id", "health_check_id: " BYTES_32 BYTES_32 "\n",
	 SETTING_HEALTH_CHECK_ID, BYTES_32 BYTES_32},
	{"comment", "# here\nname: web.a # and here\n", SETTING_NAME, "web.a"},
	{"flow style", "{name: web.a, ttl: 5}\n", SETTING_NAME, "web.a"},
	{"quoted key", "\"name\": web.a\n", SETTING_NAME, "web.a"},
	{"document markers", "---\nname: web.a\n...\n", SETTING_NAME, "web.a"},
	{"YAML directive", "%YAML 1.1\n---\nname: web.a\n", SETTING_NAME,
	 "web.a"},
	{"byte order mark", "\xef\xbb\xbfname: web.a\n", SETTING_NAME, "web.a"},
	{"line ends of Windows", "name: web.a\r\nttl: 5\r\n", SETTING_NAME,
	 "web.a"},
	{"no final newline", "name: web.a", SETTING_NAME, "web.a"},
	{"comment that is not ASCII", "# z\xc3\xbcrich\nname: web.a\n",
	 SETTING_NAME, "web.a"},
};

static void test_settings__texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		settings_init(&settings);
		unit_result(texts[i].name, read_text(&settings, texts[i].yaml),
			    0);
		unit_text(texts[i].name, settings.value[texts[i].setting],
			  texts[i].want);
		unit_number(texts[i].name, settings.found, true);
	}
}

static const struct {
	const char *yaml;
	enum setting setting;
	const char *want;
} numbers[] = {
	{"ttl: 0\n", SETTING_TTL, "0"},
	{"ttl: 300\n", SETTING_TTL, "300"},
	{"ttl: 2147483647\n", SETTING_TTL, "2147483647"},
	{"grace: 0\n", SETTING_GRACE, "0"},
	{"grace: 86400\n", SETTING_GRACE, "86400"},
	{"timeout: 1\n", SETTING_TIMEOUT, "1"},
	{"timeout: 86400\n", SETTING_TIMEOUT, "86400"},
	{"types: [A]\n", SETTING_TYPES, " A "},
	{"types: [AAAA]\n", SETTING_TYPES, " AAAA "},
	{"types: [A, AAAA]\n", SETTING_TYPES, " A AAAA "},
	{"types: [AAAA, A]\n", SETTING_TYPES, " AAAA A "},
	{"types:\n- A\n- 'AAAA'\n", SETTING_TYPES, " A AAAA "},
	{"action: UPSERT\n", SETTING_ACTION, "UPSERT"},
	{"action: CREATE\n", SETTING_ACTION, "CREATE"},
	{"action: \"CREATE\"\n", SETTING_ACTION, "CREATE"},
	{"address: public\n", SETTING_ADDRESS, "public"},
	{"address: private\n", SETTING_ADDRESS, "private"},
	{"visibility: public\n", SETTING_VISIBILITY, "public"},
	{"visibility: private\n", SETTING_VISIBILITY, "private"},
	{"wait: true\n", SETTING_WAIT, "true"},
	{"wait: True\n", SETTING_WAIT, "True"},
	{"wait: yes\n", SETTING_WAIT, "yes"},
	{"wait: Yes\n", SETTING_WAIT, "Yes"},
	{"wait: on\n", SETTING_WAIT, "on"},
	{"wait: On\n", SETTING_WAIT, "On"},
	{"wait: false\n", SETTING_WAIT, "false"},
	{"wait: False\n", SETTING_WAIT, "False"},
	{"wait: no\n", SETTING_WAIT, "no"},
	{"wait: off\n", SETTING_WAIT, "off"},
	{"owner_record: true\n", SETTING_OWNER_RECORD, "true"},
	{"owner_record: False\n", SETTING_OWNER_RECORD, "False"},
	{"owner_record: Yes\n", SETTING_OWNER_RECORD, "Yes"},
	{"owner_record: no\n", SETTING_OWNER_RECORD, "no"},
	{"owner_record: on\n", SETTING_OWNER_RECORD, "on"},
	{"owner_record: Off\n", SETTING_OWNER_RECORD, "Off"},
	{"take_over: never\n", SETTING_TAKE_OVER, "never"},
	{"take_over: stopped\n", SETTING_TAKE_OVER, "stopped"},
	{"take_over: 'gone'\n", SETTING_TAKE_OVER, "gone"},
	{"routing: simple\n", SETTING_ROUTING, "simple"},
	{"routing: multivalue\n", SETTING_ROUTING, "multivalue"},
	{"routing: weighted\n", SETTING_ROUTING, "weighted"},
	{"weight: 0\n", SETTING_WEIGHT, "0"},
	{"weight: 1\n", SETTING_WEIGHT, "1"},
	{"weight: 255\n", SETTING_WEIGHT, "255"},
};

static void test_settings__numbers_and_choices(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(numbers); i++) {
		settings_init(&settings);
		unit_result(numbers[i].yaml,
			    read_text(&settings, numbers[i].yaml), 0);
		unit_text(numbers[i].yaml, settings.value[numbers[i].setting],
			  numbers[i].want);
	}
}

static const struct {
	const char *name;
	enum setting setting;
	const char *want;
} layered[] = {
	{"name", SETTING_NAME, "b"},
	{"zone", SETTING_ZONE, "example.com"},
	{"ttl", SETTING_TTL, "90"},
	{"action", SETTING_ACTION, "CREATE"},
	{"types", SETTING_TYPES, " A "},
	{"wait", SETTING_WAIT, "false"},
	{"timeout", SETTING_TIMEOUT, "300"},
};

static void test_settings__layers_over_what_is_there(void **state)
{
	(void)state;
	settings_init(&settings);
	unit_result("first",
		    read_text(&settings,
			      "name: a.example.com\nttl: 30\naction: CREATE\n"
			      "types: [A, AAAA]\nwait: true\n"),
		    0);
	unit_result("second",
		    read_text(&settings,
			      "ttl: 90\nzone: example.com\ntypes: [A]\n"),
		    0);
	unit_result(
		"cloud-config",
		read_cloud(&settings, "bootname:\n  name: b\n  wait: false\n"),
		0);
	assert_true(settings.found);
	for (size_t i = 0; i < LENGTH(layered); i++)
		unit_text(layered[i].name, settings.value[layered[i].setting],
			  layered[i].want);
}

/* ---- What is refused: where, and what the error says. ---- */

#define WANTS_NAME                                                             \
	"wants ([A-Za-z0-9_*.-]|"                                              \
	"[{](instance-id|region|az|az-id|local-ipv4|tag:[^{}]+)[}])+"
#define WANTS_ZONE "wants [A-Za-z0-9_.-]+"
#define WANTS_ZONE_ID "wants (/hostedzone/)?[A-Z0-9]{1,32}"
#define WANTS_WEIGHT "wants 0|[1-9][0-9]{0,2}, at most 255"
#define WANTS_RECORDS "wants a list of maps"
#define RECORDS_8                                                              \
	"{ttl: 1}, {ttl: 2}, {ttl: 3}, {ttl: 4}, "                             \
	"{ttl: 5}, {ttl: 6}, {ttl: 7}, {ttl: 8}"
#define WANTS_TTL "wants 0|[1-9][0-9]{0,9}, at most 2147483647"
#define WANTS_TYPES "(A|AAAA|A AAAA|AAAA A)"
#define WANTS_WAIT "wants [Tt]rue|[Ff]alse|[Yy]es|[Nn]o|[Oo]n|[Oo]ff"

static const struct {
	const char *name;
	const char *yaml;
	const char *place;
	const char *says;
} faults[] = {
	{"near miss", "ttl: 60\nnmae: web.a\n", ":2:1: ", "\"name\""},
	{"near miss, one more", "naame: web.a\n", ":1:1: ", "\"name\""},
	{"near miss, upper case", "TTL: 60\n", ":1:1: ", "\"TTL\""},
	{"near miss, hyphen", "zone-id: Z1\n", ":1:1: ", "\"zone_id\""},
	{"near miss, indented", "  tll: 60\n", ":1:3: ", "\"ttl\""},
	{"unknown key", "hostname: web.a\n", ":1:1: ", "\"hostname\""},
	{"unknown hostile key", "\"a\\e[2J\": 1\n", ":1:1: ", "a\033[2J"},
	{"unknown key, not ASCII", "z\xc3\xbcrich: 1\n",
	 ":1:1: ", "unknown key"},
	{"endless key", BYTES_128 ": 1\n", ":1:1: ", "unknown key"},
	{"empty key", "'': 1\n", ":1:1: ", "unknown key"},
	{"merge key", "<<: {ttl: 60}\n", ":1:1: ", "unknown key"},
	{"repeated key", "ttl: 60\nname: web.a\nttl: 60\n",
	 ":3:1: ttl: ", "wants to stand here once"},
	{"repeated key in flow style", "{ttl: 60, ttl: 60}\n",
	 ":1:11: ttl: ", "wants to stand here once"},
	{"list as key", "[name]: web.a\n", ":1:1: ", "key"},
	{"map as key", "? {name: a}\n: web.a\n", ":1:3: ", "key"},

	{"name: number", "name: 60\n",
	 ":1:7: name: ", WANTS_NAME "; mind the quotes"},
	{"name: decimal", "name: 1.5\n",
	 ":1:7: name: ", WANTS_NAME "; mind the quotes"},
	{"name: negative", "name: -1\n",
	 ":1:7: name: ", WANTS_NAME "; mind the quotes"},
	{"name: boolean", "name: true\n",
	 ":1:7: name: ", WANTS_NAME "; mind the quotes"},
	{"name: word of YAML 1.1", "name: No\n",
	 ":1:7: name: ", WANTS_NAME "; mind the quotes"},
	{"name: null", "name: null\n",
	 ":1:7: name: ", WANTS_NAME "; mind the quotes"},
	{"name: tilde", "name: ~\n", ":1:7: name: ", WANTS_NAME},
	{"name: nothing", "name:\nttl: 60\n", ":1:6: name: ", WANTS_NAME},
	{"name: empty", "name: ''\n", ":1:7: name: ", WANTS_NAME},
	{"name: list", "name: [web.a]\n", ":1:7: name: ", WANTS_NAME},
	{"name: map", "name: {a: b}\n", ":1:7: name: ", WANTS_NAME},
	{"name: block map", "name:\n  a: b\n", ":2:3: name: ", WANTS_NAME},
	{"name: alias", "zone: &z example.com\nname: *z\n",
	 ":2:7: name: ", WANTS_NAME},
	{"name: NUL", "name: \"web\\0.a\"\n", ":1:7: ", "NUL"},
	{"name: blank", "name: web a\n", ":1:7: name: ", WANTS_NAME},
	{"name: newline", "name: |\n  web.a\n", ":1:7: name: ", WANTS_NAME},
	{"name: not ASCII", "name: z\xc3\xbcrich.a\n",
	 ":1:7: name: ", WANTS_NAME},
	{"name: template, not ASCII", "name: '{az}-z\xc3\xbcrich'\n",
	 ":1:7: name: ", WANTS_NAME},
	{"name: template, newline", "name: |\n  {az}\n",
	 ":1:7: name: ", WANTS_NAME},
	{"name: unknown placeholder", "name: 'web-{host}'\n",
	 ":1:7: name: ", WANTS_NAME},
	{"name: open brace", "name: 'web-{az'\n", ":1:7: name: ", WANTS_NAME},

	{"name: too long", "name: " BYTES_1024 BYTES_1024 "x\n",
	 ":1:7: name: ", WANTS_NAME},
	{"zone: 254 bytes", "zone: " LABELS_250 "abcd\n",
	 ":1:7: zone: ", WANTS_ZONE},
	{"zone: 254 bytes and a dot", "zone: " LABELS_250 "abcd.\n",
	 ":1:7: zone: ", WANTS_ZONE},
	{"zone: two final dots", "zone: a..\n", ":1:7: zone: ", WANTS_ZONE},
	{"zone: number", "zone: 5\n",
	 ":1:7: zone: ", WANTS_ZONE "; mind the quotes"},
	{"zone: boolean", "zone: off\n",
	 ":1:7: zone: ", WANTS_ZONE "; mind the quotes"},
	{"zone: null", "zone: Null\n",
	 ":1:7: zone: ", WANTS_ZONE "; mind the quotes"},
	{"zone: list", "zone: [a]\n", ":1:7: zone: ", WANTS_ZONE},
	{"zone: map", "zone: {a: b}\n", ":1:7: zone: ", WANTS_ZONE},
	{"zone: no DNS name", "zone: -a.example\n", ":1:7: zone: ", WANTS_ZONE},
	{"zone: placeholder", "zone: '{az}.a'\n", ":1:7: zone: ", WANTS_ZONE},

	{"zone_id: number", "zone_id: 5\n",
	 ":1:10: zone_id: ", WANTS_ZONE_ID "; mind the quotes"},
	{"zone_id: list", "zone_id: [Z1]\n", ":1:10: zone_id: ", WANTS_ZONE_ID},
	{"zone_id: map", "zone_id: {Z1: Z1}\n",
	 ":1:10: zone_id: ", WANTS_ZONE_ID},
	{"zone_id: lower case", "zone_id: z1d633pj\n",
	 ":1:10: zone_id: ", WANTS_ZONE_ID},
	{"zone_id: path", "zone_id: Z1/../Z2\n",
	 ":1:10: zone_id: ", WANTS_ZONE_ID},
	{"zone_id: prefix alone", "zone_id: /hostedzone/\n",
	 ":1:10: zone_id: ", WANTS_ZONE_ID},
	{"zone_id: 33 bytes", "zone_id: ZZZZZZZZZZZZZZZZ1234567890ABCDEFG\n",
	 ":1:10: zone_id: ", WANTS_ZONE_ID},
	{"zone_id: 33 bytes with the prefix",
	 "zone_id: /hostedzone/ZZZZZZZZZZZZZZZZ1234567890ABCDEFG\n",
	 ":1:10: zone_id: ", WANTS_ZONE_ID},

	{"ttl: quoted", "ttl: \"60\"\n",
	 ":1:6: ttl: ", WANTS_TTL "; mind the quotes"},
	{"ttl: text", "ttl: sixty\n", ":1:6: ttl: ", WANTS_TTL},
	{"ttl: unit", "ttl: 60s\n", ":1:6: ttl: ", WANTS_TTL},
	{"ttl: decimal", "ttl: 60.0\n", ":1:6: ttl: ", WANTS_TTL},
	{"ttl: hexadecimal", "ttl: 0x3c\n", ":1:6: ttl: ", WANTS_TTL},
	{"ttl: leading zero", "ttl: 060\n", ":1:6: ttl: ", WANTS_TTL},
	{"ttl: sign", "ttl: +60\n", ":1:6: ttl: ", WANTS_TTL},
	{"ttl: negative", "ttl: -1\n", ":1:6: ttl: ", WANTS_TTL},
	{"ttl: boolean", "ttl: true\n", ":1:6: ttl: ", WANTS_TTL},
	{"ttl: null", "ttl: null\n", ":1:6: ttl: ", WANTS_TTL},
	{"ttl: nothing", "ttl:\n", ":1:5: ttl: ", WANTS_TTL},
	{"ttl: list", "ttl: [60]\n", ":1:6: ttl: ", WANTS_TTL},
	{"ttl: map", "ttl: {a: 60}\n", ":1:6: ttl: ", WANTS_TTL},
	{"ttl: alias", "grace: &g 5\nttl: *g\n", ":2:6: ttl: ", WANTS_TTL},
	{"ttl: too large", "ttl: 2147483648\n", ":1:6: ttl: ", WANTS_TTL},
	{"ttl: far too large", "ttl: 99999999999999999999\n",
	 ":1:6: ttl: ", WANTS_TTL},
	{"grace: too large", "grace: 86401\n",
	 ":1:8: grace: ", "wants 0|[1-9][0-9]{0,4}, at most 86400"},
	{"grace: negative", "grace: -5\n",
	 ":1:8: grace: ", "wants 0|[1-9][0-9]{0,4}, at most 86400"},
	{"timeout: zero", "timeout: 0\n",
	 ":1:10: timeout: ", "wants [1-9][0-9]{0,4}, at most 86400"},
	{"timeout: too large", "timeout: 86401\n",
	 ":1:10: timeout: ", "wants [1-9][0-9]{0,4}, at most 86400"},

	{"action: unknown", "action: DELETE\n",
	 ":1:9: action: ", "wants UPSERT|CREATE"},
	{"action: lower case", "action: create\n",
	 ":1:9: action: ", "wants UPSERT|CREATE"},
	{"action: both", "action: UPSERT CREATE\n",
	 ":1:9: action: ", "wants UPSERT|CREATE"},
	{"action: part", "action: UPSER\n",
	 ":1:9: action: ", "wants UPSERT|CREATE"},
	{"action: empty", "action: ''\n",
	 ":1:9: action: ", "wants UPSERT|CREATE"},
	{"action: nothing", "action:\n",
	 ":1:8: action: ", "wants UPSERT|CREATE"},
	{"action: number", "action: 1\n",
	 ":1:9: action: ", "wants UPSERT|CREATE"},
	{"action: boolean", "action: true\n",
	 ":1:9: action: ", "wants UPSERT|CREATE"},
	{"action: null", "action: null\n",
	 ":1:9: action: ", "wants UPSERT|CREATE"},
	{"action: list", "action: [UPSERT]\n",
	 ":1:9: action: ", "wants UPSERT|CREATE"},
	{"action: map", "action: {UPSERT: 1}\n",
	 ":1:9: action: ", "wants UPSERT|CREATE"},
	{"action: NUL", "action: \"UPSERT\\0\"\n", ":1:9: ", "NUL"},
	{"address: unknown", "address: elastic\n",
	 ":1:10: address: ", "wants public|private"},
	{"visibility: unknown", "visibility: both\n",
	 ":1:13: visibility: ", "wants public|private"},

	{"address: both", "address: public private\n",
	 ":1:10: address: ", "wants public|private"},
	{"visibility: both", "visibility: public private\n",
	 ":1:13: visibility: ", "wants public|private"},
	{"types: text", "types: A\n", ":1:8: types: ", WANTS_TYPES},
	{"types: number", "types: 4\n", ":1:8: types: ", WANTS_TYPES},
	{"types: boolean", "types: true\n", ":1:8: types: ", WANTS_TYPES},
	{"types: null", "types: null\n", ":1:8: types: ", WANTS_TYPES},
	{"types: map", "types: {A: AAAA}\n", ":1:8: types: ", WANTS_TYPES},
	{"types: empty", "types: []\n", ":1:9: types: ", WANTS_TYPES},
	{"types: twice", "types: [A, A]\n", ":1:13: types: ", WANTS_TYPES},
	{"types: unknown", "types: [A, CNAME]\n",
	 ":1:17: types: ", WANTS_TYPES},
	{"types: lower case", "types: [a]\n", ":1:10: types: ", WANTS_TYPES},
	{"types: number inside", "types: [4]\n", ":1:10: types: ", WANTS_TYPES},
	{"types: list inside", "types: [[A]]\n", ":1:11: types: ", WANTS_TYPES},
	{"types: map inside", "types: [{A: 1}]\n",
	 ":1:9: types: ", WANTS_TYPES},
	{"types: comma forgotten", "types: ['A AAAA']\n",
	 ":1:9: types: ", WANTS_TYPES},
	{"types: blank in an item", "types: ['A ']\n",
	 ":1:9: types: ", WANTS_TYPES},
	{"types: blank for an item", "types: [' ', A]\n",
	 ":1:9: types: ", WANTS_TYPES},
	{"types: alias", "name: &a A\ntypes: [*a]\n",
	 ":2:9: types: ", WANTS_TYPES},

	{"wait: quoted", "wait: \"true\"\n",
	 ":1:7: wait: ", WANTS_WAIT "; mind the quotes"},
	{"wait: number", "wait: 1\n", ":1:7: wait: ", WANTS_WAIT},
	{"wait: text", "wait: maybe\n", ":1:7: wait: ", WANTS_WAIT},
	{"wait: both", "wait: no yes\n", ":1:7: wait: ", WANTS_WAIT},
	{"wait: null", "wait: ~\n", ":1:7: wait: ", WANTS_WAIT},
	{"wait: nothing", "wait:\n", ":1:6: wait: ", WANTS_WAIT},
	{"wait: list", "wait: [true]\n", ":1:7: wait: ", WANTS_WAIT},
	{"wait: map", "wait: {true: true}\n", ":1:7: wait: ", WANTS_WAIT},
	{"wait: alias", "name: &n web.a\nwait: *n\n",
	 ":2:7: wait: ", WANTS_WAIT},

	{"wait: upper case", "wait: TRUE\n", ":1:7: wait: ", WANTS_WAIT},
	{"external_id: null", "external_id: null\n", ":1:14: external_id: ",
	 "wants [A-Za-z0-9_+=,.@:/-]{2,}; mind the quotes"},
	{"external_id: boolean", "external_id: On\n", ":1:14: external_id: ",
	 "wants [A-Za-z0-9_+=,.@:/-]{2,}; mind the quotes"},
	{"external_id: decimal", "external_id: -.5e3\n", ":1:14: external_id: ",
	 "wants [A-Za-z0-9_+=,.@:/-]{2,}; mind the quotes"},
	{"external_id: hexadecimal", "external_id: 0x1f\n",
	 ":1:14: external_id: ",
	 "wants [A-Za-z0-9_+=,.@:/-]{2,}; mind the quotes"},
	{"role_arn: number", "role_arn: 5\n",
	 ":1:11: role_arn: ", "wants arn:[!-~]+"},
	{"role_arn: too long", "role_arn: " BYTES_1024 BYTES_1024 "x\n",
	 ":1:11: role_arn: ", "wants arn:[!-~]+"},
	{"external_id: number", "external_id: 12345\n", ":1:14: external_id: ",
	 "wants [A-Za-z0-9_+=,.@:/-]{2,}"
	 "; mind the quotes"},
	{"external_id: one character", "external_id: a\n",
	 ":1:14: external_id: ", "wants [A-Za-z0-9_+=,.@:/-]{2,}"},
	{"external_id: blank", "external_id: a b\n",
	 ":1:14: external_id: ", "wants [A-Za-z0-9_+=,.@:/-]{2,}"},
	{"external_id: mark", "external_id: a#b\n",
	 ":1:14: external_id: ", "wants [A-Za-z0-9_+=,.@:/-]{2,}"},
	{"external_id: not ASCII", "external_id: a\u00fcb\n",
	 ":1:14: external_id: ", "wants [A-Za-z0-9_+=,.@:/-]{2,}"},
	{"external_id: too long", "external_id: " BYTES_1024 BYTES_200 "x\n",
	 ":1:14: external_id: ", "at most 1224"},
	{"external_id: control byte", "external_id: \"a\\x01\"\n",
	 ":1:14: external_id: ", "wants [A-Za-z0-9_+=,.@:/-]{2,}"},
	{"role_arn: no ARN", "role_arn: dns\n",
	 ":1:11: role_arn: ", "wants arn:[!-~]+"},
	{"proxy: no URL", "proxy: ftp://a\n",
	 ":1:8: proxy: ", "wants https?://[!-~]+"},
	{"proxy: empty", "proxy: \"\"\n",
	 ":1:8: proxy: ", "wants https?://[!-~]+"},
	{"proxy: too long", "proxy: http://" BYTES_1024 BYTES_1024 "\n",
	 ":1:8: proxy: ", "wants https?://[!-~]+"},

	{"owner_record: quoted", "owner_record: 'true'\n",
	 ":1:15: owner_record: ", WANTS_WAIT "; mind the quotes"},
	{"owner_record: number", "owner_record: 1\n",
	 ":1:15: owner_record: ", WANTS_WAIT},
	{"owner_record: text", "owner_record: me\n",
	 ":1:15: owner_record: ", WANTS_WAIT},
	{"owner_record: nothing", "owner_record:\n",
	 ":1:14: owner_record: ", WANTS_WAIT},
	{"owner_record: list", "owner_record: [true]\n",
	 ":1:15: owner_record: ", WANTS_WAIT},
	{"take_over: unknown", "take_over: terminated\n",
	 ":1:12: take_over: ", "wants never|stopped|gone"},
	{"take_over: boolean", "take_over: true\n",
	 ":1:12: take_over: ", "wants never|stopped|gone"},
	{"take_over: upper case", "take_over: Gone\n",
	 ":1:12: take_over: ", "wants never|stopped|gone"},
	{"take_over: both", "take_over: stopped gone\n",
	 ":1:12: take_over: ", "wants never|stopped|gone"},
	{"take_over: list", "take_over: [stopped, gone]\n",
	 ":1:12: take_over: ", "wants never|stopped|gone"},
	{"routing: unknown", "routing: latency\n",
	 ":1:10: routing: ", "wants simple|multivalue|weighted"},
	{"routing: upper case", "routing: Weighted\n",
	 ":1:10: routing: ", "wants simple|multivalue|weighted"},
	{"routing: nothing", "routing:\n",
	 ":1:9: routing: ", "wants simple|multivalue|weighted"},
	{"routing: list", "routing: [weighted]\n",
	 ":1:10: routing: ", "wants simple|multivalue|weighted"},
	{"weight: too large", "weight: 256\n", ":1:9: weight: ", WANTS_WEIGHT},
	{"weight: far too large", "weight: 1000\n",
	 ":1:9: weight: ", WANTS_WEIGHT},
	{"weight: negative", "weight: -1\n", ":1:9: weight: ", WANTS_WEIGHT},
	{"weight: leading zero", "weight: 007\n",
	 ":1:9: weight: ", WANTS_WEIGHT},
	{"weight: decimal", "weight: 1.5\n", ":1:9: weight: ", WANTS_WEIGHT},
	{"weight: quoted", "weight: '5'\n",
	 ":1:9: weight: ", WANTS_WEIGHT "; mind the quotes"},
	{"weight: null", "weight: ~\n", ":1:9: weight: ", WANTS_WEIGHT},
	{"set_identifier: empty", "set_identifier: ''\n",
	 ":1:17: set_identifier: ", "wants [ -~]{1,128}"},
	{"set_identifier: number", "set_identifier: 5\n",
	 ":1:17: set_identifier: ", "wants [ -~]{1,128}; mind the quotes"},
	{"set_identifier: boolean", "set_identifier: yes\n",
	 ":1:17: set_identifier: ", "wants [ -~]{1,128}; mind the quotes"},
	{"set_identifier: too long", "set_identifier: " BYTES_128 "x\n",
	 ":1:17: set_identifier: ", "wants [ -~]{1,128}"},
	{"set_identifier: newline", "set_identifier: \"a\\nb\"\n",
	 ":1:17: set_identifier: ", "wants [ -~]{1,128}"},
	{"set_identifier: not ASCII", "set_identifier: z\xc3\xbcrich\n",
	 ":1:17: set_identifier: ", "wants [ -~]{1,128}"},
	{"set_identifier: list", "set_identifier: [a]\n",
	 ":1:17: set_identifier: ", "wants [ -~]{1,128}"},
	{"health_check_id: empty", "health_check_id: ''\n",
	 ":1:18: health_check_id: ", "wants [A-Za-z0-9-]{1,64}"},
	{"health_check_id: too long",
	 "health_check_id: " BYTES_32 BYTES_32 "x\n",
	 ":1:18: health_check_id: ", "wants [A-Za-z0-9-]{1,64}"},
	{"health_check_id: number", "health_check_id: 5\n",
	 ":1:18: health_check_id: ",
	 "wants [A-Za-z0-9-]{1,64}; mind the quotes"},
	{"health_check_id: blank", "health_check_id: a b\n",
	 ":1:18: health_check_id: ", "wants [A-Za-z0-9-]{1,64}"},

	{"records: text", "records: web.a\n",
	 ":1:10: records: ", WANTS_RECORDS},
	{"records: nothing", "records:\n", ":1:9: records: ", WANTS_RECORDS},
	{"records: null", "records: ~\n", ":1:10: records: ", WANTS_RECORDS},
	{"records: map", "records: {name: web.a}\n",
	 ":1:10: records: ", WANTS_RECORDS},
	{"records: empty", "records: []\n", ":1:11: records: ", WANTS_RECORDS},
	{"records: text inside", "records: [web.a]\n",
	 ":1:11: records: ", WANTS_RECORDS},
	{"records: list inside", "records:\n- [{name: web.a}]\n",
	 ":2:3: records: ", WANTS_RECORDS},
	{"records: null inside", "records:\n- name: web.a\n-\n",
	 ":3:2: records: ", WANTS_RECORDS},
	{"records: text behind a map", "records: [{name: a}, b]\n",
	 ":1:22: records: ", WANTS_RECORDS},
	{"records: alias", "records: [&a {name: web.a}, *a]\n",
	 ":1:29: records: ", WANTS_RECORDS},
	{"records: twice", "records: [{ttl: 5}]\nrecords: [{ttl: 5}]\n",
	 ":2:1: records: ", "wants to stand here once"},
	{"records: one too many", "records: [" RECORDS_8 ", {ttl: 9}]\n",
	 ":1:91: records: ", "not so many"},
	{"records: open", "records: [{name: web.a}\n", ":2:1: ", ""},
	{"record: unknown key", "records:\n- nmae: web.a\n",
	 ":2:3: ", "did you mean \"name\"?"},
	{"record: repeated key", "records:\n- ttl: 5\n  name: a\n  ttl: 5\n",
	 ":4:3: ttl: ", "wants to stand here once"},
	{"record: wrong value", "records:\n- ttl: 5\n- ttl: five\n",
	 ":3:8: ttl: ", WANTS_TTL},
	{"record: no key", "records: [{[a]: b}]\n", ":1:12: ", "key"},
	{"record: timeout", "records:\n- name: web.a\n  timeout: 5\n",
	 ":3:12: timeout: ", "wants to stand at the top"},
	{"record: proxy", "records: [{proxy: 'http://a'}]\n",
	 ":1:19: proxy: ", "wants to stand at the top"},
	{"record: records", "records:\n- records:\n  - name: web.a\n",
	 ":3:3: records: ", "wants to stand at the top"},
	{"repeated key around the records",
	 "ttl: 5\nrecords: [{ttl: 6}]\nttl: 7\n",
	 ":3:1: ttl: ", "wants to stand here once"},

	{"empty text", "''\n", ":1:1: ", "key: value"},
	{"empty list", "[]\n", ":1:1: ", "{}"},
	{"text only", "web.example.com\n", ":1:1: ", "key: value"},
	{"list only", "- name\n- web.a\n", ":1:1: ", "key: value"},
	{"null only", "null\n", ":1:1: ", "key: value"},
	{"second document", "name: web.a\n---\nttl: 60\n", ":2:1: ", "second"},
	{"second, empty document", "name: web.a\n---\n", ":2:1: ", "second"},
	{"tab in front", "name: web.a\n\tttl: 60\n", ":2:1: ", ""},
	{"open list", "types: [A, AAAA\n", ":2:1: ", ""},
	{"open quotes", "name: \"web.a\n", ":2:1: ", ""},
	{"no blank behind the colon", "name: web.a\nttl:60\n", ":3:1: ", ""},
	{"wrong indent", "name: 'web.a'\n ttl: 60\n", ":2:2: ", ""},
	{"unknown alias", "name: *a\n", ":1:7: ", ""},
	{"control byte", "name: a\001\n", ":1:8: ", ""},
	{"invalid UTF-8", "ttl: 60\nname: \xff\n", ":2:7: ", ""},
	{"cut UTF-8", "name: \xc3", ":1:7: ", ""},
	{"deep flow list", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
	 ":1:1: ", ""},
	{"deep list as key", "? [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[",
	 ":1:3: ", ""},
};

typedef int (*settings_reader)(struct settings *settings, const char *path);

static const char quotes[] = "mind the quotes"; /* where they matter only */

static bool is_fault(settings_reader reader, const char *row, const char *place,
		     const char *says, const char *never)
{
	size_t len = strlen(path);
	int rc;

	settings_init(&settings);
	rc = reader(&settings, path);
	if (rc == -1 && errinfo.status == STATUS_SETTINGS &&
	    !strncmp(errinfo.text.data, path, len) &&
	    !strncmp(errinfo.text.data + len, place, strlen(place)) &&
	    strstr(errinfo.text.data, says) &&
	    !strstr(errinfo.text.data, never) &&
	    !strstr(says, quotes) == !strstr(errinfo.text.data, quotes))
		return true;
	print_error("%s: want status 78 and \"PATH%s...%s\"; got rc %d, "
		    "status %d: %s\n",
		    row, place, says, rc, errinfo.status, errinfo.text.data);
	return false;
}

/*
 * How many faults, 0 or 1, were not found as they should be.  The program
 * ends with the first one, so each has a process of its own.
 * says:  what the text holds.
 * never: what it does not.
 */
static unsigned check_fault(settings_reader reader, const char *row,
			    const char *yaml, const char *place,
			    const char *says, const char *never)
{
	int status;
	pid_t pid;

	write_bytes(yaml, strlen(yaml));
	pid = fork();
	assert_true(pid >= 0);
	if (!pid)
		_exit(is_fault(reader, row, place, says, never) ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (!WIFEXITED(status) || WEXITSTATUS(status) > 1)
		print_error("%s: the process ended with %d\n", row, status);
	return status ? 1 : 0;
}

static const char nothing[] = "\1"; /* no error holds it */

static void test_settings__faults_have_a_place(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(faults); i++)
		failed += check_fault(settings_read_file, faults[i].name,
				      faults[i].yaml, faults[i].place,
				      faults[i].says, nothing);
	assert_int_equal(failed, 0);
}

static void test_settings__no_suggestion_where_nothing_is_near(void **state)
{
	static const char *const rows[] = {
		"hostname: a\n",  "x: a\n",  "expires: 5\n",
		BYTES_32 ": 1\n", "'': 1\n",
	};
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++)
		failed += check_fault(settings_read_file, rows[i], rows[i],
				      ":1:1: unknown key ", "", "did you mean");
	assert_int_equal(failed, 0);
}

static void test_settings__near_miss_asks(void **state)
{
	static const char text[] = "unknown key \"tll\"; did you mean \"ttl\"?";

	(void)state;
	assert_int_equal(check_fault(settings_read_file, "near miss",
				     "tll: 60\n", ":1:1: ", text, nothing),
			 0);
}

/* A boot has nobody who could read it. */
static void test_settings__no_suggestion_without_a_user(void **state)
{
	static const char *const rows[] = {"tll: 60\n", "TTL: 60\n"};
	unsigned failed = 0;

	(void)state;
	build_is_whole = false;
	for (size_t i = 0; i < LENGTH(rows); i++)
		failed += check_fault(settings_read_file, rows[i], rows[i],
				      ":1:1: unknown key ", "", "did you mean");
	settings_init(&settings);
	unit_result("known", read_text(&settings, "ttl: 5\nwait: on\n"), 0);
	build_is_whole = true;
	assert_int_equal(failed, 0);
	assert_string_equal(settings.value[SETTING_TTL], "5");
	assert_string_equal(settings.value[SETTING_WAIT], "on");
}

static const struct {
	const char *name;
	const char *bytes;
	size_t len;
	const char *place;
} broken[] = {
	{"NUL in a value", "name: a\0b\n", 10, ":1:8: "},
	{"NUL behind", "name: a\n\0", 9, ":2:1: "},
	{"NUL only", "\0", 1, ":1:1: "},
	{"UTF-16 without its half", "\xff\xfen", 3, ":1:"},
};

static void test_settings__refuses_bytes_that_are_no_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(broken); i++) {
		settings_init(&settings);
		unit_result(
			broken[i].name,
			read_bytes(&settings, broken[i].bytes, broken[i].len),
			STATUS_SETTINGS);
		check_place(broken[i].name, broken[i].place, "");
	}
}

/* ---- Records. ---- */

static const struct {
	const char *name;
	const char *yaml;
	const char *want; /* name and TTL of each record, when complete */
} lists[] = {
	{"one", "records:\n- name: a\n", "a 60"},
	{"several", "records:\n- name: a\n- name: b\n  ttl: 5\n- name: c\n",
	 "a 60|b 5|c 60"},
	{"flow style", "{records: [{name: a, ttl: 1}, {name: b}]}\n",
	 "a 1|b 60"},
	{"the top's value", "name: a\nttl: 5\nrecords:\n- ttl: 6\n- name: b\n",
	 "a 6|b 5"},
	{"the top's value, behind",
	 "records: [{ttl: 6}, {name: b}]\n"
	 "name: a\nttl: 5\n",
	 "a 6|b 5"},
	{"the top's value, around",
	 "name: a\nrecords: [{}, {name: b}]\nttl: 5\n", "a 5|b 5"},
	{"empty map", "name: a\nrecords: [{}]\n", "a 60"},
	{"own value like the default", "ttl: 5\nrecords:\n- ttl: 60\n", " 60"},
	{"same key in each", "records: [{ttl: 5}, {ttl: 5}, {ttl: 5}]\n",
	 " 5| 5| 5"},
	{"same record twice", "records: [{name: a}, {name: a}]\n", "a 60|a 60"},
	{"as many as may be", "records: [" RECORDS_8 "]\n",
	 " 1| 2| 3| 4| 5| 6| 7| 8"},
	{"none", "name: a\n", ""},
};

/* The records in short. */
static const char *list_records(void)
{
	static struct buf text;

	buf_wipe(&text);
	for (struct settings *record = settings.next; record;
	     record = record->next) {
		assert_true(record->is_record);
		assert_true(record->found);
		for (size_t i = 0; i < SETTINGS; i++)
			assert_non_null(record->value[i]);
		buf_addf(&text, "%s%s %s", text.len ? "|" : "",
			 record->value[SETTING_NAME],
			 record->value[SETTING_TTL]);
	}
	return text.data;
}

static void test_settings__records(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(lists); i++) {
		settings_init(&settings);
		unit_result(lists[i].name, read_text(&settings, lists[i].yaml),
			    0);
		settings_complete(&settings);
		unit_text(lists[i].name, list_records(), lists[i].want);
		assert_false(settings.is_record);
	}
}

/* Each key, at the top and in a record. */
static const struct {
	enum setting setting;
	const char *top;
	const char *own;
} pairs[] = {
	{SETTING_NAME, "name: top.a", "name: own.a"},
	{SETTING_ZONE, "zone: top.a", "zone: own.a"},
	{SETTING_ZONE_ID, "zone_id: ZTOP", "zone_id: ZOWN"},
	{SETTING_VISIBILITY, "visibility: public", "visibility: private"},
	{SETTING_TTL, "ttl: 1", "ttl: 2"},
	{SETTING_ACTION, "action: CREATE", "action: UPSERT"},
	{SETTING_ADDRESS, "address: private", "address: public"},
	{SETTING_TYPES, "types: [A]", "types: [AAAA]"},
	{SETTING_OWNER_RECORD, "owner_record: true", "owner_record: false"},
	{SETTING_TAKE_OVER, "take_over: gone", "take_over: stopped"},
	{SETTING_ROUTING, "routing: weighted", "routing: multivalue"},
	{SETTING_WEIGHT, "weight: 7", "weight: 8"},
	{SETTING_SET_IDENTIFIER, "set_identifier: t", "set_identifier: o"},
	{SETTING_HEALTH_CHECK_ID, "health_check_id: t", "health_check_id: o"},
	{SETTING_ROLE_ARN, "role_arn: arn:t", "role_arn: arn:o"},
	{SETTING_EXTERNAL_ID, "external_id: tt", "external_id: oo"},
	{SETTING_GRACE, "grace: 3", "grace: 4"},
	{SETTING_WAIT, "wait: true", "wait: false"},
};

static const char *value_of(const char *line)
{
	return strchr(line, ' ') + 1;
}

static void test_settings__records_have_the_tops_values(void **state)
{
	(void)state;
	/* All but those of the whole run. */
	assert_int_equal(LENGTH(pairs), SETTING_TIMEOUT);
	for (size_t i = 0; i < LENGTH(pairs); i++) {
		static struct buf text;
		const char *row = pairs[i].top;
		enum setting setting = pairs[i].setting;
		const struct settings *record;

		buf_set(&text, "%s\nrecords:\n- {}\n- %s\n- {}\n", row,
			pairs[i].own);
		settings_init(&settings);
		unit_result(row, read_text(&settings, text.data), 0);
		record = settings.next;
		assert_null(record->value[setting]);
		assert_non_null(record->next->value[setting]);
		assert_null(record->next->value[SETTING_PROXY]);
		settings_complete(&settings);
		/* The very same text: credentials go by that. */
		assert_ptr_equal(record->value[setting],
				 settings.value[setting]);
		assert_ptr_equal(record->next->next->value[setting],
				 settings.value[setting]);
		if (setting == SETTING_TYPES) {
			unit_text(row, settings.value[setting], " A ");
			unit_text(row, record->next->value[setting], " AAAA ");
			continue;
		}
		unit_text(row, settings.value[setting], value_of(row));
		unit_text(row, record->next->value[setting],
			  value_of(pairs[i].own));
	}
}

static void test_settings__complete_without_records(void **state)
{
	(void)state;
	settings_init(&settings);
	settings_complete(&settings);
	assert_string_equal(settings.value[SETTING_TTL], "60");
	assert_null(settings.next);
}

static const struct {
	const char *name;
	const char *first;
	const char *second;
	const char *want;
} successions[] = {
	{"other list", "records: [{name: a, ttl: 5}, {name: b}]\n",
	 "records: [{name: c}]\n", "c 60"},
	{"longer list", "records: [{name: a, ttl: 5}]\n",
	 "records: [{name: b}, {name: c}]\n", "b 60|c 60"},
	{"no list", "records: [{name: a}, {name: b}]\n", "ttl: 5\n", "a 5|b 5"},
	{"list first", "ttl: 5\n", "records: [{name: a}]\n", "a 5"},
};

static void test_settings__later_list_replaces_the_earlier(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(successions); i++) {
		settings_init(&settings);
		unit_result(successions[i].name,
			    read_text(&settings, successions[i].first), 0);
		unit_result(successions[i].name,
			    read_text(&settings, successions[i].second), 0);
		settings_complete(&settings);
		unit_text(successions[i].name, list_records(),
			  successions[i].want);
	}
}

static void test_settings__later_list_may_not_be_empty(void **state)
{
	(void)state;
	settings_init(&settings);
	unit_result("first", read_text(&settings, "records: [{name: a}]\n"), 0);
	unit_result("second", read_text(&settings, "records: []\n"),
		    STATUS_SETTINGS);
	check_place("second", ":1:11: records: ", "wants a list of maps");
}

static void test_settings__records_in_a_cloud_config(void **state)
{
	(void)state;
	settings_init(&settings);
	unit_result("key",
		    read_cloud(&settings, "bootname:\n  ttl: 5\n  records:\n"
					  "  - name: a\n  - name: b\n"
					  "packages: [a]\n"),
		    0);
	settings_complete(&settings);
	assert_string_equal(list_records(), "a 5|b 5");
	settings_init(&settings);
	unit_result("entry",
		    read_cloud(&settings,
			       "write_files:\n- path: /etc/bootname.yaml\n"
			       "  content: |\n    records:\n    - name: a\n"),
		    0);
	settings_complete(&settings);
	assert_string_equal(list_records(), "a 60");
	unit_result(
		"fault",
		read_cloud(&settings, "bootname:\n  records:\n  - tll: 5\n"),
		STATUS_SETTINGS);
	check_place("fault", ":3:5: ", "\"tll\"");
}

/* Records whose values have so many bytes together; returns the length. */
static size_t write_records(char *text, size_t bytes)
{
	size_t len = (size_t)sprintf(text, "records:\n");

	while (bytes) {
		size_t size = bytes < SETTING_LIMIT ? bytes : SETTING_LIMIT;

		len += (size_t)sprintf(text + len, "- role_arn: ");
		memset(text + len, 'x', size);
		memcpy(text + len, "arn:", strlen("arn:"));
		len += size;
		text[len++] = '\n';
		bytes -= size;
	}
	return len;
}

/* All values together have their limit, too: what keeps them has a bit more
 * beside each. */
static void test_settings__values_together_have_a_limit(void **state)
{
	static char text[2 * BUF_LIMIT];
	unsigned fitted = 0;
	unsigned refused = 0;

	(void)state;
	for (size_t bytes = BUF_LIMIT - 400; bytes <= BUF_LIMIT; bytes += 5) {
		size_t len = write_records(text, bytes);
		int rc;

		settings_init(&settings);
		rc = read_bytes(&settings, text, len);
		if (!rc) {
			assert_int_equal(refused, 0);
			fitted++;
			continue;
		}
		refused++;
		unit_result("limit", rc, STATUS_SETTINGS);
		check_place("limit", ":7:13: role_arn: ", "that is too much");
		/* Once more, over what is there: no better. */
		unit_result("again", read_text(&settings, "name: web.a\n"),
			    STATUS_SETTINGS);
		/* And there is room again. */
		settings_init(&settings);
		unit_result("anew", read_text(&settings, "name: web.a\n"), 0);
		assert_string_equal(settings.value[SETTING_NAME], "web.a");
	}
	assert_true(fitted > 0 && refused > 0);
}

static void test_settings__values_of_a_record_are_its_own(void **state)
{
	const struct settings *record;

	(void)state;
	settings_init(&settings);
	unit_result("read",
		    read_text(&settings,
			      "records:\n- zone: A.example.\n  types: [A]\n"
			      "  weight: 5\n- types: [AAAA, A]\n"
			      "  zone: b.example\n"),
		    0);
	settings_complete(&settings);
	record = settings.next;
	assert_string_equal(record->value[SETTING_ZONE], "a.example");
	assert_string_equal(record->value[SETTING_TYPES], " A ");
	assert_int_equal(settings_number(record, SETTING_WEIGHT), 5);
	record = record->next;
	assert_string_equal(record->value[SETTING_ZONE], "b.example");
	assert_string_equal(record->value[SETTING_TYPES], " AAAA A ");
	assert_int_equal(settings_number(record, SETTING_WEIGHT), 1);
	assert_string_equal(settings.value[SETTING_ZONE], "");
	assert_string_equal(settings.value[SETTING_TYPES], "");
}

/* ---- Files. ---- */

static void test_settings__missing_file(void **state)
{
	(void)state;
	settings_init(&settings);
	unit_result("missing", settings_read_file(&settings, path),
		    STATUS_SETTINGS);
	check_place("missing", ": ", "No such file");
	assert_false(settings.found);
}

static void test_settings__directory(void **state)
{
	(void)state;
	settings_init(&settings);
	assert_int_equal(mkdir(path, 0700), 0);
	unit_result("file", settings_read_file(&settings, path),
		    STATUS_SETTINGS);
	check_place("file", ": ", "must be a file");
	unit_forget();
	unit_result("cloud-config", cloud_config_read(&settings, path),
		    STATUS_SETTINGS);
	check_place("cloud-config", ": ", "must be a file");
}

/* Opening it for reading must not wait for a writer. */
static void test_settings__fifo(void **state)
{
	(void)state;
	settings_init(&settings);
	assert_int_equal(mkfifo(path, 0600), 0);
	(void)alarm(60);
	unit_result("fifo", settings_read_file(&settings, path),
		    STATUS_SETTINGS);
	(void)alarm(0);
	check_place("fifo", ": ", "must be a file");
}

static const struct {
	const char *name;
	mode_t mode;
	int status;
} modes[] = {
	{"owner", 0600, 0},
	{"group and others read", 0644, 0},
	{"group writes", 0660, 0},
	{"others write", 0602, STATUS_SETTINGS},
	{"everybody writes", 0666, STATUS_SETTINGS},
};

static void test_settings__refuses_what_everybody_can_write(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(modes); i++) {
		settings_init(&settings);
		write_bytes("bootname: {}\n", 13);
		assert_int_equal(chmod(path, modes[i].mode), 0);
		unit_result(modes[i].name, cloud_config_read(&settings, path),
			    modes[i].status);
		write_bytes("{}\n", 3);
		assert_int_equal(chmod(path, modes[i].mode), 0);
		unit_forget();
		unit_result(modes[i].name, settings_read_file(&settings, path),
			    modes[i].status);
		if (modes[i].status)
			check_place(modes[i].name, ": ", "everybody can write");
	}
}

static char large[FILE_LIMIT + 2];

/* A small document and comments, up to a size. */
static void fill(const char *document, size_t size)
{
	size_t len = strlen(document);

	memset(large, '#', size);
	large[size] = '\0';
	memcpy(large, document, len);
	for (size_t i = len + 80; i < size; i += 80)
		large[i] = '\n';
}

static void test_settings__size_limit_is_exact(void **state)
{
	(void)state;
	for (size_t size = FILE_LIMIT; size <= FILE_LIMIT + 1; size++) {
		fill("name: web.a\n", size);
		settings_init(&settings);
		unit_result("size", read_bytes(&settings, large, size),
			    size > FILE_LIMIT ? STATUS_SETTINGS : 0);
		if (size > FILE_LIMIT)
			check_place("size", ": ", "at most 1048576 bytes");
	}
}

static void test_settings__oversized_cloud_config(void **state)
{
	(void)state;
	fill("bootname: {}\n", FILE_LIMIT + 1);
	settings_init(&settings);
	write_bytes(large, FILE_LIMIT + 1);
	unit_result("size", cloud_config_read(&settings, path),
		    STATUS_SETTINGS);
	assert_false(settings.found);
}

/* ---- cloud-config.txt ---- */

#define ENTRY(lines)                                                           \
	"#cloud-config\nwrite_files:\n- path: /etc/bootname.yaml\n" lines
#define OTHER "- path: /etc/motd\n  content: \"name: other.a\"\n"

static const struct {
	const char *name;
	const char *yaml;
	const char *want; /* the name; NULL: no settings */
} clouds[] = {
	{"plain entry", ENTRY("  content: |\n    name: web.a\n"), "web.a"},
	{"plain entry, encoding named",
	 ENTRY("  content: |\n    name: web.a\n  encoding: text/plain\n"),
	 "web.a"},
	{"entry in quotes", ENTRY("  content: \"name: web.a\\nttl: 5\\n\"\n"),
	 "web.a"},
	{"entry in flow style",
	 "write_files: [{path: /etc/bootname.yaml, content: 'name: web.a'}]\n",
	 "web.a"},
	{"b64", ENTRY("  encoding: b64\n  content: bmFtZTogd2ViLmEK\n"),
	 "web.a"},
	{"base64", ENTRY("  content: bmFtZTogd2ViLmEK\n  encoding: base64\n"),
	 "web.a"},
	{"b64 with padding",
	 ENTRY("  encoding: b64\n  content: bmFtZTogd2ViLmI=\n"), "web.b"},
	{"b64 with more padding",
	 ENTRY("  encoding: b64\n  content: bmFtZTogd2ViLg==\n"), "web."},
	{"b64 with line breaks",
	 ENTRY("  encoding: b64\n  content: |\n    bmFtZTog\n    d2Vi\n"
	       "    LmI=\n"),
	 "web.b"},
	{"b64, folded",
	 ENTRY("  encoding: b64\n  content: >\n    bmFtZTog\n    d2ViLmEK\n"),
	 "web.a"},
	{"b64 with line ends of Windows",
	 ENTRY("  encoding: b64\n  content: "
	       "\"bmFt\\r\\nZTogd2ViLmI=\\r\\n\"\n"),
	 "web.b"},
	{"b64 of every letter",
	 ENTRY("  encoding: b64\n  content: "
	       "IyA/Pz8+Pj4KbmFtZTogd2ViLmE=\n"),
	 "web.a"},
	{"content before path",
	 "write_files:\n- content: 'name: web.a'\n"
	 "  path: /etc/bootname.yaml\n",
	 "web.a"},
	{"content twice",
	 ENTRY("  content: 'nmae: x'\n  content: 'name: web.a'\n"), "web.a"},
	{"other fields",
	 ENTRY("  owner: root:root\n  permissions: '0600'\n  defer: true\n"
	       "  x: [{a: b}, [c]]\n  content: 'name: web.a'\n"),
	 "web.a"},
	{"last entry wins",
	 ENTRY("  content: 'name: first.a'\n"
	       "- path: /etc/bootname.yaml\n  content: 'name: last.a'\n"),
	 "last.a"},
	{"last entry wins, other encoding",
	 ENTRY("  content: bmFtZTogd2ViLmEK\n  encoding: b64\n"
	       "- path: /etc/bootname.yaml\n  content: 'name: last.a'\n"),
	 "last.a"},
	{"last of ours among others",
	 "write_files:\n" OTHER
	 "- path: /etc/bootname.yaml\n  content: 'name: web.a'\n" OTHER,
	 "web.a"},
	{"faulty first entry does not matter",
	 ENTRY("  content: 'nmae: first.a'\n"
	       "- path: /etc/bootname.yaml\n  content: 'name: last.a'\n"),
	 "last.a"},
	{"other entries only", "write_files:\n" OTHER, NULL},
	{"path above ours",
	 "write_files:\n- path: /etc/bootname.yam\n  content: 'name: a'\n",
	 NULL},
	{"key", "bootname:\n  name: web.a\n  ttl: 5\n", "web.a"},
	{"key, flow style", "bootname: {name: web.a}\n", "web.a"},
	{"key, no settings in it", "bootname: {}\n", ""},
	{"key among others",
	 "packages: [a, [b], {c: d}]\nruncmd:\n- [ls, -l]\n"
	 "bootname: {name: web.a}\nusers:\n- default\n",
	 "web.a"},
	{"key and other entries",
	 "bootname: {name: web.a}\nwrite_files:\n" OTHER, "web.a"},
	{"entry before the key",
	 ENTRY("  content: 'name: web.a'\nbootname: {name: key.a}\n"), "web.a"},
	{"entry behind the key",
	 "bootname: {name: key.a}\n"
	 "write_files:\n- path: /etc/bootname.yaml\n  content: 'name: web.a'\n",
	 "web.a"},
	{"entry, faulty key does not matter",
	 ENTRY("  content: 'name: web.a'\nbootname: {nmae: key.a}\n"), "web.a"},
	{"key as a text", "x: bootname\ny: {name: web.a}\n", NULL},
	{"key inside a list", "x: [bootname, {name: web.a}]\n", NULL},
	{"write_files null", "write_files: null\n", NULL},
	{"write_files a text", "write_files: none\n", NULL},
	{"entry no map", "write_files: [a, [b, c], null]\n", NULL},
	{"as cloud-init writes it",
	 "#cloud-config\n\n# from 1 files\n# part-001\n\n---\n"
	 "ssh_pwauth: false\nwrite_files:\n-   content: |\n"
	 "        name: web.a\n        ttl: 5\n"
	 "    path: /etc/bootname.yaml\n    permissions: '0600'\n...\n",
	 "web.a"},
	{"key as cloud-init writes it",
	 "#cloud-config\n\n# from 2 files\n# part-001\n# part-002\n\n---\n"
	 "bootname:\n    name: web.a\n    ttl: 5\n...\n",
	 "web.a"},
	{"empty as cloud-init writes it",
	 "#cloud-config\n\n# from 1 files\n# part-001\n\n---\n{}\n...\n", NULL},
	{"null as cloud-init may write it",
	 "#cloud-config\n\n# from 1 files\n# part-001\n\n---\nnull\n...\n",
	 NULL},
	{"comments only", "#cloud-config\n", NULL},
	{"empty file", "", NULL},
	{"text only", "hello\n", NULL},
	{"anchors and aliases of others",
	 "a: &a [1, &b {c: d}]\ne: *a\nf: [*b, {g: *b}]\n"
	 "bootname: {name: web.a}\n",
	 "web.a"},
	{"entry an alias",
	 "bootname_file: &f {path: /etc/bootname.yaml, content: 'name: "
	 "web.a'}\n"
	 "write_files: [*f]\n",
	 "web.a"},
	{"alias as cloud-init writes it",
	 "#cloud-config\n\n# from 1 files\n# part-001\n\n---\n"
	 "a: &id001\n    content: 'name: web.a\n\n        '\n"
	 "    path: /etc/bootname.yaml\nwrite_files:\n- *id001\n...\n",
	 "web.a"},
	{"list an alias",
	 "a: &f [{path: /etc/bootname.yaml, content: 'name: web.a'}]\n"
	 "write_files: *f\n",
	 "web.a"},
	{"list and entry aliases",
	 "a: &f {path: /etc/bootname.yaml, content: 'name: web.a'}\n"
	 "b: &g [*f, {path: /etc/motd}]\nwrite_files: *g\n",
	 "web.a"},
	{"values aliases",
	 "a: &a /etc/bootname.yaml\nb: &b bmFtZTogd2ViLmEK\nc: &c b64\n"
	 "write_files: [{path: *a, content: *b, encoding: *c}]\n",
	 "web.a"},
	{"entry and its alias",
	 "write_files:\n- &f {path: /etc/bootname.yaml, content: 'name: "
	 "web.a'}\n"
	 "- *f\n",
	 "web.a"},
	{"key an alias", "a: &a {name: web.a}\nbootname: *a\n", "web.a"},
	{"slashes in the path",
	 "write_files: [{path: //etc//bootname.yaml/, content: 'name: "
	 "web.a'}]\n",
	 "web.a"},
	{"dots in the path",
	 "write_files: [{path: /etc/./x/../../etc/bootname.yaml/., "
	 "content: 'name: web.a'}]\n",
	 "web.a"},
	{"path above the root",
	 "write_files: [{path: /../../etc/bootname.yaml, "
	 "content: 'name: web.a'}]\n",
	 "web.a"},
	{"relative path",
	 "write_files: [{path: etc/bootname.yaml, content: 'name: web.a'}]\n",
	 "web.a"},
	{"entries joined",
	 ENTRY("  content: |\n    ttl: 5\n- path: /etc//bootname.yaml\n"
	       "  append: true\n  content: 'name: web.a'\n"),
	 "web.a"},
	{"entries joined inside of a line",
	 ENTRY("  content: 'name: web'\n- path: /etc/bootname.yaml\n"
	       "  append: 'Yes '\n  content: '.a'\n"),
	 "web.a"},
	{"joined to b64",
	 ENTRY("  content: bmFtZTogd2ViLg==\n  encoding: b64\n"
	       "- path: /etc/bootname.yaml\n  append: 1\n  content: 'a'\n"),
	 "web.a"},
	{"joined to nothing", ENTRY("  content: 'name: web.a'\n  append: on\n"),
	 "web.a"},
	{"not joined",
	 ENTRY("  content: 'name: x.a'\n- path: /etc/bootname.yaml\n"
	       "  append: 'off'\n  content: 'name: web.a'\n"),
	 "web.a"},
	{"deferred comes last",
	 ENTRY("  content: 'name: web.a'\n  defer: true\n"
	       "- path: /etc/bootname.yaml\n  content: 'name: x.a'\n"),
	 "web.a"},
	{"deferred is joined to what is not",
	 ENTRY("  content: .a\n  defer: on\n  append: true\n"
	       "- path: /etc/bootname.yaml\n  content: 'name: web'\n"),
	 "web.a"},
	{"last member of a name counts",
	 ENTRY("  path: [x]\n  content: 'name: web.a'\n"
	       "  path: /etc/bootname.yaml\n"),
	 "web.a"},
	{"encoding in other letters",
	 ENTRY("  encoding: ' Base64 '\n  content: bmFtZTogd2ViLmEK\n"),
	 "web.a"},
	{"encoding null", ENTRY("  encoding: ~\n  content: 'name: web.a'\n"),
	 "web.a"},
	{"unknown encoding is none",
	 ENTRY("  encoding: utf-8\n  content: 'name: web.a'\n"), "web.a"},
	{"b64 ends at its padding",
	 ENTRY("  encoding: b64\n  content: bmFtZTogd2ViLg==bmFtZTo=\n"),
	 "web."},
	{"content of a text's tag", ENTRY("  content: !!str 'name: web.a'\n"),
	 "web.a"},
	{"source null", ENTRY("  source: null\n  content: 'name: web.a'\n"),
	 "web.a"},
	{"keys in other forms",
	 "? \"write\\x5ffiles\"\n: - ? 'path'\n    : /etc/bootname.yaml\n"
	 "    \"con\\u0074ent\": 'name: web.a'\n",
	 "web.a"},
	{"entries without a path",
	 ENTRY("  content: 'name: web.a'\n- {content: x}\n- {path: ''}\n"
	       "- {path: null}\n"),
	 "web.a"},
	{"empty entry leaves it to the key",
	 ENTRY("  content: ''\nbootname: {name: web.a}\n"), "web.a"},
	{"empty entry", ENTRY("  content: ''\n"), NULL},
	{"entry of a comment", ENTRY("  content: '# none'\n"), NULL},
	{"entry of a marker", ENTRY("  content: '---'\n"), NULL},
	{"b64 of nothing", ENTRY("  encoding: b64\n  content: ':'\n"), NULL},
	{"hook only",
	 "write_files:\n- path: /var/lib/cloud/scripts/per-boot/50-bootname\n"
	 "  content: \"#!/bin/sh\\nexec bootname\\n\"\n",
	 NULL},
	{"unit and package",
	 "packages: [bootname]\nwrite_files:\n"
	 "- path: /etc/systemd/system/bootname.service\n  content: x\n"
	 "runcmd:\n- [systemctl, start, bootname]\n- bootname -d "
	 "/etc/bootname.yaml\n",
	 NULL},
	{"aliases in other entries",
	 "a: &a x\nwrite_files:\n- path: *a\n  content: *a\n"
	 "- path: /etc/bootname.yaml\n  content: 'name: web.a'\n"
	 "  owner: *a\n",
	 "web.a"},
};

static void test_settings__finds_settings_in_a_cloud_config(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(clouds); i++) {
		const char *want = clouds[i].want;
		int rc;

		settings_init(&settings);
		rc = read_cloud(&settings, clouds[i].yaml);
		if (!rc && settings.found == !!want &&
		    !strcmp(settings.value[SETTING_NAME], want ? want : ""))
			continue;
		print_error("%s: want %s; got rc %d, found %d, name \"%s\": "
			    "%s\n",
			    clouds[i].name, want ? want : "no settings", rc,
			    settings.found, settings.value[SETTING_NAME],
			    errinfo.text.data);
		failed++;
	}
	assert_int_equal(failed, 0);
}

/* Bytes of each read; 0: as many as are asked for.  Not static: clang takes
 * read() for inline. */
extern size_t read_limit;
extern unsigned interruptions;
size_t read_limit;
unsigned interruptions;

/* In place of libc's. */
ssize_t read(int fd, void *bytes, size_t size)
{
	if (interruptions) {
		interruptions--;
		errno = EINTR;
		return -1;
	}
	if (read_limit && size > read_limit)
		size = read_limit;
	return syscall(SYS_read, fd, bytes, size);
}

static void test_settings__short_and_interrupted_reads(void **state)
{
	static const char text[] = "zone: ec2.example.com\naction: CREATE\n";

	(void)state;
	for (read_limit = 1; read_limit < sizeof(text); read_limit++) {
		settings_init(&settings);
		interruptions = 3;
		unit_result("short", read_text(&settings, text), 0);
		assert_string_equal(settings.value[SETTING_ACTION], "CREATE");
	}
	read_limit = 0;
}

static void test_settings__empty_documents_hold_no_settings(void **state)
{
	static const char *const rows[] = {
		"",    "\n\n",	       "# nothing\n# yet\n",	"---\n",
		"---", "--- # none\n", "%YAML 1.1\n---\n...\n", "\xef\xbb\xbf",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		settings_init(&settings);
		unit_result(rows[i], read_text(&settings, rows[i]), 0);
		assert_false(settings.found);
		check_defaults();
	}
}

/* An empty one may be cloud-init's, or be cut. */
static void test_settings__an_empty_cloud_config_is_doubted(void **state)
{
	static const char *const rows[] = {"", "\n", "#cloud-config\n"};

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		settings_init(&settings);
		unit_result(rows[i], read_cloud(&settings, rows[i]), 0);
		unit_holds(rows[i], settings.doubt, "is empty");
		/* Others are there: user-data's may be, too. */
		settings_init(&settings);
		unit_result("file", read_text(&settings, "ttl: 5\n"), 0);
		unit_result(rows[i], read_cloud(&settings, rows[i]),
			    STATUS_SETTINGS);
		unit_holds(rows[i], errinfo.text.data, "is empty");
	}
	unit_result("not empty", read_cloud(&settings, "{}"), 0);
	settings_init(&settings);
	assert_null(settings.doubt);
}

/* ---- user-data.txt.i, the user-data as cloud-init has unpacked them. ---- */

#define MIME(text)                                                             \
	"Content-Type: multipart/mixed; boundary=\"==1==\"\n\n--==1==\n"       \
	"Content-Type: text/x-not-multipart\n\n" text "\n--==1==--\n"

static const struct {
	const char *name;
	const char *cloud;
	const char *user_data;
	const char *says; /* "": no settings; NULL: doubtful */
} dropped[] = {
	{"nothing", "", MIME(""), ""},
	{"a script", "", MIME("#!/bin/sh\nbootname -d /etc/bootname.yaml\n"),
	 ""},
	{"other settings", "--- {}\n", MIME("#cloud-config\nhostname: a\n"),
	 ""},
	{"a template", "\n# from 1 files\n--- {}\n...\n",
	 MIME("## template: jinja\n#cloud-config\nbootname: {}\n"), ""},
	{"mentions", "{}", MIME("packages: [bootname]\n# bootname: x\n"), ""},
	{"entry", "",
	 MIME("# cloud-config\nwrite_files:\n"
	      "- path: /etc/bootname.yaml\n"),
	 ":8:1: "},
	{"key", "", MIME("\xef\xbf\xbd#cloud-config\n\nbootname:\n"), ":8:1: "},
	{"a template that cloud-init cannot fill in", "--- {}\n",
	 MIME("## template: jinja\n#cloud-config\nbootname: {{ x }}\n"),
	 ":8:1: "},
	{"key in a list", "", MIME("#cloud-config\n- bootname: {ttl: 60}\n"),
	 ":7:1: "},
	{"entry in flow style", "--- {}\n",
	 MIME("#cloud-config\n\twrite_files: [{\"path\" : "
	      "\"/etc/bootname.yaml\"}]"),
	 ":7:1: "},
	{"entry in a part that another one replaced",
	 "write_files: [{path: /etc/motd}]\n",
	 MIME("#cloud-config\nwrite_files:\n  - content: a\n"
	      "    path: '/etc//bootname.yaml'\n"),
	 ":9:1: "},
	{"cut", "",
	 "Content-Type: multipart/mixed; boundary=\"==1==\"\n\n--==", NULL},
	{"empty", "", "", NULL},
	{"cut, and the cloud-config is not empty", "{}", "Content-Type: m", ""},
};

static bool is_as_wanted(size_t i, const char *user_data_file)
{
	const char *says = dropped[i].says;
	int rc = read_cloud(&settings, dropped[i].cloud);
	size_t len = strlen(user_data_file);

	if (says && *says)
		return rc == -1 && errinfo.status == STATUS_SETTINGS &&
		       !strncmp(errinfo.text.data, user_data_file, len) &&
		       !strncmp(errinfo.text.data + len, says, strlen(says));
	return !rc && !settings.found && !settings.doubt == !!says;
}

static void test_settings__user_data_that_cloud_init_dropped(void **state)
{
	static char name[300];
	unsigned failed = 0;

	(void)state;
	(void)snprintf(name, sizeof(name), "%s/user-data.txt.i", folder);
	for (size_t i = 0; i < LENGTH(dropped); i++) {
		FILE *file = fopen(name, "w");

		assert_non_null(file);
		(void)fputs(dropped[i].user_data, file);
		assert_int_equal(fclose(file), 0);
		assert_int_equal(chmod(name, 0600), 0);
		settings_init(&settings);
		if (is_as_wanted(i, name))
			continue;
		print_error("%s: want \"%s\"; got doubt %s, found %d: %s\n",
			    dropped[i].name, dropped[i].says, settings.doubt,
			    settings.found, errinfo.text.data);
		failed++;
	}
	(void)unlink(name);
	assert_int_equal(failed, 0);
}

/* ---- cloud-config.txt, read by what rides in user-data. ---- */

static const struct {
	const char *name;
	const char *yaml;
	const char *want; /* the name; NULL: an error */
} plain_clouds[] = {
	{"as mkuserdata writes it", ENTRY("  content: 'name: web.a'\n"),
	 "web.a"},
	{"among others",
	 "write_files:\n" OTHER
	 "- path: /etc/bootname.yaml\n  content: 'name: web.a'\n" OTHER,
	 "web.a"},
	{"empty entry", ENTRY("  content: ''\n"), ""},
	{"none", "", NULL},
	{"no document", "#cloud-config\n", NULL},
	{"no entries", "--- {}\n...\n", NULL},
	{"the hook alone",
	 "write_files:\n- path: /var/lib/cloud/scripts/per-boot/50-bootname\n"
	 "  content: x\n",
	 NULL},
	{"the key", "bootname: {name: web.a}\n", NULL},
	{"an alias of the entry",
	 "a: &f {path: /etc/bootname.yaml, content: 'name: web.a'}\n"
	 "write_files: [*f]\n",
	 NULL},
	{"an alias of another entry, which may be ours",
	 "a: &f {path: /etc/bootname.yaml, append: true, content: 'ttl: 5'}\n"
	 "write_files: [{path: /etc/bootname.yaml, content: 'name: a'}, *f]\n",
	 NULL},
	{"an alias of the list",
	 "a: &f [{path: /etc/bootname.yaml, content: 'name: web.a'}]\n"
	 "write_files: *f\n",
	 NULL},
	{"an alias of the path",
	 "a: &a /etc/bootname.yaml\n"
	 "write_files: [{path: *a, content: 'name: web.a'}]\n",
	 NULL},
	{"an alias of the content",
	 "a: &a 'name: web.a'\n"
	 "write_files: [{path: /etc/bootname.yaml, content: *a}]\n",
	 NULL},
	{"another path to it",
	 "write_files: [{path: /etc//bootname.yaml, content: 'name: web.a'}]\n",
	 NULL},
	{"two entries",
	 ENTRY("  content: 'name: a'\n- path: /etc/bootname.yaml\n"
	       "  append: true\n  content: 'ttl: 5'\n"),
	 NULL},
	{"two entries, one by another path",
	 ENTRY("  content: 'name: a'\n- path: /etc/./bootname.yaml\n"
	       "  append: true\n  content: 'ttl: 5'\n"),
	 NULL},
	{"gzip", ENTRY("  encoding: gz+b64\n  content: H4sIAAAAAAAAAw==\n"),
	 NULL},
	{"binary", ENTRY("  content: !!binary |\n    bmFtZTogYQ==\n"), NULL},
	{"no content", ENTRY("  owner: root\n"), NULL},
	{"entries a map",
	 "write_files: {path: /etc/bootname.yaml, content: 'name: a'}\n", NULL},
	{"an entry is no map", ENTRY("  content: 'name: a'\n- null\n"), NULL},
	{"cut", "#cloud-config\n\n---\n" ENTRY("  content: 'name: web.a'\n"),
	 NULL},
};

static void test_settings__without_a_user_there_are_settings(void **state)
{
	unsigned failed = 0;

	(void)state;
	build_is_whole = false;
	for (size_t i = 0; i < LENGTH(plain_clouds); i++) {
		const char *want = plain_clouds[i].want;
		int rc;

		settings_init(&settings);
		rc = read_cloud(&settings, plain_clouds[i].yaml);
		if (want ? !rc && !strcmp(settings.value[SETTING_NAME], want)
			 : rc == -1 && errinfo.status == STATUS_SETTINGS)
			continue;
		print_error("%s: want %s; got rc %d, name \"%s\": %s\n",
			    plain_clouds[i].name, want ? want : "an error", rc,
			    settings.value[SETTING_NAME], errinfo.text.data);
		failed++;
	}
	(void)unlink(path);
	settings_init(&settings);
	unit_result("missing", cloud_config_read(&settings, path),
		    STATUS_SETTINGS);
	build_is_whole = true;
	assert_int_equal(failed, 0);
}

static void test_settings__aliases_are_bounded(void **state)
{
	static char text[FILE_LIMIT];
	size_t len = (size_t)sprintf(
		text, "a: &a {path: /etc/motd}\nb: &b [*a]\nwrite_files: [");

	(void)state;
	while (len < sizeof(text) - 100)
		len += (size_t)sprintf(text + len, "*a,");
	(void)sprintf(text + len, "*a]\nbootname: {name: web.a}\n");
	settings_init(&settings);
	unit_result("many", read_cloud(&settings, text), STATUS_SETTINGS);
	unit_holds("many", errinfo.text.data, "too many aliases");
}

static void test_settings__missing_cloud_config_is_no_error(void **state)
{
	(void)state;
	settings_init(&settings);
	unit_result("missing", cloud_config_read(&settings, path), 0);
	assert_false(settings.found);
}

static const struct {
	const char *name;
	const char *yaml;
	const char *place;
	const char *says;
} cloud_faults[] = {
	{"fault in the entry", ENTRY("  content: |\n    ttl: 5\n    nmae: a\n"),
	 ": /etc/bootname.yaml:2:1: ", "\"name\""},
	{"fault in b64",
	 ENTRY("  encoding: b64\n  content: bm1hZTogd2ViLmEK\n"),
	 ": /etc/bootname.yaml:1:1: ", "\"name\""},
	{"entry without content", ENTRY("  owner: root\n"),
	 ":3:3: ", "must have content"},
	{"entry with content null", ENTRY("  content: null\n"),
	 ":4:12: ", "must have content"},
	{"content misspelt", ENTRY("  contents: 'name: a'\n"),
	 ":3:3: ", "must have content"},
	{"gzip", ENTRY("  encoding: gzip\n  content: x\n"), ":4:13: ", "gzip"},
	{"gz", ENTRY("  content: x\n  encoding: ' GZ'\n"), ":5:13: ", "gzip"},
	{"gzip in b64",
	 ENTRY("  encoding: gz+b64\n  content: H4sIAAAAAAAAAw==\n"),
	 ":4:13: ", "gzip"},
	{"gzip in base64",
	 ENTRY("  encoding: Gzip+Base64\n  content: H4sIAAAAAAAAAw==\n"),
	 ":4:13: ", "gzip"},
	{"unknown encoding", ENTRY("  encoding: zip\n  content: x\n"),
	 ": /etc/bootname.yaml:1:1: ", ""},
	{"encoding a list", ENTRY("  encoding: [b64]\n  content: x\n"),
	 ":4:13: ", "encoding"},
	{"encoding a number", ENTRY("  encoding: 64\n  content: x\n"),
	 ":4:13: ", "encoding"},
	{"content binary", ENTRY("  content: !!binary bmFtZTogYQ==\n"),
	 ":4:12: ", "!!binary"},
	{"content a map", ENTRY("  content: {name: a}\n"),
	 ":4:12: ", "must be a text"},
	{"content a number", ENTRY("  content: 1\n"),
	 ":4:12: ", "must be a text"},
	{"content a truth value", ENTRY("  content: Yes\n"),
	 ":4:12: ", "must be a text"},
	{"source",
	 ENTRY("  content: 'name: a'\n  source: {uri: 'https://a/b'}\n"),
	 ":5:11: ", "source"},
	{"append no truth value",
	 ENTRY("  content: 'name: a'\n  append: maybe\n"), ":5:11: ", "append"},
	{"append a list", ENTRY("  content: 'name: a'\n  append: [true]\n"),
	 ":5:11: ", "append"},
	{"defer no truth value", ENTRY("  content: 'name: a'\n  defer: 0x1\n"),
	 ":5:10: ", "defer"},
	{"b64 cut", ENTRY("  encoding: b64\n  content: bmFtZ\n"),
	 ":5:12: ", "no base64"},
	{"b64 without padding",
	 ENTRY("  encoding: b64\n  content: bmFtZTogYQ\n"),
	 ":5:12: ", "no base64"},
	{"b64 not ASCII", ENTRY("  encoding: b64\n  content: bmFtZTog\u00fc\n"),
	 ":5:12: ", "no base64"},
	{"an entry is no map", ENTRY("  content: 'name: a'\n- null\n"),
	 ":5:3: ", "must be a map"},
	{"a path is no text", ENTRY("  content: 'name: a'\n- path: 5\n"),
	 ":5:9: ", "must be a text"},
	{"path a list",
	 "write_files:\n- path: [/etc/bootname.yaml]\n  content: 'name: a'\n",
	 ":2:9: ", "must be a text"},
	{"path below ours",
	 "write_files:\n- path: /etc/bootname.yaml/x\n  content: 'name: a'\n",
	 ":2:9: ", "no settings were found"},
	{"path with another ending",
	 "write_files:\n- path: /etc/bootname.yml\n  content: 'name: a'\n",
	 ":2:9: ", "no settings were found"},
	{"path in another folder",
	 "write_files:\n- content: 'name: a'\n  path: /opt/bootname.yaml\n",
	 ":3:9: ", "no settings were found"},
	{"key further down", "x:\n- bootname: {name: web.a}\n",
	 ":2:3: ", "no settings were found"},
	{"key in capitals", "Bootname: {name: web.a}\n",
	 ":1:1: ", "no settings were found"},
	{"key behind lists and maps",
	 "x: [a, {b: c, d: [e]}, f]\ny: {g: {}, h: [], i: j}\n"
	 "z: {k: l, bootname: m}\n",
	 ":3:11: ", "no settings were found"},
	{"list of key and map", "- bootname\n- {name: web.a}\n",
	 ":1:3: ", "no settings were found"},
	{"a word", "bootname\n", ":1:1: ", "no settings were found"},
	{"write_files inside",
	 "x: {write_files: [{path: /etc/bootname.yaml, "
	 "content: 'name: a'}]}\n",
	 ":1:26: ", "no settings were found"},
	{"write_files a map",
	 "write_files: {path: /etc/bootname.yaml, content: 'name: a'}\n",
	 ":1:14: ", "must be a list"},
	{"write_files twice", ENTRY("  content: 'name: a'\nwrite_files: []\n"),
	 ":5:1: ", "once"},
	{"key twice", "bootname: {}\nbootname: {name: a}\n", ":2:1: ", "once"},
	{"merge at the top",
	 "x: &x {write_files: [{path: /etc/bootname.yaml, content: 'ttl: "
	 "5'}]}\n"
	 "<<: *x\n",
	 ":2:1: ", "merge key"},
	{"merge in an entry",
	 "x: &x {path: /etc/bootname.yaml}\nwrite_files:\n"
	 "- content: 'name: a'\n  <<: *x\n",
	 ":4:3: ", "merge key"},
	{"alias of nothing", "write_files: *x\nx: &x []\n",
	 ":1:14: ", "no anchor"},
	{"alias of two", "x: &x []\ny: &x []\nwrite_files: [*x]\n",
	 ":3:15: ", "two anchors"},
	{"list that holds its alias",
	 "write_files: &x [{path: /etc/bootname.yaml, content: 'a: b'}, *x]\n",
	 ":1:14: ", "must be a map"},
	{"entry that holds its alias",
	 "write_files:\n- &x {path: /etc/bootname.yaml, content: *x}\n",
	 ":2:3: ", "must be a text"},
	{"cut", "#cloud-config\n\n---\n" ENTRY("  content: 'name: web.a'\n"),
	 ": is cut", "\"...\""},
	{"cut inside of a text that looks whole",
	 "#cloud-config\n\n---\n" ENTRY("  content: |\n    name: a\n    ...\n"),
	 ": is cut", "\"...\""},
	{"a fault counts its lines in what was joined",
	 ENTRY("  content: |\n    name: a\n- path: /etc/bootname.yaml\n"
	       "  append: true\n  content: 'nmae: b'\n"),
	 ": /etc/bootname.yaml:2:1: ", "\"name\""},
	{"b64 that is not said to be", ENTRY("  content: bmFtZTogd2ViLmEK\n"),
	 ": /etc/bootname.yaml:1:1: ", "key: value"},
	{"NUL in b64", ENTRY("  encoding: b64\n  content: bmFtZTogYQBi\n"),
	 ": /etc/bootname.yaml:1:8: ", ""},
	{"fault under the key", "a: b\nbootname:\n  nmae: web.a\n",
	 ":3:3: ", "\"name\""},
	{"key null", "bootname:\n", ":1:10: ", "key: value"},
	{"key a text", "bootname: web.a\n", ":1:11: ", "key: value"},
	{"key a list", "bootname: [web.a]\n", ":1:11: ", "key: value"},
	{"alias under the key", "a: &a web.a\nbootname: {name: *a}\n",
	 ":2:18: name: ", WANTS_NAME},
	{"broken", "bootname: {name: web.a\n", ":2:1: ", ""},
	{"broken behind the entry", ENTRY("  content: 'name: web.a'\nx: [\n"),
	 ":6:1: ", ""},
};

static void test_settings__cloud_config_faults_have_a_place(void **state)
{
	unsigned failed = 0;

	(void)state;
	for (size_t i = 0; i < LENGTH(cloud_faults); i++)
		failed +=
			check_fault(cloud_config_read, cloud_faults[i].name,
				    cloud_faults[i].yaml, cloud_faults[i].place,
				    cloud_faults[i].says, nothing);
	assert_int_equal(failed, 0);
}

static void test_settings__cloud_config_depth_limit_is_exact(void **state)
{
	(void)state;
	for (size_t depth = DEPTH_LIMIT; depth <= DEPTH_LIMIT + 1; depth++) {
		static struct buf text;

		buf_set(&text, "x: ");
		for (size_t i = 0; i < depth; i++)
			buf_add(&text, "[", 1);
		for (size_t i = 0; i < depth; i++)
			buf_add(&text, "]", 1);
		buf_addf(&text, "\nbootname: {name: web.a}\n");
		settings_init(&settings);
		unit_result("depth", read_cloud(&settings, text.data),
			    depth > DEPTH_LIMIT ? STATUS_SETTINGS : 0);
		if (depth > DEPTH_LIMIT)
			check_place("depth", ":1:36: ", "nested");
		else
			assert_string_equal(settings.value[SETTING_NAME],
					    "web.a");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_settings__defaults),
		cmocka_unit_test(test_settings__init_forgets_what_was_read),
		cmocka_unit_test(test_settings__asked_for_words_and_numbers),
		cmocka_unit_test(test_settings__asked_for_truth),
		cmocka_unit_test(test_settings__texts),
		cmocka_unit_test(test_settings__numbers_and_choices),
		cmocka_unit_test(test_settings__layers_over_what_is_there),
		cmocka_unit_test(test_settings__faults_have_a_place),
		cmocka_unit_test(
			test_settings__no_suggestion_where_nothing_is_near),
		cmocka_unit_test(test_settings__near_miss_asks),
		cmocka_unit_test(test_settings__no_suggestion_without_a_user),
		cmocka_unit_test(test_settings__refuses_bytes_that_are_no_text),
		cmocka_unit_test(test_settings__records),
		cmocka_unit_test(test_settings__records_have_the_tops_values),
		cmocka_unit_test(test_settings__complete_without_records),
		cmocka_unit_test(
			test_settings__later_list_replaces_the_earlier),
		cmocka_unit_test(test_settings__later_list_may_not_be_empty),
		cmocka_unit_test(test_settings__records_in_a_cloud_config),
		cmocka_unit_test(test_settings__values_together_have_a_limit),
		cmocka_unit_test(test_settings__values_of_a_record_are_its_own),
		cmocka_unit_test_setup(test_settings__missing_file,
				       remove_file),
		cmocka_unit_test_setup_teardown(test_settings__directory,
						remove_file, remove_file),
		cmocka_unit_test_setup_teardown(test_settings__fifo,
						remove_file, remove_file),
		cmocka_unit_test(
			test_settings__refuses_what_everybody_can_write),
		cmocka_unit_test(test_settings__size_limit_is_exact),
		cmocka_unit_test(test_settings__oversized_cloud_config),
		cmocka_unit_test(test_settings__short_and_interrupted_reads),
		cmocka_unit_test(
			test_settings__empty_documents_hold_no_settings),
		cmocka_unit_test(
			test_settings__an_empty_cloud_config_is_doubted),
		cmocka_unit_test(
			test_settings__user_data_that_cloud_init_dropped),
		cmocka_unit_test(
			test_settings__without_a_user_there_are_settings),
		cmocka_unit_test(test_settings__aliases_are_bounded),
		cmocka_unit_test(
			test_settings__finds_settings_in_a_cloud_config),
		cmocka_unit_test_setup(
			test_settings__missing_cloud_config_is_no_error,
			remove_file),
		cmocka_unit_test(
			test_settings__cloud_config_faults_have_a_place),
		cmocka_unit_test(
			test_settings__cloud_config_depth_limit_is_exact),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, make_folder,
					   remove_folder);
}
