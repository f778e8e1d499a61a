/*
 * What to change: a pure function of settings, instance and what Route 53
 * holds.
 */
#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "route53.h"

struct errinfo;
struct instance;
struct settings;

enum { PLAN_RECORDS = 2 }; /* A and AAAA */

/* One record set that this instance is to have. */
struct plan_record {
	struct record_set set;
	bool is_there;	   /* exactly so: nothing to do */
	struct buf before; /* the values found, one a line */
};

struct plan {
	struct plan_record records[PLAN_RECORDS];
	size_t record_count;
	struct change changes[PLAN_RECORDS]; /* point into records */
	size_t change_count;
	bool has_read; /* what Route 53 holds was looked at */
};

/* Nothing planned. */
void plan_init(struct plan *plan);

/* Free what it holds.  Accepts one that is initialised only. */
void plan_release(struct plan *plan);

/*
 * Plan the record sets that the instance is to have.  The plan must not move
 * afterwards.
 * instance: its name is set, and at least one address.
 * Returns 0, or -1 (STATUS_SYSTEM).
 */
int plan_wanted(struct plan *plan, const struct settings *settings,
		const struct instance *instance, struct errinfo *err);

/*
 * Compare with one record set found in the zone; those of other names and
 * types do not matter.
 * Returns 0, or -1: STATUS_TAKEN where it belongs to somebody else.
 */
int plan_compare(struct plan *plan, const struct settings *settings,
		 const struct record_set *found, struct errinfo *err);

/* List the changes: UPSERT, or CREATE of what is not there. */
void plan_changes(struct plan *plan, const struct settings *settings);

#endif
