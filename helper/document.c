#include "document.h"

#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "errinfo.h"
#include "pattern.h"
#include "platform.h"

enum { DEPTH_LIMIT = 32 };

static yaml_parser_t parser;
static yaml_event_t event; /* the current one */
static const char *source; /* names the document in errors */
static const char *input;  /* the document */

int document_fault(const char *key, const char *text)
{
	return errinfo_set(STATUS_SETTINGS, "%s:%zu:%zu: %s%s%s", source,
			   event.start_mark.line + 1,
			   event.start_mark.column + 1, key,
			   *key ? ": wants " : "", text);
}

bool document_is_scalar(void)
{
	return event.type == YAML_SCALAR_EVENT;
}

bool document_is_map(void)
{
	return event.type == YAML_MAPPING_START_EVENT;
}

bool document_is_list(void)
{
	return event.type == YAML_SEQUENCE_START_EVENT;
}

bool document_is_end(void)
{
	return event.type == YAML_MAPPING_END_EVENT ||
	       event.type == YAML_SEQUENCE_END_EVENT;
}

bool document_is_plain(void)
{
	return document_is_scalar() &&
	       event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

const char *document_text(void)
{
	return document_is_scalar() ? (const char *)event.data.scalar.value
				    : "";
}

/* Of a byte that is no text libyaml tells the offset only. */
static yaml_mark_t problem_mark(void)
{
	yaml_mark_t mark = parser.problem_mark;

	if (!platform_has_user || parser.error != YAML_READER_ERROR)
		return mark;
	mark.line = mark.column = 0;
	for (size_t i = 0; i < parser.problem_offset; i++) {
		mark.column = input[i] == '\n' ? 0 : mark.column + 1;
		mark.line += input[i] == '\n';
	}
	return mark;
}

int document_next(void)
{
	yaml_event_delete(&event);
	if (!yaml_parser_parse(&parser, &event)) {
		event.start_mark = problem_mark();
		return document_fault("", parser.problem ? parser.problem
							 : "out of memory");
	}
	return document_is_scalar() && strlen(document_text()) !=
					       event.data.scalar.length
		       ? document_fault("", "a NUL byte")
		       : 0;
}

int document_skip(void)
{
	int depth = 0;

	for (;;) {
		depth += document_is_map() || document_is_list();
		depth -= document_is_end();
		if (!depth)
			return 0;
		if (depth > DEPTH_LIMIT)
			return document_fault("", "nested too deep");
		if (document_next())
			return -1;
	}
}

int document_read_map(int (*on_key)(void))
{
	for (;;) {
		if (document_next())
			return -1;
		if (document_is_end())
			return 0;
		if (!document_is_scalar())
			return document_fault("", "a key must be a word");
		if (on_key())
			return -1;
	}
}

enum { MEMBERS = sizeof(document_members) / sizeof(*document_members) };

char *document_members[MEMBERS];
static const char *member_names;

void document_wipe_members(void)
{
	for (size_t i = 0; i < MEMBERS; i++) {
		if (document_members[i])
			platform_wipe(document_members[i],
				      strlen(document_members[i]));
		free(document_members[i]);
		document_members[i] = NULL;
	}
}

static int on_member(void)
{
	unsigned place = pattern_place(document_text(), member_names);

	if (document_next())
		return -1;
	if (place < MEMBERS && document_is_scalar()) {
		/* Taken over, and one of the same name left in its place: a
		 * copy could fail, and would have to be wiped. */
		char *member = document_members[place];

		document_members[place] = (char *)event.data.scalar.value;
		event.data.scalar.value = (yaml_char_t *)member;
	}
	return document_skip();
}

int document_read_members(const char *names)
{
	document_wipe_members();
	member_names = names;
	return document_is_map() ? document_read_map(on_member)
				 : document_skip();
}

int document_read(const char *name, const char *data, size_t size,
		  int (*on_root)(void))
{
	int rc;

	source = name;
	input = data;
	memset(&event, 0, sizeof(event));
	if (!yaml_parser_initialize(&parser))
		return errinfo_set(STATUS_SYSTEM, "out of memory");
	yaml_parser_set_input_string(&parser, (const unsigned char *)data,
				     size);
	do
		rc = document_next();
	while (!rc && (event.type == YAML_STREAM_START_EVENT ||
		       event.type == YAML_DOCUMENT_START_EVENT));
	rc = rc || on_root();
	while (!rc && event.type != YAML_STREAM_END_EVENT) {
		rc = document_next();
		if (!rc && event.type == YAML_DOCUMENT_START_EVENT)
			rc = document_fault("", "a second document");
	}
	yaml_event_delete(&event);
	yaml_parser_delete(&parser);
	return rc ? -1 : 0;
}
