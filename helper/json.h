/*
 * What came out, as one JSON object in one line.
 *
 * Each returns the line, which stands until the next one.
 */
#ifndef JSON_H
#define JSON_H

/* Of the report, after a run that succeeded. */
const char *json_result(void);

/* Of errinfo, whose text is printable ASCII; status: the exit status. */
const char *json_error(int status);

#endif
