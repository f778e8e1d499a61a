#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "build.h"
#include "dnsname.h"
#include "errinfo.h"
#include "file.h"
#include "platform.h"
#include "text.h"
#include "yaml.h"

enum {
	NEAR_MISS = 2,		  /* edits between a key and what was meant */
	EXTERNAL_ID_LIMIT = 1224, /* characters; STS's */
};

/* ---- Keys: what each one takes. ---- */

#define BOOLEAN "[Tt]rue|[Ff]alse|[Yy]es|[Nn]o|[Oo]n|[Oo]ff"
/* What YAML 1.1 takes for something else than a text. */
#define NO_TEXT                                                                \
	"^(~|[Nn]ull|" BOOLEAN                                                 \
	"|[-+]?([0-9]+[.]?|[0-9]*[.][0-9]+)(e[-+]?[0-9]+)?|0x[0-9a-f]+)?$"

/* The pattern is of the whole value; errors show it. */
static const struct key {
	char name[16];
	char preset[10];
	char pattern[76];
	unsigned most; /* of a number; 1: a truth value; 0: a text */
} keys[] = {
	[SETTING_NAME] =
		{"name", "",
		 "([A-Za-z0-9_*.-]|[{](instance-id|region|az|az-id|local-ipv4|"
		 "tag:[^{}]+)[}])+",
		 0},
	[SETTING_ZONE] = {"zone", "", "[A-Za-z0-9_.-]+", 0},
	[SETTING_ZONE_ID] = {"zone_id", "", "(/hostedzone/)?[A-Z0-9]{1,32}", 0},
	[SETTING_VISIBILITY] = {"visibility", "", "public|private", 0},
	[SETTING_TTL] = {"ttl", "60", "0|[1-9][0-9]{0,9}", 2147483647},
	[SETTING_ACTION] = {"action", "UPSERT", "UPSERT|CREATE", 0},
	[SETTING_ADDRESS] = {"address", "public", "public|private", 0},
	[SETTING_TYPES] = {"types", "", "^ (A|AAAA|A AAAA|AAAA A) $", 0},
	[SETTING_OWNER_RECORD] = {"owner_record", "", BOOLEAN, 1},
	[SETTING_TAKE_OVER] = {"take_over", "never", "never|stopped|gone", 0},
	[SETTING_ROUTING] = {"routing", "simple", "simple|multivalue|weighted",
			     0},
	[SETTING_WEIGHT] = {"weight", "1", "0|[1-9][0-9]{0,2}", 255},
	[SETTING_SET_IDENTIFIER] = {"set_identifier", "", "[ -~]{1,128}", 0},
	[SETTING_HEALTH_CHECK_ID] = {"health_check_id", "",
				     "[A-Za-z0-9-]{1,64}", 0},
	[SETTING_ROLE_ARN] = {"role_arn", "", "arn:[!-~]+", 0},
	[SETTING_EXTERNAL_ID] = {"external_id", "", "[A-Za-z0-9_+=,.@:/-]{2,}",
				 0},
	[SETTING_GRACE] = {"grace", "0", "0|[1-9][0-9]{0,4}", 86400},
	[SETTING_WAIT] = {"wait", "", BOOLEAN, 1},
	[SETTING_TIMEOUT] = {"timeout", "300", "[1-9][0-9]{0,4}", 86400},
	[SETTING_PROXY] = {"proxy", "", "https?://[!-~]+", 0},
	[SETTING_RECORDS] = {"records", "", "a list of maps", 0},
};

_Static_assert(sizeof(keys) / sizeof(*keys) == SETTINGS,
	       "each setting has a row, and no row is left over");
_Static_assert(SETTINGS <= 32, "a bit of seen is there for each setting");

static struct settings *into;
static const char *origin; /* what is being read */
static unsigned long seen; /* bits, in the order of keys */
static struct settings records[SETTINGS_RECORDS];
static struct buf values; /* all of them, a NUL behind each */

void settings_init(struct settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	for (size_t i = 0; i < SETTINGS; i++)
		settings->value[i] = keys[i].preset;
	buf_wipe(&values);
}

void settings_complete(struct settings *settings)
{
	for (struct settings *record = settings_next(settings); record;
	     record = settings_next(record)) {
		for (size_t i = 0; i < SETTINGS; i++) {
			if (record->value[i])
				continue;
			record->value[i] = settings->value[i];
			if (platform_has_user)
				record->origin[i] = settings->origin[i];
		}
	}
}

int settings_fault_lacking(enum setting setting)
{
	return errinfo_set(STATUS_SETTINGS,
			   "%s%s: not in the helper that is embedded in "
			   "user-data; use mkuserdata --s3, --url or --baked",
			   keys[setting].name,
			   setting == SETTING_ACTION ? ": CREATE"
			   : setting == SETTING_NAME ? ": a placeholder"
						     : "");
}

bool settings_is_text(enum setting setting)
{
	return !keys[setting].most;
}

const char *settings_key(enum setting setting)
{
	return keys[setting].name;
}

bool settings_is(const struct settings *settings, enum setting setting,
		 const char *word)
{
	return !strcmp(settings->value[setting], word);
}

enum action settings_action(const struct settings *settings)
{
	if (!settings_has(SETTING_OWNER_RECORD))
		return ACTION_UPSERT;
	return settings_is(settings, SETTING_ACTION, "CREATE") ? ACTION_CREATE
							       : ACTION_UPSERT;
}

enum routing settings_routing(const struct settings *settings)
{
	if (!settings_has(SETTING_ROUTING))
		return ROUTING_SIMPLE;
	return (enum routing)text_place(settings->value[SETTING_ROUTING],
					"simple multivalue weighted ");
}

enum take_over settings_take_over(const struct settings *settings)
{
	if (!settings_has(SETTING_TAKE_OVER))
		return TAKE_OVER_NEVER;
	return (enum take_over)text_place(settings->value[SETTING_TAKE_OVER],
					  "never gone stopped ");
}

bool settings_owns(const struct settings *settings)
{
	if (!settings_has(SETTING_OWNER_RECORD))
		return false;
	return *settings->value[SETTING_OWNER_RECORD]
		       ? settings_is_true(settings, SETTING_OWNER_RECORD)
		       : settings_action(settings) == ACTION_CREATE;
}

const char *settings_visibility(const struct settings *settings)
{
	const char *given = settings->value[SETTING_VISIBILITY];

	return *given ? given : settings->value[SETTING_ADDRESS];
}

bool settings_is_private(const struct settings *settings)
{
	return !strcmp(settings_visibility(settings), "private");
}

bool settings_has_private_address(const struct settings *settings)
{
	return settings_is(settings, SETTING_ADDRESS, "private");
}

/* A list has a blank before and behind each of its words. */
static bool wants(const struct settings *settings, const char *type)
{
	const char *types = settings->value[SETTING_TYPES];

	return !*types || strstr(types, type);
}

bool settings_want_ipv4(const struct settings *settings)
{
	return wants(settings, " A ");
}

bool settings_want_ipv6(const struct settings *settings)
{
	return wants(settings, " AAAA ");
}

const char *settings_role_arn(const struct settings *settings)
{
	return settings_has(SETTING_ROLE_ARN)
		       ? settings->value[SETTING_ROLE_ARN]
		       : "";
}

bool settings_wait(const struct settings *settings)
{
	return settings_has(SETTING_WAIT) &&
	       settings_is_true(settings, SETTING_WAIT);
}

bool settings_is_true(const struct settings *settings, enum setting setting)
{
	return text_matches(settings->value[setting], "^[TtYy]|n$");
}

long settings_number(const struct settings *settings, enum setting setting)
{
	return strtol(settings->value[setting], NULL, 10);
}

/* The current node is not what the key takes. */
static int value_fault(const struct key *key, const char *more)
{
	(void)yaml_fault(key->name, key->pattern);
	if (platform_has_user && key->most > 1)
		(void)errinfo_add(", at most %u", key->most);
	return errinfo_add("%s", more);
}

/* Keep a value that is what the key takes. */
static int keep(const struct key *key, const char *value)
{
	into->value[key - keys] = values.data + values.len;
	if (platform_has_user)
		into->origin[key - keys] = origin;
	buf_add(&values, value, strlen(value) + 1);
	return buf_is_cut(&values) ? value_fault(key, "; that is too much") : 0;
}

/* Take the current scalar, if it is what the key takes. */
static int take_scalar(const struct key *key)
{
	static struct buf whole;
	const char *text = yaml_text();
	static char zone[DNSNAME_SIZE];

	buf_set(&whole, "^(%s)$", key->pattern);
	if (!yaml_is_scalar() || strlen(text) > SETTING_LIMIT ||
	    !text_matches(text, whole.data) ||
	    (platform_has_user && key->most > 1 &&
	     strtol(text, NULL, 10) > key->most))
		return value_fault(key, "");
	if (platform_has_user &&
	    (yaml_is_plain() ? !key->most && text_matches(text, NO_TEXT)
			     : key->most))
		return value_fault(key, "; mind the quotes");
	/* No pattern: some libc's repeat nothing more than 255 times. */
	if (platform_has_user && key == &keys[SETTING_EXTERNAL_ID] &&
	    strlen(text) > EXTERNAL_ID_LIMIT)
		return value_fault(key, ", at most 1224 of them");
	if (build_is(BUILD_SERVICE) &&
	    settings_lack((enum setting)(key - keys), text, BUILD_SERVICE))
		return settings_fault_lacking((enum setting)(key - keys));
	if (key != &keys[SETTING_ZONE])
		return keep(key, text);
	return dnsname_fold(zone, text) ? keep(key, zone)
					: value_fault(key, "");
}

/* A list, as its items with blanks around each. */
static int take_list(const struct key *key)
{
	static struct buf items;

	buf_set(&items, " ");
	while (yaml_is_list() || yaml_is_scalar()) {
		if (yaml_next())
			return -1;
		if (yaml_is_end())
			break;
		/* With one it would be two. */
		if (platform_has_user && strchr(yaml_text(), ' '))
			return value_fault(key, "");
		buf_addf(&items, "%s ", yaml_text());
	}
	return text_matches(items.data, key->pattern) ? keep(key, items.data)
						      : value_fault(key, "");
}

static int on_setting(void);

/* The list replaces what an earlier document has. */
static int take_records(const struct key *key)
{
	struct settings *top = into;
	struct settings *last = top;
	unsigned long seen_at_top = seen;
	int rc;

	memset(records, 0, sizeof(records));
	top->next = NULL;
	for (size_t i = 0; !(rc = yaml_next()) && yaml_is_map(); i++) {
		if (i == SETTINGS_RECORDS)
			return value_fault(key, ", not so many");
		into = last->next = &records[i];
		into->is_record = true;
		into->found = true;
		last = into;
		seen = 0;
		if (yaml_read_map(on_setting))
			return -1;
	}
	into = top;
	seen = seen_at_top;
	return rc || (yaml_is_end() && top->next)
		       ? rc
		       : value_fault(key, ", at least one");
}

static int take_value(const struct key *key)
{
	/* These are of the whole run. */
	if (settings_has(SETTING_RECORDS) && into->is_record &&
	    key >= &keys[SETTING_TIMEOUT])
		return yaml_fault(key->name, "to stand at the top");
	if (key == &keys[SETTING_RECORDS])
		return settings_has(SETTING_RECORDS) && yaml_is_list()
			       ? take_records(key)
			       : value_fault(key, "");
	return yaml_is_list() && key->pattern[0] == '^' ? take_list(key)
							: take_scalar(key);
}

/* Levenshtein's distance between a word and a key. */
static size_t distance(const char *word, const char *name)
{
	size_t row[sizeof(keys->name)];
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

static int on_setting(void)
{
	const struct key *key = keys;
	size_t least = NEAR_MISS + 1;
	unsigned long bit;

	for (const struct key *other = keys; other < keys + SETTINGS; other++) {
		size_t edits =
			platform_has_user ? distance(yaml_text(), other->name)
			: strcmp(yaml_text(), other->name) ? NEAR_MISS + 1
							   : 0;

		if (edits < least) {
			least = edits;
			key = other;
		}
	}
	if (least) {
		(void)yaml_fault("", "unknown key");
		(void)errinfo_add(" \"%.80s\"", yaml_text());
		return !platform_has_user || least > NEAR_MISS
			       ? -1
			       : errinfo_add("; did you mean \"%s\"?",
					     key->name);
	}
	if (!settings_has((enum setting)(key - keys)))
		return settings_fault_lacking((enum setting)(key - keys));
	bit = 1UL << (key - keys);
	if (seen & bit)
		return yaml_fault(key->name, "to stand here once");
	seen |= bit;
	return yaml_next() || take_value(key) ? -1 : 0;
}

static int on_map(void)
{
	into->found = true;
	seen = 0;
	return yaml_is_map()
		       ? yaml_read_map(on_setting)
		       : yaml_fault("", "wants lines of \"key: value\", or {}");
}

/* What is empty holds no settings; what is null is somebody's mistake. */
static int on_document(void)
{
	bool is_empty = !yaml_is_map() && !yaml_is_list() && !*yaml_text();

	if (platform_has_user && yaml_is_scalar() && !yaml_is_plain())
		is_empty = false;
	return is_empty ? 0 : on_map();
}

int settings_read_text(struct settings *settings, const char *name,
		       const char *from, const char *text, size_t size)
{
	into = settings;
	origin = from;
	return yaml_read(name, text, size, on_document);
}

int settings_read_node(struct settings *settings, const char *from)
{
	into = settings;
	origin = from;
	return on_map();
}

int settings_read_file(struct settings *settings, const char *name)
{
	return file_read(name) || settings_read_text(settings, name, name,
						     file.text, file.size)
		       ? -1
		       : 0;
}
