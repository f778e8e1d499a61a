#include "reap_renamed.h"

#include <string.h>

#include "ec2.h"
#include "errinfo.h"
#include "print.h"
#include "reap_owners.h"
#include "text.h"

enum { ADDRESS_SIZE = 64 }; /* more than any address, and its NUL */

static const char tag_key[] = "dnsname";

static struct ec2_details details; /* of the instance at hand */

/* ---- Addresses. ---- */

/* Copy the text up to a separator.  Returns what is behind it, or NULL. */
static const char *cut_address(char address[ADDRESS_SIZE], const char *text)
{
	size_t len = strcspn(text, TEXT_SEPARATOR);

	memset(address, 0, ADDRESS_SIZE);
	/* What is longer is no address: it stays "". */
	if (len < ADDRESS_SIZE)
		memcpy(address, text, len);
	return text[len] ? text + len + 1 : NULL;
}

static bool is_of_instance(size_t kind, const char *address)
{
	char own[ADDRESS_SIZE];
	const char *next = details.addresses.data;

	while ((next = cut_address(own, next)))
		if (plan_is_same_address(kind, own, address))
			return true;
	return false;
}

/* How many addresses a holding has: of the instance, and others. */
static void count_addresses(const struct owners_holding *holding,
			    size_t *own_count, size_t *other_count)
{
	char address[ADDRESS_SIZE];

	*own_count = *other_count = 0;
	for (size_t kind = PLAN_A; kind <= PLAN_AAAA; kind++) {
		const struct owners_set *set = &holding->sets[kind];
		const char *next = set->name ? set->listed.values : NULL;

		while (next) {
			next = cut_address(address, next);
			if (is_of_instance(kind, address))
				++*own_count;
			else
				++*other_count;
		}
	}
}

/* ---- The rule. ---- */

/* Learn the name that the tag gives in this zone, as instance_learn_name does.
 * Returns whether there is one. */
static bool take_tagged_name(char name[DNSNAME_SIZE], const char *zone_name)
{
	static struct buf text;
	const char *tag = details.tag.data;

	if (!details.has_tag || !*zone_name || !dnsname_fold(name, tag))
		return false;
	if (dnsname_in_zone(name, zone_name))
		return true;
	if (tag[strlen(tag) - 1] == '.')
		return false;
	buf_set(&text, "%s.%s", name, zone_name);
	return dnsname_fold(name, text.data);
}

/* The holding of a name that belongs to the same instance, and says where that
 * is now; NULL: there is none. */
static const struct owners_holding *find_new(const struct owners *owners,
					     const struct owners_holding *old,
					     const char *name)
{
	size_t own_count;
	size_t other_count;

	for (size_t i = 0; i < owners->count; i++) {
		const struct owners_holding *holding = &owners->holdings[i];

		if (holding->instance != old->instance || holding->is_odd ||
		    strcmp(holding->sets[PLAN_OWNER].name, name) != 0)
			continue;
		count_addresses(holding, &own_count, &other_count);
		if (own_count && !other_count)
			return holding;
	}
	return NULL;
}

/* The name that a holding's owner has in place of it, by what EC2 has said;
 * NULL: it is not renamed. */
static const char *new_name(const struct owners *owners,
			    const struct owners_holding *holding)
{
	const struct owners_holding *found;
	char name[DNSNAME_SIZE];
	size_t own_count;
	size_t other_count;

	if (strcmp(details.state.data, "running") != 0 || holding->is_odd ||
	    !take_tagged_name(name, owners->zone_name) ||
	    !strcmp(name, holding->sets[PLAN_OWNER].name))
		return NULL;
	count_addresses(holding, &own_count, &other_count);
	found = other_count ? find_new(owners, holding, name) : NULL;
	return found ? found->sets[PLAN_OWNER].name : NULL;
}

/* ---- Asking. ---- */

/* Returns whether details are those of the instance. */
static bool ask(const struct owners_instance *instance)
{
	int rc = ec2_describe_details(instance->id, instance->region, tag_key,
				      &details);

	if (rc < 0) {
		(void)errinfo_add("; the names of %s are left alone",
				  instance->id);
		print_failure();
	}
	return !rc;
}

/* Find out which instances have several names. */
static void note_names(const struct owners *owners)
{
	for (size_t i = 0; i < owners->count; i++) {
		struct owners_instance *owner = owners->holdings[i].instance;
		const char *name = owners->holdings[i].sets[PLAN_OWNER].name;

		if (!owner->name)
			owner->name = name;
		owner->has_names |= strcmp(owner->name, name) != 0;
	}
}

static void choose(const struct owners *owners, struct owners_holding *holding)
{
	static struct buf told;
	const char *name = new_name(owners, holding);

	if (!name)
		return;
	holding->renamed_to = name;
	holding->fate = OWNERS_DOOMED;
	buf_set(&told, "%s: owner %s is named %s now",
		holding->sets[PLAN_OWNER].name, holding->instance->id, name);
	print_progress(told.data);
}

/* Returns whether a name of the instance is renamed. */
static bool choose_of(const struct owners *owners,
		      const struct owners_instance *instance)
{
	bool is_any = false;

	for (size_t i = 0; i < owners->count; i++) {
		struct owners_holding *holding = &owners->holdings[i];

		if (holding->instance != instance)
			continue;
		choose(owners, holding);
		is_any |= holding->fate == OWNERS_DOOMED;
	}
	return is_any;
}

bool renamed_choose(struct owners *owners)
{
	bool is_any = false;

	errinfo.stage = "owners";
	note_names(owners);
	for (size_t i = 0; i < owners->instance_count; i++) {
		const struct owners_instance *instance = &owners->instances[i];

		if (instance->has_names &&
		    !strcmp(instance->state, "running") && ask(instance))
			is_any |= choose_of(owners, instance);
	}
	return is_any;
}

void renamed_confirm(const struct owners *owners, struct owners_holding *first,
		     struct owners_holding *end)
{
	for (; first < end; first++) {
		if (first->fate != OWNERS_DOOMED || !first->renamed_to)
			continue;
		errinfo.stage = "owners";
		if (!ask(first->instance) || !new_name(owners, first))
			first->fate = OWNERS_KEPT;
	}
}
