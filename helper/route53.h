/*
 * Route 53: one function per API operation, and what those speak of.
 *
 * Each fails as aws_call does, and with STATUS_DATA if the answer is not what
 * the API documents.
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

struct hosted_zone {
	char id[ROUTE53_ID_SIZE];
	char name[DNSNAME_SIZE]; /* folded */
	bool is_private;
};

/* The types that matter, in the order of route53_type_names. */
enum record_type {
	TYPE_A,
	TYPE_AAAA,
	TYPE_TXT,
	TYPE_CNAME,
	TYPE_NS,
	TYPE_SOA,
	TYPE_OTHER,
};

/* "A", "AAAA", "TXT", ... */
extern const char route53_type_names[TYPE_OTHER][6];

/* The type of a name such as "AAAA". */
enum record_type route53_type(const char *name);

enum { RECORD_SET_ELEMENTS = 8 };

/*
 * A record set: all records of one name, type and set identifier.  A text is ""
 * if the set has no such element.
 */
struct record_set {
	union {
		struct {		  /* in the order of the API's schema */
			const char *name; /* as listed, or folded */
			const char *type;
			const char *identifier;
			const char *weight;
			const char *multivalue; /* "true" */
			const char *ttl;
			const char *values; /* with XML_NEXT between them */
			const char *health_check_id;
		};
		const char *element[RECORD_SET_ELEMENTS]; /* the same */
	};
	const char *alias; /* DNS name of the alias target */
};

/* Take one of what is listed: valid during the call.  context: as it was given.
 * Return 0 to go on, -1 with errinfo filled in to stop. */
typedef int (*hosted_zone_handler)(const struct hosted_zone *zone,
				   void *context);
typedef int (*record_set_handler)(const struct record_set *set, void *context);

/* Where a page of hosted zones begins, in Route 53's order. */
struct hosted_zone_place {
	char name[DNSNAME_SIZE];  /* folded; "": the list ends */
	char id[ROUTE53_ID_SIZE]; /* "" but on a next page */
};

/* Where a page of record sets begins, in Route 53's order. */
struct record_set_place {
	struct buf name; /* as listed, or folded; "": the list ends */
	/* "" but on a next page; an embedded helper leaves them so. */
	struct buf type;
	struct buf identifier;
};

/*
 * List at most 20 hosted zones, public and private.
 * place: where to begin; gets where the next page begins.
 */
int route53_list_hosted_zones_by_name(struct hosted_zone_place *place,
				      hosted_zone_handler on_zone,
				      void *context);

/*
 * List at most 100 private zones of a VPC.
 * token: where to begin, "" at first; gets where the next page begins.
 * on_zone: gets the id of each, and nothing else.
 */
int route53_list_hosted_zones_by_vpc(const char *vpc_id, const char *region,
				     struct buf *token,
				     hosted_zone_handler on_zone,
				     void *context);

/*
 * Get one hosted zone.
 * servers: gets the name servers of a public zone; vpcs: the ids of the VPCs of
 * a private one; with XML_NEXT between them.
 */
int route53_get_hosted_zone(const char *zone_id, struct hosted_zone *zone,
			    struct buf *servers, struct buf *vpcs);

/*
 * List record sets.
 * place: where to begin; gets where the next page begins.
 * limit: how many at most, 300 or less.
 */
int route53_list_record_sets(const char *zone_id,
			     struct record_set_place *place, unsigned limit,
			     record_set_handler on_set, void *context);

/* Begin at a name, folded or as it is listed. */
void route53_place_at(struct record_set_place *place, const char *name);

/*
 * Take the last segment of an id, which comes as "/hostedzone/Z1".
 * id, size: gets it; "" if it is unusable.
 */
void route53_cut_id(char *id, size_t size, const char *listed);

/*
 * Append one change to a change batch.
 * action: "CREATE", "UPSERT" or "DELETE".
 * set: with its name folded, and without an alias target.
 */
void route53_add_change(struct buf *changes, const char *action,
			const struct record_set *set);

/*
 * Send a change batch, which is applied whole or not at all.
 * instance_id: who sends it, for the comment that CloudTrail shows.
 * changes: what route53_add_change appended.
 * once: try once, not until the deadline; the caller may try again, if the
 *       failure is STATUS_DEADLINE with AGAIN_LATER.
 * change_id: on success without "/change/".
 * Fails with STATUS_TAKEN too: something else stands at the name, with
 * AGAIN_LATER if it may have moved since it was read; with STATUS_SETTINGS: the
 * name is not in the zone; and with STATUS_UNAVAILABLE: there is no such health
 * check, or a quota is used up.
 */
int route53_change_record_sets(const char *zone_id, const char *instance_id,
			       const struct buf *changes, bool once,
			       char change_id[ROUTE53_CHANGE_ID_SIZE]);

/* Whether every name server of Route 53 has the change. */
int route53_get_change(const char *change_id, bool *is_insync);

#endif
