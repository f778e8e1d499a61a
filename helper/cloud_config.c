#include "cloud_config.h"

#include <string.h>

#include "build.h"
#include "cloud_config_none.h"
#include "errinfo.h"
#include "file.h"
#include "platform.h"
#include "text.h"
#include "write_files.h"
#include "yaml.h"

#define OURS WRITE_FILES_PATH

/* The search for the settings in one cloud-config. */
struct search {
	struct settings *settings;
	const char *path; /* of the cloud-config */
	struct write_files files;
	unsigned files_keys;  /* keys write_files, in this turn */
	struct place own_key; /* the value of the key bootname; line 0: none */
	bool has_root;	      /* the document is not empty */
	bool is_base64;	      /* the content, as mkuserdata wrote it */
};

/* ---- Without a user: as mkuserdata writes it, and nothing else. ---- */

static int refuse_plain(const struct search *search)
{
	return errinfo_set(STATUS_SETTINGS,
			   "%s: is cut, or write_files have not " OURS " once",
			   search->path);
}

/* Take the content of an entry of ours, with the members of it. */
static int take_plain_entry(struct search *search, char **entry)
{
	enum { PATH, ENCODING, CONTENT };
	struct write_files *files = &search->files;

	/* An alias may stand for ours. */
	if (entry[PATH] && !strstr(entry[PATH], "bootname.yaml"))
		return 0;
	if (files->content || !entry[PATH] || strcmp(entry[PATH], OURS))
		return refuse_plain(search);
	files->content = entry[CONTENT];
	entry[CONTENT] = NULL;
	/* As opposed to none and "text/plain". */
	search->is_base64 =
		build_is(BUILD_WHOLE) && text_matches(entry[ENCODING], "64");
	return 0;
}

static int read_plain_entry(struct search *search)
{
	struct yaml_members members = {.text = {NULL}};
	int rc = yaml_read_members("path encoding content ", &members);

	rc = rc ? rc : take_plain_entry(search, members.text);
	yaml_wipe_members(&members);
	return rc;
}

/* ---- Where the settings are. ---- */

static int read_list(void *context)
{
	struct search *search = context;
	struct place place = yaml_place();

	if (!yaml_is_list()) {
		if (build_is_whole && (yaml_is_map() || *yaml_text()))
			(void)write_files_note_obstacle(
				&search->files, place,
				"write_files must be a list");
		return yaml_skip();
	}
	for (;;) {
		if (yaml_next())
			return -1;
		if (yaml_is_end())
			return 0;
		if (build_is_whole ? yaml_follow(write_files_read_entry,
						 &search->files)
				   : read_plain_entry(search))
			return -1;
	}
}

/* A key that stands twice, or that bootname does not follow. */
static int refuse_key(struct search *search, bool is_files, bool is_own)
{
	if (write_files_refuse_merge())
		return -1;
	if (is_files && search->files_keys++)
		return yaml_fault("", "write_files must stand here once");
	if (is_own && search->own_key.line && !search->files.is_deferred_turn)
		return yaml_fault("", "bootname must stand here once");
	return 0;
}

static int on_key(void *context)
{
	struct search *search = context;
	bool is_files = !strcmp(yaml_text(), "write_files");
	bool is_own = build_is_whole && !strcmp(yaml_text(), "bootname");

	if (build_is_whole && refuse_key(search, is_files, is_own))
		return -1;
	if (yaml_next())
		return -1;
	if (is_own)
		search->own_key = yaml_place();
	if (!is_files)
		return yaml_skip();
	return build_is_whole ? yaml_follow(read_list, search)
			      : read_list(search);
}

static int find_entries(void *context)
{
	struct search *search = context;

	if (build_is_whole) {
		search->has_root = !yaml_is_none();
		search->files_keys = 0;
	}
	return yaml_is_map() ? yaml_read_map(on_key, search) : yaml_skip();
}

static int on_own_settings(void *context)
{
	const struct search *search = context;

	return settings_read_node(search->settings, search->path);
}

static int on_own_key(void *context)
{
	bool is_own = !strcmp(yaml_text(), "bootname");

	if (yaml_next())
		return -1;
	return is_own ? yaml_follow(on_own_settings, context) : yaml_skip();
}

static int find_key(void *context)
{
	return yaml_read_map(on_own_key, context);
}

/* ---- All of it. ---- */

/* Read the document that `file` holds. */
static int read_document(struct search *search, yaml_handler on_root)
{
	return yaml_read(search->path, file.text, file.size, on_root, search);
}

static int read_content(const struct search *search)
{
	static struct buf label;

	buf_set(&label, "%s: " OURS, search->path);
	return settings_read_text(search->settings, label.data, search->path,
				  search->files.content, search->files.size);
}

/* Whether there were any, or an empty file, is in *any. */
static int read_found(struct search *search, bool *any)
{
	struct settings *settings = search->settings;
	bool found = settings->found;
	int rc = 0;

	settings->found = false;
	if (search->files.content)
		rc = read_content(search);
	/* An empty file leaves it to the key. */
	if (!rc && !settings->found && search->own_key.line)
		rc = read_document(search, find_key);
	*any = settings->found || search->files.content;
	settings->found |= found;
	return rc;
}

static int read_as_cloud_init(struct search *search)
{
	struct write_files *files = &search->files;
	bool any;

	/* Both turns of cloud-init's. */
	if (read_document(search, find_entries))
		return -1;
	files->is_deferred_turn = true;
	if (files->has_deferred && read_document(search, find_entries))
		return -1;
	/* Of no interest if it is not on the way to settings. */
	if (files->obstacle.line &&
	    (files->content || strstr(file.text, "bootname.y")))
		return yaml_fault_at(files->obstacle, "", files->obstacle_text);
	if (read_found(search, &any))
		return -1;
	return any ? 0
		   : cloud_config_believe_none(search->settings, search->path,
					       search->has_root);
}

static int read_as_mkuserdata(struct search *search)
{
	struct write_files *files = &search->files;

	if (read_document(search, find_entries))
		return -1;
	if (!files->content)
		return refuse_plain(search);
	files->size = build_is(BUILD_WHOLE) && search->is_base64
			      ? (size_t)write_files_decode(files->content)
			      : strlen(files->content);
	return read_content(search);
}

/* PyYAML writes the marks of both ends. */
static bool is_cut(void)
{
	return strstr(file.text, "\n---") && !file_ends_in("\n...\n");
}

static int read_for_user(struct search *search)
{
	int rc = file_read(search->path);

	if (rc)
		return rc < 0 ? -1 : 0;
	return is_cut() ? errinfo_set(STATUS_SETTINGS,
				      "%s: is cut: its last line is not "
				      "\"...\"; make room if the disk is "
				      "full, and reboot",
				      search->path)
			: read_as_cloud_init(search);
}

int cloud_config_read(struct settings *settings, const char *path)
{
	struct search search = {.settings = settings, .path = path};
	int rc;

	if (build_is_whole)
		rc = read_for_user(&search);
	else if (file_read(path) || is_cut())
		rc = refuse_plain(&search);
	else
		rc = read_as_mkuserdata(&search);
	write_files_forget(&search.files);
	return rc;
}
