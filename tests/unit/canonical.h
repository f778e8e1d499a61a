/*
 * Any request in the form that sigv4_canonical_request takes.
 *
 * The program writes each of its few requests in canonical form, so it has no
 * code that sorts parameters, folds headers or normalizes paths.  AWS's
 * published vectors and other signers' requests are of every form: this makes
 * them canonical, so that they can tell whether the rest is right.
 * Source: IAM User Guide, "Create a signed AWS API request".
 */
#ifndef CANONICAL_H
#define CANONICAL_H

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "sigv4.h"

enum { CANONICAL_ITEMS = 32 }; /* the most parameters or headers */

static struct canonical {
	struct buf path, query, headers, signed_headers;
} canonical;

/*
 * Names and values to be sorted: texts "name\1value".  The byte between sorts
 * below all others, so that a name comes before the longer ones that it
 * begins.
 */
static struct buf canonical_entries;
static const char *canonical_list[CANONICAL_ITEMS];
static size_t canonical_count;

static inline void canonical_encode(struct buf *out, const char *text,
				    size_t len, const char *kept)
{
	for (; len--; text++) {
		const char byte[] = {*text, '\0'};

		if (strchr(kept, *text))
			buf_add(out, text, 1);
		else
			sigv4_encode(out, byte);
	}
}

/* RFC 3986 section 5.2.4, and runs of slashes become one. */
static inline void canonical_set_path(const char *path)
{
	struct buf *out = &canonical.path;
	size_t len;

	do {
		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (len == 2 && !memcmp(path, "..", 2)) {
			do
				out->len -= out->len > 0;
			while (out->len && out->data[out->len] != '/');
		} else if (len && (len != 1 || *path != '.')) {
			buf_add(out, "/", 1);
			canonical_encode(out, path, len, "");
		}
		path += len;
	} while (*path);
	if (!len || !out->len)
		buf_add(out, "/", 1);
	out->data[out->len] = '\0';
}

static inline void canonical_start(void)
{
	buf_wipe(&canonical_entries);
	canonical_count = 0;
}

/* Begin an entry; whether there is room for it. */
static inline bool canonical_add(void)
{
	if (canonical_count == CANONICAL_ITEMS)
		return false;
	canonical_list[canonical_count++] =
		canonical_entries.data + canonical_entries.len;
	return true;
}

static inline int canonical_compare(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static inline void canonical_sort(void)
{
	qsort((void *)canonical_list, canonical_count, sizeof(*canonical_list),
	      canonical_compare);
}

static inline size_t canonical_name(const char *entry)
{
	return strcspn(entry, "\1");
}

/* Percent-escapes that stand in the query already are kept. */
static inline bool canonical_set_query(const char *query)
{
	canonical_start();
	while (*query) {
		size_t len = strcspn(query, "&");
		size_t name = strcspn(query, "=&");

		if (!canonical_add())
			return false;
		canonical_encode(&canonical_entries, query, name, "%");
		buf_add(&canonical_entries, "\1", 1);
		name += name < len;
		canonical_encode(&canonical_entries, query + name, len - name,
				 "%");
		buf_add(&canonical_entries, "", 1);
		query += len + (query[len] == '&');
	}
	canonical_sort();
	for (size_t i = 0; i < canonical_count; i++) {
		const char *entry = canonical_list[i];
		size_t len = canonical_name(entry);

		buf_addf(&canonical.query, "%s%.*s=%s", i ? "&" : "", (int)len,
			 entry, entry + len + 1);
	}
	return !buf_is_cut(&canonical_entries);
}

/* The name in lower case, its place (so that the values of one name stay in
 * the order they are sent), the value with runs of blanks folded. */
static inline void canonical_add_header(const char *line)
{
	static const char blanks[] = " \t\r\n";
	const char *gap = "";

	for (; *line && *line != ':'; line++)
		buf_addf(&canonical_entries, "%c",
			 *line | (*line >= 'A' && *line <= 'Z' ? ' ' : 0));
	buf_addf(&canonical_entries, "\1%c", (int)canonical_count);
	for (line += *line == ':'; *(line += strspn(line, blanks)); gap = " ") {
		size_t len = strcspn(line, blanks);

		buf_addf(&canonical_entries, "%s%.*s", gap, (int)len, line);
		line += len;
	}
	buf_add(&canonical_entries, "", 1);
}

/* headers: lines "Name: value", NULL behind the last. */
static inline bool canonical_set_headers(const char *const *headers)
{
	const char *last = "";

	canonical_start();
	for (; *headers; headers++) {
		if (!canonical_add())
			return false;
		canonical_add_header(*headers);
	}
	canonical_sort();
	for (size_t i = 0; i < canonical_count; i++) {
		const char *entry = canonical_list[i];
		size_t len = canonical_name(entry);

		if (!strncmp(entry, last, len + 1)) {
			buf_addf(&canonical.headers, ",%s", entry + len + 2);
			continue;
		}
		last = entry;
		buf_addf(&canonical.headers, "%s%.*s:%s", i ? "\n" : "",
			 (int)len, entry, entry + len + 2);
		buf_addf(&canonical.signed_headers, "%s%.*s", i ? ";" : "",
			 (int)len, entry);
	}
	buf_addf(&canonical.headers, "\n");
	return !buf_is_cut(&canonical_entries);
}

/*
 * Make a request canonical, in the variable of that name.
 * path, query, headers: as sent.
 * normalize: fold "//", "." and ".." in the path.
 * Returns whether it fitted.
 */
static inline bool canonical_make(const char *path, bool normalize,
				  const char *query, const char *const *headers)
{
	buf_wipe(&canonical.path);
	buf_wipe(&canonical.query);
	buf_wipe(&canonical.headers);
	buf_wipe(&canonical.signed_headers);
	if (normalize)
		canonical_set_path(path);
	else
		canonical_encode(&canonical.path, path, strlen(path), "/");
	return canonical_set_query(query) && canonical_set_headers(headers) &&
	       !buf_is_cut(&canonical.path) && !buf_is_cut(&canonical.query) &&
	       !buf_is_cut(&canonical.headers);
}

#endif
