/*
 * A cloud-config without settings: whether that is so.
 */
#ifndef CLOUD_CONFIG_NONE_H
#define CLOUD_CONFIG_NONE_H

#include <stdbool.h>

struct settings;

/*
 * Look for anything that names bootname, in the cloud-config that `file` holds
 * and in the user-data beside it.
 * path: of the cloud-config; beside it user-data.txt.i is read into `file`.
 * has_root: it is not empty.
 * settings: its doubt is set if nobody can tell.
 * Returns 0 if there are to be no settings, or -1 with STATUS_SETTINGS.
 */
int cloud_config_believe_none(struct settings *settings, const char *path,
			      bool has_root);

#endif
