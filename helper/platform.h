/*
 * What POSIX.1-2008 does not have: each function has a fallback, so that the
 * rest of the program is portable.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stddef.h>
#include <stdint.h>

/* Overwrite memory with zeros in a way that the compiler keeps. */
void platform_wipe(void *memory, size_t size);

/*
 * Keep this process's memory to itself: no core dump, no tracing by other
 * processes of the same user where the system can forbid it; and give the
 * standard streams that are closed to the null device, so that no socket can
 * become standard output.
 */
void platform_harden(void);

/* 32 unpredictable bits, for jitter; from the clock where nothing is better. */
uint32_t platform_random(void);

/* Milliseconds on a clock that never jumps. */
int64_t platform_now_ms(void);

/* Sleep, for all of the time. */
void platform_sleep_ms(int64_t milliseconds);

#endif
