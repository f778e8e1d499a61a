#include "unit.h"

#define BATCH_TEXT 128

#include "batch.h"
#include "instance.h"
#include "plan.h"
#include "route53.h"
#include "settings.h"

/*
 * Several instances that want one name, and a small Route 53 that carries out
 * a batch whole or not at all.  Who does what, and when, comes from a seed.
 */

enum {
	MEMBERS = 8, /* with replacements; at most 5 at a time */
	SETS = 40,
	EVENTS = 30,
	SEEDS = 260,  /* of each kind of world */
	ATTEMPTS = 5, /* as many plans as helper/records.c makes */
	BY_HAND = -1,
};

/* ---- Dice. ---- */

static uint64_t dice;

/* A number below limit: xorshift64*. */
static unsigned roll(unsigned limit)
{
	dice ^= dice >> 12;
	dice ^= dice << 25;
	dice ^= dice >> 27;
	return (unsigned)((dice * 2685821657736338717ULL >> 33) % limit);
}

static bool one_in(unsigned number)
{
	return !roll(number);
}

/* ---- The world. ---- */

enum way { UPSERT, CREATE, ALONE, BLIND };

/* What kinds of instances meet. */
static const struct kind {
	const char *name;
	unsigned ways; /* bits */
	bool is_group; /* each with its own set identifier */
	bool is_word;  /* all with the same one */
} kinds[] = {
	{"CREATE", 1U << CREATE, false, false},
	{"UPSERT", 1U << UPSERT, false, false},
	{"CREATE and UPSERT", 1U << CREATE | 1U << UPSERT, false, false},
	{"CREATE alone", 1U << ALONE, false, false},
	{"plain UPSERT", 1U << BLIND, false, false},
	{"group", 1U << CREATE | 1U << UPSERT | 1U << ALONE | 1U << BLIND, true,
	 false},
	{"group of CREATE", 1U << CREATE, true, false},
	{"members of one identifier", 1U << CREATE | 1U << UPSERT, true, true},
};

enum phase {
	IDLE,
	PLANNED, /* a batch is about to be sent */
	LOST,	 /* it was sent, and will be sent again: no answer came */
};

static struct member {
	bool is_alive;
	bool may_take_over;
	enum way way;
	struct settings settings;
	struct instance instance;
	enum phase phase;
	bool is_removal;
	unsigned attempt;
	int result;		/* of the last run: 0, or -1 */
	bool wrote[PLAN_OWNER]; /* in this run */
	unsigned looked_at;	/* how many batches had been carried out */
	struct plan plan;
	char changes[4096]; /* the batch */
} members[MEMBERS];

static struct zone {
	size_t count;
	struct entry {
		struct stored_set set;
		int writer; /* a member, or BY_HAND */
	} entries[SETS];
} zone, zone_before;

static const struct kind *kind;
static unsigned seed;
static size_t member_count;
static unsigned addresses; /* given so far: none is given twice */
static const char *host;
static char host_listed[32];  /* as Route 53 lists it */
static char owner_listed[64]; /* its owner record's name */
static unsigned applied;
static unsigned refused;

/* What has happened, for the message of a failure. */
static struct buf story;

#define TELL(...) buf_addf(&story, __VA_ARGS__)

static void tell_zone(void)
{
	for (size_t i = 0; i < zone.count; i++) {
		const struct entry *entry = &zone.entries[i];

		TELL("    %s %s %s %s by %d\n", entry->set.part[SET_NAME],
		     entry->set.part[SET_TYPE], entry->set.part[SET_IDENTIFIER],
		     entry->set.part[SET_VALUES], entry->writer);
	}
}

/* What must hold in each world. */
static void demand(bool holds, const char *what)
{
	size_t skipped;

	if (holds)
		return;
	tell_zone();
	skipped = strlen(story.data) > 3000 ? strlen(story.data) - 3000 : 0;
	(void)fprintf(stderr, "... %s", story.data + skipped);
	fail_msg("%s, seed %u: %s", kind->name, seed, what);
}

/* ---- Route 53. ---- */

static bool is_part(const struct stored_set *set, size_t i, const char *text)
{
	return !strcmp(set->part[i], text);
}

static bool is_same_part(const struct stored_set *left,
			 const struct stored_set *right, size_t i)
{
	return !strcmp(left->part[i], right->part[i]);
}

static struct entry *find_entry(const struct stored_set *set)
{
	for (size_t i = 0; i < zone.count; i++) {
		const struct stored_set *other = &zone.entries[i].set;

		if (is_same_part(other, set, SET_NAME) &&
		    is_same_part(other, set, SET_TYPE) &&
		    is_same_part(other, set, SET_IDENTIFIER))
			return &zone.entries[i];
	}
	return NULL;
}

/* Whether a set cannot stand beside those at its name. */
static bool conflicts(const struct stored_set *set)
{
	for (size_t i = 0; i < zone.count; i++) {
		const struct stored_set *other = &zone.entries[i].set;

		if (!is_same_part(other, set, SET_NAME))
			continue;
		if (is_part(other, SET_TYPE, "CNAME"))
			return true;
		if (is_same_part(other, set, SET_TYPE) &&
		    (!*other->part[SET_IDENTIFIER] !=
			     !*set->part[SET_IDENTIFIER] ||
		     !*other->part[SET_WEIGHT] != !*set->part[SET_WEIGHT]))
			return true;
	}
	return false;
}

static bool is_exact(const struct stored_set *left,
		     const struct stored_set *right)
{
	for (size_t i = SET_NAME; i < SET_ALIAS; i++)
		if (!is_same_part(left, right, i))
			return false;
	return left->is_alias == right->is_alias;
}

static void put(const struct stored_set *set, int writer)
{
	struct entry *entry = find_entry(set);

	if (!entry) {
		assert_true(zone.count < SETS);
		entry = &zone.entries[zone.count++];
	}
	entry->set = *set;
	entry->writer = writer;
}

/* IPv6 addresses are kept as somebody once wrote them. */
static void spell(struct stored_set *set)
{
	char *value = set->part[SET_VALUES];
	char rest[16];

	if (!is_part(set, SET_TYPE, "AAAA") || !one_in(3))
		return;
	(void)snprintf(rest, sizeof(rest), "%s", strrchr(value, ':') + 1);
	(void)snprintf(value, BATCH_TEXT, "2001:0DB8:0:0:0:0:0:%s", rest);
}

static bool carry_out(const struct batch_change *change, int writer)
{
	struct stored_set set = change->set;
	struct entry *entry = find_entry(&set);

	if (!strcmp(change->action, "DELETE")) {
		if (!entry || !is_exact(&entry->set, &set))
			return false;
		*entry = zone.entries[--zone.count];
		return true;
	}
	if ((entry && strcmp(change->action, "UPSERT") != 0) || conflicts(&set))
		return false;
	if (!entry)
		spell(&set);
	put(&set, writer);
	return true;
}

static size_t place(const struct stored_set *set)
{
	return is_part(set, SET_TYPE, "TXT")	? PLAN_OWNER
	       : is_part(set, SET_TYPE, "AAAA") ? PLAN_AAAA
						: PLAN_A;
}

static const char *own_identifier(const struct member *member)
{
	return kind->is_word	? "web"
	       : kind->is_group ? member->instance.id
				: "";
}

/* What a batch may do, whatever Route 53 says of it. */
static void check_form(const struct member *member, const struct batch *batch)
{
	const char *own = own_identifier(member);
	const char *done[PLAN_SETS] = {"", "", ""};

	for (size_t i = 0; i < batch->count; i++) {
		const struct stored_set *set = &batch->changes[i].set;
		const char *action = batch->changes[i].action;
		bool is_txt = is_part(set, SET_TYPE, "TXT");
		size_t at = place(set);

		demand(is_part(set, SET_NAME,
			       is_txt ? owner_listed : host_listed),
		       "another name is changed");
		demand(is_part(set, SET_TYPE, route53_type_names[at]),
		       "another type is changed");
		demand(is_part(set, SET_IDENTIFIER, own),
		       "another set identifier is changed");
		demand(!*done[at] || (!strcmp(done[at], "DELETE") &&
				      !strcmp(action, "CREATE")),
		       "a set is changed twice");
		demand(!member->is_removal || !strcmp(action, "DELETE"),
		       "a removal sets something");
		done[at] = action;
	}
}

static const char *listed_name(const char *name)
{
	static char listed[BATCH_TEXT];
	const char *star = strchr(name, '*');

	if (!star)
		return name;
	(void)snprintf(listed, sizeof(listed), "%.*s\\052%s",
		       (int)(star - name), name, star + 1);
	return listed;
}

/* ---- What must always hold. ---- */

static const struct entry *beside(const struct entry *entry, const char *name,
				  const char *type)
{
	for (size_t i = 0; i < zone.count; i++) {
		const struct stored_set *other = &zone.entries[i].set;

		if (is_part(other, SET_NAME, name) &&
		    is_part(other, SET_TYPE, type) &&
		    is_same_part(other, &entry->set, SET_IDENTIFIER))
			return &zone.entries[i];
	}
	return NULL;
}

static bool has_owner_record(int writer)
{
	return writer != BY_HAND &&
	       (members[writer].way == UPSERT || members[writer].way == CREATE);
}

/* An owner record never stands without an address, nor the other way round. */
static void check_whole(void)
{
	for (size_t i = 0; i < zone.count; i++) {
		const struct entry *entry = &zone.entries[i];
		const struct stored_set *set = &entry->set;

		if (is_part(set, SET_NAME, host_listed) &&
		    has_owner_record(entry->writer))
			demand(beside(entry, owner_listed, "TXT"),
			       "an address stands without an owner record");
		if (is_part(set, SET_NAME, owner_listed))
			demand(beside(entry, host_listed, "A") ||
				       beside(entry, host_listed, "AAAA"),
			       "an owner record stands without an address");
	}
}

/*
 * What stands at the name is of one instance then.  When UPSERTs meet, the
 * last one wins set by set; but CREATE never ends up beside another's.
 */
static void check_one(const struct member *member, bool is_in_time)
{
	int self = (int)(member - members);

	/* Without an owner record nothing tells whose an old address is. */
	if (member->way == BLIND || member->way == ALONE ||
	    (member->way != CREATE && !is_in_time))
		return;
	for (size_t i = 0; i < zone.count; i++) {
		const struct entry *entry = &zone.entries[i];
		const struct stored_set *set = &entry->set;

		if (entry->writer == BY_HAND ||
		    !is_part(set, SET_IDENTIFIER, own_identifier(member)))
			continue;
		if (member->is_removal)
			demand(entry->writer != self, "not all is removed");
		else if (is_part(set, SET_NAME, host_listed))
			demand(entry->writer == self,
			       "another's address is left beside");
		else
			demand(strstr(set->part[SET_VALUES],
				      member->instance.id),
			       "the owner record names another");
	}
}

/* Whose the owner record is, the name is all: where UPSERTs have met, or one
 * stands beside what is made by hand, also what another wrote. */
static bool is_claimed(const struct member *member, const struct entry *entry)
{
	const struct entry *owner = beside(entry, owner_listed, "TXT");

	return owner &&
	       (owner->writer == member - members || member->way == UPSERT ||
		(member->may_take_over && !members[owner->writer].is_alive));
}

/* Whose the sets are that a batch is about to replace or delete. */
static void check_rights(const struct member *member, const struct batch *batch)
{
	bool is_upsert = member->way == UPSERT || member->way == BLIND;

	for (size_t i = 0; i < batch->count; i++) {
		const struct batch_change *change = &batch->changes[i];
		const struct entry *entry = find_entry(&change->set);
		bool is_delete = !strcmp(change->action, "DELETE");
		int self = (int)(member - members);

		if (!entry || entry->writer == self)
			continue;
		if (entry->writer == BY_HAND) {
			demand(!is_delete || is_claimed(member, entry),
			       "what is made by hand is deleted");
			demand(is_delete || is_upsert,
			       "what is made by hand is replaced");
			continue;
		}
		if (is_claimed(member, entry))
			continue;
		demand(!member->is_removal, "another's record is removed");
		demand(is_upsert, "CREATE changes another's record");
	}
}

/* ---- Changing it. ---- */

/* Send the batch of a member.  Returns whether it was carried out. */
static bool send_batch(struct member *member)
{
	static struct buf changes;
	static struct batch batch;
	bool is_whole = true;
	int self = (int)(member - members);

	buf_set(&changes, "%s", member->changes);
	batch_read(&batch, &changes);
	for (size_t i = 0; i < batch.count; i++) {
		char *name = batch.changes[i].set.part[SET_NAME];

		memmove(name, listed_name(name), strlen(listed_name(name)) + 1);
	}
	check_form(member, &batch);
	zone_before.count = zone.count;
	memcpy(zone_before.entries, zone.entries,
	       zone.count * sizeof(*zone.entries));
	for (size_t i = 0; i < batch.count && is_whole; i++)
		is_whole = carry_out(&batch.changes[i], self);
	for (size_t i = 0; i < batch.count; i++)
		TELL("    %s %s %s\n", batch.changes[i].action,
		     batch.changes[i].set.part[SET_TYPE],
		     batch.changes[i].set.part[SET_VALUES]);
	TELL("    %s\n", is_whole ? "carried out" : "refused");
	if (is_whole) {
		static struct zone after;
		bool is_in_time;

		/* The rights go by what was there. */
		after = zone;
		zone = zone_before;
		check_rights(member, &batch);
		zone = after;
		is_in_time = member->looked_at == applied++;
		for (size_t i = 0; i < batch.count; i++)
			if (place(&batch.changes[i].set) < PLAN_OWNER &&
			    !batch_is_guard(&batch, i))
				member->wrote[place(&batch.changes[i].set)] =
					true;
		check_whole();
		check_one(member, is_in_time);
		return true;
	}
	zone.count = zone_before.count;
	memcpy(zone.entries, zone_before.entries,
	       zone.count * sizeof(*zone.entries));
	refused++;
	return false;
}

/* ---- Instances. ---- */

/* New ones; or one family is lost or gained, and the other one stays. */
static void give_addresses(struct member *member)
{
	struct instance *instance = &member->instance;
	unsigned before =
		(*instance->ipv4 ? 1U : 0U) | (*instance->ipv6 ? 2U : 0U);
	unsigned families = 1 + roll(3);
	unsigned anew = one_in(2) ? families : families & ~before;

	addresses++;
	if (!(families & 1))
		instance->ipv4[0] = '\0';
	else if (anew & 1)
		(void)snprintf(instance->ipv4, sizeof(instance->ipv4),
			       "10.0.%u.%u", addresses / 250,
			       1 + addresses % 250);
	if (!(families & 2))
		instance->ipv6[0] = '\0';
	else if (anew & 2)
		(void)snprintf(instance->ipv6, sizeof(instance->ipv6),
			       "2001:db8::%x", addresses);
	TELL("  %d has %s %s\n", (int)(member - members), instance->ipv4,
	     instance->ipv6);
}

static enum way choose_way(void)
{
	enum way way;

	do
		way = (enum way)roll(4);
	while (!(kind->ways & 1U << way));
	return way;
}

static void launch(bool may_take_over, const char *routing)
{
	static const char *const words[] = {
		[UPSERT] = "true", [CREATE] = "", [ALONE] = "no", [BLIND] = ""};
	struct member *member = &members[member_count++];
	const char **value = member->settings.value;

	memset(member, 0, sizeof(*member));
	settings_init(&member->settings);
	member->is_alive = true;
	member->may_take_over = may_take_over;
	member->way = choose_way();
	value[SETTING_ACTION] = member->way == CREATE || member->way == ALONE
					? "CREATE"
					: "UPSERT";
	value[SETTING_OWNER_RECORD] = words[member->way];
	value[SETTING_ROUTING] = routing;
	value[SETTING_SET_IDENTIFIER] = kind->is_word ? "web" : "";
	(void)snprintf(member->instance.id, sizeof(member->instance.id),
		       "i-%017x", (unsigned)member_count);
	strcpy(member->instance.region, "eu-west-1");
	strcpy(member->instance.name, host);
	TELL("  %d is launched: %s, owner record %s\n", (int)member_count - 1,
	     value[SETTING_ACTION], value[SETTING_OWNER_RECORD]);
	give_addresses(member);
}

static void end_run(struct member *member, int result)
{
	TELL("  %d ends with %d\n", (int)(member - members), result);
	member->phase = IDLE;
	member->result = result;
	if (result || member->is_removal)
		return;
	for (size_t i = 0; i < PLAN_OWNER; i++) {
		const struct plan_set *set = &member->plan.sets[i];

		if (*set->value)
			demand(set->state == (member->wrote[i] ? PLAN_CHANGE
							       : PLAN_KEEP),
			       "what is told is not what happened");
	}
}

static bool is_gone(const char *id)
{
	for (size_t i = 0; i < member_count; i++)
		if (!strcmp(members[i].instance.id, id))
			return !members[i].is_alive;
	return true;
}

static struct planning planning;

/* Returns as plan_changes. */
static int look_and_decide(struct member *member, struct buf *changes)
{
	struct plan *plan = &member->plan;

	plan_start(&planning, plan, &member->settings, &member->instance,
		   member->is_removal);
	if (plan->wants_to_read)
		for (size_t i = 0; i < zone.count; i++)
			if (batch_found(&planning, &zone.entries[i].set))
				return -1;
	if (!plan_changes(&planning, false, changes))
		return 0;
	demand(!changes->len, "a refusal changes something");
	return *plan->owner_id && member->may_take_over
		       ? plan_changes(&planning, is_gone(plan->owner_id),
				      changes)
		       : -1;
}

static void make_plan(struct member *member)
{
	static struct buf changes;

	TELL("  %d plans\n", (int)(member - members));
	member->attempt++;
	member->looked_at = applied;
	buf_wipe(&changes);
	if (look_and_decide(member, &changes)) {
		demand(!member->is_removal, "a removal is refused");
		demand(errinfo.status == STATUS_TAKEN, "another refusal");
		end_run(member, -1);
	} else if (!changes.len) {
		end_run(member, 0);
	} else {
		demand(changes.len < sizeof(member->changes), "a long batch");
		strcpy(member->changes, changes.data);
		member->phase = PLANNED;
	}
}

static void begin_run(struct member *member, bool is_removal)
{
	member->is_removal = is_removal;
	member->attempt = 0;
	memset(member->wrote, 0, sizeof(member->wrote));
	memset(&member->plan, 0, sizeof(member->plan));
	make_plan(member);
}

/* As helper/records.c does with the answer. */
static void write_plan(struct member *member, bool is_lost)
{
	TELL("  %d sends%s\n", (int)(member - members),
	     is_lost ? ", and gets no answer" : "");
	if (is_lost) {
		if (!one_in(4))
			(void)send_batch(member);
		member->phase = LOST;
	} else if (send_batch(member)) {
		end_run(member, 0);
	} else if (member->plan.wants_to_read && member->attempt < ATTEMPTS) {
		make_plan(member);
	} else {
		end_run(member, -1);
	}
}

static size_t count_alive(void)
{
	size_t count = 0;

	for (size_t i = 0; i < member_count; i++)
		count += members[i].is_alive;
	return count;
}

static void happen(const char *routing)
{
	struct member *member = &members[roll((unsigned)member_count)];

	if (!member->is_alive)
		return;
	if (one_in(25)) {
		TELL("  %d is killed\n", (int)(member - members));
		member->is_alive = false;
		if (member_count < MEMBERS && count_alive() < 5)
			launch(!one_in(3), routing);
	} else if (member->phase != IDLE) {
		write_plan(member, one_in(5));
	} else if (one_in(3)) {
		give_addresses(member);
	} else {
		begin_run(member, one_in(5));
	}
}

/* ---- What is there already. ---- */

static void put_by_hand(const char *name, const char *type,
			const char *identifier, const char *weight,
			const char *multivalue, const char *value)
{
	struct stored_set set;

	memset(&set, 0, sizeof(set));
	strcpy(set.part[SET_NAME], name);
	strcpy(set.part[SET_TYPE], type);
	strcpy(set.part[SET_IDENTIFIER], identifier);
	strcpy(set.part[SET_WEIGHT], weight);
	strcpy(set.part[SET_MULTIVALUE], multivalue);
	strcpy(set.part[SET_TTL], "300");
	strcpy(set.part[SET_VALUES], value);
	put(&set, BY_HAND);
}

static void put_bystanders(const char *routing)
{
	char name[64];

	put_by_hand(host_listed, "MX", "", "", "", "10 mail.example.com.");
	put_by_hand(host_listed, "TXT", "", "", "", "\"v=spf1 -all\"");
	(void)snprintf(name, sizeof(name), "x.%s", host_listed);
	put_by_hand(name, "A", "", "", "", "192.0.2.1");
	(void)snprintf(name, sizeof(name), "_bootname.x.%s", host_listed);
	put_by_hand(name, "TXT", "", "", "",
		    "\"heritage=bootname,owner=i-00000000000000001,"
		    "region=eu-west-1\"");
	if (kind->is_group)
		put_by_hand(host_listed, "A", "blue",
			    strcmp(routing, "weighted") ? "" : "9",
			    strcmp(routing, "weighted") ? "true" : "",
			    "192.0.2.2");
}

/* In the place of the name itself; returns whether it is. */
static bool put_in_place(void)
{
	if (kind->is_group || !one_in(6))
		return false;
	if (one_in(4)) {
		zone.count = 0;
		put_by_hand(host_listed, "CNAME", "", "", "", "a.example.com.");
		return true;
	}
	if (one_in(2))
		put_by_hand(host_listed, "A", "", "", "", "192.0.2.3");
	else
		put_by_hand(host_listed, "AAAA", "", "", "", "2001:db8:f::3");
	return true;
}

/* ---- The end of a world. ---- */

static bool holds_exactly(const struct member *member, const char *type,
			  const char *value)
{
	struct entry self;
	const struct entry *found;

	memset(&self, 0, sizeof(self));
	strcpy(self.set.part[SET_IDENTIFIER], own_identifier(member));
	found = beside(&self, host_listed, type);
	return found ? *value &&
			       !strcmp(strrchr(found->set.part[SET_VALUES],
					       *type == 'A' && !type[1] ? '.'
									: ':'),
				       strrchr(value, *type == 'A' && !type[1]
							      ? '.'
							      : ':'))
		     : !*value;
}

/* One after the other, with nobody in between: no batch is refused. */
static void run_alone(struct member *member, bool is_removal)
{
	unsigned before = refused;

	begin_run(member, is_removal);
	if (member->phase == PLANNED)
		write_plan(member, false);
	demand(member->phase == IDLE, "what was planned alone is refused");
	demand(refused == before || member->way == BLIND,
	       "what was planned alone is refused");
}

static bool is_holder_gone(void)
{
	for (size_t i = 0; i < zone.count; i++)
		if (is_part(&zone.entries[i].set, SET_NAME, host_listed) &&
		    zone.entries[i].writer != BY_HAND &&
		    !members[zone.entries[i].writer].is_alive)
			return true;
	return false;
}

/* After all, those who want the name have it, or another does. */
static void check_outcome(bool is_in_place)
{
	size_t winners = 0;
	bool may_take_over = false;

	for (size_t i = 0; i < member_count; i++) {
		struct member *member = &members[i];
		const struct instance *instance = &member->instance;

		if (!member->is_alive)
			continue;
		run_alone(member, false);
		may_take_over |= member->may_take_over;
		winners += !member->result;
		if (member->result || is_in_place || member->way == BLIND)
			continue;
		demand(holds_exactly(member, "A", instance->ipv4) &&
			       holds_exactly(member, "AAAA", instance->ipv6),
		       "the name is not as it is told to be");
	}
	/* Without a memory one's own old record is in the way. */
	if (count_alive() && !is_in_place && kind->ways != 1U << ALONE)
		demand(winners || is_holder_gone(), "nobody has the name");
	if (may_take_over && kind->ways == 1U << CREATE && !kind->is_group &&
	    !is_in_place)
		demand(!is_holder_gone(), "the name of the dead is not taken");
}

/* What is left when all have gone is by hand, or of the dead. */
static void check_removal(void)
{
	for (size_t i = 0; i < member_count; i++)
		if (members[i].is_alive)
			run_alone(&members[i], true);
	for (size_t i = 0; i < zone.count; i++) {
		int writer = zone.entries[i].writer;

		demand(writer == BY_HAND || !members[writer].is_alive ||
			       members[writer].way == BLIND ||
			       members[writer].way == ALONE,
		       "something is left behind");
	}
}

static void live(void)
{
	static const char *const hosts[] = {"web.example.com", "*.example.com",
					    "example.com"};
	const char *routing = !kind->is_group ? "simple"
			      : one_in(2)     ? "weighted"
					      : "multivalue";
	unsigned count = 2 + roll(4);
	bool is_in_place;

	dice = 0x9e3779b97f4a7c15ULL * (seed + 1);
	buf_wipe(&story);
	zone.count = 0;
	member_count = 0;
	addresses = 0;
	host = hosts[roll(3)];
	(void)snprintf(host_listed, sizeof(host_listed), "%.30s.",
		       listed_name(host));
	(void)snprintf(owner_listed, sizeof(owner_listed), "_bootname.%s",
		       host_listed);
	put_bystanders(routing);
	is_in_place = put_in_place();
	for (unsigned i = 0; i < count; i++)
		launch(one_in(4), routing);
	for (unsigned i = 0; i < EVENTS; i++)
		happen(routing);
	for (size_t i = 0; i < member_count; i++)
		while (members[i].is_alive && members[i].phase != IDLE)
			write_plan(&members[i], false);
	check_outcome(is_in_place);
	check_removal();
}

static void live_all(size_t i)
{
	applied = refused = 0;
	kind = &kinds[i];
	for (seed = 1; seed <= SEEDS; seed++)
		live();
	/* As many of both as make the worlds worth it. */
	assert_true(applied > SEEDS);
	assert_true(refused > SEEDS / 10 || kind->ways == 1U << BLIND ||
		    kind->is_group);
}

static void test_plan_property__holds_in_each_world(void **state)
{
	live_all((size_t)*state);
}

int main(void)
{
	static struct CMUnitTest tests[LENGTH(kinds)];

	for (size_t i = 0; i < LENGTH(kinds); i++) {
		tests[i].name = kinds[i].name;
		tests[i].test_func = test_plan_property__holds_in_each_world;
		tests[i].initial_state = (void *)i;
	}
	return RUN(tests);
}
