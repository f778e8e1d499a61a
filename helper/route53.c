#include "route53.h"

#include <string.h>

#include "aws.h"
#include "errinfo.h"
#include "http.h"
#include "platform.h"
#include "sigv4.h"
#include "text.h"

#define API "/2013-04-01/"
#define DOCUMENT "ChangeResourceRecordSetsRequest"

static struct buf path;
static struct buf query;
static struct buf resource;

/* Make a call whose path is made of the folders "hostedzone" or "change", an
 * id in it and what comes behind. */
static int call(const char *operation, const char *folder, const char *id,
		const char *behind, const char *body, const char *fields,
		xml_row on_row)
{
	const struct aws_request request = {
		.service = AWS_ROUTE53,
		.operation = operation,
		.resource = *id ? resource.data : "*",
		.path = path.data,
		.query = query.data,
		.body = body,
	};
	int rc;

	buf_set(&path, API "%s%s%s", folder, id, behind);
	buf_set(&resource, "%s%s", folder, *folder == 'c' ? "*" : id);
	rc = aws_call(&request, fields, on_row);
	buf_wipe(&query);
	return rc;
}

void route53_cut_id(char *id, size_t size, const char *listed)
{
	const char *last = listed;

	while ((listed = strchr(last, '/')))
		last = listed + 1;
	id[0] = '\0';
	if (strlen(last) < size && text_matches(last, "^[A-Za-z0-9]+$"))
		memcpy(id, last, strlen(last) + 1);
}

int route53_list_hosted_zones_by_name(const char *name, const char *id,
				      xml_row on_row)
{
	buf_addf(&query, "dnsname=");
	sigv4_encode(&query, name);
	/* No more than come with one round trip: TCP begins with ten segments
	 * (RFC 6928), and a zone takes up to 700 bytes. */
	buf_addf(&query, "%s%s&maxitems=20", *id ? "&hostedzoneid=" : "", id);
	return call("ListHostedZonesByName", "hostedzonesbyname", "", "", "",
		    "HostedZone Id Name PrivateZone NextDNSName "
		    "NextHostedZoneId ",
		    on_row);
}

int route53_list_hosted_zones_by_vpc(const char *vpc_id, const char *region,
				     const char *token, xml_row on_row)
{
	buf_addf(&query, "maxitems=100&");
	if (*token)
		buf_addf(&query, "nexttoken=");
	sigv4_encode(&query, token);
	buf_addf(&query, "%svpcid=%s&vpcregion=%s", *token ? "&" : "", vpc_id,
		 region);
	return call("ListHostedZonesByVPC", "hostedzonesbyvpc", "", "", "",
		    "HostedZoneSummary HostedZoneId NextToken ", on_row);
}

int route53_get_hosted_zone(const char *zone_id, xml_row on_row)
{
	return call("GetHostedZone", "hostedzone/", zone_id, "", "",
		    "- Name PrivateZone NameServer VPCId ", on_row);
}

_Static_assert((int)SET_NEXT_NAME < (int)XML_FIELDS,
	       "a row has room for a record set");

#define ELEMENTS                                                               \
	"Name Type SetIdentifier Weight MultiValueAnswer TTL Value "           \
	"HealthCheckId "

int route53_list_record_sets(const char *zone_id, const char *name,
			     unsigned limit, xml_row on_row)
{
	buf_addf(&query, "maxitems=%u&name=", limit);
	sigv4_encode(&query, name);
	return call("ListResourceRecordSets", "hostedzone/", zone_id, "/rrset",
		    "", "ResourceRecordSet " ELEMENTS "DNSName NextRecordName ",
		    on_row);
}

/* Append a text as XML; a value that follows another is a record of its own. */
static void add_text(struct buf *element, const char *text)
{
	for (; *text; text++)
		if (*text == *XML_NEXT)
			buf_addf(element, "</Value></ResourceRecord>"
					  "<ResourceRecord><Value>");
		else
			buf_addf(element,
				 strchr("<>&\"'", *text) ? "&#%d;" : "%c",
				 *text);
}

/* The elements stand in the order of the schema: any other is refused. */
void route53_add_change(struct buf *changes, const char *action,
			const char *const set[SET_ALIAS])
{
	const char *names = ELEMENTS;

	buf_addf(changes, "<Change><Action>%s</Action><ResourceRecordSet>",
		 action);
	for (size_t i = SET_NAME; i < SET_ALIAS; i++) {
		bool is_values = i == SET_VALUES;
		int len = (int)strcspn(names, " ");

		if (*set[i]) {
			buf_addf(changes, "<%s%.*s>",
				 is_values ? "ResourceRecords><ResourceRecord><"
					   : "",
				 len, names);
			add_text(changes, set[i]);
			buf_addf(changes, "%s</%.*s%s>",
				 i == SET_NAME ? "." : "", len, names,
				 is_values ? "></ResourceRecord></"
					     "ResourceRecords"
					   : "");
		}
		names += len + 1;
	}
	buf_addf(changes, "</ResourceRecordSet></Change>");
}

static char *id_wanted;
static bool was_insync;

static int on_change_info(const struct buf *row)
{
	if (id_wanted)
		route53_cut_id(id_wanted, ROUTE53_CHANGE_ID_SIZE, row[1].data);
	was_insync = !strcmp(row[2].data, "INSYNC");
	return 0;
}

static bool says(const char *pattern)
{
	return text_matches(errinfo.text.data, pattern);
}

/* In our own words, with the name that Route 53 has named. */
static int say_routing(void)
{
	static struct buf named;
	static char name[DNSNAME_SIZE];
	const char *at = strstr(errinfo.text.data, "DNS name ");

	if (!at)
		return -1;
	at += strlen("DNS name ");
	buf_set(&named, "%.*s", (int)strcspn(at, ","), at);
	dnsname_from_route53(name, named.data);
	return errinfo_set(STATUS_TAKEN,
			   "%s is taken: its records have another routing; "
			   "choose another name, or remove it, or set routing "
			   "as there",
			   name);
}

/* Why a batch was refused is told in words only: make a status and advice of
 * them. */
static int explain_refusal(void)
{
	if (says("not permitted in zone")) {
		errinfo.status = STATUS_SETTINGS;
		return -1;
	}
	if (platform_has_user && says("with the same name and type"))
		return say_routing();
	if (platform_has_user && says("contain the same TTL")) {
		errinfo.status = STATUS_TAKEN;
		return errinfo_add("; set ttl as the group has it");
	}
	if (says("already exist|onflict|with the same name and type|"
		 "was not found|do not match")) {
		errinfo.status = STATUS_TAKEN;
		errinfo.again =
			says("same name and") ? AGAIN_NEVER : AGAIN_LATER;
		return errinfo_add("; choose another name, or remove it");
	}
	if (!platform_has_user)
		return -1;
	if (says("NoSuchHealthCheck|ealth check .*not exist")) {
		errinfo.status = STATUS_UNAVAILABLE;
		return errinfo_add("; create the health check, or correct "
				   "health_check_id");
	}
	if (says("[Ll]imit o[fn]|LimitsExceeded|Cannot have more than")) {
		errinfo.status = STATUS_UNAVAILABLE;
		return errinfo_add("; a quota of Route 53 is used up: remove "
				   "records, split the group or zone, or have "
				   "AWS raise it");
	}
	return -1;
}

int route53_change_record_sets(const char *zone_id, const char *instance_id,
			       const struct buf *changes,
			       char change_id[ROUTE53_CHANGE_ID_SIZE])
{
	static struct buf batch;

	buf_set(&batch,
		"<" DOCUMENT " xmlns=\"https://route53.amazonaws.com/doc" API
		"\"><ChangeBatch><Comment>bootname "
		"%s</Comment><Changes>%s</Changes>"
		"</ChangeBatch></" DOCUMENT ">",
		instance_id, changes->data);
	id_wanted = change_id;
	if (buf_is_cut(&batch))
		return errinfo_set(STATUS_DATA, "the batch is too large");
	if (!call("ChangeResourceRecordSets", "hostedzone/", zone_id, "/rrset/",
		  batch.data, "- Id Status ", on_change_info))
		return 0;
	return errinfo.status == STATUS_DATA ? explain_refusal() : -1;
}

int route53_get_change(const char *change_id, bool *is_insync)
{
	id_wanted = NULL;
	if (call("GetChange", "change/", change_id, "", "", "- Id Status ",
		 on_change_info))
		return -1;
	*is_insync = was_insync;
	return 0;
}

/* Append a parameter of the query, where it has a value. */
static void add_parameter(const char *name, const char *value)
{
	if (*value)
		buf_addf(&query, "%s%s=", query.len ? "&" : "", name);
	sigv4_encode(&query, value);
}

int route53_list_zone(const char *zone_id, const char *name, const char *type,
		      const char *identifier, xml_row on_row, xml_row on_next)
{
	add_parameter("identifier", identifier);
	add_parameter("maxitems", "300");
	add_parameter("name", name);
	add_parameter("type", type);
	return call("ListResourceRecordSets", "hostedzone/", zone_id, "/rrset",
		    "", "ResourceRecordSet " ELEMENTS "DNSName ", on_row) ||
			       xml_read(http_answer.body, http_answer.size,
					"- NextRecordName NextRecordType "
					"NextRecordIdentifier ",
					on_next)
		       ? -1
		       : 0;
}
