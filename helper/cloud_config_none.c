#include "cloud_config_none.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "errinfo.h"
#include "file.h"
#include "settings.h"
#include "text.h"
#include "write_files.h"
#include "yaml.h"

#define NAMES_FILE "[Bb]ootname[.]ya?ml"

/* A search for a scalar that names settings. */
struct mention {
	bool root_is_map;
	bool is_after_path; /* the last key was path */
};

/* Whether the current scalar says that there should be settings.  A hook, a
 * unit or a package may stand there without any. */
static bool names_settings(struct mention *mention, bool is_key)
{
	const char *text = yaml_text();

	if (!mention->root_is_map)
		return text_matches(text, "[Bb]ootname");
	if (is_key)
		mention->is_after_path = !strcmp(text, "path");
	return is_key ? !strcasecmp(text, "bootname")
		      : mention->is_after_path &&
				text_matches(text, NAMES_FILE);
}

/* A bit of these for each list and map around the node; yaml_skip has made
 * sure that they are not as many as that. */
static int find_mention(void *context)
{
	struct mention *mention = context;
	uint64_t maps = 0, at_key = 0;

	mention->root_is_map = yaml_is_map();
	do {
		bool is_start = yaml_is_map() || yaml_is_list();

		if (yaml_is_scalar() && names_settings(mention, at_key & 1)) {
			(void)yaml_fault("", "here is bootname named, but "
					     "no settings were found; ");
			return errinfo_add("they must be the content of a "
					   "write_files entry with the "
					   "path " WRITE_FILES_PATH);
		}
		if (is_start) {
			maps = maps << 1 | yaml_is_map();
			at_key = at_key << 1 | yaml_is_map();
			/* Ends are counted by a bit above. */
		} else {
			if (yaml_is_end()) {
				maps >>= 1;
				at_key >>= 1;
			}
			at_key ^= maps & 1;
		}
		if (yaml_next())
			return -1;
	} while (!yaml_is_none());
	return 0;
}

#define KEY_LINE "^[- \t?{'\"]*bootname['\"]?[ \t]*:"
#define PATH_LINE "path['\"]?[ \t]*:[ \t]*['\"]?[^ ]*" NAMES_FILE

static bool line_names_settings(const char *line, size_t len)
{
	static struct buf copy;

	buf_wipe(&copy);
	buf_add(&copy, line, len < 256 ? len : 256);
	return text_matches(copy.data, KEY_LINE "|" PATH_LINE);
}

/*
 * The user-data as cloud-init has unpacked them: whether they name settings
 * that cloud-init has dropped, as it does user-data with a tab, a byte order
 * mark or "# cloud-config" in them.
 * Returns 0 if not, 1 if they cannot be read whole, or -1.
 */
static int search_user_data(const char *path)
{
	static struct buf name;
	const char *slash = strrchr(path, '/');
	size_t number = 0;
	/* Of parts that were taken; else each of them was dropped. */
	bool has_parts = strstr(file.text, "\n# from ");

	buf_wipe(&name);
	buf_add(&name, path, slash ? (size_t)(slash + 1 - path) : 0);
	buf_addf(&name, "user-data.txt.i");
	if (file_read(name.data) || !file_ends_in("--\n"))
		return 1;
	/* A template may well leave the settings out. */
	if (has_parts && strstr(file.text, "## template:"))
		return 0;
	for (const char *line = file.text; *line;) {
		size_t len = strcspn(line, "\n");

		number++;
		/* The line itself may hold a secret. */
		if (line_names_settings(line, len)) {
			(void)errinfo_set(STATUS_SETTINGS,
					  "%s:%zu:1: here is bootname named, "
					  "but cloud-init found no settings in "
					  "it; ",
					  name.data, number);
			return errinfo_add("correct the user-data: see what "
					   "cloud-init schema --system and "
					   "/var/log/cloud-init.log say");
		}
		line += len;
		line += *line == '\n';
	}
	return 0;
}

int cloud_config_believe_none(struct settings *settings, const char *path,
			      bool has_root)
{
	static struct buf doubt;
	struct mention mention = {.is_after_path = false};
	int rc = 0;

	if (has_root)
		rc = yaml_read(path, file.text, file.size, find_mention,
			       &mention);
	rc = rc ? rc : search_user_data(path);
	if (rc <= 0 || has_root)
		return rc < 0 ? -1 : 0;
	/* cloud-init writes it so if there are no user-data, or a script; and a
	 * full disk does. */
	buf_set(&doubt,
		"%s: is empty, and user-data.txt.i beside it does not say why; "
		"make room if the disk is full, and reboot",
		path);
	if (settings->found)
		return errinfo_set(STATUS_SETTINGS, "%s", doubt.data);
	settings->doubt = doubt.data;
	return 0;
}
