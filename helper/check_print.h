/*
 * What `check` has found: a line each, and what to do about it under it.
 */
#ifndef CHECK_PRINT_H
#define CHECK_PRINT_H

#include <stdbool.h>

#include "errinfo.h"

enum finding {
	FINDING_OK,
	FINDING_WARN, /* works, but not as one would want */
	FINDING_FAIL,
};

/*
 * Set before the first finding.
 * is_json: keep them for check_json_result, print nothing.
 */
void check_print_open(bool is_json);

/*
 * Tell one, of the step errinfo.stage.
 * format: what was found; then "; " and what to do, in one line or several;
 *	   of what works, a line feed and more lines.
 * status: for FINDING_FAIL the exit status, which is the first failure's.
 */
void finding_ok(const char *format, ...) __attribute__((format(printf, 1, 2)));
void finding_warn(const char *format, ...)
	__attribute__((format(printf, 1, 2)));
void finding_fail(enum exit_status status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Tell errinfo. */
void finding_fail_with_error(void);

#endif
