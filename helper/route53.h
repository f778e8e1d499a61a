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

enum {
	ROUTE53_ID_SIZE = 33,	       /* a hosted zone id and its NUL */
	ROUTE53_CHANGE_ID_SIZE = 6520, /* a change id as listed, and its NUL */
	ROUTE53_VALUES_SIZE = 1024 * 1024, /* bytes: the values of one set */
};

struct hosted_zone {
	char id[ROUTE53_ID_SIZE]; /* without "/hostedzone/" */
	char name[DNSNAME_SIZE];  /* folded */
	bool is_private;
};

/* All records of one name and type (and set identifier). */
struct record_set {
	char name[DNSNAME_SIZE]; /* folded */
	char type[16];		 /* "A", "AAAA", "CNAME", … */
	char ttl[16];		 /* seconds, in digits */
	const char *values;	 /* one a line, as listed */
	bool is_alias;
	bool is_routed; /* has a set identifier */
};

/* Called for each listed zone or set, which is valid during the call only.
 * Return 0 to go on, -1 with errinfo filled in to stop. */
typedef int (*route53_on_zone)(const struct hosted_zone *zone);
typedef int (*route53_on_record_set)(const struct record_set *set);

/*
 * List at most 100 hosted zones, public and private, in Route 53's order.
 * from: the name to begin at, and the id where a page before was cut; on
 *       return where the next page begins, name "" where there is none.
 */
int route53_list_hosted_zones_by_name(struct hosted_zone *from,
				      route53_on_zone on_zone);

/* List at most 100 record sets in Route 53's order from a name on. */
int route53_list_record_sets(const char *zone_id, const char *name,
			     route53_on_record_set on_record_set);

/*
 * Append one change to a change batch.
 * action: "CREATE", "UPSERT" or "DELETE".
 */
void route53_add_change(struct buf *changes, const char *action,
			const struct record_set *set);

/*
 * Send a change batch, which is applied whole or not at all.
 * comment: of at most 256 letters, digits, blanks and hyphens.
 * changes: what route53_add_change appended.
 * change_id: on success without "/change/".
 * Fails with STATUS_TAKEN too: something else stands at the name; and with
 * STATUS_SETTINGS: the name is not in the zone.
 */
int route53_change_record_sets(const char *zone_id, const char *comment,
			       const struct buf *changes,
			       char change_id[ROUTE53_CHANGE_ID_SIZE]);

/* Whether every name server of Route 53 has the change. */
int route53_get_change(const char *change_id, bool *is_insync);

#endif
