#include "route53.h"

#include <string.h>

#include "aws.h"
#include "errinfo.h"
#include "sigv4.h"
#include "xml.h"

#define API "/2013-04-01/"
#define DOCUMENT "ChangeResourceRecordSetsRequest"

BUF(path, 8192);
BUF(query, 2048);

static void start(void)
{
	buf_clear(&path);
	buf_clear(&query);
}

/* Ids come as "/hostedzone/Z1"; the last segment is wanted.  "": unusable. */
static void cut_id(char *id)
{
	const char *last = strrchr(id, '/');

	if (last)
		memmove(id, last + 1, strlen(last));
	if (id[strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			  "abcdefghijklmnopqrstuvwxyz0123456789")])
		id[0] = '\0';
}

/* ---- ListHostedZonesByName ---- */

struct zone_page {
	char id[64];	 /* as listed */
	char name[1025]; /* as listed */
	bool is_private;
	bool is_truncated;
	route53_on_zone on_zone;
};

/* Make a zone of what was read since the last one. */
static int take_zone(struct zone_page *page, struct hosted_zone *zone)
{
	cut_id(page->id);
	if (!page->id[0] || strlen(page->id) >= sizeof(zone->id))
		return errinfo_set(STATUS_DATA,
				   "Route 53 lists a zone without its id");
	memcpy(zone->id, page->id, sizeof(zone->id));
	dnsname_from_route53(zone->name, page->name);
	zone->is_private = page->is_private;
	page->id[0] = page->name[0] = '\0';
	page->is_private = false;
	return 0;
}

static int on_zone_text(void *context, const char *where, const char *text)
{
	struct zone_page *page = context;
	struct hosted_zone zone;

	(void)(xml_take(where, text, "HostedZone/Id", page->id,
			sizeof(page->id)) ||
	       xml_take(where, text, "HostedZone/Name", page->name,
			sizeof(page->name)) ||
	       xml_take(where, text, "NextHostedZoneId", page->id,
			sizeof(page->id)) ||
	       xml_take(where, text, "NextDNSName", page->name,
			sizeof(page->name)));
	page->is_private |=
		xml_ends(where, "PrivateZone") && !strcmp(text, "true");
	page->is_truncated |=
		xml_ends(where, "IsTruncated") && !strcmp(text, "true");
	if (!xml_ends(where, "HostedZones/HostedZone"))
		return 0;
	return take_zone(page, &zone) || page->on_zone(&zone) ? -1 : 0;
}

int route53_list_hosted_zones_by_name(struct hosted_zone *from,
				      route53_on_zone on_zone)
{
	static const struct aws_request request = {
		.service = AWS_ROUTE53,
		.operation = "ListHostedZonesByName",
		.resource = "*",
		.path = API "hostedzonesbyname",
		.query = query_bytes,
	};
	struct zone_page page = {.on_zone = on_zone};

	start();
	buf_addf(&query, "maxitems=100&dnsname=");
	sigv4_encode(&query, from->name);
	if (from->id[0])
		buf_addf(&query, "&hostedzoneid=%s", from->id);
	if (aws_call(&request, on_zone_text, &page))
		return -1;
	from->name[0] = '\0';
	return page.is_truncated ? take_zone(&page, from) : 0;
}

/* ---- ListResourceRecordSets ---- */

BUF(values, ROUTE53_VALUES_SIZE);

struct set_page {
	struct record_set set; /* being read */
	char name[1025];       /* as listed */
	route53_on_record_set on_record_set;
};

static int on_set_text(void *context, const char *where, const char *text)
{
	struct set_page *page = context;
	struct record_set *set = &page->set;
	int rc;

	(void)(xml_take(where, text, "ResourceRecordSet/Name", page->name,
			sizeof(page->name)) ||
	       xml_take(where, text, "ResourceRecordSet/Type", set->type,
			sizeof(set->type)) ||
	       xml_take(where, text, "ResourceRecordSet/TTL", set->ttl,
			sizeof(set->ttl)));
	set->is_routed |= xml_ends(where, "SetIdentifier");
	set->is_alias |= xml_ends(where, "AliasTarget");
	if (xml_ends(where, "ResourceRecord/Value"))
		buf_addf(&values, "%s\n", text);
	if (!xml_ends(where, "ResourceRecordSets/ResourceRecordSet"))
		return 0;
	dnsname_from_route53(set->name, page->name);
	set->values = values.data;
	rc = buf_check(&values, "values") || page->on_record_set(set);
	memset(set, 0, sizeof(*set));
	buf_clear(&values);
	return rc;
}

int route53_list_record_sets(const char *zone_id, const char *name,
			     route53_on_record_set on_record_set)
{
	BUF(resource, 64);
	static const struct aws_request request = {
		.service = AWS_ROUTE53,
		.operation = "ListResourceRecordSets",
		.resource = resource_bytes,
		.path = path_bytes,
		.query = query_bytes,
	};
	struct set_page page = {.on_record_set = on_record_set};

	start();
	buf_clear(&resource);
	buf_clear(&values);
	buf_addf(&resource, "hostedzone/%s", zone_id);
	buf_addf(&path, API "%s/rrset", resource.data);
	buf_addf(&query, "maxitems=100&name=");
	sigv4_encode(&query, name);
	return aws_call(&request, on_set_text, &page);
}

/* ---- ChangeResourceRecordSets ---- */

static void add_escaped(struct buf *xml, const char *text, size_t len)
{
	for (; len--; text++) {
		if (strchr("<>&\"'", *text))
			buf_addf(xml, "&#%d;", *text);
		else
			buf_add(xml, text, 1);
	}
}

/* The elements stand in the order of the schema: any other is refused. */
void route53_add_change(struct buf *changes, const char *action,
			const struct record_set *set)
{
	const char *value = set->values;

	buf_addf(changes,
		 "<Change><Action>%s</Action><ResourceRecordSet><Name>%s."
		 "</Name><Type>%s</Type><TTL>%s</TTL><ResourceRecords>",
		 action, set->name, set->type, set->ttl);
	while (*value) {
		size_t len = strcspn(value, "\n");

		buf_addf(changes, "<ResourceRecord><Value>");
		add_escaped(changes, value, len);
		buf_addf(changes, "</Value></ResourceRecord>");
		value += len + (value[len] == '\n');
	}
	buf_addf(changes, "</ResourceRecords></ResourceRecordSet></Change>");
}

struct change_info {
	char id[ROUTE53_CHANGE_ID_SIZE];
	char status[16];
};

static int on_change_info(void *context, const char *where, const char *text)
{
	struct change_info *info = context;

	(void)xml_take(where, text, "ChangeInfo/Id", info->id,
		       sizeof(info->id));
	(void)xml_take(where, text, "ChangeInfo/Status", info->status,
		       sizeof(info->status));
	return 0;
}

/* Route 53 tells why a batch was refused in words only. */
static int explain_refusal(void)
{
	static const char *const taken[] = {
		"already exist",
		"onflict", /* conflicting RRSet, conflicts with other records */
		"with the same name and type",
		"was not found",
		"do not match",
	};

	if (strcmp(errinfo.code, "InvalidChangeBatch"))
		return -1;
	if (strstr(errinfo.text, "not permitted in zone"))
		errinfo.status = STATUS_SETTINGS;
	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++) {
		if (!strstr(errinfo.text, taken[i]))
			continue;
		errinfo.status = STATUS_TAKEN;
		return errinfo_add("; choose another name, or remove it");
	}
	return -1;
}

int route53_change_record_sets(const char *zone_id, const char *comment,
			       const struct buf *changes,
			       char change_id[ROUTE53_CHANGE_ID_SIZE])
{
	BUF(batch, 65536);
	BUF(resource, 64);
	static const struct aws_request request = {
		.service = AWS_ROUTE53,
		.operation = "ChangeResourceRecordSets",
		.resource = resource_bytes,
		.path = path_bytes,
		.query = "",
		.type = "Content-Type: application/xml",
		.body = &batch,
	};
	static struct change_info info;

	start();
	buf_clear(&resource);
	buf_clear(&batch);
	buf_addf(&resource, "hostedzone/%s", zone_id);
	buf_addf(&path, API "%s/rrset/", resource.data);
	buf_addf(&batch,
		 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<" DOCUMENT
		 " xmlns=\"https://route53.amazonaws.com/doc" API
		 "\"><ChangeBatch><Comment>%s</Comment><Changes>%s</Changes>"
		 "</ChangeBatch></" DOCUMENT ">\n",
		 comment, changes->data);
	if (buf_check(changes, "changes") || buf_check(&batch, "batch"))
		return -1;
	if (aws_call(&request, on_change_info, &info))
		return explain_refusal();
	cut_id(info.id);
	memcpy(change_id, info.id, sizeof(info.id));
	return 0;
}

/* ---- GetChange ---- */

int route53_get_change(const char *change_id, bool *is_insync)
{
	static const struct aws_request request = {
		.service = AWS_ROUTE53,
		.operation = "GetChange",
		.resource = "change/*",
		.path = path_bytes,
		.query = "",
	};
	static struct change_info info;

	start();
	buf_addf(&path, API "change/%s", change_id);
	if (aws_call(&request, on_change_info, &info))
		return -1;
	*is_insync = !strcmp(info.status, "INSYNC");
	return 0;
}
