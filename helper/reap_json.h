/*
 * What bootname-reap has removed, as JSON.
 */
#ifndef REAP_JSON_H
#define REAP_JSON_H

#include <stdbool.h>

struct owners;

/* One object of what was removed, and the first failure if there was one;
 * without the end of the line.  Returns as json_written. */
const char *reap_json_result(const struct owners *owners, bool changed);

#endif
