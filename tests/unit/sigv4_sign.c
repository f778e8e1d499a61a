/*
 * Sign one request, for tests that compare with other signers.
 *
 * sigv4_sign METHOD PATH QUERY REGION SERVICE TIMESTAMP
 *
 * Standard input: header lines "Name: value", an empty line, the body, without
 * a NUL in it.
 * Credentials: from the environment, as the AWS SDKs name them.  No header is
 * added: X-Amz-Date and X-Amz-Security-Token are the caller's.
 * Prints the value of the Authorization header.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "canonical.h"
#include "credentials.h"
#include "errinfo.h"
#include "platform.h"
#include "sigv4.h"

static struct buf input, request, scope, string_to_sign, signature;
static struct credentials secret;
static const char *headers[CANONICAL_ITEMS + 1];
static const char *body;

static int usage(void)
{
	(void)fprintf(stderr, "usage: sigv4_sign METHOD PATH QUERY REGION "
			      "SERVICE TIMESTAMP <REQUEST\n");
	return STATUS_USAGE;
}

static int complain(const char *text)
{
	(void)fprintf(stderr, "sigv4_sign: %s\n", text);
	return STATUS_DATA;
}

static bool read_input(void)
{
	char chunk[4096];
	size_t len;

	while ((len = fread(chunk, 1, sizeof(chunk), stdin)) > 0)
		buf_add(&input, chunk, len);
	return !ferror(stdin) && !buf_is_cut(&input) &&
	       strlen(input.data) == input.len;
}

/* Cut the input into header lines and body; returns whether it was whole. */
static bool cut(void)
{
	char *line = input.data;
	size_t count = 0;

	while (*line != '\n') {
		char *end = strchr(line, '\n');

		if (!end || !memchr(line, ':', (size_t)(end - line)) ||
		    count == CANONICAL_ITEMS)
			return false;
		*end = '\0';
		headers[count++] = line;
		line = end + 1;
	}
	body = line + 1;
	return true;
}

static bool read_secret(void)
{
	return credentials_set(&secret, platform_variable("AWS_ACCESS_KEY_ID"),
			       platform_variable("AWS_SECRET_ACCESS_KEY"),
			       platform_variable("AWS_SESSION_TOKEN"));
}

int main(int argc, char **argv)
{
	if (argc != 7 || argv[2][0] != '/' || strlen(argv[6]) != 16)
		return usage();
	build_is_whole = true;
	if (!read_secret())
		return complain("no credentials in the environment");
	if (!read_input() || !cut())
		return complain("headers, an empty line and a body wanted");
	if (!canonical_make(argv[2], true, argv[3], headers))
		return complain("the request is too large");
	buf_set(&scope, "%.8s/%s/%s/aws4_request", argv[6], argv[4], argv[5]);
	if (sigv4_canonical_request(&request, argv[1], canonical.path.data,
				    canonical.query.data,
				    canonical.headers.data,
				    canonical.signed_headers.data, body) ||
	    sigv4_string_to_sign(&string_to_sign, argv[6], scope.data,
				 request.data) ||
	    sigv4_signature(&signature,
			    secret.field[CREDENTIALS_SECRET_ACCESS_KEY],
			    scope.data, string_to_sign.data))
		return complain(errinfo.text.data);
	return printf("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, "
		      "Signature=%s\n",
		      secret.field[CREDENTIALS_ACCESS_KEY_ID], scope.data,
		      canonical.signed_headers.data, signature.data) < 0
		       ? STATUS_SYSTEM
		       : STATUS_OK;
}
