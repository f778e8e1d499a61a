#include "plan.h"

#include <string.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>

#include "build.h"
#include "errinfo.h"
#include "instance.h"
#include "plan_parts.h"
#include "plan_taken.h"
#include "platform.h"
#include "route53.h"
#include "settings.h"
#include "text.h"

enum { PREFIX_LEN = sizeof(PLAN_OWNER_PREFIX) - 1 };

/* "" with simple routing, which has none. */
static const char *identifier_of(const struct settings *settings,
				 const char *instance_id)
{
	const char *given = settings->value[SETTING_SET_IDENTIFIER];

	if (settings_routing(settings) == ROUTING_SIMPLE)
		return "";
	return *given ? given : instance_id;
}

const char *plan_identifier(const struct settings *settings,
			    const struct instance *instance)
{
	return identifier_of(settings, instance->id);
}

const char *plan_own_identifier(const struct plan *plan)
{
	return plan_identifier(plan->settings, plan->instance);
}

bool plan_is_asked_for(const struct plan *plan, size_t i)
{
	return i == PLAN_A ? settings_want_ipv4(plan->settings)
			   : settings_want_ipv6(plan->settings);
}

void plan_fill_in(struct record_set *set, const struct planning *planning,
		  size_t i)
{
	const struct plan *plan = planning->plan;
	const char *const *given = plan->settings->value;
	bool is_owner = plan_is_owner_place(i);
	enum routing routing = settings_routing(plan->settings);

	*set = (struct record_set){
		.name = is_owner ? planning->owner_name.data
				 : plan->instance->name,
		.type = route53_type_names[i],
		.identifier = plan_own_identifier(plan),
		.weight = "",
		.multivalue = "",
		.ttl = given[SETTING_TTL],
		.values = plan->sets[i].value,
		.health_check_id =
			is_owner ? "" : given[SETTING_HEALTH_CHECK_ID],
	};

	if (routing == ROUTING_WEIGHTED)
		set->weight = given[SETTING_WEIGHT];
	if (routing == ROUTING_MULTIVALUE)
		set->multivalue = "true";
}

bool plan_is_twice(const struct settings *left, const struct settings *right,
		   const char *instance_id)
{
	/* A set identifier that is not given is no simple routing. */
	const char *id = *instance_id ? instance_id : "i-";
	const char *left_id = identifier_of(left, id);
	const char *right_id = identifier_of(right, id);
	const char *left_types = left->value[SETTING_TYPES];
	const char *right_types = right->value[SETTING_TYPES];

	if (*left_id && *right_id && strcmp(left_id, right_id) != 0)
		return false;
	return (settings_owns(left) && settings_owns(right)) ||
	       strstr(left_types, right_types) ||
	       strstr(right_types, left_types);
}

void plan_keep(struct plan *plan, const struct settings *settings,
	       const struct instance *instance)
{
	plan->settings = settings;
	plan->instance = instance;
	plan->sets[PLAN_A].value = instance->ipv4;
	plan->sets[PLAN_AAAA].value = instance->ipv6;
}

/* Write the owner record of this instance. */
static void name_owner(struct planning *planning,
		       const struct instance *instance)
{
	buf_set(&planning->owner_name, PLAN_OWNER_PREFIX "%s", instance->name);
	buf_set(&planning->owner_value, PLAN_OWNER_START "%s,region=%s%s%s\"",
		instance->id, instance->region,
		*instance->account ? ",account=" : "", instance->account);
}

void plan_start(struct planning *planning, struct plan *plan,
		const struct settings *settings,
		const struct instance *instance, bool is_removal)
{
	bool has_owner = settings_owns(settings);

	memset(planning->found, 0, sizeof(planning->found));
	memset(planning->before, 0, sizeof(planning->before));
	buf_wipe(&planning->obstacle);
	buf_wipe(&planning->delegation);
	for (size_t i = 0; i < plan_count(); i++)
		buf_wipe(&planning->deletes[i]);
	if (settings_has(SETTING_OWNER_RECORD))
		name_owner(planning, instance);
	planning->plan = plan;
	plan->is_removal = is_removal;
	plan->owner_id = plan->owner_account = "";
	plan_keep(plan, settings, instance);
	plan->sets[PLAN_OWNER].value =
		has_owner ? planning->owner_value.data : "";
	plan->minds_owner =
		settings_has(SETTING_OWNER_RECORD) && (is_removal || has_owner);
	plan->wants_to_read = is_removal || has_owner ||
			      settings_action(settings) == ACTION_CREATE;
}

/* Route 53 keeps an address as it was first written: the bytes are compared,
 * not the text. */
bool plan_is_same_address(size_t i, const char *left, const char *right)
{
	int family = i ? AF_INET6 : AF_INET;
	static struct in6_addr parsed[2];

	memset(parsed, 0, sizeof(parsed));
	return inet_pton(family, left, &parsed[0]) == 1 &&
	       inet_pton(family, right, &parsed[1]) == 1 &&
	       !memcmp(&parsed[0], &parsed[1], sizeof(parsed[0]));
}

/* A value that is not as we write it names nobody that we know. */
static void learn_owner(struct plan *plan, const char *value)
{
	char *end;

	if (!text_matches(value, PLAN_OWNER_PATTERN))
		return;
	value += strlen(PLAN_OWNER_START);
	memcpy(plan->owner, value, strlen(value) + 1);
	plan->owner[strcspn(plan->owner, "\"")] = '\0';
	plan->owner_id = plan->owner;
	end = plan->owner + strcspn(plan->owner, ",");
	*end = '\0';
	plan->owner_region = end + strlen(",region=");
	end = strchr(plan->owner_region, ',');
	if (end) {
		*end = '\0';
		plan->owner_account = end + strlen(",account=");
	}
}

bool plan_is_ours(const struct plan *plan)
{
	const char *own = plan->instance->account;

	return !strcmp(plan->owner_id, plan->instance->id) &&
	       (!*own || !*plan->owner_account ||
		!strcmp(plan->owner_account, own));
}

bool plan_may_ask_ec2(const struct plan *plan)
{
	return *plan->owner_id &&
	       (!*plan->owner_account ||
		!strcmp(plan->owner_account, plan->instance->account));
}

/* Compare a record set that stands in the place of ours. */
static enum plan_state compare(struct planning *planning, size_t i,
			       const struct record_set *set)
{
	const struct plan *plan = planning->plan;
	struct record_set wanted;
	struct record_set listed = *set;
	bool is_exact = !plan_is_removal(plan);
	bool is_same =
		plan_is_same_address(i, set->values, plan->sets[i].value) ||
		(build_is_whole && i < PLAN_OWNER && plan->has_published &&
		 plan->has_published(plan, i, set->values));

	plan_fill_in(&wanted, planning, i);
	listed.name = wanted.name;
	route53_add_change(&planning->deletes[i], "DELETE", &listed);
	if (is_same)
		listed.values = wanted.values;
	for (size_t j = 0; j < RECORD_SET_ELEMENTS; j++)
		if (strcmp(listed.element[j], wanted.element[j]) != 0)
			is_exact = false;
	if (is_exact)
		return PLAN_KEEP;
	return is_same && plan_is_removal(plan) ? PLAN_REMOVE : PLAN_LEAVE;
}

/* A name with NS records is another zone's, and what stands beside them is
 * never asked for; but for the zone's own name, which has a SOA record too. */
static void note_delegation(struct planning *planning,
			    const struct record_set *set, bool is_ns)
{
	buf_wipe(&planning->delegation);
	if (is_ns)
		buf_add(&planning->delegation, set->values,
			plan_whole_values(set->values, PLAN_OBSTACLE_SIZE));
}

/* Whether a set of a type is at a name that matters: at the instance's name or
 * that of its owner record. */
static bool matters(const struct plan *plan, enum record_type type,
		    bool is_owner)
{
	if (is_owner)
		return plan->minds_owner &&
		       (type == TYPE_TXT || type == TYPE_CNAME);
	if (type == TYPE_TXT || type > TYPE_SOA)
		return false;
	return plan_is_removal(plan) || type > TYPE_AAAA ||
	       plan_is_asked_for(plan, type);
}

/* Whether Route 53 refuses ours beside a set that has another identifier. */
static bool has_other_routing(const struct plan *plan, size_t i,
			      const struct record_set *set)
{
	return !plan_is_removal(plan) && *plan->sets[i].value &&
	       !settings_is(plan->settings, SETTING_ROUTING,
			    plan_routing_of(set));
}

/* Take note of the owner record. */
static void note_owner(struct planning *planning, const char *value)
{
	struct plan *plan = planning->plan;

	learn_owner(plan, value);
	/* What it does not know, it does not take away. */
	if (build_is_whole && !*plan->instance->account && plan_is_ours(plan) &&
	    !strcmp(plan->owner_region, plan->instance->region))
		buf_set(&planning->owner_value, "%s", value);
}

/* Take note of what stands in the place of one of ours. */
static int note(struct planning *planning, size_t i,
		const struct record_set *set, bool is_obstacle)
{
	enum plan_state *found = &planning->found[i];

	/* A page may show again what the one before has shown. */
	if (*found)
		return 0;
	if (!build_is(BUILD_BOOT)) /* which prints none */
		memcpy(planning->before[i], set->values,
		       plan_whole_values(set->values, PLAN_BEFORE_SIZE));
	if (plan_is_owner_place(i) && !is_obstacle)
		note_owner(planning, set->values);
	*found = is_obstacle ? PLAN_KEEP : compare(planning, i, set);
	if (plan_is_owner_place(i) && !is_obstacle)
		return 0;
	if (is_obstacle || *found != PLAN_KEEP)
		plan_describe(planning, set);
	if (!is_obstacle || plan_is_removal(planning->plan))
		return 0;
	return !build_is_whole || *set->alias ||
			       route53_type(set->type) == TYPE_CNAME
		       ? plan_taken(planning)
		       : plan_taken_by_routing(planning, set);
}

int plan_found(struct planning *planning, const struct record_set *set)
{
	const struct plan *plan = planning->plan;
	const char *own = plan_own_identifier(plan);
	bool is_owner = settings_has(SETTING_OWNER_RECORD) &&
			strstr(set->name, PLAN_OWNER_PREFIX) == set->name;
	enum record_type type = route53_type(set->type);
	bool is_obstacle =
		type == TYPE_CNAME || *set->alias || !*own != !*set->identifier;
	size_t i = is_owner ? PLAN_OWNER : type;
	static char folded[DNSNAME_SIZE];

	dnsname_from_route53(folded, set->name + (is_owner ? PREFIX_LEN : 0));
	if (!matters(plan, type, is_owner) ||
	    strcmp(folded, plan->instance->name) != 0)
		return 0;
	if (type > TYPE_CNAME) {
		if (build_is_whole)
			note_delegation(planning, set, type == TYPE_NS);
		return 0;
	}
	if (i == TYPE_CNAME)
		i = PLAN_A;
	if (is_obstacle || !strcmp(own, set->identifier))
		return note(planning, i, set, is_obstacle);
	return build_is_whole && has_other_routing(plan, i, set)
		       ? plan_taken_by_routing(planning, set)
		       : 0;
}
