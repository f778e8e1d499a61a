#include "settings.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <yaml.h>

#include "buf.h"
#include "errinfo.h"
#include "template.h"

enum {
	FILE_LIMIT = 1024 * 1024, /* bytes */
	DEPTH_LIMIT = 32,
	NEAR_MISS = 2, /* edits between a key and what was meant */
	KEY_LIMIT = 32,
};

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

static const char settings_path[] = "/etc/bootname.yaml";

/* ---- Events: libyaml's, one at a time, bounded in depth. ---- */

struct reader {
	yaml_parser_t parser;
	yaml_event_t event; /* the current one */
	const char *source; /* names the document in errors */
	unsigned depth;
	struct errinfo *err;
};

/* An error at a place in the document: source:line:column: key: text. */
static int fault_at(struct reader *reader, yaml_mark_t mark, const char *key,
		    const char *text)
{
	return errinfo_set(reader->err, STATUS_SETTINGS, "%s:%zu:%zu: %s%s%s",
			   reader->source, mark.line + 1, mark.column + 1, key,
			   *key ? ": " : "", text);
}

static int fault(struct reader *reader, const char *text)
{
	return fault_at(reader, reader->event.start_mark, "", text);
}

static void reader_init(struct reader *reader, const char *source,
			const char *text, size_t len, struct errinfo *err)
{
	memset(reader, 0, sizeof(*reader));
	reader->source = source;
	reader->err = err;
	if (yaml_parser_initialize(&reader->parser))
		yaml_parser_set_input_string(&reader->parser,
					     (const unsigned char *)text, len);
}

static void reader_release(struct reader *reader)
{
	yaml_event_delete(&reader->event);
	yaml_parser_delete(&reader->parser);
}

static int parser_fault(struct reader *reader)
{
	const yaml_parser_t *parser = &reader->parser;
	yaml_mark_t mark = parser->problem_mark;

	if (parser->error == YAML_MEMORY_ERROR || !parser->problem)
		return errinfo_no_memory(reader->err);
	if (parser->error == YAML_READER_ERROR)
		mark = parser->mark;
	return fault_at(reader, mark, "", parser->problem);
}

static int next(struct reader *reader)
{
	yaml_event_delete(&reader->event);
	if (!yaml_parser_parse(&reader->parser, &reader->event))
		return parser_fault(reader);
	switch (reader->event.type) {
	case YAML_MAPPING_START_EVENT:
	case YAML_SEQUENCE_START_EVENT:
		if (++reader->depth > DEPTH_LIMIT)
			return fault(reader, "nested too deep");
		break;
	case YAML_MAPPING_END_EVENT:
	case YAML_SEQUENCE_END_EVENT:
		reader->depth--;
		break;
	default:
		break;
	}
	return 0;
}

/* To the first node of the only document; at the end where there is none. */
static int next_document(struct reader *reader)
{
	do
		if (next(reader))
			return -1;
	while (reader->event.type == YAML_STREAM_START_EVENT ||
	       reader->event.type == YAML_DOCUMENT_START_EVENT);
	return 0;
}

/* From the first event of a node to its last. */
static int skip_node(struct reader *reader)
{
	unsigned depth = reader->depth;

	if (reader->event.type != YAML_MAPPING_START_EVENT &&
	    reader->event.type != YAML_SEQUENCE_START_EVENT)
		return 0;
	do
		if (next(reader))
			return -1;
	while (reader->depth >= depth);
	return 0;
}

/* The text of the current scalar; NULL where it is none, or holds a NUL. */
static const char *scalar_text(const struct reader *reader)
{
	const char *text = (const char *)reader->event.data.scalar.value;

	if (reader->event.type != YAML_SCALAR_EVENT ||
	    strlen(text) != reader->event.data.scalar.length)
		return NULL;
	return text;
}

static bool is_scalar(const struct reader *reader, const char *text)
{
	const char *scalar = scalar_text(reader);

	return scalar && !strcmp(scalar, text);
}

/* ---- Values: one function per kind, each storing one key's value. ---- */

enum kind {
	KIND_TEXT,
	KIND_NAME,
	KIND_ZONE,
	KIND_ZONE_ID,
	KIND_NUMBER,
	KIND_CHOICE,
	KIND_TYPES,
	KIND_BOOLEAN,
	KIND_LATER,
};

struct key {
	const char *name;
	enum kind kind;
	size_t offset; /* in struct settings */
	long size;     /* text: bytes with the NUL; number: the largest value */
	long least;    /* number: the smallest; choice: of the first word */
	const char *words; /* choice: each ended by a blank */
};

#define AT(member) offsetof(struct settings, member)
#define SIZE(member) sizeof(((struct settings *)0)->member)

static const struct key keys[] = {
	{"name", KIND_NAME, AT(name), SIZE(name), 0, NULL},
	{"zone", KIND_ZONE, AT(zone), SIZE(zone), 0, NULL},
	{"zone_id", KIND_ZONE_ID, AT(zone_id), SIZE(zone_id), 0, NULL},
	{"visibility", KIND_CHOICE, AT(visibility), 0, VISIBILITY_PUBLIC,
	 "public private "},
	{"ttl", KIND_NUMBER, AT(ttl_s), 2147483647, 0, NULL},
	{"action", KIND_CHOICE, AT(action), 0, ACTION_UPSERT, "UPSERT CREATE "},
	{"address", KIND_CHOICE, AT(address), 0, ADDRESS_PUBLIC,
	 "public private "},
	{"types", KIND_TYPES, AT(types), 0, 0, NULL},
	{"role_arn", KIND_TEXT, AT(role_arn), SIZE(role_arn), 0, NULL},
	{"external_id", KIND_TEXT, AT(external_id), SIZE(external_id), 0, NULL},
	{"grace", KIND_NUMBER, AT(grace_s), 86400, 0, NULL},
	{"timeout", KIND_NUMBER, AT(timeout_s), 86400, 1, NULL},
	{"wait", KIND_BOOLEAN, AT(wait), 0, 0, NULL},
	{"proxy", KIND_TEXT, AT(proxy), SIZE(proxy), 0, NULL},
	{"owner_record", KIND_LATER, 0, 0, 0, NULL},
	{"take_over", KIND_LATER, 0, 0, 0, NULL},
	{"routing", KIND_LATER, 0, 0, 0, NULL},
	{"weight", KIND_LATER, 0, 0, 0, NULL},
	{"set_identifier", KIND_LATER, 0, 0, 0, NULL},
	{"health_check_id", KIND_LATER, 0, 0, 0, NULL},
	{"records", KIND_LATER, 0, 0, 0, NULL},
};

static int fault_in(struct reader *reader, const struct key *key,
		    const char *text)
{
	return fault_at(reader, reader->event.start_mark, key->name, text);
}

/* What YAML would read as another type: null, boolean or number. */
static bool is_plain_other(const struct reader *reader)
{
	static const char *const words[] = {
		"", "~", "null", "true", "false", "yes", "no", "on", "off",
	};
	const char *text = scalar_text(reader);
	char *end = NULL;

	if (!text || reader->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	for (size_t i = 0; i < LENGTH(words); i++)
		if (!strcasecmp(text, words[i]))
			return true;
	if (!strchr("0123456789+-.", text[0]))
		return false;
	(void)strtod(text, &end);
	return end != text && !*end;
}

/* A text value without control bytes, in *text. */
static int text_value(struct reader *reader, const struct key *key,
		      const char **text)
{
	*text = scalar_text(reader);
	if (!*text || is_plain_other(reader))
		return fault_in(reader, key,
				"a text is wanted; quote it if it looks like "
				"a number or a word such as yes");
	if (!**text)
		return fault_in(reader, key, "is empty; leave the key out");
	for (const char *c = *text; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			return fault_in(reader, key,
					"holds a byte that is not printable "
					"ASCII");
	if (strlen(*text) >= (size_t)key->size)
		return fault_in(reader, key, "is too long");
	return 0;
}

static int name_fault(struct reader *reader, const struct key *key,
		      const char *text, const char *what)
{
	struct buf message = BUF_INIT(512);

	dnsname_quote(&message, text, strlen(text));
	buf_addf(&message, " is %s", what);
	(void)fault_in(reader, key, buf_text(&message));
	buf_release(&message);
	return -1;
}

/* A name is kept as written: whether it is absolute shows in its final dot. */
static int read_name(struct reader *reader, const struct key *key, char *value)
{
	struct buf checked = BUF_INIT(FILE_LIMIT);
	char folded[DNSNAME_SIZE];
	const char *what = NULL;
	const char *text;
	int rc = -1;

	if (text_value(reader, key, &text))
		return -1;
	if (!template_is(text))
		what = dnsname_fold(folded, text, strlen(text));
	else if (template_expand(text, NULL, NULL, &checked, reader->err)) {
		char message[sizeof(reader->err->text)];

		memcpy(message, reader->err->text, sizeof(message));
		(void)fault_in(reader, key, message);
		goto out;
	}
	if (what) {
		(void)name_fault(reader, key, text, what);
		goto out;
	}
	memcpy(value, text, strlen(text) + 1);
	rc = 0;
out:
	buf_release(&checked);
	return rc;
}

static int read_zone(struct reader *reader, const struct key *key, char *value)
{
	const char *text;
	const char *what;

	if (text_value(reader, key, &text))
		return -1;
	what = dnsname_fold(value, text, strlen(text));
	return what ? name_fault(reader, key, text, what) : 0;
}

/* As the console and the API show it: with or without "/hostedzone/". */
static int read_zone_id(struct reader *reader, const struct key *key,
			char *value)
{
	static const char prefix[] = "/hostedzone/";
	struct key longer = *key;
	const char *text;
	size_t len;

	longer.size += (long)sizeof(prefix) - 1;
	if (text_value(reader, &longer, &text))
		return -1;
	if (!strncmp(text, prefix, sizeof(prefix) - 1))
		text += sizeof(prefix) - 1;
	len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
	if (!len || text[len] || len >= (size_t)key->size)
		return fault_in(reader, key,
				"a hosted zone id is at most 32 capital "
				"letters and digits, such as "
				"Z0123456789ABCDEFGHIJ");
	memcpy(value, text, len + 1);
	return 0;
}

static int read_text(struct reader *reader, const struct key *key, char *value)
{
	const char *text;

	if (text_value(reader, key, &text))
		return -1;
	memcpy(value, text, strlen(text) + 1);
	return 0;
}

static int read_number(struct reader *reader, const struct key *key,
		       long *value)
{
	const char *text = scalar_text(reader);
	char message[96];
	long number;

	if (!text || !*text || text[strspn(text, "0123456789")] ||
	    reader->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return fault_in(reader, key,
				"a whole number of seconds is wanted, without "
				"quotes");
	errno = 0;
	number = strtol(text, NULL, 10);
	if (errno || number < key->least || number > key->size) {
		(void)snprintf(message, sizeof(message),
			       "out of range, %ld to %ld", key->least,
			       key->size);
		return fault_in(reader, key, message);
	}
	*value = number;
	return 0;
}

/* The words are in the order of the enum, from its value least on. */
static int read_choice(struct reader *reader, const struct key *key,
		       unsigned *value)
{
	const char *text = scalar_text(reader);
	char message[96];
	unsigned choice = (unsigned)key->least;
	size_t len;

	for (const char *word = key->words; text && *word;
	     word += len + 1, choice++) {
		len = strcspn(word, " ");
		if (strlen(text) == len && !memcmp(text, word, len)) {
			*value = choice;
			return 0;
		}
	}
	(void)snprintf(message, sizeof(message), "wants one of: %s",
		       key->words);
	message[strlen(message) - 1] = '\0';
	return fault_in(reader, key, message);
}

static int read_types(struct reader *reader, const struct key *key,
		      unsigned *value)
{
	static const char wanted[] = "a list of A and AAAA is wanted, each "
				     "at most once, such as [A, AAAA]";
	unsigned types = 0;
	unsigned type;

	if (reader->event.type != YAML_SEQUENCE_START_EVENT)
		return fault_in(reader, key, wanted);
	for (;;) {
		if (next(reader))
			return -1;
		if (reader->event.type == YAML_SEQUENCE_END_EVENT)
			break;
		type = is_scalar(reader, "A")	   ? TYPE_A
		       : is_scalar(reader, "AAAA") ? TYPE_AAAA
						   : 0;
		if (!type || types & type)
			return fault_in(reader, key, wanted);
		types |= type;
	}
	if (!types)
		return fault_in(reader, key, wanted);
	*value = types;
	return 0;
}

static int read_boolean(struct reader *reader, const struct key *key,
			bool *value)
{
	const char *text = scalar_text(reader);

	if (text &&
	    reader->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE) {
		*value = !strcasecmp(text, "true") || !strcasecmp(text, "yes");
		if (*value || !strcasecmp(text, "false") ||
		    !strcasecmp(text, "no"))
			return 0;
	}
	return fault_in(reader, key, "wants true or false");
}

static int read_value(struct reader *reader, const struct key *key,
		      struct settings *settings)
{
	void *value = (char *)settings + key->offset;

	if (reader->event.type == YAML_ALIAS_EVENT)
		return fault_in(reader, key, "aliases are not taken here");
	switch (key->kind) {
	case KIND_TEXT:
		return read_text(reader, key, value);
	case KIND_NAME:
		return read_name(reader, key, value);
	case KIND_ZONE:
		return read_zone(reader, key, value);
	case KIND_ZONE_ID:
		return read_zone_id(reader, key, value);
	case KIND_NUMBER:
		return read_number(reader, key, value);
	case KIND_CHOICE:
		return read_choice(reader, key, value);
	case KIND_TYPES:
		return read_types(reader, key, value);
	case KIND_BOOLEAN:
		return read_boolean(reader, key, value);
	case KIND_LATER:
		break;
	}
	return fault_in(reader, key, "is not supported yet by this version");
}

/* ---- The settings themselves: one mapping of keys to values. ---- */

/* Levenshtein's distance between two short words. */
static size_t distance(const char *left, const char *right)
{
	size_t row[KEY_LIMIT + 1];
	size_t right_len = strlen(right);

	for (size_t j = 0; j <= right_len; j++)
		row[j] = j;
	for (size_t i = 1; left[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= right_len; j++) {
			size_t best = diagonal + (left[i - 1] != right[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[right_len];
}

static int unknown_key(struct reader *reader, const char *name)
{
	struct buf message = BUF_INIT(512);
	const char *meant = NULL;
	size_t least = NEAR_MISS + 1;

	for (size_t i = 0; strlen(name) < KEY_LIMIT && i < LENGTH(keys); i++) {
		size_t edits = distance(name, keys[i].name);

		if (edits < least) {
			least = edits;
			meant = keys[i].name;
		}
	}
	buf_add_text(&message, "unknown key ");
	dnsname_quote(&message, name, strlen(name));
	if (meant)
		buf_addf(&message, "; did you mean \"%s\"?", meant);
	(void)fault(reader, buf_text(&message));
	buf_release(&message);
	return -1;
}

static const struct key *find_key(const char *name)
{
	for (size_t i = 0; i < LENGTH(keys); i++)
		if (!strcmp(keys[i].name, name))
			return &keys[i];
	return NULL;
}

/* From the start of the mapping, which is the current event, to its end. */
static int read_mapping(struct reader *reader, struct settings *settings)
{
	bool seen[LENGTH(keys)] = {false};
	const struct key *key;
	const char *name;

	if (reader->event.type != YAML_MAPPING_START_EVENT)
		return fault(reader, "settings are lines of \"key: value\"");
	settings->found = true;
	for (;;) {
		if (next(reader))
			return -1;
		if (reader->event.type == YAML_MAPPING_END_EVENT)
			return 0;
		name = scalar_text(reader);
		if (!name)
			return fault(reader, "a key must be a plain word");
		key = find_key(name);
		if (!key)
			return unknown_key(reader, name);
		if (seen[key - keys])
			return fault_in(reader, key, "stands here twice");
		seen[key - keys] = true;
		if (next(reader) || read_value(reader, key, settings))
			return -1;
	}
}

/* A whole document of settings. */
static int read_document(struct settings *settings, const char *source,
			 const char *text, size_t len, struct errinfo *err)
{
	struct reader reader;
	int rc = -1;

	reader_init(&reader, source, text, len, err);
	if (next_document(&reader))
		goto out;
	if (reader.event.type == YAML_STREAM_END_EVENT) {
		(void)fault(&reader, "holds no settings; write {} to take "
				     "every default");
		goto out;
	}
	if (read_mapping(&reader, settings) || next(&reader) || next(&reader))
		goto out;
	if (reader.event.type != YAML_STREAM_END_EVENT) {
		(void)fault(&reader, "a second document");
		goto out;
	}
	rc = 0;
out:
	reader_release(&reader);
	return rc;
}

/* ---- Files. ---- */

static int file_fault(struct errinfo *err, const char *path, const char *text)
{
	return errinfo_set(err, STATUS_SETTINGS, "%s: %s", path, text);
}

static int read_all(int fd, struct buf *text, struct errinfo *err)
{
	char chunk[4096];
	ssize_t len;

	while ((len = read(fd, chunk, sizeof(chunk))) > 0) {
		buf_add(text, chunk, (size_t)len);
		if (buf_check(text, "settings", err)) {
			err->status = err->status == STATUS_DATA
					      ? STATUS_SETTINGS
					      : err->status;
			return -1;
		}
	}
	if (len < 0)
		return errinfo_set(err, STATUS_SETTINGS, "%s", strerror(errno));
	return 0;
}

/* Returns 1 where there is no such file. */
static int load(struct buf *text, const char *path, struct errinfo *err)
{
	struct stat status;
	int rc = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 && errno == ENOENT) {
		(void)file_fault(err, path, "No such file or directory");
		return 1;
	}
	if (fd < 0)
		return file_fault(err, path, strerror(errno));
	if (fstat(fd, &status))
		(void)file_fault(err, path, strerror(errno));
	else if (!S_ISREG(status.st_mode))
		(void)file_fault(err, path, "is no regular file");
	else if (status.st_mode & S_IWOTH)
		(void)file_fault(err, path,
				 "everybody can write it; chmod o-w first");
	else if (read_all(fd, text, err))
		(void)errinfo_prefix(err, "%s: ", path);
	else
		rc = 0;
	(void)close(fd);
	return rc;
}

int settings_read_file(struct settings *settings, const char *path,
		       struct errinfo *err)
{
	struct buf text = BUF_INIT(FILE_LIMIT);
	int rc = load(&text, path, err);

	if (!rc)
		rc = read_document(settings, path, buf_text(&text), text.len,
				   err);
	buf_release(&text);
	return rc ? -1 : 0;
}

/* ---- cloud-config: find the settings in what else it holds. ---- */

/* What one write_files entry says. */
struct entry {
	bool is_settings; /* its path is ours */
	bool has_content;
	struct buf content;
	char encoding[16];
};

static int read_entry(struct reader *reader, struct entry *entry)
{
	static const char *const fields[] = {"path", "content", "encoding"};
	const char *text;
	size_t field;

	for (;;) {
		if (next(reader))
			return -1;
		if (reader->event.type == YAML_MAPPING_END_EVENT)
			return 0;
		for (field = 0; field < LENGTH(fields); field++)
			if (is_scalar(reader, fields[field]))
				break;
		if (skip_node(reader) || next(reader))
			return -1;
		text = scalar_text(reader);
		if (text && field == 0)
			entry->is_settings = !strcmp(text, settings_path);
		else if (text && field == 1) {
			entry->has_content = true;
			buf_clear(&entry->content);
			buf_add_text(&entry->content, text);
		} else if (text && field == 2)
			(void)snprintf(entry->encoding, sizeof(entry->encoding),
				       "%s", text);
		if (skip_node(reader))
			return -1;
	}
}

/* The last entry for our path is what cloud-init leaves on the disk. */
static int read_write_files(struct reader *reader, struct entry *found)
{
	struct entry entry;

	if (reader->event.type != YAML_SEQUENCE_START_EVENT)
		return skip_node(reader);
	for (;;) {
		if (next(reader))
			return -1;
		if (reader->event.type == YAML_SEQUENCE_END_EVENT)
			return 0;
		if (reader->event.type != YAML_MAPPING_START_EVENT) {
			if (skip_node(reader))
				return -1;
			continue;
		}
		entry = (struct entry){.content = BUF_INIT(FILE_LIMIT)};
		if (read_entry(reader, &entry)) {
			buf_release(&entry.content);
			return -1;
		}
		if (entry.is_settings) {
			buf_release(&found->content);
			*found = entry;
		} else {
			buf_release(&entry.content);
		}
	}
}

/*
 * One pass over the cloud-config.
 * found: gets the write_files entry; or NULL: the key bootname is read into
 *        settings instead.
 */
static int walk(const char *path, const struct buf *text, struct entry *found,
		struct settings *settings, struct errinfo *err)
{
	struct reader reader;
	bool is_key;
	int rc = -1;

	reader_init(&reader, path, buf_text(text), text->len, err);
	if (next_document(&reader))
		goto out;
	while (reader.event.type == YAML_MAPPING_START_EVENT ||
	       reader.depth == 1) {
		if (next(&reader))
			goto out;
		if (reader.event.type == YAML_MAPPING_END_EVENT)
			break;
		is_key = is_scalar(&reader, found ? "write_files" : "bootname");
		if (skip_node(&reader) || next(&reader))
			goto out;
		if (!is_key ? skip_node(&reader)
		    : found ? read_write_files(&reader, found)
			    : read_mapping(&reader, settings))
			goto out;
	}
	rc = 0;
out:
	reader_release(&reader);
	return rc;
}

static int decode_base64(struct buf *out, const char *text)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "abcdefghijklmnopqrstuvwxyz"
				       "0123456789+/";
	uint32_t bits = 0;
	unsigned count = 0;

	for (; *text && *text != '='; text++) {
		const char *digit = strchr(alphabet, *text);

		if (isspace((unsigned char)*text))
			continue;
		if (!digit)
			return -1;
		bits = bits << 6 | (uint32_t)(digit - alphabet);
		count += 6;
		if (count >= 8) {
			count -= 8;
			buf_add_char(out, (char)(bits >> count & 0xff));
		}
	}
	return text[strspn(text, "= \r\n\t")] ? -1 : 0;
}

static int read_found(struct settings *settings, const char *path,
		      struct entry *found, struct errinfo *err)
{
	struct buf decoded = BUF_INIT(FILE_LIMIT);
	char source[PATH_MAX + 32];
	int rc = -1;

	(void)snprintf(source, sizeof(source), "%s: %s", path, settings_path);
	if (!found->encoding[0] || !strcmp(found->encoding, "text/plain")) {
		buf_add_text(&decoded, buf_text(&found->content));
	} else if (strcmp(found->encoding, "b64") &&
		   strcmp(found->encoding, "base64")) {
		(void)file_fault(err, source,
				 "its encoding must be plain or b64");
		goto out;
	} else if (decode_base64(&decoded, buf_text(&found->content))) {
		(void)file_fault(err, source, "its content is no base64");
		goto out;
	}
	if (buf_check(&decoded, "settings", err))
		goto out;
	rc = read_document(settings, source, buf_text(&decoded), decoded.len,
			   err);
out:
	buf_release(&decoded);
	return rc;
}

int settings_read_cloud_config(struct settings *settings, const char *path,
			       struct errinfo *err)
{
	struct entry found = {.content = BUF_INIT(FILE_LIMIT)};
	struct buf text = BUF_INIT(FILE_LIMIT);
	int rc = load(&text, path, err);

	if (rc) {
		rc = rc < 0 ? -1 : 0;
		goto out;
	}
	rc = walk(path, &text, &found, NULL, err);
	if (rc)
		goto out;
	if (found.is_settings)
		rc = read_found(settings, path, &found, err);
	else
		rc = walk(path, &text, NULL, settings, err);
out:
	if (!rc)
		errinfo_clear(err);
	buf_release(&found.content);
	buf_release(&text);
	return rc;
}

void settings_init(struct settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	settings->ttl_s = 60;
	settings->timeout_s = 300;
}
