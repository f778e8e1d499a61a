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

int zone_list(const char *name, hosted_zone_handler on_zone, void *context,
	      char next_name[DNSNAME_SIZE])
{
	static struct hosted_zone_place place;
	unsigned pages = 0;

	place.id[0] = '\0';
	(void)dnsname_fold(place.name, name);
	do
		if (route53_list_hosted_zones_by_name(&place, on_zone, context))
			return -1;
	while (!strcmp(place.name, name) && ++pages < PAGES_LIMIT);
	if (next_name)
		memcpy(next_name, place.name, sizeof(place.name));
	return 0;
}

/* ---- The zone of a name. ---- */

/* The zones that would do: of the longest name seen. */
struct search {
	const char *name;   /* the name that is to be published */
	const char *longer; /* zones of this name or below it count */
	bool is_private;
	unsigned count;
	struct hosted_zone last; /* of them; its name is that of all */
};

/* Of all of them, a blank behind each; too large for the stack. */
static struct buf ids;

static int on_zone(const struct hosted_zone *zone, void *context)
{
	struct search *search = context;
	size_t best = strlen(search->last.name);
	size_t len = strlen(zone->name);

	if (len < best || zone->is_private != search->is_private ||
	    !dnsname_in_zone(search->name, zone->name) ||
	    !dnsname_in_zone(zone->name, search->longer))
		return 0;
	if (len > best) {
		search->count = 0;
		buf_wipe(&ids);
	}
	search->count++;
	search->last = *zone;
	buf_addf(&ids, "%s ", zone->id);
	return 0;
}

/*
 * Most names stand right below their zone: the first page begins at the
 * parent.  It shows a zone of the very name too, unless it was cut before it.
 */
static int look_up(struct search *search)
{
	static char next_name[DNSNAME_SIZE];
	const char *name = search->name;
	const char *parent = dnsname_parent(name);

	search->longer = parent ? parent : name;
	if (zone_list(search->longer, on_zone, search, next_name))
		return -1;
	/* Names below one stand together. */
	if (dnsname_in_zone(next_name, search->longer)) {
		if (!strcmp(search->last.name, name))
			search->last.name[0] = '\0'; /* to be counted again */
		if (zone_list(name, on_zone, search, NULL))
			return -1;
	}
	while (!search->count &&
	       (search->longer = dnsname_parent(search->longer)))
		if (zone_list(search->longer, on_zone, search, NULL))
			return -1;
	return 0;
}

/* ---- Several private zones of one name: a VPC has one of them. ---- */

static int on_vpc_zone(const struct hosted_zone *zone, void *context)
{
	struct search *search = context;

	if (text_place(zone->id, ids.data) < search->count) {
		memcpy(search->last.id, zone->id, sizeof(zone->id));
		search->count = 1;
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

static int look_up_by_vpc(struct search *search, const char *region)
{
	static char vpc_id[ROUTE53_ID_SIZE];
	static struct buf token;
	unsigned pages = 0;

	if (zone_learn_vpc(vpc_id))
		return -1;
	buf_wipe(&token);
	do
		if (route53_list_hosted_zones_by_vpc(vpc_id, region, &token,
						     on_vpc_zone, search))
			return -1;
	while (token.len && search->count > 1 && ++pages < PAGES_LIMIT);
	return 0;
}

int zone_find(char id[ROUTE53_ID_SIZE], const struct settings *settings,
	      const struct instance *instance)
{
	const char *zone = settings->value[SETTING_ZONE];
	const char *visibility = settings_visibility(settings);
	struct search search = {
		.name = *zone ? zone : instance->name,
		.is_private = settings_is_private(settings),
	};

	route53_cut_id(id, ROUTE53_ID_SIZE, settings->value[SETTING_ZONE_ID]);
	if (*id)
		return 0;
	search.longer = search.name;
	if (*zone ? zone_list(zone, on_zone, &search, NULL) : look_up(&search))
		return -1;
	if (!search.count)
		return errinfo_set(STATUS_UNAVAILABLE,
				   "no %s hosted zone for %s; create it, or "
				   "set zone_id, visibility or role_arn",
				   visibility, search.name);
	if (build_is(BUILD_WHOLE) && search.count > 1 && search.is_private &&
	    look_up_by_vpc(&search, instance->region))
		return -1;
	memcpy(id, search.last.id, ROUTE53_ID_SIZE);
	return search.count == 1
		       ? 0
		       : errinfo_set(STATUS_UNAVAILABLE,
				     "%u %s hosted zones are named %s: %s; set "
				     "zone_id",
				     search.count, visibility, search.last.name,
				     ids.data);
}
