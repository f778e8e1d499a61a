/*
 * What POSIX.1-2008 does not have: each function has a fallback, so that the
 * rest of the program is portable.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "build.h"

/* Overwrite memory with zeros in a way that the compiler keeps. */
void platform_wipe(void *memory, size_t size);

/*
 * Keep this process's memory to itself: no core dump, no tracing by other
 * processes of the same user where the system can forbid it.  Give the
 * standard streams that are closed to the null device, so that no socket can
 * become standard output; let writing fail where signals would end it; and
 * forget variables that have a library write down secrets.
 * on_alarm: what SIGALRM calls from now on, whatever the parent has made of it.
 */
void platform_harden(void (*on_alarm)(int));

/*
 * End the process with this exit status, and at once: what 30 libraries would
 * free one by one, which takes them a millisecond, the system takes as a whole.
 */
__attribute__((noreturn)) void platform_exit(int status);

/* Whether standard output is a terminal of somebody who likes colours. */
bool platform_has_colours(void);

/* A variable of the environment, NULL where it is not set or empty; the
 * second one where there is a user only, for no boot has such variables. */
const char *platform_variable(const char *name);
__attribute__((always_inline)) static inline const char *
platform_user_variable(const char *name)
{
	return build_is_whole ? platform_variable(name) : NULL;
}

/* 32 unpredictable bits, for jitter; from the clock where nothing is better. */
uint32_t platform_random(void);

/* Milliseconds on a clock that never jumps. */
/* Milliseconds since the boot, those of a suspended machine too. */
int64_t platform_uptime_ms(void);

int64_t platform_now_ms(void);

/* Sleep, for all of the time. */
void platform_sleep_ms(int64_t milliseconds);

#endif
