#include "cloud_config.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/types.h>

#include "buf.h"
#include "build.h"
#include "errinfo.h"
#include "file.h"
#include "platform.h"
#include "text.h"
#include "yaml.h"

#define OURS "/etc/bootname.yaml"

enum { CONTENT_LIMIT = 1024 * 1024 }; /* bytes, as of a file of settings */

static struct settings *into;
static const char *source; /* the file */

/* What the entries read so far make of OURS; NULL: there was none. */
static char *content;
static size_t content_size;

/* ---- Without a user: as mkuserdata writes it, and nothing else. ---- */

static bool is_base64;

static int refuse_plain(void)
{
	return errinfo_set(STATUS_SETTINGS,
			   "%s: is cut, or write_files have not " OURS " once",
			   source);
}

static int read_plain_entry(void)
{
	enum { PATH, ENCODING, CONTENT };
	char **entry = yaml_members;

	if (yaml_read_members("path encoding content "))
		return -1;
	/* An alias may stand for ours. */
	if (entry[PATH] && !strstr(entry[PATH], "bootname.yaml"))
		return 0;
	if (content || !entry[PATH] || strcmp(entry[PATH], OURS))
		return refuse_plain();
	content = entry[CONTENT];
	entry[CONTENT] = NULL;
	/* As opposed to none and "text/plain". */
	is_base64 =
		build_is(BUILD_WHOLE) && text_matches(entry[ENCODING], "64");
	return 0;
}

/* ---- With a user: as cloud-init reads it. ---- */

/* What PyYAML makes of a scalar without quotes; if in doubt, no text. */
#define NO_TEXT                                                                \
	"^([-+]?[.]?[0-9][-+0-9_.:eETtZz "                                     \
	"\t]*|[-+]?0[bx][0-9a-fA-F_]+|[-+]?[.]([Ii]nf|INF|[Nn]an|NAN)|=|<<"    \
	"|[Tt]rue|TRUE|[Ff]alse|FALSE|[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff"     \
	"|OFF)$"
#define SPACE "[ \t\n\r\f\v]*"

enum member_name { PATH, ENCODING, CONTENT, APPEND, DEFER, SOURCE, MEMBERS };

static struct member {
	enum { ABSENT, NOTHING, TEXT, OTHER } kind;
	char *text; /* of a scalar without a tag; else NULL */
	struct place place;
} members[MEMBERS];
static struct member *current;

static bool is_deferred_turn; /* entries are written in two turns */
static bool has_deferred;
static unsigned files_keys;   /* keys write_files, in this turn */
static struct place own_key;  /* the value of the key bootname */
static struct place obstacle; /* where cloud-init stops */
static const char *obstacle_text;

/* cloud-init stops here, and what it has not written it never writes. */
static int note_obstacle(struct place place, const char *text)
{
	if (!obstacle.line) {
		obstacle = place;
		obstacle_text = text;
	}
	return 0;
}

static void forget_members(void)
{
	for (size_t i = 0; i < MEMBERS; i++) {
		free(members[i].text);
		members[i] = (struct member){.kind = ABSENT};
	}
}

/* The last one of a name counts, as in Python. */
static int take_member(void)
{
	const char *text = yaml_text();

	free(current->text);
	*current = (struct member){.kind = OTHER, .place = yaml_place()};
	if (!yaml_is_scalar() || yaml_is_tagged())
		return yaml_skip();
	current->text = strdup(text);
	if (!current->text)
		return errinfo_set(STATUS_SYSTEM, "out of memory");
	current->kind = !yaml_is_plain()			    ? TEXT
			: text_matches(text, "^(~|[Nn]ull|NULL|)$") ? NOTHING
			: text_matches(text, NO_TEXT)		    ? OTHER
								    : TEXT;
	return 0;
}

/* The cloud-config that cloud-init writes has none of these. */
static int refuse_merge(void)
{
	return yaml_is_plain() && !strcmp(yaml_text(), "<<")
		       ? yaml_fault("", "bootname does not follow a merge "
					"key (<<); write out what it adds")
		       : 0;
}

static int on_member(void)
{
	unsigned place;

	if (refuse_merge())
		return -1;
	place = text_place(yaml_text(),
			   "path encoding content append defer source ");
	if (yaml_next())
		return -1;
	current = &members[place];
	return place < MEMBERS ? yaml_follow(take_member) : yaml_skip();
}

/* As Python's os.path.abspath does, in "/", where cloud-init runs.  NULL: out
 * of memory. */
static char *fold(const char *path)
{
	char *folded = malloc(strlen(path) + 2);
	char *end = folded;

	while (folded && *path) {
		size_t len = strcspn(path, "/");

		if (len == 2 && !memcmp(path, "..", 2)) {
			while (end > folded && *--end != '/')
				;
		} else if (len && (len > 1 || *path != '.')) {
			*end++ = '/';
			memcpy(end, path, len);
			end += len;
		}
		path += len;
		path += *path == '/';
	}
	if (folded)
		*end = '\0';
	return folded;
}

/* Returns whether it is, 0 or 1; or -1. */
static int is_ours(void)
{
	const struct member *path = &members[PATH];
	char *folded;
	int rc;

	if (path->kind == OTHER)
		return note_obstacle(path->place, "a path must be a text");
	/* cloud-init passes over what has no path. */
	if (path->kind != TEXT || !*path->text)
		return 0;
	folded = fold(path->text);
	if (!folded)
		return errinfo_set(STATUS_SYSTEM, "out of memory");
	rc = !strcmp(folded, OURS);
	free(folded);
	return rc;
}

/* Returns whether it is true, 0 or 1; or -1. */
static int is_true(const struct member *member, const char *fault)
{
	if (member->kind == ABSENT || member->kind == NOTHING ||
	    text_matches(member->text, "^" SPACE "(|0|[Nn][Oo]|[Oo][Ff][Ff]"
				       "|[Ff][Aa][Ll][Ss][Ee])" SPACE "$"))
		return 0;
	return text_matches(member->text, "^" SPACE "(1|[Oo][Nn]|[Yy][Ee]"
					  "[Ss]|[Tt][Rr][Uu][Ee])" SPACE "$")
		       ? 1
		       : yaml_fault_at(member->place, "", fault);
}

/* As Python's base64.b64decode does, in place.  Returns the bytes; -1: that is
 * no base64. */
static ssize_t decode_base64(char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = 0, digits_in = 0, padding = 0;
	char *to = text;

	for (const char *from = text; *from; from++) {
		const char *digit = strchr(digits, *from);

		if (platform_has_user && (unsigned char)*from > 127)
			return -1;
		if (platform_has_user && *from == '=' && digits_in > 1 &&
		    digits_in + ++padding > 3)
			return to - text;
		if (!digit)
			continue;
		padding = 0;
		bits = bits << 6 | (unsigned)(digit - digits);
		if (digits_in)
			*to++ = (char)(bits >> (6 - 2 * digits_in));
		digits_in = (digits_in + 1) % 4;
	}
	return platform_has_user && digits_in ? -1 : to - text;
}

/* What cloud-init would write of the content, its size in *size. */
static int decode_content(size_t *size)
{
	const struct member *encoding = &members[ENCODING];
	const struct member *its = &members[CONTENT];
	ssize_t decoded;

	if (encoding->kind == OTHER ||
	    (encoding->kind == TEXT &&
	     !text_matches(encoding->text, "^[ -~]*$")))
		return yaml_fault_at(encoding->place, "",
				     "an encoding must be a word, such as "
				     "b64");
	*size = strlen(its->text);
	if (encoding->kind != TEXT)
		return 0;
	if (text_matches(encoding->text, "^ *[Gg][Zz]([Ii][Pp])?"
					 "([+][Bb]([Aa][Ss][Ee])?64)? *$"))
		return yaml_fault_at(encoding->place, "",
				     "bootname does not unpack gzip; write "
				     "the settings as they are, or in b64");
	/* The others mean text/plain. */
	if (!text_matches(encoding->text, "^ *[Bb]([Aa][Ss][Ee])?64 *$"))
		return 0;
	decoded = decode_base64(its->text);
	if (decoded < 0)
		return yaml_fault_at(its->place, "",
				     "the content is no base64");
	*size = (size_t)decoded;
	return 0;
}

/* Join what the current entry writes to what those before it wrote. */
static int take_content(struct place entry)
{
	const struct member *its = &members[CONTENT];
	int append = is_true(&members[APPEND], "append must be true or false");
	size_t size = 0;
	char *joined;

	if (append < 0)
		return -1;
	if (members[SOURCE].kind != ABSENT && members[SOURCE].kind != NOTHING)
		return yaml_fault_at(members[SOURCE].place, "",
				     "bootname does not fetch a source; "
				     "write the settings as content");
	if (its->kind == ABSENT || its->kind == NOTHING)
		return yaml_fault_at(its->kind ? its->place : entry, "",
				     "an entry for " OURS " must have "
				     "content, the settings");
	if (its->kind != TEXT)
		return yaml_fault_at(its->place, "",
				     "the content must be a text, not "
				     "!!binary, a number or the like; put "
				     "it in quotes, or encode it in b64");
	if (decode_content(&size))
		return -1;
	if (!append)
		content_size = 0;
	if (content_size + size > CONTENT_LIMIT)
		return yaml_fault_at(its->place, "",
				     "the settings must be 1 MiB at most");
	joined = realloc(content, content_size + size + 1);
	if (!joined)
		return errinfo_set(STATUS_SYSTEM, "out of memory");
	memcpy(joined + content_size, its->text, size);
	content = joined;
	content_size += size;
	return 0;
}

static int read_entry(void)
{
	struct place place = yaml_place();
	int rc;

	if (!yaml_is_map()) {
		(void)note_obstacle(place, "an entry of write_files must be a "
					   "map");
		return yaml_skip();
	}
	forget_members();
	if (yaml_read_map(on_member))
		return -1;
	rc = is_ours();
	if (rc <= 0)
		return rc;
	rc = is_true(&members[DEFER], "defer must be true or false");
	has_deferred |= rc > 0;
	if (rc == !is_deferred_turn)
		return 0;
	return rc < 0 ? -1 : take_content(place);
}

/* ---- Where the settings are. ---- */

static int read_list(void)
{
	struct place place = yaml_place();

	if (!yaml_is_list()) {
		if (platform_has_user && (yaml_is_map() || *yaml_text()))
			(void)note_obstacle(place,
					    "write_files must be a list");
		return yaml_skip();
	}
	for (;;) {
		if (yaml_next())
			return -1;
		if (yaml_is_end())
			return 0;
		if (platform_has_user ? yaml_follow(read_entry)
				      : read_plain_entry())
			return -1;
	}
}

static int on_key(void)
{
	bool is_files = !strcmp(yaml_text(), "write_files");
	bool is_own = platform_has_user && !strcmp(yaml_text(), "bootname");

	if (platform_has_user &&
	    (refuse_merge() ||
	     (is_files && files_keys++ &&
	      yaml_fault("", "write_files must stand here once")) ||
	     (is_own && own_key.line && !is_deferred_turn &&
	      yaml_fault("", "bootname must stand here once"))))
		return -1;
	if (yaml_next())
		return -1;
	if (is_own)
		own_key = yaml_place();
	if (!is_files)
		return yaml_skip();
	return platform_has_user ? yaml_follow(read_list) : read_list();
}

static bool has_root;

static int find_entries(void)
{
	if (platform_has_user) {
		has_root = !yaml_is_none();
		files_keys = 0;
	}
	return yaml_is_map() ? yaml_read_map(on_key) : yaml_skip();
}

static int on_own_settings(void)
{
	return settings_read_node(into, source);
}

static int on_own_key(void)
{
	bool is_own = !strcmp(yaml_text(), "bootname");

	if (yaml_next())
		return -1;
	return is_own ? yaml_follow(on_own_settings) : yaml_skip();
}

static int find_key(void)
{
	return yaml_read_map(on_own_key);
}

/* ---- None: is that so? ---- */

#define NAMES_FILE "[Bb]ootname[.]ya?ml"

static bool is_after_path; /* the last key was path */
static bool root_is_map;

/* Whether the current scalar says that there should be settings.  A hook, a
 * unit or a package may stand there without any. */
static bool names_settings(bool is_key)
{
	const char *text = yaml_text();

	if (!root_is_map)
		return text_matches(text, "[Bb]ootname");
	if (is_key)
		is_after_path = !strcmp(text, "path");
	return is_key ? !strcasecmp(text, "bootname")
		      : is_after_path && text_matches(text, NAMES_FILE);
}

/* A bit of these for each list and map around the node; yaml_skip has made
 * sure that they are not as many as that. */
static int find_mention(void)
{
	uint64_t maps = 0, at_key = 0;

	root_is_map = yaml_is_map();
	is_after_path = false;
	do {
		bool is_start = yaml_is_map() || yaml_is_list();

		if (yaml_is_scalar() && names_settings(at_key & 1)) {
			(void)yaml_fault("", "here is bootname named, but "
					     "no settings were found; ");
			return errinfo_add(
				"they must be the content of a "
				"write_files entry with the path " OURS);
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

static bool ends_in(const char *ending)
{
	size_t len = strlen(ending);

	return file.size >= len &&
	       !memcmp(file.text + file.size - len, ending, len);
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
	if (file_read(name.data) || !ends_in("--\n"))
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

/* That there are no settings. */
static int believe_none(const char *name)
{
	static struct buf doubt;
	int rc = has_root ? yaml_read(name, file.text, file.size, find_mention)
			  : 0;

	rc = rc ? rc : search_user_data(name);
	if (rc <= 0 || has_root)
		return rc < 0 ? -1 : 0;
	/* cloud-init writes it so where there are no user-data, or a script;
	 * and a full disk does. */
	buf_set(&doubt,
		"%s: is empty, and user-data.txt.i beside it does not say why; "
		"make room if the disk is full, and reboot",
		name);
	if (into->found)
		return errinfo_set(STATUS_SETTINGS, "%s", doubt.data);
	into->doubt = doubt.data;
	return 0;
}

/* ---- All of it. ---- */

/* Both turns of cloud-init's. */
static int read_entries(const char *name)
{
	int rc;

	has_deferred = is_deferred_turn = false;
	own_key.line = obstacle.line = 0;
	rc = yaml_read(name, file.text, file.size, find_entries);
	is_deferred_turn = true;
	if (!rc && has_deferred)
		rc = yaml_read(name, file.text, file.size, find_entries);
	forget_members();
	return rc;
}

static int read_content(const char *name)
{
	static struct buf label;

	buf_set(&label, "%s: " OURS, name);
	return settings_read_text(into, label.data, name, content,
				  content_size);
}

/* Whether there were any, or an empty file, is in *any. */
static int read_found(const char *name, bool *any)
{
	bool found = into->found;
	int rc = 0;

	into->found = false;
	if (content)
		rc = read_content(name);
	/* An empty file leaves it to the key. */
	if (!rc && !into->found && own_key.line)
		rc = yaml_read(name, file.text, file.size, find_key);
	*any = into->found || content;
	into->found |= found;
	return rc;
}

static int read_as_cloud_init(const char *name)
{
	bool any;

	if (read_entries(name))
		return -1;
	/* Of no interest if it is not on the way to settings. */
	if (obstacle.line && (content || strstr(file.text, "bootname.y")))
		return yaml_fault_at(obstacle, "", obstacle_text);
	if (read_found(name, &any))
		return -1;
	return any ? 0 : believe_none(name);
}

static int read_as_mkuserdata(const char *name)
{
	if (yaml_read(name, file.text, file.size, find_entries))
		return -1;
	if (!content)
		return refuse_plain();
	content_size = build_is(BUILD_WHOLE) && is_base64
			       ? (size_t)decode_base64(content)
			       : strlen(content);
	return read_content(name);
}

int cloud_config_read(struct settings *settings, const char *path)
{
	int rc = file_read(path);
	bool is_cut;

	into = settings;
	source = path;
	free(content);
	content = NULL;
	content_size = 0;
	if (rc && platform_has_user)
		return rc < 0 ? -1 : 0;
	/* PyYAML writes the marks of both ends. */
	is_cut = !rc && strstr(file.text, "\n---") && !ends_in("\n...\n");
	if (!platform_has_user)
		return rc || is_cut ? refuse_plain() : read_as_mkuserdata(path);
	return is_cut ? errinfo_set(STATUS_SETTINGS,
				    "%s: is cut: its last line is not "
				    "\"...\"; make room if the disk is full, "
				    "and reboot",
				    path)
		      : read_as_cloud_init(path);
}
