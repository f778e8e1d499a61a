#include "plan.h"

#include <string.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>

#include "errinfo.h"
#include "feature.h"
#include "instance.h"
#include "pattern.h"
#include "platform.h"
#include "route53.h"
#include "settings.h"

struct buf plan_owner_name;
const char plan_types[PLAN_SETS][5] = {"A", "AAAA", "TXT"};

/* Of the plan that is being made. */
static enum plan_state found[PLAN_SETS];
static char before[PLAN_SETS][PLAN_BEFORE_SIZE];
static struct buf deletes[PLAN_SETS]; /* changes, of what was found */
static struct buf owner_value;
static struct buf owner_found;
static struct buf obstacle; /* what stands at the name, and is not ours */

static bool is(const struct plan *plan, enum setting setting, const char *word)
{
	return settings_is(plan->settings, setting, word);
}

static bool is_upsert(const struct plan *plan)
{
	return *plan->settings->value[SETTING_ACTION] == 'U';
}

/* "" with simple routing, where there is none. */
static const char *identifier(const struct plan *plan)
{
	const char *given = plan->settings->value[SETTING_SET_IDENTIFIER];

	return !feature_is_in(FEATURE_ROUTING) ||
			       is(plan, SETTING_ROUTING, "simple")
		       ? ""
	       : *given ? given
			: plan->instance->id;
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
	if (!feature_is_in(FEATURE_ROUTING))
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

void plan_start(struct plan *plan, const struct settings *settings,
		const struct instance *instance, bool is_removal)
{
	bool has_owner =
		feature_is_in(FEATURE_CLAIM) && wants_owner_record(settings);

	memset(found, 0, sizeof(found));
	memset(before, 0, sizeof(before));
	for (size_t i = 0; i < PLAN_SETS; i++)
		buf_wipe(&deletes[i]);
	buf_set(&plan_owner_name, PLAN_OWNER_PREFIX "%s", instance->name);
	buf_set(&owner_value, PLAN_OWNER_START "%s,region=%s\"", instance->id,
		instance->region);
	plan->settings = settings;
	plan->instance = instance;
	plan->is_removal = is_removal;
	plan->owner_id = "";
	plan->sets[PLAN_A].value = instance->ipv4;
	plan->sets[PLAN_AAAA].value = instance->ipv6;
	plan->sets[PLAN_OWNER].value = has_owner ? owner_value.data : "";
	plan->minds_owner =
		feature_is_in(FEATURE_CLAIM) && (is_removal || has_owner);
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
	size_t len;

	if (!pattern_matches(value, PLAN_OWNER_PATTERN))
		return;
	buf_set(&owner_found, "%s", value + strlen(PLAN_OWNER_START));
	len = strcspn(owner_found.data, ",");
	owner_found.data[len] = '\0';
	plan->owner_id = owner_found.data;
	if (feature_is_in(FEATURE_TAKE_OVER)) {
		plan->owner_region =
			owner_found.data + len + strlen(",region=");
		owner_found.data[owner_found.len - 1] = '\0';
	}
}

/* "A 54.1.1.1 (TTL 60)", or what else stands there. */
static void describe(const struct buf *row)
{
	buf_set(&obstacle, "%s %.100s", row[SET_TYPE].data,
		row[SET_VALUES].data);
	if (row[SET_ALIAS].len)
		buf_addf(&obstacle, "alias");
	else if (platform_has_user)
		buf_addf(&obstacle, " (TTL %s%s)", row[SET_TTL].data,
			 row[SET_IDENTIFIER].len ? ", with routing" : "");
}

static int taken(const struct plan *plan)
{
	(void)errinfo_set(STATUS_TAKEN, "%s is taken: %s", plan->instance->name,
			  obstacle.data);
	if (*plan->owner_id)
		(void)errinfo_add(", owner %s", plan->owner_id);
	if (feature_is_in(FEATURE_TAKE_OVER) && *plan->owner_id)
		(void)errinfo_add(" in %s", plan->owner_region);
	return errinfo_add("; choose another name, or remove it");
}

/* Compare a record set that stands in the place of ours. */
static enum plan_state compare(const struct plan *plan, size_t i,
			       const struct buf *row)
{
	const char *wanted[SET_ALIAS];
	const char *listed[SET_ALIAS];
	bool is_exact = !plan->is_removal;
	bool is_same = plan_is_same_address(i, row[SET_VALUES].data,
					    plan->sets[i].value);

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

int plan_found(struct plan *plan, const struct buf *row)
{
	const char *name = row[SET_NAME].data;
	const char *types = plan->settings->value[SETTING_TYPES];
	const char *own = identifier(plan);
	size_t prefix = strlen(PLAN_OWNER_PREFIX);
	bool is_owner = feature_is_in(FEATURE_CLAIM) &&
			strstr(name, PLAN_OWNER_PREFIX) == name;
	size_t i = pattern_place(row[SET_TYPE].data, "A AAAA TXT CNAME ");
	bool is_cname = i == PLAN_SETS;
	bool is_obstacle = is_cname || row[SET_ALIAS].len ||
			   !*own != !row[SET_IDENTIFIER].len;
	static char folded[DNSNAME_SIZE];

	dnsname_from_route53(folded, name + (is_owner ? prefix : 0));
	if (is_owner ? i != PLAN_OWNER || !plan->minds_owner
		     : i == PLAN_OWNER || i > PLAN_SETS ||
			       (*types && !is_cname &&
				!strstr(types, i ? "AAAA" : " A ")))
		return 0;
	if (is_cname)
		i = PLAN_A;
	/* A page may show again what the one before has shown. */
	if (strcmp(folded, plan->instance->name) || found[i] ||
	    (!is_obstacle && strcmp(own, row[SET_IDENTIFIER].data)))
		return 0;
	memcpy(before[i], row[SET_VALUES].data, sizeof(before[i]) - 1);
	found[i] = is_obstacle ? PLAN_KEEP : compare(plan, i, row);
	if (is_owner && !is_obstacle)
		learn_owner(plan, row[SET_VALUES].data);
	else if (is_obstacle || found[i] != PLAN_KEEP)
		describe(row);
	return is_obstacle && !plan->is_removal ? taken(plan) : 0;
}

/* Delete what is ours; where another is the owner, nothing is. */
static void remove_set(const struct plan *plan, size_t i, bool is_owner,
		       struct buf *changes)
{
	if (found[i] > PLAN_KEEP && (is_owner || *plan->owner_id))
		found[i] = is_owner ? PLAN_REMOVE : PLAN_LEAVE;
	if (found[i] == PLAN_KEEP) /* an obstacle */
		found[i] = PLAN_LEAVE;
	if (found[i] == PLAN_REMOVE)
		buf_addf(changes, "%s", deletes[i].data);
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
	bool is_owner =
		!strcmp(plan->owner_id, own) || !strcmp(identifier(plan), own);
	bool is_held =
		found[PLAN_A] == PLAN_LEAVE || found[PLAN_AAAA] == PLAN_LEAVE;

	if (is_held && !plan->is_removal && !is_owner && !is_upsert(plan) &&
	    !may_take_over)
		return taken(plan);
	for (size_t i = 0; i < PLAN_SETS; i++) {
		if (feature_is_in(FEATURE_SERVICE) && plan->is_removal)
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
