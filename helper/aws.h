/*
 * One signed call to an AWS API: endpoint, credentials, signature, tries.
 */
#ifndef AWS_H
#define AWS_H

#include <stdbool.h>

#include "endpoint.h"
#include "xml.h"

struct credentials;

/* Whose credentials a call is made with. */
enum aws_identity {
	AWS_INSTANCE, /* the instance's own role */
	AWS_ASSUMED,  /* the role of the setting role_arn */
	AWS_IDENTITIES,
};

/* What all calls share; set before the first one. */
struct aws {
	const char *region; /* of the instance: tells partition, endpoints */
	const char *proxy;  /* as http_send takes it */
	bool is_ipv6;	    /* IPv4 leads nowhere */
	enum aws_identity route53_identity;
	/* Asked for the first credentials, and once when they have expired.
	 * once: try once, not until the deadline.
	 * Returns 0, or -1 with errinfo filled in. */
	int (*supply)(enum aws_identity identity, bool once,
		      struct credentials *credentials);
	unsigned calls[AWS_SERVICES]; /* requests sent */
};

extern struct aws aws;

struct aws_request {
	enum aws_service service;
	const char *region;    /* NULL: of struct aws */
	const char *operation; /* such as "GetChange" */
	const char *resource;  /* what IAM must allow it on, for errors: "*", an
				  ARN, or what follows "route53:::" in one */
	const char *path;      /* as sigv4_canonical_request wants it */
	const char *query;     /* sorted, percent-encoded, "" for none */
	const char *body;      /* "": a GET; else a POST */
	bool once;	       /* try once, not until the deadline */
};

/* Get the credentials that the calls to Route 53 need, if there are none yet.
 * once: try once, not until the deadline.
 * Returns as the supply of struct aws. */
int aws_authenticate(bool once);

/*
 * Make a call until it is answered for good or the deadline passes, and read
 * the XML of the answer, of at most 1 MiB.
 * fields, on_row, context: as in xml_read.
 * Returns 0, or -1 with the service's error code in errinfo.code:
 * STATUS_DEADLINE, STATUS_DENIED, STATUS_UNAVAILABLE (no such hosted zone),
 * STATUS_DATA, STATUS_SETTINGS (endpoint override), or what on_row reported.
 * What is retried: botocore's throttling and transient errors; once each:
 * expired credentials, and a signature refused for its time, signed again by
 * the server's Date.
 */
int aws_call(const struct aws_request *request, const char *fields,
	     xml_row on_row, void *context);

/* The variable of the environment that offers credentials which are not read,
 * those of a pod or container; NULL: there is none, or a key that wins. */
const char *aws_unread_variable(void);

/* The partition of struct aws's region, as ARNs name it: "aws". */
const char *aws_partition(void);

/* Wipe the credentials. */
void aws_close(void);

#endif
