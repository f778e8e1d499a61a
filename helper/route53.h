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

#include "dnsname.h"
#include "xml.h"

enum {
	ROUTE53_ID_SIZE = 33,	       /* a hosted zone id and its NUL */
	ROUTE53_CHANGE_ID_SIZE = 6520, /* a change id as listed, and its NUL */
};

/* The row of a hosted zone. */
enum {
	ZONE_ROW,
	ZONE_ID,
	ZONE_NAME,
	ZONE_IS_PRIVATE, /* "true" or "false" */
	ZONE_NEXT_NAME,	 /* behind the last: where the next page begins */
	ZONE_NEXT_ID,
};

/* The row of a record set: all records of one name, type and set identifier. */
enum {
	SET_ROW,
	SET_NAME,
	SET_TYPE,
	SET_IDENTIFIER,
	SET_TTL,
	SET_VALUES, /* with XML_NEXT between them */
	SET_ALIAS,  /* of the alias target, "" where it is none */
};

/*
 * List at most 100 hosted zones, public and private, in Route 53's order.
 * name, id: where to begin; id is "" but on a next page.
 * on_row: gets each zone, and where the next page begins.
 */
int route53_list_hosted_zones_by_name(const char *name, const char *id,
				      xml_row on_row);

/*
 * List at most 100 record sets in Route 53's order from a name on.
 * on_row: gets each.
 */
int route53_list_record_sets(const char *zone_id, const char *name,
			     xml_row on_row);

/*
 * Take the last segment of an id, which comes as "/hostedzone/Z1".
 * id, size: gets it; "" where it is unusable.
 */
void route53_cut_id(char *id, size_t size, const char *listed);

/*
 * Append one change to a change batch.
 * action: "CREATE", "UPSERT" or "DELETE".
 * name:   folded.
 * ttl:    seconds, in digits.
 * values: with XML_NEXT between them.
 */
void route53_add_change(struct buf *changes, const char *action,
			const char *name, const char *type, const char *ttl,
			const char *values);

/*
 * Send a change batch, which is applied whole or not at all.
 * instance_id: who sends it, for the comment that CloudTrail shows.
 * changes: what route53_add_change appended.
 * change_id: on success without "/change/".
 * Fails with STATUS_TAKEN too: something else stands at the name; and with
 * STATUS_SETTINGS: the name is not in the zone.
 */
int route53_change_record_sets(const char *zone_id, const char *instance_id,
			       const struct buf *changes,
			       char change_id[ROUTE53_CHANGE_ID_SIZE]);

/* Whether every name server of Route 53 has the change. */
int route53_get_change(const char *change_id, bool *is_insync);

#endif
