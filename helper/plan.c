#include "plan.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include "errinfo.h"
#include "instance.h"
#include "route53.h"
#include "settings.h"

static void want(struct plan *plan, const char *type, const char *address)
{
	if (*address)
		plan->records[plan->count++] =
			(struct plan_record){.type = type, .value = address};
}

void plan_wanted(struct plan *plan, const struct settings *settings,
		 const struct instance *instance)
{
	memset(plan, 0, sizeof(*plan));
	plan->name = instance->name;
	plan->ttl = settings->value[SETTING_TTL];
	want(plan, "A", instance->ipv4);
	want(plan, "AAAA", instance->ipv6);
}

/* Route 53 keeps an address as it was first written: the bytes are compared,
 * not the text. */
static bool is_same_address(const char *type, const char *left,
			    const char *right)
{
	int family = type[1] ? AF_INET6 : AF_INET;
	struct in6_addr parsed[2];

	memset(parsed, 0, sizeof(parsed));
	return inet_pton(family, left, &parsed[0]) == 1 &&
	       inet_pton(family, right, &parsed[1]) == 1 &&
	       !memcmp(&parsed[0], &parsed[1], sizeof(parsed[0]));
}

/* "A 54.1.1.1 (TTL 60)", or what else stands there. */
static int taken(const char *name, const struct buf *row)
{
	(void)errinfo_set(STATUS_TAKEN, "%s is taken: %s %.100s", name,
			  row[SET_TYPE].data, row[SET_VALUES].data);
	if (row[SET_ALIAS].len)
		(void)errinfo_add("alias");
	else
		(void)errinfo_add(" (TTL %s%s)", row[SET_TTL].data,
				  row[SET_IDENTIFIER].len ? ", with routing"
							  : "");
	return errinfo_add("; choose another name, or remove it");
}

int plan_compare(struct plan *plan, const struct settings *settings,
		 const struct buf *row)
{
	const char *types = settings->value[SETTING_TYPES];
	const char *type = row[SET_TYPE].data;
	char name[DNSNAME_SIZE];
	static struct buf listed; /* as types lists them */

	buf_set(&listed, " %s ", type);
	dnsname_from_route53(name, row[SET_NAME].data);
	if (strcmp(name, plan->name) ||
	    (strcmp(type, "CNAME") &&
	     !strstr(*types ? types : " A AAAA ", listed.data)))
		return 0;
	for (size_t i = 0; i < plan->count; i++) {
		struct plan_record *record = &plan->records[i];

		if (strcmp(type, record->type))
			continue;
		if (row[SET_ALIAS].len || row[SET_IDENTIFIER].len ||
		    strcmp(row[SET_TTL].data, plan->ttl) ||
		    row[SET_VALUES].len >= sizeof(record->before) ||
		    !is_same_address(type, row[SET_VALUES].data, record->value))
			break;
		memcpy(record->before, row[SET_VALUES].data,
		       row[SET_VALUES].len + 1);
		record->state = PLAN_KEEP;
		return 0;
	}
	return taken(name, row);
}

size_t plan_changes(const struct plan *plan, const struct settings *settings,
		    struct buf *changes)
{
	size_t count = 0;

	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_record *record = &plan->records[i];

		if (record->state != PLAN_CHANGE)
			continue;
		route53_add_change(changes, settings->value[SETTING_ACTION],
				   plan->name, record->type, plan->ttl,
				   record->value);
		count++;
	}
	return count;
}
