#include "check_record.h"

#include <string.h>

#include "check_dns.h"
#include "check_print.h"
#include "check_state.h"
#include "errinfo.h"
#include "http.h"
#include "publish.h"
#include "text.h"

enum {
	TTL_LIMIT = 300,
	PAGE = 300, /* record sets: each member of a group has its own */
};

/* The rule of thumb: half of the clients in one TTL, 97 % in five. */
void check_ttl(const struct settings *settings)
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

/* ---- What Route 53 holds. ---- */

/* What stands at a name. */
struct found {
	struct check *check;
	struct buf *text;   /* "A 54.1.1.1 (TTL 60), ..." */
	bool is_obstructed; /* by what cannot stand beside ours */
	bool has_own;	    /* something that is replaced */
	bool has_ttl;	    /* all that are published have the right one */
};

static void describe(struct buf *text, const struct record_set *set)
{
	buf_addf(text, "%s%s %s", text->len ? ", " : "", set->type,
		 *set->alias ? "alias" : set->values);
	if (*set->ttl)
		buf_addf(text, " (TTL %s)", set->ttl);
}

/* A set of ours stands there. */
static void compare(struct found *found, enum record_type type,
		    const struct record_set *set)
{
	struct check *check = found->check;
	const struct record *record = check->record;
	const char *wanted =
		type == TYPE_A ? record->instance.ipv4 : record->instance.ipv6;

	found->has_own = true;
	check->is_published[type] =
		plan_is_same_address(type, set->values, wanted);
	found->has_ttl &=
		!strcmp(set->ttl, record->settings->value[SETTING_TTL]);
}

static int on_set(const struct record_set *set, void *context)
{
	struct found *found = context;
	struct check *check = found->check;
	const struct record *record = check->record;
	const struct instance *instance = &record->instance;
	enum record_type type = route53_type(set->type);
	const char *own = plan_identifier(record->settings, instance);
	bool is_multivalue =
		settings_routing(record->settings) == ROUTING_MULTIVALUE;
	static char name[DNSNAME_SIZE];

	dnsname_from_route53(name, set->name);
	if (strcmp(name, instance->name) != 0 ||
	    (type != TYPE_CNAME && !(type == TYPE_A && *instance->ipv4) &&
	     !(type == TYPE_AAAA && *instance->ipv6)))
		return 0;
	describe(found->text, set);
	if (type != TYPE_CNAME)
		check->is_held[type] = true;
	if (type == TYPE_CNAME || !*own != !*set->identifier ||
	    (*own && !*set->multivalue != !is_multivalue))
		found->is_obstructed = true;
	else if (!strcmp(own, set->identifier))
		compare(found, type, set);
	return 0;
}

static int list_name(struct found *found)
{
	static struct record_set_place place;
	const struct record *record = found->check->record;

	route53_place_at(&place, record->instance.name);
	return route53_list_record_sets(record->zone_id, &place, PAGE, on_set,
					found);
}

static void report_found(const struct found *found, bool is_complete)
{
	const struct record *record = found->check->record;
	const char *name = record->instance.name;
	const char *held = text_printable(found->text->data);

	if (found->is_obstructed)
		finding_fail(STATUS_TAKEN,
			     "%s is taken: %s; choose another name, or "
			     "remove it",
			     name, held);
	else if (!*held)
		finding_ok("Route 53 holds nothing at %s yet", name);
	else if (is_complete)
		finding_ok("Route 53 holds %s, as it is to be", held);
	else if (!found->has_own)
		finding_ok("Route 53 holds %s, of others, and up adds its own",
			   held);
	else if (record->plan.wants_to_read)
		finding_ok("Route 53 holds %s, and up sets it anew", held);
	else
		finding_warn("Route 53 holds %s, and up replaces it, whoever "
			     "set it; if others may want %s, set action: "
			     "CREATE",
			     held, name);
}

/* What `up` would do is planned; a plain UPSERT is so without a look. */
bool check_record(struct check *check)
{
	static struct buf text;
	struct found found = {.check = check, .text = &text, .has_ttl = true};
	const struct instance *instance = &check->record->instance;
	const bool *is_published = check->is_published;
	const struct buf *changes;

	buf_wipe(&text);
	memset(check->is_held, 0, sizeof(check->is_held));
	memset(check->is_published, 0, sizeof(check->is_published));
	errinfo.stage = "record";
	if (list_name(&found)) {
		bool is_unknown = errinfo.status == STATUS_DENIED;

		if (!is_unknown) /* else it has been told of */
			finding_fail_with_error();
		check->is_held[PLAN_A] = check->is_held[PLAN_AAAA] = true;
		return is_unknown;
	}
	if (publish_plan(&check->records, check->record, &changes)) {
		finding_fail_with_error();
		return false;
	}
	report_found(&found,
		     found.has_ttl &&
			     (is_published[PLAN_A] || !*instance->ipv4) &&
			     (is_published[PLAN_AAAA] || !*instance->ipv6));
	return !found.is_obstructed;
}

/* ---- What DNS answers. ---- */

void check_answer(const struct check *check)
{
	const struct record *record = check->record;
	const struct instance *instance = &record->instance;
	const char *address[] = {instance->ipv4, instance->ipv6};
	const struct check_dns_zone zone = {
		.name = check->zone.name,
		.is_private = check->zone.is_private,
		.servers = &check->servers,
		.own_servers = &check->own_servers,
	};
	struct check_dns_wanted wanted = {
		.name = instance->name,
		.is_shared = *plan_identifier(record->settings, instance),
	};

	http_stop_clock();
	for (size_t i = 0; i < PLAN_OWNER; i++) {
		if (!*address[i])
			continue;
		wanted.type = route53_type_names[i];
		wanted.address = address[i];
		wanted.is_held = check->is_held[i];
		wanted.is_published = check->is_published[i];
		check_dns_answer(&zone, &wanted);
	}
}
