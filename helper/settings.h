/*
 * The settings: YAML in, checked texts out.
 *
 * Read strictly: an unknown or repeated key, a wrong type, an alias, a value
 * out of range is STATUS_SETTINGS with file, line and column, and with the
 * key that was probably meant.  docs/bootname.yaml.5 describes each key.
 * Without a user ranges, quotes and the file's mode count no more: mkuserdata
 * has had them checked.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "build.h"

/* The keys, in the order of the table in settings.c. */
enum setting {
	SETTING_NAME,	    /* template; "": the tag dnsname */
	SETTING_ZONE,	    /* folded; "": look it up */
	SETTING_ZONE_ID,    /* with "/hostedzone/" or without; "": look it up */
	SETTING_VISIBILITY, /* "": that of the address */
	SETTING_TTL,
	SETTING_ACTION,
	SETTING_ADDRESS,
	SETTING_TYPES,	      /* " A AAAA "; "": those that the instance has */
	SETTING_OWNER_RECORD, /* as SETTING_WAIT; "": with CREATE */
	SETTING_TAKE_OVER,
	SETTING_ROUTING,
	SETTING_WEIGHT,
	SETTING_SET_IDENTIFIER, /* "": the instance id */
	SETTING_HEALTH_CHECK_ID,
	SETTING_ROLE_ARN,
	SETTING_EXTERNAL_ID,
	SETTING_GRACE,
	SETTING_WAIT, /* a truth value, as YAML 1.1 writes it */
	/* Of the whole run; a record cannot have these. */
	SETTING_TIMEOUT,
	SETTING_PROXY,
	SETTING_RECORDS, /* always "": they stand apart */
	SETTINGS,
};

enum {
	SETTING_LIMIT = 2048, /* bytes of a value */
	SETTINGS_RECORDS = 8, /* at most */
};

/* The settings of one record; or at the top, where the values are defaults of
 * the records if there is a list of those. */
struct settings {
	bool is_record; /* of the list */
	bool found;	/* at the top: a document held settings */
	/* At the top, if none were found: why some may be there all the same;
	 * NULL: there are none. */
	const char *doubt;
	struct settings *next; /* record; NULL: none */
	/* Each as it is written, checked, or its default; in a record NULL
	 * where it is the top's, until settings_complete. */
	const char *value[SETTINGS];
	/* Where there is a user: what it was read from; NULL: the default. */
	const char *origin[SETTINGS];
};

#define EMBEDDED (BUILD_BOOT | BUILD_SERVICE)

/* The programs that lack a setting; none if it is not here.  One without
 * owner_record has no CREATE either. */
static const unsigned char settings_lacking[SETTINGS] = {
	[SETTING_TYPES] = EMBEDDED,
	[SETTING_OWNER_RECORD] = BUILD_SERVICE,
	[SETTING_TAKE_OVER] = EMBEDDED,
	[SETTING_ROUTING] = BUILD_SERVICE,
	[SETTING_WEIGHT] = BUILD_SERVICE,
	[SETTING_SET_IDENTIFIER] = BUILD_SERVICE,
	[SETTING_HEALTH_CHECK_ID] = BUILD_SERVICE,
	[SETTING_ROLE_ARN] = EMBEDDED,
	[SETTING_EXTERNAL_ID] = EMBEDDED,
	[SETTING_WAIT] = EMBEDDED,
	[SETTING_RECORDS] = EMBEDDED,
};

/* Whether programs lack a value: CREATE goes with owner_record, and what is
 * embedded beside units expands no placeholders. */
__attribute__((always_inline)) static inline bool
settings_lack(enum setting setting, const char *value, unsigned programs)
{
	return (settings_lacking[setting] & programs) ||
	       ((programs & BUILD_SERVICE) &&
		((setting == SETTING_ACTION && *value == 'C') ||
		 (setting == SETTING_NAME && strchr(value, '{'))));
}

/* Whether this program has the setting. */
__attribute__((always_inline)) static inline bool
settings_has(enum setting setting)
{
	return !build_is(settings_lacking[setting]);
}

/* Record that this setting is none of an embedded helper's.  Returns -1. */
int settings_fault_lacking(enum setting setting);

/* Whether a document has given it; where there is a user. */
static inline bool settings_is_given(const struct settings *settings,
				     enum setting setting)
{
	return settings->origin[setting];
}

/* Whether its value is a text, and no number or truth value. */
bool settings_is_text(enum setting setting);

/* Those of the next record; NULL: there is none. */
static inline struct settings *settings_next(const struct settings *settings)
{
	return settings_has(SETTING_RECORDS) ? settings->next : NULL;
}

/* All defaults, and no records.  Forgets what was read before. */
void settings_init(struct settings *settings);

/* Fill in what the records leave to the top. */
void settings_complete(struct settings *settings);

/* What a setting is called. */
const char *settings_key(enum setting setting);

/* Whether the value is this word. */
bool settings_is(const struct settings *settings, enum setting setting,
		 const char *word);

/* Whether a truth value is given and true. */
bool settings_is_true(const struct settings *settings, enum setting setting);

/* ---- What the settings say, in the words of the field. ---- */

enum action { ACTION_UPSERT, ACTION_CREATE };
enum routing { ROUTING_SIMPLE, ROUTING_MULTIVALUE, ROUTING_WEIGHTED };
/* Whose name CREATE may take over: in this order each takes more. */
enum take_over { TAKE_OVER_NEVER, TAKE_OVER_GONE, TAKE_OVER_STOPPED };

/* A program without a setting knows its default at compile time, and drops what
 * the others are for. */
enum action settings_action(const struct settings *settings);
enum routing settings_routing(const struct settings *settings);
enum take_over settings_take_over(const struct settings *settings);

/* Whether an owner record is written and respected: as owner_record says, else
 * with CREATE. */
bool settings_owns(const struct settings *settings);

/* "public" or "private": that of the hosted zone; and whether it is "private".
 */
const char *settings_visibility(const struct settings *settings);
bool settings_is_private(const struct settings *settings);

/* Whether the private IPv4 address is published. */
bool settings_has_private_address(const struct settings *settings);

/* Whether types is given: then each address that it lists must be there. */
bool settings_list_types(const struct settings *settings);

/* Whether types lists A, or AAAA; without types both are wanted. */
bool settings_want_ipv4(const struct settings *settings);
bool settings_want_ipv6(const struct settings *settings);

/* The role to assume for Route 53; "": the instance's own. */
const char *settings_role_arn(const struct settings *settings);

/* Whether the run waits until the change is INSYNC. */
bool settings_wait(const struct settings *settings);

/* The value of a setting that is a number. */
long settings_number(const struct settings *settings, enum setting setting);

/*
 * Lay the settings of a file over what is there.  A document that is empty,
 * of comments or of --- only, holds none, and is no error.
 * path: a regular file of at most 1 MiB that not everybody can write.
 * Returns 0, or -1 with STATUS_SETTINGS; settings may hold a part then.
 */
int settings_read_file(struct settings *settings, const char *path);

/*
 * Lay the settings of a document over what is there, likewise.
 * name: of the document, for errors.
 * from: what it stands in, for as long as settings are used.
 */
int settings_read_text(struct settings *settings, const char *name,
		       const char *from, const char *text, size_t size);

/* Lay the map that is document's current node over what is there. */
int settings_read_node(struct settings *settings, const char *from);

#endif
