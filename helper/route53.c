#include "route53.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws.h"
#include "errinfo.h"
#include "sigv4.h"
#include "xml.h"

#define XML_NAMESPACE "https://route53.amazonaws.com/doc/2013-04-01/"
#define API "/2013-04-01/"

enum { SHORT_LIMIT = 8192 }; /* bytes of a path or query */

static int unusable(struct errinfo *err, const char *what)
{
	return errinfo_set(err, STATUS_DATA, "Route 53 lists %s", what);
}

/* Ids come as "/hostedzone/Z1"; the last segment is wanted. */
static int take_id(char *id, size_t size, const char *text, struct errinfo *err)
{
	const char *last = strrchr(text, '/');
	size_t len;

	text = last ? last + 1 : text;
	len = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			   "abcdefghijklmnopqrstuvwxyz0123456789-_");
	if (!len || text[len] || len >= size)
		return unusable(err, "an id that is none");
	memcpy(id, text, len + 1);
	return 0;
}

static int call(struct aws *aws, struct aws_request *request,
		xml_handler handler, void *context, struct errinfo *err)
{
	struct buf answer = BUF_INIT(AWS_LIMIT);
	int rc;

	request->service = AWS_ROUTE53;
	rc = aws_call(aws, request, &answer, err);
	if (!rc)
		rc = xml_read(buf_text(&answer), answer.len, handler, context,
			      err);
	buf_release(&answer);
	return rc;
}

/* ---- ListHostedZonesByName ---- */

static int on_zone(void *context, const char *path, const char *text,
		   struct errinfo *err)
{
	struct hosted_zone_page *page = context;
	struct hosted_zone *zone = &page->zones[page->count];

	if (xml_ends(path, "IsTruncated"))
		page->is_truncated = !strcmp(text, "true");
	else if (xml_ends(path, "NextDNSName")) {
		if (!dnsname_from_route53(page->next_name, text))
			return unusable(err, "a name that is too long");
	} else if (xml_ends(path, "NextHostedZoneId"))
		return take_id(page->next_id, sizeof(page->next_id), text, err);
	if (page->count == ROUTE53_ZONES)
		return 0; /* more than was asked for */
	if (xml_ends(path, "HostedZone/Id"))
		return take_id(zone->id, sizeof(zone->id), text, err);
	if (xml_ends(path, "HostedZone/Name")) {
		if (!dnsname_from_route53(zone->name, text))
			return unusable(err, "a name that is too long");
	} else if (xml_ends(path, "HostedZone/Config/PrivateZone"))
		zone->is_private = !strcmp(text, "true");
	else if (xml_ends(path, "HostedZones/HostedZone")) {
		if (!zone->id[0] || !zone->name[0])
			return unusable(err, "a hosted zone without its id");
		page->count++;
	}
	return 0;
}

int route53_list_hosted_zones_by_name(struct aws *aws, const char *name,
				      const char *id,
				      struct hosted_zone_page *page,
				      struct errinfo *err)
{
	struct buf query = BUF_INIT(SHORT_LIMIT);
	struct aws_request request = {
		.action = "route53:ListHostedZonesByName",
		.resource = "*",
		.method = "GET",
		.path = API "hostedzonesbyname",
	};
	int rc;

	memset(page, 0, sizeof(*page));
	buf_add_text(&query, "dnsname=");
	sigv4_encode(&query, name);
	if (*id)
		buf_addf(&query, "&hostedzoneid=%s", id);
	buf_addf(&query, "&maxitems=%d", ROUTE53_ZONES);
	rc = buf_check(&query, "query", err);
	request.query = buf_text(&query);
	if (!rc)
		rc = call(aws, &request, on_zone, page, err);
	buf_release(&query);
	return rc;
}

/* ---- ListResourceRecordSets ---- */

struct listing {
	struct record_set record_set; /* being read */
	route53_handler handler;
	void *context;
};

static void next_record_set(struct record_set *set)
{
	struct buf values = set->values;

	memset(set, 0, sizeof(*set));
	set->values = values;
	buf_clear(&set->values);
}

static int take_ttl(long *ttl_s, const char *text, struct errinfo *err)
{
	errno = 0;
	*ttl_s = strtol(text, NULL, 10);
	if (errno || *ttl_s < 0 || *ttl_s > 2147483647)
		return unusable(err, "a TTL that is none");
	return 0;
}

static int on_record_set(void *context, const char *path, const char *text,
			 struct errinfo *err)
{
	struct listing *listing = context;
	struct record_set *set = &listing->record_set;

	if (xml_ends(path, "ResourceRecordSet/Name")) {
		if (!dnsname_from_route53(set->name, text))
			return unusable(err, "a name that is too long");
	} else if (xml_ends(path, "ResourceRecordSet/Type"))
		(void)snprintf(set->type, sizeof(set->type), "%s", text);
	else if (xml_ends(path, "ResourceRecordSet/SetIdentifier"))
		set->is_routed = true;
	else if (xml_ends(path, "ResourceRecordSet/AliasTarget"))
		set->is_alias = true;
	else if (xml_ends(path, "ResourceRecordSet/TTL"))
		return take_ttl(&set->ttl_s, text, err);
	else if (xml_ends(path, "ResourceRecord/Value")) {
		buf_addf(&set->values, "%s\n", text);
		return buf_check(&set->values, "values", err);
	} else if (xml_ends(path, "ResourceRecordSets/ResourceRecordSet")) {
		int rc = listing->handler(listing->context, set, err);

		next_record_set(set);
		return rc;
	}
	return 0;
}

int route53_list_record_sets(struct aws *aws, const char *zone_id,
			     const char *name, route53_handler handler,
			     void *context, struct errinfo *err)
{
	struct listing listing = {
		.record_set = {.values = BUF_INIT(ROUTE53_VALUES_LIMIT)},
		.handler = handler,
		.context = context,
	};
	struct buf path = BUF_INIT(SHORT_LIMIT);
	struct buf query = BUF_INIT(SHORT_LIMIT);
	struct aws_request request = {
		.action = "route53:ListResourceRecordSets",
		.method = "GET",
	};
	char resource[64];
	int rc;

	(void)snprintf(resource, sizeof(resource), ":route53:::hostedzone/%s",
		       zone_id);
	buf_addf(&path, API "hostedzone/%s/rrset", zone_id);
	buf_add_text(&query, "maxitems=100&name=");
	sigv4_encode(&query, name);
	request.resource = resource;
	request.path = buf_text(&path);
	request.query = buf_text(&query);
	rc = buf_check(&path, "path", err);
	if (!rc)
		rc = buf_check(&query, "query", err);
	if (!rc)
		rc = call(aws, &request, on_record_set, &listing, err);
	buf_release(&listing.record_set.values);
	buf_release(&path);
	buf_release(&query);
	return rc;
}

/* ---- ChangeResourceRecordSets ---- */

static void add_escaped(struct buf *xml, const char *text, size_t len)
{
	static const char special[] = "<>&\"'";

	for (size_t i = 0; i < len; i++) {
		if (strchr(special, text[i]))
			buf_addf(xml, "&#%d;", text[i]);
		else
			buf_add_char(xml, text[i]);
	}
}

/* The elements stand in the order of the schema: any other is refused. */
static void add_record_set(struct buf *xml, const struct record_set *set)
{
	const char *value = buf_text(&set->values);

	buf_addf(xml,
		 "<ResourceRecordSet><Name>%s.</Name><Type>%s</Type>"
		 "<TTL>%ld</TTL><ResourceRecords>",
		 set->name, set->type, set->ttl_s);
	while (*value) {
		size_t len = strcspn(value, "\n");

		buf_add_text(xml, "<ResourceRecord><Value>");
		add_escaped(xml, value, len);
		buf_add_text(xml, "</Value></ResourceRecord>");
		value += len + 1;
	}
	buf_add_text(xml, "</ResourceRecords></ResourceRecordSet>");
}

void route53_change_batch(struct buf *xml, const char *comment,
			  const struct change *changes, size_t count)
{
	static const char *const actions[] = {
		[CHANGE_CREATE] = "CREATE",
		[CHANGE_UPSERT] = "UPSERT",
		[CHANGE_DELETE] = "DELETE",
	};

	buf_add_text(xml,
		     "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		     "<ChangeResourceRecordSetsRequest xmlns=\"" XML_NAMESPACE
		     "\"><ChangeBatch><Comment>");
	add_escaped(xml, comment, strlen(comment));
	buf_add_text(xml, "</Comment><Changes>");
	for (size_t i = 0; i < count; i++) {
		buf_addf(xml, "<Change><Action>%s</Action>",
			 actions[changes[i].action]);
		add_record_set(xml, changes[i].record_set);
		buf_add_text(xml, "</Change>");
	}
	buf_add_text(xml, "</Changes></ChangeBatch>"
			  "</ChangeResourceRecordSetsRequest>\n");
}

struct change_info {
	char id[ROUTE53_CHANGE_ID_SIZE];
	bool is_insync;
};

static int on_change_info(void *context, const char *path, const char *text,
			  struct errinfo *err)
{
	struct change_info *info = context;

	if (xml_ends(path, "ChangeInfo/Id"))
		return take_id(info->id, sizeof(info->id), text, err);
	if (xml_ends(path, "ChangeInfo/Status"))
		info->is_insync = !strcmp(text, "INSYNC");
	return 0;
}

/* Route 53 tells why a batch was refused in words only. */
static int explain_refusal(struct errinfo *err)
{
	static const char *const taken[] = {
		"already exists",
		"conflicting RRSet",
		"conflicts with other records",
		"exists with the same name and type",
		"exist with the same name and type",
		"was not found",
		"do not match the current values",
	};

	if (strcmp(err->code, "InvalidChangeBatch"))
		return -1;
	if (strstr(err->text, "is not permitted in zone"))
		err->status = STATUS_SETTINGS;
	for (size_t i = 0; i < sizeof(taken) / sizeof(*taken); i++)
		if (strstr(err->text, taken[i]))
			err->status = STATUS_TAKEN;
	return -1;
}

int route53_change_record_sets(struct aws *aws, const char *zone_id,
			       const struct buf *xml,
			       char change_id[ROUTE53_CHANGE_ID_SIZE],
			       struct errinfo *err)
{
	struct change_info info = {.is_insync = false};
	struct aws_request request = {
		.action = "route53:ChangeResourceRecordSets",
		.method = "POST",
		.query = "",
		.content_type = "application/xml",
		.body = xml,
	};
	char resource[64];
	char path[96];

	(void)snprintf(resource, sizeof(resource), ":route53:::hostedzone/%s",
		       zone_id);
	(void)snprintf(path, sizeof(path), API "hostedzone/%s/rrset/", zone_id);
	request.resource = resource;
	request.path = path;
	if (call(aws, &request, on_change_info, &info, err))
		return explain_refusal(err);
	memcpy(change_id, info.id, sizeof(info.id));
	return 0;
}

/* ---- GetChange ---- */

int route53_get_change(struct aws *aws, const char *change_id, bool *is_insync,
		       struct errinfo *err)
{
	struct change_info info = {.is_insync = false};
	struct buf path = BUF_INIT(SHORT_LIMIT);
	struct aws_request request = {
		.action = "route53:GetChange",
		.resource = ":route53:::change/*",
		.method = "GET",
		.query = "",
	};
	int rc;

	buf_addf(&path, API "change/%s", change_id);
	request.path = buf_text(&path);
	rc = buf_check(&path, "path", err);
	if (!rc)
		rc = call(aws, &request, on_change_info, &info, err);
	if (!rc)
		*is_insync = info.is_insync;
	buf_release(&path);
	return rc;
}
