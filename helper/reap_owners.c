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

static int keep_texts(struct owners_set *set, const struct buf *row,
		      const char *name)
{
	const char *value = row[SET_VALUES].data;
	bool is_owner = set->kind == PLAN_OWNER;
	size_t size = strlen(name) + 2 + (is_owner ? strlen(value) : 0);
	char *end;

	for (size_t i = 0; i < SET_ALIAS; i++)
		size += strlen(row[i].data) + 1;
	end = make_block(size);
	if (!end)
		return no_memory();
	for (size_t i = 0; i < SET_ALIAS; i++)
		set->text[i] = keep(&end, i == SET_NAME ? name : row[i].data);
	set->name = set->text[SET_NAME];
	set->id = set->region = set->account = "";
	if (is_owner) {
		set->name += strlen(PLAN_OWNER_PREFIX);
		split_owner(set, keep(&end, value));
	}
	return 0;
}

/* ---- Sets. ---- */

/* Whether the set has more than the elements of our rows, as far as that
 * shows: then it cannot be repeated.  What was too long for a row is so for a
 * batch too. */
static bool is_odd(const struct buf *row)
{
	int policies = !!row[SET_WEIGHT].len + !!row[SET_MULTIVALUE].len;

	return !row[SET_TTL].len || !row[SET_VALUES].len ||
	       row[SET_ALIAS].len || policies != !!row[SET_IDENTIFIER].len;
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

/* PLAN_SETS: of none that matters. */
static size_t kind_of(const struct buf *row)
{
	size_t kind = 0;

	while (kind < PLAN_SETS && strcmp(row[SET_TYPE].data, plan_types[kind]))
		kind++;
	return kind == PLAN_OWNER &&
			       strncmp(row[SET_NAME].data, PLAN_OWNER_PREFIX,
				       strlen(PLAN_OWNER_PREFIX))
		       ? PLAN_SETS
		       : kind;
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

static bool is_owner_record(const struct buf *row)
{
	return text_matches(row[SET_VALUES].data, PLAN_OWNER_PATTERN) &&
	       text_matches(row[SET_IDENTIFIER].data, "^[ -~]{0,128}$");
}

int owners_add(struct owners *owners, const struct buf *row)
{
	static struct buf name;
	size_t kind = kind_of(row);
	const char *prefix = kind == PLAN_OWNER ? PLAN_OWNER_PREFIX : "";
	char folded[DNSNAME_SIZE];
	struct owners_set *set;

	if (kind == PLAN_SETS)
		return 0;
	if (!take_name(folded, row[SET_NAME].data + strlen(prefix)) ||
	    (kind == PLAN_OWNER && !is_owner_record(row)))
		return kind == PLAN_OWNER;
	if (owners->set_count == SETS_LIMIT || bytes > BYTES_LIMIT)
		return errinfo_set(STATUS_DATA, "the zone is too large");
	set = new_set(owners);
	if (!set)
		return no_memory();
	set->kind = kind;
	set->is_odd = is_odd(row);
	buf_set(&name, "%s%s", prefix, folded);
	if (keep_texts(set, row, name.data))
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
		order = strcmp(left->text[SET_IDENTIFIER],
			       right->text[SET_IDENTIFIER]);
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
	return !*one->text[SET_WEIGHT] == !*other->text[SET_WEIGHT] &&
	       !*one->text[SET_MULTIVALUE] == !*other->text[SET_MULTIVALUE];
}

/* Take the sets that go with an owner record, of all those of its name. */
static void hold(struct owners_holding *holding, const struct owners_set *owner,
		 const struct owners_set *first, const struct owners_set *end)
{
	const char *own = owner->text[SET_IDENTIFIER];

	memset(holding, 0, sizeof(*holding));
	holding->sets[PLAN_OWNER] = *owner;
	holding->is_odd = owner->is_odd;
	for (const struct owners_set *set = first; set < end; set++) {
		const char *identifier = set->text[SET_IDENTIFIER];

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
					   holding->sets[i].text);
}

void owners_free(struct owners *owners)
{
	free(owners->sets);
	free(owners->holdings);
	free(owners->instances);
	memset(owners, 0, sizeof(*owners));
}
