#include "yaml.h"

#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "build.h"
#include "errinfo.h"
#include "platform.h"
#include "text.h"

enum {
	DEPTH_LIMIT = 32,
	FOLLOW_LIMIT = 8,		   /* aliases in one another */
	FOLLOWED_LIMIT = 16 * 1024 * 1024, /* bytes, to find their nodes */
};

/* The document being read; there is one at a time. */
static yaml_parser_t parser;
static yaml_event_t event; /* the current one */
static const char *source; /* names the document in errors */
static const char *input;  /* the document */
static size_t input_size;
static unsigned follow_depth;
static size_t followed;

struct place yaml_place(void)
{
	return (struct place){event.start_mark.line + 1,
			      event.start_mark.column + 1};
}

int yaml_fault_at(struct place place, const char *key, const char *text)
{
	return errinfo_set(STATUS_SETTINGS, "%s:%zu:%zu: %s%s%s", source,
			   place.line, place.column, key,
			   *key ? ": wants " : "", text);
}

int yaml_fault(const char *key, const char *text)
{
	return yaml_fault_at(yaml_place(), key, text);
}

bool yaml_is_scalar(void)
{
	return event.type == YAML_SCALAR_EVENT;
}

bool yaml_is_map(void)
{
	return event.type == YAML_MAPPING_START_EVENT;
}

bool yaml_is_list(void)
{
	return event.type == YAML_SEQUENCE_START_EVENT;
}

bool yaml_is_end(void)
{
	return event.type == YAML_MAPPING_END_EVENT ||
	       event.type == YAML_SEQUENCE_END_EVENT;
}

bool yaml_is_none(void)
{
	return event.type == YAML_STREAM_END_EVENT;
}

bool yaml_is_tagged(void)
{
	const char *tag =
		yaml_is_scalar() ? (const char *)event.data.scalar.tag : NULL;

	return tag && strcmp(tag, "!") && strcmp(tag, YAML_STR_TAG);
}

bool yaml_is_plain(void)
{
	return yaml_is_scalar() &&
	       event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

const char *yaml_text(void)
{
	return yaml_is_scalar() ? (const char *)event.data.scalar.value : "";
}

/* Of a byte that is no text libyaml tells the offset only. */
static yaml_mark_t problem_mark(void)
{
	yaml_mark_t mark = parser.problem_mark;

	if (!build_is_whole || parser.error != YAML_READER_ERROR)
		return mark;
	mark.line = mark.column = 0;
	for (size_t i = 0; i < parser.problem_offset; i++) {
		mark.column = input[i] == '\n' ? 0 : mark.column + 1;
		mark.line += input[i] == '\n';
	}
	return mark;
}

int yaml_next(void)
{
	yaml_event_delete(&event);
	if (!yaml_parser_parse(&parser, &event)) {
		event.start_mark = problem_mark();
		return yaml_fault("", parser.problem ? parser.problem
						     : "out of memory");
	}
	return yaml_is_scalar() &&
			       strlen(yaml_text()) != event.data.scalar.length
		       ? yaml_fault("", "a NUL byte")
		       : 0;
}

int yaml_skip(void)
{
	int depth = 0;

	for (;;) {
		depth += yaml_is_map() || yaml_is_list();
		depth -= yaml_is_end();
		if (!depth)
			return 0;
		if (depth > DEPTH_LIMIT)
			return yaml_fault("", "nested too deep");
		if (yaml_next())
			return -1;
	}
}

int yaml_read_map(yaml_handler on_key, void *context)
{
	for (;;) {
		if (yaml_next())
			return -1;
		if (yaml_is_end())
			return 0;
		if (!yaml_is_scalar())
			return yaml_fault("", "a key must be a word");
		if (on_key(context))
			return -1;
	}
}

void yaml_wipe_members(struct yaml_members *members)
{
	for (size_t i = 0; i < YAML_MEMBERS; i++) {
		char **text = &members->text[i];

		if (*text)
			platform_wipe(*text, strlen(*text));
		free(*text);
		*text = NULL;
	}
}

/* The members that are looked for. */
struct search {
	const char *names;
	struct yaml_members *members;
};

static int on_member(void *context)
{
	const struct search *search = context;
	unsigned place = text_place(yaml_text(), search->names);

	if (yaml_next())
		return -1;
	if (place < YAML_MEMBERS && yaml_is_scalar()) {
		/* Taken over, and one of the same name left in its place: a
		 * copy could fail, and would have to be wiped. */
		char **member = &search->members->text[place];
		char *former = *member;

		*member = (char *)event.data.scalar.value;
		event.data.scalar.value = (yaml_char_t *)former;
	}
	return yaml_skip();
}

int yaml_read_members(const char *names, struct yaml_members *members)
{
	struct search search = {names, members};

	*members = (struct yaml_members){.text = {NULL}};
	return yaml_is_map() ? yaml_read_map(on_member, &search) : yaml_skip();
}

/* Begin at the beginning of the input. */
static int start(void)
{
	memset(&event, 0, sizeof(event));
	if (!yaml_parser_initialize(&parser))
		return errinfo_set(STATUS_SYSTEM, "out of memory");
	yaml_parser_set_input_string(&parser, (const unsigned char *)input,
				     input_size);
	return 0;
}

/* What the current node is known by; NULL: it has no anchor. */
static const yaml_char_t *anchor(void)
{
	if (yaml_is_scalar())
		return event.data.scalar.anchor;
	if (yaml_is_map())
		return event.data.mapping_start.anchor;
	return yaml_is_list() ? event.data.sequence_start.anchor : NULL;
}

/* Go on to the node of an alias.  Returns 1 where there is none before it. */
static int go_to_anchor(const yaml_event_t *alias)
{
	do {
		if (yaml_next())
			return -1;
		if (event.start_mark.index >= alias->start_mark.index)
			return 1;
	} while (!anchor() || strcmp((const char *)anchor(),
				     (const char *)alias->data.alias.anchor));
	return 0;
}

static void finish(void)
{
	yaml_event_delete(&event);
	yaml_parser_delete(&parser);
}

/* PyYAML, too, refuses an anchor that is given twice. */
static int read_anchored(const yaml_event_t *alias, yaml_handler on_node,
			 void *context)
{
	unsigned count = 0;
	int rc = start();

	while (!rc && !(rc = go_to_anchor(alias)))
		count++;
	event.start_mark = alias->start_mark;
	if (rc > 0 && count != 1)
		return yaml_fault("", count ? "the alias of two anchors"
					    : "the alias of no anchor");
	finish();
	return rc < 0 || start() || go_to_anchor(alias) || on_node(context) ? -1
									    : 0;
}

int yaml_follow(yaml_handler on_node, void *context)
{
	yaml_parser_t parser_here = parser;
	yaml_event_t event_here = event;
	int rc;

	if (!build_is_whole || event.type != YAML_ALIAS_EVENT)
		return on_node(context);
	followed += 2 * input_size;
	if (follow_depth == FOLLOW_LIMIT || followed > FOLLOWED_LIMIT)
		return yaml_fault("", "too many aliases");
	follow_depth++;
	rc = read_anchored(&event_here, on_node, context);
	follow_depth--;
	finish();
	parser = parser_here;
	event = event_here;
	return rc;
}

int yaml_read(const char *name, const char *data, size_t size,
	      yaml_handler on_root, void *context)
{
	int rc;

	source = name;
	input = data;
	input_size = size;
	follow_depth = 0;
	followed = 0;
	if (start())
		return -1;
	do
		rc = yaml_next();
	while (!rc && (event.type == YAML_STREAM_START_EVENT ||
		       event.type == YAML_DOCUMENT_START_EVENT));
	rc = rc || on_root(context);
	while (!rc && event.type != YAML_STREAM_END_EVENT) {
		rc = yaml_next();
		if (!rc && event.type == YAML_DOCUMENT_START_EVENT)
			rc = yaml_fault("", "a second document");
	}
	finish();
	return rc ? -1 : 0;
}
