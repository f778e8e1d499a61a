#include "settings.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
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
};

#define LENGTH(array) (sizeof(array) / sizeof(*(array)))

void settings_init(struct settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	settings->ttl_s = 60;
	settings->timeout_s = 300;
}

/* ---- A document as a sequence of nodes, each with its path. ---- */

enum kind {
	NODE_KEY,
	NODE_PLAIN,
	NODE_QUOTED,
	NODE_ALIAS,
	NODE_LIST,
	NODE_MAP,
	NODE_END, /* of a list or map */
};

/*
 * path: "/write_files/-/path": the keys, and "-" for an item of a list.
 * text: of a key or scalar; else "".
 */
typedef int (*node_handler)(enum kind kind, const char *path, const char *text);

BUF(path, 4096);
static const char *source; /* names the document in errors */
static yaml_mark_t mark;   /* of the current node */

/* Record the place; what is wrong there is to be added. */
static void place(const char *key)
{
	(void)errinfo_set(STATUS_SETTINGS, "%s:%zu:%zu: %s%s", source,
			  mark.line + 1, mark.column + 1, key,
			  *key ? ": " : "");
}

static int fault(const char *key, const char *text)
{
	place(key);
	return errinfo_add("%s", text);
}

/* The open lists and maps; the first one stands for the document. */
struct level {
	bool is_map;
	bool has_key; /* a map whose next node is a value */
	size_t path_len;
};

static struct level levels[DEPTH_LIMIT + 1];
static unsigned depth;

static void cut_path(size_t len)
{
	path.len = len;
	path.data[len] = '\0';
}

static int on_node(enum kind kind, const char *text, node_handler handler)
{
	struct level *level = &levels[depth];

	if (kind == NODE_END) {
		cut_path(level->path_len);
		level = &levels[--depth];
	} else if (level->is_map && !level->has_key) {
		if (kind > NODE_QUOTED)
			return fault("", "a key must be a word");
		level->has_key = true;
		cut_path(level->path_len);
		buf_addf(&path, "/%s", text);
		return buf_check(&path, "keys") ||
		       handler(NODE_KEY, path.data, text);
	} else if (depth && !level->is_map) {
		cut_path(level->path_len);
		buf_addf(&path, "/-");
	}
	if (handler(kind, path.data, text))
		return -1;
	level->has_key = false;
	if (kind != NODE_LIST && kind != NODE_MAP)
		return 0;
	if (depth == DEPTH_LIMIT)
		return fault("", "nested too deep");
	levels[++depth] = (struct level){kind == NODE_MAP, false, path.len};
	return 0;
}

static int on_event(const yaml_event_t *event, node_handler handler)
{
	const char *text = "";

	mark = event->start_mark;
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		text = (const char *)event->data.scalar.value;
		if (strlen(text) != event->data.scalar.length)
			return fault("", "a NUL byte");
		return on_node(
			event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE
				? NODE_PLAIN
				: NODE_QUOTED,
			text, handler);
	case YAML_ALIAS_EVENT:
		return on_node(NODE_ALIAS, text, handler);
	case YAML_SEQUENCE_START_EVENT:
		return on_node(NODE_LIST, text, handler);
	case YAML_MAPPING_START_EVENT:
		return on_node(NODE_MAP, text, handler);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_node(NODE_END, text, handler);
	default:
		return 0;
	}
}

/* Of a byte that is no text libyaml tells the offset only. */
static int parser_fault(const yaml_parser_t *parser, const char *text)
{
	mark = parser->problem_mark;
	if (parser->error == YAML_READER_ERROR) {
		mark.line = mark.column = 0;
		for (size_t i = 0; i < parser->problem_offset; i++) {
			mark.column = text[i] == '\n' ? 0 : mark.column + 1;
			mark.line += text[i] == '\n';
		}
	}
	return fault("", parser->problem ? parser->problem : "out of memory");
}

/* Returns the number of documents, or -1. */
static int walk(const char *name, const struct buf *text, node_handler handler)
{
	yaml_parser_t parser;
	yaml_event_t event;
	bool more = true;
	int documents = 0;

	source = name;
	depth = 0;
	cut_path(0);
	if (!yaml_parser_initialize(&parser))
		return errinfo_set(STATUS_SYSTEM, "out of memory");
	yaml_parser_set_input_string(&parser, (const unsigned char *)text->data,
				     text->len);
	while (more) {
		if (!yaml_parser_parse(&parser, &event)) {
			documents = parser_fault(&parser, text->data);
			break;
		}
		more = event.type != YAML_STREAM_END_EVENT;
		documents += event.type == YAML_DOCUMENT_START_EVENT;
		if (documents > 1)
			documents = fault("", "a second document");
		else if (on_event(&event, handler))
			documents = -1;
		yaml_event_delete(&event);
		more = more && documents >= 0;
	}
	yaml_parser_delete(&parser);
	return documents;
}

/* ---- Keys: what each one takes. ---- */

enum value_type {
	TYPE_TEXT,
	TYPE_NAME,
	TYPE_ZONE,
	TYPE_ZONE_ID,
	TYPE_NUMBER,
	TYPE_BOOLEAN,
	TYPE_WORD,
	TYPE_TYPES,
	TYPE_LATER,
};

static const struct key {
	char name[16];
	char words[20]; /* each with a blank behind it; or a text's beginning */
	unsigned type;
	unsigned offset; /* in struct settings */
	unsigned size;	 /* of a text: bytes; of a number: the largest */
	unsigned first;	 /* of a number: the least; of a word: the first's */
} keys[] = {
#define AT(member) offsetof(struct settings, member)
#define TEXT(member) AT(member), sizeof(((struct settings *)0)->member), 0
	{"name", "", TYPE_NAME, TEXT(name)},
	{"zone", "", TYPE_ZONE, AT(zone), DNSNAME_SIZE + 1, 0},
	{"zone_id", "", TYPE_ZONE_ID, TEXT(zone_id)},
	{"visibility", "public private ", TYPE_WORD, AT(visibility), 0, 1},
	{"ttl", "", TYPE_NUMBER, AT(ttl_s), 2147483647, 0},
	{"action", "UPSERT CREATE ", TYPE_WORD, AT(action), 0, 0},
	{"address", "public private ", TYPE_WORD, AT(address), 0, 0},
	{"types", "", TYPE_TYPES, AT(types), 0, 0},
	{"role_arn", "arn:", TYPE_TEXT, TEXT(role_arn)},
	{"external_id", "", TYPE_TEXT, TEXT(external_id)},
	{"grace", "", TYPE_NUMBER, AT(grace_s), 86400, 0},
	{"timeout", "", TYPE_NUMBER, AT(timeout_s), 86400, 1},
	{"wait", "no yes false true ", TYPE_BOOLEAN, AT(wait), 0, 0},
	{"proxy", "http", TYPE_TEXT, TEXT(proxy)},
	{"owner_record", "", TYPE_LATER, 0, 0, 0},
	{"take_over", "", TYPE_LATER, 0, 0, 0},
	{"routing", "", TYPE_LATER, 0, 0, 0},
	{"weight", "", TYPE_LATER, 0, 0, 0},
	{"set_identifier", "", TYPE_LATER, 0, 0, 0},
	{"health_check_id", "", TYPE_LATER, 0, 0, 0},
	{"records", "", TYPE_LATER, 0, 0, 0},
};

/* What is being read, and where to. */
static struct settings *into;
static const char *prefix;    /* of the paths that are settings */
static const struct key *key; /* the current one */
static unsigned long seen;    /* bits, in the order of keys */

/* What YAML takes for null, a truth value or a number. */
static bool is_other_type(const char *text)
{
	static const char words[] = "~ null true false yes no on off ";
	size_t len = strlen(text);
	char *end;

	for (const char *word = words; *word; word = strchr(word, ' ') + 1)
		if (!strncasecmp(word, text, len) && strcspn(word, " ") == len)
			return true;
	if (!len || !strchr("0123456789+-.", *text))
		return !len;
	(void)strtod(text, &end);
	return end > text && !*end;
}

static int take_text(enum kind kind, const char *text, char *value)
{
	if (kind > NODE_QUOTED || (kind == NODE_PLAIN && is_other_type(text)))
		return fault(key->name, "wants a text; quote it if it looks "
					"like a number or yes");
	if (!*text || strlen(text) >= key->size)
		return fault(key->name, "is empty or too long");
	for (size_t i = 0; text[i]; i++)
		if (text[i] < ' ' || text[i] > '~')
			return fault(key->name, "wants printable ASCII");
	if (strncmp(text, key->words, strlen(key->words))) {
		place(key->name);
		return errinfo_add("must begin with %s", key->words);
	}
	memcpy(value, text, strlen(text) + 1);
	return 0;
}

static int name_fault(const char *text, const char *what)
{
	BUF(quoted, 512);

	dnsname_quote(&quoted, text);
	place(key->name);
	return errinfo_add("%s is no DNS name: %s", quoted.data, what);
}

static int check_placeholder(const char *name, struct buf *out)
{
	(void)out;
	if (template_path(name))
		return 0;
	return errinfo_set(STATUS_SETTINGS,
			   "{%s} is unknown; there are {instance-id} {region} "
			   "{az} {az-id} {local-ipv4} {tag:KEY}",
			   name);
}

/* A name is kept as written: whether it is absolute shows in its final dot. */
static int take_name(enum kind kind, const char *text, char *value)
{
	char folded[DNSNAME_SIZE];
	const char *what;
	BUF(scratch, sizeof(into->name));

	if (kind <= NODE_QUOTED && *text && !strpbrk(text, "{}")) {
		what = dnsname_fold(folded, text);
		if (what)
			return name_fault(text, what);
	}
	if (take_text(kind, text, value))
		return -1;
	buf_clear(&scratch);
	if (!template_expand(text, check_placeholder, &scratch))
		return 0;
	buf_clear(&scratch);
	buf_addf(&scratch, "%s", errinfo.text);
	return fault(key->name, scratch.data);
}

static int take_zone(enum kind kind, const char *text, char *value)
{
	static char name[DNSNAME_SIZE + 1];
	const char *what;

	if (take_text(kind, text, name))
		return -1;
	what = dnsname_fold(value, name);
	return what ? name_fault(name, what) : 0;
}

/* With or without "/hostedzone/", as console and API show it. */
static int take_zone_id(enum kind kind, const char *text, char *value)
{
	static const char folder[] = "/hostedzone/";
	const char *id = text;

	if (!strncmp(text, folder, sizeof(folder) - 1))
		id += sizeof(folder) - 1;
	if (id[strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")])
		return fault(key->name, "wants capitals and digits");
	return take_text(kind, id, value);
}

static int take_number(enum kind kind, const char *text, unsigned *value)
{
	unsigned long number = strtoul(text, NULL, 10);

	if (kind != NODE_PLAIN || !*text || text[strspn(text, "0123456789")])
		return fault(key->name, "wants a whole number");
	if (number < key->first || number > key->size) {
		place(key->name);
		return errinfo_add("is out of range, %u to %u", key->first,
				   key->size);
	}
	*value = (unsigned)number;
	return 0;
}

/* Truth values come in pairs, in any case, and never quoted. */
static int take_word(enum kind kind, const char *text, unsigned *value)
{
	bool is_boolean = key->type == TYPE_BOOLEAN;
	unsigned number = key->first;
	size_t len = strlen(text);

	for (const char *word = key->words; *word;
	     word = strchr(word, ' ') + 1, number++) {
		if (kind > (is_boolean ? NODE_PLAIN : NODE_QUOTED) ||
		    strncasecmp(word, text, len) || strcspn(word, " ") != len ||
		    (!is_boolean && strncmp(word, text, len)))
			continue;
		*value = is_boolean ? number & 1 : number;
		return 0;
	}
	place(key->name);
	return errinfo_add("wants one of: %s", key->words);
}

/* The list, each of its items, and its end. */
static int take_types(enum kind kind, const char *text, unsigned *types)
{
	unsigned type = !strcmp(text, "A") + 2U * !strcmp(text, "AAAA");
	bool is_item = levels[depth].has_key == false && !levels[depth].is_map;

	if (kind == NODE_LIST && !is_item) {
		*types = 0;
		return 0;
	}
	if (kind == NODE_END ? *types : is_item && type && !(*types & type)) {
		*types |= type;
		return 0;
	}
	return fault(key->name, "wants a list of A, AAAA or both");
}

static int take_value(enum kind kind, const char *text)
{
	void *value = (char *)into + key->offset;

	if (kind == NODE_ALIAS)
		return fault(key->name, "aliases are not taken");
	switch (key->type) {
	case TYPE_NAME:
		return take_name(kind, text, value);
	case TYPE_ZONE:
		return take_zone(kind, text, value);
	case TYPE_ZONE_ID:
		return take_zone_id(kind, text, value);
	case TYPE_TEXT:
		return take_text(kind, text, value);
	case TYPE_NUMBER:
		return take_number(kind, text, value);
	case TYPE_BOOLEAN:
	case TYPE_WORD:
		return take_word(kind, text, value);
	case TYPE_TYPES:
		return take_types(kind, text, value);
	default:
		return fault(key->name, "is not supported yet");
	}
}

/* Levenshtein's distance between a word and a key. */
static size_t distance(const char *word, const char *name)
{
	size_t row[sizeof(key->name)];
	size_t len = strlen(name);

	for (size_t j = 0; j <= len; j++)
		row[j] = j;
	for (size_t i = 1; word[i - 1]; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= len; j++) {
			size_t best = diagonal + (word[i - 1] != name[j - 1]);

			diagonal = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[len];
}

static int take_key(const char *name)
{
	size_t least = NEAR_MISS + 1;
	BUF(quoted, 512);

	for (const struct key *other = keys; other < keys + LENGTH(keys);
	     other++) {
		size_t edits = distance(name, other->name);

		if (edits < least) {
			least = edits;
			key = other;
		}
	}
	if (least) {
		dnsname_quote(&quoted, name);
		place("");
		(void)errinfo_add("unknown key %s", quoted.data);
		if (least <= NEAR_MISS)
			(void)errinfo_add("; did you mean \"%s\"?", key->name);
		return -1;
	}
	if (seen & 1UL << (key - keys))
		return fault(key->name, "stands here twice");
	seen |= 1UL << (key - keys);
	return 0;
}

static int on_setting(enum kind kind, const char *where, const char *text)
{
	size_t len = strlen(prefix);

	if (strncmp(where, prefix, len) || (where[len] && where[len] != '/'))
		return 0;
	if (where[len])
		return kind == NODE_KEY ? take_key(text)
					: take_value(kind, text);
	if (kind == NODE_KEY || kind == NODE_END)
		return 0;
	into->found = true;
	seen = 0;
	return kind == NODE_MAP ? 0
				: fault("", "wants lines of \"key: value\"");
}

static int read_settings(const char *name, const struct buf *text)
{
	int documents = walk(name, text, on_setting);

	return documents ? (documents < 0 ? -1 : 0)
			 : fault("", "holds no settings; {} takes the "
				     "defaults");
}

/* ---- Files. ---- */

/* Returns 1 where there is no such file. */
static int load(const char *name, struct buf *text)
{
	struct stat status;
	ssize_t len = 1;
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	buf_clear(text);
	if (fd < 0) {
		int reason = errno;

		(void)errinfo_set(STATUS_SETTINGS, "%s: %s", name,
				  strerror(reason));
		return reason == ENOENT ? 1 : -1;
	}
	if (fstat(fd, &status) || !S_ISREG(status.st_mode) ||
	    status.st_mode & S_IWOTH)
		errno = EPERM;
	else
		while ((len = read(fd, text->data + text->len,
				   text->size - text->len)) > 0)
			text->len += (size_t)len;
	(void)close(fd);
	if (len)
		return errinfo_set(STATUS_SETTINGS, "%s: %s", name,
				   len < 0 ? strerror(errno)
					   : "must be a file that not "
					     "everybody can write");
	if (text->len == text->size)
		return errinfo_set(STATUS_SETTINGS,
				   "%s:1:1: larger than %d bytes", name,
				   FILE_LIMIT);
	text->data[text->len] = '\0';
	return 0;
}

BUF(file, FILE_LIMIT);

int settings_read_file(struct settings *settings, const char *name)
{
	into = settings;
	prefix = "";
	return load(name, &file) || read_settings(name, &file) ? -1 : 0;
}

/* ---- cloud-config: find the settings in what else it holds. ---- */

BUF(content, FILE_LIMIT);      /* of the current write_files entry */
BUF(last_content, FILE_LIMIT); /* of the last one that is ours */
static char encoding[16], last_encoding[16];
static bool is_ours, has_ours;

static int on_cloud_config(enum kind kind, const char *where, const char *text)
{
	static const char entry[] = "/write_files/-";
	size_t len = sizeof(entry) - 1;

	if (strncmp(where, entry, len))
		return 0;
	if (!where[len] && kind == NODE_MAP) {
		buf_clear(&content);
		encoding[0] = '\0';
		is_ours = false;
	} else if (!where[len] && kind == NODE_END && is_ours) {
		buf_clear(&last_content);
		buf_add(&last_content, content.data, content.len);
		memcpy(last_encoding, encoding, sizeof(encoding));
		has_ours = true;
	} else if (kind != NODE_PLAIN && kind != NODE_QUOTED) {
		return 0;
	} else if (!strcmp(where + len, "/path")) {
		is_ours = !strcmp(text, "/etc/bootname.yaml");
	} else if (!strcmp(where + len, "/encoding")) {
		(void)snprintf(encoding, sizeof(encoding), "%s", text);
	} else if (!strcmp(where + len, "/content")) {
		buf_clear(&content);
		buf_add(&content, text, strlen(text));
	}
	return 0;
}

/* In place; whether it was base64. */
static bool decode_base64(struct buf *text)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = 0;
	unsigned count = 0;
	const char *from = text->data;
	const char *digit;

	for (text->len = 0; *from && *from != '='; from++) {
		if (isspace((unsigned char)*from))
			continue;
		digit = strchr(digits, *from);
		if (!digit)
			return false;
		bits = bits << 6 | (unsigned)(digit - digits);
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		text->data[text->len++] = (char)(bits >> count);
	}
	text->data[text->len] = '\0';
	return count < 6 && !from[strspn(from, "= \n")];
}

int settings_read_cloud_config(struct settings *settings, const char *name)
{
	char label[PATH_MAX];
	int rc = load(name, &file);

	if (rc)
		return rc < 0 ? -1 : 0;
	into = settings;
	prefix = "/bootname";
	has_ours = is_ours = false;
	if (walk(name, &file, on_cloud_config) < 0)
		return -1;
	if (!has_ours)
		return walk(name, &file, on_setting) < 0 ? -1 : 0;
	prefix = "";
	(void)snprintf(label, sizeof(label), "%s: /etc/bootname.yaml", name);
	if (last_encoding[0] && strcmp(last_encoding, "text/plain") &&
	    ((strcmp(last_encoding, "b64") &&
	      strcmp(last_encoding, "base64")) ||
	     !decode_base64(&last_content)))
		return errinfo_set(STATUS_SETTINGS, "%s: wants text or b64",
				   label);
	return read_settings(label, &last_content);
}
