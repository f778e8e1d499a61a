/*
 * What this boot has published already: kept in the runtime directory, never
 * on disk, so never in an AMI.
 */
#ifndef STATE_H
#define STATE_H

#include <stdbool.h>
#include <stddef.h>

enum { STATE_LIMIT = 16384 }; /* bytes of a state */

/* Whether the state kept is this one: any bytes. */
bool state_is(const void *state, size_t size);

/*
 * Keep a state, empty for none, in a file "published" that only root can read,
 * in $RUNTIME_DIRECTORY or else /run/bootname.  Where that cannot be written
 * nothing is kept, which costs a request later.
 */
void state_keep(const void *state, size_t size);

#endif
