/*
 * The instance metadata service, version 2 only.
 *
 * Source: EC2 User Guide, "Use the Instance Metadata Service to access
 * instance metadata".
 */
#ifndef IMDS_H
#define IMDS_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"

struct errinfo;
struct http;
struct secret;

enum { IMDS_LIMIT = 65536 }; /* bytes of one answer */

struct imds {
	struct http *http; /* the caller's */
	char base_url[256];
	struct buf token_header;
	unsigned calls; /* requests sent */
};

/*
 * Choose the address of the service: the environment's, as the AWS SDKs name
 * it, else the IPv4 one, else (no IPv4 route) the IPv6 one.  Sends nothing.
 * Returns 0, or -1: STATUS_UNAVAILABLE (switched off by the environment),
 * STATUS_SETTINGS (no http:// URL).
 */
int imds_open(struct imds *imds, struct http *http, struct errinfo *err);

/* Wipe the token.  Accepts one that was never opened, if zeroed. */
void imds_close(struct imds *imds);

/*
 * Read one item.
 * path:  below "/latest/", such as "meta-data/instance-id".
 * value: cleared, then gets at most IMDS_LIMIT bytes of anything.
 * Returns 0; 1 where the service says that there is no such item; or -1:
 * STATUS_TEMPORARY (deadline), STATUS_DENIED (metadata switched off),
 * STATUS_DATA.  Tries until the deadline, each try for at most 2 s.
 */
int imds_get(struct imds *imds, const char *path, struct buf *value,
	     struct errinfo *err);

/*
 * Read the credentials of the instance's role, waiting for a role that is not
 * there yet.
 * patient: whether to wait for a role until the deadline.
 * secret:  written on success only; the caller wipes it.
 * Returns 0, or -1: STATUS_DENIED (no role, or none that works).
 * Source: EC2 User Guide, "Retrieve security credentials from instance
 * metadata".
 */
int imds_credentials(struct imds *imds, bool patient, struct secret *secret,
		     struct errinfo *err);

#endif
