/*
 * AWS Signature Version 4: pure functions of request, credentials and time.
 *
 * The three stages stand apart, named as AWS names them, so that each can be
 * compared with AWS's published vectors.  Requests are written in canonical
 * form from the start, so that what is signed is what is sent.
 * timestamp: YYYYMMDDTHHMMSSZ, the X-Amz-Date sent.
 * scope: "20150830/us-east-1/route53/aws4_request": date, region, service.
 * Each appends to out and returns 0, or -1 with STATUS_SYSTEM.
 * Source: IAM User Guide, "Create a signed AWS API request".
 */
#ifndef SIGV4_H
#define SIGV4_H

#include "buf.h"

/*
 * Append text with every byte but A-Z a-z 0-9 - _ . ~ percent-encoded.
 * Source: RFC 3986 section 2.3.
 */
void sigv4_encode(struct buf *out, const char *text);

/*
 * Stage 1: the canonical request.
 * path:    normalized, from "/", percent-encoded.
 * query:   sorted, percent-encoded, "" for none.
 * headers: lines "name:value", names in lower case, sorted, each with a line
 *          feed; signed_headers: their names, joined by ';'.
 */
int sigv4_canonical_request(struct buf *out, const char *method,
			    const char *path, const char *query,
			    const char *headers, const char *signed_headers,
			    const char *body);

/* Stage 2: the string to sign. */
int sigv4_string_to_sign(struct buf *out, const char *timestamp,
			 const char *scope, const char *canonical_request);

/* Stage 3: the signature, 64 lower-case hexadecimal digits.  Derived keys are
 * wiped. */
int sigv4_signature(struct buf *out, const char *secret_access_key,
		    const char *scope, const char *string_to_sign);

#endif
