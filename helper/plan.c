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

enum { OBSTACLE_SIZE = 264 }; /* bytes of values: one name, at least */

struct buf plan_owner_name;
const char plan_types[PLAN_SETS][5] = {"A", "AAAA", "TXT"};

/* Of the plan that is being made. */
static enum plan_state found[PLAN_SETS];
static char before[PLAN_SETS][PLAN_BEFORE_SIZE];
static struct buf deletes[PLAN_SETS]; /* changes, of what was found */
static struct buf owner_value;
static struct buf obstacle;   /* what stands at the name, and is not ours */
static struct buf delegation; /* of the name to another zone: its NS set */

static bool is(const struct plan *plan, enum setting setting, const char *word)
{
	return settings_is(plan->settings, setting, word);
}

static bool is_upsert(const struct plan *plan)
{
	return !settings_has(SETTING_OWNER_RECORD) ||
	       *plan->settings->value[SETTING_ACTION] == 'U';
}

/* "" with simple routing, where there is none. */
static const char *identifier_of(const struct settings *settings,
				 const char *instance_id)
{
	const char *given = settings->value[SETTING_SET_IDENTIFIER];

	return !settings_has(SETTING_ROUTING) ||
			       settings_is(settings, SETTING_ROUTING, "simple")
		       ? ""
	       : *given ? given
			: instance_id;
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
	const char *types = plan->settings->value[SETTING_TYPES];

	return !*types || strstr(types, i ? "AAAA" : " A ");
}

/* The record set that is wanted, in the order of its row. */
static void fill_in(const char *set[SET_ALIAS], const struct plan *plan,
		    size_t i)
{
	const char *const *given = plan->settings->value;

	set[SET_NAME] = plan->instance->name;
	set[SET_TYPE] = plan_types[i];
	set[SET_IDENTIFIER] = identifier(plan);
	set[SET_WEIGHT] = set[SET_MULTIVALUE] = set[SET_HEALTH_CHECK_ID] = "";
	set[SET_TTL] = given[SETTING_TTL];
	set[SET_VALUES] = plan->sets[i].value;
	if (i == PLAN_OWNER)
		set[SET_NAME] = plan_owner_name.data;
	else
		set[SET_HEALTH_CHECK_ID] = given[SETTING_HEALTH_CHECK_ID];
	if (!settings_has(SETTING_ROUTING))
		return;
	if (is(plan, SETTING_ROUTING, "weighted"))
		set[SET_WEIGHT] = given[SETTING_WEIGHT];
	if (is(plan, SETTING_ROUTING, "multivalue"))
		set[SET_MULTIVALUE] = "true";
}

static bool wants_owner_record(const struct settings *settings)
{
	return *settings->value[SETTING_OWNER_RECORD]
		       ? settings_is_true(settings, SETTING_OWNER_RECORD)
		       : *settings->value[SETTING_ACTION] == 'C';
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
	return (wants_owner_record(left) && wants_owner_record(right)) ||
	       strstr(left_types, right_types) ||
	       strstr(right_types, left_types);
}

void plan_start(struct plan *plan, const struct settings *settings,
		const struct instance *instance, bool is_removal)
{
	bool has_owner = settings_has(SETTING_OWNER_RECORD) &&
			 wants_owner_record(settings);

	memset(found, 0, sizeof(found));
	memset(before, 0, sizeof(before));
	buf_wipe(&delegation);
	for (size_t i = 0; i < PLAN_SETS; i++)
		buf_wipe(&deletes[i]);
	buf_set(&plan_owner_name, PLAN_OWNER_PREFIX "%s", instance->name);
	buf_set(&owner_value, PLAN_OWNER_START "%s,region=%s%s%s\"",
		instance->id, instance->region,
		*instance->account ? ",account=" : "", instance->account);
	plan->settings = settings;
	plan->instance = instance;
	plan->is_removal = is_removal;
	plan->owner_id = plan->owner_account = "";
	plan->sets[PLAN_A].value = instance->ipv4;
	plan->sets[PLAN_AAAA].value = instance->ipv6;
	plan->sets[PLAN_OWNER].value = has_owner ? owner_value.data : "";
	plan->minds_owner =
		settings_has(SETTING_OWNER_RECORD) && (is_removal || has_owner);
	plan->wants_to_read = is_removal || has_owner ||
			      *settings->value[SETTING_ACTION] == 'C';
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
static const char *routing_of(const struct buf *row)
{
	return !row[SET_IDENTIFIER].len	 ? "simple"
	       : row[SET_WEIGHT].len	 ? "weighted"
	       : row[SET_MULTIVALUE].len ? "multivalue"
					 : "another";
}

/* How many bytes of the values found fit into a size: whole values only. */
static size_t whole_values(const struct buf *values, size_t size)
{
	size_t len = values->len < size ? values->len : size - 1;

	if (len == values->len)
		return len;
	while (len && values->data[len] != *XML_NEXT)
		len--;
	return len;
}

/* "A 54.1.1.1 (TTL 60)", or what else stands there. */
static void describe(const struct buf *row)
{
	buf_set(&obstacle, "%s %.*s", row[SET_TYPE].data,
		platform_has_user
			? (int)whole_values(&row[SET_VALUES], OBSTACLE_SIZE)
			: OBSTACLE_SIZE,
		row[SET_VALUES].data);
	if (row[SET_ALIAS].len)
		buf_addf(&obstacle, "alias");
	else if (platform_has_user)
		buf_addf(&obstacle, " (TTL %s%s%s)", row[SET_TTL].data,
			 row[SET_IDENTIFIER].len ? ", routing " : "",
			 row[SET_IDENTIFIER].len ? routing_of(row) : "");
}

static int taken(const struct plan *plan)
{
	(void)errinfo_set(STATUS_TAKEN, "%s is taken: %s", plan->instance->name,
			  obstacle.data);
	if (*plan->owner_id)
		(void)errinfo_add(", owner %s in %s%s%s", plan->owner_id,
				  plan->owner_region,
				  *plan->owner_account ? " of account " : "",
				  plan->owner_account);
	return errinfo_add("; choose another name, or remove it");
}

/* Route 53 takes one routing only for all sets of a name and type.  Without a
 * user it says so itself, once. */
static int taken_by_routing(const struct plan *plan, const struct buf *row)
{
	const char *there = routing_of(row);

	describe(row);
	(void)taken(plan);
	if (platform_has_user && row[SET_WEIGHT].len + row[SET_MULTIVALUE].len)
		(void)errinfo_add(", or set routing: %s", there);
	return -1;
}

/* Compare a record set that stands in the place of ours. */
static enum plan_state compare(const struct plan *plan, size_t i,
			       const struct buf *row)
{
	const char *wanted[SET_ALIAS];
	const char *listed[SET_ALIAS];
	bool is_exact = !plan->is_removal;
	const char *value = row[SET_VALUES].data;
	bool is_same =
		plan_is_same_address(i, value, plan->sets[i].value) ||
		(platform_has_user && i < PLAN_OWNER && plan->has_published &&
		 plan->has_published(plan, i, value));

	fill_in(wanted, plan, i);
	listed[SET_NAME] = wanted[SET_NAME];
	for (size_t j = SET_TYPE; j < SET_ALIAS; j++) {
		listed[j] = row[j].data;
		if (strcmp(listed[j], wanted[j]) &&
		    (j != SET_VALUES || !is_same))
			is_exact = false;
	}
	route53_add_change(&deletes[i], "DELETE", listed);
	return is_exact			     ? PLAN_KEEP
	       : is_same && plan->is_removal ? PLAN_REMOVE
					     : PLAN_LEAVE;
}

/* A name with NS records is another zone's, and what stands beside them is
 * never asked for; but for the zone's own name, which has a SOA record too. */
static void note_delegation(const struct buf *row, bool is_ns)
{
	buf_wipe(&delegation);
	if (is_ns)
		buf_add(&delegation, row[SET_VALUES].data,
			whole_values(&row[SET_VALUES], OBSTACLE_SIZE));
}

int plan_found(struct plan *plan, const struct buf *row)
{
	const char *name = row[SET_NAME].data;
	const char *own = identifier(plan);
	size_t prefix = strlen(PLAN_OWNER_PREFIX);
	bool is_owner = settings_has(SETTING_OWNER_RECORD) &&
			strstr(name, PLAN_OWNER_PREFIX) == name;
	enum { CNAME = PLAN_SETS, NS, SOA };
	size_t i = text_place(row[SET_TYPE].data, "A AAAA TXT CNAME NS SOA ");
	bool is_cname = i == CNAME;
	bool is_obstacle = is_cname || row[SET_ALIAS].len ||
			   !*own != !row[SET_IDENTIFIER].len;
	static char folded[DNSNAME_SIZE];

	dnsname_from_route53(folded, name + (is_owner ? prefix : 0));
	if (is_owner ? (i != PLAN_OWNER && !is_cname) || !plan->minds_owner
		     : i == PLAN_OWNER || i > SOA ||
			       (!plan->is_removal && i < PLAN_OWNER &&
				!is_asked_for(plan, i)))
		return 0;
	if (strcmp(folded, plan->instance->name))
		return 0;
	if (i > CNAME) {
		if (platform_has_user)
			note_delegation(row, i == NS);
		return 0;
	}
	if (is_cname)
		i = is_owner ? PLAN_OWNER : PLAN_A;
	if (!is_obstacle && strcmp(own, row[SET_IDENTIFIER].data))
		return platform_has_user && !plan->is_removal &&
				       *plan->sets[i].value &&
				       !is(plan, SETTING_ROUTING,
					   routing_of(row))
			       ? taken_by_routing(plan, row)
			       : 0;
	/* A page may show again what the one before has shown. */
	if (found[i])
		return 0;
	if (!build_is(BUILD_BOOT)) /* which prints none */
		memcpy(before[i], row[SET_VALUES].data,
		       whole_values(&row[SET_VALUES], sizeof(before[i])));
	if (is_owner && !is_obstacle)
		learn_owner(plan, row[SET_VALUES].data);
	/* What it does not know, it does not take away. */
	if (platform_has_user && is_owner && !*plan->instance->account &&
	    is_ours(plan) &&
	    !strcmp(plan->owner_region, plan->instance->region))
		buf_set(&owner_value, "%s", row[SET_VALUES].data);
	found[i] = is_obstacle ? PLAN_KEEP : compare(plan, i, row);
	if (is_owner && !is_obstacle)
		return 0;
	if (is_obstacle || found[i] != PLAN_KEEP)
		describe(row);
	if (!is_obstacle || plan->is_removal)
		return 0;
	return !platform_has_user || is_cname || row[SET_ALIAS].len
		       ? taken(plan)
		       : taken_by_routing(plan, row);
}

/* Delete what is ours; where another is the owner, nothing is.  The owner
 * record goes with the last address of its name. */
static void remove_set(const struct plan *plan, size_t i, bool is_owner,
		       struct buf *changes)
{
	static bool is_last;
	bool is_obstacle = found[i] == PLAN_KEEP;
	bool is_all = i == PLAN_OWNER
			      ? is_last
			      : !(platform_has_user && plan->is_leftover) &&
					is_asked_for(plan, i);

	if (found[i] > PLAN_KEEP && !is_owner && *plan->owner_id)
		found[i] = PLAN_LEAVE;
	if (found[i] > PLAN_KEEP && is_owner && is_all)
		found[i] = PLAN_REMOVE;
	is_last = (i == PLAN_A ? !plan->keeps_owner : is_last) &&
		  found[i] != PLAN_LEAVE;
	if (is_obstacle)
		found[i] = PLAN_LEAVE;
	if (found[i] == PLAN_REMOVE)
		buf_addf(changes, "%s", deletes[i].data);
	/* Nobody has asked for it. */
	else if (!is_obstacle && !is_asked_for(plan, i))
		found[i] = PLAN_NONE;
}

/* Route 53 carries out a batch whole or not at all, so that DELETE of what was
 * found and CREATE are a compare-and-swap. */
static void publish_set(const struct plan *plan, size_t i, bool is_owner,
			struct buf *changes)
{
	const char *wanted[SET_ALIAS];
	bool is_wanted = *plan->sets[i].value;
	bool is_other = found[i] > PLAN_KEEP;
	/* The last writer wins; not with an owner record alone. */
	bool is_blind = !plan->wants_to_read ||
			(is_other && !is_owner && is_upsert(plan) &&
			 (i != PLAN_OWNER || found[PLAN_A] == PLAN_CHANGE ||
			  found[PLAN_AAAA] == PLAN_CHANGE));

	/* What is right guards the batch: an owner record every one, an address
	 * that of the owner record. */
	if (found[i] == PLAN_KEEP) {
		if (i == PLAN_OWNER ? !changes->len
				    : found[PLAN_OWNER] == PLAN_KEEP ||
					      !*plan->sets[PLAN_OWNER].value)
			return;
		buf_addf(changes, "%s", deletes[i].data);
	}
	if (is_other && (is_wanted ? !is_blind : is_owner || *plan->owner_id)) {
		found[i] = PLAN_REMOVE;
		buf_addf(changes, "%s", deletes[i].data);
	}
	if (is_wanted) {
		if (found[i] != PLAN_KEEP)
			found[i] = PLAN_CHANGE;
		fill_in(wanted, plan, i);
		route53_add_change(changes, is_blind ? "UPSERT" : "CREATE",
				   wanted);
	}
}

int plan_changes(struct plan *plan, bool may_take_over, struct buf *changes)
{
	const char *own = plan->instance->id;
	bool is_owner = (settings_has(SETTING_OWNER_RECORD) && is_ours(plan)) ||
			!strcmp(identifier(plan), own);
	bool is_held =
		found[PLAN_A] == PLAN_LEAVE || found[PLAN_AAAA] == PLAN_LEAVE;

	if (platform_has_user && delegation.len && !plan->is_removal)
		return errinfo_set(STATUS_TAKEN,
				   "%s is taken: NS %s, which delegates it; "
				   "choose another name, or remove it",
				   plan->instance->name, delegation.data);
	if (is_held && !plan->is_removal && !is_owner && !is_upsert(plan) &&
	    !may_take_over)
		return taken(plan);
	for (size_t i = 0; i < PLAN_SETS; i++) {
		if (!build_is(BUILD_BOOT) && plan->is_removal)
			remove_set(plan, i, is_owner, changes);
		else
			publish_set(plan, i, is_owner, changes);
		if (found[i] <= PLAN_KEEP && plan->sets[i].state >= PLAN_REMOVE)
			continue;
		plan->sets[i].state = found[i];
		memcpy(plan->sets[i].before, before[i], sizeof(before[i]));
	}
	return 0;
}
