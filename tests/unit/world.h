/*
 * A small AWS for whole runs of bootname and bootname-reap: the metadata of
 * each instance, EC2, STS and a hosted zone of Route 53, as they answer over
 * HTTP.  Each run is a process of its own, as in life; all of them and the test
 * share this memory, and one of them goes on at a time.
 */
#ifndef WORLD_H
#define WORLD_H

#include "unit.h"

#define BATCH_TEXT 128
#define BATCH_LIMIT 60

#include "batch.h"
#include "ec2.h"
#include "http.h"
#include "route53.h"

enum {
	INSTANCES = 7, /* of a history, with those that are gone */
	ELASTICS = 2,  /* Elastic IPs */
	RUNS = 4,      /* at once */
	ENTRIES = 60,
	PATTERNS = 100,
	STORY = 65536,
	BY_HAND = -1,
	NOBODY = -1,
	FORGOTTEN_MS = 3600 * 1000, /* EC2 knows a terminated instance as long
				     */
};

/* As EC2 names them. */
enum state { RUNNING, STOPPING, STOPPED, SHUTTING_DOWN, TERMINATED };

static const char *const state_names[] = {"running", "stopping", "stopped",
					  "shutting-down", "terminated"};

/* What instances are there: whose name they want, and by which settings. */
static const struct kind {
	const char *name; /* "": one of its own */
	const char *settings;
	bool is_create;
	bool has_owner;
	bool is_group;
	bool takes_gone;
	bool takes_stopped;
} kinds[] = {
	{"web", "action: CREATE\n", true, true, false, false, false},
	{"web", "action: CREATE\ntake_over: gone\n", true, true, false, true,
	 false},
	{"web", "action: CREATE\ntake_over: stopped\n", true, true, false, true,
	 true},
	{"all", "action: CREATE\nrouting: multivalue\n", true, true, true,
	 false, false},
	{"db", "owner_record: true\n", false, true, false, false, false},
	{"", "", false, false, false, false, false},
};

struct machine {
	char id[20];
	unsigned account;
	const struct kind *kind;
	enum state state;
	int64_t since_ms; /* it is in that state */
	/* From then on EC2 knows it everywhere, for once; 0: it has always. */
	int64_t known_ms;
	unsigned address; /* 198.51.100.N; 0: none */
	bool has_ipv6;
	unsigned version; /* how often its addresses have changed */
	/* That of the addresses that were written last. */
	unsigned written_version;
	/* Another took its name, and might. */
	bool is_replaced;
};

enum command { UP, REFRESH, DOWN, REAP, REAP_STOPPED };

static const char *const command_names[] = {"up", "up --if-changed", "down",
					    "reap", "reap --stopped"};

struct run {
	pid_t pid; /* 0: there is none */
	int fd;	   /* of the test: to let it go on, and to wait for it */
	enum command command;
	int machine; /* NOBODY: bootname-reap */
	unsigned account;
	int64_t wake_ms;	  /* it sleeps until then */
	unsigned version;	  /* of its machine, when it began */
	unsigned learnt_version;  /* when it read the address */
	unsigned calls;		  /* so far */
	unsigned last_other_call; /* the last one that asked no EC2 */
	struct {
		unsigned call; /* when EC2 was asked last; 0: never */
		bool was_stopped;
	} asked[INSTANCES];
};

struct entry {
	struct stored_set set;
	int writer; /* a machine, or BY_HAND */
};

struct zone {
	size_t count;
	struct entry entries[ENTRIES];
};

static struct world {
	uint64_t dice;
	unsigned seed;
	int64_t now_ms;
	bool is_quiet; /* nothing gets lost any more */
	size_t machine_count;
	struct machine machines[INSTANCES];
	char directories[INSTANCES][300]; /* of their states */
	struct run runs[RUNS];
	struct zone zone;
	struct counts {		  /* of all histories */
		unsigned batches; /* carried out */
		unsigned refused;
		unsigned taken;	  /* names of others, rightly */
		unsigned unknown; /* answers that there is no such instance */
	} counts;
	char failure[256];
	struct met_pattern {
		char pattern[512];
		char text[64]; /* one that was held against it */
	} patterns[PATTERNS];
	size_t pattern_count;
	size_t story_len;
	char story[STORY];
} * world;

static struct run *self; /* in the process of a run */

/* ---- Dice, and what is told of a failure. ---- */

/* A number below limit: xorshift64*. */
static unsigned roll(unsigned limit)
{
	world->dice ^= world->dice >> 12;
	world->dice ^= world->dice << 25;
	world->dice ^= world->dice >> 27;
	return (unsigned)((world->dice * 2685821657736338717ULL >> 33) % limit);
}

static bool one_in(unsigned number)
{
	return !roll(number);
}

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(world->story + world->story_len,
			STORY - world->story_len, format, args);
	va_end(args);
	if (len > 0 && world->story_len + (size_t)len < STORY - 1)
		world->story_len += (size_t)len;
}

/* What must hold in each history; the test itself says so. */
static void demand(bool holds, const char *what)
{
	if (holds || *world->failure)
		return;
	(void)snprintf(world->failure, sizeof(world->failure), "%s", what);
	if (self)
		_exit(99);
}

static int number_of(const struct run *run)
{
	return (int)(run - world->runs);
}

/* ---- Who is who. ---- */

static struct machine *own(void)
{
	return &world->machines[self->machine];
}

/* The machine that a text names; NOBODY: it names none. */
static int machine_in(const char *text)
{
	for (size_t i = 0; i < world->machine_count; i++)
		if (strstr(text, world->machines[i].id))
			return (int)i;
	return NOBODY;
}

static bool is_final(const struct machine *machine)
{
	return machine->state >= SHUTTING_DOWN;
}

static const char *account_of(unsigned account)
{
	return account ? "222222222222" : "111111111111";
}

static const char *ipv4_of(const struct machine *machine)
{
	static char text[24];

	(void)snprintf(text, sizeof(text), "198.51.100.%u", machine->address);
	return machine->address ? text : "";
}

static const char *ipv6_of(const struct machine *machine)
{
	static char text[24];

	(void)snprintf(text, sizeof(text), "2001:db8::%x",
		       (unsigned)(machine - world->machines) + 1);
	return machine->has_ipv6 ? text : "";
}

/* As Route 53 lists it. */
static const char *name_of(const struct machine *machine)
{
	static char name[64];

	(void)snprintf(name, sizeof(name), "%s.example.com.",
		       *machine->kind->name ? machine->kind->name
					    : machine->id);
	return name;
}

/* ---- The zone. ---- */

static bool is_part(const struct stored_set *set, size_t i, const char *text)
{
	return !strcmp(set->part[i], text);
}

static bool is_place(const struct stored_set *set, const char *name,
		     const char *type, const char *identifier)
{
	return is_part(set, SET_NAME, name) && is_part(set, SET_TYPE, type) &&
	       is_part(set, SET_IDENTIFIER, identifier);
}

static struct entry *find_entry(const char *name, const char *type,
				const char *identifier)
{
	for (size_t i = 0; i < world->zone.count; i++)
		if (is_place(&world->zone.entries[i].set, name, type,
			     identifier))
			return &world->zone.entries[i];
	return NULL;
}

static struct entry *find_same(const struct stored_set *set)
{
	return find_entry(set->part[SET_NAME], set->part[SET_TYPE],
			  set->part[SET_IDENTIFIER]);
}

/* Route 53 sorts by the labels, the last one first. */
static const char *key_of(const char *name, char key[BATCH_TEXT])
{
	size_t len = 0;

	for (const char *end = name + strlen(name); end > name;) {
		const char *label = end - 1;

		while (label > name && label[-1] != '.')
			label--;
		len += (size_t)snprintf(key + len, BATCH_TEXT - len, "%.*s!",
					(int)(end - label), label);
		end = label > name ? label : name;
	}
	key[len] = '\0';
	for (char *c = key; *c; c++)
		if (*c == '.')
			*c = '!';
	return key;
}

static int compare_places(const struct stored_set *left,
			  const struct stored_set *right)
{
	char keys[2][BATCH_TEXT];
	int order = strcmp(key_of(left->part[SET_NAME], keys[0]),
			   key_of(right->part[SET_NAME], keys[1]));

	if (!order)
		order = strcmp(left->part[SET_TYPE], right->part[SET_TYPE]);
	return order ? order
		     : strcmp(left->part[SET_IDENTIFIER],
			      right->part[SET_IDENTIFIER]);
}

static int compare_entries(const void *left, const void *right)
{
	return compare_places(&((const struct entry *)left)->set,
			      &((const struct entry *)right)->set);
}

/* The instance that the owner record beside a set names; NOBODY. */
static int owner_beside(const struct stored_set *set)
{
	char name[BATCH_TEXT + 16];
	const struct entry *owner;
	bool is_owner = is_part(set, SET_TYPE, "TXT");

	(void)snprintf(name, sizeof(name), "%s%s", is_owner ? "" : "_bootname.",
		       set->part[SET_NAME]);
	owner = find_entry(name, "TXT", set->part[SET_IDENTIFIER]);
	return owner ? machine_in(owner->set.part[SET_VALUES]) : NOBODY;
}

/* ---- What each batch must keep to. ---- */

/* Whether this run may take what is another instance's. */
static bool may_take(int owner)
{
	const struct machine *machine = &world->machines[owner];
	const struct kind *kind = self->machine < 0 ? NULL : own()->kind;
	bool is_asked_directly =
		self->asked[owner].was_stopped &&
		self->asked[owner].call > self->last_other_call;

	if (kind && !kind->is_create)
		return true; /* the last writer wins */
	if (machine->account != self->account)
		return false;
	if (is_final(machine))
		return !kind || kind->takes_gone;
	if (kind ? !kind->takes_stopped : self->command != REAP_STOPPED)
		return false;
	return machine->state == STOPPED || is_asked_directly;
}

/* Whether a batch sets an address that stands there already. */
static bool sets_again(const struct batch *batch, const struct entry *entry)
{
	for (size_t i = 0; i < batch->count; i++)
		if (strcmp(batch->changes[i].action, "DELETE") != 0 &&
		    !memcmp(&batch->changes[i].set, &entry->set,
			    sizeof(entry->set)))
			return true;
	return false;
}

/* Whether the name leads to the instance already, for its address was another's
 * before: then the owner record is put right. */
static bool is_at_own_address(const struct batch *batch,
			      const struct stored_set *set)
{
	const char *name = set->part[SET_NAME];
	const char *identifier = set->part[SET_IDENTIFIER];
	const struct entry *a;
	const struct entry *aaaa;

	if (is_part(set, SET_TYPE, "TXT"))
		name += strlen("_bootname.");
	a = find_entry(name, "A", identifier);
	aaaa = find_entry(name, "AAAA", identifier);
	return (!a || sets_again(batch, a)) &&
	       (!aaaa || sets_again(batch, aaaa));
}

/* Whose the set is that a change replaces or deletes. */
static void check_right(const struct batch *batch,
			const struct batch_change *change)
{
	const struct entry *entry = find_same(&change->set);
	int owner;

	if (!entry || !strcmp(change->action, "CREATE"))
		return;
	demand(entry->writer != BY_HAND, "what is made by hand is changed");
	owner = owner_beside(&entry->set);
	if (owner == NOBODY)
		owner = entry->writer;
	if (owner == self->machine)
		return;
	demand(may_take(owner) || is_at_own_address(batch, &change->set),
	       "another instance loses its name");
	world->machines[owner].is_replaced = true;
	world->counts.taken++;
}

/* Two runs of one instance: the later change is that of the later answer. */
static void check_order(void)
{
	if (self->machine == NOBODY || self->command == DOWN)
		return;
	demand(self->learnt_version >= own()->written_version,
	       "an address that is older than the one before is written");
	own()->written_version = self->learnt_version;
}

/* An owner record never stands without an address of its instance, nor with
 * CREATE an address without its owner record. */
static void check_whole(void)
{
	for (size_t i = 0; i < world->zone.count; i++) {
		const struct entry *entry = &world->zone.entries[i];
		const struct stored_set *set = &entry->set;
		const char *identifier = set->part[SET_IDENTIFIER];
		const char *name = set->part[SET_NAME];

		if (entry->writer == BY_HAND)
			continue;
		if (is_part(set, SET_TYPE, "TXT")) {
			name += strlen("_bootname.");
			demand(find_entry(name, "A", identifier) ||
				       find_entry(name, "AAAA", identifier),
			       "an owner record stands without an address");
		} else if (world->machines[entry->writer].kind->has_owner) {
			demand(owner_beside(set) != NOBODY,
			       "an address stands without an owner record");
			demand(owner_beside(set) == entry->writer ||
				       !world->machines[entry->writer]
						.kind->is_create,
			       "a name has two owners");
		}
	}
}

/* ---- Route 53. ---- */

/* Why a change is refused; NULL: it is carried out. */
static const char *carry_out(const struct batch_change *change)
{
	struct entry *entry = find_same(&change->set);
	struct zone *zone = &world->zone;

	if (!strcmp(change->action, "DELETE")) {
		if (!entry)
			return "but it was not found";
		if (memcmp(&entry->set, &change->set, sizeof(entry->set)) != 0)
			return "but the values provided do not match the "
			       "current values";
		*entry = zone->entries[--zone->count];
		return NULL;
	}
	if (entry && !strcmp(change->action, "CREATE"))
		return "but it already exists";
	if (!entry)
		entry = &zone->entries[zone->count++];
	assert_true(zone->count < ENTRIES);
	entry->set = change->set;
	entry->writer = self->machine;
	return NULL;
}

static void answer(long status, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static void answer(long status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	http_answer.size =
		(size_t)vsnprintf(http_answer.body, HTTP_LIMIT, format, args);
	va_end(args);
	http_answer.status = status;
}

static void complain(long status, const char *code, const char *message)
{
	answer(status,
	       "<ErrorResponse><Error><Code>%s</Code><Message>%s</Message>"
	       "</Error></ErrorResponse>",
	       code, message);
}

static void tell_batch(const struct batch *batch, const char *refusal)
{
	for (size_t i = 0; i < batch->count; i++) {
		const struct batch_change *change = &batch->changes[i];

		tell("      %s %s %s %s %s\n", change->action,
		     change->set.part[SET_NAME], change->set.part[SET_TYPE],
		     change->set.part[SET_IDENTIFIER],
		     change->set.part[SET_VALUES]);
	}
	tell("      %s\n", refusal ? refusal : "carried out");
}

static void copy_zone(struct zone *to, const struct zone *from)
{
	to->count = from->count;
	memcpy(to->entries, from->entries,
	       from->count * sizeof(*from->entries));
}

/* Whole or not at all.  Returns why not; NULL: it is carried out. */
static const char *change_zone(const struct batch *batch)
{
	static struct zone before, after;
	const char *refusal = NULL;

	copy_zone(&before, &world->zone);
	for (size_t i = 0; i < batch->count && !refusal; i++)
		refusal = carry_out(&batch->changes[i]);
	tell_batch(batch, refusal);
	if (refusal) {
		copy_zone(&world->zone, &before);
		world->counts.refused++;
		return refusal;
	}
	/* The rights go by what was there. */
	copy_zone(&after, &world->zone);
	copy_zone(&world->zone, &before);
	for (size_t i = 0; i < batch->count; i++)
		check_right(batch, &batch->changes[i]);
	copy_zone(&world->zone, &after);
	check_order();
	check_whole();
	if (self->machine != NOBODY)
		own()->is_replaced = false;
	world->counts.batches++;
	return NULL;
}

/* Whether EC2 has told this run of an owner that may come back. */
static bool is_doubtful(void)
{
	for (size_t i = 0; i < INSTANCES; i++)
		if (self->asked[i].was_stopped)
			return true;
	return false;
}

static void take_batch(const char *body)
{
	static struct buf changes;
	static struct batch batch;
	const char *start = strstr(body, "<Changes>") + strlen("<Changes>");
	unsigned fault = world->is_quiet ? 23 : roll(is_doubtful() ? 6 : 24);
	const char *refusal;

	buf_set(&changes, "%.*s", (int)(strstr(start, "</Changes>") - start),
		start);
	batch_read(&batch, &changes);
	if (fault < 3) {
		tell("      %s, and not carried out\n",
		     fault ? "throttled" : "lost");
		complain(fault ? 400 : 500, fault ? "Throttling" : "Lost", "");
		return;
	}
	refusal = change_zone(&batch);
	if (fault == 3) {
		tell("      the answer is lost\n");
		complain(500, "Lost", "");
	} else if (refusal) {
		complain(400, "InvalidChangeBatch", refusal);
	} else {
		answer(200, "<ChangeResourceRecordSetsResponse><ChangeInfo>"
			    "<Id>/change/C1</Id><Status>PENDING</Status>"
			    "</ChangeInfo></ChangeResourceRecordSetsResponse>");
	}
}

static void copy_parameter(const char *url, const char *key, char *value)
{
	const char *at = strstr(url, key);

	if (at)
		(void)snprintf(value, BATCH_TEXT, "%.*s",
			       (int)strcspn(at + strlen(key), "&"),
			       at + strlen(key));
}

static void add_element(struct buf *page, const char *name, const char *text)
{
	if (*text)
		buf_addf(page, "<%s>%s</%s>", name, text, name);
}

static void add_set(struct buf *page, const struct stored_set *set)
{
	buf_addf(page, "<ResourceRecordSet>");
	add_element(page, "Name", set->part[SET_NAME]);
	add_element(page, "Type", set->part[SET_TYPE]);
	add_element(page, "SetIdentifier", set->part[SET_IDENTIFIER]);
	add_element(page, "MultiValueAnswer", set->part[SET_MULTIVALUE]);
	add_element(page, "TTL", set->part[SET_TTL]);
	buf_addf(page, "<ResourceRecords><ResourceRecord>");
	add_element(page, "Value", set->part[SET_VALUES]);
	buf_addf(page, "</ResourceRecord></ResourceRecords>"
		       "</ResourceRecordSet>");
}

static void list(const char *url)
{
	static struct buf page;
	static struct stored_set from;
	struct zone *zone = &world->zone;
	unsigned left = 7 + roll(14);
	size_t i = 0;

	memset(&from, 0, sizeof(from));
	copy_parameter(url, "&name=", from.part[SET_NAME]);
	copy_parameter(url, "&type=", from.part[SET_TYPE]);
	copy_parameter(url, "identifier=", from.part[SET_IDENTIFIER]);
	if (*from.part[SET_NAME] &&
	    from.part[SET_NAME][strlen(from.part[SET_NAME]) - 1] != '.')
		strcat(from.part[SET_NAME], ".");
	qsort(zone->entries, zone->count, sizeof(*zone->entries),
	      compare_entries);
	while (i < zone->count &&
	       compare_places(&zone->entries[i].set, &from) < 0)
		i++;
	buf_set(&page, "<ListResourceRecordSetsResponse>");
	for (; i < zone->count && left; i++, left--)
		add_set(&page, &zone->entries[i].set);
	if (i < zone->count) {
		const struct stored_set *next = &zone->entries[i].set;

		add_element(&page, "NextRecordName", next->part[SET_NAME]);
		add_element(&page, "NextRecordType", next->part[SET_TYPE]);
		add_element(&page, "NextRecordIdentifier",
			    next->part[SET_IDENTIFIER]);
	}
	buf_addf(&page, "</ListResourceRecordSetsResponse>");
	assert_false(buf_is_cut(&page));
	answer(200, "%s", page.data);
}

/* ---- EC2 and STS. ---- */

/* Whether this part of EC2 knows an instance, in the account that asks. */
static bool is_known(int machine)
{
	const struct machine *one = &world->machines[machine];

	if (one->account != self->account ||
	    (one->state == TERMINATED &&
	     world->now_ms > one->since_ms + FORGOTTEN_MS))
		return false;
	if (world->now_ms >= one->known_ms || one_in(3))
		return true;
	world->counts.unknown++;
	return false;
}

static void add_instance(struct buf *known, int machine)
{
	const struct machine *one = &world->machines[machine];

	tell("      %d is %s\n", machine, state_names[one->state]);
	buf_addf(known,
		 "<item><instanceId>%s</instanceId><instanceState><name>%s"
		 "</name></instanceState></item>",
		 one->id, state_names[one->state]);
}

static void describe_instances(const char *body)
{
	static struct buf known, unknown;

	buf_wipe(&known);
	buf_wipe(&unknown);
	for (const char *at = body; (at = strstr(at, "=i-")); at++) {
		char id[BATCH_TEXT];
		int machine;

		(void)snprintf(id, sizeof(id), "%.19s", at + 1);
		machine = machine_in(id);
		demand(machine != NOBODY, "EC2 is asked for a stranger");
		self->asked[machine].call = self->calls;
		self->asked[machine].was_stopped =
			world->machines[machine].state == STOPPED;
		if (is_known(machine)) {
			add_instance(&known, machine);
			continue;
		}
		tell("      %d is unknown\n", machine);
		buf_addf(&unknown, "%s%s", unknown.len ? ", " : "", id);
	}
	if (unknown.len) {
		buf_addf(&unknown, "' do not exist");
		buf_set(&known, "The instance IDs '%s", unknown.data);
		complain(400, "InvalidInstanceID.NotFound", known.data);
		return;
	}
	answer(200, "<DescribeInstancesResponse>%s</DescribeInstancesResponse>",
	       known.data);
}

/* ---- The metadata. ---- */

static void answer_word(const char *word)
{
	answer(*word ? 200 : 404, "%s", word);
}

static void answer_metadata(const char *path)
{
	if (!strcmp(path, "api/token"))
		answer_word("TOKEN");
	else if (!strcmp(path, "dynamic/instance-identity/document"))
		answer(200,
		       "{\"instanceId\": \"%s\", \"region\": \"eu-west-1\", "
		       "\"accountId\": \"%s\"}",
		       own()->id, account_of(self->account));
	else if (!strcmp(path, "meta-data/instance-id"))
		answer_word(own()->id);
	else if (!strcmp(path, "meta-data/ipv6"))
		answer_word(ipv6_of(own()));
	else if (!strcmp(path, "meta-data/public-ipv4")) {
		self->learnt_version = own()->version;
		tell("    %d learns %s\n", number_of(self), ipv4_of(own()));
		answer_word(ipv4_of(own()));
	} else
		demand(false, "the metadata have no such path");
}

/* ---- One request of the run. ---- */

static void answer_request(const char *url, const char *body)
{
	const char *metadata = "http://169.254.169.254/latest/";

	if (!strncmp(url, metadata, strlen(metadata))) {
		answer_metadata(url + strlen(metadata));
		return;
	}
	self->calls++;
	if (strstr(url, "//ec2.")) {
		tell("    %d asks EC2\n", number_of(self));
		describe_instances(body);
		return;
	}
	if (strstr(url, "//sts.")) {
		answer(200,
		       "<GetCallerIdentityResponse><Account>%s</Account>"
		       "</GetCallerIdentityResponse>",
		       account_of(self->account));
	} else if (*body) {
		tell("    %d sends\n", number_of(self));
		take_batch(body);
	} else {
		tell("    %d reads\n", number_of(self));
		list(url);
	}
	self->last_other_call = self->calls;
}

#endif
