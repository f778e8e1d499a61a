#include "route53.h"

#include <string.h>

#include "aws.h"
#include "build.h"
#include "errinfo.h"
#include "route53_refusal.h"
#include "sigv4.h"
#include "text.h"

#define API "/2013-04-01/"
#define DOCUMENT "ChangeResourceRecordSetsRequest"

/* Texts of the call at hand: too large for the stack. */
static struct buf path;
static struct buf query;
static struct buf resource;

/* What is read of an answer, as xml_read takes it. */
struct answer {
	const char *fields;
	xml_row on_row;
	void *context;
};

/* Make a call whose path is made of the folders "hostedzone" or "change", an id
 * in it and what comes behind.  once: as in struct aws_request. */
static int send(const char *operation, const char *folder, const char *id,
		const char *behind, const char *body, bool once,
		const struct answer *answer)
{
	const struct aws_request request = {
		.service = AWS_ROUTE53,
		.operation = operation,
		.resource = *id ? resource.data : "*",
		.path = path.data,
		.query = query.data,
		.body = body,
		.once = build_is(BUILD_WHOLE) && once,
	};
	int rc;

	buf_set(&path, API "%s%s%s", folder, id, behind);
	buf_set(&resource, "%s%s", folder, *folder == 'c' ? "*" : id);
	rc = aws_call(&request, answer->fields, answer->on_row,
		      answer->context);
	buf_wipe(&query);
	return rc;
}

/* The same as a GET of what is below an id. */
static int get(const char *operation, const char *folder, const char *id,
	       const char *behind, const struct answer *answer)
{
	return send(operation, folder, id, behind, "", false, answer);
}

/* Append a parameter of the query, if it has a value. */
static void add_parameter(const char *name, const char *value)
{
	if (*value)
		buf_addf(&query, "%s%s=", query.len ? "&" : "", name);
	sigv4_encode(&query, value);
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

/* ---- Hosted zones. ---- */

/* A listing under way: who gets what is listed, and where the next page begins.
 */
struct zone_listing {
	struct hosted_zone_place *place;
	struct buf *token;
	hosted_zone_handler on_zone;
	void *context;
};

static bool says_true(const struct buf *field)
{
	return !strcmp(field->data, "true");
}

static int on_zone_row(const struct buf *row, void *context)
{
	enum { ROW, ID, NAME, IS_PRIVATE, NEXT_NAME, NEXT_ID };
	const struct zone_listing *listing = context;
	static struct hosted_zone zone;

	if (!row[ROW].len) {
		dnsname_from_route53(listing->place->name, row[NEXT_NAME].data);
		route53_cut_id(listing->place->id, ROUTE53_ID_SIZE,
			       row[NEXT_ID].data);
		return 0;
	}
	dnsname_from_route53(zone.name, row[NAME].data);
	route53_cut_id(zone.id, sizeof(zone.id), row[ID].data);
	zone.is_private = says_true(&row[IS_PRIVATE]);
	return *zone.id ? listing->on_zone(&zone, listing->context)
			: errinfo_set(STATUS_DATA, "a zone without an id");
}

int route53_list_hosted_zones_by_name(struct hosted_zone_place *place,
				      hosted_zone_handler on_zone,
				      void *context)
{
	struct zone_listing listing = {
		.place = place, .on_zone = on_zone, .context = context};

	add_parameter("dnsname", place->name);
	add_parameter("hostedzoneid", place->id);
	/* No more than come with one round trip: TCP begins with ten segments
	 * (RFC 6928), and a zone takes up to 700 bytes. */
	add_parameter("maxitems", "20");
	return get("ListHostedZonesByName", "hostedzonesbyname", "", "",
		   &(struct answer){"HostedZone Id Name PrivateZone "
				    "NextDNSName NextHostedZoneId ",
				    on_zone_row, &listing});
}

static int on_vpc_zone_row(const struct buf *row, void *context)
{
	enum { ROW, ID, NEXT_TOKEN };
	const struct zone_listing *listing = context;
	static struct hosted_zone zone;

	if (!row[ROW].len) {
		buf_set(listing->token, "%s", row[NEXT_TOKEN].data);
		return 0;
	}
	route53_cut_id(zone.id, sizeof(zone.id), row[ID].data);
	return listing->on_zone(&zone, listing->context);
}

int route53_list_hosted_zones_by_vpc(const char *vpc_id, const char *region,
				     struct buf *token,
				     hosted_zone_handler on_zone, void *context)
{
	struct zone_listing listing = {
		.token = token, .on_zone = on_zone, .context = context};

	add_parameter("maxitems", "100");
	add_parameter("nexttoken", token->data);
	add_parameter("vpcid", vpc_id);
	add_parameter("vpcregion", region);
	return get("ListHostedZonesByVPC", "hostedzonesbyvpc", "", "",
		   &(struct answer){"HostedZoneSummary HostedZoneId NextToken ",
				    on_vpc_zone_row, &listing});
}

/* One zone, and where its texts go. */
struct zone_details {
	struct hosted_zone *zone;
	struct buf *servers;
	struct buf *vpcs;
};

static int on_details(const struct buf *row, void *context)
{
	enum { ROW, NAME, IS_PRIVATE, SERVERS, VPCS };
	const struct zone_details *details = context;

	dnsname_from_route53(details->zone->name, row[NAME].data);
	details->zone->is_private = says_true(&row[IS_PRIVATE]);
	*details->servers = row[SERVERS];
	*details->vpcs = row[VPCS];
	return 0;
}

int route53_get_hosted_zone(const char *zone_id, struct hosted_zone *zone,
			    struct buf *servers, struct buf *vpcs)
{
	struct zone_details details = {zone, servers, vpcs};

	route53_cut_id(zone->id, sizeof(zone->id), zone_id);
	return get("GetHostedZone", "hostedzone/", zone_id, "",
		   &(struct answer){"- Name PrivateZone NameServer VPCId ",
				    on_details, &details});
}

/* ---- Record sets. ---- */

const char route53_type_names[TYPE_OTHER][6] = {
	"A", "AAAA", "TXT", "CNAME", "NS", "SOA",
};

enum record_type route53_type(const char *name)
{
	return (enum record_type)text_place(name, "A AAAA TXT CNAME NS SOA ");
}

/* The names of a set's elements, in the order of the schema. */
#define ELEMENTS                                                               \
	"Name Type SetIdentifier Weight MultiValueAnswer TTL Value "           \
	"HealthCheckId "

struct set_listing {
	struct record_set_place *next;
	record_set_handler on_set;
	void *context;
};

static int on_set_row(const struct buf *row, void *context)
{
	enum {
		ROW,
		FIRST, /* element */
		ALIAS = FIRST + RECORD_SET_ELEMENTS,
		NEXT_NAME,
		NEXT_TYPE,
		NEXT_IDENTIFIER,
		FIELDS,
	};
	const struct set_listing *listing = context;
	struct record_set set;

	_Static_assert((int)FIELDS <= (int)XML_FIELDS,
		       "a row has room for a record set");
	if (!row[ROW].len) {
		route53_place_at(listing->next, row[NEXT_NAME].data);
		if (build_is(BUILD_WHOLE)) {
			listing->next->type = row[NEXT_TYPE];
			listing->next->identifier = row[NEXT_IDENTIFIER];
		}
		return 0;
	}
	for (size_t i = 0; i < RECORD_SET_ELEMENTS; i++)
		set.element[i] = row[FIRST + i].data;
	set.alias = row[ALIAS].data;
	return listing->on_set(&set, listing->context);
}

void route53_place_at(struct record_set_place *place, const char *name)
{
	buf_set(&place->name, "%s", name);
	if (build_is(BUILD_WHOLE)) {
		buf_wipe(&place->type);
		buf_wipe(&place->identifier);
	}
}

int route53_list_record_sets(const char *zone_id,
			     struct record_set_place *place, unsigned limit,
			     record_set_handler on_set, void *context)
{
	struct set_listing listing = {place, on_set, context};
	const struct answer answer = {
		build_is(BUILD_WHOLE) ? "ResourceRecordSet " ELEMENTS
					"DNSName NextRecordName "
					"NextRecordType NextRecordIdentifier "
				      : "ResourceRecordSet " ELEMENTS
					"DNSName NextRecordName ",
		on_set_row, &listing};

	if (build_is(BUILD_WHOLE))
		add_parameter("identifier", place->identifier.data);
	buf_addf(&query, "%smaxitems=%u", query.len ? "&" : "", limit);
	add_parameter("name", place->name.data);
	if (build_is(BUILD_WHOLE))
		add_parameter("type", place->type.data);
	return get("ListResourceRecordSets", "hostedzone/", zone_id, "/rrset",
		   &answer);
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
			const struct record_set *set)
{
	const char *names = ELEMENTS;

	buf_addf(changes, "<Change><Action>%s</Action><ResourceRecordSet>",
		 action);
	for (size_t i = 0; i < RECORD_SET_ELEMENTS; i++) {
		const char *const *element = &set->element[i];
		bool is_values = element == &set->values;
		int len = (int)strcspn(names, " ");

		if (**element) {
			buf_addf(changes, "<%s%.*s>",
				 is_values ? "ResourceRecords><ResourceRecord><"
					   : "",
				 len, names);
			add_text(changes, *element);
			buf_addf(changes, "%s</%.*s%s>",
				 element == &set->name ? "." : "", len, names,
				 is_values ? "></ResourceRecord></"
					     "ResourceRecords"
					   : "");
		}
		names += len + 1;
	}
	buf_addf(changes, "</ResourceRecordSet></Change>");
}

/* ---- Changes. ---- */

/* What an answer says about a change. */
struct change_info {
	char *id; /* NULL: is not asked for */
	bool is_insync;
};

static int on_change_info(const struct buf *row, void *context)
{
	enum { ROW, ID, STATUS };
	struct change_info *info = context;

	if (!build_is_whole) /* which waits for nothing */
		return 0;
	if (info->id)
		route53_cut_id(info->id, ROUTE53_CHANGE_ID_SIZE, row[ID].data);
	info->is_insync = !strcmp(row[STATUS].data, "INSYNC");
	return 0;
}

int route53_change_record_sets(const char *zone_id, const char *instance_id,
			       const struct buf *changes, bool once,
			       char change_id[ROUTE53_CHANGE_ID_SIZE])
{
	static struct buf batch; /* too large for the stack */
	struct change_info info = {.id = change_id};

	buf_set(&batch,
		"<" DOCUMENT " xmlns=\"https://route53.amazonaws.com/doc" API
		"\"><ChangeBatch><Comment>bootname "
		"%s</Comment><Changes>%s</Changes>"
		"</ChangeBatch></" DOCUMENT ">",
		instance_id, changes->data);
	if (buf_is_cut(&batch))
		return errinfo_set(STATUS_DATA, "the batch is too large");
	if (!send("ChangeResourceRecordSets", "hostedzone/", zone_id, "/rrset/",
		  batch.data, once,
		  &(struct answer){"- Id Status ", on_change_info, &info}))
		return 0;
	if (build_is(BUILD_WHOLE) && once && errinfo.status == STATUS_DEADLINE)
		errinfo.again = AGAIN_LATER;
	return errinfo.status == STATUS_DATA ? route53_explain_refusal() : -1;
}

int route53_get_change(const char *change_id, bool *is_insync)
{
	struct change_info info = {.id = NULL};

	if (get("GetChange", "change/", change_id, "",
		&(struct answer){"- Id Status ", on_change_info, &info}))
		return -1;
	*is_insync = info.is_insync;
	return 0;
}
