/*
 * One signed call to an AWS API: endpoint, credentials, signature, tries.
 */
#ifndef AWS_H
#define AWS_H

#include <stdbool.h>

#include "buf.h"
#include "xml.h"

struct secret;

enum aws_service { AWS_ROUTE53, AWS_EC2, AWS_STS, AWS_SERVICES };

/* Whose credentials a call is made with. */
enum aws_identity {
	AWS_INSTANCE, /* the instance's own role */
	AWS_ASSUMED,  /* the role of the setting role_arn */
	AWS_IDENTITIES,
};

/* What all calls share; set before the first one. */
struct aws {
	char region[33];   /* of the instance: tells partition and endpoints */
	const char *proxy; /* as in struct http_request */
	enum aws_identity route53_identity;
	bool is_patient; /* try until the deadline, not once */
	/* Asked for the first credentials, and once when they have expired.
	 * Returns 0, or -1 with errinfo filled in. */
	int (*supply)(enum aws_identity identity, struct secret *secret);
	unsigned calls[AWS_SERVICES]; /* requests sent */
};

extern struct aws aws;

struct aws_request {
	enum aws_service service;
	const char *operation; /* such as "GetChange" */
	const char *resource;  /* what IAM must allow it on, for errors: "*", an
				  ARN, or what follows "hostedzone/" */
	const char *path;
	const char *query;	/* encoded, "" for none */
	const char *type;	/* Content-Type header line; NULL: none */
	const struct buf *body; /* NULL: a GET; else a POST */
};

/* Get the credentials that the calls to Route 53 need, where there are none
 * yet.  Returns as the supply of struct aws. */
int aws_authenticate(void);

/*
 * Make a call until it is answered for good or the deadline passes, and read
 * the XML of the answer, of at most 1 MiB.
 * Returns 0, or -1 with the service's error code in errinfo.code:
 * STATUS_DEADLINE, STATUS_DENIED, STATUS_UNAVAILABLE (no such hosted zone),
 * STATUS_DATA, STATUS_SETTINGS (endpoint override), or what handler reported.
 * What is retried: botocore's throttling and transient errors; once each:
 * expired credentials, and a signature refused for its time, signed again by
 * the server's Date.
 */
int aws_call(const struct aws_request *request, xml_handler handler,
	     void *context);

/* Wipe the credentials. */
void aws_close(void);

#endif
