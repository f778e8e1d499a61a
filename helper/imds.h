/*
 * The instance metadata service, version 2 only: no request goes without a
 * token, since accounts alarm on those (CloudWatch's MetadataNoToken).
 *
 * Source: EC2 User Guide, "Use the Instance Metadata Service to access
 * instance metadata".
 */
#ifndef IMDS_H
#define IMDS_H

#include <stdbool.h>
#include <stddef.h>

struct credentials;

extern unsigned imds_calls; /* requests sent */
extern bool imds_is_ipv6;   /* the service answers over IPv6 only */

/*
 * Choose the address of the service: the environment's, as the AWS SDKs name
 * it, else the IPv4 one, and the IPv6 one in turn while there is no answer.
 * Sends nothing.
 * Returns 0, or -1: STATUS_UNAVAILABLE (switched off by the environment),
 * STATUS_SETTINGS (no http:// URL).
 */
int imds_open(void);

/* Wipe the token. */
void imds_close(void);

/*
 * Read one item; its text, without a NUL in it and at most 64 KiB, is
 * http_answer.body until the next request.
 * path: below "/latest/", such as "meta-data/instance-id".
 * Returns 0; 1 where the service says that there is no such item; or -1:
 * STATUS_DEADLINE, STATUS_DENIED (metadata switched off), STATUS_DATA,
 * STATUS_UNAVAILABLE (no such service).  Tries until the deadline, each try
 * for at most 2 s.
 */
int imds_get(const char *path);

/*
 * Read an item that every instance has, of a-z 0-9 and - only.
 * word, size: gets the text.
 * Returns 0, or -1: as imds_get, STATUS_DATA where it is something else.
 */
int imds_get_word(const char *path, char *word, size_t size);

/*
 * Ask once for a token, for a second at each of the service's addresses:
 * whether anything answers.  Who it is comes out when it is asked.
 * To be called behind imds_open; sends nothing where there is a token already.
 */
bool imds_is_there(void);

/* Where the role's name is. */
#define IMDS_ROLE "meta-data/iam/security-credentials/"

/*
 * Read the credentials of the instance's role, once.
 * credentials: written to; holds credentials on success only.
 * Returns 0, or -1: STATUS_DENIED (no role, or none that works), again
 * AGAIN_SOON since it may come; else as imds_get.
 * Source: EC2 User Guide, "Retrieve security credentials from instance
 * metadata".
 */
int imds_get_credentials(struct credentials *credentials);

#endif
