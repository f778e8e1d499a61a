#include "unit.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "platform.h"
#include "state.h"

/* A folder of this run's own; the runtime directory in it, and what is kept
 * there. */
static char folder[256];
static char directory[300];
static char path[350];
static char other[300]; /* a file beside the directory */

static int make_folder(void **context)
{
	(void)context;
	(void)umask(0); /* the modes are the program's alone */
	/* At boot a unit makes the directory, else the program does. */
	platform_has_user = true;
	if (unit_make_folder(folder, sizeof(folder)))
		return -1;
	(void)snprintf(directory, sizeof(directory), "%s/run", folder);
	(void)snprintf(path, sizeof(path), "%s/published", directory);
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
	(void)rmdir(directory);
	(void)unlink(other);
	return 0;
}

static bool is(const char *text)
{
	return state_is(text, strlen(text));
}

static void keep(const char *text)
{
	state_keep(text, strlen(text));
}

static void test_state__none_is_kept_at_first(void **context)
{
	(void)context;
	assert_false(is("a"));
	assert_false(is(""));
}

static const struct {
	const char *name;
	const char *kept;
	size_t kept_len;
	const char *asked;
	size_t asked_len;
	bool want;
} states[] = {
	{"same", "abc", 3, "abc", 3, true},
	{"other", "abc", 3, "abd", 3, false},
	{"shorter", "abc", 3, "ab", 2, false},
	{"longer", "abc", 3, "abcd", 4, false},
	{"same with a NUL", "a\0b", 3, "a\0b", 3, true},
	{"other behind a NUL", "a\0b", 3, "a\0c", 3, false},
	{"same with any byte", "\xff\n\r\x1a", 4, "\xff\n\r\x1a", 4, true},
	{"none asked", "abc", 3, "", 0, false},
	{"none kept", "", 0, "abc", 3, false},
};

static void test_state__is_goes_by_every_byte(void **context)
{
	(void)context;
	for (size_t i = 0; i < LENGTH(states); i++) {
		state_keep(states[i].kept, states[i].kept_len);
		unit_number(states[i].name,
			    state_is(states[i].asked, states[i].asked_len),
			    states[i].want);
		/* To ask changes nothing. */
		unit_number(states[i].name,
			    state_is(states[i].kept, states[i].kept_len), true);
	}
}

static void test_state__last_one_counts(void **context)
{
	(void)context;
	keep("a long one");
	keep("short");
	assert_true(is("short"));
	assert_false(is("a long one"));
	state_keep("short", 0);
	assert_false(is("short"));
}

static void test_state__size_limit_holds(void **context)
{
	static char large[STATE_LIMIT];

	(void)context;
	memset(large, 'x', sizeof(large));
	state_keep(large, sizeof(large));
	assert_true(state_is(large, sizeof(large)));
	assert_false(state_is(large, sizeof(large) - 1));
	large[sizeof(large) - 1] = 'y';
	assert_false(state_is(large, sizeof(large)));
}

/* What is longer than any state is none, whatever it begins with. */
static void test_state__file_beyond_the_limit_is_no_state(void **context)
{
	static char large[STATE_LIMIT];
	FILE *file;

	(void)context;
	state_keep(large, sizeof(large));
	file = fopen(path, "a");
	assert_non_null(file);
	assert_int_equal(fwrite(large, 1, sizeof(large), file), sizeof(large));
	assert_int_equal(fclose(file), 0);
	assert_false(state_is(large, sizeof(large)));
}

static void test_state__file_is_for_its_owner_only(void **context)
{
	struct stat status;

	(void)context;
	keep("a");
	assert_int_equal(stat(directory, &status), 0);
	assert_true(S_ISDIR(status.st_mode));
	assert_int_equal(status.st_mode & 07777, 0755);
	assert_int_equal(lstat(path, &status), 0);
	assert_true(S_ISREG(status.st_mode));
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(status.st_size, 1);
}

static void test_state__directory_of_a_unit_is_enough(void **context)
{
	(void)context;
	assert_int_equal(mkdir(directory, 0700), 0);
	platform_has_user = false;
	keep("a");
	assert_true(is("a"));
	assert_false(is("b"));
	platform_has_user = true;
}

/* A link put there in advance must not direct the write elsewhere. */
static void test_state__follows_no_link(void **context)
{
	FILE *file = fopen(other, "w");
	struct stat status;

	(void)context;
	assert_non_null(file);
	assert_true(fputs("abc", file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(mkdir(directory, 0700), 0);
	assert_int_equal(symlink(other, path), 0);
	assert_false(is("abc"));
	keep("xyzw");
	assert_int_equal(stat(other, &status), 0);
	assert_int_equal(status.st_size, 3);
	assert_false(is("xyzw"));
}

static void test_state__needs_no_place_to_write(void **context)
{
	(void)context;
	assert_int_equal(setenv("RUNTIME_DIRECTORY", "/dev/null/x", 1), 0);
	keep("a");
	assert_false(is("a"));
}

static void test_state__directory_in_its_place_is_no_state(void **context)
{
	(void)context;
	assert_int_equal(mkdir(directory, 0700), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	keep("a");
	assert_false(is("a"));
	assert_false(is(""));
}

/* Opening it for reading must not wait for a writer. */
static void test_state__fifo_in_its_place_is_no_state(void **context)
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

static void test_state__leaves_no_file_open(void **context)
{
	unsigned before = count_descriptors();

	(void)context;
	keep("a");
	assert_true(is("a"));
	assert_false(is("b"));
	assert_int_equal(count_descriptors(), before);
}

/* As on a full disk. */
static void test_state__part_of_a_state_is_none(void **context)
{
	struct rlimit before;
	struct rlimit little;
	struct stat status;

	(void)context;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	little = before;
	little.rlim_cur = 4;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	keep("abcdefgh");
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_size, 4);
	assert_false(is("abcdefgh"));
}

#define TEST(test)                                                             \
	cmocka_unit_test_setup_teardown(test, set_directory, remove_files)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_state__none_is_kept_at_first),
		TEST(test_state__is_goes_by_every_byte),
		TEST(test_state__last_one_counts),
		TEST(test_state__size_limit_holds),
		TEST(test_state__file_beyond_the_limit_is_no_state),
		TEST(test_state__file_is_for_its_owner_only),
		TEST(test_state__directory_of_a_unit_is_enough),
		TEST(test_state__follows_no_link),
		TEST(test_state__needs_no_place_to_write),
		TEST(test_state__directory_in_its_place_is_no_state),
		TEST(test_state__fifo_in_its_place_is_no_state),
		TEST(test_state__leaves_no_file_open),
		TEST(test_state__part_of_a_state_is_none),
	};

	return cmocka_run_group_tests_name(__FILE__, tests, make_folder,
					   remove_folder);
}
