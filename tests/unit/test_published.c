#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "buf.h"
#include "errinfo.h"
#include "instance.h"
#include "plan.h"
#include "platform.h"
#include "published.h"
#include "settings.h"

#define ME "i-0123456789abcdef0"
#define NAME "web1.example.com"
#define IPV4 "192.0.2.1"
#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD "bootname 1 " ME "\n"
#define SAME "same " HEX "\n"
#define LOOK "look 12345\n"
#define SET "A Z1 " NAME " " IPV4 " - simple \n"
#define ROLE "arn:aws:iam::111122223333:role/dns"

/* A folder of this run's own; the runtime directory in it, and what is kept
 * there. */
static char folder[256];
static char directory[300];
static char path[350];
static char locked[350];
static char left[400];	/* a new state that was not finished */
static char other[300]; /* a file beside the directory */

static int make_folder(void **context)
{
	(void)context;
	(void)umask(0); /* the modes are the program's alone */
	build_is_whole = true;
	if (unit_make_folder(folder, sizeof(folder)))
		return -1;
	(void)snprintf(directory, sizeof(directory), "%s/run", folder);
	(void)snprintf(path, sizeof(path), "%s/published", directory);
	(void)snprintf(left, sizeof(left), "%s.new", path);
	(void)snprintf(locked, sizeof(locked), "%s/lock", directory);
	(void)snprintf(other, sizeof(other), "%s/other", folder);
	return 0;
}

static int remove_folder(void **context)
{
	(void)context;
	return rmdir(folder);
}

static int set_directory(void **context)
{
	(void)context;
	return setenv("RUNTIME_DIRECTORY", directory, 1);
}

static int remove_files(void **context)
{
	(void)context;
	(void)unlink(path);
	(void)rmdir(path);
	(void)unlink(left);
	(void)unlink(locked);
	(void)rmdir(directory);
	(void)unlink(other);
	build_is_whole = true;
	return 0;
}

static const struct buf *describe(const char *text)
{
	static struct buf description;

	buf_set(&description, "%s", text);
	return &description;
}

static bool is(const char *text)
{
	published_read(ME);
	return published_is(describe(text));
}

static void keep(const char *text)
{
	published_read(ME);
	published_write(describe(text));
}

static void put(const char *name, const char *text, size_t size)
{
	FILE *file;

	(void)mkdir(directory, 0755);
	(void)unlink(name); /* a former one may not be ours to write */
	file = fopen(name, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(name, 0600), 0);
}

/* What is kept; valid until the next call. */
static const char *content(void)
{
	static char text[20000];
	FILE *file = fopen(path, "r");
	size_t size;

	assert_non_null(file);
	size = fread(text, 1, sizeof(text) - 1, file);
	text[size] = '\0';
	assert_int_equal(fclose(file), 0);
	return text;
}

static struct published_set make_set(const char *type, const char *name,
				     const char *value)
{
	return (struct published_set){
		.field = {type, "Z1", name, value, "-", "simple", ""}};
}

static void add(const char *type, const char *name, const char *value)
{
	struct published_set set = make_set(type, name, value);

	published_add(&set);
}

/* ---- What --if-changed compares. ---- */

static void test_published__none_is_kept_at_first(void **context)
{
	(void)context;
	assert_false(is("a"));
	assert_false(is(""));
	assert_int_equal(published_count, 0);
}

static void test_published__last_description_counts(void **context)
{
	(void)context;
	for (int has_user = 0; has_user < 2; has_user++) {
		build_is_whole = has_user;
		keep("a long one");
		keep("short");
		assert_true(is("short"));
		assert_false(is("a long one"));
		assert_false(is("shor"));
		assert_false(is("shorts"));
		published_write(NULL);
		assert_false(is("short"));
		assert_false(is(""));
		(void)unlink(path);
	}
}

static void test_published__a_description_that_is_cut_is_none(void **context)
{
	static struct buf description;

	(void)context;
	while (!buf_is_cut(&description))
		buf_addf(&description, "settings and more settings\n");
	published_read(ME);
	published_write(&description);
	published_read(ME);
	assert_false(published_is(&description));
}

/* What is described may be a secret, as external_id is. */
static void test_published__no_description_is_kept(void **context)
{
	(void)context;
	keep("external_id");
	assert_null(strstr(content(), "external"));
}

static void test_published__another_instance_s_is_none(void **context)
{
	(void)context;
	keep("a");
	published_read("i-0fff9999eee888877");
	assert_false(published_is(describe("a")));
}

/* ---- The sets. ---- */

static void test_published__sets_are_read_as_they_were_written(void **context)
{
	static const struct published_set routed = {
		.field = {"AAAA", "ZABC09", "*.x_y.example.com", "2001:db8::1",
			  ROLE, "weighted", " a b "}};

	(void)context;
	published_read(ME);
	add("A", NAME, IPV4);
	published_add(&routed);
	published_add(&routed);
	assert_int_equal(published_count, 2);
	published_write(NULL);
	published_read(ME);
	assert_int_equal(published_count, 2);
	for (size_t i = 0; i < PUBLISHED_FIELDS; i++) {
		struct published_set set = make_set("A", NAME, IPV4);

		assert_string_equal(published_sets[0].field[i], set.field[i]);
		assert_string_equal(published_sets[1].field[i],
				    routed.field[i]);
	}
}

static void test_published__no_more_than_the_limit_are_kept(void **context)
{
	static char names[PUBLISHED_LIMIT + 2][32];

	(void)context;
	published_read(ME);
	for (size_t i = 0; i < LENGTH(names); i++) {
		(void)snprintf(names[i], sizeof(names[i]), "n%zu.example.com",
			       i);
		add("A", names[i], IPV4);
	}
	assert_int_equal(published_count, PUBLISHED_LIMIT);
	published_write(NULL);
	published_read(ME);
	assert_int_equal(published_count, PUBLISHED_LIMIT);
}

static void test_published__forgets_by_fields(void **context)
{
	const char *field[PUBLISHED_FIELDS] = {[PUBLISHED_NAME] = NAME};

	(void)context;
	published_read(ME);
	add("A", NAME, IPV4);
	add("AAAA", NAME, "2001:db8::1");
	add("A", "x" NAME, IPV4);
	published_sets[0].is_unwanted = true;
	published_forget(field, true);
	assert_int_equal(published_count, 2);
	assert_string_equal(published_sets[0].field[PUBLISHED_TYPE], "AAAA");
	published_forget(field, false);
	assert_int_equal(published_count, 1);
	assert_string_equal(published_sets[0].field[PUBLISHED_NAME], "x" NAME);
}

static const struct {
	const char *name;
	const char *zone_id;
	const char *at;
	size_t i;
	const char *address;
	bool want;
} asked[] = {
	{"the very same", "Z1", NAME, PLAN_AAAA, "2001:db8::1", true},
	{"other spelling", "Z1", NAME, PLAN_AAAA, "2001:0DB8:0::1", true},
	{"other address", "Z1", NAME, PLAN_AAAA, "2001:db8::2", false},
	{"no address", "Z1", NAME, PLAN_AAAA, "", false},
	{"two addresses", "Z1", NAME, PLAN_AAAA, "2001:db8::1\1::1", false},
	{"other family", "Z1", NAME, PLAN_A, "2001:db8::1", false},
	{"other zone", "Z2", NAME, PLAN_AAAA, "2001:db8::1", false},
	{"other name", "Z1", "x" NAME, PLAN_AAAA, "2001:db8::1", false},
	{"wanted", "Z1", NAME, PLAN_A, IPV4, false},
};

static void test_published__has_what_stands_exactly_so(void **context)
{
	static struct settings settings;
	static struct instance instance;
	struct plan plan = {.settings = &settings, .instance = &instance};

	(void)context;
	settings_init(&settings);
	published_read(ME);
	add("A", NAME, IPV4);
	add("AAAA", NAME, "2001:db8::1");
	published_sets[1].is_unwanted = true;
	for (size_t i = 0; i < LENGTH(asked); i++) {
		plan.zone_id = asked[i].zone_id;
		strcpy(instance.name, asked[i].at);
		unit_number(asked[i].name,
			    published_has(&plan, asked[i].i, asked[i].address),
			    asked[i].want);
	}
	plan.zone_id = "Z1";
	strcpy(instance.name, NAME);
	strcpy(instance.id, ME);
	settings.value[SETTING_ROUTING] = "weighted";
	assert_false(published_has(&plan, PLAN_AAAA, "2001:db8::1"));
}

/* ---- Hostile states. ---- */

static const struct {
	const char *name;
	const char *text;
	size_t count; /* sets; all other fields are as they are in the text */
} texts[] = {
	{"whole", HEAD SAME LOOK SET, 1},
	{"no sets", HEAD SAME LOOK, 0},
	{"two", HEAD SAME LOOK SET SET, 2},
	{"none is the same", HEAD "same -\n" LOOK SET, 1},
	{"IPv6", HEAD SAME LOOK "AAAA Z1 a.b ::1 - simple \n", 1},
	{"routed", HEAD SAME LOOK "A Z1 a.b 1.2.3.4 - weighted x\n", 1},
	{"role", HEAD SAME LOOK "A Z1 a.b 1.2.3.4 arn:x simple \n", 1},
	{"a blank in the identifier",
	 HEAD SAME LOOK "A Z1 a.b 1.2.3.4 - multivalue a b\n", 1},
};

static const struct {
	const char *name;
	const char *text;
} spoilt[] = {
	{"empty", ""},
	{"line feed", "\n"},
	{"heading alone", HEAD},
	{"other version", "bootname 2 " ME "\n" SAME LOOK SET},
	{"no version", "bootname " ME "\n" SAME LOOK SET},
	{"more in the heading", "bootname 1 " ME " \n" SAME LOOK SET},
	{"other instance", "bootname 1 i-0fff9999eee888877\n" SAME LOOK SET},
	{"no digest", HEAD LOOK SET},
	{"short digest", HEAD "same 0123\n" LOOK SET},
	{"long digest", HEAD "same " HEX "0\n" LOOK SET},
	{"capital digest", HEAD "same A" HEX "\n" LOOK SET},
	{"no look", HEAD SAME SET},
	{"look in words", HEAD SAME "look soon\n" SET},
	{"negative look", HEAD SAME "look -5\n" SET},
	{"long look", HEAD SAME "look 1234567890123456\n" SET},
	{"no line feed", HEAD SAME LOOK "A Z1 a.b 1.2.3.4 - simple "},
	{"empty line", HEAD SAME LOOK "\n" SET},
	{"empty line behind", HEAD SAME LOOK SET "\n"},
	{"return", HEAD SAME LOOK "A Z1 a.b 1.2.3.4 - simple \r\n"},
	{"tabulator", HEAD SAME LOOK "A\tZ1 a.b 1.2.3.4 - simple \n"},
	{"no ASCII", HEAD SAME LOOK "A Z1 a.b 1.2.3.4 - weighted \xc3\xa9\n"},
	{"few fields", HEAD SAME LOOK "A Z1 a.b 1.2.3.4 -\n"},
	{"two blanks", HEAD SAME LOOK "A Z1  a.b 1.2.3.4 - simple \n"},
	{"other type", HEAD SAME LOOK "MX Z1 a.b 1.2.3.4 - simple \n"},
	{"TXT", HEAD SAME LOOK "TXT Z1 a.b 1.2.3.4 - simple \n"},
	{"no type", HEAD SAME LOOK " Z1 a.b 1.2.3.4 - simple \n"},
	{"no zone", HEAD SAME LOOK "A  a.b 1.2.3.4 - simple \n"},
	{"path for a zone", HEAD SAME LOOK "A x/Z1 a.b 1.2.3.4 - simple \n"},
	{"long zone", HEAD SAME LOOK
	 "A Z12345678901234567890123456789012 a.b 1.2.3.4 - simple \n"},
	{"final dot", HEAD SAME LOOK "A Z1 a.b. 1.2.3.4 - simple \n"},
	{"capital", HEAD SAME LOOK "A Z1 A.b 1.2.3.4 - simple \n"},
	{"no name", HEAD SAME LOOK "A Z1 a..b 1.2.3.4 - simple \n"},
	{"escape", HEAD SAME LOOK "A Z1 \\052.b 1.2.3.4 - simple \n"},
	{"no address", HEAD SAME LOOK "A Z1 a.b 1.2.3 - simple \n"},
	{"other family", HEAD SAME LOOK "A Z1 a.b ::1 - simple \n"},
	{"no role", HEAD SAME LOOK "A Z1 a.b 1.2.3.4 x simple \n"},
	{"other routing", HEAD SAME LOOK "A Z1 a.b 1.2.3.4 - latency x\n"},
	{"simple with identifier",
	 HEAD SAME LOOK "A Z1 a.b 1.2.3.4 - simple x\n"},
	{"no identifier", HEAD SAME LOOK "A Z1 a.b 1.2.3.4 - weighted \n"},
	{"a sound one before", HEAD SAME LOOK SET "A Z1 a.b 1 - simple \n"},
};

static void test_published__sound_states_are_taken(void **context)
{
	(void)context;
	for (size_t i = 0; i < LENGTH(texts); i++) {
		put(path, texts[i].text, strlen(texts[i].text));
		published_read(ME);
		unit_number(texts[i].name, (int)published_count,
			    (int)texts[i].count);
	}
}

static void test_published__others_are_none(void **context)
{
	(void)context;
	for (size_t i = 0; i < LENGTH(spoilt); i++) {
		put(path, spoilt[i].text, strlen(spoilt[i].text));
		published_read(ME);
		unit_number(spoilt[i].name, (int)published_count, 0);
	}
	put(path, HEAD "\0" SAME LOOK, sizeof(HEAD SAME LOOK));
	published_read(ME);
	assert_int_equal(published_count, 0);
}

/* As many sets as fit, and one more; and a file larger than any state. */
static void test_published__limits_hold(void **context)
{
	static char text[20000] = HEAD SAME LOOK;

	(void)context;
	for (size_t i = 0; i < PUBLISHED_LIMIT; i++)
		strcat(text, SET);
	put(path, text, strlen(text));
	published_read(ME);
	assert_int_equal(published_count, PUBLISHED_LIMIT);
	strcat(text, SET);
	put(path, text, strlen(text));
	published_read(ME);
	assert_int_equal(published_count, 0);
	strcpy(text, HEAD SAME LOOK "A Z1 a.b 1.2.3.4 - weighted ");
	for (size_t i = strlen(text); i < 16383; i++)
		text[i] = 'x';
	text[16383] = '\n';
	put(path, text, 16384);
	published_read(ME);
	assert_int_equal(published_count, 0); /* an identifier has 128 bytes */
	put(path, text, 16385);
	published_read(ME);
	assert_int_equal(published_count, 0);
}

static const struct {
	const char *name;
	mode_t mode;
	size_t count;
} modes[] = {
	{"as written", 0600, 1},       {"read-only", 0400, 1},
	{"readable", 0644, 1},	       {"group may write", 0620, 0},
	{"others may write", 0602, 0},
};

static void test_published__only_its_owner_may_write_it(void **context)
{
	(void)context;
	for (size_t i = 0; i < LENGTH(modes); i++) {
		put(path, texts[0].text, strlen(texts[0].text));
		assert_int_equal(chmod(path, modes[i].mode), 0);
		published_read(ME);
		unit_number(modes[i].name, (int)published_count,
			    (int)modes[i].count);
	}
}

/* ---- When to look again. ---- */

static void test_published__look_comes_in_an_hour_or_so(void **context)
{
	(void)context;
	for (int i = 0; i < 50; i++) {
		long long look_ms;

		keep("a");
		published_read(ME);
		assert_false(published_is_due());
		look_ms = strtoll(strstr(content(), "look ") + 5, NULL, 10) -
			  platform_uptime_ms();
		assert_in_range(look_ms, 44 * 60 * 1000, 75 * 60 * 1000);
	}
	published_write(NULL);
	published_read(ME);
	assert_true(published_is_due());
}

/* What is broken postpones nothing for ever. */
static void test_published__look_too_far_ahead_is_due(void **context)
{
	static const struct {
		int64_t left_ms;
		bool is_due;
	} looks[] = {{-1, true},
		     {60 * 1000, false},
		     {74 * 60 * 1000, false},
		     {76 * 60 * 1000, true}};

	(void)context;
	for (size_t i = 0; i < LENGTH(looks); i++) {
		char text[200];

		(void)snprintf(
			text, sizeof(text), HEAD SAME "look %lld\n",
			(long long)(platform_uptime_ms() + looks[i].left_ms));
		put(path, text, strlen(text));
		published_read(ME);
		assert_int_equal(published_is_due(), looks[i].is_due);
	}
}

/* ---- The file. ---- */

static void test_published__file_is_for_its_owner_only(void **context)
{
	struct stat status;

	(void)context;
	put(left, "x", 1); /* of a run that was killed */
	(void)rmdir(directory);
	keep("a");
	assert_int_equal(lstat(path, &status), 0);
	assert_true(S_ISREG(status.st_mode));
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_not_equal(stat(left, &status), 0);
}

static void test_published__makes_the_directory(void **context)
{
	struct stat status;

	(void)context;
	keep("a");
	assert_int_equal(stat(directory, &status), 0);
	assert_true(S_ISDIR(status.st_mode));
	assert_int_equal(status.st_mode & 07777, 0755);
}

/* A link put there in advance must not direct the write elsewhere. */
static void test_published__follows_no_link(void **context)
{
	struct stat status;

	(void)context;
	put(other, texts[0].text, strlen(texts[0].text));
	assert_int_equal(symlink(other, path), 0);
	published_read(ME);
	assert_int_equal(published_count, 0);
	assert_int_equal(symlink(other, left), 0);
	keep("a");
	assert_int_equal(stat(other, &status), 0);
	assert_int_equal(status.st_size, strlen(texts[0].text));
	assert_int_equal(lstat(path, &status), 0);
	assert_true(S_ISREG(status.st_mode));
	assert_true(is("a"));
}

static void test_published__needs_no_place_to_write(void **context)
{
	(void)context;
	assert_int_equal(setenv("RUNTIME_DIRECTORY", "/dev/null/x", 1), 0);
	keep("a");
	assert_false(is("a"));
	assert_int_equal(published_lock(1), 0);
}

static void test_published__directory_in_its_place_is_no_state(void **context)
{
	(void)context;
	assert_int_equal(mkdir(directory, 0700), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	keep("a");
	assert_false(is("a"));
	assert_false(is(""));
}

/* Opening it for reading must not wait for a writer. */
static void test_published__fifo_in_its_place_is_no_state(void **context)
{
	(void)context;
	assert_int_equal(mkdir(directory, 0700), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	(void)alarm(60);
	assert_false(is("a"));
	(void)alarm(0);
}

static unsigned count_descriptors(void)
{
	DIR *all = opendir("/proc/self/fd");
	unsigned count = 0;

	while (all && readdir(all))
		count++;
	if (all)
		(void)closedir(all);
	return count;
}

static void test_published__leaves_no_file_open(void **context)
{
	unsigned before = count_descriptors();

	(void)context;
	keep("a");
	assert_true(is("a"));
	assert_false(is("b"));
	assert_int_equal(count_descriptors(), before);
}

/* As on a full disk: what was kept is not true any more, either. */
static void test_published__part_of_a_state_is_none(void **context)
{
	struct rlimit before;
	struct rlimit little;
	struct stat status;

	(void)context;
	keep("before");
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	little = before;
	little.rlim_cur = 4;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	keep("after");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_not_equal(stat(path, &status), 0);
	assert_int_not_equal(stat(left, &status), 0);
	assert_false(is("before"));
	assert_false(is("after"));
}

/* ---- The lock. ---- */

static void
test_published__lock_is_waited_for_until_the_deadline(void **context)
{
	int64_t before_ms;
	int fd;

	(void)context;
	put(locked, "", 0);
	fd = open(locked, O_RDONLY);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	before_ms = platform_now_ms();
	assert_int_equal(published_lock(1), -1);
	assert_int_equal(errinfo.status, STATUS_DEADLINE);
	unit_starts("held", errinfo.text.data, "another bootname holds");
	assert_in_range(platform_now_ms() - before_ms, 1000, 5000);
	assert_int_equal(close(fd), 0);
	assert_int_equal(published_lock(1), 0);
}

/* Whoever could open it could hold it. */
static void test_published__lock_is_for_its_owner_only(void **context)
{
	struct stat status;

	(void)context;
	assert_int_equal(published_lock(1), 0);
	assert_int_equal(lstat(locked, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
}

#define TEST(test)                                                             \
	cmocka_unit_test_setup_teardown(test, set_directory, remove_files)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_published__none_is_kept_at_first),
		TEST(test_published__last_description_counts),
		TEST(test_published__a_description_that_is_cut_is_none),
		TEST(test_published__no_description_is_kept),
		TEST(test_published__another_instance_s_is_none),
		TEST(test_published__sets_are_read_as_they_were_written),
		TEST(test_published__no_more_than_the_limit_are_kept),
		TEST(test_published__forgets_by_fields),
		TEST(test_published__has_what_stands_exactly_so),
		TEST(test_published__sound_states_are_taken),
		TEST(test_published__others_are_none),
		TEST(test_published__limits_hold),
		TEST(test_published__only_its_owner_may_write_it),
		TEST(test_published__look_comes_in_an_hour_or_so),
		TEST(test_published__look_too_far_ahead_is_due),
		TEST(test_published__file_is_for_its_owner_only),
		TEST(test_published__makes_the_directory),
		TEST(test_published__follows_no_link),
		TEST(test_published__needs_no_place_to_write),
		TEST(test_published__directory_in_its_place_is_no_state),
		TEST(test_published__fifo_in_its_place_is_no_state),
		TEST(test_published__leaves_no_file_open),
		TEST(test_published__part_of_a_state_is_none),
		TEST(test_published__lock_is_waited_for_until_the_deadline),
		TEST(test_published__lock_is_for_its_owner_only),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, make_folder,
					   remove_folder);
}
