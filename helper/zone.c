#include "zone.h"

#include <string.h>

#include "build.h"
#include "errinfo.h"
#include "http.h"
#include "imds.h"
#include "instance.h"
#include "route53.h"
#include "settings.h"
#include "text.h"

/* An account has 500 zones, unless AWS allows more. */
enum { PAGES_LIMIT = 50 };

/* The zones that would do: of the longest name seen. */
static struct {
	const char *name;   /* the name that is to be published */
	const char *longer; /* zones of this name or below it count */
	bool is_private;
	unsigned count;
	char zone[DNSNAME_SIZE];  /* their name */
	char id[ROUTE53_ID_SIZE]; /* of the last one */
} found;

static struct buf ids; /* of all of them, a blank behind each */

/* Where the next page begins; name "": there is none. */
static char next_name[DNSNAME_SIZE];
static char next_id[ROUTE53_ID_SIZE];

static int on_zone(const struct buf *row)
{
	static char name[DNSNAME_SIZE];
	static char id[ROUTE53_ID_SIZE];
	size_t best = strlen(found.zone);

	if (!row[ZONE_ROW].len) {
		dnsname_from_route53(next_name, row[ZONE_NEXT_NAME].data);
		route53_cut_id(next_id, sizeof(next_id),
			       row[ZONE_NEXT_ID].data);
		return 0;
	}
	dnsname_from_route53(name, row[ZONE_NAME].data);
	route53_cut_id(id, sizeof(id), row[ZONE_ID].data);
	if (!*id)
		return errinfo_set(STATUS_DATA, "a zone without an id");
	if (strlen(name) < best ||
	    (row[ZONE_IS_PRIVATE].data[0] == 't') != found.is_private ||
	    !dnsname_in_zone(found.name, name) ||
	    !dnsname_in_zone(name, found.longer))
		return 0;
	if (strlen(name) > best) {
		found.count = 0;
		buf_wipe(&ids);
	}
	memcpy(found.zone, name, sizeof(name));
	found.count++;
	memcpy(found.id, id, sizeof(id));
	buf_addf(&ids, "%s ", id);
	return 0;
}

/* List from a name on, as long as pages begin with zones of that very name. */
static int list_from(const char *name)
{
	unsigned pages = 0;

	next_id[0] = '\0';
	do
		if (route53_list_hosted_zones_by_name(name, next_id, on_zone))
			return -1;
	while (!strcmp(next_name, name) && ++pages < PAGES_LIMIT);
	return 0;
}

/*
 * Most names stand right below their zone: the first page begins at the
 * parent.  It shows a zone of the very name too, unless it was cut before it.
 */
static int look_up(const char *name)
{
	const char *parent = dnsname_parent(name);

	found.longer = parent ? parent : name;
	if (list_from(found.longer))
		return -1;
	/* Names below one stand together. */
	if (dnsname_in_zone(next_name, found.longer)) {
		if (!strcmp(found.zone, name))
			found.zone[0] = '\0'; /* to be counted anew */
		if (list_from(name))
			return -1;
	}
	while (!found.count && (found.longer = dnsname_parent(found.longer)))
		if (list_from(found.longer))
			return -1;
	return 0;
}

/* ---- Several private zones of one name: a VPC has one of them. ---- */

static struct buf token; /* of the next page; empty: there is none */

static int on_vpc_zone(const struct buf *row)
{
	static char id[ROUTE53_ID_SIZE];

	buf_set(&token, "%s", row[VPC_ZONE_NEXT].data);
	route53_cut_id(id, sizeof(id), row[VPC_ZONE_ID].data);
	if (text_place(id, ids.data) < found.count) {
		memcpy(found.id, id, sizeof(id));
		found.count = 1;
	}
	return 0;
}

int zone_learn_vpc(char vpc_id[ROUTE53_ID_SIZE])
{
	static struct buf path;

	if (imds_get("meta-data/mac") < 0)
		return -1;
	http_answer.body[strspn(http_answer.body, "0123456789abcdef:")] = '\0';
	buf_set(&path, "meta-data/network/interfaces/macs/%.17s/vpc-id",
		http_answer.body);
	return imds_get_word(path.data, vpc_id, ROUTE53_ID_SIZE);
}

static int look_up_by_vpc(const char *region)
{
	static char vpc_id[ROUTE53_ID_SIZE];
	unsigned pages = 0;

	if (zone_learn_vpc(vpc_id))
		return -1;
	buf_wipe(&token);
	do
		if (route53_list_hosted_zones_by_vpc(vpc_id, region, token.data,
						     on_vpc_zone))
			return -1;
	while (token.len && found.count > 1 && ++pages < PAGES_LIMIT);
	return 0;
}

int zone_find(char id[ROUTE53_ID_SIZE], const struct settings *settings,
	      const struct instance *instance)
{
	const char *name = instance->name;
	const char *zone = settings->value[SETTING_ZONE];
	const char *const *value = settings->value;
	const char *visibility = *value[SETTING_VISIBILITY]
					 ? value[SETTING_VISIBILITY]
					 : value[SETTING_ADDRESS];

	route53_cut_id(id, ROUTE53_ID_SIZE, settings->value[SETTING_ZONE_ID]);
	if (*id)
		return 0;
	memset(&found, 0, sizeof(found));
	found.is_private = visibility[1] == 'r';
	found.name = *zone ? zone : name;
	found.longer = found.name;
	if (*zone ? list_from(zone) : look_up(name))
		return -1;
	if (!found.count)
		return errinfo_set(STATUS_UNAVAILABLE,
				   "no %s hosted zone for %s; create it, or "
				   "set zone_id, visibility or role_arn",
				   visibility, found.name);
	if (build_is(BUILD_WHOLE) && found.count > 1 && found.is_private &&
	    look_up_by_vpc(instance->region))
		return -1;
	memcpy(id, found.id, sizeof(found.id));
	return found.count == 1
		       ? 0
		       : errinfo_set(STATUS_UNAVAILABLE,
				     "%u %s hosted zones are named %s: %s; set "
				     "zone_id",
				     found.count, visibility, found.zone,
				     ids.data);
}
