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

/*
 * Variables that have a library write down what keeps a connection secret.
 * SSLKEYLOGFILE: libcurl, GnuTLS, NSS and OpenSSL 3.5 write the keys of each
 * session there; people set it for their browsers.  GNUTLS_DEBUG_LEVEL has
 * GnuTLS print them.  Others stay, though libraries go by them: proxies and
 * RES_OPTIONS are documented; OPENSSL_CONF is how a host asks for FIPS, and
 * allows no less than what http.c asks for; SSL_CERT_FILE, SSL_CERT_DIR and
 * what leads names elsewhere (LOCALDOMAIN, HOSTALIASES) are as good as the
 * root's own files, and a server is verified all the same.
 */
static void forget_leaks(void)
{
	(void)unsetenv("SSLKEYLOGFILE");
	if (build_is_whole)
		(void)unsetenv("GNUTLS_DEBUG_LEVEL");
}

void platform_harden(void (*on_alarm)(int))
{
	static const struct rlimit none;
	static struct sigaction action;
	int fd;

	forget_leaks();
	/* Whoever started the program may have blocked it, or ignored it. */
	if (build_is_whole) /* it is so: the memory is static */
		(void)sigemptyset(&action.sa_mask);
	(void)sigaddset(&action.sa_mask, SIGALRM);
	(void)sigprocmask(SIG_UNBLOCK, &action.sa_mask, NULL);
	action.sa_handler = on_alarm;
	(void)sigaction(SIGALRM, &action, NULL);

	/* Best effort: a system that refuses is no reason not to boot. */
	if (build_is_whole)
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
	action.sa_handler = SIG_IGN;
	(void)sigaction(SIGPIPE, &action, NULL);
	if (build_is_whole)
		(void)sigaction(SIGXFSZ, &action, NULL);
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

static int64_t read_clock(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t platform_now_ms(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t platform_uptime_ms(void)
{
#ifdef CLOCK_BOOTTIME
	return read_clock(CLOCK_BOOTTIME);
#else
	return read_clock(CLOCK_MONOTONIC);
#endif
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
