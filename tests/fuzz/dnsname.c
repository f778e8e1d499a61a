/*
 * A name, from a tag or as Route 53 lists it: each line of an input is one, the
 * last one a zone.
 */
#include "dnsname.h"

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

enum { ROOM = 2 * DNSNAME_SIZE };

/* As RFC 1035 and 5890 have it, in other words than helper/dnsname.c. */
static bool is_label(const char *label, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz0123456789_-", label[i]))
			return false;
	return len >= 1 && len <= 63 && label[0] != '-' &&
	       label[len - 1] != '-';
}

static bool is_name(const char *name)
{
	bool is_first = true;

	if (strlen(name) > DNSNAME_LIMIT)
		return false;
	for (;; is_first = false) {
		size_t len = strcspn(name, ".");

		if (!is_label(name, len) &&
		    !(is_first && len == 1 && *name == '*'))
			return false;
		if (!name[len])
			return true;
		name += len + 1;
	}
}

static void check(const char *text, const char *zone)
{
	/* Larger than they need to be, so that too long a name is seen. */
	static char folded[ROOM], again[ROOM], listed[ROOM];
	bool is_folded = dnsname_fold(folded, text);
	size_t len;

	assert(strlen(folded) <= DNSNAME_LIMIT);
	dnsname_from_route53(listed, text);
	assert(strlen(listed) <= DNSNAME_LIMIT);
	if (dnsname_in_zone(listed, zone))
		assert(strlen(listed) >= strlen(zone));
	/* What was cut may look like a name, and is none. */
	len = strlen(text);
	len -= len && text[len - 1] == '.';
	assert(is_folded == (len == strlen(folded) && is_name(folded)));
	if (!is_folded)
		return;
	assert(dnsname_fold(again, folded) && !strcmp(again, folded));
	assert(!strcmp(listed, folded));
	for (const char *parent = folded; parent;
	     parent = dnsname_parent(parent))
		assert(dnsname_in_zone(folded, parent));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = calloc(1, size + 1);
	char *zone;

	assert(text);
	if (size)
		memcpy(text, data, size);
	zone = strrchr(text, '\n');
	zone = zone ? zone + 1 : text;
	for (char *line = text; line; line = line ? line + 1 : NULL) {
		char *feed = strchr(line, '\n');

		if (feed)
			*feed = '\0';
		check(line, zone);
		line = feed;
	}
	free(text);
	return 0;
}
