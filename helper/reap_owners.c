#include "reap_owners.h"

#include <stdlib.h>
#include <string.h>

#include "errinfo.h"
#include "text.h"

enum {
	SETS_LIMIT = 200000,		 /* a zone has 10,000, or some more */
	BYTES_LIMIT = 128 * 1024 * 1024, /* of texts */
	FIRST_ROOM = 256,
};

/* ---- Texts: kept one set after the other, and freed together. ---- */

static struct block {
	struct block *next;
	char text[];
} * blocks;

static size_t bytes;

static int no_memory(void)
{
	return errinfo_set(STATUS_SYSTEM, "out of memory");
}

static char *make_block(size_t size)
{
	struct block *block = malloc(sizeof(*block) + size);

	if (!block)
		return NULL;
	block->next = blocks;
	blocks = block;
	bytes += size;
	return block->text;
}

void owners_forget(void)
{
	while (blocks) {
		struct block *next = blocks->next;

		free(blocks);
		blocks = next;
	}
	bytes = 0;
}

/* Copy a text to where the last one has ended. */
static char *keep(char **end, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = memcpy(*end, text, size);

	*end += size;
	return copy;
}

/* Cut a text at its next comma.  Returns what is behind "NAME=" there, or "".
 */
static char *cut(char *text)
{
	static char none[1];
	char *comma = strchr(text, ',');

	if (!comma)
		return none;
	*comma = '\0';
	return strchr(comma + 1, '=') + 1;
}

/* "\"heritage=bootname,owner=ID,region=REGION,account=ACCOUNT\"", the last
 * one not in all; it is written over. */
static void split_owner(struct owners_set *set, char *value)
{
	char *id = value + strlen(PLAN_OWNER_START);
	char *region;

	value[strlen(value) - 1] = '\0';
	region = cut(id);
	set->id = id;
	set->account = cut(region);
	set->region = region;
}

static int keep_texts(struct owners_set *set, const struct record_set *listed,
		      const char *name)
{
	bool is_owner = set->kind == PLAN_OWNER;
	size_t size = strlen(name) + 1;
	char *end;

	for (size_t i = 0; i < RECORD_SET_ELEMENTS; i++)
		size += strlen(listed->element[i]) + 1;
	if (is_owner)
		size += strlen(listed->values) + 1;
	end = make_block(size);
	if (!end)
		return no_memory();
	for (size_t i = 0; i < RECORD_SET_ELEMENTS; i++)
		set->listed.element[i] = keep(&end, listed->element[i]);
	set->listed.name = keep(&end, name);
	set->listed.alias = "";
	set->name = set->listed.name;
	set->id = set->region = set->account = "";
	if (is_owner) {
		set->name += strlen(PLAN_OWNER_PREFIX);
		split_owner(set, keep(&end, listed->values));
	}
	return 0;
}

/* ---- Sets. ---- */

/* Whether the set has more than the elements of our rows, as far as that
 * shows: then it cannot be repeated.  What was too long for a row is so for a
 * batch too. */
static bool is_odd(const struct record_set *set)
{
	int policies = !!*set->weight + !!*set->multivalue;

	return !*set->ttl || !*set->values || *set->alias ||
	       policies != !!*set->identifier;
}

static struct owners_set *new_set(struct owners *owners)
{
	if (owners->set_count == owners->set_room) {
		size_t room =
			owners->set_room ? owners->set_room * 2 : FIRST_ROOM;
		struct owners_set *sets =
			realloc(owners->sets, room * sizeof(*sets));

		if (!sets)
			return NULL;
		owners->sets = sets;
		owners->set_room = room;
	}
	return &owners->sets[owners->set_count];
}

/* Whether a set is an address or, by its name, an owner record. */
static bool matters(const struct record_set *set)
{
	enum record_type type = route53_type(set->type);

	return type == TYPE_A || type == TYPE_AAAA ||
	       (type == TYPE_TXT && !strncmp(set->name, PLAN_OWNER_PREFIX,
					     strlen(PLAN_OWNER_PREFIX)));
}

/* Whether it is a name that can be ours: without any escape but the star's,
 * and not too long. */
static bool take_name(char folded[DNSNAME_SIZE], const char *listed)
{
	size_t len = strlen(listed);

	len -= len && listed[len - 1] == '.';
	if (!strncmp(listed, "\\052", 4))
		len -= strlen("052");
	dnsname_from_route53(folded, listed);
	return strlen(folded) == len && dnsname_fold(folded, folded);
}

static bool is_owner_record(const struct record_set *set)
{
	return text_matches(set->values, PLAN_OWNER_PATTERN) &&
	       text_matches(set->identifier, "^[ -~]{0,128}$");
}

int owners_add(struct owners *owners, const struct record_set *listed)
{
	static struct buf name;
	size_t kind = route53_type(listed->type);
	const char *prefix = kind == PLAN_OWNER ? PLAN_OWNER_PREFIX : "";
	char folded[DNSNAME_SIZE];
	struct owners_set *set;

	if (!matters(listed))
		return 0;
	if (!take_name(folded, listed->name + strlen(prefix)) ||
	    (kind == PLAN_OWNER && !is_owner_record(listed)))
		return kind == PLAN_OWNER;
	if (owners->set_count == SETS_LIMIT || bytes > BYTES_LIMIT)
		return errinfo_set(STATUS_DATA, "the zone is too large");
	set = new_set(owners);
	if (!set)
		return no_memory();
	set->kind = kind;
	set->is_odd = is_odd(listed);
	buf_set(&name, "%s%s", prefix, folded);
	if (keep_texts(set, listed, name.data))
		return -1;
	owners->set_count++;
	return 0;
}

/* ---- Holdings. ---- */

/* By name and set identifier, the owner record last. */
static int compare_places(const struct owners_set *left,
			  const struct owners_set *right)
{
	int order = strcmp(left->name, right->name);

	if (!order)
		order = strcmp(left->listed.identifier,
			       right->listed.identifier);
	return order ? order
		     : (left->kind > right->kind) - (left->kind < right->kind);
}

static int compare_sets(const void *left, const void *right)
{
	return compare_places(left, right);
}

static int compare_instances(const void *left, const void *right)
{
	const struct owners_instance *one = left;
	const struct owners_instance *other = right;
	int order = strcmp(one->region, other->region);

	if (!order)
		order = strcmp(one->id, other->id);
	return order ? order : strcmp(one->account, other->account);
}

static bool has_same_policy(const struct owners_set *one,
			    const struct owners_set *other)
{
	return !*one->listed.weight == !*other->listed.weight &&
	       !*one->listed.multivalue == !*other->listed.multivalue;
}

/* Take the sets that go with an owner record, of all those of its name. */
static void hold(struct owners_holding *holding, const struct owners_set *owner,
		 const struct owners_set *first, const struct owners_set *end)
{
	const char *own = owner->listed.identifier;

	memset(holding, 0, sizeof(*holding));
	holding->sets[PLAN_OWNER] = *owner;
	holding->is_odd = owner->is_odd;
	for (const struct owners_set *set = first; set < end; set++) {
		const char *identifier = set->listed.identifier;

		if (set->kind == PLAN_OWNER)
			continue;
		if (!*identifier != !*own)
			holding->is_odd = true;
		if (strcmp(identifier, own))
			continue;
		holding->sets[set->kind] = *set;
		holding->is_odd |= set->is_odd || !has_same_policy(set, owner);
	}
}

/* A page may show again what the one before has shown. */
static void drop_repeated(struct owners *owners)
{
	size_t kept = 0;

	for (size_t i = 0; i < owners->set_count; i++)
		if (!i ||
		    compare_places(&owners->sets[i], &owners->sets[kept - 1]))
			owners->sets[kept++] = owners->sets[i];
	owners->set_count = kept;
}

static void add_holdings(struct owners *owners)
{
	const struct owners_set *sets = owners->sets;
	const struct owners_set *end = sets + owners->set_count;
	const struct owners_set *next;

	for (const struct owners_set *first = sets; first < end; first = next) {
		for (next = first;
		     next < end && !strcmp(next->name, first->name);)
			next++;
		for (const struct owners_set *set = first; set < next; set++)
			if (set->kind == PLAN_OWNER)
				hold(&owners->holdings[owners->count++], set,
				     first, next);
	}
}

/* Each instance once; each holding gets its own. */
static void add_instances(struct owners *owners)
{
	struct owners_instance *instances = owners->instances;
	size_t kept = 0;

	for (size_t i = 0; i < owners->count; i++) {
		const struct owners_set *owner =
			&owners->holdings[i].sets[PLAN_OWNER];

		instances[i].id = owner->id;
		instances[i].region = owner->region;
		instances[i].account = owner->account;
		instances[i].state = "";
	}
	qsort(instances, owners->count, sizeof(*instances), compare_instances);
	for (size_t i = 0; i < owners->count; i++)
		if (!i ||
		    compare_instances(&instances[i], &instances[kept - 1]))
			instances[kept++] = instances[i];
	owners->instance_count = kept;
	for (size_t i = 0; i < owners->count; i++) {
		struct owners_holding *holding = &owners->holdings[i];
		const struct owners_instance wanted = {
			.id = holding->sets[PLAN_OWNER].id,
			.region = holding->sets[PLAN_OWNER].region,
			.account = holding->sets[PLAN_OWNER].account,
		};

		holding->instance = bsearch(&wanted, instances, kept,
					    sizeof(wanted), compare_instances);
	}
}

int owners_group(struct owners *owners)
{
	size_t count = 0;

	if (!owners->set_count)
		return 0;
	qsort(owners->sets, owners->set_count, sizeof(*owners->sets),
	      compare_sets);
	drop_repeated(owners);
	for (size_t i = 0; i < owners->set_count; i++)
		count += owners->sets[i].kind == PLAN_OWNER;
	if (!count)
		return 0;
	owners->holdings = calloc(count, sizeof(*owners->holdings));
	owners->instances = calloc(count, sizeof(*owners->instances));
	if (!owners->holdings || !owners->instances)
		return no_memory();
	add_holdings(owners);
	add_instances(owners);
	return 0;
}

void owners_add_deletes(const struct owners_holding *holding,
			struct buf *changes)
{
	for (size_t i = 0; i < PLAN_SETS; i++)
		if (holding->sets[i].name)
			route53_add_change(changes, "DELETE",
					   &holding->sets[i].listed);
}

void owners_free(struct owners *owners)
{
	free(owners->sets);
	free(owners->holdings);
	free(owners->instances);
	memset(owners, 0, sizeof(*owners));
}
