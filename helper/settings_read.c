#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "build.h"
#include "dnsname.h"
#include "errinfo.h"
#include "file.h"
#include "platform.h"
#include "settings_keys.h"
#include "text.h"
#include "yaml.h"

enum {
	NEAR_MISS = 2,		  /* edits between a key and what was meant */
	EXTERNAL_ID_LIMIT = 1224, /* characters; STS's */
};

/* What YAML 1.1 takes for something else than a text. */
#define NO_TEXT                                                                \
	"^(~|[Nn]ull|[Tt]rue|[Ff]alse|[Yy]es|[Nn]o|[Oo]n|[Oo]ff"               \
	"|[-+]?([0-9]+[.]?|[0-9]*[.][0-9]+)(e[-+]?[0-9]+)?|0x[0-9a-f]+)?$"

/* The reading of one map. */
struct reading {
	struct settings *into;
	const char *origin; /* what is being read */
	unsigned long seen; /* bits, by enum setting */
};

_Static_assert(SETTINGS <= 32, "a bit of seen is there for each setting");

static enum setting setting_of(const struct settings_key *key)
{
	return (enum setting)(key - settings_keys);
}

/* The current node is not what the key takes. */
static int value_fault(const struct settings_key *key, const char *more)
{
	(void)yaml_fault(key->name, key->pattern);
	if (build_is_whole && key->most > 1)
		(void)errinfo_add(", at most %u", key->most);
	return errinfo_add("%s", more);
}

/* Keep a value that is what the key takes. */
static int keep(const struct reading *reading, const struct settings_key *key,
		const char *value)
{
	struct settings *into = reading->into;
	enum setting setting = setting_of(key);

	into->value[setting] = settings_texts.data + settings_texts.len;
	if (build_is_whole)
		into->origin[setting] = reading->origin;
	buf_add(&settings_texts, value, strlen(value) + 1);
	return buf_is_cut(&settings_texts)
		       ? value_fault(key, "; that is too much")
		       : 0;
}

/* Take the current scalar, if it is what the key takes. */
static int take_scalar(const struct reading *reading,
		       const struct settings_key *key)
{
	static struct buf whole;
	const char *text = yaml_text();
	static char zone[DNSNAME_SIZE];

	buf_set(&whole, "^(%s)$", key->pattern);
	if (!yaml_is_scalar() || strlen(text) > SETTING_LIMIT ||
	    !text_matches(text, whole.data) ||
	    (build_is_whole && key->most > 1 &&
	     strtol(text, NULL, 10) > key->most))
		return value_fault(key, "");
	if (build_is_whole &&
	    (yaml_is_plain() ? !key->most && text_matches(text, NO_TEXT)
			     : key->most))
		return value_fault(key, "; mind the quotes");
	/* No pattern: some libc's repeat nothing more than 255 times. */
	if (build_is_whole && key == &settings_keys[SETTING_EXTERNAL_ID] &&
	    strlen(text) > EXTERNAL_ID_LIMIT)
		return value_fault(key, ", at most 1224 of them");
	if (build_is(BUILD_SERVICE) &&
	    settings_lack(setting_of(key), text, BUILD_SERVICE))
		return settings_fault_lacking(setting_of(key));
	if (key != &settings_keys[SETTING_ZONE])
		return keep(reading, key, text);
	return dnsname_fold(zone, text) ? keep(reading, key, zone)
					: value_fault(key, "");
}

/* A list, as its items with blanks around each. */
static int take_list(const struct reading *reading,
		     const struct settings_key *key)
{
	static struct buf items;

	buf_set(&items, " ");
	while (yaml_is_list() || yaml_is_scalar()) {
		if (yaml_next())
			return -1;
		if (yaml_is_end())
			break;
		/* With one it would be two. */
		if (build_is_whole && strchr(yaml_text(), ' '))
			return value_fault(key, "");
		buf_addf(&items, "%s ", yaml_text());
	}
	return text_matches(items.data, key->pattern)
		       ? keep(reading, key, items.data)
		       : value_fault(key, "");
}

static int on_setting(void *context);

/* The list replaces what an earlier document has. */
static int take_records(struct reading *reading, const struct settings_key *key)
{
	struct settings *top = reading->into;
	struct settings *last = top;
	int rc;

	memset(settings_records, 0, sizeof(settings_records));
	top->next = NULL;
	for (size_t i = 0; !(rc = yaml_next()) && yaml_is_map(); i++) {
		struct reading record = {.origin = reading->origin};

		if (i == SETTINGS_RECORDS)
			return value_fault(key, ", not so many");
		last = record.into = last->next = &settings_records[i];
		last->is_record = true;
		last->found = true;
		if (yaml_read_map(on_setting, &record))
			return -1;
	}
	return rc || (yaml_is_end() && top->next)
		       ? rc
		       : value_fault(key, ", at least one");
}

static int take_value(struct reading *reading, const struct settings_key *key)
{
	enum setting setting = setting_of(key);

	/* These are of the whole run. */
	if (settings_has(SETTING_RECORDS) && reading->into->is_record &&
	    setting >= SETTING_TIMEOUT)
		return yaml_fault(key->name, "to stand at the top");
	if (setting == SETTING_RECORDS)
		return settings_has(SETTING_RECORDS) && yaml_is_list()
			       ? take_records(reading, key)
			       : value_fault(key, "");
	return settings_has(SETTING_TYPES) && yaml_is_list() &&
			       setting == SETTING_TYPES
		       ? take_list(reading, key)
		       : take_scalar(reading, key);
}

/* Levenshtein's distance between a word and a key. */
static size_t distance(const char *word, const char *name)
{
	size_t row[sizeof(settings_keys->name)];
	size_t len = strlen(name);

	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	for (size_t i = 1; word[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= len; j++) {
			size_t best = diagonal + (word[i - 1] != name[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[len];
}

/* How far the current key is from a name; without a user only the same is near.
 */
static size_t edits_to(const char *name)
{
	if (build_is_whole)
		return distance(yaml_text(), name);
	return strcmp(yaml_text(), name) ? NEAR_MISS + 1 : 0;
}

/* No key has the current name; the nearest one may have been meant. */
static int unknown_key(const char *nearest, size_t edits)
{
	(void)yaml_fault("", "unknown key");
	(void)errinfo_add(" \"%.80s\"", yaml_text());
	return !build_is_whole || edits > NEAR_MISS
		       ? -1
		       : errinfo_add("; did you mean \"%s\"?", nearest);
}

static int on_setting(void *context)
{
	struct reading *reading = context;
	const struct settings_key *key = settings_keys;
	size_t least = NEAR_MISS + 1;
	unsigned long bit;

	for (size_t i = 0; i < SETTINGS; i++) {
		size_t edits = edits_to(settings_keys[i].name);

		if (edits < least) {
			least = edits;
			key = &settings_keys[i];
		}
	}
	if (least)
		return unknown_key(key->name, least);
	if (!settings_has(setting_of(key)))
		return settings_fault_lacking(setting_of(key));
	bit = 1UL << setting_of(key);
	if (reading->seen & bit)
		return yaml_fault(key->name, "to stand here once");
	reading->seen |= bit;
	return yaml_next() || take_value(reading, key) ? -1 : 0;
}

static int on_map(void *context)
{
	struct reading *reading = context;

	reading->into->found = true;
	return yaml_is_map()
		       ? yaml_read_map(on_setting, reading)
		       : yaml_fault("", "wants lines of \"key: value\", or {}");
}

/* What is empty holds no settings; what is null is somebody's mistake. */
static int on_document(void *context)
{
	bool is_empty = !yaml_is_map() && !yaml_is_list() && !*yaml_text();

	if (build_is_whole && yaml_is_scalar() && !yaml_is_plain())
		is_empty = false;
	return is_empty ? 0 : on_map(context);
}

int settings_read_text(struct settings *settings, const char *name,
		       const char *from, const char *text, size_t size)
{
	struct reading reading = {.into = settings, .origin = from};

	return yaml_read(name, text, size, on_document, &reading);
}

int settings_read_node(struct settings *settings, const char *from)
{
	struct reading reading = {.into = settings, .origin = from};

	return on_map(&reading);
}

int settings_read_file(struct settings *settings, const char *name)
{
	return file_read(name) || settings_read_text(settings, name, name,
						     file.text, file.size)
		       ? -1
		       : 0;
}
