/*
 * What `check` looks at, and what it has learnt of it so far.
 */
#ifndef CHECK_STATE_H
#define CHECK_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"
#include "route53.h"

/* Define it as static: it is too large for the stack. */
struct check {
	/* Shared between the records. */
	struct records records;
	char seen_zone_id[ROUTE53_ID_SIZE]; /* delegation was looked at */

	/* Of one record. */
	struct record *record;
	struct hosted_zone zone; /* name "": it is not known */
	/* Folded, a blank before each: the name servers that Route 53 has for a
	 * public zone; those in its own NS record; the VPCs of a private one. */
	struct buf servers;
	struct buf own_servers;
	struct buf vpcs;
	uint32_t negative_ttl_s; /* of its SOA record; 0: not known */
	/* What Route 53 holds, by type: something; and the address wanted. */
	bool is_held[PLAN_OWNER];
	bool is_published[PLAN_OWNER];
};

/* Start the clock of the requests again: what DNS takes is not their time. */
void check_start_clock(const struct check *check);

#endif
