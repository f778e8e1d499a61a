#include "plan_taken.h"

#include <string.h>

#include "build.h"
#include "errinfo.h"
#include "instance.h"
#include "platform.h"
#include "settings.h"

/* The routing of what was found, as the setting names it. */
const char *plan_routing_of(const struct record_set *set)
{
	if (!*set->identifier)
		return "simple";
	if (*set->weight)
		return "weighted";
	return *set->multivalue ? "multivalue" : "another";
}

/* How many bytes of the values found fit into a size: whole values only. */
size_t plan_whole_values(const char *values, size_t size)
{
	size_t all = strlen(values);
	size_t len = all < size ? all : size - 1;

	if (len == all)
		return len;
	while (len && values[len] != *XML_NEXT)
		len--;
	return len;
}

/* "A 54.1.1.1 (TTL 60)", or what else stands there. */
void plan_describe(struct planning *planning, const struct record_set *set)
{
	struct buf *text = &planning->obstacle;

	buf_set(text, "%s %.*s", set->type,
		build_is_whole ? (int)plan_whole_values(set->values,
							PLAN_OBSTACLE_SIZE)
			       : PLAN_OBSTACLE_SIZE,
		set->values);
	if (*set->alias)
		buf_addf(text, "alias");
	else if (build_is_whole)
		buf_addf(text, " (TTL %s%s%s)", set->ttl,
			 *set->identifier ? ", routing " : "",
			 *set->identifier ? plan_routing_of(set) : "");
}

int plan_taken(const struct planning *planning)
{
	const struct plan *plan = planning->plan;

	(void)errinfo_set(STATUS_TAKEN, "%s is taken: %s", plan->instance->name,
			  planning->obstacle.data);
	if (settings_has(SETTING_OWNER_RECORD) && *plan->owner_id)
		(void)errinfo_add(", owner %s in %s%s%s", plan->owner_id,
				  plan->owner_region,
				  *plan->owner_account ? " of account " : "",
				  plan->owner_account);
	return errinfo_add("; choose another name, or remove it");
}

/* Route 53 takes one routing only for all sets of a name and type.  Without a
 * user it says so itself, once. */
int plan_taken_by_routing(struct planning *planning,
			  const struct record_set *set)
{
	plan_describe(planning, set);
	(void)plan_taken(planning);
	if (build_is_whole && (*set->weight || *set->multivalue))
		(void)errinfo_add(", or set routing: %s", plan_routing_of(set));
	return -1;
}
