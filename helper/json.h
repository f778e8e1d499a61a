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

/* Of what bootname-reap has removed, and the first failure if there was one;
 * without the end of the line, and stands until the next one. */
const char *json_reaped(const struct owners *owners, bool changed);

#endif
