/*
 * What came out, as one JSON object in one line; NULL where memory does not
 * suffice, with STATUS_SYSTEM in errinfo.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>

struct owners;

/* Of the report: what was published, and the first failure if there was one;
 * the line stands until the next one. */
const char *json_result(void);

/* Of what check has found, as json_result; of the findings added before. */
const char *json_checked(void);

/*
 * Keep one finding.
 * result: "ok", "warn" or "fail".
 * fix: NULL: there is none.
 */
void json_add_finding(const char *result, const char *step, const char *what,
		      const char *fix);

/* Of what bootname-reap has removed, and the first failure if there was one;
 * without the end of the line, and stands until the next one. */
const char *json_reaped(const struct owners *owners, bool changed);

#endif
