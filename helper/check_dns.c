#include "check_dns.h"

#include <string.h>

#include "check_print.h"
#include "check_resolver.h"
#include "errinfo.h"
#include "text.h"

enum { SILENT_LIMIT = 2 }; /* name servers that may give no answer */

/* The next word of a list with a blank before each; NULL: there is none. */
static const char *next_word(const char **list, char word[DNSNAME_SIZE])
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

	while (next_word(&list, word))
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
static enum resolver_outcome ask(const char *server, const char *name,
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
	while (next_word(&list, server))
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
	       ask(NULL, parent, DNS_NS) == RESOLVER_ANSWERED)
		buf_set(&parents, "%s", resolver_answer.values.data);
	for (unsigned i = 0; i < SILENT_LIMIT && next_word(&list, server);
	     i++) {
		if (ask(server, zone->name, DNS_NS) != RESOLVER_ANSWERED ||
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
	enum resolver_outcome outcome = ask(NULL, zone->name, DNS_NS);

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
	else if ((is_deaf = ask(NULL, ".", DNS_NS) != RESOLVER_ANSWERED))
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
	if (ask(NULL, zone->name, DNS_DNSKEY) != RESOLVER_ANSWERED) {
		finding_warn("the system's resolver gives no DNSKEY of %s; "
			     "see what it says: dig DNSKEY %s",
			     zone->name, zone->name);
		return;
	}
	buf_set(&keys, "%s", resolver_answer.values.data);
	if (ask(NULL, zone->name, DNS_DS) != RESOLVER_ANSWERED)
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

/* ---- The answer. ---- */

enum verdict { RIGHT, WRONG, ELSEWHERE, UNKNOWN };

/* Whether the last answer is what is wanted; of a group it may be some of the
 * others. */
static bool is_right(const struct check_dns_wanted *wanted)
{
	if (wanted->is_shared)
		return wanted->is_published
			       ? resolver_answer.count > 0
			       : resolver_has(&resolver_answer.values,
					      wanted->address);
	return resolver_answer.count == 1 &&
	       resolver_has(&resolver_answer.values, wanted->address);
}

static enum dns_type number(const struct check_dns_wanted *wanted)
{
	return wanted->type[1] ? DNS_AAAA : DNS_A;
}

/* "1.2.3.4 5.6.7.8" */
static const char *told(const struct buf *values)
{
	return values->len ? values->data : " nothing";
}

/* The name servers of the zone, one by one; answer: of one that is wrong, or
 * the name whose name servers it sends to. */
static enum verdict ask_servers(const struct check_dns_zone *zone,
				const struct check_dns_wanted *wanted,
				struct buf *answer, unsigned *right)
{
	static char server[DNSNAME_SIZE];
	const char *list = zone->servers->data;
	unsigned silent = 0;
	unsigned wrong = 0;

	*right = 0;
	while (silent < SILENT_LIMIT && next_word(&list, server)) {
		const char *referral = resolver_answer.referral;

		if (ask(server, wanted->name, number(wanted)) !=
		    RESOLVER_ANSWERED) {
			silent++;
		} else if (strcmp(referral, zone->name) &&
			   dnsname_in_zone(referral, zone->name)) {
			buf_set(answer, "%s", referral);
			return ELSEWHERE;
		} else if (!resolver_answer.is_authoritative) {
			silent++;
		} else if (is_right(wanted)) {
			(*right)++;
		} else {
			wrong++;
			buf_set(answer, "%s", told(&resolver_answer.values));
		}
	}
	if (wrong)
		return WRONG;
	return *right ? RIGHT : UNKNOWN;
}

/* What the system's resolver answers, where the name servers are right or out
 * of reach. */
static void ask_resolver(const struct check_dns_zone *zone,
			 const struct check_dns_wanted *wanted, unsigned right)
{
	const char *name = wanted->name;
	const char *type = wanted->type;

	if (ask(NULL, name, number(wanted)) != RESOLVER_ANSWERED)
		finding_warn("%s %s: the system's resolver does not answer; "
			     "see whether its zone is delegated, and "
			     "/etc/resolv.conf",
			     name, type);
	else if (is_right(wanted) && wanted->is_shared)
		finding_ok("%s %s is of a group, now%s", name, type,
			   resolver_answer.values.data);
	else if (is_right(wanted) && right)
		finding_ok("%s %s is %s by %u name servers and the system's "
			   "resolver",
			   name, type, wanted->address, right);
	else if (is_right(wanted) && zone->is_private)
		finding_ok("%s %s is %s by the system's resolver", name, type,
			   wanted->address);
	else if (is_right(wanted))
		finding_warn("%s %s is %s by the system's resolver, but the "
			     "zone's name servers do not answer from here; "
			     "let UDP port 53 out, or ask elsewhere",
			     name, type, wanted->address);
	else if (!wanted->is_published)
		finding_warn("%s %s: the system's resolver answers%s, not %s; "
			     "run bootname up",
			     name, type, told(&resolver_answer.values),
			     wanted->address);
	else if (resolver_answer.count)
		finding_warn("%s %s: the system's resolver still answers%s, "
			     "not %s; it forgets that in %u s",
			     name, type, resolver_answer.values.data,
			     wanted->address, (unsigned)resolver_answer.ttl_s);
	else if (zone->is_private)
		finding_warn("%s %s: the system's resolver does not know it; "
			     "see which VPCs have the zone, and the VPC's "
			     "enableDnsSupport and enableDnsHostnames",
			     name, type);
	else if (strcmp(resolver_answer.zone, zone->name))
		finding_warn("%s %s: the system's resolver does not know it; "
			     "it asks other name servers: see step delegation",
			     name, type);
	else
		finding_warn("%s %s: the system's resolver does not know it "
			     "yet; it was asked before the name was there, "
			     "and forgets that after the time of step soa",
			     name, type);
}

void check_dns_answer(const struct check_dns_zone *zone,
		      const struct check_dns_wanted *wanted)
{
	static struct buf answer; /* of the name servers, where it is wrong */
	unsigned right;
	enum verdict servers = ask_servers(zone, wanted, &answer, &right);

	errinfo.stage = "answer";
	if (servers == ELSEWHERE)
		finding_fail(STATUS_UNAVAILABLE,
			     "%s is not answered from %s, whose NS record %s "
			     "sends elsewhere; take the zone that is there, "
			     "or remove that record",
			     wanted->name, zone->name, answer.data);
	else if (servers == WRONG && !wanted->is_published)
		finding_warn("%s %s: the name servers answer%s, not %s; run "
			     "bootname up",
			     wanted->name, wanted->type, answer.data,
			     wanted->address);
	else if (servers == WRONG)
		finding_warn("%s %s: Route 53 holds %s, but its name servers "
			     "answer%s; wait a minute, then see aws route53 "
			     "test-dns-answer",
			     wanted->name, wanted->type, wanted->address,
			     answer.data);
	else if (servers == UNKNOWN && !wanted->is_held)
		finding_warn("%s %s is not there yet; run bootname up",
			     wanted->name, wanted->type);
	else
		ask_resolver(zone, wanted, right);
}
