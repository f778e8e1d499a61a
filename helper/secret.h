/*
 * AWS credentials, in one piece so that they can be wiped in one piece.
 */
#ifndef SECRET_H
#define SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct secret {
	char access_key_id[129];
	char secret_access_key[129];
	char session_token[8193]; /* empty for credentials that never end */
};

/*
 * Copy one field of credentials.
 * field, size: a member of struct secret and its size.
 * text: printable ASCII without blanks, not empty; other text is refused,
 *       since it would travel in an HTTP header.
 * Returns whether it was copied.
 */
bool secret_set(char *field, size_t size, const char *text);

#endif
