/*
 * What to change: a pure function of settings, instance and what Route 53
 * holds.
 */
#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "route53.h"

struct instance;
struct settings;

enum { PLAN_RECORDS = 2 }; /* A and AAAA */

enum plan_state {
	PLAN_CHANGE, /* to be changed */
	PLAN_KEEP,   /* there already, exactly so */
	PLAN_DONE,   /* there, by an earlier try whose answer was lost */
};

/* One record set that this instance is to have. */
struct plan_record {
	struct record_set set; /* its values point to value */
	char value[48];
	char before[48]; /* the value found, as listed; "": none */
	enum plan_state state;
};

struct plan {
	struct plan_record records[PLAN_RECORDS];
	size_t count;
};

/*
 * Plan the record sets that the instance is to have.
 * plan: filled in; must not move afterwards.
 * instance: its name is set, and at least one address.
 */
void plan_wanted(struct plan *plan, const struct settings *settings,
		 const struct instance *instance);

/*
 * Compare with one record set found in the zone; those of other names and
 * types do not matter.
 * Returns 0, or -1: STATUS_TAKEN where it belongs to somebody else.
 */
int plan_compare(struct plan *plan, const struct settings *settings,
		 const struct record_set *found);

/*
 * Append the changes that lead there: UPSERT, or CREATE of what is not there.
 * Returns how many.
 */
size_t plan_changes(const struct plan *plan, const struct settings *settings,
		    struct buf *changes);

#endif
