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

/* The row of a zone that a VPC has; in the last one where the next page
 * begins. */
enum { VPC_ZONE_ROW, VPC_ZONE_ID, VPC_ZONE_NEXT };

/* The row of a record set: all records of one name, type and set identifier;
 * up to the alias target in the order of the API's schema. */
enum {
	SET_ROW,
	SET_NAME,
	SET_TYPE,
	SET_IDENTIFIER,
	SET_WEIGHT,
	SET_MULTIVALUE, /* "true" */
	SET_TTL,
	SET_VALUES, /* with XML_NEXT between them */
	SET_HEALTH_CHECK_ID,
	SET_ALIAS,     /* of the alias target, "" where it is none */
	SET_NEXT_NAME, /* behind the last: where the next page begins */
};

/*
 * List at most 100 hosted zones, public and private, in Route 53's order.
 * name, id: where to begin; id is "" but on a next page.
 * on_row: gets each zone, and where the next page begins.
 */
int route53_list_hosted_zones_by_name(const char *name, const char *id,
				      xml_row on_row);

/*
 * List at most 100 private zones of a VPC.
 * token: where to begin; "" but on a next page.
 * on_row: gets each zone, and the token of the next page.
 */
int route53_list_hosted_zones_by_vpc(const char *vpc_id, const char *region,
				     const char *token, xml_row on_row);

/*
 * List record sets in Route 53's order from a name on.
 * name: as it is listed, but folded.
 * limit: how many at most, 300 or less.
 * on_row: gets each, and where the next page begins.
 */
int route53_list_record_sets(const char *zone_id, const char *name,
			     unsigned limit, xml_row on_row);

/* Where the next page of a zone begins, as listed; "": there is none. */
enum { NEXT_ROW, NEXT_NAME, NEXT_TYPE, NEXT_IDENTIFIER };

/* The one row of a hosted zone by itself: name servers where it is public,
 * else VPCs, with XML_NEXT between them. */
enum {
	HOSTED_ZONE_ROW,
	HOSTED_ZONE_NAME,
	HOSTED_ZONE_IS_PRIVATE, /* "true" or "false" */
	HOSTED_ZONE_SERVERS,
	HOSTED_ZONE_VPCS,
};

/* Get one zone.  on_row: gets it. */
int route53_get_hosted_zone(const char *zone_id, xml_row on_row);

/*
 * List at most 300 record sets in Route 53's order.
 * name, type, identifier: where to begin, as listed; "" but on a next page.
 * on_row: gets each.
 * on_next: gets where the next page begins.
 */
int route53_list_zone(const char *zone_id, const char *name, const char *type,
		      const char *identifier, xml_row on_row, xml_row on_next);

/*
 * Take the last segment of an id, which comes as "/hostedzone/Z1".
 * id, size: gets it; "" where it is unusable.
 */
void route53_cut_id(char *id, size_t size, const char *listed);

/*
 * Append one change to a change batch.
 * action: "CREATE", "UPSERT" or "DELETE".
 * set: in the order of a record set's row, from the name, which is folded, to
 *      the health check; "": it has no such element.
 */
void route53_add_change(struct buf *changes, const char *action,
			const char *const set[SET_ALIAS]);

/*
 * Send a change batch, which is applied whole or not at all.
 * instance_id: who sends it, for the comment that CloudTrail shows.
 * changes: what route53_add_change appended.
 * change_id: on success without "/change/".
 * Fails with STATUS_TAKEN too: something else stands at the name, with
 * AGAIN_LATER if it may have moved since it was read; with STATUS_SETTINGS: the
 * name is not in the zone; and with STATUS_UNAVAILABLE: there is no such health
 * check, or a quota is used up.
 */
int route53_change_record_sets(const char *zone_id, const char *instance_id,
			       const struct buf *changes,
			       char change_id[ROUTE53_CHANGE_ID_SIZE]);

/* Whether every name server of Route 53 has the change. */
int route53_get_change(const char *change_id, bool *is_insync);

#endif
