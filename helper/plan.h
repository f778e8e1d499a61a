/*
 * What to change: a pure function of settings, instance and what Route 53
 * holds.
 */
#ifndef PLAN_H
#define PLAN_H

#include <stddef.h>

#include "buf.h"

struct instance;
struct settings;

enum { PLAN_RECORDS = 2 }; /* A and AAAA */

enum plan_state {
	PLAN_CHANGE, /* to be changed */
	PLAN_KEEP,   /* there already, exactly so */
};

/* One record set that this instance is to have. */
struct plan_record {
	const char *type;  /* "A" or "AAAA" */
	const char *value; /* the instance's address */
	char before[48];   /* the value found, as listed; "": none */
	enum plan_state state;
};

struct plan {
	const char *name; /* the instance's */
	const char *ttl;  /* seconds, in digits */
	struct plan_record records[PLAN_RECORDS];
	size_t count;
};

/*
 * Plan the record sets that the instance is to have.
 * plan: filled in; points into settings and instance.
 * instance: its name is set, and at least one address.
 */
void plan_wanted(struct plan *plan, const struct settings *settings,
		 const struct instance *instance);

/*
 * Compare with one record set found in the zone; those of other names and
 * types do not matter.
 * row: as route53_list_record_sets gives it.
 * Returns 0, or -1: STATUS_TAKEN where it belongs to somebody else.
 */
int plan_compare(struct plan *plan, const struct settings *settings,
		 const struct buf *row);

/*
 * Append the changes that lead there: UPSERT, or CREATE of what is not there.
 * Returns how many.
 */
size_t plan_changes(const struct plan *plan, const struct settings *settings,
		    struct buf *changes);

#endif
