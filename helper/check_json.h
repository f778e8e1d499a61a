/*
 * What check has found, as JSON.
 */
#ifndef CHECK_JSON_H
#define CHECK_JSON_H

/*
 * Keep one finding.
 * result: "ok", "warn" or "fail".
 * fix: NULL: there is none.
 */
void check_json_add(const char *result, const char *step, const char *what,
		    const char *fix);

/* One object of the findings kept before.  Returns as json_written. */
const char *check_json_result(void);

#endif
