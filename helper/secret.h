/*
 * AWS credentials, in one piece so that they can be wiped in one piece.
 */
#ifndef SECRET_H
#define SECRET_H

#include <stdbool.h>

enum {
	SECRET_ACCESS_KEY_ID,
	SECRET_ACCESS_KEY,
	SECRET_SESSION_TOKEN, /* "" for credentials that never end */
	SECRET_FIELDS,
};

struct secret {
	char field[SECRET_FIELDS]
		  [8193]; /* the first one is "": there are none */
	/* When AWS made them, such as "20261122T035720Z"; "": not told. */
	char updated[24];
};

/*
 * Fill in credentials, all or none.
 * Each: printable ASCII without blanks, since it travels in an HTTP header;
 * NULL is not usable, but for the session_token of a user's own key.
 * Returns whether they were usable.
 */
bool secret_set(struct secret *secret, const char *access_key_id,
		const char *secret_access_key, const char *session_token);

#endif
