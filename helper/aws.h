/*
 * One signed call to an AWS API: endpoint, credentials, signature, tries.
 */
#ifndef AWS_H
#define AWS_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "secret.h"

struct errinfo;
struct http;

enum aws_service { AWS_ROUTE53, AWS_EC2, AWS_STS, AWS_SERVICES };

enum { AWS_LIMIT = 1024 * 1024 }; /* bytes of one answer */

/* Supply credentials.  Returns 0, or -1 with err filled in. */
typedef int (*aws_refresh)(void *context, struct secret *secret,
			   struct errinfo *err);

struct aws {
	struct http *http;    /* the caller's */
	const char *proxy;    /* as in struct http_request; the caller's */
	char region[33];      /* of the instance, such as "eu-west-1" */
	struct secret secret; /* empty before the first call */
	aws_refresh refresh;  /* asked for the first, and once when expired */
	void *refresh_context;
	int64_t clock_offset_s;	      /* the server's clock less ours */
	unsigned calls[AWS_SERVICES]; /* requests sent */
};

struct aws_request {
	enum aws_service service;
	const char *action;   /* as IAM names it: "route53:GetChange" */
	const char *resource; /* what IAM must allow it on, for errors: "*", an
				 ARN, or an ARN from its second colon on */
	const char *method;
	const char *path;
	const char *query; /* encoded, "" for none */
	const char *content_type;
	const struct buf *body; /* NULL: none */
};

/*
 * Make a call until it is answered for good or the deadline passes.
 * region: of the instance; tells partition and endpoints.
 * answer: cleared, then gets the body of a 2xx answer, at most AWS_LIMIT.
 * Returns 0, or -1 with the service's error code in err->code:
 * STATUS_TEMPORARY (deadline), STATUS_DENIED, STATUS_UNAVAILABLE (no such
 * hosted zone), STATUS_DATA, STATUS_SETTINGS (endpoint override).
 * What is retried: botocore's lists of throttling and transient errors; once
 * each: expired credentials, and a signature refused for its time, signed
 * again by the server's Date.
 */
int aws_call(struct aws *aws, const struct aws_request *request,
	     struct buf *answer, struct errinfo *err);

/* Wipe the credentials.  Accepts one that is zeroed. */
void aws_close(struct aws *aws);

#endif
