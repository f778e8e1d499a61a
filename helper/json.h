/*
 * JSON values, as results are made of: a thin layer over json-c.
 *
 * Memory that does not suffice is remembered: make all of an object, then ask
 * for its text once.
 */
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_object;

/* New values.  A text may be NULL, and so the value is null. */
struct json_object *json_text(const char *value);
struct json_object *json_number(int64_t value);
struct json_object *json_truth(bool value);
struct json_object *json_list(void);
struct json_object *json_map(void);

/* A list of the values of a record set, with XML_NEXT between them. */
struct json_object *json_values(const char *values);

/* Put a value at the end of a list, or into a map; it belongs to that then. */
void json_append(struct json_object *list, struct json_object *value);
void json_add(struct json_object *map, const char *key,
	      struct json_object *value);

/* How many values a list has. */
size_t json_length(struct json_object *list);

/* The text of an object, which lives as long as the object; NULL, with
 * STATUS_SYSTEM in errinfo, if memory did not suffice. */
const char *json_written(struct json_object *object);

/* The text likewise, as a line; frees the object.  It lives until the next one.
 */
const char *json_line(struct json_object *object);

/* One more owner of an object, and one less: the last one frees it. */
struct json_object *json_share(struct json_object *object);
void json_free(struct json_object *object);

/* ---- What all results have. ---- */

/* The first failure. */
struct json_object *json_error(void);

/* How many requests were sent.  has_imds: to the metadata too. */
struct json_object *json_calls(bool has_imds);

#endif
