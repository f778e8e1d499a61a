#include "unit.h"

#include "instance.h"
#include "plan.h"
#include "route53.h"
#include "settings.h"

#define NAME "web.example.com"
#define IPV4 "203.0.113.7"
#define IPV6 "2001:db8::7"

/* One plan, and what it is made of. */
static struct instance instance;
static struct settings settings;
static struct plan plan;

static void plan_start(const char *action, const char *ipv4, const char *ipv6)
{
	settings_init(&settings);
	strcpy(settings.value[SETTING_ACTION], action);
	memset(&instance, 0, sizeof(instance));
	strcpy(instance.name, NAME);
	strcpy(instance.ipv4, ipv4);
	strcpy(instance.ipv6, ipv6);
	memset(&plan, 'x', sizeof(plan));
	plan_wanted(&plan, &settings, &instance);
	unit_forget();
}

static struct buf changes;

/* What plan_changes appends, with nothing in front of it. */
static size_t list_changes(void)
{
	buf_wipe(&changes);
	return plan_changes(&plan, &settings, &changes);
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

static void check_all(const char *action, size_t i, const char *want)
{
	const char *row = instances[i].name;

	plan_start(action, instances[i].ipv4, instances[i].ipv6);
	unit_text(row, plan.name, NAME);
	unit_text(row, plan.ttl, "60");
	unit_number(row, (long long)plan.count, (long long)instances[i].count);
	unit_number(row, (long long)list_changes(),
		    (long long)instances[i].count);
	unit_text(row, changes.data, want);
	for (size_t j = 0; j < plan.count; j++) {
		const struct plan_record *record = &plan.records[j];
		bool is_ipv4 = !strcmp(record->type, "A");

		unit_text(row, record->type, is_ipv4 ? "A" : "AAAA");
		unit_text(row, record->value,
			  is_ipv4 ? instances[i].ipv4 : instances[i].ipv6);
		unit_text(row, record->before, "");
		unit_number(row, record->state, PLAN_CHANGE);
	}
}

static void test_plan__changes_all_without_reading(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(instances); i++) {
		check_all("UPSERT", i, instances[i].upserts);
		check_all("CREATE", i, instances[i].creates);
	}
}

static void test_plan__changes_are_appended(void **state)
{
	(void)state;
	plan_start("UPSERT", IPV4, "");
	buf_set(&changes, "before");
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
	const char *types;
	const char *identifier;
	const char *alias;
	enum { TAKEN, SAME, IGNORED } want;
} sets[] = {
	{"same A", NAME ".", "A", IPV4, "60", "", "", "", SAME},
	{"same AAAA", NAME ".", "AAAA", IPV6, "60", "", "", "", SAME},
	{"AAAA, long spelling", NAME ".", "AAAA", "2001:0DB8:0:0:0:0:0:7", "60",
	 "", "", "", SAME},
	{"AAAA, other place of ::", NAME ".", "AAAA", "2001:db8:0:0::0.0.0.7",
	 "60", "", "", "", SAME},
	{"AAAA, longest spelling", NAME ".", "AAAA",
	 "2001:0db8:0000:0000:0000:0000:000.000.000.007", "60", "", "", "",
	 TAKEN},
	{"same, name without a dot", NAME, "A", IPV4, "60", "", "", "", SAME},
	{"same, name in upper case", "WEB.Example.com.", "A", IPV4, "60", "",
	 "", "", SAME},
	{"same, types named", NAME ".", "AAAA", IPV6, "60", " A AAAA ", "", "",
	 SAME},
	{"other A", NAME ".", "A", "203.0.113.8", "60", "", "", "", TAKEN},
	{"other AAAA", NAME ".", "AAAA", "2001:db8::8", "60", "", "", "",
	 TAKEN},
	{"AAAA that differs in its last half", NAME ".", "AAAA",
	 "2001:db8::1:7", "60", "", "", "", TAKEN},
	{"no address", NAME ".", "A", "x", "60", "", "", "", TAKEN},
	{"no value", NAME ".", "A", "", "60", "", "", "", TAKEN},
	{"A of the other family", NAME ".", "A", IPV6, "60", "", "", "", TAKEN},
	{"ours and another", NAME ".", "A", IPV4 XML_NEXT "203.0.113.8", "60",
	 "", "", "", TAKEN},
	{"another and ours", NAME ".", "A", "203.0.113.8" XML_NEXT IPV4, "60",
	 "", "", "", TAKEN},
	{"ours twice", NAME ".", "A", IPV4 XML_NEXT IPV4, "60", "", "", "",
	 TAKEN},
	{"other TTL", NAME ".", "A", IPV4, "300", "", "", "", TAKEN},
	{"no TTL", NAME ".", "A", IPV4, "", "", "", "", TAKEN},
	{"alias", NAME ".", "A", "", "", "", "", "lb.example.com.", TAKEN},
	{"alias with our values", NAME ".", "A", IPV4, "60", "", "",
	 "lb.example.com.", TAKEN},
	{"routed", NAME ".", "A", IPV4, "60", "", "blue", "", TAKEN},
	{"CNAME", NAME ".", "CNAME", "a.example.com.", "60", "", "", "", TAKEN},
	{"CNAME beside A alone", NAME ".", "CNAME", "a.example.com.", "60",
	 " A ", "", "", TAKEN},
	{"same, TTL in other digits", NAME ".", "A", IPV4, "060", "", "", "",
	 TAKEN},
	{"far too long", NAME ".", "A",
	 IPV4 "                                                 ", "60", "", "",
	 "", TAKEN},
	{"AAAA where A alone is ours", NAME ".", "AAAA", "2001:db8::8", "60",
	 " A ", "", "", IGNORED},
	{"A where AAAA alone is ours", NAME ".", "A", "203.0.113.8", "60",
	 " AAAA ", "", "", IGNORED},
	{"TXT", NAME ".", "TXT", "\"x\"", "60", "", "", "", IGNORED},
	{"MX", NAME ".", "MX", "10 mx.example.com.", "60", "", "", "", IGNORED},
	{"part of a type", NAME ".", "AA", "x", "60", "", "", "", IGNORED},
	{"no type", NAME ".", "", "x", "60", "", "", "", IGNORED},
	{"type of a later time", NAME ".", "AAAAAAAAAAAAAAAAAAAAAAAAAAAA", "x",
	 "60", "", "", "", IGNORED},
	{"name below", "a." NAME ".", "A", "203.0.113.8", "60", "", "", "",
	 IGNORED},
	{"name above", "example.com.", "A", "203.0.113.8", "60", "", "", "",
	 IGNORED},
	{"name beside", "web-2.example.com.", "CNAME", "x.", "60", "", "", "",
	 IGNORED},
	{"wildcard beside", "\\052.example.com.", "A", "203.0.113.8", "60", "",
	 "", "", IGNORED},
};

static int compare(const struct found *found)
{
	static struct buf row[XML_FIELDS];

	buf_set(&row[SET_ROW], ".");
	buf_set(&row[SET_NAME], "%s", found->owner);
	buf_set(&row[SET_TYPE], "%s", found->type);
	buf_set(&row[SET_IDENTIFIER], "%s", found->identifier);
	buf_set(&row[SET_TTL], "%s", found->ttl);
	buf_set(&row[SET_VALUES], "%s", found->values);
	buf_set(&row[SET_ALIAS], "%s", found->alias);
	unit_forget();
	return plan_compare(&plan, &settings, row);
}

static void check_same(const struct found *found)
{
	const char *tag =
		!strcmp(found->type, "A") ? "<Type>A<" : "<Type>AAAA<";
	size_t count = list_changes();

	for (size_t i = 0; i < plan.count; i++) {
		const struct plan_record *record = &plan.records[i];
		bool same = found->want == SAME &&
			    !strcmp(record->type, found->type);

		unit_number(found->name, record->state,
			    same ? PLAN_KEEP : PLAN_CHANGE);
		unit_text(found->name, record->before,
			  same ? found->values : "");
		unit_text(found->name, record->value, i ? IPV6 : IPV4);
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
		plan_start("CREATE", IPV4, IPV6);
		strcpy(settings.value[SETTING_TYPES], sets[i].types);
		unit_result(sets[i].name, compare(&sets[i]),
			    sets[i].want == TAKEN ? STATUS_TAKEN : 0);
		unit_text(sets[i].name, plan.name, NAME);
		if (sets[i].want == TAKEN)
			unit_starts(sets[i].name, errinfo.text.data,
				    NAME " is taken: ");
		else
			check_same(&sets[i]);
	}
}

static void test_plan__reads_a_wildcard_as_listed(void **state)
{
	static const struct found same = {
		.owner = "\\052.example.com.",
		"A",
		IPV4,
		"60",
		"",
		"",
		"",
		SAME,
	};

	(void)state;
	plan_start("CREATE", IPV4, "");
	strcpy(instance.name, "*.example.com");
	unit_result("wildcard", compare(&same), 0);
	assert_int_equal(plan.records[0].state, PLAN_KEEP);
}

/* Why a name is taken: what somebody must know to find it. */
static const struct {
	const char *name;
	struct found found;
	const char *says;
} owners[] = {
	{"values",
	 {"", NAME, "A", "198.51.100.1" XML_NEXT "198.51.100.2", "300", "", "",
	  "", TAKEN},
	 "A 198.51.100.1" XML_NEXT "198.51.100.2 (TTL 300)"},
	{"CNAME",
	 {"", NAME, "CNAME", "a.example.com.", "5", "", "", "", TAKEN},
	 "CNAME a.example.com. (TTL 5)"},
	{"routed",
	 {"", NAME, "A", IPV4, "60", "", "blue", "", TAKEN},
	 "(TTL 60, with routing)"},
	{"alias",
	 {"", NAME, "A", "", "", "", "", "lb.example.com.", TAKEN},
	 "A alias"},
};

static void test_plan__taken_names_what_stands_there(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(owners); i++) {
		plan_start("CREATE", IPV4, "");
		unit_result(owners[i].name, compare(&owners[i].found),
			    STATUS_TAKEN);
		unit_starts(owners[i].name, errinfo.text.data,
			    NAME " is taken: ");
		unit_holds(owners[i].name, errinfo.text.data, owners[i].says);
		unit_holds(owners[i].name, errinfo.text.data, "another name");
	}
}

/* A set that is long, as others may write it. */
static void test_plan__taken_by_many_values(void **state)
{
	static struct buf values;
	const struct found set = {
		.owner = NAME,
		.type = "A",
		.values = values.data,
		.ttl = "60",
		.types = "",
		.identifier = "",
		.alias = "",
	};

	(void)state;
	plan_start("CREATE", IPV4, "");
	for (unsigned i = 0; i < 400; i++)
		buf_addf(&values, "198.51.%u.%u" XML_NEXT, 100 + i / 250,
			 i % 250);
	unit_result("taken", compare(&set), STATUS_TAKEN);
	unit_holds("first", errinfo.text.data, "198.51.100.0");
	unit_holds("what to do", errinfo.text.data, "another name");
	assert_true(errinfo.text.len < 400);
}

/* An address of the other family at our name sends others elsewhere. */
static const struct {
	const char *name;
	const char *ipv4;
	const char *ipv6;
	const char *types;
	const char *type;
	const char *value;
	int status;
} families[] = {
	{"AAAA beside IPv4", IPV4, "", "", "AAAA", IPV6, STATUS_TAKEN},
	{"A beside IPv6", "", IPV6, "", "A", IPV4, STATUS_TAKEN},
	{"AAAA, A alone is ours", IPV4, "", " A ", "AAAA", IPV6, 0},
	{"A, AAAA alone is ours", "", IPV6, " AAAA ", "A", IPV4, 0},
	{"AAAA, both are ours", IPV4, IPV6, " A AAAA ", "AAAA", "2001:db8::8",
	 STATUS_TAKEN},
	{"A, both are ours", IPV4, IPV6, " AAAA A ", "A", "203.0.113.8",
	 STATUS_TAKEN},
};

static void test_plan__create_minds_the_other_family(void **state)
{
	(void)state;
	for (size_t i = 0; i < LENGTH(families); i++) {
		const struct found found = {
			.owner = NAME,
			.type = families[i].type,
			.values = families[i].value,
			.ttl = "60",
			.types = "",
			.identifier = "",
			.alias = "",
		};

		plan_start("CREATE", families[i].ipv4, families[i].ipv6);
		strcpy(settings.value[SETTING_TYPES], families[i].types);
		unit_result(families[i].name, compare(&found),
			    families[i].status);
		unit_number(families[i].name, plan.records[0].state,
			    PLAN_CHANGE);
	}
}

static void test_plan__create_of_what_is_there_changes_nothing(void **state)
{
	(void)state;
	plan_start("CREATE", IPV4, IPV6);
	assert_int_equal(compare(&sets[0]), 0);
	assert_int_equal(compare(&sets[1]), 0);
	assert_int_equal(list_changes(), 0);
	assert_string_equal(changes.data, "");
}

static void test_plan__changes_can_be_listed_again(void **state)
{
	(void)state;
	plan_start("CREATE", IPV4, IPV6);
	assert_int_equal(list_changes(), 2);
	assert_int_equal(compare(&sets[0]), 0);
	assert_int_equal(list_changes(), 1);
	assert_string_equal(changes.data, CHANGE("CREATE", "AAAA", "60", IPV6));
}

static void test_plan__ttl_comes_from_the_settings(void **state)
{
	(void)state;
	plan_start("UPSERT", IPV4, "");
	strcpy(settings.value[SETTING_TTL], "2147483647");
	plan_wanted(&plan, &settings, &instance);
	assert_string_equal(plan.ttl, "2147483647");
	assert_int_equal(list_changes(), 1);
	assert_string_equal(changes.data,
			    CHANGE("UPSERT", "A", "2147483647", IPV4));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan__changes_all_without_reading),
		cmocka_unit_test(test_plan__changes_are_appended),
		cmocka_unit_test(test_plan__create_minds_what_is_found),
		cmocka_unit_test(test_plan__reads_a_wildcard_as_listed),
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
