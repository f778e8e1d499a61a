/*
 * The settings: YAML in, checked texts out.
 *
 * Read strictly: an unknown or repeated key, a wrong type, an alias, a value
 * out of range is STATUS_SETTINGS with file, line and column, and with the
 * key that was probably meant.  docs/bootname.yaml.5 describes each key.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>

/* The keys, in the order of the table in settings.c. */
enum setting {
	SETTING_NAME,	 /* template; "": the tag dnsname */
	SETTING_ZONE,	 /* folded; "": look it up */
	SETTING_ZONE_ID, /* with "/hostedzone/" or without; "": look it up */
	SETTING_VISIBILITY,
	SETTING_TTL,
	SETTING_ACTION,
	SETTING_ADDRESS,
	SETTING_TYPES, /* " A AAAA"; "": those that the instance has */
	SETTING_ROLE_ARN,
	SETTING_EXTERNAL_ID,
	SETTING_GRACE,
	SETTING_TIMEOUT,
	SETTING_WAIT, /* a truth value, as YAML 1.1 writes it */
	SETTING_PROXY,
	SETTING_OWNER_RECORD,
	SETTING_TAKE_OVER,
	SETTING_ROUTING,
	SETTING_WEIGHT,
	SETTING_SET_IDENTIFIER,
	SETTING_HEALTH_CHECK_ID,
	SETTING_RECORDS,
	SETTINGS,
};

enum { SETTING_SIZE = 2049 }; /* a value and its NUL */

/* Each value as it is written, checked, or its default. */
struct settings {
	bool found; /* a document held settings */
	char value[SETTINGS][SETTING_SIZE];
};

/* All defaults. */
void settings_init(struct settings *settings);

/* Whether the value is this word. */
bool settings_is(const struct settings *settings, enum setting setting,
		 const char *word);

/* The value of a setting that is a number. */
long settings_number(const struct settings *settings, enum setting setting);

/* The cloud-config that cloud-init writes at every boot for this instance. */
#define SETTINGS_CLOUD_CONFIG "/var/lib/cloud/instance/cloud-config.txt"

/*
 * Lay the settings of a file over what is there.
 * path: a regular file of at most 1 MiB that not everybody can write.
 * Returns 0, or -1 with STATUS_SETTINGS; settings may hold a part then.
 */
int settings_read_file(struct settings *settings, const char *path);

/*
 * Lay the settings of a cloud-config over what is there: the content of the
 * last write_files entry for /etc/bootname.yaml (plain or b64), else the
 * top-level key bootname.  Sets found when there is either.  A file that does
 * not exist holds no settings.
 * Returns as settings_read_file.
 * Source: cloud-init documentation, "Write Files" module.
 */
int settings_read_cloud_config(struct settings *settings, const char *path);

#endif
