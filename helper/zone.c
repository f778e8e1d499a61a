#include "zone.h"

#include <string.h>

#include "buf.h"
#include "dnsname.h"
#include "errinfo.h"
#include "route53.h"
#include "settings.h"

/* An account has 500 zones, unless AWS allows more. */
enum { PAGES_LIMIT = 50 };

/* The zones that would do: of the longest name seen. */
static struct {
	const char *name;   /* the name that is to be published */
	const char *longer; /* zones of this name or below it count */
	bool is_private;
	unsigned count;
	struct hosted_zone zone; /* the last one */
} found;

BUF(ids, 1024); /* of all of them */

static int on_zone(const struct hosted_zone *zone)
{
	size_t len = strlen(zone->name);
	size_t best = strlen(found.zone.name);

	if (len < best || zone->is_private != found.is_private ||
	    !dnsname_in_zone(found.name, zone->name) ||
	    !dnsname_in_zone(zone->name, found.longer))
		return 0;
	if (len > best) {
		found.count = 0;
		buf_clear(&ids);
	}
	found.zone = *zone;
	found.count++;
	buf_addf(&ids, " %s", zone->id);
	return 0;
}

/*
 * List from a name on, as long as pages begin with zones of that very name.
 * next: where the next page would begin, or "".
 */
static int list_from(const char *name, struct hosted_zone *next)
{
	unsigned pages = 0;

	memset(next, 0, sizeof(*next));
	memcpy(next->name, name, strlen(name) + 1);
	do
		if (route53_list_hosted_zones_by_name(next, on_zone))
			return -1;
	while (!strcmp(next->name, name) && ++pages < PAGES_LIMIT);
	return 0;
}

/*
 * Most names stand right below their zone: the first page begins at the
 * parent.  It shows a zone of the very name too, unless it was cut before it.
 */
static int look_up(const char *name)
{
	const char *parent = dnsname_parent(name);
	struct hosted_zone next;

	found.longer = parent ? parent : name;
	if (list_from(found.longer, &next))
		return -1;
	if (*next.name && !dnsname_is_before(name, next.name)) {
		if (!strcmp(found.zone.name, name))
			found.zone.name[0] = '\0'; /* to be counted anew */
		if (list_from(name, &next))
			return -1;
	}
	while (!found.count && (found.longer = dnsname_parent(found.longer)))
		if (list_from(found.longer, &next))
			return -1;
	return 0;
}

int zone_find(struct hosted_zone *zone, const struct settings *settings,
	      const char *name)
{
	const char *kind;
	struct hosted_zone next;
	int rc;

	memset(zone, 0, sizeof(*zone));
	memcpy(zone->id, settings->zone_id, sizeof(zone->id));
	if (zone->id[0])
		return 0;
	found.is_private = settings->visibility
				   ? settings->visibility == VISIBILITY_PRIVATE
				   : settings->address == ADDRESS_PRIVATE;
	found.name = settings->zone[0] ? settings->zone : name;
	found.longer = found.name;
	rc = settings->zone[0] ? list_from(found.name, &next) : look_up(name);
	if (rc)
		return -1;
	kind = found.is_private ? "private" : "public";
	if (!found.count)
		return errinfo_set(STATUS_UNAVAILABLE,
				   "no %s hosted zone for %s; create it, or "
				   "set zone_id, visibility or role_arn",
				   kind, found.name);
	if (found.count > 1)
		return errinfo_set(STATUS_UNAVAILABLE,
				   "%u %s hosted zones are named %s:%s; set "
				   "zone_id",
				   found.count, kind, found.zone.name,
				   ids.data);
	*zone = found.zone;
	return 0;
}
