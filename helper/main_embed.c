#include "main_embed.h"

#include <string.h>

#include "errinfo.h"
#include "options.h"
#include "outcome.h"
#include "print.h"
#include "settings.h"

/* In pieces: what they make together may be longer than a buffer. */
static struct buf piece;

static int print_piece(void)
{
	return buf_is_cut(&piece)
		       ? errinfo_set(STATUS_DATA, "the settings are too long")
		       : print_text(piece.data);
}

/* Append one character as YAML escapes it, which is UTF-8 here and well-formed,
 * since libyaml has read it.  Returns what is behind it. */
static const char *add_escaped(const char *text)
{
	unsigned char first = (unsigned char)*text++;
	unsigned code = first;
	unsigned more = 0;

	if (first >= 0xc0)
		more = 1;
	if (first >= 0xe0)
		more = 2;
	if (first >= 0xf0)
		more = 3;
	if (more)
		code = first & (0x3fu >> more);
	while (more-- && *text)
		code = code << 6 | ((unsigned char)*text++ & 0x3f);
	buf_addf(&piece, "\\U%08x", code);
	return text;
}

/* A text, quoted so that it is one for every reader of YAML. */
static void add_text(const char *text)
{
	buf_addf(&piece, "\"");
	while (*text)
		if (*text >= ' ' && *text <= '~' && !strchr("\"\\", *text))
			buf_add(&piece, text++, 1);
		else
			text = add_escaped(text);
	buf_addf(&piece, "\"");
}

/* " A AAAA ", as the settings keep a list. */
static void add_list(const char *items)
{
	const char *separator = "";

	buf_addf(&piece, "[");
	for (items++; *items; items += strcspn(items, " ") + 1) {
		buf_addf(&piece, "%s%.*s", separator, (int)strcspn(items, " "),
			 items);
		separator = ", ";
	}
	buf_addf(&piece, "]");
}

static void add_value(enum setting setting, const char *value)
{
	if (setting == SETTING_TYPES)
		add_list(value);
	else if (settings_is_text(setting))
		add_text(value);
	else
		buf_addf(&piece, "%s", value);
}

/* Print a line for each setting that a map gives; "{}" if it gives none.
 * has_records: their list follows.
 * first: what the first line begins with, and the others with as many blanks.
 */
static int print_map(const struct settings *settings, const char *first,
		     bool has_records)
{
	int indent = (int)strlen(first);
	bool is_empty = true;

	for (size_t i = 0; i < SETTINGS; i++) {
		enum setting setting = (enum setting)i;

		if (!settings_is_given(settings, setting))
			continue;
		buf_set(&piece, "%*s%s: ", indent, is_empty ? first : "",
			settings_key(setting));
		add_value(setting, settings->value[i]);
		buf_addf(&piece, "\n");
		if (print_piece())
			return -1;
		is_empty = false;
	}
	buf_set(&piece, is_empty && !has_records ? "%s{}\n" : "%.0s", first);
	return print_piece();
}

/* Whether the program has what a map gives. */
static int check_map(const struct settings *settings, enum build program)
{
	for (size_t i = 0; i < SETTINGS; i++)
		if (settings_is_given(settings, (enum setting)i) &&
		    settings_lack((enum setting)i, settings->value[i], program))
			return settings_fault_lacking((enum setting)i);
	return 0;
}

int embed_print(const char *settings_file, enum build program)
{
	static struct settings settings;
	const struct settings *top = &settings;

	errinfo.stage = "settings";
	settings_init(&settings);
	if (settings_read_file(&settings, settings_file))
		return -1;
	if (top->next && (settings_lacking[SETTING_RECORDS] & program))
		return settings_fault_lacking(SETTING_RECORDS);
	for (const struct settings *next = top; next; next = next->next)
		if (check_map(next, program))
			return -1;
	if (print_map(top, "", top->next) ||
	    (top->next && print_text("records:\n")))
		return -1;
	for (const struct settings *next = top->next; next; next = next->next)
		if (print_map(next, "  - ", false))
			return -1;
	return 0;
}
