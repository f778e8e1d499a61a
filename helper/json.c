#include "json.h"

#include <string.h>

#include <json-c/json.h>

#include "aws.h"
#include "errinfo.h"
#include "imds.h"
#include "outcome.h"
#include "text.h"

enum { MESSAGE_LIMIT = 4000 }; /* bytes, as on standard error */

static bool is_cut; /* memory did not suffice for all of it */

static struct json_object *made(struct json_object *object)
{
	is_cut |= !object;
	return object;
}

struct json_object *json_text(const char *value)
{
	return value ? made(json_object_new_string(value)) : NULL;
}

struct json_object *json_number(int64_t value)
{
	return made(json_object_new_int64(value));
}

struct json_object *json_truth(bool value)
{
	return made(json_object_new_boolean(value));
}

struct json_object *json_list(void)
{
	return made(json_object_new_array());
}

struct json_object *json_map(void)
{
	return made(json_object_new_object());
}

void json_append(struct json_object *list, struct json_object *value)
{
	if (!list || json_object_array_add(list, value)) {
		is_cut = true;
		(void)json_object_put(value);
	}
}

void json_add(struct json_object *map, const char *key,
	      struct json_object *value)
{
	if (!map || json_object_object_add(map, key, value)) {
		is_cut = true;
		(void)json_object_put(value);
	}
}

struct json_object *json_values(const char *values)
{
	struct json_object *list = json_list();

	for (int len; *values;
	     values += len + (values[len] == *TEXT_SEPARATOR)) {
		len = (int)strcspn(values, TEXT_SEPARATOR);
		json_append(list,
			    made(json_object_new_string_len(values, len)));
	}
	return list;
}

size_t json_length(struct json_object *list)
{
	return list ? json_object_array_length(list) : 0;
}

struct json_object *json_share(struct json_object *object)
{
	return json_object_get(object);
}

void json_free(struct json_object *object)
{
	(void)json_object_put(object);
}

const char *json_written(struct json_object *object)
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

const char *json_line(struct json_object *object)
{
	static struct buf text_line;
	const char *json = json_written(object);

	buf_set(&text_line, "%s\n", json ? json : "");
	(void)json_object_put(object);
	return json ? text_line.data : NULL;
}

/* ---- What all results have. ---- */

struct json_object *json_error(void)
{
	const struct buf *said = &outcome.first_error.text;
	struct json_object *to = json_map();

	json_add(to, "stage", json_text(outcome.first_error.stage));
	json_add(to, "code", json_number(outcome.status));
	json_add(to, "message",
		 made(json_object_new_string_len(said->data,
						 said->len < MESSAGE_LIMIT
							 ? (int)said->len
							 : MESSAGE_LIMIT)));
	return to;
}

struct json_object *json_calls(bool has_imds)
{
	struct json_object *to = json_map();

	if (has_imds)
		json_add(to, "imds", json_number(imds_calls));
	json_add(to, "route53", json_number(aws.calls[AWS_ROUTE53]));
	json_add(to, "ec2", json_number(aws.calls[AWS_EC2]));
	json_add(to, "sts", json_number(aws.calls[AWS_STS]));
	return to;
}
