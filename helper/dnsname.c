#include "dnsname.h"

#include <string.h>

#include "pattern.h"

/* Lower case, without a final dot, cut at the limit; whether it was not cut.
 * Not by the C library, whose answer depends on the locale. */
static bool lower(char folded[DNSNAME_SIZE], const char *text)
{
	size_t len = strlen(text);
	bool fits;

	len -= len && text[len - 1] == '.';
	fits = len <= DNSNAME_LIMIT;
	if (!fits)
		len = DNSNAME_LIMIT;
	for (size_t i = 0; i < len; i++)
		folded[i] =
			(char)(text[i] |
			       (text[i] >= 'A' && text[i] <= 'Z' ? ' ' : 0));
	folded[len] = '\0';
	return fits;
}

#define LABEL "[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"

bool dnsname_fold(char folded[DNSNAME_SIZE], const char *text)
{
	return lower(folded, text) &&
	       pattern_matches(folded, "^([*]|" LABEL ")([.]" LABEL ")*$");
}

void dnsname_from_route53(char folded[DNSNAME_SIZE], const char *text)
{
	(void)lower(folded, text);
	if (strstr(folded, "\\052") == folded) {
		(void)lower(folded, text + 3);
		folded[0] = '*';
	}
}

bool dnsname_in_zone(const char *name, const char *zone)
{
	size_t rest = strlen(name) - strlen(zone);

	return rest < DNSNAME_SIZE && !strcmp(name + rest, zone) &&
	       (!rest || name[rest - 1] == '.');
}

const char *dnsname_parent(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot ? dot + 1 : NULL;
}
