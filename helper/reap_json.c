#include "reap_json.h"

#include "json.h"
#include "options.h"
#include "outcome.h"
#include "reap_owners.h"

static struct json_object *removed_set(const struct owners_holding *holding,
				       size_t kind)
{
	const struct record_set *set = &holding->sets[kind].listed;
	struct json_object *to = json_map();

	json_add(to, "name", json_text(set->name));
	json_add(to, "type", json_text(set->type));
	json_add(to, "set_identifier",
		 json_text(*set->identifier ? set->identifier : NULL));
	json_add(to, "values", json_values(set->values));
	json_add(to, "owner", json_text(holding->instance->id));
	json_add(to, "region", json_text(holding->instance->region));
	json_add(to, "state", json_text(holding->instance->state));
	return to;
}

static struct json_object *removed_sets(const struct owners *owners)
{
	struct json_object *all = json_list();

	for (size_t i = 0; i < owners->count; i++)
		for (size_t kind = 0; kind < PLAN_SETS; kind++)
			if (owners_is_told(&owners->holdings[i], kind))
				json_append(all,
					    removed_set(&owners->holdings[i],
							kind));
	return all;
}

static int64_t count_kept(const struct owners *owners)
{
	int64_t kept = 0;

	for (size_t i = 0; i < owners->count; i++)
		kept += owners->holdings[i].fate != OWNERS_REMOVED;
	return kept;
}

const char *reap_json_result(const struct owners *owners, bool changed)
{
	static struct json_object *root; /* may be longer than struct buf */
	struct json_object *removed = removed_sets(owners);

	json_free(root);
	root = json_map();
	if (outcome.status)
		json_add(root, "error", json_error());
	if (!outcome.status || json_length(removed)) {
		json_add(root, "changed", json_truth(changed));
		json_add(root, "dry_run", json_truth(options.is_dry_run));
		json_add(root, "zone_id", json_text(outcome.zone_id));
		json_add(root, "removed", json_share(removed));
		json_add(root, "kept", json_number(count_kept(owners)));
		json_add(root, "other_accounts",
			 json_number((int64_t)owners_count_foreign(owners)));
		json_add(
			root, "no_account",
			json_number((int64_t)owners_count_accountless(owners)));
		json_add(root, "calls", json_calls(false));
	}
	json_free(removed);
	return json_written(root);
}
