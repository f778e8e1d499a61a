#include "plan.h"

#include <string.h>

#include "build.h"
#include "errinfo.h"
#include "instance.h"
#include "plan_parts.h"
#include "plan_taken.h"
#include "platform.h"
#include "settings.h"

/* Delete what is ours; where another is the owner, nothing is.  The owner
 * record goes with the last address of its name. */
static void remove_set(struct planning *planning, size_t i, bool is_owner,
		       bool *is_last, struct buf *changes)
{
	const struct plan *plan = planning->plan;
	enum plan_state *found = &planning->found[i];
	bool is_obstacle = *found == PLAN_KEEP;
	bool is_all = plan_is_owner_place(i)
			      ? *is_last
			      : !(build_is_whole && plan->is_leftover) &&
					plan_is_asked_for(plan, i);

	if (*found > PLAN_KEEP && !is_owner && plan_has_owner(plan))
		*found = PLAN_LEAVE;
	if (*found > PLAN_KEEP && is_owner && is_all)
		*found = PLAN_REMOVE;
	*is_last = *is_last && *found != PLAN_LEAVE;
	if (is_obstacle)
		*found = PLAN_LEAVE;
	if (*found == PLAN_REMOVE)
		buf_addf(changes, "%s", planning->deletes[i].data);
	/* Nobody has asked for it. */
	else if (!is_obstacle && !plan_is_asked_for(plan, i))
		*found = PLAN_NONE;
}

/* Whether a set is written without a look at what it replaces: the last writer
 * wins; not with an owner record alone. */
static bool is_blind(const struct planning *planning, size_t i, bool is_owner)
{
	const struct plan *plan = planning->plan;
	const enum plan_state *found = planning->found;

	if (!plan->wants_to_read)
		return true;
	return found[i] > PLAN_KEEP && !is_owner &&
	       settings_action(plan->settings) == ACTION_UPSERT &&
	       (!plan_is_owner_place(i) || found[PLAN_A] == PLAN_CHANGE ||
		found[PLAN_AAAA] == PLAN_CHANGE);
}

/* Route 53 carries out a batch whole or not at all, so that DELETE of what was
 * found and CREATE are a compare-and-swap. */
static void publish_set(struct planning *planning, size_t i, bool is_owner,
			struct buf *changes)
{
	const struct plan *plan = planning->plan;
	enum plan_state *found = planning->found;
	bool is_wanted = *plan->sets[i].value;
	bool is_other = found[i] > PLAN_KEEP;
	bool blind = is_blind(planning, i, is_owner);
	struct record_set wanted;

	/* What is right guards the batch: an owner record every one, an address
	 * that of the owner record. */
	if (found[i] == PLAN_KEEP) {
		if (plan_is_owner_place(i)
			    ? !changes->len
			    : found[PLAN_OWNER] == PLAN_KEEP ||
				      !*plan->sets[PLAN_OWNER].value)
			return;
		buf_addf(changes, "%s", planning->deletes[i].data);
	}
	if (is_other &&
	    (is_wanted ? !blind : is_owner || plan_has_owner(plan))) {
		found[i] = PLAN_REMOVE;
		buf_addf(changes, "%s", planning->deletes[i].data);
	}
	if (is_wanted) {
		if (found[i] != PLAN_KEEP)
			found[i] = PLAN_CHANGE;
		plan_fill_in(&wanted, planning, i);
		route53_add_change(changes, blind ? "UPSERT" : "CREATE",
				   &wanted);
	}
}

int plan_changes(struct planning *planning, bool may_take_over,
		 struct buf *changes)
{
	struct plan *plan = planning->plan;
	enum plan_state *found = planning->found;
	bool is_owner =
		(settings_has(SETTING_OWNER_RECORD) && plan_is_ours(plan)) ||
		!strcmp(plan_own_identifier(plan), plan->instance->id);
	bool is_held =
		found[PLAN_A] == PLAN_LEAVE || found[PLAN_AAAA] == PLAN_LEAVE;
	bool is_last = !plan->keeps_owner;

	if (build_is_whole && planning->delegation.len &&
	    !plan_is_removal(plan))
		return errinfo_set(STATUS_TAKEN,
				   "%s is taken: NS %s, which delegates it; "
				   "choose another name, or remove it",
				   plan->instance->name,
				   planning->delegation.data);
	if (is_held && !plan_is_removal(plan) && !is_owner && !may_take_over &&
	    settings_action(plan->settings) == ACTION_CREATE)
		return plan_taken(planning);
	for (size_t i = 0; i < plan_count(); i++) {
		if (plan_is_removal(plan))
			remove_set(planning, i, is_owner, &is_last, changes);
		else
			publish_set(planning, i, is_owner, changes);
		if (found[i] <= PLAN_KEEP && plan->sets[i].state >= PLAN_REMOVE)
			continue;
		plan->sets[i].state = found[i];
		memcpy(plan->sets[i].before, planning->before[i],
		       PLAN_BEFORE_SIZE);
	}
	return 0;
}
