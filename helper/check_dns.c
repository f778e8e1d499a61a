#include "check_dns.h"

#include <string.h>

#include "check_dns_parts.h"
#include "check_print.h"
#include "check_resolver.h"
#include "errinfo.h"
#include "text.h"

/* The next word of a list with a blank before each; NULL: there is none. */
const char *check_dns_next_word(const char **list, char word[DNSNAME_SIZE])
{
	size_t len;

	*list += strspn(*list, " ");
	len = strcspn(*list, " ");
	if (!len || len > DNSNAME_LIMIT)
		return NULL;
	memcpy(word, *list, len);
	word[len] = '\0';
	*list += len;
	return word;
}

/* How many words of a list are in another one. */
static unsigned count_common(const struct buf *words, const struct buf *others)
{
	static char word[DNSNAME_SIZE];
	const char *list = words->data;
	unsigned common = 0;

	while (check_dns_next_word(&list, word))
		common += resolver_has(others, word);
	return common;
}

static unsigned count_words(const struct buf *words)
{
	return count_common(words, words);
}

static bool is_deaf; /* the system's resolver */

/* Where the system's resolver does not answer the first question nothing more
 * is asked: it would be waited for each time, to look up name servers, too. */
enum resolver_outcome check_dns_ask(const char *server, const char *name,
				    enum dns_type type)
{
	static bool has_asked;
	enum resolver_outcome outcome;

	if (is_deaf)
		return RESOLVER_SILENT;
	outcome = resolver_ask(server, name, type);
	is_deaf = !has_asked && outcome == RESOLVER_SILENT;
	has_asked = true;
	return outcome;
}

/* ---- Delegation. ---- */

/* What is to be added in the parent zone, line by line. */
static const char *records_for_parent(const struct check_dns_zone *zone)
{
	static struct buf lines;
	static char server[DNSNAME_SIZE];
	const char *list = zone->servers->data;

	buf_wipe(&lines);
	while (check_dns_next_word(&list, server))
		buf_addf(&lines, "\n%s. 172800 IN NS %s.", zone->name, server);
	return lines.data;
}

/* Whether the last answer is of a private zone, by the name servers that all
 * of those have. */
static bool is_of_private_zone(void)
{
	static const char pattern[] =
		"(^| )ns-(0|512|1024|1536)[.]awsdns-00[.]";

	return text_matches(resolver_answer.values.data, pattern) ||
	       text_matches(resolver_answer.source, pattern);
}

/* Nobody delegates the zone, as far as the resolver knows. */
static void tell_no_servers(const struct check_dns_zone *zone)
{
	const char *parent = resolver_answer.zone;

	if (!strchr(parent, '.') || !strcmp(parent, zone->name) ||
	    !dnsname_in_zone(zone->name, parent))
		parent = "";
	finding_fail(STATUS_UNAVAILABLE,
		     "nobody is told where %s is; in %s%s add:%s", zone->name,
		     *parent ? "the zone "
			     : "its parent zone, or at its registrar,",
		     parent, records_for_parent(zone));
}

static void tell_wrong_servers(const struct check_dns_zone *zone,
			       unsigned common)
{
	if (common)
		finding_warn("for %s DNS has the name servers%s, Route 53 "
			     "has%s; in the zone itself and in its parent "
			     "zone have these only:%s",
			     zone->name, resolver_answer.values.data,
			     zone->servers->data, records_for_parent(zone));
	else
		finding_fail(STATUS_UNAVAILABLE,
			     "%s leads to other name servers:%s; take the "
			     "hosted zone that these serve, or in its parent "
			     "zone have these in their place:%s",
			     zone->name, resolver_answer.values.data,
			     records_for_parent(zone));
}

/* Whether the last answer has these name servers and no others. */
static bool has_exactly(const struct buf *servers)
{
	unsigned common = count_common(servers, &resolver_answer.values);

	return resolver_answer.count && common == resolver_answer.count &&
	       common == count_words(servers);
}

/* A resolver believes the zone itself rather than its parent: ask a name
 * server of the parent, if one answers.  Returns whether that has the zone's
 * name servers, too. */
static bool check_parent(const struct check_dns_zone *zone,
			 const struct buf *servers)
{
	static struct buf parents;
	static char server[DNSNAME_SIZE];
	const char *parent = zone->name;
	const char *list = parents.data;

	buf_wipe(&parents);
	while (!parents.len && (parent = dnsname_parent(parent)) &&
	       check_dns_ask(NULL, parent, DNS_NS) == RESOLVER_ANSWERED)
		buf_set(&parents, "%s", resolver_answer.values.data);
	for (unsigned i = 0;
	     i < CHECK_DNS_SILENT_LIMIT && check_dns_next_word(&list, server);
	     i++) {
		if (check_dns_ask(server, zone->name, DNS_NS) !=
			    RESOLVER_ANSWERED ||
		    !resolver_answer.count)
			continue;
		if (has_exactly(servers))
			return true;
		finding_warn("the parent of %s sends to the name servers%s; "
			     "in its parent zone have these only:%s",
			     zone->name, resolver_answer.values.data,
			     records_for_parent(zone));
		return false;
	}
	return true;
}

/* The answer is the resolver's to the question for the zone's name servers. */
static bool judge_servers(const struct check_dns_zone *zone)
{
	bool is_own = has_exactly(zone->own_servers);

	if (is_of_private_zone()) {
		finding_warn("here a private hosted zone hides the public %s; "
			     "ask from outside of the VPC: dig NS %s",
			     zone->name, zone->name);
		return false;
	}
	if (!resolver_answer.count) {
		tell_no_servers(zone);
		return false;
	}
	/* Its own may be other names of the same servers. */
	if (!is_own && !has_exactly(zone->servers)) {
		tell_wrong_servers(zone, count_common(zone->servers,
						      &resolver_answer.values));
		return false;
	}
	if (!check_parent(zone, is_own ? zone->own_servers : zone->servers))
		return false;
	finding_ok("public DNS leads to the %u name servers of %s",
		   count_words(is_own ? zone->own_servers : zone->servers),
		   zone->name);
	return true;
}

bool check_dns_delegation(const struct check_dns_zone *zone)
{
	enum resolver_outcome outcome = check_dns_ask(NULL, zone->name, DNS_NS);

	errinfo.stage = "delegation";
	if (outcome == RESOLVER_SILENT)
		finding_warn("the system's resolver does not answer; see "
			     "/etc/resolv.conf and whether port 53 is open");
	else if (!zone->servers->len)
		finding_warn("Route 53 tells no name servers of %s; allow "
			     "route53:GetHostedZone",
			     zone->name);
	else if (outcome == RESOLVER_ANSWERED)
		return judge_servers(zone);
	else if ((is_deaf = check_dns_ask(NULL, ".", DNS_NS) !=
			    RESOLVER_ANSWERED))
		finding_warn("the system's resolver refuses to answer; see "
			     "/etc/resolv.conf, and whom that server serves");
	else
		finding_fail(STATUS_UNAVAILABLE,
			     "%s leads to name servers that do not serve it; "
			     "in its parent zone have these only:%s",
			     zone->name, records_for_parent(zone));
	return false;
}

/* ---- DNSSEC. ---- */

void check_dns_dnssec(const struct check_dns_zone *zone)
{
	static struct buf keys;

	errinfo.stage = "dnssec";
	if (check_dns_ask(NULL, zone->name, DNS_DNSKEY) != RESOLVER_ANSWERED) {
		finding_warn("the system's resolver gives no DNSKEY of %s; "
			     "see what it says: dig DNSKEY %s",
			     zone->name, zone->name);
		return;
	}
	buf_set(&keys, "%s", resolver_answer.values.data);
	if (check_dns_ask(NULL, zone->name, DNS_DS) != RESOLVER_ANSWERED)
		finding_warn("the system's resolver gives no DS of %s; see "
			     "what it says: dig DS %s",
			     zone->name, zone->name);
	else if (!keys.len && !resolver_answer.count)
		finding_ok("off: %s is not signed", zone->name);
	else if (!keys.len)
		finding_fail(STATUS_UNAVAILABLE,
			     "the parent of %s has a DS, but the zone is not "
			     "signed: who validates finds no name in it; "
			     "remove the DS from the parent zone, or sign",
			     zone->name);
	else if (!resolver_answer.count)
		finding_warn("%s is signed, and nobody checks it; have the DS "
			     "of its key-signing key in the parent zone",
			     zone->name);
	else if (!count_common(&keys, &resolver_answer.values))
		finding_fail(STATUS_UNAVAILABLE,
			     "%s is signed by key%s, and its parent has the DS "
			     "of key%s: who validates finds no name in it; "
			     "put the DS of the zone's key into the parent "
			     "zone",
			     zone->name, keys.data,
			     resolver_answer.values.data);
	else
		finding_ok("on: %s is signed, and its parent has the DS of "
			   "key%s",
			   zone->name, resolver_answer.values.data);
}
