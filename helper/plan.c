#include "plan.h"

#include <string.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>

#include "build.h"
#include "errinfo.h"
#include "instance.h"
#include "platform.h"
#include "route53.h"
#include "settings.h"
#include "text.h"

enum {
	OBSTACLE_SIZE = 264, /* bytes of values: one name, at least */
	PREFIX_LEN = sizeof(PLAN_OWNER_PREFIX) - 1,
};

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

static const char *identifier(const struct plan *plan)
{
	return plan_identifier(plan->settings, plan->instance);
}

/* Whether the settings want record sets of an address family. */
static bool is_asked_for(const struct plan *plan, size_t i)
{
	return i == PLAN_A ? settings_want_ipv4(plan->settings)
			   : settings_want_ipv6(plan->settings);
}

/* Fill in the record set that is wanted. */
static void fill_in(struct record_set *set, const struct planning *planning,
		    size_t i)
{
	const struct plan *plan = planning->plan;
	const char *const *given = plan->settings->value;
	bool is_owner = i == PLAN_OWNER;
	enum routing routing = settings_routing(plan->settings);

	*set = (struct record_set){
		.name = is_owner ? planning->owner_name.data
				 : plan->instance->name,
		.type = route53_type_names[i],
		.identifier = identifier(plan),
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

void plan_start(struct planning *planning, struct plan *plan,
		const struct settings *settings,
		const struct instance *instance, bool is_removal)
{
	bool has_owner = settings_owns(settings);

	memset(planning->found, 0, sizeof(planning->found));
	memset(planning->before, 0, sizeof(planning->before));
	buf_wipe(&planning->obstacle);
	buf_wipe(&planning->delegation);
	for (size_t i = 0; i < PLAN_SETS; i++)
		buf_wipe(&planning->deletes[i]);
	buf_set(&planning->owner_name, PLAN_OWNER_PREFIX "%s", instance->name);
	buf_set(&planning->owner_value, PLAN_OWNER_START "%s,region=%s%s%s\"",
		instance->id, instance->region,
		*instance->account ? ",account=" : "", instance->account);
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
	*strchr(plan->owner, '"') = '\0';
	plan->owner_id = plan->owner;
	end = strchr(plan->owner, ',');
	*end = '\0';
	plan->owner_region = end + strlen(",region=");
	end = strchr(plan->owner_region, ',');
	if (end) {
		*end = '\0';
		plan->owner_account = end + strlen(",account=");
	}
}

/* Whether the owner found is this instance.  An id with another account is
 * another instance's, whoever wrote it there. */
static bool is_ours(const struct plan *plan)
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

/* The routing of what was found, as the setting names it. */
static const char *routing_of(const struct record_set *set)
{
	if (!*set->identifier)
		return "simple";
	if (*set->weight)
		return "weighted";
	return *set->multivalue ? "multivalue" : "another";
}

/* How many bytes of the values found fit into a size: whole values only. */
static size_t whole_values(const char *values, size_t size)
{
	size_t all = strlen(values);
	size_t len = all < size ? all : size - 1;

	if (len == all)
		return len;
	while (len && values[len] != *XML_NEXT)
		len--;
	return len;
}

/* "A 54.1.1.1 (TTL 60)", or what else stands there. */
static void describe(struct planning *planning, const struct record_set *set)
{
	struct buf *text = &planning->obstacle;

	buf_set(text, "%s %.*s", set->type,
		platform_has_user
			? (int)whole_values(set->values, OBSTACLE_SIZE)
			: OBSTACLE_SIZE,
		set->values);
	if (*set->alias)
		buf_addf(text, "alias");
	else if (platform_has_user)
		buf_addf(text, " (TTL %s%s%s)", set->ttl,
			 *set->identifier ? ", routing " : "",
			 *set->identifier ? routing_of(set) : "");
}

static int taken(const struct planning *planning)
{
	const struct plan *plan = planning->plan;

	(void)errinfo_set(STATUS_TAKEN, "%s is taken: %s", plan->instance->name,
			  planning->obstacle.data);
	if (*plan->owner_id)
		(void)errinfo_add(", owner %s in %s%s%s", plan->owner_id,
				  plan->owner_region,
				  *plan->owner_account ? " of account " : "",
				  plan->owner_account);
	return errinfo_add("; choose another name, or remove it");
}

/* Route 53 takes one routing only for all sets of a name and type.  Without a
 * user it says so itself, once. */
static int taken_by_routing(struct planning *planning,
			    const struct record_set *set)
{
	describe(planning, set);
	(void)taken(planning);
	if (platform_has_user && (*set->weight || *set->multivalue))
		(void)errinfo_add(", or set routing: %s", routing_of(set));
	return -1;
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
		(platform_has_user && i < PLAN_OWNER && plan->has_published &&
		 plan->has_published(plan, i, set->values));

	fill_in(&wanted, planning, i);
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
			whole_values(set->values, OBSTACLE_SIZE));
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
	       is_asked_for(plan, type);
}

/* Whether Route 53 refuses ours beside a set that has another identifier. */
static bool has_other_routing(const struct plan *plan, size_t i,
			      const struct record_set *set)
{
	return !plan_is_removal(plan) && *plan->sets[i].value &&
	       !settings_is(plan->settings, SETTING_ROUTING, routing_of(set));
}

/* Take note of the owner record. */
static void note_owner(struct planning *planning, const char *value)
{
	struct plan *plan = planning->plan;

	learn_owner(plan, value);
	/* What it does not know, it does not take away. */
	if (platform_has_user && !*plan->instance->account && is_ours(plan) &&
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
		       whole_values(set->values, PLAN_BEFORE_SIZE));
	if (i == PLAN_OWNER && !is_obstacle)
		note_owner(planning, set->values);
	*found = is_obstacle ? PLAN_KEEP : compare(planning, i, set);
	if (i == PLAN_OWNER && !is_obstacle)
		return 0;
	if (is_obstacle || *found != PLAN_KEEP)
		describe(planning, set);
	if (!is_obstacle || plan_is_removal(planning->plan))
		return 0;
	return !platform_has_user || *set->alias ||
			       route53_type(set->type) == TYPE_CNAME
		       ? taken(planning)
		       : taken_by_routing(planning, set);
}

int plan_found(struct planning *planning, const struct record_set *set)
{
	const struct plan *plan = planning->plan;
	const char *own = identifier(plan);
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
		if (platform_has_user)
			note_delegation(planning, set, type == TYPE_NS);
		return 0;
	}
	if (i == TYPE_CNAME)
		i = PLAN_A;
	if (is_obstacle || !strcmp(own, set->identifier))
		return note(planning, i, set, is_obstacle);
	return platform_has_user && has_other_routing(plan, i, set)
		       ? taken_by_routing(planning, set)
		       : 0;
}

/* Delete what is ours; where another is the owner, nothing is.  The owner
 * record goes with the last address of its name. */
static void remove_set(struct planning *planning, size_t i, bool is_owner,
		       bool *is_last, struct buf *changes)
{
	const struct plan *plan = planning->plan;
	enum plan_state *found = &planning->found[i];
	bool is_obstacle = *found == PLAN_KEEP;
	bool is_all = i == PLAN_OWNER
			      ? *is_last
			      : !(platform_has_user && plan->is_leftover) &&
					is_asked_for(plan, i);

	if (*found > PLAN_KEEP && !is_owner && *plan->owner_id)
		*found = PLAN_LEAVE;
	if (*found > PLAN_KEEP && is_owner && is_all)
		*found = PLAN_REMOVE;
	*is_last = *is_last && *found != PLAN_LEAVE;
	if (is_obstacle)
		*found = PLAN_LEAVE;
	if (*found == PLAN_REMOVE)
		buf_addf(changes, "%s", planning->deletes[i].data);
	/* Nobody has asked for it. */
	else if (!is_obstacle && !is_asked_for(plan, i))
		*found = PLAN_NONE;
}

/* Whether a set is written without a look at what it replaces: the last writer
 * wins; not with an owner record alone. */
static bool is_blind(const struct planning *planning, size_t i, bool is_owner)
{
	const struct plan *plan = planning->plan;
	const enum plan_state *found = planning->found;

	if (!plan->wants_to_read)
		return true;
	return found[i] > PLAN_KEEP && !is_owner &&
	       settings_action(plan->settings) == ACTION_UPSERT &&
	       (i != PLAN_OWNER || found[PLAN_A] == PLAN_CHANGE ||
		found[PLAN_AAAA] == PLAN_CHANGE);
}

/* Route 53 carries out a batch whole or not at all, so that DELETE of what was
 * found and CREATE are a compare-and-swap. */
static void publish_set(struct planning *planning, size_t i, bool is_owner,
			struct buf *changes)
{
	const struct plan *plan = planning->plan;
	enum plan_state *found = planning->found;
	bool is_wanted = *plan->sets[i].value;
	bool is_other = found[i] > PLAN_KEEP;
	bool blind = is_blind(planning, i, is_owner);
	struct record_set wanted;

	/* What is right guards the batch: an owner record every one, an address
	 * that of the owner record. */
	if (found[i] == PLAN_KEEP) {
		if (i == PLAN_OWNER ? !changes->len
				    : found[PLAN_OWNER] == PLAN_KEEP ||
					      !*plan->sets[PLAN_OWNER].value)
			return;
		buf_addf(changes, "%s", planning->deletes[i].data);
	}
	if (is_other && (is_wanted ? !blind : is_owner || *plan->owner_id)) {
		found[i] = PLAN_REMOVE;
		buf_addf(changes, "%s", planning->deletes[i].data);
	}
	if (is_wanted) {
		if (found[i] != PLAN_KEEP)
			found[i] = PLAN_CHANGE;
		fill_in(&wanted, planning, i);
		route53_add_change(changes, blind ? "UPSERT" : "CREATE",
				   &wanted);
	}
}

int plan_changes(struct planning *planning, bool may_take_over,
		 struct buf *changes)
{
	struct plan *plan = planning->plan;
	enum plan_state *found = planning->found;
	bool is_owner = (settings_has(SETTING_OWNER_RECORD) && is_ours(plan)) ||
			!strcmp(identifier(plan), plan->instance->id);
	bool is_held =
		found[PLAN_A] == PLAN_LEAVE || found[PLAN_AAAA] == PLAN_LEAVE;
	bool is_last = !plan->keeps_owner;

	if (platform_has_user && planning->delegation.len &&
	    !plan_is_removal(plan))
		return errinfo_set(STATUS_TAKEN,
				   "%s is taken: NS %s, which delegates it; "
				   "choose another name, or remove it",
				   plan->instance->name,
				   planning->delegation.data);
	if (is_held && !plan_is_removal(plan) && !is_owner && !may_take_over &&
	    settings_action(plan->settings) == ACTION_CREATE)
		return taken(planning);
	for (size_t i = 0; i < PLAN_SETS; i++) {
		if (plan_is_removal(plan))
			remove_set(planning, i, is_owner, &is_last, changes);
		else
			publish_set(planning, i, is_owner, changes);
		if (found[i] <= PLAN_KEEP && plan->sets[i].state >= PLAN_REMOVE)
			continue;
		plan->sets[i].state = found[i];
		memcpy(plan->sets[i].before, planning->before[i],
		       PLAN_BEFORE_SIZE);
	}
	return 0;
}
