/*
 * Sign one request, for tests that compare with other signers.
 *
 * sigv4_sign METHOD PATH QUERY REGION SERVICE TIMESTAMP
 *
 * Standard input: header lines "Name: value", an empty line, the body.
 * Credentials: from the environment, as the AWS SDKs name them.  No header is
 * added: X-Amz-Date and X-Amz-Security-Token are the caller's.
 * Prints the value of the Authorization header.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "errinfo.h"
#include "secret.h"
#include "sigv4.h"

BUF(input, 1024 * 1024);
BUF(authorization, 4096);
static struct buf body;

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
	return !ferror(stdin) && !buf_check(&input, "input");
}

/* Cut the input into header lines and body; returns whether it was whole. */
static bool cut(struct sigv4_request *request)
{
	char *line = input.data;
	size_t count = 0;

	while (line && *line != '\n') {
		char *end = strchr(line, '\n');

		if (!end || !memchr(line, ':', (size_t)(end - line)) ||
		    count == SIGV4_HEADERS)
			return false;
		*end = '\0';
		request->headers[count++] = line;
		line = end + 1;
	}
	if (!line)
		return false;
	body.data = line + 1;
	body.len = input.len - (size_t)(line + 1 - input.data);
	body.size = body.len + 1;
	request->body = &body;
	return true;
}

static bool read_field(char *field, size_t size, const char *variable)
{
	const char *text = getenv(variable);

	return text && secret_set(field, size, text);
}

static bool read_secret(struct secret *secret)
{
	(void)read_field(secret->session_token, sizeof(secret->session_token),
			 "AWS_SESSION_TOKEN");
	return read_field(secret->access_key_id, sizeof(secret->access_key_id),
			  "AWS_ACCESS_KEY_ID") &&
	       read_field(secret->secret_access_key,
			  sizeof(secret->secret_access_key),
			  "AWS_SECRET_ACCESS_KEY");
}

int main(int argc, char **argv)
{
	static const char name[] = "Authorization: ";
	static struct secret secret;
	struct sigv4_request request = {.normalize_path = true};
	struct sigv4_scope scope;

	if (argc != 7 || argv[2][0] != '/' || strlen(argv[6]) != 16)
		return usage();
	request.method = argv[1];
	request.path = argv[2];
	request.query = argv[3];
	scope = (struct sigv4_scope){argv[6], argv[4], argv[5]};
	if (!read_secret(&secret))
		return complain("no credentials in the environment");
	if (!read_input() || !cut(&request))
		return complain("headers, an empty line and a body wanted");
	if (sigv4_authorization(&request, &scope, &secret, &authorization) ||
	    buf_check(&authorization, "authorization"))
		return complain(errinfo.text);
	if (strncmp(authorization.data, name, sizeof(name) - 1))
		return complain("no Authorization header");
	return puts(authorization.data + sizeof(name) - 1) < 0 ? STATUS_SYSTEM
							       : STATUS_OK;
}
