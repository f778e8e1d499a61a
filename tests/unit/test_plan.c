#include "unit.h"

#include "buf.h"
#include "instance.h"
#include "plan.h"
#include "settings.h"

#define NAME "web.example.com"
#define IPV4 "203.0.113.7"
#define IPV6 "2001:db8::7"

static void instance_init(struct instance *instance, const char *ipv4,
			  const char *ipv6)
{
	memset(instance, 0, sizeof(*instance));
	strcpy(instance->name, NAME);
	strcpy(instance->ipv4, ipv4);
	strcpy(instance->ipv6, ipv6);
}

static void plan_start(struct plan *plan, struct settings *settings,
		       enum action action, const char *ipv4, const char *ipv6)
{
	struct instance instance;

	settings_init(settings);
	settings->action = action;
	instance_init(&instance, ipv4, ipv6);
	memset(plan, 'x', sizeof(*plan));
	plan_wanted(plan, settings, &instance);
	unit_forget();
}

BUF(changes, 4096);

/* What plan_changes appends, with nothing in front of it. */
static size_t list_changes(const struct plan *plan,
			   const struct settings *settings)
{
	buf_clear(&changes);
	return plan_changes(plan, settings, &changes);
}

#define CHANGE(action, type, ttl, value)                                       \
	"<Change><Action>" action "</Action><ResourceRecordSet><Name>" NAME    \
	".</Name><Type>" type "</Type><TTL>" ttl "</TTL><ResourceRecords>"     \
	"<ResourceRecord><Value>" value "</Value></ResourceRecord>"            \
	"</ResourceRecords></ResourceRecordSet></Change>"
#define LONGEST_IPV6 "2001:0db8:1111:2222:3333:4444:5555:6666"

static const struct {
	const char *name;
	const char *ipv4;
	const char *ipv6;
	size_t count;
	const char *upserts;
	const char *creates;
} instances[] = {
	{"IPv4 only", IPV4, "", 1, CHANGE("UPSERT", "A", "60", IPV4),
	 CHANGE("CREATE", "A", "60", IPV4)},
	{"IPv6 only", "", IPV6, 1, CHANGE("UPSERT", "AAAA", "60", IPV6),
	 CHANGE("CREATE", "AAAA", "60", IPV6)},
	{"both", IPV4, IPV6, 2,
	 CHANGE("UPSERT", "A", "60", IPV4) CHANGE("UPSERT", "AAAA", "60", IPV6),
	 CHANGE("CREATE", "A", "60", IPV4)
		 CHANGE("CREATE", "AAAA", "60", IPV6)},
	{"longest IPv6", "", LONGEST_IPV6, 1,
	 CHANGE("UPSERT", "AAAA", "60", LONGEST_IPV6),
	 CHANGE("CREATE", "AAAA", "60", LONGEST_IPV6)},
};

static void test_plan__changes_all_without_reading(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(instances); i++) {
		const char *row = instances[i].name;
		struct settings settings;
		struct plan plan;

		plan_start(&plan, &settings, ACTION_UPSERT, instances[i].ipv4,
			   instances[i].ipv6);
		unit_number(row, (long long)plan.count,
			    (long long)instances[i].count);
		unit_number(row, (long long)list_changes(&plan, &settings),
			    (long long)instances[i].count);
		unit_text(row, changes.data, instances[i].upserts);
		settings.action = ACTION_CREATE;
		unit_number(row, (long long)list_changes(&plan, &settings),
			    (long long)instances[i].count);
		unit_text(row, changes.data, instances[i].creates);
		for (size_t j = 0; j < plan.count; j++) {
			const struct record_set *set = &plan.records[j].set;

			unit_number(row, set->is_alias || set->is_routed,
				    false);
			unit_text(row, plan.records[j].before, "");
			unit_number(row, plan.records[j].state, PLAN_CHANGE);
		}
	}
}

static void test_plan__changes_are_appended(void **state)
{
	struct settings settings;
	struct plan plan;

	(void)state;
	plan_start(&plan, &settings, ACTION_UPSERT, IPV4, "");
	buf_clear(&changes);
	buf_addf(&changes, "before");
	assert_int_equal(plan_changes(&plan, &settings, &changes), 1);
	assert_string_equal(changes.data,
			    "before" CHANGE("UPSERT", "A", "60", IPV4));
}

/* One record set found, over a wanted A and AAAA with a TTL of 60. */
static const struct found {
	const char *name;
	const char *owner;
	const char *type;
	const char *values;
	const char *ttl;
	unsigned types;
	bool is_alias;
	bool is_routed;
	enum { TAKEN, SAME, IGNORED } want;
} sets[] = {
	{"same A", NAME, "A", IPV4 "\n", "60", 0, false, false, SAME},
	{"same AAAA", NAME, "AAAA", IPV6 "\n", "60", 0, false, false, SAME},
	{"AAAA, long spelling", NAME, "AAAA", "2001:0DB8:0:0:0:0:0:7\n", "60",
	 0, false, false, SAME},
	{"AAAA, other place of ::", NAME, "AAAA", "2001:db8:0:0::0.0.0.7\n",
	 "60", 0, false, false, SAME},
	{"other A", NAME, "A", "203.0.113.8\n", "60", 0, false, false, TAKEN},
	{"other AAAA", NAME, "AAAA", "2001:db8::8\n", "60", 0, false, false,
	 TAKEN},
	{"no address", NAME, "A", "x\n", "60", 0, false, false, TAKEN},
	{"no value", NAME, "A", "", "60", 0, false, false, TAKEN},
	{"ours and another", NAME, "A", IPV4 "\n203.0.113.8\n", "60", 0, false,
	 false, TAKEN},
	{"another and ours", NAME, "A", "203.0.113.8\n" IPV4 "\n", "60", 0,
	 false, false, TAKEN},
	{"ours twice", NAME, "A", IPV4 "\n" IPV4 "\n", "60", 0, false, false,
	 TAKEN},
	{"other TTL", NAME, "A", IPV4 "\n", "300", 0, false, false, TAKEN},
	{"alias", NAME, "A", "", "", 0, true, false, TAKEN},
	{"alias with our values", NAME, "A", IPV4 "\n", "60", 0, true, false,
	 TAKEN},
	{"routed", NAME, "A", IPV4 "\n", "60", 0, false, true, TAKEN},
	{"CNAME", NAME, "CNAME", "a.example.com.\n", "60", 0, false, false,
	 TAKEN},
	{"CNAME beside A alone", NAME, "CNAME", "a.example.com.\n", "60",
	 TYPE_A, false, false, TAKEN},
	{"same, TTL in other digits", NAME, "A", IPV4 "\n", "060", 0, false,
	 false, TAKEN},
	{"no end of line", NAME, "A", IPV4, "60", 0, false, false, TAKEN},
	{"far too long", NAME, "A",
	 IPV4 "                                                 \n", "60", 0,
	 false, false, TAKEN},
	{"TXT", NAME, "TXT", "\"x\"\n", "60", 0, false, false, IGNORED},
	{"MX", NAME, "MX", "10 mx.example.com.\n", "60", 0, false, false,
	 IGNORED},
	{"name below", "a." NAME, "A", "203.0.113.8\n", "60", 0, false, false,
	 IGNORED},
	{"name above", "example.com", "A", "203.0.113.8\n", "60", 0, false,
	 false, IGNORED},
	{"name beside", "web-2.example.com", "CNAME", "x.\n", "60", 0, false,
	 false, IGNORED},
};

static int compare(struct plan *plan, const struct settings *settings,
		   const struct found *found)
{
	struct record_set set = {
		.values = found->values,
		.is_alias = found->is_alias,
		.is_routed = found->is_routed,
	};

	strcpy(set.name, found->owner);
	strcpy(set.type, found->type);
	strcpy(set.ttl, found->ttl);
	unit_forget();
	return plan_compare(plan, settings, &set);
}

static void check_same(const struct found *found, const struct plan *plan,
		       const struct settings *settings)
{
	const char *tag =
		!strcmp(found->type, "A") ? "<Type>A<" : "<Type>AAAA<";
	size_t count = list_changes(plan, settings);

	for (size_t i = 0; i < plan->count; i++) {
		const struct plan_record *record = &plan->records[i];
		bool same = found->want == SAME &&
			    !strcmp(record->set.type, found->type);
		char before[64];

		unit_number(found->name, record->state,
			    same ? PLAN_KEEP : PLAN_CHANGE);
		(void)snprintf(before, sizeof(before), "%s%s", record->before,
			       same ? "\n" : "");
		unit_text(found->name, before, same ? found->values : "");
	}
	unit_number(found->name, (long long)count, found->want == SAME ? 1 : 2);
	if (strstr(changes.data, "UPSERT"))
		fail_msg("%s: not created", found->name);
	if (found->want == SAME && strstr(changes.data, tag))
		fail_msg("%s: changed again", found->name);
}

static void test_plan__create_minds_what_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(sets); i++) {
		struct settings settings;
		struct plan plan;

		plan_start(&plan, &settings, ACTION_CREATE, IPV4, IPV6);
		settings.types = sets[i].types;
		unit_result(sets[i].name, compare(&plan, &settings, &sets[i]),
			    sets[i].want == TAKEN ? STATUS_TAKEN : 0);
		unit_text(sets[i].name, plan.records[1].set.name, NAME);
		if (sets[i].want == TAKEN)
			unit_holds(sets[i].name, errinfo.text, NAME);
		else
			check_same(&sets[i], &plan, &settings);
	}
}

static void test_plan__taken_names_what_stands_there(void **state)
{
	static const struct found other = {
		.owner = NAME,
		.type = "A",
		.values = "198.51.100.1\n198.51.100.2\n",
		.ttl = "300",
	};
	struct settings settings;
	struct plan plan;

	(void)state;
	plan_start(&plan, &settings, ACTION_CREATE, IPV4, "");
	unit_result("taken", compare(&plan, &settings, &other), STATUS_TAKEN);
	unit_holds("first", errinfo.text, "198.51.100.1");
	unit_holds("second", errinfo.text, "198.51.100.2");
	unit_holds("TTL", errinfo.text, "300");
}

/* A set that is long, as others may write it. */
static void test_plan__taken_by_many_values(void **state)
{
	struct record_set set = {.name = NAME, .type = "A", .ttl = "60"};
	struct settings settings;
	struct plan plan;
	BUF(values, 8192);

	(void)state;
	plan_start(&plan, &settings, ACTION_CREATE, IPV4, "");
	for (unsigned i = 0; i < 400; i++)
		buf_addf(&values, "198.51.%u.%u\n", 100 + i / 250, i % 250);
	set.values = values.data;
	unit_result("taken", plan_compare(&plan, &settings, &set),
		    STATUS_TAKEN);
	unit_holds("first", errinfo.text, "198.51.100.0");
	unit_holds("what to do", errinfo.text, "another name");
}

/* An address of the other family at our name sends others elsewhere. */
static const struct {
	const char *name;
	const char *ipv4;
	const char *ipv6;
	unsigned types;
	struct found found;
	int status;
} families[] = {
	{"AAAA beside IPv4",
	 IPV4,
	 "",
	 0,
	 {.owner = NAME, .type = "AAAA", .values = IPV6 "\n", .ttl = "60"},
	 STATUS_TAKEN},
	{"A beside IPv6",
	 "",
	 IPV6,
	 0,
	 {.owner = NAME, .type = "A", .values = IPV4 "\n", .ttl = "60"},
	 STATUS_TAKEN},
	{"AAAA, A alone is ours",
	 IPV4,
	 "",
	 TYPE_A,
	 {.owner = NAME, .type = "AAAA", .values = IPV6 "\n", .ttl = "60"},
	 0},
	{"A, AAAA alone is ours",
	 "",
	 IPV6,
	 TYPE_AAAA,
	 {.owner = NAME, .type = "A", .values = IPV4 "\n", .ttl = "60"},
	 0},
	{"AAAA, both are ours",
	 IPV4,
	 IPV6,
	 TYPE_A | TYPE_AAAA,
	 {.owner = NAME,
	  .type = "AAAA",
	  .values = "2001:db8::8\n",
	  .ttl = "60"},
	 STATUS_TAKEN},
};

static void test_plan__create_minds_the_other_family(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(families); i++) {
		struct settings settings;
		struct plan plan;

		plan_start(&plan, &settings, ACTION_CREATE, families[i].ipv4,
			   families[i].ipv6);
		settings.types = families[i].types;
		unit_result(families[i].name,
			    compare(&plan, &settings, &families[i].found),
			    families[i].status);
		unit_number(families[i].name, plan.records[0].state,
			    PLAN_CHANGE);
	}
}

static void test_plan__create_of_what_is_there_changes_nothing(void **state)
{
	struct settings settings;
	struct plan plan;

	(void)state;
	plan_start(&plan, &settings, ACTION_CREATE, IPV4, IPV6);
	assert_int_equal(compare(&plan, &settings, &sets[0]), 0);
	assert_int_equal(compare(&plan, &settings, &sets[1]), 0);
	assert_int_equal(list_changes(&plan, &settings), 0);
	assert_string_equal(changes.data, "");
}

static void test_plan__changes_can_be_listed_again(void **state)
{
	struct settings settings;
	struct plan plan;

	(void)state;
	plan_start(&plan, &settings, ACTION_CREATE, IPV4, IPV6);
	assert_int_equal(list_changes(&plan, &settings), 2);
	assert_int_equal(compare(&plan, &settings, &sets[0]), 0);
	assert_int_equal(list_changes(&plan, &settings), 1);
	assert_string_equal(changes.data, CHANGE("CREATE", "AAAA", "60", IPV6));
	plan.records[1].state = PLAN_DONE;
	assert_int_equal(list_changes(&plan, &settings), 0);
}

static void test_plan__ttl_comes_from_the_settings(void **state)
{
	struct settings settings;
	struct instance instance;
	struct plan plan;

	(void)state;
	settings_init(&settings);
	settings.ttl_s = 2147483647;
	instance_init(&instance, IPV4, IPV6);
	plan_wanted(&plan, &settings, &instance);
	assert_string_equal(plan.records[0].set.ttl, "2147483647");
	assert_string_equal(plan.records[1].set.ttl, "2147483647");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan__changes_all_without_reading),
		cmocka_unit_test(test_plan__changes_are_appended),
		cmocka_unit_test(test_plan__create_minds_what_is_found),
		cmocka_unit_test(test_plan__taken_names_what_stands_there),
		cmocka_unit_test(test_plan__taken_by_many_values),
		cmocka_unit_test(test_plan__create_minds_the_other_family),
		cmocka_unit_test(
			test_plan__create_of_what_is_there_changes_nothing),
		cmocka_unit_test(test_plan__changes_can_be_listed_again),
		cmocka_unit_test(test_plan__ttl_comes_from_the_settings),
	};

	return RUN(tests);
}
