#include "json.h"

#include <stdint.h>

#include <json-c/json.h>

#include "aws.h"
#include "errinfo.h"
#include "imds.h"
#include "plan.h"
#include "platform.h"
#include "report.h"

enum { MESSAGE_LIMIT = 4000 }; /* bytes, as on standard error */

static struct json_object *text(const char *value)
{
	return value ? json_object_new_string(value) : NULL;
}

static struct json_object *list(const char *value)
{
	struct json_object *values = json_object_new_array();

	if (*value)
		(void)json_object_array_add(values, text(value));
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

static struct json_object *record(const struct plan *plan,
				  const struct plan_record *from)
{
	struct json_object *to = json_object_new_object();

	add(to, "name", text(plan->name));
	add(to, "type", text(from->type));
	add(to, "ttl", json_tokener_parse(plan->ttl));
	add(to, "values", list(from->value));
	add(to, "before", report.has_read ? list(from->before) : NULL);
	return to;
}

static struct json_object *records(const struct plan *plan)
{
	struct json_object *all = json_object_new_array();

	for (size_t i = 0; plan && i < plan->count; i++)
		(void)json_object_array_add(all,
					    record(plan, &plan->records[i]));
	return all;
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
	return report.ms[stage] ? report.ms[stage] - report.ms[stage - 1] : 0;
}

static struct json_object *times(void)
{
	struct json_object *to = json_object_new_object();

	add_number(to, "imds", spent(STAGE_IMDS));
	add_number(to, "zone", spent(STAGE_ZONE));
	add_number(to, "change", spent(STAGE_CHANGE));
	add_number(to, "total", platform_now_ms() - report.ms[STAGE_START]);
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

	add(root, "changed", json_object_new_boolean(report.changed));
	add(root, "dry_run", json_object_new_boolean(report_dry_run));
	add(root, "zone_id", text(report.zone_id));
	add(root, "change_id", text(report.change_id));
	add(root, "records", records(report.plan));
	add(root, "calls", calls());
	add(root, "ms", times());
	return line(root);
}

const char *json_error(int status)
{
	struct json_object *error = json_object_new_object();
	struct json_object *root = json_object_new_object();

	add(error, "stage", text(errinfo.stage));
	add_number(error, "code", status);
	add(error, "message",
	    json_object_new_string_len(errinfo.text.data,
				       errinfo.text.len < MESSAGE_LIMIT
					       ? (int)errinfo.text.len
					       : MESSAGE_LIMIT));
	add(root, "error", error);
	return line(root);
}
