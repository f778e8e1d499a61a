#include "write_files.h"

#include <stdlib.h>
#include <string.h>

#include "build.h"
#include "errinfo.h"
#include "platform.h"
#include "text.h"

enum { CONTENT_LIMIT = 1024 * 1024 }; /* bytes, as of a file of settings */

/* What PyYAML makes of a scalar without quotes; if in doubt, no text. */
#define NO_TEXT                                                                \
	"^([-+]?[.]?[0-9][-+0-9_.:eETtZz "                                     \
	"\t]*|[-+]?0[bx][0-9a-fA-F_]+|[-+]?[.]([Ii]nf|INF|[Nn]an|NAN)|=|<<"    \
	"|[Tt]rue|TRUE|[Ff]alse|FALSE|[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff"     \
	"|OFF)$"
#define SPACE "[ \t\n\r\f\v]*"

enum member_name { PATH, ENCODING, CONTENT, APPEND, DEFER, SOURCE, MEMBERS };

struct member {
	enum { ABSENT, NOTHING, TEXT, OTHER } kind;
	char *text; /* of a scalar without a tag; else NULL */
	struct place place;
};

int write_files_note_obstacle(struct write_files *files, struct place place,
			      const char *text)
{
	if (!files->obstacle.line) {
		files->obstacle = place;
		files->obstacle_text = text;
	}
	return 0;
}

void write_files_forget(struct write_files *files)
{
	free(files->content);
	files->content = NULL;
	files->size = 0;
}

/* The last one of a name counts, as in Python. */
static int take_member(void *context)
{
	struct member *current = context;
	const char *text = yaml_text();

	free(current->text);
	*current = (struct member){.kind = OTHER, .place = yaml_place()};
	if (!yaml_is_scalar() || yaml_is_tagged())
		return yaml_skip();
	current->text = strdup(text);
	if (!current->text)
		return errinfo_set(STATUS_SYSTEM, "out of memory");
	current->kind = TEXT;
	if (yaml_is_plain() && text_matches(text, "^(~|[Nn]ull|NULL|)$"))
		current->kind = NOTHING;
	else if (yaml_is_plain() && text_matches(text, NO_TEXT))
		current->kind = OTHER;
	return 0;
}

int write_files_refuse_merge(void)
{
	return yaml_is_plain() && !strcmp(yaml_text(), "<<")
		       ? yaml_fault("", "bootname does not follow a merge "
					"key (<<); write out what it adds")
		       : 0;
}

static int on_member(void *context)
{
	struct member *members = context;
	unsigned place;

	if (write_files_refuse_merge())
		return -1;
	place = text_place(yaml_text(),
			   "path encoding content append defer source ");
	if (yaml_next())
		return -1;
	return place < MEMBERS ? yaml_follow(take_member, &members[place])
			       : yaml_skip();
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
static int is_ours(struct write_files *files, const struct member *path)
{
	char *folded;
	int rc;

	if (path->kind == OTHER)
		return write_files_note_obstacle(files, path->place,
						 "a path must be a text");
	/* cloud-init passes over what has no path. */
	if (path->kind != TEXT || !*path->text)
		return 0;
	folded = fold(path->text);
	if (!folded)
		return errinfo_set(STATUS_SYSTEM, "out of memory");
	rc = !strcmp(folded, WRITE_FILES_PATH);
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

ssize_t write_files_decode(char *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = 0, digits_in = 0, padding = 0;
	char *to = text;

	for (const char *from = text; *from; from++) {
		const char *digit = strchr(digits, *from);

		if (build_is_whole && (unsigned char)*from > 127)
			return -1;
		if (build_is_whole && *from == '=' && digits_in > 1 &&
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
	return build_is_whole && digits_in ? -1 : to - text;
}

/* What cloud-init would write of the content, its size in *size. */
static int decode_content(const struct member *members, size_t *size)
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
	decoded = write_files_decode(its->text);
	if (decoded < 0)
		return yaml_fault_at(its->place, "",
				     "the content is no base64");
	*size = (size_t)decoded;
	return 0;
}

/* Join what the current entry writes to what those before it wrote. */
static int take_content(struct write_files *files, const struct member *members,
			struct place entry)
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
				     "an entry for " WRITE_FILES_PATH
				     " must have "
				     "content, the settings");
	if (its->kind != TEXT)
		return yaml_fault_at(its->place, "",
				     "the content must be a text, not "
				     "!!binary, a number or the like; put "
				     "it in quotes, or encode it in b64");
	if (decode_content(members, &size))
		return -1;
	if (!append)
		files->size = 0;
	if (files->size + size > CONTENT_LIMIT)
		return yaml_fault_at(its->place, "",
				     "the settings must be 1 MiB at most");
	joined = realloc(files->content, files->size + size + 1);
	if (!joined)
		return errinfo_set(STATUS_SYSTEM, "out of memory");
	memcpy(joined + files->size, its->text, size);
	files->content = joined;
	files->size += size;
	return 0;
}

/* Read a map, whose members are there by now. */
static int take_entry(struct write_files *files, const struct member *members,
		      struct place place)
{
	int rc = is_ours(files, &members[PATH]);

	if (rc <= 0)
		return rc;
	rc = is_true(&members[DEFER], "defer must be true or false");
	files->has_deferred |= rc > 0;
	if (rc == !files->is_deferred_turn)
		return 0;
	return rc < 0 ? -1 : take_content(files, members, place);
}

int write_files_read_entry(void *context)
{
	struct write_files *files = context;
	struct place place = yaml_place();
	struct member members[MEMBERS] = {{.kind = ABSENT}};
	int rc;

	if (!yaml_is_map()) {
		(void)write_files_note_obstacle(
			files, place, "an entry of write_files must be a map");
		return yaml_skip();
	}
	rc = yaml_read_map(on_member, members) ||
			     take_entry(files, members, place)
		     ? -1
		     : 0;
	for (size_t i = 0; i < MEMBERS; i++)
		free(members[i].text);
	return rc;
}
