#include "json.h"

#include <stdint.h>
#include <string.h>

#include <json-c/json.h>

#include "aws.h"
#include "errinfo.h"
#include "imds.h"
#include "instance.h"
#include "plan.h"
#include "platform.h"
#include "reap_owners.h"
#include "report.h"
#include "settings.h"
#include "xml.h"

enum { MESSAGE_LIMIT = 4000 }; /* bytes, as on standard error */

static bool is_cut; /* memory did not suffice for all of it */

static struct json_object *made(struct json_object *object)
{
	is_cut |= !object;
	return object;
}

static struct json_object *text(const char *value)
{
	return value ? made(json_object_new_string(value)) : NULL;
}

static struct json_object *number(int64_t value)
{
	return made(json_object_new_int64(value));
}

static struct json_object *truth(bool value)
{
	return made(json_object_new_boolean(value));
}

static struct json_object *new_list(void)
{
	return made(json_object_new_array());
}

static struct json_object *new_map(void)
{
	return made(json_object_new_object());
}

static void append(struct json_object *to, struct json_object *value)
{
	if (!to || json_object_array_add(to, value)) {
		is_cut = true;
		(void)json_object_put(value);
	}
}

static void add(struct json_object *to, const char *key,
		struct json_object *value)
{
	if (!to || json_object_object_add(to, key, value)) {
		is_cut = true;
		(void)json_object_put(value);
	}
}

static struct json_object *list(const char *value)
{
	struct json_object *values = new_list();

	for (int len; *value; value += len + (value[len] == *XML_NEXT)) {
		len = (int)strcspn(value, XML_NEXT);
		append(values, made(json_object_new_string_len(value, len)));
	}
	return values;
}

static struct json_object *record(const struct plan *plan, size_t i)
{
	const struct plan_set *set = &plan->sets[i];
	struct json_object *to = new_map();

	add(to, "name", text(plan->instance->name));
	add(to, "type", text(plan_types[i]));
	add(to, "ttl", number(settings_number(plan->settings, SETTING_TTL)));
	add(to, "values", list(set->state == PLAN_REMOVE ? "" : set->value));
	add(to, "before", plan->wants_to_read ? list(set->before) : NULL);
	return to;
}

static bool is_told(const struct plan *plan, const struct plan_set *set)
{
	return set->state == PLAN_REMOVE || (!plan->is_removal && *set->value);
}

static struct json_object *records(void)
{
	struct json_object *all = new_list();

	for (size_t i = 0; i < report.count; i++)
		for (size_t j = 0; j < PLAN_OWNER; j++)
			if (is_told(report.plans[i], &report.plans[i]->sets[j]))
				append(all, record(report.plans[i], j));
	return all;
}

static struct json_object *error(void)
{
	const struct buf *said = &report_first_error.text;
	struct json_object *to = new_map();

	add(to, "stage", text(report_first_error.stage));
	add(to, "code", number(report.status));
	add(to, "message",
	    made(json_object_new_string_len(
		    said->data, said->len < MESSAGE_LIMIT ? (int)said->len
							  : MESSAGE_LIMIT)));
	return to;
}

static struct json_object *calls(bool has_imds)
{
	struct json_object *to = new_map();

	if (has_imds)
		add(to, "imds", number(imds_calls));
	add(to, "route53", number(aws.calls[AWS_ROUTE53]));
	add(to, "ec2", number(aws.calls[AWS_EC2]));
	add(to, "sts", number(aws.calls[AWS_STS]));
	return to;
}

/* The milliseconds of a stage that has ended, else 0. */
static int64_t spent(enum report_stage stage)
{
	return report_ms[stage] ? report_ms[stage] - report_ms[stage - 1] : 0;
}

static struct json_object *times(void)
{
	struct json_object *to = new_map();

	add(to, "imds", number(spent(STAGE_IMDS)));
	add(to, "zone", number(spent(STAGE_ZONE)));
	add(to, "change", number(spent(STAGE_CHANGE)));
	add(to, "total", number(platform_now_ms() - report_ms[STAGE_START]));
	return to;
}

static const char *written(struct json_object *object)
{
	const char *json = json_object_to_json_string_ext(
		object,
		JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (!is_cut && json)
		return json;
	is_cut = false;
	(void)errinfo_set(STATUS_SYSTEM, "out of memory");
	return NULL;
}

/* The object as a line; it is freed. */
static const char *line(struct json_object *object)
{
	static struct buf text_line;
	const char *json = written(object);

	buf_set(&text_line, "%s\n", json ? json : "");
	(void)json_object_put(object);
	return json ? text_line.data : NULL;
}

const char *json_result(void)
{
	struct json_object *root = new_map();

	if (report.status)
		add(root, "error", error());
	if (report.status && !report.count)
		return line(root);
	add(root, "changed", truth(report_changed));
	add(root, "dry_run", truth(report_dry_run));
	add(root, "zone_id", text(report_zone_id));
	add(root, "change_id",
	    text(*report_change_id ? report_change_id : NULL));
	add(root, "records", records());
	add(root, "calls", calls(true));
	add(root, "ms", times());
	return line(root);
}

/* ---- check. ---- */

static struct json_object *findings;

void json_add_finding(const char *result, const char *step, const char *what,
		      const char *fix)
{
	struct json_object *to = new_map();

	if (!findings)
		findings = new_list();
	add(to, "step", text(step));
	add(to, "result", text(result));
	add(to, "message", text(what));
	add(to, "fix", text(fix));
	append(findings, to);
}

const char *json_checked(void)
{
	static struct json_object *root; /* may be longer than struct buf */

	(void)json_object_put(root);
	root = new_map();
	if (report.status)
		add(root, "error", error());
	add(root, "checks", json_object_get(findings));
	add(root, "calls", calls(true));
	return written(root);
}

/* ---- bootname-reap. ---- */

static struct json_object *removed_set(const struct owners_holding *holding,
				       size_t kind)
{
	const char *const *set = holding->sets[kind].text;
	struct json_object *to = new_map();

	add(to, "name", text(set[SET_NAME]));
	add(to, "type", text(set[SET_TYPE]));
	add(to, "set_identifier",
	    text(*set[SET_IDENTIFIER] ? set[SET_IDENTIFIER] : NULL));
	add(to, "values", list(set[SET_VALUES]));
	add(to, "owner", text(holding->instance->id));
	add(to, "region", text(holding->instance->region));
	add(to, "state", text(holding->instance->state));
	return to;
}

static struct json_object *removed_sets(const struct owners *owners)
{
	struct json_object *all = new_list();

	for (size_t i = 0; i < owners->count; i++)
		for (size_t kind = 0; kind < PLAN_SETS; kind++)
			if (owners_is_told(&owners->holdings[i], kind))
				append(all,
				       removed_set(&owners->holdings[i], kind));
	return all;
}

static int64_t count_kept(const struct owners *owners)
{
	int64_t kept = 0;

	for (size_t i = 0; i < owners->count; i++)
		kept += owners->holdings[i].fate != OWNERS_REMOVED;
	return kept;
}

const char *json_reaped(const struct owners *owners, bool changed)
{
	static struct json_object *root; /* may be longer than struct buf */
	struct json_object *removed = removed_sets(owners);

	(void)json_object_put(root);
	root = new_map();
	if (report.status)
		add(root, "error", error());
	if (!report.status || (removed && json_object_array_length(removed))) {
		add(root, "changed", truth(changed));
		add(root, "dry_run", truth(report_dry_run));
		add(root, "zone_id", text(report_zone_id));
		add(root, "removed", json_object_get(removed));
		add(root, "kept", number(count_kept(owners)));
		add(root, "other_accounts",
		    number((int64_t)owners_count_foreign(owners)));
		add(root, "no_account",
		    number((int64_t)owners_count_accountless(owners)));
		add(root, "calls", calls(false));
	}
	(void)json_object_put(removed);
	return written(root);
}
