#include "plan.h"

#include <arpa/inet.h>
#include <string.h>

#include "errinfo.h"
#include "instance.h"
#include "settings.h"

enum { VALUE_LIMIT = 64 }; /* bytes: an address and a newline */

void plan_init(struct plan *plan)
{
	memset(plan, 0, sizeof(*plan));
	for (size_t i = 0; i < PLAN_RECORDS; i++) {
		plan->records[i].set.values.limit = VALUE_LIMIT;
		plan->records[i].before.limit = ROUTE53_VALUES_LIMIT;
	}
}

void plan_release(struct plan *plan)
{
	for (size_t i = 0; i < PLAN_RECORDS; i++) {
		buf_release(&plan->records[i].set.values);
		buf_release(&plan->records[i].before);
	}
}

static int want(struct plan *plan, const struct settings *settings,
		const char *name, const char *type, const char *address,
		struct errinfo *err)
{
	struct record_set *set = &plan->records[plan->record_count].set;

	if (!*address)
		return 0;
	memcpy(set->name, name, strlen(name) + 1);
	memcpy(set->type, type, strlen(type) + 1);
	set->ttl_s = settings->ttl_s;
	buf_addf(&set->values, "%s\n", address);
	plan->record_count++;
	return buf_check(&set->values, "address", err);
}

int plan_wanted(struct plan *plan, const struct settings *settings,
		const struct instance *instance, struct errinfo *err)
{
	if (want(plan, settings, instance->name, "A", instance->ipv4, err))
		return -1;
	return want(plan, settings, instance->name, "AAAA", instance->ipv6,
		    err);
}

/* Route 53 keeps an address as it was first written: compare its bytes. */
static bool is_same_address(const char *type, const char *left,
			    const char *right)
{
	int family = strcmp(type, "A") ? AF_INET6 : AF_INET;
	const char *const texts[] = {left, right};
	struct in6_addr parsed[2];
	char line[VALUE_LIMIT];

	memset(parsed, 0, sizeof(parsed));
	for (size_t i = 0; i < 2; i++) {
		size_t len = strcspn(texts[i], "\n");

		if (len >= sizeof(line) || strcmp(texts[i] + len, "\n"))
			return false;
		memcpy(line, texts[i], len);
		line[len] = '\0';
		if (inet_pton(family, line, &parsed[i]) != 1)
			return false;
	}
	return !memcmp(&parsed[0], &parsed[1], sizeof(parsed[0]));
}

static bool is_exactly(const struct record_set *found,
		       const struct record_set *wanted)
{
	return !found->is_alias && !found->is_routed &&
	       found->ttl_s == wanted->ttl_s &&
	       is_same_address(wanted->type, buf_text(&found->values),
			       buf_text(&wanted->values));
}

/* "A 54.1.1.1 54.1.1.2 (TTL 60)", or what else stands there. */
static int taken(const struct record_set *found, struct errinfo *err)
{
	char values[256];
	size_t len = 0;

	for (const char *c = buf_text(&found->values);
	     *c && len < sizeof(values) - 1; c++)
		values[len++] = *c == '\n' ? ' ' : *c;
	values[len] = '\0';
	if (found->is_alias)
		return errinfo_set(err, STATUS_TAKEN,
				   "%s is taken by an alias of type %s; choose "
				   "another name, or remove it",
				   found->name, found->type);
	return errinfo_set(err, STATUS_TAKEN,
			   "%s is taken: %s %s(TTL %ld%s); choose another "
			   "name, or remove it",
			   found->name, found->type, values, found->ttl_s,
			   found->is_routed ? ", with a routing policy" : "");
}

/* Record types that cannot stand beside ours. */
static bool is_rival(const struct settings *settings, const char *type)
{
	if (!strcmp(type, "CNAME"))
		return true;
	if (!strcmp(type, "A"))
		return !settings->types || settings->types & TYPE_A;
	if (!strcmp(type, "AAAA"))
		return !settings->types || settings->types & TYPE_AAAA;
	return false;
}

int plan_compare(struct plan *plan, const struct settings *settings,
		 const struct record_set *found, struct errinfo *err)
{
	if (strcmp(found->name, plan->records[0].set.name) ||
	    !is_rival(settings, found->type))
		return 0;
	for (size_t i = 0; i < plan->record_count; i++) {
		struct plan_record *record = &plan->records[i];

		if (strcmp(found->type, record->set.type) ||
		    !is_exactly(found, &record->set))
			continue;
		record->is_there = true;
		buf_clear(&record->before);
		buf_add(&record->before, buf_text(&found->values),
			found->values.len);
		return buf_check(&record->before, "values", err);
	}
	return taken(found, err);
}

void plan_changes(struct plan *plan, const struct settings *settings)
{
	plan->change_count = 0;
	for (size_t i = 0; i < plan->record_count; i++) {
		struct change *change = &plan->changes[plan->change_count];

		if (plan->records[i].is_there)
			continue;
		change->action = settings->action == ACTION_CREATE
					 ? CHANGE_CREATE
					 : CHANGE_UPSERT;
		change->record_set = &plan->records[i].set;
		plan->change_count++;
	}
}
