#include "json.h"

#include <stdint.h>
#include <string.h>

#include <json-c/json.h>

#include "aws.h"
#include "errinfo.h"
#include "imds.h"
#include "instance.h"
#include "owners.h"
#include "plan.h"
#include "platform.h"
#include "report.h"
#include "settings.h"
#include "xml.h"

enum { MESSAGE_LIMIT = 4000 }; /* bytes, as on standard error */

static struct json_object *text(const char *value)
{
	return value ? json_object_new_string(value) : NULL;
}

static struct json_object *list(const char *value)
{
	struct json_object *values = json_object_new_array();

	for (int len; *value; value += len + (value[len] == *XML_NEXT)) {
		len = (int)strcspn(value, XML_NEXT);
		(void)json_object_array_add(
			values, json_object_new_string_len(value, len));
	}
	return values;
}

static void add(struct json_object *to, const char *key,
		struct json_object *value)
{
	(void)json_object_object_add(to, key, value);
}

static void add_number(struct json_object *to, const char *key, int64_t value)
{
	add(to, key, json_object_new_int64(value));
}

static struct json_object *record(const struct plan *plan, size_t i)
{
	const struct plan_set *set = &plan->sets[i];
	struct json_object *to = json_object_new_object();

	add(to, "name", text(plan->instance->name));
	add(to, "type", text(plan_types[i]));
	add(to, "ttl", json_tokener_parse(plan->settings->value[SETTING_TTL]));
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
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < report.count; i++)
		for (size_t j = 0; j < PLAN_OWNER; j++)
			if (is_told(report.plans[i], &report.plans[i]->sets[j]))
				(void)json_object_array_add(
					all, record(report.plans[i], j));
	return all;
}

static struct json_object *error(void)
{
	const struct buf *said = &report_first_error.text;
	struct json_object *to = json_object_new_object();

	add(to, "stage", text(report_first_error.stage));
	add_number(to, "code", report.status);
	add(to, "message",
	    json_object_new_string_len(said->data, said->len < MESSAGE_LIMIT
							   ? (int)said->len
							   : MESSAGE_LIMIT));
	return to;
}

static struct json_object *calls(void)
{
	struct json_object *to = json_object_new_object();

	add_number(to, "imds", imds_calls);
	add_number(to, "route53", aws.calls[AWS_ROUTE53]);
	add_number(to, "ec2", aws.calls[AWS_EC2]);
	add_number(to, "sts", aws.calls[AWS_STS]);
	return to;
}

/* The milliseconds of a stage that has ended, else 0. */
static int64_t spent(enum report_stage stage)
{
	return report_ms[stage] ? report_ms[stage] - report_ms[stage - 1] : 0;
}

static struct json_object *times(void)
{
	struct json_object *to = json_object_new_object();

	add_number(to, "imds", spent(STAGE_IMDS));
	add_number(to, "zone", spent(STAGE_ZONE));
	add_number(to, "change", spent(STAGE_CHANGE));
	add_number(to, "total", platform_now_ms() - report_ms[STAGE_START]);
	return to;
}

/* The object as a line; it is freed. */
static const char *line(struct json_object *object)
{
	static struct buf text_line;

	buf_set(&text_line, "%s\n",
		json_object_to_json_string_ext(
			object, JSON_C_TO_STRING_PLAIN |
					JSON_C_TO_STRING_NOSLASHESCAPE));
	(void)json_object_put(object);
	return text_line.data;
}

const char *json_result(void)
{
	struct json_object *root = json_object_new_object();

	if (report.status)
		add(root, "error", error());
	if (report.status && !report.count)
		return line(root);
	add(root, "changed", json_object_new_boolean(report_changed));
	add(root, "dry_run", json_object_new_boolean(report_dry_run));
	add(root, "zone_id", text(report_zone_id));
	add(root, "change_id",
	    text(*report_change_id ? report_change_id : NULL));
	add(root, "records", records());
	add(root, "calls", calls());
	add(root, "ms", times());
	return line(root);
}

/* ---- bootname-reap. ---- */

static struct json_object *removed_set(const struct owners_holding *holding,
				       size_t kind)
{
	const char *const *set = holding->sets[kind].text;
	struct json_object *to = json_object_new_object();

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
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; i < owners->count; i++)
		for (size_t kind = 0; kind < PLAN_SETS; kind++)
			if (owners_is_told(&owners->holdings[i], kind))
				(void)json_object_array_add(
					all, removed_set(&owners->holdings[i],
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

const char *json_reaped(const struct owners *owners, bool changed)
{
	static struct json_object *root; /* may be longer than struct buf */
	struct json_object *removed = removed_sets(owners);
	struct json_object *sent = calls();

	(void)json_object_put(root);
	root = json_object_new_object();
	if (report.status)
		add(root, "error", error());
	if (!report.status || json_object_array_length(removed)) {
		json_object_object_del(sent, "imds");
		add(root, "changed", json_object_new_boolean(changed));
		add(root, "dry_run", json_object_new_boolean(report_dry_run));
		add(root, "zone_id", text(report_zone_id));
		add(root, "removed", json_object_get(removed));
		add_number(root, "kept", count_kept(owners));
		add(root, "calls", json_object_get(sent));
	}
	(void)json_object_put(removed);
	(void)json_object_put(sent);
	return json_object_to_json_string_ext(
		root, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}
