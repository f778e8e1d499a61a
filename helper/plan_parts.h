/*
 * What the parts of plan.c share.
 */
#ifndef PLAN_PARTS_H
#define PLAN_PARTS_H

#include "plan.h"
#include "settings.h"

/* The set identifier of the instance's sets; "": routing is simple. */
const char *plan_own_identifier(const struct plan *plan);

/* Whether the settings want record sets of an address family. */
bool plan_is_asked_for(const struct plan *plan, size_t i);

/* Whether it is the place of the owner record; an embedded helper without owner
 * records has no code for that. */
static inline bool plan_is_owner_place(size_t i)
{
	return settings_has(SETTING_OWNER_RECORD) && i == PLAN_OWNER;
}

/* Whether an owner record was found. */
static inline bool plan_has_owner(const struct plan *plan)
{
	return settings_has(SETTING_OWNER_RECORD) && *plan->owner_id;
}

/* How many sets a plan has. */
static inline size_t plan_count(void)
{
	return settings_has(SETTING_OWNER_RECORD) ? PLAN_SETS : PLAN_OWNER;
}

/* Fill in the record set that is wanted; its texts live as long as planning. */
void plan_fill_in(struct record_set *set, const struct planning *planning,
		  size_t i);

/* Whether the owner found is this instance.  An id with another account is
 * another instance's, whoever wrote it there. */
bool plan_is_ours(const struct plan *plan);

#endif
