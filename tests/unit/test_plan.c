#include "unit.h"

#include "batch.h"
#include "instance.h"
#include "plan.h"
#include "platform.h"
#include "route53.h"
#include "settings.h"

#define NAME "web.example.com"
#define ME "i-0123456789abcdef0"
#define OTHER "i-0fff9999eee888877"
#define IPV4 "203.0.113.7"
#define OLD4 "203.0.113.8"
#define IPV6 "2001:db8::7"
#define OLD6 "2001:db8::8"
#define LONG6 "2001:0DB8:0:0:0:0:0:7"
#define HERITAGE(id) "\"heritage=bootname,owner=" id ",region=eu-west-1\""
#define FOREIGN "\"heritage=external-dns,owner=" ME "\""

/* One plan, and what it is made of. */
static struct instance instance;
static struct settings settings;
static struct plan plan;
static struct planning planning;
static struct buf changes;
static struct batch batch;

static void set(enum setting setting, const char *value)
{
	settings.value[setting] = value;
}

static void set_instance(const char *name, const char *ipv4, const char *ipv6)
{
	memset(&instance, 0, sizeof(instance));
	strcpy(instance.id, ME);
	strcpy(instance.region, "eu-west-1");
	strcpy(instance.name, name);
	strcpy(instance.ipv4, ipv4);
	strcpy(instance.ipv6, ipv6);
	settings_init(&settings);
	memset(&plan, 0, sizeof(plan));
	unit_forget();
}

static void start(bool is_removal)
{
	plan_start(&planning, &plan, &settings, &instance, is_removal);
	buf_wipe(&changes);
}

/* How to publish. */
enum way { BLIND, UPSERT, CREATE, ALONE, WAYS };

static const struct {
	const char *name;
	const char *action;
	const char *owner_record;
	bool has_owner_record;
	bool wants_to_read;
} ways[WAYS] = {
	[BLIND] = {"UPSERT", "UPSERT", "", false, false},
	[UPSERT] = {"UPSERT and owner record", "UPSERT", "true", true, true},
	[CREATE] = {"CREATE", "CREATE", "", true, true},
	[ALONE] = {"CREATE alone", "CREATE", "no", false, true},
};

static void set_way(enum way way)
{
	set(SETTING_ACTION, ways[way].action);
	set(SETTING_OWNER_RECORD, ways[way].owner_record);
}

/* ---- Record sets and changes in short: "A 203.0.113.8|TXT me". ---- */

static const struct {
	const char *word;
	const char *value;
} owner_words[] = {
	{"me", HERITAGE(ME)},
	{"other", HERITAGE(OTHER)},
	{"foreign", FOREIGN},
};

/* Tell the plan of the record sets; stops at the first that is refused. */
static int find(const char *there)
{
	char text[512];
	char *next = text;
	int rc = 0;

	strcpy(text, there);
	while (*next && !rc) {
		char *type = next;
		char *value = strchr(type, ' ');
		struct stored_set found;

		memset(&found, 0, sizeof(found));
		next += strcspn(next, "|");
		if (*next)
			*next++ = '\0';
		*value++ = '\0';
		strcpy(found.part[SET_NAME],
		       strcmp(type, "TXT") ? NAME "." : "_bootname." NAME ".");
		strcpy(found.part[SET_TYPE], type);
		strcpy(found.part[SET_TTL], "60");
		for (char *c = value; *c; c++)
			if (*c == '+')
				*c = *XML_NEXT;
		for (size_t i = 0; i < LENGTH(owner_words); i++)
			if (!strcmp(value, owner_words[i].word))
				value = (char *)(uintptr_t)owner_words[i].value;
		strcpy(found.part[SET_VALUES], value);
		found.is_alias = !*value;
		if (found.is_alias)
			found.part[SET_TTL][0] = '\0';
		rc = batch_found(&planning, &found);
	}
	return rc;
}

/* Whether there is a set of this type. */
static bool has(const char *there, const char *type)
{
	static struct buf sets;
	static struct buf word;

	buf_set(&sets, "|%s", there);
	buf_set(&word, "|%s ", type);
	return strstr(sets.data, word.data) != NULL;
}

/* Append the changes of A or AAAA; to set what is not there is to create it. */
static void shorten(struct buf *text, const char *type, const char *there)
{
	for (size_t i = 0; i < batch.count; i++) {
		const struct batch_change *change = &batch.changes[i];
		const struct stored_set *one = &change->set;
		bool is_upsert = !strcmp(change->action, "UPSERT");

		if (strcmp(one->part[SET_TYPE], type) != 0 ||
		    batch_is_guard(&batch, i))
			continue;
		unit_text("name", one->part[SET_NAME], NAME ".");
		unit_text("TTL", one->part[SET_TTL], "60");
		buf_addf(text, "%s%s %s %s", text->len ? "|" : "",
			 is_upsert && there && !has(there, type)
				 ? "CREATE"
				 : change->action,
			 type, one->part[SET_VALUES]);
	}
}

/*
 * The changes in short.  Of the owner record what comes out: "+TXT" it is set,
 * "-TXT" it is removed; that it is set again as it was does not count.
 */
static const char *in_short(const char *there)
{
	static struct buf text;
	const char *deleted = "";
	const char *set_to = "";

	buf_wipe(&text);
	batch_read(&batch, &changes);
	shorten(&text, "A", there);
	shorten(&text, "AAAA", there);
	for (size_t i = 0; i < batch.count; i++) {
		const struct stored_set *one = &batch.changes[i].set;

		if (strcmp(one->part[SET_TYPE], "TXT") != 0)
			continue;
		unit_text("owner", one->part[SET_NAME], "_bootname." NAME ".");
		if (!strcmp(batch.changes[i].action, "DELETE"))
			deleted = one->part[SET_VALUES];
		else
			set_to = one->part[SET_VALUES];
	}
	if (*set_to)
		unit_text("owner", set_to, HERITAGE(ME));
	if (strcmp(deleted, set_to) != 0)
		buf_addf(&text, "%s%s", text.len ? "|" : "",
			 *set_to ? "+TXT" : "-TXT");
	for (char *c = text.data; *c; c++)
		if (*c == *XML_NEXT)
			*c = '+';
	return text.data;
}

/* The state that a set must have, by the changes wanted. */
static enum plan_state state_of(const char *type, const char *want,
				const char *there, const char *value)
{
	static struct buf word;

	buf_set(&word, "CREATE %s ", type);
	if (strstr(want, word.data))
		return PLAN_CHANGE;
	buf_set(&word, "UPSERT %s ", type);
	if (strstr(want, word.data))
		return PLAN_CHANGE;
	buf_set(&word, "DELETE %s ", type);
	if (strstr(want, word.data))
		return PLAN_REMOVE;
	if (!has(there, type))
		return PLAN_NONE;
	return *value && !plan.is_removal ? PLAN_KEEP : PLAN_LEAVE;
}

static void check_states(const char *row, const char *want, const char *there)
{
	static struct buf sets;

	buf_set(&sets, "|%s", there);
	for (size_t i = 0; i < PLAN_OWNER; i++) {
		const struct plan_set *one = &plan.sets[i];
		char found[64];
		const char *at;

		unit_number(row, one->state,
			    state_of(route53_type_names[i], want, there,
				     i ? instance.ipv6 : instance.ipv4));
		unit_text(row, one->value, i ? instance.ipv6 : instance.ipv4);
		(void)snprintf(found, sizeof(found), "|%s ",
			       route53_type_names[i]);
		at = strstr(sets.data, found);
		if (at)
			at += strlen(found);
		unit_number(row, strlen(one->before) > 0,
			    at && *at != '|' && *at);
		for (size_t j = 0; one->before[j]; j++)
			if (one->before[j] != *XML_NEXT &&
			    one->before[j] != at[j])
				fail_msg("%s: before \"%s\"", row, one->before);
	}
}

/* ---- The table: what Route 53 holds, and what each way makes of it. ---- */

#define NEW "CREATE A " IPV4
#define BOTH NEW "|CREATE AAAA " IPV6
#define SWAP "DELETE A " OLD4 "|" NEW
#define SWAP6 "DELETE AAAA " OLD6 "|CREATE AAAA " IPV6
#define REPLACE "UPSERT A " IPV4
#define REPLACE6 "UPSERT AAAA " IPV6
#define LOST "DELETE AAAA " OLD6
#define TAKEN NULL

static const struct row {
	const char *name;
	const char *ipv4;
	const char *ipv6;
	const char *there;
	const char *upsert;
	const char *create;
	const char *take_over; /* CREATE where the owner has lost its claim */
	const char *alone;
} rows[] = {
	{"nothing", IPV4, "", "", NEW "|+TXT", NEW "|+TXT", NEW "|+TXT", NEW},
	{"nothing, both families", IPV4, IPV6, "", BOTH "|+TXT", BOTH "|+TXT",
	 BOTH "|+TXT", BOTH},
	{"nothing, IPv6 only", "", IPV6, "", "CREATE AAAA " IPV6 "|+TXT",
	 "CREATE AAAA " IPV6 "|+TXT", "CREATE AAAA " IPV6 "|+TXT",
	 "CREATE AAAA " IPV6},
	{"own owner record only", IPV4, "", "TXT me", NEW, NEW, NEW, NEW},
	{"another's owner record only", IPV4, "", "TXT other", NEW "|+TXT",
	 NEW "|+TXT", NEW "|+TXT", NEW},
	{"foreign owner record only", IPV4, "", "TXT foreign", NEW "|+TXT",
	 NEW "|+TXT", NEW "|+TXT", NEW},

	{"wanted", IPV4, "", "A " IPV4 "|TXT me", "", "", "", ""},
	{"wanted, both", IPV4, IPV6, "A " IPV4 "|AAAA " IPV6 "|TXT me", "", "",
	 "", ""},
	{"wanted, spelled otherwise", "", IPV6, "AAAA " LONG6 "|TXT me", "", "",
	 "", ""},
	{"wanted, no owner record", IPV4, "", "A " IPV4, "+TXT", "+TXT", "+TXT",
	 ""},
	{"wanted, another's owner record", IPV4, "", "A " IPV4 "|TXT other",
	 "+TXT", "+TXT", "+TXT", ""},
	{"wanted, foreign owner record", IPV4, "", "A " IPV4 "|TXT foreign",
	 "+TXT", "+TXT", "+TXT", ""},
	{"wanted, two owners", IPV4, "",
	 "A " IPV4 "|TXT " HERITAGE(ME) "+" HERITAGE(OTHER), "+TXT", "+TXT",
	 "+TXT", ""},

	{"lost family", IPV4, "", "A " IPV4 "|AAAA " OLD6 "|TXT me", LOST, LOST,
	 LOST, TAKEN},
	{"lost family, other one moved", IPV4, "",
	 "A " OLD4 "|AAAA " OLD6 "|TXT me", SWAP "|" LOST, SWAP "|" LOST,
	 SWAP "|" LOST, TAKEN},
	{"lost family of nobody", IPV4, "", "A " IPV4 "|AAAA " OLD6, "+TXT",
	 TAKEN, TAKEN, TAKEN},
	{"lost family of another", IPV4, "",
	 "A " IPV4 "|AAAA " OLD6 "|TXT other", LOST "|+TXT", TAKEN,
	 LOST "|+TXT", TAKEN},
	{"lost IPv4", "", IPV6, "A " OLD4 "|AAAA " IPV6 "|TXT me",
	 "DELETE A " OLD4, "DELETE A " OLD4, "DELETE A " OLD4, TAKEN},

	{"own old", IPV4, "", "A " OLD4 "|TXT me", SWAP, SWAP, SWAP, TAKEN},
	{"own old, both", IPV4, IPV6, "A " OLD4 "|AAAA " OLD6 "|TXT me",
	 SWAP "|" SWAP6, SWAP "|" SWAP6, SWAP "|" SWAP6, TAKEN},
	{"own old, one of two", IPV4, IPV6, "A " IPV4 "|AAAA " OLD6 "|TXT me",
	 SWAP6, SWAP6, SWAP6, TAKEN},
	{"own two values", IPV4, "", "A " IPV4 "+" OLD4 "|TXT me",
	 "DELETE A " IPV4 "+" OLD4 "|" NEW, "DELETE A " IPV4 "+" OLD4 "|" NEW,
	 "DELETE A " IPV4 "+" OLD4 "|" NEW, TAKEN},
	{"own value twice", IPV4, "", "A " IPV4 "+" IPV4 "|TXT me",
	 "DELETE A " IPV4 "+" IPV4 "|" NEW, "DELETE A " IPV4 "+" IPV4 "|" NEW,
	 "DELETE A " IPV4 "+" IPV4 "|" NEW, TAKEN},

	{"another's", IPV4, "", "A " OLD4 "|TXT other", REPLACE "|+TXT", TAKEN,
	 SWAP "|+TXT", TAKEN},
	{"another's, both", IPV4, IPV6, "A " OLD4 "|AAAA " OLD6 "|TXT other",
	 REPLACE "|" REPLACE6 "|+TXT", TAKEN, SWAP "|" SWAP6 "|+TXT", TAKEN},
	{"another's both for one", IPV4, "",
	 "A " OLD4 "|AAAA " OLD6 "|TXT other", REPLACE "|" LOST "|+TXT", TAKEN,
	 SWAP "|" LOST "|+TXT", TAKEN},
	{"another's one for both", IPV4, IPV6, "A " OLD4 "|TXT other",
	 REPLACE "|CREATE AAAA " IPV6 "|+TXT", TAKEN,
	 SWAP "|CREATE AAAA " IPV6 "|+TXT", TAKEN},

	{"nobody's", IPV4, "", "A " OLD4, REPLACE "|+TXT", TAKEN, NULL, TAKEN},
	{"nobody's two", IPV4, "", "A " IPV4 "+" OLD4, REPLACE "|+TXT", TAKEN,
	 NULL, TAKEN},
	{"nobody's both for one", IPV4, "", "A " OLD4 "|AAAA " OLD6,
	 REPLACE "|+TXT", TAKEN, NULL, TAKEN},
	{"foreign", IPV4, "", "A " OLD4 "|TXT foreign", REPLACE "|+TXT", TAKEN,
	 NULL, TAKEN},

	{"alias", IPV4, "", "A ", TAKEN, TAKEN, NULL, TAKEN},
	{"own alias", IPV4, "", "A |TXT me", TAKEN, TAKEN, NULL, TAKEN},
	{"alias of a lost family", IPV4, "", "A " IPV4 "|AAAA |TXT me", TAKEN,
	 TAKEN, NULL, TAKEN},
	{"CNAME", IPV4, "", "CNAME a.example.com.", TAKEN, TAKEN, NULL, TAKEN},
	{"own CNAME", IPV4, "", "CNAME a.example.com.|TXT me", TAKEN, TAKEN,
	 NULL, TAKEN},
	{"delegated", IPV4, "", "NS ns.example.org.", TAKEN, TAKEN, NULL,
	 TAKEN},
	{"delegated, and ours", IPV4, "",
	 "A " IPV4 "|NS ns.example.org.|TXT me", TAKEN, TAKEN, NULL, TAKEN},
	{"the zone's own name", IPV4, "",
	 "NS ns.example.org.|SOA ns.example.org. a. 1 2 3 4 5", NEW "|+TXT",
	 NEW "|+TXT", NEW "|+TXT", NEW},
	{"the zone's own name, own old", IPV4, "",
	 "A " OLD4 "|NS ns.example.org.|SOA ns.example.org. a. 1 2 3 4 5|TXT "
	 "me",
	 SWAP, SWAP, SWAP, TAKEN},
	{"the zone's own name, another's", IPV4, "",
	 "A " OLD4 "|NS ns.example.org.|SOA ns.example.org. a. 1 2 3 4 5|TXT "
	 "other",
	 REPLACE "|+TXT", TAKEN, SWAP "|+TXT", TAKEN},
	{"CNAME that spells our address", IPV4, "", "CNAME " IPV4, TAKEN, TAKEN,
	 NULL, TAKEN},
};

/* Returns as plan_changes, or as the record set that was refused. */
static int decide(const struct row *row, enum way way)
{
	set_instance(NAME, row->ipv4, row->ipv6);
	set_way(way);
	start(false);
	return find(row->there) ? -1 : plan_changes(&planning, false, &changes);
}

static void check_taken(const char *label, int rc)
{
	unit_result(label, rc, STATUS_TAKEN);
	unit_starts(label, errinfo.text.data, NAME " is taken: ");
	unit_holds(label, errinfo.text.data,
		   "; choose another name, or remove it");
	unit_text(label, changes.data, "");
}

static void check_row(const struct row *row, enum way way, const char *want)
{
	static struct buf label;
	int rc = decide(row, way);

	buf_set(&label, "%s, %s", row->name, ways[way].name);
	if (!want) {
		check_taken(label.data, rc);
		return;
	}
	unit_result(label.data, rc, 0);
	unit_text(label.data, in_short(row->there), want);
	check_states(label.data, want, row->there);
}

static void test_plan__what_is_there_decides(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		check_row(&rows[i], UPSERT, rows[i].upsert);
		check_row(&rows[i], CREATE, rows[i].create);
		check_row(&rows[i], ALONE, rows[i].alone);
	}
}

static void test_plan__claim_that_was_lost_is_taken_over(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const struct row *row = &rows[i];

		if (!row->take_over)
			continue;
		(void)decide(row, CREATE);
		buf_wipe(&changes);
		unit_result(row->name, plan_changes(&planning, true, &changes),
			    0);
		unit_text(row->name, in_short(NULL), row->take_over);
		check_states(row->name, row->take_over, row->there);
	}
}

/* Route 53 itself refuses what must not be replaced. */
static void test_plan__plain_upsert_needs_no_look(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		static struct buf want;
		const struct row *row = &rows[i];

		set_instance(NAME, row->ipv4, row->ipv6);
		start(false);
		unit_result(row->name, plan_changes(&planning, false, &changes),
			    0);
		buf_set(&want, "%s%s%s", *row->ipv4 ? REPLACE : "",
			*row->ipv4 && *row->ipv6 ? "|" : "",
			*row->ipv6 ? REPLACE6 : "");
		unit_text(row->name, in_short(NULL), want.data);
		check_states(row->name, want.data, "");
	}
}

static void test_plan__says_what_it_wants_to_read(void **state)
{
	(void)state;
	for (enum way way = 0; way < WAYS; way++) {
		const char *row = ways[way].name;

		set_instance(NAME, IPV4, "");
		set_way(way);
		start(false);
		unit_number(row, plan.wants_to_read, ways[way].wants_to_read);
		unit_number(row, plan.minds_owner, ways[way].has_owner_record);
		start(true);
		unit_number(row, plan.wants_to_read, true);
		unit_number(row, plan.minds_owner, true);
	}
	set_instance(NAME, IPV4, "");
	set(SETTING_OWNER_RECORD, "off");
	start(false);
	assert_false(plan.minds_owner);
	set(SETTING_ACTION, "CREATE");
	set(SETTING_OWNER_RECORD, "Yes");
	start(false);
	assert_true(plan.minds_owner);
}

/* ---- The changes, to the letter. ---- */

#define SET(name, type, routing, ttl, value, behind)                           \
	"<ResourceRecordSet><Name>" name ".</Name><Type>" type                 \
	"</Type>" routing "<TTL>" ttl "</TTL><ResourceRecords>"                \
	"<ResourceRecord><Value>" value                                        \
	"</Value></ResourceRecord></ResourceRecords>" behind                   \
	"</ResourceRecordSet></Change>"
#define CHANGE(action, name, type, routing, ttl, value, behind)                \
	"<Change><Action>" action                                              \
	"</Action>" SET(name, type, routing, ttl, value, behind)
#define OWNER_OF(name, routing, ttl)                                           \
	CHANGE("CREATE", "_bootname." name, "TXT", routing, ttl,               \
	       "&#34;heritage=bootname,owner=" ME ",region=eu-west-1&#34;",    \
	       "")
#define MEMBER(id, what) "<SetIdentifier>" id "</SetIdentifier>" what
#define MULTI "<MultiValueAnswer>true</MultiValueAnswer>"
#define WEIGHT(weight) "<Weight>" weight "</Weight>"
#define HEALTH "abcdef11-2222-3333-4444-555555fedcba"
#define CHECK "<HealthCheckId>" HEALTH "</HealthCheckId>"

static const struct {
	const char *name;
	enum way way;
	const char *host;
	const char *ipv4;
	const char *ipv6;
	const char *ttl;
	const char *routing;
	const char *identifier;
	const char *weight;
	const char *health;
	const char *want;
} spelled[] = {
	{"UPSERT", BLIND, NAME, IPV4, "", "60", "simple", "", "1", "",
	 CHANGE("UPSERT", NAME, "A", "", "60", IPV4, "")},
	{"both families", BLIND, NAME, IPV4, IPV6, "0", "simple", "", "1", "",
	 CHANGE("UPSERT", NAME, "A", "", "0", IPV4, "")
		 CHANGE("UPSERT", NAME, "AAAA", "", "0", IPV6, "")},
	{"longest TTL", ALONE, NAME, IPV4, "", "2147483647", "simple", "", "1",
	 "", CHANGE("CREATE", NAME, "A", "", "2147483647", IPV4, "")},
	{"owner record", CREATE, NAME, IPV4, IPV6, "30", "simple", "", "1", "",
	 CHANGE("CREATE", NAME, "A", "", "30", IPV4, "")
		 CHANGE("CREATE", NAME, "AAAA", "", "30", IPV6, "")
			 OWNER_OF(NAME, "", "30")},
	{"UPSERT and owner record", UPSERT, NAME, "", IPV6, "60", "simple", "",
	 "1", "",
	 CHANGE("CREATE", NAME, "AAAA", "", "60", IPV6, "")
		 OWNER_OF(NAME, "", "60")},
	{"wildcard", CREATE, "*.example.com", IPV4, "", "60", "simple", "", "1",
	 "",
	 CHANGE("CREATE", "*.example.com", "A", "", "60", IPV4, "")
		 OWNER_OF("*.example.com", "", "60")},
	{"simple needs no weight and identifier", CREATE, NAME, IPV4, "", "60",
	 "simple", "web", "5", "",
	 CHANGE("CREATE", NAME, "A", "", "60", IPV4, "")
		 OWNER_OF(NAME, "", "60")},
	{"simple with a health check", BLIND, NAME, IPV4, "", "60", "simple",
	 "", "1", HEALTH, CHANGE("UPSERT", NAME, "A", "", "60", IPV4, CHECK)},
	{"multivalue", BLIND, NAME, IPV4, "", "60", "multivalue", "", "1", "",
	 CHANGE("UPSERT", NAME, "A", MEMBER(ME, MULTI), "60", IPV4, "")},
	{"multivalue, all of it", CREATE, NAME, IPV4, IPV6, "60", "multivalue",
	 "web 1", "5", HEALTH,
	 CHANGE("CREATE", NAME, "A", MEMBER("web 1", MULTI), "60", IPV4, CHECK)
		 CHANGE("CREATE", NAME, "AAAA", MEMBER("web 1", MULTI), "60",
			IPV6, CHECK)
			 OWNER_OF(NAME, MEMBER("web 1", MULTI), "60")},
	{"weighted", BLIND, NAME, IPV4, "", "60", "weighted", "", "1", "",
	 CHANGE("UPSERT", NAME, "A", MEMBER(ME, WEIGHT("1")), "60", IPV4, "")},
	{"weight of zero", ALONE, NAME, IPV4, "", "60", "weighted", "", "0", "",
	 CHANGE("CREATE", NAME, "A", MEMBER(ME, WEIGHT("0")), "60", IPV4, "")},
	{"weighted, all of it", CREATE, NAME, IPV4, "", "60", "weighted",
	 "<a>&'b'\"", "255", HEALTH,
	 CHANGE("CREATE", NAME, "A",
		MEMBER("&#60;a&#62;&#38;&#39;b&#39;&#34;", WEIGHT("255")), "60",
		IPV4, CHECK) OWNER_OF(NAME,
				      MEMBER("&#60;a&#62;&#38;&#39;b&#39;&#34;",
					     WEIGHT("255")),
				      "60")},
};

static void test_plan__elements_stand_in_the_schemas_order(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(spelled); i++) {
		set_instance(spelled[i].host, spelled[i].ipv4, spelled[i].ipv6);
		set_way(spelled[i].way);
		set(SETTING_TTL, spelled[i].ttl);
		set(SETTING_ROUTING, spelled[i].routing);
		set(SETTING_SET_IDENTIFIER, spelled[i].identifier);
		set(SETTING_WEIGHT, spelled[i].weight);
		set(SETTING_HEALTH_CHECK_ID, spelled[i].health);
		start(false);
		unit_result(spelled[i].name,
			    plan_changes(&planning, false, &changes), 0);
		unit_text(spelled[i].name, changes.data, spelled[i].want);
		batch_read(&batch, &changes);
	}
}

static void test_plan__changes_are_appended(void **state)
{
	(void)state;
	set_instance(NAME, IPV4, "");
	start(false);
	buf_set(&changes, "before");
	assert_int_equal(plan_changes(&planning, false, &changes), 0);
	assert_string_equal(changes.data, "before" CHANGE("UPSERT", NAME, "A",
							  "", "60", IPV4, ""));
}

/* ---- One record set: whether it is what is wanted. ---- */

enum outcome { SAME, TAKES, IGNORED };

/* Over a wanted A and AAAA with a TTL of 60. */
static const struct one {
	const char *name;
	const char *types;
	const char *found[SET_ALIAS];
	bool is_alias;
	enum outcome want;
} ones[] = {
#define FOUND(type, ttl, values)                                               \
	{                                                                      \
		"", NAME ".", type, "", "", "", ttl, values                    \
	}
	{"same A", "", FOUND("A", "60", IPV4), false, SAME},
	{"same AAAA", "", FOUND("AAAA", "60", IPV6), false, SAME},
	{"AAAA, long spelling", "", FOUND("AAAA", "60", LONG6), false, SAME},
	{"AAAA, other place of ::", "",
	 FOUND("AAAA", "60", "2001:db8:0:0::0.0.0.7"), false, SAME},
	{"AAAA, every digit", "",
	 FOUND("AAAA", "60", "2001:0db8:0000:0000:0000:0000:0000:0007"), false,
	 SAME},
	{"AAAA, no spelling of any", "",
	 FOUND("AAAA", "60", "2001:0db8:0000:0000:0000:0000:000.000.000.007"),
	 false, TAKES},
	{"types named", " A AAAA ", FOUND("AAAA", "60", IPV6), false, SAME},
	{"name without a dot",
	 "",
	 {"", NAME, "A", "", "", "", "60", IPV4},
	 false,
	 SAME},
	{"name in upper case",
	 "",
	 {"", "WEB.Example.com.", "A", "", "", "", "60", IPV4},
	 false,
	 SAME},
	{"other A", "", FOUND("A", "60", OLD4), false, TAKES},
	{"other AAAA", "", FOUND("AAAA", "60", OLD6), false, TAKES},
	{"AAAA that differs in its first half", "",
	 FOUND("AAAA", "60", "2001:db9::7"), false, TAKES},
	{"AAAA that differs in its last half", "",
	 FOUND("AAAA", "60", "2001:db8::1:7"), false, TAKES},
	{"A that begins with ours", "", FOUND("A", "60", IPV4 "1"), false,
	 TAKES},
	{"no address", "", FOUND("A", "60", "x"), false, TAKES},
	{"no value", "", FOUND("A", "60", ""), false, TAKES},
	{"A of the other family", "", FOUND("A", "60", IPV6), false, TAKES},
	{"AAAA of the other family", "", FOUND("AAAA", "60", IPV4), false,
	 TAKES},
	{"AAAA that holds our IPv4", "",
	 FOUND("AAAA", "60", "::ffff:203.0.113.7"), false, TAKES},
	{"ours and another", "", FOUND("A", "60", IPV4 XML_NEXT OLD4), false,
	 TAKES},
	{"another and ours", "", FOUND("A", "60", OLD4 XML_NEXT IPV4), false,
	 TAKES},
	{"ours twice", "", FOUND("A", "60", IPV4 XML_NEXT IPV4), false, TAKES},
	{"other TTL", "", FOUND("A", "300", IPV4), false, TAKES},
	{"no TTL", "", FOUND("A", "", IPV4), false, TAKES},
	{"TTL in other digits", "", FOUND("A", "060", IPV4), false, TAKES},
	{"longer than any address", "",
	 FOUND("A", "60",
	       IPV4 "                                                 "),
	 false, TAKES},
	{"alias", "", FOUND("A", "", ""), true, TAKES},
	{"alias with our values", "", FOUND("A", "60", IPV4), true, TAKES},
	{"routed",
	 "",
	 {"", NAME ".", "A", "blue", "", "true", "60", IPV4},
	 false,
	 TAKES},
	{"routed, by our id",
	 "",
	 {"", NAME ".", "A", ME, "1", "", "60", IPV4},
	 false,
	 TAKES},
	{"health check",
	 "",
	 {"", NAME ".", "A", "", "", "", "60", IPV4, HEALTH},
	 false,
	 TAKES},
	{"CNAME beside A alone", " A ", FOUND("CNAME", "60", "a.example.com."),
	 false, TAKES},
	{"AAAA where A alone is ours", " A ", FOUND("AAAA", "60", OLD6), false,
	 IGNORED},
	{"A where AAAA alone is ours", " AAAA ", FOUND("A", "60", OLD4), false,
	 IGNORED},
	{"alias of a type that is not ours", " A ", FOUND("AAAA", "", ""), true,
	 IGNORED},
	{"TXT", "", FOUND("TXT", "60", "\"x\""), false, IGNORED},
	{"MX", "", FOUND("MX", "60", "10 mx.example.com."), false, IGNORED},
	{"HTTPS, an alias", "", FOUND("HTTPS", "", ""), true, IGNORED},
	{"part of a type", "", FOUND("AA", "60", OLD4), false, IGNORED},
	{"no type", "", FOUND("", "60", OLD4), false, IGNORED},
	{"type of a later time", "",
	 FOUND("AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "60", OLD4), false, IGNORED},
	{"name below",
	 "",
	 {"", "a." NAME ".", "A", "", "", "", "60", OLD4},
	 false,
	 IGNORED},
	{"name above",
	 "",
	 {"", "example.com.", "A", "", "", "", "60", OLD4},
	 false,
	 IGNORED},
	{"name beside",
	 "",
	 {"", "web-2.example.com.", "CNAME", "", "", "", "60", "x."},
	 false,
	 IGNORED},
	{"wildcard beside",
	 "",
	 {"", "\\052.example.com.", "A", "", "", "", "60", OLD4},
	 false,
	 IGNORED},
	{"owner record as A",
	 "",
	 {"", "_bootname." NAME ".", "A", "", "", "", "60", OLD4},
	 false,
	 IGNORED},
	{"owner record as MX",
	 "",
	 {"", "_bootname." NAME ".", "MX", "", "", "", "60", "10 x."},
	 false,
	 IGNORED},
#undef FOUND
};

static int find_one(const char *const *found, bool is_alias)
{
	struct stored_set one;

	memset(&one, 0, sizeof(one));
	one.is_alias = is_alias;
	for (size_t i = SET_NAME; i < SET_ALIAS; i++)
		strcpy(one.part[i], found[i] ? found[i] : "");
	unit_forget();
	return batch_found(&planning, &one);
}

static void check_one(const struct one *one, enum way way)
{
	static struct buf want;
	bool is_a = !strcmp(one->found[SET_TYPE], "A");
	bool is_same = one->want == SAME;
	int rc;

	set_instance(NAME, IPV4, IPV6);
	set_way(way);
	set(SETTING_TYPES, one->types);
	start(false);
	rc = find_one(one->found, one->is_alias);
	if (!rc)
		rc = plan_changes(&planning, false, &changes);
	if (one->want == TAKES) {
		check_taken(one->name, rc);
		return;
	}
	unit_result(one->name, rc, 0);
	buf_set(&want, "%s%s",
		!is_same ? BOTH
		: is_a	 ? "CREATE AAAA " IPV6
			 : NEW,
		way == CREATE ? "|+TXT" : "");
	unit_text(one->name, in_short(NULL), want.data);
	for (size_t i = 0; i < PLAN_OWNER; i++) {
		bool is_kept = is_same && is_a == (i == PLAN_A);

		unit_number(one->name, plan.sets[i].state,
			    is_kept ? PLAN_KEEP : PLAN_CHANGE);
		unit_text(one->name, plan.sets[i].before,
			  is_kept ? one->found[SET_VALUES] : "");
	}
}

static void test_plan__create_minds_what_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(ones); i++) {
		check_one(&ones[i], CREATE);
		check_one(&ones[i], ALONE);
	}
}

/* A second page may show again what the first one has shown. */
static void test_plan__set_that_is_listed_twice_counts_once(void **state)
{
	(void)state;
	set_instance(NAME, IPV4, IPV6);
	set_way(CREATE);
	start(false);
	assert_int_equal(
		find("A " OLD4 "|AAAA " OLD6 "|TXT me|AAAA " OLD6 "|TXT me"),
		0);
	assert_int_equal(plan_changes(&planning, false, &changes), 0);
	assert_string_equal(in_short(NULL), SWAP "|" SWAP6);
	start(true);
	assert_int_equal(find("A " OLD4 "|A " OLD4 "|TXT me|TXT me"), 0);
	assert_int_equal(plan_changes(&planning, false, &changes), 0);
	assert_string_equal(in_short(NULL), "DELETE A " OLD4 "|-TXT");
	assert_int_equal(batch.count, 2);
}

/* What is deleted must be spelled as it is listed, to the last blank. */
static void test_plan__deletes_as_listed(void **state)
{
	static const char *const owner[SET_ALIAS] = {
		"",   "_bootname." NAME ".", "TXT", "", "", "",
		"60", HERITAGE(ME)};
	static const char *const found[SET_ALIAS] = {
		"",	NAME ".",
		"AAAA", "",
		"",	"",
		"5",	"2001:DB8:0::8" XML_NEXT "2001:0db8::0009",
		HEALTH};

	(void)state;
	set_instance(NAME, "", IPV6);
	set_way(CREATE);
	start(false);
	assert_int_equal(find_one(found, false), 0);
	assert_int_equal(find_one(owner, false), 0);
	assert_int_equal(plan_changes(&planning, false, &changes), 0);
	unit_starts("changes", changes.data,
		    CHANGE("DELETE", NAME, "AAAA", "", "5",
			   "2001:DB8:0::8</Value></ResourceRecord>"
			   "<ResourceRecord><Value>2001:0db8::0009",
			   CHECK)
			    CHANGE("CREATE", NAME, "AAAA", "", "60", IPV6, ""));
	assert_string_equal(plan.sets[PLAN_AAAA].before,
			    "2001:DB8:0::8" XML_NEXT "2001:0db8::0009");
}

/* An owner record goes with its TTL and its hostile text. */
static void test_plan__owner_record_is_deleted_as_listed(void **state)
{
	static const char *const owner[SET_ALIAS] = {
		"",    "_bootname." NAME ".",		"TXT", "", "", "",
		"300", "\"<&>'\"" XML_NEXT "\"x\\\"y\""};

	(void)state;
	set_instance(NAME, IPV4, "");
	set_way(CREATE);
	start(false);
	assert_int_equal(find_one(owner, false), 0);
	assert_int_equal(plan_changes(&planning, false, &changes), 0);
	unit_holds("delete", changes.data,
		   CHANGE("DELETE", "_bootname." NAME, "TXT", "", "300",
			  "&#34;&#60;&#38;&#62;&#39;&#34;</Value>"
			  "</ResourceRecord><ResourceRecord><Value>"
			  "&#34;x\\&#34;y&#34;",
			  ""));
	assert_string_equal(in_short(NULL), NEW "|+TXT");
}

/* With another TTL the owner record is another one, and is put right. */
static void test_plan__owner_record_has_the_same_ttl(void **state)
{
	static const char *const owner[SET_ALIAS] = {
		"",    "_bootname." NAME ".", "TXT", "", "", "",
		"300", HERITAGE(ME)};

	(void)state;
	set_instance(NAME, IPV4, "");
	set_way(CREATE);
	start(false);
	assert_int_equal(find("A " IPV4), 0);
	assert_int_equal(find_one(owner, false), 0);
	assert_int_equal(plan_changes(&planning, false, &changes), 0);
	batch_read(&batch, &changes);
	assert_int_equal(batch.count, 4);
	assert_true(batch_is_guard(&batch, 0) && batch_is_guard(&batch, 1));
	assert_string_equal(batch.changes[2].action, "DELETE");
	assert_string_equal(batch.changes[2].set.part[SET_TTL], "300");
	assert_string_equal(batch.changes[3].set.part[SET_TTL], "60");
}

static void test_plan__reads_a_wildcard_as_listed(void **state)
{
	static const char *const found[SET_ALIAS] = {
		"", "\\052.example.com.", "A", "", "", "", "60", OLD4};
	static const char *const owner[SET_ALIAS] = {
		"",    "_bootname.\\052.example.com.",
		"TXT", "",
		"",    "",
		"60",  HERITAGE(ME)};

	(void)state;
	set_instance("*.example.com", IPV4, "");
	set_way(CREATE);
	start(false);
	assert_int_equal(find_one(found, false), 0);
	assert_int_equal(find_one(owner, false), 0);
	assert_string_equal(plan.owner_id, ME);
	assert_int_equal(plan_changes(&planning, false, &changes), 0);
	unit_starts("changes", changes.data,
		    CHANGE("DELETE", "*.example.com", "A", "", "60", OLD4, "")
			    CHANGE("CREATE", "*.example.com", "A", "", "60",
				   IPV4, ""));
}

/* A name of 253 bytes has an owner record's name that is longer than any. */
static void test_plan__longest_name(void **state)
{
	char name[DNSNAME_SIZE];
	char found[DNSNAME_SIZE + 20];

	(void)state;
	memset(name, 'a', sizeof(name) - 1);
	for (size_t i = 60; i < sizeof(name); i += 61)
		name[i] = '.';
	name[sizeof(name) - 1] = '\0';
	set_instance(name, IPV4, "");
	set_way(CREATE);
	start(false);
	(void)snprintf(found, sizeof(found), "_bootname.%s.", name);
	assert_int_equal(
		find_one(
			(const char *const[SET_ALIAS]){"", found, "TXT", "", "",
						       "", "60", HERITAGE(ME)},
			false),
		0);
	assert_string_equal(plan.owner_id, ME);
	(void)snprintf(found, sizeof(found), "%s.", name);
	assert_int_equal(
		find_one((const char *const[SET_ALIAS]){"", found, "A", "", "",
							"", "60", IPV4},
			 false),
		0);
	assert_int_equal(plan_changes(&planning, false, &changes), 0);
	assert_string_equal(changes.data, "");
}

/* ---- Whose the name is. ---- */

#define OWNER(text) "\"heritage=bootname,owner=" text "\""

static const struct {
	const char *value;
	const char *id; /* "": nobody that we know */
	const char *region;
} owners[] = {
	{HERITAGE(ME), ME, "eu-west-1"},
	{HERITAGE(OTHER), OTHER, "eu-west-1"},
	{OWNER("i-01234567,region=us-gov-east-1"), "i-01234567",
	 "us-gov-east-1"},
	{OWNER("i-01234567,region=x"), "i-01234567", "x"},
	{OWNER("i-01234567,region=abcdefghijklmnopqrstuvwxyz123456"),
	 "i-01234567", "abcdefghijklmnopqrstuvwxyz123456"},
	{OWNER("i-01234567,region=abcdefghijklmnopqrstuvwxyz1234567"), "", ""},
	{OWNER("i-01234567,region="), "", ""},
	{OWNER("i-01234567"), "", ""},
	{OWNER("i-0123456,region=eu-west-1"), "", ""},
	{OWNER("i-0123456789abcdef01,region=eu-west-1"), "", ""},
	{OWNER("i-0123456789ABCDEF0,region=eu-west-1"), "", ""},
	{OWNER("i-0123456789abcdefg,region=eu-west-1"), "", ""},
	{OWNER(",region=eu-west-1"), "", ""},
	{OWNER("x" ME ",region=eu-west-1"), "", ""},
	{OWNER(ME ",region=eu-west-1,x=y"), "", ""},
	{OWNER(ME ",region=eu-west-1 "), "", ""},
	{OWNER(ME ",region=EU-WEST-1"), "", ""},
	{OWNER(ME ",region=eu/../west"), "", ""},
	{OWNER(ME ",region=eu.evil.example"), "", ""},
	{OWNER(ME ",region=eu-west-1\\\""), "", ""},
	{OWNER(ME ", region=eu-west-1"), "", ""},
	{"heritage=bootname,owner=" ME ",region=eu-west-1", "", ""},
	{" " HERITAGE(ME), "", ""},
	{HERITAGE(ME) " ", "", ""},
	{HERITAGE(ME) "\n", "", ""},
	{HERITAGE(ME) " \"x\"", "", ""},
	{HERITAGE(ME) XML_NEXT HERITAGE(ME), "", ""},
	{HERITAGE(ME) XML_NEXT HERITAGE(OTHER), "", ""},
	{"\"x\"" XML_NEXT HERITAGE(ME), "", ""},
	{"\"heritage=bootname\" \",owner=" ME ",region=eu-west-1\"", "", ""},
	{"\"heritage=BOOTNAME,owner=" ME ",region=eu-west-1\"", "", ""},
	{FOREIGN, "", ""},
	{"\"\"", "", ""},
	{"", "", ""},
	{"\"v=spf1 -all\"", "", ""},
	{"%s%n%x", "", ""},
};

static void test_plan__owner_is_whom_the_record_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(owners); i++) {
		const char *const found[SET_ALIAS] = {
			"",   "_bootname." NAME ".", "TXT", "", "", "",
			"60", owners[i].value};
		bool is_ours = !strcmp(owners[i].id, ME);

		set_instance(NAME, IPV4, "");
		set_way(CREATE);
		start(false);
		unit_result(owners[i].value, find_one(found, false), 0);
		unit_text(owners[i].value, plan.owner_id, owners[i].id);
		if (*owners[i].id)
			unit_text(owners[i].value, plan.owner_region,
				  owners[i].region);
		unit_result(owners[i].value, find("A " OLD4), 0);
		unit_result(owners[i].value,
			    plan_changes(&planning, false, &changes),
			    is_ours ? 0 : STATUS_TAKEN);
		/* The next plan knows nothing of it. */
		start(false);
		unit_text(owners[i].value, plan.owner_id, "");
	}
}

/* Owner records that are not of this name and this set. */
static void test_plan__owner_records_of_others_do_not_matter(void **state)
{
	static const char *const names[] = {
		"_bootname.example.com.",
		"_bootname.a." NAME ".",
		"a._bootname." NAME ".",
		"_bootnam." NAME ".",
		"_bootname" NAME ".",
		NAME ".",
		"_bootname._bootname." NAME ".",
		"_bootname.",
		"_bootname.\\052.example.com.",
	};

	(void)state;
	for (size_t i = 0; i < LENGTH(names); i++) {
		const char *const found[SET_ALIAS] = {
			"", names[i], "TXT", "", "", "", "60", HERITAGE(ME)};

		set_instance(NAME, IPV4, "");
		set_way(CREATE);
		start(false);
		unit_result(names[i], find_one(found, false), 0);
		unit_text(names[i], plan.owner_id, "");
		unit_result(names[i], plan_changes(&planning, false, &changes),
			    0);
		unit_text(names[i], in_short(NULL), NEW "|+TXT");
		unit_number(names[i], (long long)batch.count, 2);
	}
}

static void test_plan__no_owner_record_is_read_where_there_is_none(void **state)
{
	(void)state;
	set_instance(NAME, IPV4, "");
	set_way(ALONE);
	start(false);
	assert_int_equal(find("A " OLD4 "|TXT me"), 0);
	assert_string_equal(plan.owner_id, "");
	check_taken("alone", plan_changes(&planning, false, &changes));
}

/* ---- What a refusal says. ---- */

static const struct {
	const char *name;
	const char *found[SET_ALIAS];
	bool is_alias;
	const char *owner;
	const char *says;
} refusals[] = {
	{"nobody's",
	 {"", NAME ".", "A", "", "", "", "300", OLD4},
	 false,
	 "",
	 "A " OLD4 " (TTL 300); choose another name, or remove it"},
	{"another's",
	 {"", NAME ".", "A", "", "", "", "30", OLD4},
	 false,
	 HERITAGE(OTHER),
	 "A " OLD4 " (TTL 30), owner " OTHER
	 " in eu-west-1; choose another name, or remove it"},
	{"another's, in its own region",
	 {"", NAME ".", "AAAA", "", "", "", "30", LONG6 "8"},
	 false,
	 OWNER("i-01234567,region=ap-southeast-2"),
	 "AAAA " LONG6 "8 (TTL 30), owner i-01234567 in ap-southeast-2; "},
	{"hostile owner",
	 {"", NAME ".", "A", "", "", "", "60", OLD4},
	 false,
	 OWNER("i-0;rm -rf,region=eu-west-1"),
	 "A " OLD4 " (TTL 60); choose"},
	{"values",
	 {"", NAME ".", "A", "", "", "", "300",
	  "198.51.100.1" XML_NEXT "198.51.100.2"},
	 false,
	 "",
	 "A 198.51.100.1" XML_NEXT "198.51.100.2 (TTL 300); "},
	{"CNAME",
	 {"", NAME ".", "CNAME", "", "", "", "5", "a.example.com."},
	 false,
	 "",
	 "CNAME a.example.com. (TTL 5); "},
	{"routed",
	 {"", NAME ".", "A", "blue", "", "true", "60", IPV4},
	 false,
	 "",
	 "A " IPV4 " (TTL 60, routing multivalue); choose another name, or "
	 "remove it, or set routing: multivalue"},
	{"weighted",
	 {"", NAME ".", "A", "blue", "5", "", "60", IPV4},
	 false,
	 "",
	 "A " IPV4 " (TTL 60, routing weighted); choose another name, or "
	 "remove it, or set routing: weighted"},
	{"latency",
	 {"", NAME ".", "A", "blue", "", "", "60", IPV4},
	 false,
	 "",
	 "A " IPV4 " (TTL 60, routing another); choose another name, or "
	 "remove it"},
	{"delegated",
	 {"", NAME ".", "NS", "", "", "", "300",
	  "ns1.example.org." XML_NEXT "ns2.example.org."},
	 false,
	 "",
	 "NS ns1.example.org." XML_NEXT "ns2.example.org., which delegates "
	 "it; choose another name, or remove it"},
	{"alias",
	 {"", NAME ".", "A", "", "", "", "", ""},
	 true,
	 "",
	 "A alias; "},
};

static void test_plan__refusal_says_what_stands_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(refusals); i++) {
		const char *const owner[SET_ALIAS] = {
			"",   "_bootname." NAME ".", "TXT", "", "", "",
			"60", refusals[i].owner};
		static struct buf want;
		int rc;

		set_instance(NAME, IPV4, "");
		set_way(CREATE);
		start(false);
		rc = find_one(refusals[i].found, refusals[i].is_alias);
		if (!rc)
			rc = (*refusals[i].owner && find_one(owner, false)) ||
					     plan_changes(&planning, false,
							  &changes)
				     ? -1
				     : 0;
		check_taken(refusals[i].name, rc);
		buf_set(&want, NAME " is taken: %s", refusals[i].says);
		unit_starts(refusals[i].name, errinfo.text.data, want.data);
	}
}

/* Such a set in the owner record's place is in the way, too. */
static void test_plan__refusal_for_the_owner_records_place(void **state)
{
	static const struct {
		const char *name;
		const char *identifier;
		bool is_alias;
		const char *type;
	} places[] = {{"alias", "", true, "TXT"},
		      {"routed", "blue", false, "TXT"},
		      {"CNAME", "", false, "CNAME"}};

	(void)state;
	for (size_t i = 0; i < LENGTH(places); i++) {
		const char *const found[SET_ALIAS] = {"",
						      "_bootname." NAME ".",
						      places[i].type,
						      places[i].identifier,
						      "",
						      "",
						      "60",
						      HERITAGE(ME)};

		set_instance(NAME, IPV4, "");
		set_way(CREATE);
		start(false);
		check_taken(places[i].name,
			    find_one(found, places[i].is_alias));
		unit_holds(places[i].name, errinfo.text.data, places[i].type);
	}
}

/* A set that is long, as others may write it. */
static int find_many(unsigned count)
{
	static struct buf values;
	struct record_set set = {
		.name = NAME ".",
		.type = "A",
		.identifier = "",
		.weight = "",
		.multivalue = "",
		.ttl = "60",
		.values = values.data,
		.health_check_id = "",
	};

	set.alias = "";
	buf_wipe(&values);
	for (unsigned i = 0; i < count; i++)
		buf_addf(&values, "%s198.51.%u.%u", i ? XML_NEXT : "",
			 100 + i / 250, i % 250);
	return plan_found(&planning, &set);
}

/* As many as there is room for: 1 to 400, what Route 53 takes. */
static void test_plan__values_found_are_whole(void **state)
{
	size_t longest = 0;

	(void)state;
	for (unsigned count = 1; count <= 400; count++) {
		const char *before = plan.sets[PLAN_A].before;
		char last[32];
		unsigned kept = 1;

		set_instance(NAME, IPV4, "");
		start(true);
		assert_int_equal(find_many(count), 0);
		assert_int_equal(plan_changes(&planning, false, &changes), 0);
		for (const char *c = before; *c; c++)
			kept += *c == *XML_NEXT;
		(void)snprintf(last, sizeof(last), "198.51.%u.%u",
			       100 + (kept - 1) / 250, (kept - 1) % 250);
		if (strlen(before) > longest)
			longest = strlen(before);
		unit_text("last",
			  strrchr(before, *XML_NEXT)
				  ? strrchr(before, *XML_NEXT) + 1
				  : before,
			  last);
		assert_true(kept == count ||
			    strlen(before) > PLAN_BEFORE_SIZE - 16);
	}
	assert_true(longest < PLAN_BEFORE_SIZE);
}

static void test_plan__refusal_of_many_values_is_short(void **state)
{
	(void)state;
	set_instance(NAME, IPV4, "");
	set_way(CREATE);
	start(false);
	assert_int_equal(find_many(400), 0);
	check_taken("many", plan_changes(&planning, false, &changes));
	unit_holds("first", errinfo.text.data, "198.51.100.0");
	assert_true(errinfo.text.len < 400);
	unit_holds("whole", errinfo.text.data, "198.51.100.18 (TTL");
}

/* ---- Routing: a group shares the name. ---- */

static const struct member {
	const char *name;
	const char *routing;
	const char *own;   /* set identifier in the settings */
	const char *there; /* identifier of the set found */
	const char *weight;
	const char *multivalue;
	const char *health;
	const char *value;
	const char *owner;
	const char *want; /* CREATE */
} members[] = {
	{"wanted, multivalue", "multivalue", "", ME, "", "true", HEALTH, IPV4,
	 HERITAGE(ME), ""},
	{"wanted, weighted", "weighted", "", ME, "7", "", HEALTH, IPV4,
	 HERITAGE(ME), ""},
	{"wanted, by a word", "weighted", "web", "web", "7", "", HEALTH, IPV4,
	 HERITAGE(ME), ""},
	{"own old", "multivalue", "", ME, "", "true", HEALTH, OLD4,
	 HERITAGE(ME), SWAP},
	/* The set identifier tells enough. */
	{"own old without an owner record", "multivalue", "", ME, "", "true",
	 HEALTH, OLD4, "", SWAP "|+TXT"},
	{"own old, weighted", "weighted", "", ME, "7", "", "", OLD4, "",
	 SWAP "|+TXT"},
	{"other weight", "weighted", "", ME, "8", "", HEALTH, IPV4,
	 HERITAGE(ME), "DELETE A " IPV4 "|" NEW},
	{"no health check", "weighted", "", ME, "7", "", "", IPV4, HERITAGE(ME),
	 "DELETE A " IPV4 "|" NEW},
	{"other member", "multivalue", "", OTHER, "", "true", HEALTH, OLD4,
	 HERITAGE(OTHER), NEW "|+TXT"},
	{"other member with our address", "multivalue", "", OTHER, "", "true",
	 HEALTH, IPV4, HERITAGE(OTHER), NEW "|+TXT"},
	{"other member, weighted", "weighted", "", OTHER, "7", "", HEALTH, OLD4,
	 "", NEW "|+TXT"},
	{"member of a longer identifier", "multivalue", "", ME "0", "", "true",
	 HEALTH, OLD4, "", NEW "|+TXT"},
	{"identifier of ours in upper case", "multivalue", "web", "WEB", "",
	 "true", HEALTH, OLD4, "", NEW "|+TXT"},
	{"our word, another's", "weighted", "web", "web", "7", "", HEALTH, OLD4,
	 HERITAGE(OTHER), TAKEN},
	{"our word, nobody's", "weighted", "web", "web", "7", "", HEALTH, OLD4,
	 "", TAKEN},
	{"our word, ours", "weighted", "web", "web", "7", "", HEALTH, OLD4,
	 HERITAGE(ME), SWAP},
	{"our id where we have a word", "weighted", "web", ME, "7", "", HEALTH,
	 OLD4, HERITAGE(ME), NEW "|+TXT"},
	{"simple", "multivalue", "", "", "", "", "", OLD4, "", TAKEN},
	{"simple, ours", "multivalue", "", "", "", "", "", IPV4, "", TAKEN},
	{"simple, weighted", "weighted", "", "", "", "", "", OLD4, "", TAKEN},
	/* All sets of a name and type have one routing. */
	{"other member, weighted beside multivalue", "multivalue", "", OTHER,
	 "7", "", "", OLD4, HERITAGE(OTHER), TAKEN},
	{"other member, multivalue beside weighted", "weighted", "", OTHER, "",
	 "true", "", OLD4, HERITAGE(OTHER), TAKEN},
	{"other member, latency", "weighted", "", OTHER, "", "", "", OLD4, "",
	 TAKEN},
	{"other member, weighted 0", "multivalue", "", OTHER, "0", "", "", OLD4,
	 "", TAKEN},
	{"own alone, of another routing", "multivalue", "", ME, "7", "", HEALTH,
	 OLD4, HERITAGE(ME), SWAP},
};

static int find_member(const struct member *member)
{
	const char *const found[SET_ALIAS] = {"",
					      NAME ".",
					      "A",
					      member->there,
					      member->weight,
					      member->multivalue,
					      "60",
					      member->value,
					      member->health};
	const char *const owner[SET_ALIAS] = {
		"",
		"_bootname." NAME ".",
		"TXT",
		member->there,
		member->weight,
		member->multivalue,
		"60",
		member->owner,
	};

	return find_one(found, false) ||
	       (*member->owner && find_one(owner, false));
}

static void set_member(const struct member *member, const char *action)
{
	set_instance(NAME, IPV4, "");
	set(SETTING_ACTION, action);
	set(SETTING_ROUTING, member->routing);
	set(SETTING_SET_IDENTIFIER, member->own);
	set(SETTING_WEIGHT, "7");
	set(SETTING_HEALTH_CHECK_ID, HEALTH);
}

static void test_plan__members_of_a_group_mind_themselves(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(members); i++) {
		const struct member *member = &members[i];
		int rc;

		set_member(member, "CREATE");
		start(false);
		rc = find_member(member)
			     ? -1
			     : plan_changes(&planning, false, &changes);
		if (!member->want) {
			check_taken(member->name, rc);
			continue;
		}
		unit_result(member->name, rc, 0);
		unit_text(member->name, in_short(NULL), member->want);
		for (size_t j = 0; j < batch.count; j++)
			unit_text(member->name,
				  batch.changes[j].set.part[SET_IDENTIFIER],
				  *member->own ? member->own : ME);
	}
}

/* Two pages of others, and ourselves between them. */
static void test_plan__large_group(void **state)
{
	struct member member = members[0];
	char id[32];

	(void)state;
	set_member(&member, "CREATE");
	start(false);
	for (unsigned i = 0; i < 100; i++) {
		(void)snprintf(id, sizeof(id), "i-%017x", i);
		member.there = i == 50 ? ME : id;
		member.value = OLD4;
		member.owner = i == 50 ? HERITAGE(ME) : HERITAGE(OTHER);
		assert_int_equal(find_member(&member), 0);
	}
	assert_string_equal(plan.owner_id, ME);
	assert_int_equal(plan_changes(&planning, false, &changes), 0);
	assert_string_equal(in_short(NULL), SWAP);
}

/* ---- Removal. ---- */

static const struct {
	const char *name;
	const char *ipv4;
	const char *ipv6;
	const char *there;
	const char *want;
} removals[] = {
	{"nothing", IPV4, IPV6, "", ""},
	{"ours", IPV4, "", "A " IPV4 "|TXT me", "DELETE A " IPV4 "|-TXT"},
	{"ours, old", IPV4, "", "A " OLD4 "|TXT me", "DELETE A " OLD4 "|-TXT"},
	{"ours, two values", IPV4, "", "A " IPV4 "+" OLD4 "|TXT me",
	 "DELETE A " IPV4 "+" OLD4 "|-TXT"},
	{"ours, no address any more", "", "", "A " OLD4 "|AAAA " OLD6 "|TXT me",
	 "DELETE A " OLD4 "|DELETE AAAA " OLD6 "|-TXT"},
	{"ours, one lost", IPV4, "", "A " IPV4 "|AAAA " OLD6 "|TXT me",
	 "DELETE A " IPV4 "|DELETE AAAA " OLD6 "|-TXT"},
	{"owner record alone", IPV4, "", "TXT me", "-TXT"},
	{"no owner record", IPV4, "", "A " IPV4, "DELETE A " IPV4},
	{"no owner record, spelled otherwise", IPV4, IPV6,
	 "A " IPV4 "|AAAA " LONG6, "DELETE A " IPV4 "|DELETE AAAA " LONG6},
	{"no owner record, one is not ours", IPV4, IPV6,
	 "A " OLD4 "|AAAA " IPV6, "DELETE AAAA " IPV6},
	{"nobody's", IPV4, "", "A " OLD4, ""},
	{"nobody's, no address any more", "", "", "A " OLD4 "|AAAA " OLD6, ""},
	{"nobody's two", IPV4, "", "A " IPV4 "+" OLD4, ""},
	{"another's", IPV4, "", "A " OLD4 "|TXT other", ""},
	{"another's with our address", IPV4, IPV6,
	 "A " IPV4 "|AAAA " IPV6 "|TXT other", ""},
	{"another's owner record alone", IPV4, "", "TXT other", ""},
	{"foreign", IPV4, "", "A " OLD4 "|TXT foreign", ""},
	{"foreign owner record alone", IPV4, "", "TXT foreign", ""},
	{"alias", IPV4, "", "A ", ""},
	{"alias beside ours", IPV4, IPV6, "A |AAAA " IPV6, "DELETE AAAA " IPV6},
	{"alias, owner record is ours", IPV4, "", "A |TXT me", "-TXT"},
	{"CNAME", IPV4, "", "CNAME a.example.com.", ""},
	{"CNAME of another", IPV4, "", "CNAME " IPV4 "|TXT other", ""},
};

static void test_plan__removal_takes_only_its_own(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(removals); i++)
		for (enum way way = 0; way < WAYS; way++) {
			const char *row = removals[i].name;

			set_instance(NAME, removals[i].ipv4, removals[i].ipv6);
			set_way(way);
			start(true);
			unit_result(row, find(removals[i].there), 0);
			unit_result(row,
				    plan_changes(&planning, false, &changes),
				    0);
			unit_text(row, in_short(NULL), removals[i].want);
			if (!strstr(removals[i].there, "CNAME"))
				check_states(row, removals[i].want,
					     removals[i].there);
		}
}

/* What this boot has published, for has_published: as find() takes it. */
static const char *published;

static bool has_published(const struct plan *of, size_t i, const char *address)
{
	static struct buf sets;
	static struct buf word;

	assert_ptr_equal(of, &plan);
	assert_in_range(i, PLAN_A, PLAN_AAAA);
	buf_set(&sets, "|%s|", published);
	buf_set(&word, "|%s %s|", route53_type_names[i], address);
	return strstr(sets.data, word.data);
}

static const struct {
	const char *name;
	const char *types;
	const char *published;
	bool is_leftover;
	bool keeps_owner;
	const char *there;
	const char *want;
} memories[] = {
	{"no type but A", " A ", "", false, false,
	 "A " IPV4 "|AAAA " IPV6 "|TXT me", "DELETE A " IPV4},
	{"no type but A, no owner record", " A ", "", false, false,
	 "A " IPV4 "|AAAA " IPV6, "DELETE A " IPV4},
	{"no type but A, no AAAA", " A ", "", false, false, "A " IPV4 "|TXT me",
	 "DELETE A " IPV4 "|-TXT"},
	{"no type but AAAA", " AAAA ", "", false, false,
	 "A " OLD4 "|AAAA " IPV6 "|TXT me", "DELETE AAAA " IPV6},
	{"both published, no type but A", " A ", "A " IPV4 "|AAAA " OLD6, false,
	 false, "A " IPV4 "|AAAA " OLD6 "|TXT me",
	 "DELETE A " IPV4 "|DELETE AAAA " OLD6 "|-TXT"},
	{"address before", "", "A " OLD4, false, false, "A " OLD4,
	 "DELETE A " OLD4},
	{"one of two before", "", "A 192.0.2.1|A " OLD4, false, false,
	 "A " OLD4, "DELETE A " OLD4},
	{"another's by now", "", "A " OLD4, false, false,
	 "A " OLD4 "|TXT other", ""},
	{"one more value", "", "A " OLD4, false, false, "A " OLD4 "+" IPV4, ""},
	{"leftover", "", "A " OLD4, true, false, "A " OLD4, "DELETE A " OLD4},
	{"leftover with its owner record", "", "A " OLD4, true, false,
	 "A " OLD4 "|TXT me", "DELETE A " OLD4 "|-TXT"},
	{"leftover of both", "", "A " OLD4 "|AAAA " OLD6, true, false,
	 "A " OLD4 "|AAAA " OLD6 "|TXT me",
	 "DELETE A " OLD4 "|DELETE AAAA " OLD6 "|-TXT"},
	{"leftover, its other family stays", "", "A " OLD4, true, false,
	 "A " OLD4 "|AAAA " OLD6 "|TXT me", "DELETE A " OLD4},
	{"leftover, its name stays", "", "A " OLD4, true, true,
	 "A " OLD4 "|TXT me", "DELETE A " OLD4},
	{"leftover, changed by hand", "", "A " OLD4, true, false,
	 "A 192.0.2.1|TXT me", ""},
	{"leftover, its owner record alone", "", "A " OLD4, true, false,
	 "TXT me", "-TXT"},
	{"leftover, another's by now", "", "A " OLD4, true, false,
	 "A " OLD4 "|TXT other", ""},
	{"leftover, an alias by now", "", "A " OLD4, true, false, "A |TXT me",
	 "-TXT"},
	{"leftover that is gone", "", "A " OLD4, true, false, "", ""},
};

static void test_plan__removal_goes_by_what_was_published(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(memories); i++)
		for (enum way way = 0; way < WAYS; way++) {
			const char *row = memories[i].name;
			bool is_leftover = memories[i].is_leftover;
			char type = memories[i].types[0] ? memories[i].types[2]
							 : '\0';

			/* What the settings do not list is not learnt. */
			set_instance(NAME,
				     is_leftover || type == 'A' ? "" : IPV4,
				     is_leftover || type == ' ' ? "" : IPV6);
			set_way(way);
			set(SETTING_TYPES, memories[i].types);
			published = memories[i].published;
			plan.has_published = has_published;
			plan.is_leftover = is_leftover;
			plan.keeps_owner = memories[i].keeps_owner;
			start(true);
			unit_result(row, find(memories[i].there), 0);
			unit_result(row,
				    plan_changes(&planning, false, &changes),
				    0);
			unit_text(row, in_short(NULL), memories[i].want);
		}
}

/* A removal does not mind how the set is made otherwise. */
static void test_plan__removal_of_other_ttl_and_health_check(void **state)
{
	static const char *const found[SET_ALIAS] = {
		"", NAME ".", "A", "", "", "", "300", IPV4, HEALTH};

	(void)state;
	set_instance(NAME, IPV4, "");
	start(true);
	assert_int_equal(find_one(found, false), 0);
	assert_int_equal(plan_changes(&planning, false, &changes), 0);
	assert_string_equal(changes.data, CHANGE("DELETE", NAME, "A", "", "300",
						 IPV4, CHECK));
}

static const struct {
	const char *name;
	struct member member;
	const char *want;
} member_removals[] = {
	{"own",
	 {"", "multivalue", "", ME, "", "true", "", IPV4, "", ""},
	 "DELETE A " IPV4},
	{"own old",
	 {"", "weighted", "", ME, "9", "", HEALTH, OLD4, "", ""},
	 "DELETE A " OLD4},
	{"own with an owner record",
	 {"", "weighted", "", ME, "9", "", HEALTH, OLD4, HERITAGE(ME), ""},
	 "DELETE A " OLD4 "|-TXT"},
	{"by a word",
	 {"", "weighted", "web", "web", "9", "", "", OLD4, HERITAGE(ME), ""},
	 "DELETE A " OLD4 "|-TXT"},
	{"by a word, our address",
	 {"", "weighted", "web", "web", "9", "", "", IPV4, "", ""},
	 "DELETE A " IPV4},
	{"by a word, nobody's",
	 {"", "weighted", "web", "web", "9", "", "", OLD4, "", ""},
	 ""},
	{"by a word, another's",
	 {"", "weighted", "web", "web", "9", "", "", OLD4, HERITAGE(OTHER), ""},
	 ""},
	{"other member",
	 {"", "multivalue", "", OTHER, "", "true", "", OLD4, HERITAGE(OTHER),
	  ""},
	 ""},
	{"other member with our address",
	 {"", "multivalue", "", OTHER, "", "true", "", IPV4, "", ""},
	 ""},
	{"simple",
	 {"", "multivalue", "", "", "", "", "", OLD4, HERITAGE(ME), ""},
	 ""},
};

static void test_plan__removal_from_a_group(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(member_removals); i++) {
		const char *row = member_removals[i].name;

		set_member(&member_removals[i].member, "CREATE");
		start(true);
		unit_result(row, find_member(&member_removals[i].member), 0);
		unit_result(row, plan_changes(&planning, false, &changes), 0);
		unit_text(row, in_short(NULL), member_removals[i].want);
	}
}

/* ---- One plan after the other. ---- */

static void test_plan__refused_plan_can_be_taken_over(void **state)
{
	(void)state;
	set_instance(NAME, IPV4, IPV6);
	set_way(CREATE);
	start(false);
	assert_int_equal(find("A " OLD4 "|AAAA " OLD6 "|TXT other"), 0);
	buf_set(&changes, "before");
	assert_int_equal(plan_changes(&planning, false, &changes), -1);
	assert_string_equal(changes.data, "before");
	buf_wipe(&changes);
	assert_int_equal(plan_changes(&planning, true, &changes), 0);
	assert_string_equal(in_short(NULL), SWAP "|" SWAP6 "|+TXT");
}

static void test_plan__nothing_of_a_plan_before_goes_on(void **state)
{
	(void)state;
	set_instance(NAME, IPV4, IPV6);
	set_way(CREATE);
	start(false);
	assert_int_equal(find("A " OLD4 "|AAAA " OLD6 "|TXT me"), 0);
	assert_int_equal(plan_changes(&planning, false, &changes), 0);
	start(false);
	assert_int_equal(plan_changes(&planning, false, &changes), 0);
	assert_string_equal(in_short(NULL), BOTH "|+TXT");
	start(true);
	assert_int_equal(plan_changes(&planning, false, &changes), 0);
	assert_string_equal(changes.data, "");
	/* Nor a refusal, which is told anew. */
	start(false);
	assert_int_equal(find("CNAME x."), -1);
	start(false);
	assert_int_equal(find("A " OLD4), 0);
	check_taken("next", plan_changes(&planning, false, &changes));
	assert_null(strstr(errinfo.text.data, "CNAME"));
}

/* The answer to a first plan was lost, and the second one finds it done; or
 * finds what somebody else has done since. */
static const struct {
	const char *name;
	const char *then;
	const char *now;
	bool is_removal;
	enum plan_state want[PLAN_OWNER];
} settlements[] = {
	{"created",
	 "",
	 "A " IPV4 "|AAAA " IPV6 "|TXT me",
	 false,
	 {PLAN_CHANGE, PLAN_CHANGE}},
	{"changed",
	 "A " OLD4 "|AAAA " IPV6 "|TXT me",
	 "A " IPV4 "|AAAA " IPV6 "|TXT me",
	 false,
	 {PLAN_CHANGE, PLAN_KEEP}},
	{"removed",
	 "A " OLD4 "|AAAA " OLD6 "|TXT me",
	 "",
	 true,
	 {PLAN_REMOVE, PLAN_REMOVE}},
	{"removed, then another's",
	 "A " OLD4 "|AAAA " OLD6 "|TXT me",
	 "A 192.0.2.1|TXT other",
	 true,
	 {PLAN_LEAVE, PLAN_REMOVE}},
	{"nothing to remove, twice", "", "", true, {PLAN_NONE, PLAN_NONE}},
	{"another's, twice",
	 "A 192.0.2.1|TXT other",
	 "A 192.0.2.1|TXT other",
	 true,
	 {PLAN_LEAVE, PLAN_NONE}},
	{"another's, then gone",
	 "A 192.0.2.1|AAAA " OLD6 "|TXT other",
	 "",
	 true,
	 {PLAN_NONE, PLAN_NONE}},
	{"there, then there",
	 "A " IPV4 "|AAAA " IPV6 "|TXT me",
	 "A " IPV4 "|AAAA " IPV6 "|TXT me",
	 false,
	 {PLAN_KEEP, PLAN_KEEP}},
};

static void test_plan__lost_answer_is_settled_by_the_next_plan(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(settlements); i++) {
		const char *row = settlements[i].name;

		set_instance(NAME, IPV4, IPV6);
		set_way(CREATE);
		start(settlements[i].is_removal);
		unit_result(row, find(settlements[i].then), 0);
		unit_result(row, plan_changes(&planning, false, &changes), 0);
		start(settlements[i].is_removal);
		unit_result(row, find(settlements[i].now), 0);
		unit_result(row, plan_changes(&planning, false, &changes), 0);
		unit_text(row, changes.data, "");
		for (size_t j = 0; j < PLAN_OWNER; j++)
			unit_number(row, plan.sets[j].state,
				    settlements[i].want[j]);
		unit_text(row, plan.sets[PLAN_A].value, IPV4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan__what_is_there_decides),
		cmocka_unit_test(test_plan__claim_that_was_lost_is_taken_over),
		cmocka_unit_test(test_plan__plain_upsert_needs_no_look),
		cmocka_unit_test(test_plan__says_what_it_wants_to_read),
		cmocka_unit_test(
			test_plan__elements_stand_in_the_schemas_order),
		cmocka_unit_test(test_plan__changes_are_appended),
		cmocka_unit_test(test_plan__create_minds_what_is_found),
		cmocka_unit_test(
			test_plan__set_that_is_listed_twice_counts_once),
		cmocka_unit_test(test_plan__deletes_as_listed),
		cmocka_unit_test(test_plan__owner_record_is_deleted_as_listed),
		cmocka_unit_test(test_plan__owner_record_has_the_same_ttl),
		cmocka_unit_test(test_plan__reads_a_wildcard_as_listed),
		cmocka_unit_test(test_plan__longest_name),
		cmocka_unit_test(test_plan__owner_is_whom_the_record_names),
		cmocka_unit_test(
			test_plan__owner_records_of_others_do_not_matter),
		cmocka_unit_test(
			test_plan__no_owner_record_is_read_where_there_is_none),
		cmocka_unit_test(test_plan__refusal_says_what_stands_there),
		cmocka_unit_test(
			test_plan__refusal_for_the_owner_records_place),
		cmocka_unit_test(test_plan__values_found_are_whole),
		cmocka_unit_test(test_plan__refusal_of_many_values_is_short),
		cmocka_unit_test(test_plan__members_of_a_group_mind_themselves),
		cmocka_unit_test(test_plan__large_group),
		cmocka_unit_test(test_plan__removal_takes_only_its_own),
		cmocka_unit_test(test_plan__removal_goes_by_what_was_published),
		cmocka_unit_test(
			test_plan__removal_of_other_ttl_and_health_check),
		cmocka_unit_test(test_plan__removal_from_a_group),
		cmocka_unit_test(test_plan__refused_plan_can_be_taken_over),
		cmocka_unit_test(test_plan__nothing_of_a_plan_before_goes_on),
		cmocka_unit_test(
			test_plan__lost_answer_is_settled_by_the_next_plan),
	};

	build_is_whole = true;
	return RUN(tests);
}
