#include "unit.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "platform.h"

static void test_platform__wipe_zeroes_exactly_its_bytes(void **state)
{
	unsigned char memory[64];

	(void)state;
	memset(memory, 'x', sizeof(memory));
	platform_wipe(memory + 1, sizeof(memory) - 2);
	assert_int_equal(memory[0], 'x');
	assert_int_equal(memory[sizeof(memory) - 1], 'x');
	for (size_t i = 1; i < sizeof(memory) - 1; i++)
		assert_int_equal(memory[i], 0);
	platform_wipe(memory, 0);
	assert_int_equal(memory[0], 'x');
}

static void test_platform__random_differs(void **state)
{
	uint32_t zeros = 0xffffffff;
	uint32_t ones = 0;

	/* Each bit must be seen both ways: that it is not misses 2^-58. */
	(void)state;
	for (int i = 0; i < 64; i++) {
		uint32_t bits = platform_random();

		zeros &= bits;
		ones |= bits;
	}
	assert_int_equal(zeros, 0);
	assert_int_equal(ones, 0xffffffff);
}

static void test_platform__sleep_takes_all_of_the_time(void **state)
{
	int64_t before_ms = platform_now_ms();
	int64_t spent_ms;

	(void)state;
	assert_true(before_ms > 0);
	platform_sleep_ms(3);
	platform_sleep_ms(0);
	spent_ms = platform_now_ms() - before_ms;
	/* Both readings are cut to whole milliseconds. */
	assert_true(spent_ms >= 2);
}

static void on_signal(int number)
{
	(void)number;
}

static void test_platform__sleep_goes_on_behind_signals(void **state)
{
	/* Which starts waitpid() again, but no sleep. */
	const struct sigaction action = {.sa_handler = on_signal,
					 .sa_flags = SA_RESTART};
	int64_t before_ms = platform_now_ms();
	pid_t pid;

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &action, NULL), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		for (int i = 0; i < 10; i++) {
			(void)kill(getppid(), SIGUSR1);
			platform_sleep_ms(2);
		}
		_exit(0);
	}
	platform_sleep_ms(30);
	assert_true(platform_now_ms() - before_ms >= 29);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static const char variable[] = "BOOTNAME_UNIT_TEST";

static void set_variable(const char *value)
{
	assert_int_equal(
		value ? setenv(variable, value, 1) : unsetenv(variable), 0);
}

static void test_platform__empty_variable_is_none(void **state)
{
	(void)state;
	set_variable(NULL);
	assert_null(platform_variable(variable));
	set_variable("");
	assert_null(platform_variable(variable));
	set_variable(" ");
	assert_string_equal(platform_variable(variable), " ");
	set_variable("a=b");
	assert_string_equal(platform_variable(variable), "a=b");
}

static void test_platform__user_variable_wants_a_user(void **state)
{
	(void)state;
	set_variable("x");
	assert_false(build_is_whole);
	assert_null(platform_user_variable(variable));
	build_is_whole = true;
	assert_string_equal(platform_user_variable(variable), "x");
	set_variable("");
	assert_null(platform_user_variable(variable));
	build_is_whole = false;
}

static bool is_null_device(int fd)
{
	struct stat null;
	struct stat status;

	return !stat("/dev/null", &null) && !fstat(fd, &status) &&
	       S_ISCHR(status.st_mode) && status.st_rdev == null.st_rdev;
}

static bool can_be_dumped(void)
{
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
	if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0))
		return true;
#endif
	struct rlimit core;

	/* At boot the one above is enough. */
	return build_is_whole && (getrlimit(RLIMIT_CORE, &core) ||
				  core.rlim_cur || core.rlim_max);
}

static volatile sig_atomic_t alarms;

static void on_alarm(int number)
{
	(void)number;
	alarms++;
}

/* Whether an alarm comes, and no key is written down, although the parent had
 * it otherwise. */
static bool is_out_of_the_parent_s_hands(void)
{
	alarms = 0;
	(void)raise(SIGALRM);
	return alarms == 1 && !getenv("SSLKEYLOGFILE") &&
	       !getenv("GNUTLS_DEBUG_LEVEL") == build_is_whole;
}

/* What a parent may leave to its children. */
static void inherit(void)
{
	sigset_t alarm_only;

	(void)sigemptyset(&alarm_only);
	(void)sigaddset(&alarm_only, SIGALRM);
	(void)sigprocmask(SIG_BLOCK, &alarm_only, NULL);
	(void)signal(SIGALRM, SIG_IGN);
	(void)setenv("SSLKEYLOGFILE", "/dev/null", 1);
	(void)setenv("GNUTLS_DEBUG_LEVEL", "9", 1);
}

/* Harden where the standard streams of closed, as bits, are closed.  Returns
 * what is wrong then, as bits. */
static int harden(int closed, bool has_user)
{
	int first = open("/dev/null", O_RDWR);
	int wrong = 0;

	(void)close(first);
	for (int fd = 0; fd < 3; fd++)
		if (closed & 1 << fd)
			(void)close(fd);
	build_is_whole = has_user;
	inherit();
	platform_harden(on_alarm);
	for (int fd = 0; fd < 3; fd++)
		if (closed & 1 << fd && !is_null_device(fd))
			wrong |= 1 << fd;
	if (can_be_dumped())
		wrong |= 8;
	if (signal(SIGPIPE, SIG_DFL) != SIG_IGN ||
	    (signal(SIGXFSZ, SIG_DFL) == SIG_IGN) != has_user)
		wrong |= 32;
	if (!is_out_of_the_parent_s_hands())
		wrong |= 64;
	/* What it opened beyond them is closed. */
	if (dup(0) != first)
		wrong |= 16;
	return wrong;
}

static void test_platform__hardens(void **state)
{
	(void)state;
	for (int i = 0; i < 16; i++) {
		int status;
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (!pid)
			_exit(harden(i & 7, i >= 8));
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFEXITED(status));
		unit_number("wrong", WEXITSTATUS(status), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_platform__wipe_zeroes_exactly_its_bytes),
		cmocka_unit_test(test_platform__random_differs),
		cmocka_unit_test(test_platform__sleep_takes_all_of_the_time),
		cmocka_unit_test(test_platform__sleep_goes_on_behind_signals),
		cmocka_unit_test(test_platform__empty_variable_is_none),
		cmocka_unit_test(test_platform__user_variable_wants_a_user),
		cmocka_unit_test(test_platform__hardens),
	};

	return RUN(tests);
}
