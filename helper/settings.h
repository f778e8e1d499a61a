/*
 * The settings: YAML in, checked values out.
 *
 * Read strictly: an unknown or repeated key, a wrong type, an alias, a value
 * out of range is STATUS_SETTINGS with file, line and column, and with the
 * key that was probably meant.  docs/bootname.yaml.5 describes each key.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>

#include "dnsname.h"

enum action { ACTION_UPSERT, ACTION_CREATE };
enum address { ADDRESS_PUBLIC, ADDRESS_PRIVATE };
enum visibility {
	VISIBILITY_OF_ADDRESS, /* not given: as the address is */
	VISIBILITY_PUBLIC,
	VISIBILITY_PRIVATE,
};

/* The address record types; a set of them is their sum. */
enum { TYPE_A = 1, TYPE_AAAA = 2 };

struct settings {
	bool found;		 /* a document held settings */
	char name[1025];	 /* template; "": the tag dnsname */
	char zone[DNSNAME_SIZE]; /* folded; "": look it up */
	char zone_id[33];	 /* "": look it up */
	char role_arn[2049];	 /* "": the instance's own role */
	char external_id[1225];
	char proxy[1025]; /* URL; "": the environment's */
	unsigned ttl_s;
	unsigned grace_s;
	unsigned timeout_s;
	unsigned types;	     /* 0: those that the instance has */
	unsigned action;     /* enum action */
	unsigned address;    /* enum address */
	unsigned visibility; /* enum visibility */
	unsigned wait;	     /* 1: until INSYNC */
};

/* All defaults. */
void settings_init(struct settings *settings);

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
