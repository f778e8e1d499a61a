/*
 * The settings in the cloud-config of this instance: what cloud-init makes the
 * file /etc/bootname.yaml of.
 *
 * That file itself is never read: it grows stale.  What is read is the text
 * that cloud-init would write there now, or it is STATUS_SETTINGS with the
 * place of what stands in the way; never a part of it, and never the defaults
 * instead of it.  Without a user only what mkuserdata writes is read, and no
 * settings are an error: the hook has always come with some.
 */
#ifndef CLOUD_CONFIG_H
#define CLOUD_CONFIG_H

#include "settings.h"

/* The cloud-config that cloud-init writes at every boot for this instance. */
#define CLOUD_CONFIG_FILE "/var/lib/cloud/instance/cloud-config.txt"

/*
 * Lay the settings of a cloud-config over what is there: what its write_files
 * entries make of /etc/bootname.yaml; where that holds none, the top-level key
 * bootname (with a user).
 * settings: found is set if there are any.  If it cannot be told whether there
 *	     should be some, its doubt is set, or it is an error if it holds
 *	     others.
 * path: as settings_read_file's; where it does not exist, it has no settings.
 *	 Beside it user-data.txt.i is looked at where it has none.
 * Returns 0, or -1 with STATUS_SETTINGS; settings may hold a part then.
 * Source: cloud-init's cc_write_files.py and handlers/cloud_config.py, 22.2 to
 * 25.1.
 */
int cloud_config_read(struct settings *settings, const char *path);

#endif
