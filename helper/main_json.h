/*
 * What up and down have done, as JSON.
 */
#ifndef MAIN_JSON_H
#define MAIN_JSON_H

/* One object of the outcome: what was published, and the first failure if there
 * was one.  Returns as json_line. */
const char *main_json_result(void);

#endif
