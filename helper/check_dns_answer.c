#include "check_dns.h"

#include <string.h>

#include "check_dns_parts.h"
#include "check_print.h"
#include "check_resolver.h"
#include "errinfo.h"

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
	while (silent < CHECK_DNS_SILENT_LIMIT &&
	       check_dns_next_word(&list, server)) {
		const char *referral = resolver_answer.referral;

		if (check_dns_ask(server, wanted->name, number(wanted)) !=
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

/* The resolver answers something else than what is wanted. */
static void warn_of_resolver(const struct check_dns_zone *zone,
			     const struct check_dns_wanted *wanted)
{
	const char *name = wanted->name;
	const char *type = wanted->type;

	if (!wanted->is_published)
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

/* What the system's resolver answers, where the name servers are right or out
 * of reach. */
static void ask_resolver(const struct check_dns_zone *zone,
			 const struct check_dns_wanted *wanted, unsigned right)
{
	const char *name = wanted->name;
	const char *type = wanted->type;

	if (check_dns_ask(NULL, name, number(wanted)) != RESOLVER_ANSWERED)
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
	else
		warn_of_resolver(zone, wanted);
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
