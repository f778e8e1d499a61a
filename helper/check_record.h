/*
 * What `check` says of a record set: what Route 53 holds, and what DNS answers.
 */
#ifndef CHECK_RECORD_H
#define CHECK_RECORD_H

#include <stdbool.h>

struct check;
struct settings;

/* How soon a change is seen, step "ttl". */
void check_ttl(const struct settings *settings);

/* What Route 53 holds at the name, step "record".  Returns whether `up` could
 * publish there. */
bool check_record(struct check *check);

/* What name servers and resolver answer, step "answer". */
void check_answer(const struct check *check);

#endif
