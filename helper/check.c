#include "check.h"

#include <stdlib.h>
#include <string.h>

#include "aws.h"
#include "check_dns.h"
#include "check_print.h"
#include "check_resolver.h"
#include "errinfo.h"
#include "http.h"
#include "imds.h"
#include "platform.h"
#include "records.h"
#include "report.h"
#include "route53.h"
#include "settings.h"
#include "text.h"
#include "xml.h"
#include "zone.h"

enum {
	TIMEOUT_S = 30, /* somebody is waiting */
	TTL_LIMIT = 300,
	PAGE = 300, /* record sets: each member of a group has its own */
};

#define LIST "ListResourceRecordSets"
#define TAGS "meta-data/tags/instance"

/* ---- Settings. ---- */

/* What may be printed of a value: these two may be secrets. */
static const char *shown(const struct settings *settings, enum setting setting)
{
	return setting == SETTING_PROXY || setting == SETTING_EXTERNAL_ID
		       ? "(given)"
		       : settings->value[setting];
}

/* Append those that were read from one place: "ttl 60, action UPSERT". */
static bool add_settings(struct buf *summary, const struct settings *settings,
			 const char *origin)
{
	bool is_any = false;

	for (enum setting i = 0; i < SETTINGS; i++) {
		if (settings->origin[i] != origin || !*settings->value[i])
			continue;
		buf_addf(summary, "%s%s %s", is_any ? ", " : "",
			 settings_key(i), shown(settings, i));
		is_any = true;
	}
	return is_any;
}

/* A file after the other, then the defaults. */
static void tell_settings(const struct settings *settings)
{
	static struct buf summary;
	const char *told[SETTINGS + 1] = {NULL};
	size_t count = 1; /* NULL: the defaults */

	buf_wipe(&summary);
	for (size_t i = 0; i < SETTINGS; i++) {
		size_t j = 0;

		while (j < count && told[j] != settings->origin[i])
			j++;
		if (j < count)
			continue;
		told[count++] = settings->origin[i];
		buf_addf(&summary, "%s: ", settings->origin[i]);
		if (add_settings(&summary, settings, settings->origin[i]))
			buf_addf(&summary, " / ");
	}
	buf_addf(&summary, "by default: ");
	(void)add_settings(&summary, settings, NULL);
	finding_ok("%s", report_printable(&summary));
}

static bool check_settings(const char *settings_file, const char *defaults_file)
{
	if (records_read_settings(settings_file, defaults_file)) {
		finding_fail_with_error();
		return false;
	}
	errinfo.stage = "settings";
	if (records_settings.doubt)
		finding_warn("%s", records_settings.doubt);
	else if (!records_settings.found)
		finding_ok("none: the tag dnsname names the instance, and the "
			   "defaults are in force");
	else if (!records_settings.next)
		tell_settings(&records_settings);
	for (const struct settings *next = records_settings.next; next;
	     next = next->next)
		tell_settings(next);
	return true;
}

/* Wait for nothing: who looks wants to know how it is now. */
static void hurry(void)
{
	struct settings *next = &records_settings;

	if (settings_number(next, SETTING_TIMEOUT) > TIMEOUT_S)
		next->value[SETTING_TIMEOUT] = "30";
	for (; next; next = next->next)
		next->value[SETTING_GRACE] = "0";
}

/* What DNS takes is not taken from the requests behind it; and it may take
 * longer than they may. */
static void start_clock(void)
{
	http_start_clock(settings_number(&records_settings, SETTING_TIMEOUT));
}

/* ---- Metadata. ---- */

static bool wants_tags(void)
{
	for (struct record *record = records_first(); record;
	     record = records_after(record)) {
		const char *name = record->settings->value[SETTING_NAME];

		if (!*name || strstr(name, "{tag:"))
			return true;
	}
	return false;
}

static bool check_metadata(bool has_settings)
{
	const struct instance *instance = &records_first()->instance;
	const char *id = instance->id;
	int tags;

	if (records_identify(false) || (tags = imds_get(TAGS)) < 0) {
		finding_fail_with_error();
		return false;
	}
	if (tags && has_settings && wants_tags())
		finding_warn("the tags of %s are not in the metadata, so EC2 "
			     "is asked for them; aws ec2 "
			     "modify-instance-metadata-options --instance-id "
			     "%s --instance-metadata-tags enabled",
			     id, id);
	if (strcmp(aws.region, instance->region))
		finding_warn("AWS_REGION says %s, but the instance is in %s: "
			     "bootname takes endpoints of %s, and writes %s "
			     "into owner records; unset AWS_REGION",
			     aws.region, instance->region, aws.region,
			     instance->region);
	finding_ok("%s in %s, with IMDSv2%s, tags %s, hop limit large enough",
		   id, instance->region, imds_is_ipv6 ? " over IPv6" : "",
		   tags ? "off" : "on");
	return true;
}

/* ---- Name and address. ---- */

static bool check_name(struct record *record)
{
	static struct buf template;
	int rc;

	buf_set(&template, "%s", record->settings->value[SETTING_NAME]);
	errinfo.stage = "name";
	rc = instance_learn_name(&record->instance, record->settings);
	if (rc < 0)
		finding_fail_with_error();
	else if (rc)
		finding_warn("neither settings nor a tag dnsname, so up does "
			     "nothing; give the instance the tag, or its "
			     "user-data the settings");
	else if (template.len)
		finding_ok("%s, from name: %s", record->instance.name,
			   report_printable(&template));
	else
		finding_ok("%s, from the tag dnsname", record->instance.name);
	return !rc;
}

static bool check_address(struct record *record)
{
	struct instance *instance = &record->instance;

	errinfo.stage = "address";
	if (instance_learn_addresses(instance, record->settings)) {
		finding_fail_with_error();
		return false;
	}
	finding_ok("%s%s%s", instance->ipv4,
		   *instance->ipv4 && *instance->ipv6 ? " and " : "",
		   instance->ipv6);
	return true;
}

/* ---- Credentials. ---- */

static bool check_credentials(const struct record *record)
{
	static struct buf role;
	const char *role_arn = record->settings->value[SETTING_ROLE_ARN];
	bool has_key = platform_variable("AWS_ACCESS_KEY_ID");
	const char *unread = aws_unread_variable();
	int rc;

	aws_is_hasty = true;
	rc = records_authenticate(record);
	aws_is_hasty = false;
	if (rc || (!has_key && imds_get(IMDS_ROLE))) {
		errinfo.stage = "credentials";
		finding_fail_with_error();
		return false;
	}
	errinfo.stage = "credentials";
	if (!has_key) /* else the body is a secret's */
		buf_set(&role, "role %.*s",
			(int)strcspn(http_answer.body, "\r\n"),
			http_answer.body);
	if (unread)
		finding_warn("bootname does not read %s, and takes the "
			     "instance's role; set AWS_ACCESS_KEY_ID, or give "
			     "that role the rights",
			     unread);
	finding_ok("%s%s%s",
		   has_key ? "AWS_ACCESS_KEY_ID of the environment"
			   : report_printable(&role),
		   *role_arn ? ", assumed: " : "", role_arn);
	return true;
}

/* ---- The zone. ---- */

static struct hosted_zone zone;
static struct buf vpcs;		/* of a private one */
static const char *zone_id;	/* chosen */
static const char *wanted_name; /* of the zones being listed */
static struct buf others;	/* that would hold the name, too */
static uint32_t negative_ttl_s; /* of its SOA record; 0: not known */

static int on_zone(const struct buf *row)
{
	static char name[DNSNAME_SIZE];
	static char id[ROUTE53_ID_SIZE];
	bool is_private = row[ZONE_IS_PRIVATE].data[0] == 't';

	dnsname_from_route53(name, row[ZONE_NAME].data);
	if (!row[ZONE_ROW].len || strcmp(name, wanted_name))
		return 0;
	route53_cut_id(id, sizeof(id), row[ZONE_ID].data);
	if (strcmp(id, zone_id)) {
		buf_addf(&others, "%s%s %s (%s)", others.len ? ", " : "", id,
			 name, is_private ? "private" : "public");
		return 0;
	}
	memcpy(zone.name, name, sizeof(name));
	zone.is_private = is_private;
	return 0;
}

/* Every zone whose whole labels end the name.  Returns -1 where they cannot be
 * listed. */
static int list_zones(const char *name)
{
	for (; name; name = dnsname_parent(name)) {
		wanted_name = name;
		if (route53_list_hosted_zones_by_name(name, "", on_zone))
			return -1;
	}
	return 0;
}

static bool check_zone(struct record *record)
{
	const char *name = record->instance.name;
	bool is_listed;

	zone.name[0] = '\0';
	zone.is_private = false;
	buf_wipe(&zone.servers);
	buf_wipe(&zone.own_servers);
	buf_wipe(&vpcs);
	buf_wipe(&others);
	negative_ttl_s = 0;
	zone_id = record->zone_id;
	errinfo.stage = "zone";
	if (zone_find(record->zone_id, record->settings, &record->instance)) {
		finding_fail_with_error();
		return false;
	}
	is_listed = !list_zones(name);
	start_clock(); /* it may have taken all of it */
	finding_ok("%s %s%s%s%s", zone_id,
		   *zone.name ? zone.name : "by zone_id",
		   !*zone.name	     ? ""
		   : zone.is_private ? " (private)"
				     : " (public)",
		   !is_listed	? ", and others are not to be listed"
		   : others.len ? ", not: "
				: ", the only one for this name",
		   is_listed ? others.data : "");
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
			buf_addf(words, " %s", report_printable(&item));
		else if (dnsname_fold(name, item.data))
			buf_addf(words, " %s", name);
	}
}

static int on_hosted_zone(const struct buf *row)
{
	dnsname_from_route53(zone.name, row[HOSTED_ZONE_NAME].data);
	zone.is_private = row[HOSTED_ZONE_IS_PRIVATE].data[0] == 't';
	add_words(&zone.servers, row[HOSTED_ZONE_SERVERS].data, true);
	add_words(&vpcs, row[HOSTED_ZONE_VPCS].data, false);
	return 0;
}

/* How long the answer "no such name" is kept: RFC 2308, section 5. */
static void learn_negative_ttl(const struct buf *row)
{
	const char *minimum = strrchr(row[SET_VALUES].data, ' ');
	unsigned long ttl_s = strtoul(row[SET_TTL].data, NULL, 10);
	unsigned long minimum_s = minimum ? strtoul(minimum, NULL, 10) : ttl_s;

	negative_ttl_s = (uint32_t)(minimum_s < ttl_s ? minimum_s : ttl_s);
}

static int on_apex(const struct buf *row)
{
	static char name[DNSNAME_SIZE];

	dnsname_from_route53(name, row[SET_NAME].data);
	if (!row[SET_ROW].len || strcmp(name, zone.name))
		return 0;
	if (!strcmp(row[SET_TYPE].data, "SOA"))
		learn_negative_ttl(row);
	if (!strcmp(row[SET_TYPE].data, "NS"))
		add_words(&zone.own_servers, row[SET_VALUES].data, true);
	return 0;
}

static struct buf planned; /* what would be sent, line by line */

static int on_change(const struct buf *row)
{
	enum { ACTION = 1, NAME, TYPE, TTL, VALUE };
	static struct buf change;

	if (!row[0].len)
		return 0;
	buf_set(&change, "%s %s %s %s %s", row[ACTION].data, row[NAME].data,
		row[TTL].data, row[TYPE].data, row[VALUE].data);
	buf_addf(&planned, "\n%s", report_printable(&change));
	return 0;
}

static int explain(const struct buf *changes)
{
	static struct buf document;

	buf_wipe(&planned);
	buf_set(&document, "<Changes>%s</Changes>", changes->data);
	return buf_is_cut(&document)
		       ? errinfo_set(STATUS_DATA, "the batch is too large")
		       : xml_read(document.data, document.len,
				  "Change Action Name Type TTL Value ",
				  on_change);
}

static bool is_denied; /* a request of check's own */

/* Tell an error; a denial is none here, where `up` may do without. */
static bool is_readable(int rc, const char *operation)
{
	if (!rc)
		return true;
	if (errinfo.status != STATUS_DENIED) {
		finding_fail_with_error();
		return false;
	}
	is_denied = true;
	finding_warn("route53:%s is denied; allow it, so that check sees more "
		     "(and up, with CREATE or an owner record)",
		     operation);
	return true;
}

static bool check_permission(struct record *record)
{
	const struct buf *changes;
	const char *reading;
	int rc;

	errinfo.stage = "permission";
	is_denied = false;
	if (!is_readable(route53_get_hosted_zone(zone_id, on_hosted_zone),
			 "GetHostedZone") ||
	    (*zone.name &&
	     !is_readable(route53_list_record_sets(zone_id, zone.name, PAGE,
						   on_apex),
			  LIST)))
		return false;
	if (!zone.is_private && !zone.servers.len)
		buf_set(&zone.servers, "%s", zone.own_servers.data);
	if (*zone.name && !dnsname_in_zone(record->instance.name, zone.name)) {
		finding_fail(STATUS_SETTINGS,
			     "%s is not in %s; correct name or zone_id",
			     record->instance.name, zone.name);
		return false;
	}
	rc = records_plan(record, &changes);
	reading = is_denied ? "not all reading" : "reading";
	errinfo.stage = "permission";
	if (rc && errinfo.status == STATUS_TAKEN) /* told as the record */
		finding_ok("%s is allowed", reading);
	else if (rc || explain(changes))
		finding_fail_with_error();
	else if (planned.len)
		finding_ok("%s is allowed, and up would send:%s\n"
			   "which must be allowed as "
			   "route53:ChangeResourceRecordSets on "
			   "arn:%s:route53:::hostedzone/%s",
			   reading, planned.data, aws_partition(), zone_id);
	else
		finding_ok("%s is allowed, and up would send nothing", reading);
	return !rc || errinfo.status == STATUS_TAKEN;
}

/* ---- What can be better. ---- */

static void check_vpc(void)
{
	static char vpc_id[ROUTE53_ID_SIZE];

	if (zone_learn_vpc(vpc_id)) {
		finding_fail_with_error();
		return;
	}
	if (!vpcs.len)
		finding_warn("%s is private, and which VPCs have it is not "
			     "told; allow route53:GetHostedZone",
			     zone.name);
	else if (resolver_has(&vpcs, vpc_id))
		finding_ok("%s is private, and this instance's %s has it",
			   zone.name, vpc_id);
	else
		finding_warn("%s is private and for%s only, so nobody in this "
			     "instance's %s finds it; aws route53 "
			     "associate-vpc-with-hosted-zone "
			     "--hosted-zone-id %s --vpc "
			     "VPCRegion=%s,VPCId=%s",
			     zone.name, vpcs.data, vpc_id, zone_id,
			     records_first()->instance.region, vpc_id);
}

/* The rule of thumb: half of the clients in one TTL, 97 % in five. */
static void check_ttl(const struct settings *settings)
{
	long ttl_s = settings_number(settings, SETTING_TTL);

	errinfo.stage = "ttl";
	if (ttl_s > TTL_LIMIT)
		finding_warn("%ld s: 50 %% of clients see a new address after "
			     "%ld s, 97 %% after %ld s; set ttl: 60",
			     ttl_s, ttl_s, 5 * ttl_s);
	else
		finding_ok("%ld s: 50 %% of clients see a new address after "
			   "%ld s, 97 %% after %ld s",
			   ttl_s, ttl_s, 5 * ttl_s);
}

static void check_negative_ttl(void)
{
	errinfo.stage = "soa";
	if (negative_ttl_s > TTL_LIMIT)
		finding_warn("who asks for a name before it is there, is told "
			     "for %u s that there is none; in the SOA record "
			     "of %s have 60 for the TTL or the last number",
			     (unsigned)negative_ttl_s, zone.name);
	else if (negative_ttl_s)
		finding_ok("who asks for a name before it is there, is told "
			   "for %u s that there is none",
			   (unsigned)negative_ttl_s);
}

/* ---- What Route 53 holds. ---- */

static const struct record *current;
static struct buf held;	   /* at the name: "A 54.1.1.1 (TTL 60), ..." */
static bool is_obstructed; /* by what cannot stand beside it */
static bool has_own;	   /* something that is replaced */
static bool is_held[PLAN_OWNER];
static bool is_published[PLAN_OWNER];
static bool has_ttl; /* all that are published have the right one */

static const char *identifier(const struct record *record)
{
	const char *const *value = record->settings->value;

	return settings_is(record->settings, SETTING_ROUTING, "simple") ? ""
	       : *value[SETTING_SET_IDENTIFIER] ? value[SETTING_SET_IDENTIFIER]
						: record->instance.id;
}

static int on_set(const struct buf *row)
{
	const char *wanted[] = {current->instance.ipv4, current->instance.ipv6};
	size_t type = text_place(row[SET_TYPE].data, "A AAAA CNAME ");
	const char *own = identifier(current);
	bool is_multivalue =
		settings_is(current->settings, SETTING_ROUTING, "multivalue");
	static char name[DNSNAME_SIZE];

	dnsname_from_route53(name, row[SET_NAME].data);
	if (!row[SET_ROW].len || type > PLAN_OWNER ||
	    strcmp(name, current->instance.name) ||
	    (type < PLAN_OWNER && !*wanted[type]))
		return 0;
	buf_addf(&held, "%s%s %s", held.len ? ", " : "", row[SET_TYPE].data,
		 row[SET_ALIAS].len ? "alias" : row[SET_VALUES].data);
	if (row[SET_TTL].len)
		buf_addf(&held, " (TTL %s)", row[SET_TTL].data);
	if (type < PLAN_OWNER)
		is_held[type] = true;
	if (type == PLAN_OWNER || !*own != !row[SET_IDENTIFIER].len ||
	    (*own && !row[SET_MULTIVALUE].len != !is_multivalue)) {
		is_obstructed = true;
	} else if (!strcmp(own, row[SET_IDENTIFIER].data)) {
		const char *ttl = current->settings->value[SETTING_TTL];

		has_own = true;
		is_published[type] = plan_is_same_address(
			type, row[SET_VALUES].data, wanted[type]);
		has_ttl &= !strcmp(row[SET_TTL].data, ttl);
	}
	return 0;
}

/* What `up` would do is planned; a plain UPSERT is so without a look. */
static bool check_record(struct record *record)
{
	const struct instance *instance = &record->instance;
	const struct buf *changes;
	bool is_complete;

	current = record;
	buf_wipe(&held);
	is_obstructed = has_own = false;
	memset(is_held, 0, sizeof(is_held));
	memset(is_published, 0, sizeof(is_published));
	has_ttl = true;
	errinfo.stage = "record";
	if (route53_list_record_sets(zone_id, instance->name, PAGE, on_set)) {
		bool is_unknown = errinfo.status == STATUS_DENIED;

		if (!is_unknown) /* else it has been told of */
			finding_fail_with_error();
		is_held[PLAN_A] = is_held[PLAN_AAAA] = true;
		return is_unknown;
	}
	if (records_plan(record, &changes)) {
		finding_fail_with_error();
		return false;
	}
	(void)report_printable(&held);
	is_complete = has_ttl && (is_published[PLAN_A] || !*instance->ipv4) &&
		      (is_published[PLAN_AAAA] || !*instance->ipv6);
	if (is_obstructed)
		finding_fail(STATUS_TAKEN,
			     "%s is taken: %s; choose another name, or "
			     "remove it",
			     instance->name, held.data);
	else if (!held.len)
		finding_ok("Route 53 holds nothing at %s yet", instance->name);
	else if (is_complete)
		finding_ok("Route 53 holds %s, as it is to be", held.data);
	else if (!has_own)
		finding_ok("Route 53 holds %s, of others, and up adds its own",
			   held.data);
	else if (record->plan.wants_to_read)
		finding_ok("Route 53 holds %s, and up sets it anew", held.data);
	else
		finding_warn("Route 53 holds %s, and up replaces it, whoever "
			     "set it; if others may want %s, set action: "
			     "CREATE",
			     held.data, instance->name);
	return !is_obstructed;
}

static void check_answer(const struct record *record)
{
	const char *address[] = {record->instance.ipv4, record->instance.ipv6};
	struct check_dns_wanted wanted = {
		.name = record->instance.name,
		.is_shared = *identifier(record),
	};

	http_stop_clock();
	for (size_t i = 0; i < PLAN_OWNER; i++) {
		if (!*address[i])
			continue;
		wanted.type = plan_types[i];
		wanted.address = address[i];
		wanted.is_held = is_held[i];
		wanted.is_published = is_published[i];
		check_dns_answer(&zone, &wanted);
	}
}

/* ---- All of it. ---- */

static void check_of_zone(const struct record *record)
{
	static char former[ROUTE53_ID_SIZE];

	bool is_delegated = false;

	if (!strcmp(former, record->zone_id))
		return;
	memcpy(former, record->zone_id, sizeof(former));
	errinfo.stage = "delegation";
	http_stop_clock();
	if (!*zone.name)
		finding_warn("Route 53 tells no name servers of %s; allow "
			     "route53:GetHostedZone",
			     zone_id);
	else if (zone.is_private)
		check_vpc();
	else
		is_delegated = check_dns_delegation(&zone);
	check_negative_ttl();
	if (is_delegated)
		check_dns_dnssec(&zone);
}

static void check_one(struct record *record)
{
	bool has_name = check_name(record);
	bool has_address = has_name && check_address(record);

	if (!check_credentials(record) || !has_name || !check_zone(record) ||
	    !has_address)
		return;
	if (check_permission(record)) {
		check_of_zone(record);
		check_ttl(record->settings);
		start_clock();
		if (check_record(record))
			check_answer(record);
	}
}

void check(const char *settings_file, const char *defaults_file, bool is_json)
{
	bool has_settings;

	check_print_open(is_json);
	(void)resolver_be_patient(); /* resolver_ask does so again, and looks */
	has_settings = check_settings(settings_file, defaults_file);
	hurry();
	if (check_metadata(has_settings) && has_settings)
		for (struct record *record = records_first(); record;
		     record = records_after(record)) {
			start_clock();
			check_one(record);
		}
	records_close();
}
