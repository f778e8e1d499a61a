/*
 * AWS Signature Version 4: pure functions of request, credentials and time.
 *
 * The three stages stand apart, named as AWS names them, so that each can be
 * compared with AWS's published vectors.
 * Source: IAM User Guide, "Create a signed AWS API request".
 */
#ifndef SIGV4_H
#define SIGV4_H

#include <stdbool.h>

#include "buf.h"

struct secret;

enum {
	SIGV4_HEADERS = 16,    /* the most that a request may have */
	SIGV4_PARAMETERS = 16, /* likewise */
	SIGV4_LIMIT = 65536,   /* bytes: room for a canonical request */
};

struct sigv4_request {
	const char *method;
	const char *path;  /* as sent, from "/" */
	const char *query; /* as sent, without "?"; "" for none */
	/* Lines "Name: value", NULL behind the last; every one is signed. */
	const char *headers[SIGV4_HEADERS + 1];
	const struct buf *body; /* NULL: none */
	bool normalize_path;	/* fold "//", "." and ".." */
};

struct sigv4_scope {
	const char *timestamp; /* YYYYMMDDTHHMMSSZ, the X-Amz-Date sent */
	const char *region;
	const char *service;
};

/*
 * Append text with every byte but A-Z a-z 0-9 - _ . ~ percent-encoded.
 * Source: RFC 3986 section 2.3.
 */
void sigv4_encode(struct buf *out, const char *text);

/*
 * Stage 1: append the canonical request, and the names of the signed headers
 * joined by ';'.
 * Returns 0, or -1 (STATUS_SYSTEM).
 */
int sigv4_canonical_request(const struct sigv4_request *request,
			    struct buf *canonical, struct buf *signed_headers);

/* Stage 2: append the string to sign.  Returns 0, or -1 (STATUS_SYSTEM). */
int sigv4_string_to_sign(const struct sigv4_scope *scope,
			 const struct buf *canonical,
			 struct buf *string_to_sign);

/*
 * Stage 3: append the signature, 64 lower-case hexadecimal digits.
 * Derived keys are wiped.  Returns 0, or -1 (STATUS_SYSTEM).
 */
int sigv4_signature(const struct sigv4_scope *scope,
		    const char *secret_access_key,
		    const struct buf *string_to_sign, struct buf *signature);

/*
 * All stages: append the header line "Authorization: …".
 * Returns 0, or -1: STATUS_SYSTEM, STATUS_DATA (larger than SIGV4_LIMIT).
 */
int sigv4_authorization(const struct sigv4_request *request,
			const struct sigv4_scope *scope,
			const struct secret *secret, struct buf *authorization);

#endif
