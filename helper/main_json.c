#include "main_json.h"

#include "instance.h"
#include "json.h"
#include "options.h"
#include "outcome.h"
#include "plan.h"
#include "settings.h"

static struct json_object *record(const struct plan *plan, size_t i)
{
	const struct plan_set *set = &plan->sets[i];
	struct json_object *to = json_map();

	json_add(to, "name", json_text(plan->instance->name));
	json_add(to, "type", json_text(route53_type_names[i]));
	json_add(to, "ttl",
		 json_number(settings_number(plan->settings, SETTING_TTL)));
	json_add(to, "values",
		 json_values(set->state == PLAN_REMOVE ? "" : set->value));
	json_add(to, "before",
		 plan->wants_to_read ? json_values(set->before) : NULL);
	return to;
}

static bool is_told(const struct plan *plan, const struct plan_set *set)
{
	return set->state == PLAN_REMOVE ||
	       (!plan_is_removal(plan) && *set->value);
}

static struct json_object *records(void)
{
	struct json_object *all = json_list();

	for (size_t i = 0; i < outcome.count; i++)
		for (size_t j = 0; j < PLAN_OWNER; j++)
			if (is_told(outcome.plans[i],
				    &outcome.plans[i]->sets[j]))
				json_append(all, record(outcome.plans[i], j));
	return all;
}

/* The milliseconds of a stage that has ended, else 0. */
static int64_t spent(enum outcome_stage stage)
{
	return outcome.ms[stage] ? outcome.ms[stage] - outcome.ms[stage - 1]
				 : 0;
}

static struct json_object *times(void)
{
	struct json_object *to = json_map();

	json_add(to, "imds", json_number(spent(STAGE_IMDS)));
	json_add(to, "zone", json_number(spent(STAGE_ZONE)));
	json_add(to, "change", json_number(spent(STAGE_CHANGE)));
	json_add(to, "total",
		 json_number(platform_now_ms() - outcome.ms[STAGE_START]));
	return to;
}

const char *main_json_result(void)
{
	struct json_object *root = json_map();

	if (outcome.status)
		json_add(root, "error", json_error());
	if (outcome.status && !outcome.count)
		return json_line(root);
	json_add(root, "changed", json_truth(outcome.has_changed));
	json_add(root, "dry_run", json_truth(options.is_dry_run));
	json_add(root, "zone_id", json_text(outcome.zone_id));
	json_add(root, "change_id",
		 json_text(*outcome.change_id ? outcome.change_id : NULL));
	json_add(root, "records", records());
	json_add(root, "calls", json_calls(true));
	json_add(root, "ms", times());
	return json_line(root);
}
