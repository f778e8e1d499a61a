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
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_name_byte(char c)
{
	c = lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
	       c == '_';
}

static const char *label_fault(const char *label, size_t len, bool leftmost)
{
	if (!len)
		return "no DNS name: it has an empty label";
	if (len > LABEL_LIMIT)
		return "no DNS name: it has a label of more than 63 bytes";
	if (leftmost && len == 1 && label[0] == '*')
		return NULL;
	if (label[0] == '-' || label[len - 1] == '-')
		return "no DNS name: a label begins or ends with a hyphen";
	for (size_t i = 0; i < len; i++)
		if (!is_name_byte(label[i]))
			return "no DNS name: labels hold letters, digits, "
			       "hyphens and underscores only";
	return NULL;
}

const char *dnsname_fold(char folded[DNSNAME_SIZE], const char *text,
			 size_t len)
{
	const char *fault;
	size_t start = 0;

	if (len && text[len - 1] == '.')
		len--;
	if (!len)
		return "no DNS name: it is empty";
	if (len > DNSNAME_LIMIT)
		return "no DNS name: it is longer than 253 bytes";
	for (size_t i = 0; i <= len; i++) {
		if (i < len && text[i] != '.')
			continue;
		fault = label_fault(text + start, i - start, start == 0);
		if (fault)
			return fault;
		start = i + 1;
	}
	for (size_t i = 0; i < len; i++)
		folded[i] = lower(text[i]);
	folded[len] = '\0';
	return NULL;
}

bool dnsname_from_route53(char folded[DNSNAME_SIZE], const char *text)
{
	char name[DNSNAME_SIZE];
	size_t len = 0;

	while (*text) {
		if (len == DNSNAME_LIMIT + 1)
			return false;
		if (!strncmp(text, "\\052", 4)) {
			name[len++] = '*';
			text += 4;
		} else {
			name[len++] = lower(*text++);
		}
	}
	if (len && name[len - 1] == '.')
		len--;
	if (len > DNSNAME_LIMIT)
		return false;
	memcpy(folded, name, len);
	folded[len] = '\0';
	return true;
}

bool dnsname_in_zone(const char *name, const char *zone)
{
	size_t name_len = strlen(name);
	size_t zone_len = strlen(zone);
	const char *tail;

	if (!zone_len || name_len < zone_len)
		return false;
	tail = name + (name_len - zone_len);
	return !strcmp(tail, zone) && (tail == name || tail[-1] == '.');
}

const char *dnsname_parent(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot ? dot + 1 : NULL;
}

/* The labels of a name from the right, each with a dot behind it. */
static void reverse(char reversed[DNSNAME_SIZE + 1], const char *name)
{
	size_t end = strlen(name);
	size_t used = 0;

	while (end) {
		size_t start = end;

		while (start && name[start - 1] != '.')
			start--;
		memcpy(reversed + used, name + start, end - start);
		used += end - start;
		reversed[used++] = '.';
		end = start ? start - 1 : 0;
	}
	reversed[used] = '\0';
}

int dnsname_compare(const char *left, const char *right)
{
	char left_reversed[DNSNAME_SIZE + 1];
	char right_reversed[DNSNAME_SIZE + 1];

	reverse(left_reversed, left);
	reverse(right_reversed, right);
	return strcmp(left_reversed, right_reversed);
}

void dnsname_quote(struct buf *buf, const char *text, size_t len)
{
	size_t shown = len < QUOTED_LIMIT ? len : QUOTED_LIMIT;

	buf_add_char(buf, '"');
	for (size_t i = 0; i < shown; i++) {
		unsigned char byte = (unsigned char)text[i];

		if (byte < ' ' || byte > '~' || byte == '"' || byte == '\\')
			buf_addf(buf, "\\%03o", byte);
		else
			buf_add_char(buf, text[i]);
	}
	buf_add_text(buf, shown < len ? "\"..." : "\"");
}
