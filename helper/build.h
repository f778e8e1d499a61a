/*
 * Which program this is compiled into: the one place that knows.
 *
 * The whole program and bootname-reap have everything.  The embedded helper
 * rides in user-data, where bytes are scarce; with --systemd it has the
 * commands of the units too, and fewer settings.  The table of settings says
 * which program has which; the compiler drops the code of the others.
 */
#ifndef BUILD_H
#define BUILD_H

#include <stdbool.h>

enum build {
	BUILD_WHOLE = 1,
	BUILD_BOOT = 2,	   /* embedded in plain user-data */
	BUILD_SERVICE = 4, /* embedded beside the units of --systemd */
};

/* Whether the program that is being compiled is one of these.  The Makefile
 * defines BOOTNAME_EMBEDDED as BUILD_BOOT or BUILD_SERVICE, or not at all. */
static inline bool build_is(unsigned any)
{
#ifdef BOOTNAME_EMBEDDED
	return BOOTNAME_EMBEDDED & any;
#else
	return BUILD_WHOLE & any;
#endif
}

/* Whether this is the whole program.  An embedded helper has no person at the
 * keyboard: its compiler drops what only a person needs, and the checks that
 * mkuserdata has made.  Main sets it, and tests change it. */
#ifdef BOOTNAME_EMBEDDED
enum { build_is_whole = false };
#else
extern bool build_is_whole;
#endif

#endif
