#include "platform.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#if defined(__linux__) || defined(__FreeBSD__) || defined(__OpenBSD__)
#define HAVE_BSD_CALLS
#endif

void platform_wipe(void *memory, size_t size)
{
#ifdef HAVE_BSD_CALLS
	explicit_bzero(memory, size);
#else
	volatile unsigned char *byte = memory;

	while (size--)
		*byte++ = 0;
#endif
}

void platform_harden(void)
{
	static const struct rlimit none;
	static const struct sigaction ignored = {.sa_handler = SIG_IGN};
	int fd;

	/* Best effort: a system that refuses is no reason not to boot. */
	if (platform_has_user)
		(void)setrlimit(RLIMIT_CORE, &none);
		/* LeakSanitizer traces the very process: leave a test build to
		 * it. */
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__)
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
#ifdef __linux__
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
#endif
	/* What cannot be written is an error like others, and ends no run
	 * before its records are set. */
	(void)sigaction(SIGPIPE, &ignored, NULL);
	if (platform_has_user)
		(void)sigaction(SIGXFSZ, &ignored, NULL);
	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
}

void platform_exit(int status)
{
#ifdef __SANITIZE_ADDRESS__
	exit(status); /* it looks for leaks */
#else
	_exit(status);
#endif
}

#ifndef BOOTNAME_EMBEDDED
bool platform_has_user;
#endif

bool platform_has_colours(void)
{
	const char *terminal = platform_variable("TERM");

	return isatty(STDOUT_FILENO) && terminal && strcmp(terminal, "dumb") &&
	       !platform_variable("NO_COLOR");
}

const char *platform_variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

uint32_t platform_random(void)
{
	uint32_t bits = 0;

#ifdef HAVE_BSD_CALLS
	if (getentropy(&bits, sizeof(bits)) == 0)
		return bits;
#endif
	return (uint32_t)platform_now_ms() * 2654435761U; /* Knuth's hash */
}

int64_t platform_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void platform_sleep_ms(int64_t milliseconds)
{
	struct timespec left = {
		.tv_sec = (time_t)(milliseconds / 1000),
		.tv_nsec = (long)(milliseconds % 1000) * 1000000,
	};

	while (nanosleep(&left, &left))
		;
}
