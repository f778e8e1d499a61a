#include "plan.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "errinfo.h"
#include "instance.h"
#include "settings.h"

enum { SHOWN_LIMIT = 100 }; /* bytes: values begun behind this are not shown */

static void want(struct plan *plan, const struct settings *settings,
		 const char *name, const char *type, const char *address)
{
	struct plan_record *record = &plan->records[plan->count];
	struct record_set *set = &record->set;

	if (!*address)
		return;
	plan->count++;
	(void)snprintf(set->name, sizeof(set->name), "%s", name);
	(void)snprintf(set->type, sizeof(set->type), "%s", type);
	(void)snprintf(set->ttl, sizeof(set->ttl), "%u", settings->ttl_s);
	(void)snprintf(record->value, sizeof(record->value), "%s", address);
	set->values = record->value;
}

void plan_wanted(struct plan *plan, const struct settings *settings,
		 const struct instance *instance)
{
	memset(plan, 0, sizeof(*plan));
	want(plan, settings, instance->name, "A", instance->ipv4);
	want(plan, settings, instance->name, "AAAA", instance->ipv6);
}

/*
 * Take the only value of a set.  Route 53 keeps an address as it was first
 * written: the bytes are compared, not the text.
 */
static bool is_same_address(struct plan_record *record,
			    const struct record_set *found)
{
	int family = record->set.type[1] ? AF_INET6 : AF_INET;
	size_t len = strcspn(found->values, "\n");
	struct in6_addr parsed[2];

	if (len >= sizeof(record->before))
		return false;
	memset(parsed, 0, sizeof(parsed));
	memcpy(record->before, found->values, len);
	record->before[len] = '\0';
	return !strcmp(found->values + len, "\n") &&
	       inet_pton(family, record->before, &parsed[0]) == 1 &&
	       inet_pton(family, record->value, &parsed[1]) == 1 &&
	       !memcmp(&parsed[0], &parsed[1], sizeof(parsed[0]));
}

/* "A 54.1.1.1 54.1.1.2 (TTL 60)", or what else stands there. */
static int taken(const struct record_set *found)
{
	const char *value = found->values;

	(void)errinfo_set(STATUS_TAKEN, "%s is taken: %s ", found->name,
			  found->type);
	for (size_t len; *value && value < found->values + SHOWN_LIMIT;
	     value += len + (value[len] == '\n')) {
		len = strcspn(value, "\n");
		(void)errinfo_add("%.*s ",
				  len < SHOWN_LIMIT ? (int)len : SHOWN_LIMIT,
				  value);
	}
	if (found->is_alias)
		(void)errinfo_add("alias");
	else
		(void)errinfo_add("(TTL %s%s)", found->ttl,
				  found->is_routed ? ", with routing" : "");
	return errinfo_add("; choose another name, or remove it");
}

int plan_compare(struct plan *plan, const struct settings *settings,
		 const struct record_set *found)
{
	unsigned type = !strcmp(found->type, "A")      ? TYPE_A
			: !strcmp(found->type, "AAAA") ? TYPE_AAAA
						       : 0;

	if (strcmp(found->name, plan->records[0].set.name) ||
	    (strcmp(found->type, "CNAME") &&
	     !(type &
	       (settings->types ? settings->types : TYPE_A | TYPE_AAAA))))
		return 0;
	for (size_t i = 0; i < plan->count; i++) {
		struct plan_record *record = &plan->records[i];

		if (strcmp(found->type, record->set.type))
			continue;
		if (found->is_alias || found->is_routed ||
		    strcmp(found->ttl, record->set.ttl) ||
		    !is_same_address(record, found))
			break;
		record->state = PLAN_KEEP;
		return 0;
	}
	return taken(found);
}

size_t plan_changes(const struct plan *plan, const struct settings *settings,
		    struct buf *changes)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++) {
		if (plan->records[i].state != PLAN_CHANGE)
			continue;
		route53_add_change(changes,
				   settings->action == ACTION_CREATE ? "CREATE"
								     : "UPSERT",
				   &plan->records[i].set);
		count++;
	}
	return count;
}
