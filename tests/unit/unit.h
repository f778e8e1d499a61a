/*
 * What every unit test needs: cmocka, and checks that name the row of a table
 * on failure.
 */
#ifndef UNIT_H
#define UNIT_H

/* cmocka wants these four before itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "errinfo.h"

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

#define RUN(tests) cmocka_run_group_tests_name(__FILE__, tests, NULL, NULL)

static inline void unit_number(const char *row, long long got, long long want)
{
	if (got != want)
		fail_msg("%s: want %lld, got %lld", row, want, got);
}

static inline void unit_text(const char *row, const char *got, const char *want)
{
	if (strcmp(got, want))
		fail_msg("%s: want \"%s\", got \"%s\"", row, want, got);
}

static inline void unit_starts(const char *row, const char *got,
			       const char *want)
{
	if (strncmp(got, want, strlen(want)))
		fail_msg("%s: want a text that starts with \"%s\", got \"%s\"",
			 row, want, got);
}

static inline void unit_holds(const char *row, const char *got,
			      const char *want)
{
	if (!strstr(got, want))
		fail_msg("%s: want a text that holds \"%s\", got \"%s\"", row,
			 want, got);
}

/* Forget the last error, so that none is taken for the next one's. */
static inline void unit_forget(void)
{
	memset(&errinfo, 0, sizeof(errinfo));
}

/* Make a folder of this run's own.  Returns 0, or -1. */
static inline int unit_make_folder(char *folder, size_t size)
{
	const char *parent = getenv("TMPDIR");

	(void)snprintf(folder, size, "%s/bootname-unit.XXXXXX",
		       parent && *parent ? parent : "/tmp");
	return mkdtemp(folder) ? 0 : -1;
}

/* A failure of this status, which says why; or status 0: none. */
static inline void unit_result(const char *row, int rc, int status)
{
	int want = status ? -1 : 0;

	if (rc != want ||
	    (status && ((int)errinfo.status != status || !errinfo.text.len)))
		fail_msg("%s: want rc %d, status %d; got rc %d, status %d: %s",
			 row, want, status, rc, errinfo.status,
			 errinfo.text.data);
}

#endif
