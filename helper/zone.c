#include "zone.h"

#include <stdlib.h>
#include <string.h>

#include "aws.h"
#include "buf.h"
#include "dnsname.h"
#include "errinfo.h"
#include "route53.h"
#include "settings.h"

enum {
	IDS_LIMIT = 4096, /* bytes */
	PAGES_LIMIT = 50, /* an account has 500 zones, unless AWS allows more */
};

/* The hosted zones of one name and visibility. */
struct matches {
	const char *name;
	bool is_private;
	size_t count;
	struct hosted_zone zone; /* the last one */
	struct buf ids;		 /* of all, ", " between them */
};

static bool wants_private(const struct settings *settings)
{
	if (settings->visibility == VISIBILITY_OF_ADDRESS)
		return settings->address == ADDRESS_PRIVATE;
	return settings->visibility == VISIBILITY_PRIVATE;
}

static void collect(struct matches *matches,
		    const struct hosted_zone_page *page)
{
	for (size_t i = 0; i < page->count; i++) {
		const struct hosted_zone *zone = &page->zones[i];

		if (strcmp(zone->name, matches->name) ||
		    zone->is_private != matches->is_private)
			continue;
		buf_addf(&matches->ids, "%s%s", matches->count ? ", " : "",
			 zone->id);
		matches->zone = *zone;
		matches->count++;
	}
}

/*
 * List from start's name on, as far as zones of that name go.
 * also: a name further down that may be on the last page too; or NULL.
 * page: the last page.
 */
static int list_from(struct aws *aws, struct matches *start,
		     struct matches *also, struct hosted_zone_page *page,
		     struct errinfo *err)
{
	char id[ROUTE53_ID_SIZE] = "";
	unsigned pages = 0;

	do {
		if (route53_list_hosted_zones_by_name(aws, start->name, id,
						      page, err))
			return -1;
		collect(start, page);
		if (also)
			collect(also, page);
		memcpy(id, page->next_id, sizeof(id));
	} while (page->is_truncated && *id && ++pages < PAGES_LIMIT &&
		 !strcmp(page->next_name, start->name));
	return 0;
}

static int choose(struct hosted_zone *zone, const struct matches *matches,
		  struct errinfo *err)
{
	const char *kind = matches->is_private ? "private" : "public";

	if (matches->count > 1)
		return errinfo_set(err, STATUS_UNAVAILABLE,
				   "%zu %s hosted zones are named %s: %s; set "
				   "zone_id to one of them",
				   matches->count, kind, matches->name,
				   buf_text(&matches->ids));
	*zone = matches->zone;
	return 0;
}

static int find_named(struct hosted_zone *zone, const char *name,
		      bool is_private, struct aws *aws,
		      struct hosted_zone_page *page, struct errinfo *err)
{
	struct matches matches = {
		.name = name,
		.is_private = is_private,
		.ids = BUF_INIT(IDS_LIMIT),
	};
	int rc = list_from(aws, &matches, NULL, page, err);

	if (!rc)
		rc = matches.count ? choose(zone, &matches, err) : 1;
	buf_release(&matches.ids);
	return rc;
}

/*
 * Most names stand right below their zone: the first page begins at the
 * parent.  It shows a zone of the very name too, unless it was cut before it.
 * Returns 1 where neither is there.
 */
static int find_around(struct hosted_zone *zone, const char *name,
		       bool is_private, struct aws *aws,
		       struct hosted_zone_page *page, struct errinfo *err)
{
	const char *parent = dnsname_parent(name);
	struct matches above = {
		.name = parent ? parent : name,
		.is_private = is_private,
		.ids = BUF_INIT(IDS_LIMIT),
	};
	struct matches at = {
		.name = name,
		.is_private = is_private,
		.ids = BUF_INIT(IDS_LIMIT),
	};
	int rc = list_from(aws, &above, &at, page, err);

	if (!rc)
		rc = 1;
	if (rc > 0 && page->is_truncated &&
	    dnsname_compare(page->next_name, name) <= 0)
		rc = find_named(zone, name, is_private, aws, page, err);
	else if (rc > 0 && at.count)
		rc = choose(zone, &at, err);
	if (rc > 0 && above.count)
		rc = choose(zone, &above, err);
	buf_release(&above.ids);
	buf_release(&at.ids);
	return rc;
}

int zone_find(struct hosted_zone *zone, const struct settings *settings,
	      const char *name, struct aws *aws, struct errinfo *err)
{
	bool is_private = wants_private(settings);
	const char *wanted = settings->zone;
	struct hosted_zone_page *page;
	int rc;

	memset(zone, 0, sizeof(*zone));
	if (settings->zone_id[0]) {
		memcpy(zone->id, settings->zone_id, sizeof(zone->id));
		return 0;
	}
	page = malloc(sizeof(*page));
	if (!page)
		return errinfo_no_memory(err);
	if (*wanted) {
		rc = find_named(zone, wanted, is_private, aws, page, err);
	} else {
		wanted = dnsname_parent(name);
		rc = find_around(zone, name, is_private, aws, page, err);
		while (rc > 0 && wanted && dnsname_parent(wanted)) {
			wanted = dnsname_parent(wanted);
			rc = find_named(zone, wanted, is_private, aws, page,
					err);
		}
		wanted = name;
	}
	free(page);
	if (rc <= 0)
		return rc;
	return errinfo_set(err, STATUS_UNAVAILABLE,
			   "this account has no %s hosted zone for %s; create "
			   "it, or set zone_id, visibility or role_arn",
			   is_private ? "private" : "public", wanted);
}
