#include "dnsname.h"

#include <string.h>

#include "text.h"

enum { LABEL_LIMIT = 63 }; /* RFC 1035, section 2.3.4 */

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

#define LABEL "[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?"

/* Lengths are no part of the pattern: libc takes a million instructions to
 * compile a counted repetition. */
bool dnsname_fold(char folded[DNSNAME_SIZE], const char *text)
{
	bool fits = lower(folded, text);

	for (const char *label = folded; label; label = dnsname_parent(label))
		fits &= strcspn(label, ".") <= LABEL_LIMIT;
	return fits && text_matches(folded, "^([*]|" LABEL ")([.]" LABEL ")*$");
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
