#include "check_zone.h"

#include <stdlib.h>
#include <string.h>

#include "aws.h"
#include "check_dns.h"
#include "check_print.h"
#include "check_resolver.h"
#include "check_state.h"
#include "errinfo.h"
#include "http.h"
#include "publish.h"
#include "text.h"
#include "xml.h"
#include "zone.h"

enum {
	TTL_LIMIT = 300,
	PAGE = 300, /* record sets */
};

#define LIST "ListResourceRecordSets"

/* ---- The zone. ---- */

/* A search for the zones that would hold the name. */
struct candidates {
	struct check *check;
	const char *name;   /* of the zones being listed */
	struct buf *others; /* those that were not chosen */
};

static int on_zone(const struct hosted_zone *zone, void *context)
{
	const struct candidates *candidates = context;
	struct buf *others = candidates->others;

	if (strcmp(zone->name, candidates->name) != 0)
		return 0;
	if (!strcmp(zone->id, candidates->check->record->zone_id))
		candidates->check->zone = *zone;
	else
		buf_addf(others, "%s%s %s (%s)", others->len ? ", " : "",
			 zone->id, zone->name,
			 zone->is_private ? "private" : "public");
	return 0;
}

/* Every zone whose whole labels end the name.  Returns -1 if they cannot be
 * listed. */
static int list_zones(struct check *check, struct buf *others)
{
	const char *name = check->record->instance.name;

	for (; name; name = dnsname_parent(name)) {
		struct candidates candidates = {check, name, others};

		if (zone_list(name, on_zone, &candidates, NULL))
			return -1;
	}
	return 0;
}

static void forget_zone(struct check *check)
{
	check->zone.name[0] = '\0';
	check->zone.is_private = false;
	buf_wipe(&check->servers);
	buf_wipe(&check->own_servers);
	buf_wipe(&check->vpcs);
	check->negative_ttl_s = 0;
}

static const char *kind_of(const struct hosted_zone *zone)
{
	if (!*zone->name)
		return "";
	return zone->is_private ? " (private)" : " (public)";
}

bool check_zone(struct check *check)
{
	static struct buf others;
	struct record *record = check->record;
	const char *more = ", the only one for this name";

	forget_zone(check);
	buf_wipe(&others);
	errinfo.stage = "zone";
	if (zone_find(record->zone_id, record->settings, &record->instance)) {
		finding_fail_with_error();
		return false;
	}
	if (list_zones(check, &others)) {
		more = ", and others are not to be listed";
		buf_wipe(&others);
	} else if (others.len) {
		more = ", not: ";
	}
	check_start_clock(check); /* it may have taken all of it */
	finding_ok("%s %s%s%s%s", record->zone_id,
		   *check->zone.name ? check->zone.name : "by zone_id",
		   kind_of(&check->zone), more, others.data);
	return true;
}

/* ---- Permission. ---- */

/* Append the items of a list, a blank before each. */
static void add_words(struct buf *words, const char *list, bool are_names)
{
	static struct buf item;
	static char name[DNSNAME_SIZE];

	for (size_t len; *list; list += len + (list[len] == *XML_NEXT)) {
		len = strcspn(list, XML_NEXT);
		buf_wipe(&item);
		buf_add(&item, list, len);
		if (!are_names)
			buf_addf(words, " %s", text_printable(item.data));
		else if (dnsname_fold(name, item.data))
			buf_addf(words, " %s", name);
	}
}

static int get_hosted_zone(struct check *check)
{
	static struct buf servers;
	static struct buf vpcs;

	if (route53_get_hosted_zone(check->record->zone_id, &check->zone,
				    &servers, &vpcs))
		return -1;
	add_words(&check->servers, servers.data, true);
	add_words(&check->vpcs, vpcs.data, false);
	return 0;
}

/* How long the answer "no such name" is kept: RFC 2308, section 5. */
static void learn_negative_ttl(struct check *check,
			       const struct record_set *soa)
{
	const char *minimum = strrchr(soa->values, ' ');
	unsigned long ttl_s = strtoul(soa->ttl, NULL, 10);
	unsigned long minimum_s = minimum ? strtoul(minimum, NULL, 10) : ttl_s;

	check->negative_ttl_s =
		(uint32_t)(minimum_s < ttl_s ? minimum_s : ttl_s);
}

static int on_apex(const struct record_set *set, void *context)
{
	struct check *check = context;
	enum record_type type = route53_type(set->type);
	static char name[DNSNAME_SIZE];

	dnsname_from_route53(name, set->name);
	if (strcmp(name, check->zone.name) != 0)
		return 0;
	if (type == TYPE_SOA)
		learn_negative_ttl(check, set);
	if (type == TYPE_NS)
		add_words(&check->own_servers, set->values, true);
	return 0;
}

static int list_apex(struct check *check)
{
	static struct record_set_place place;

	route53_place_at(&place, check->zone.name);
	return route53_list_record_sets(check->record->zone_id, &place, PAGE,
					on_apex, check);
}

/* One change as `up` would send it, line by line. */
static int on_change(const struct buf *row, void *planned)
{
	enum { ROW, ACTION, NAME, TYPE, TTL, VALUE };
	static struct buf change;

	if (!row[ROW].len)
		return 0;
	buf_set(&change, "%s %s %s %s %s", row[ACTION].data, row[NAME].data,
		row[TTL].data, row[TYPE].data, row[VALUE].data);
	buf_addf(planned, "\n%s", text_printable(change.data));
	return 0;
}

static int explain(const struct buf *changes, struct buf *planned)
{
	static struct buf document;

	buf_wipe(planned);
	buf_set(&document, "<Changes>%s</Changes>", changes->data);
	return buf_is_cut(&document)
		       ? errinfo_set(STATUS_DATA, "the batch is too large")
		       : xml_read(document.data, document.len,
				  "Change Action Name Type TTL Value ",
				  on_change, planned);
}

/* Tell an error; a denial is none here, where `up` may do without. */
static bool is_readable(int rc, const char *operation, bool *is_denied)
{
	if (!rc)
		return true;
	if (errinfo.status != STATUS_DENIED) {
		finding_fail_with_error();
		return false;
	}
	*is_denied = true;
	finding_warn("route53:%s is denied; allow it, so that check sees more "
		     "(and up, with CREATE or an owner record)",
		     operation);
	return true;
}

/* Read what `check` shows more of than `up` needs. */
static bool read_zone(struct check *check, bool *is_denied)
{
	const struct hosted_zone *zone = &check->zone;

	if (!is_readable(get_hosted_zone(check), "GetHostedZone", is_denied) ||
	    (*zone->name && !is_readable(list_apex(check), LIST, is_denied)))
		return false;
	if (!zone->is_private && !check->servers.len)
		buf_set(&check->servers, "%s", check->own_servers.data);
	return true;
}

bool check_permission(struct check *check)
{
	static struct buf planned;
	const char *name = check->record->instance.name;
	const char *reading;
	const struct buf *changes;
	bool is_denied = false;
	int rc;

	errinfo.stage = "permission";
	if (!read_zone(check, &is_denied))
		return false;
	reading = is_denied ? "not all reading" : "reading";
	if (*check->zone.name && !dnsname_in_zone(name, check->zone.name)) {
		finding_fail(STATUS_SETTINGS,
			     "%s is not in %s; correct name or zone_id", name,
			     check->zone.name);
		return false;
	}
	rc = publish_plan(&check->records, check->record, &changes);
	errinfo.stage = "permission";
	if (rc && errinfo.status == STATUS_TAKEN) /* told as the record */
		finding_ok("%s is allowed", reading);
	else if (rc || explain(changes, &planned))
		finding_fail_with_error();
	else if (planned.len)
		finding_ok("%s is allowed, and up would send:%s\n"
			   "which must be allowed as "
			   "route53:ChangeResourceRecordSets on "
			   "arn:%s:route53:::hostedzone/%s",
			   reading, planned.data, aws_partition(),
			   check->record->zone_id);
	else
		finding_ok("%s is allowed, and up would send nothing", reading);
	return !rc || errinfo.status == STATUS_TAKEN;
}

/* ---- Delegation. ---- */

static void check_vpc(const struct check *check)
{
	const struct hosted_zone *zone = &check->zone;
	const struct record *record = check->record;
	static char vpc_id[ROUTE53_ID_SIZE];

	if (zone_learn_vpc(vpc_id)) {
		finding_fail_with_error();
		return;
	}
	if (!check->vpcs.len)
		finding_warn("%s is private, and which VPCs have it is not "
			     "told; allow route53:GetHostedZone",
			     zone->name);
	else if (resolver_has(&check->vpcs, vpc_id))
		finding_ok("%s is private, and this instance's %s has it",
			   zone->name, vpc_id);
	else
		finding_warn("%s is private and for%s only, so nobody in this "
			     "instance's %s finds it; aws route53 "
			     "associate-vpc-with-hosted-zone "
			     "--hosted-zone-id %s --vpc "
			     "VPCRegion=%s,VPCId=%s",
			     zone->name, check->vpcs.data, vpc_id,
			     record->zone_id, record->instance.region, vpc_id);
}

static void check_negative_ttl(const struct check *check)
{
	unsigned ttl_s = check->negative_ttl_s;

	errinfo.stage = "soa";
	if (ttl_s > TTL_LIMIT)
		finding_warn("who asks for a name before it is there, is told "
			     "for %u s that there is none; in the SOA record "
			     "of %s have 60 for the TTL or the last number",
			     ttl_s, check->zone.name);
	else if (ttl_s)
		finding_ok("who asks for a name before it is there, is told "
			   "for %u s that there is none",
			   ttl_s);
}

void check_delegation(struct check *check)
{
	const struct check_dns_zone zone = {
		.name = check->zone.name,
		.is_private = check->zone.is_private,
		.servers = &check->servers,
		.own_servers = &check->own_servers,
	};
	const char *zone_id = check->record->zone_id;
	bool is_delegated = false;

	if (!strcmp(check->seen_zone_id, zone_id))
		return;
	memcpy(check->seen_zone_id, zone_id, ROUTE53_ID_SIZE);
	errinfo.stage = "delegation";
	http_stop_clock();
	if (!*zone.name)
		finding_warn("Route 53 tells no name servers of %s; allow "
			     "route53:GetHostedZone",
			     zone_id);
	else if (zone.is_private)
		check_vpc(check);
	else
		is_delegated = check_dns_delegation(&zone);
	check_negative_ttl(check);
	if (is_delegated)
		check_dns_dnssec(&zone);
}
