/*
 * Route 53: one function per API operation.
 *
 * Each fails as aws_call does, and with STATUS_DATA where the answer is not
 * what the API documents.
 * Source: Route 53 API Reference, 2013-04-01.
 */
#ifndef ROUTE53_H
#define ROUTE53_H

#include <stdbool.h>

#include "buf.h"
#include "dnsname.h"

struct aws;
struct errinfo;

enum {
	ROUTE53_ID_SIZE = 33,		   /* a hosted zone id and its NUL */
	ROUTE53_CHANGE_ID_SIZE = 6501,	   /* a change id and its NUL */
	ROUTE53_ZONES = 100,		   /* hosted zones a page */
	ROUTE53_VALUES_LIMIT = 128 * 1024, /* bytes: the values of a set */
};

struct hosted_zone {
	char id[ROUTE53_ID_SIZE]; /* without "/hostedzone/" */
	char name[DNSNAME_SIZE];  /* folded */
	bool is_private;
};

struct hosted_zone_page {
	struct hosted_zone zones[ROUTE53_ZONES];
	size_t count;
	bool is_truncated;
	char next_name[DNSNAME_SIZE]; /* folded; where the next page begins */
	char next_id[ROUTE53_ID_SIZE];
};

/* All records of one name and type (and set identifier). */
struct record_set {
	char name[DNSNAME_SIZE]; /* folded */
	char type[16];		 /* "A", "AAAA", "CNAME", … */
	long ttl_s;
	struct buf values; /* one a line, as listed */
	bool is_alias;
	bool is_routed; /* has a set identifier */
};

enum change_action { CHANGE_CREATE, CHANGE_UPSERT, CHANGE_DELETE };

struct change {
	enum change_action action;
	const struct record_set *record_set; /* the caller's */
};

/* Called for each listed set, which is valid during the call only.  Return 0
 * to go on, -1 with err filled in to stop. */
typedef int (*route53_handler)(void *context,
			       const struct record_set *record_set,
			       struct errinfo *err);

/*
 * List hosted zones, public and private, in Route 53's order from a name on.
 * name: folded; id: from the page before, or "".
 */
int route53_list_hosted_zones_by_name(struct aws *aws, const char *name,
				      const char *id,
				      struct hosted_zone_page *page,
				      struct errinfo *err);

/*
 * List the first 100 record sets in Route 53's order from a name on.
 * zone_id: as in struct hosted_zone.
 */
int route53_list_record_sets(struct aws *aws, const char *zone_id,
			     const char *name, route53_handler handler,
			     void *context, struct errinfo *err);

/*
 * Append the change batch as it would be sent.
 * comment: at most 256 bytes.
 */
void route53_change_batch(struct buf *xml, const char *comment,
			  const struct change *changes, size_t count);

/*
 * Send a change batch, which is applied whole or not at all.
 * change_id: on success without "/change/".
 * Fails with STATUS_TAKEN too: something else stands at the name; and with
 * STATUS_SETTINGS: the name is not in the zone.
 */
int route53_change_record_sets(struct aws *aws, const char *zone_id,
			       const struct buf *xml,
			       char change_id[ROUTE53_CHANGE_ID_SIZE],
			       struct errinfo *err);

/* Whether every name server of Route 53 has the change. */
int route53_get_change(struct aws *aws, const char *change_id, bool *is_insync,
		       struct errinfo *err);

#endif
