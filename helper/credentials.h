/*
 * AWS credentials, in one piece so that they can be wiped in one piece.
 */
#ifndef CREDENTIALS_H
#define CREDENTIALS_H

#include <stdbool.h>

enum {
	CREDENTIALS_ACCESS_KEY_ID,
	CREDENTIALS_SECRET_ACCESS_KEY,
	CREDENTIALS_SESSION_TOKEN, /* "" for credentials that never end */
	CREDENTIALS_FIELDS,
};

struct credentials {
	char field[CREDENTIALS_FIELDS]
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
bool credentials_set(struct credentials *credentials, const char *access_key_id,
		     const char *secret_access_key, const char *session_token);

#endif
