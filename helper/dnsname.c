#include "dnsname.h"

#include <string.h>

#include "buf.h"

enum {
	LABEL_LIMIT = 63,
	QUOTED_LIMIT = 80,
};

/* Not the C library's: its answer depends on the locale. */
static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | ' ') : c;
}

const char *dnsname_fold(char folded[DNSNAME_SIZE], const char *text)
{
	size_t label = 0; /* where it begins */
	size_t i;

	for (i = 0; text[i] && (text[i] != '.' || text[i + 1]); i++) {
		char c = lower(text[i]);

		if (i == DNSNAME_LIMIT)
			return "it is longer than 253 bytes";
		folded[i] = c;
		if (c == '.') {
			if (i == label)
				return "it has an empty label";
			if (folded[i - 1] == '-')
				return "a label ends with a hyphen";
			label = i + 1;
		} else if (i - label == LABEL_LIMIT) {
			return "it has a label of more than 63 bytes";
		} else if (c == '-' && i == label) {
			return "a label begins with a hyphen";
		} else if (!(c == '*' && !i && (!text[1] || text[1] == '.')) &&
			   !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') &&
			   c != '-' && c != '_') {
			return "labels hold letters, digits, - and _ only";
		}
	}
	if (i == label)
		return i ? "it has an empty label" : "it is empty";
	if (folded[i - 1] == '-')
		return "a label ends with a hyphen";
	folded[i] = '\0';
	return NULL;
}

void dnsname_from_route53(char folded[DNSNAME_SIZE], const char *text)
{
	size_t len = 0;

	while (*text && len < DNSNAME_LIMIT) {
		folded[len] = lower(*text++);
		if (folded[len] == '\\' && !strncmp(text, "052", 3)) {
			folded[len] = '*';
			text += 3;
		}
		len++;
	}
	if (len && folded[len - 1] == '.')
		len--;
	folded[len] = '\0';
}

bool dnsname_in_zone(const char *name, const char *zone)
{
	size_t name_len = strlen(name);
	size_t zone_len = strlen(zone);
	size_t rest = name_len - zone_len;

	return name_len >= zone_len && !strcmp(name + rest, zone) &&
	       (!rest || name[rest - 1] == '.');
}

const char *dnsname_parent(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot ? dot + 1 : NULL;
}

/* Where the label begins that ends before end. */
static size_t label_before(const char *name, size_t end)
{
	while (end && name[end - 1] != '.')
		end--;
	return end;
}

bool dnsname_is_before(const char *left, const char *right)
{
	size_t left_end = strlen(left);
	size_t right_end = strlen(right);

	for (;;) {
		size_t left_at = label_before(left, left_end);
		size_t right_at = label_before(right, right_end);

		/* Up to the dot that follows each label in the order. */
		for (size_t i = 0;; i++) {
			char l = left_at + i < left_end ? left[left_at + i]
							: '.';
			char r = right_at + i < right_end ? right[right_at + i]
							  : '.';

			if (l != r)
				return l < r;
			if (l == '.')
				break;
		}
		if (!left_at || !right_at)
			return !left_at && right_at;
		left_end = left_at - 1;
		right_end = right_at - 1;
	}
}

void dnsname_quote(struct buf *buf, const char *text)
{
	buf_add(buf, "\"", 1);
	for (size_t i = 0; i < QUOTED_LIMIT && text[i]; i++) {
		if (text[i] < ' ' || text[i] > '~' || text[i] == '"' ||
		    text[i] == '\\')
			buf_addf(buf, "\\%03o", (unsigned char)text[i]);
		else
			buf_add(buf, text + i, 1);
	}
	buf_add(buf, "\"", 1);
}
