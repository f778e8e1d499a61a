/*
 * Record sets of a zone, as bootname-reap groups them and as a plan reads them.
 * Each line of an input is one: name, type, set identifier, weight, multivalue,
 * TTL, values, health check and alias, with '|' in between and '+' between
 * values.
 */
#include "reap_owners.h"

#include <string.h>

#include "errinfo.h"
#include "fuzz.h"
#include "instance.h"
#include "settings.h"
#include "xml.h"

#define NAME "web1.example.com"

enum { VALUES = 6, ALIAS = RECORD_SET_ELEMENTS }; /* places in a line */

static struct buf texts[RECORD_SET_ELEMENTS + 1];
static struct record_set line_set;

/* Make a record set of a line.  What stands in no XML cannot come. */
static void read_line(const char *line, size_t len)
{
	size_t field = 0;

	for (size_t i = 0; i <= ALIAS; i++)
		buf_wipe(&texts[i]);
	for (size_t i = 0; i < len && field <= ALIAS; i++)
		if (line[i] == '|')
			field++;
		else if (line[i] == '+' && field == VALUES)
			buf_addf(&texts[field], XML_NEXT);
		else if (line[i] > ' ' - 1 || line[i] < '\0')
			buf_add(&texts[field], &line[i], 1);
	for (size_t i = 0; i < RECORD_SET_ELEMENTS; i++)
		line_set.element[i] = texts[i].data;
	line_set.alias = texts[ALIAS].data;
}

/* Call take with each line as a row; whether all were taken. */
static bool each_row(const char *data, size_t size, int (*take)(void))
{
	const char *end = data + size;

	while (data < end) {
		const char *feed = memchr(data, '\n', (size_t)(end - data));
		const char *stop = feed ? feed : end;

		read_line(data, (size_t)(stop - data));
		if (take() < 0)
			return false;
		data = feed ? feed + 1 : end;
	}
	return true;
}

static bool is_instance(const char *id)
{
	size_t len = strlen(id);

	return !strncmp(id, "i-", 2) && (len == 10 || len == 19) &&
	       2 + strspn(id + 2, "0123456789abcdef") == len;
}

/* ---- bootname-reap. ---- */

static struct owners owners;

static int add(void)
{
	int rc = owners_add(&owners, &line_set);

	(void)fuzz_succeeded(rc);
	return rc;
}

static void check_set(const struct owners_set *set)
{
	static char folded[DNSNAME_SIZE];

	if (!set->name)
		return;
	assert(dnsname_fold(folded, set->name) && !strcmp(folded, set->name));
	assert(*set->id ? is_instance(set->id) && fuzz_is_word(set->region, 32)
			: !*set->region);
	for (size_t i = 0; i < RECORD_SET_ELEMENTS; i++)
		assert(set->listed.element[i]);
}

static void check_holding(const struct owners_holding *holding)
{
	static struct buf changes;
	const struct owners_set *owner = &holding->sets[PLAN_OWNER];

	assert(owner->name && *owner->id && holding->instance);
	assert(!strcmp(owner->id, holding->instance->id));
	buf_wipe(&changes);
	for (size_t i = 0; i < PLAN_SETS; i++) {
		check_set(&holding->sets[i]);
		if (holding->sets[i].name)
			assert(!strcmp(holding->sets[i].name, owner->name));
	}
	owners_add_deletes(holding, &changes);
	assert(strlen(changes.data) <= BUF_LIMIT);
}

static void group(const char *data, size_t size)
{
	if (each_row(data, size, add) &&
	    fuzz_succeeded(owners_group(&owners))) {
		assert(owners.count <= owners.set_count);
		for (size_t i = 0; i < owners.count; i++)
			check_holding(&owners.holdings[i]);
	}
	owners_free(&owners);
	owners_forget();
}

/* ---- bootname. ---- */

static struct plan plan;
static struct planning planning;

static int find(void)
{
	int rc = plan_found(&planning, &line_set);

	(void)fuzz_succeeded(rc);
	return rc;
}

static void make_plan(const char *data, size_t size, const char *action,
		      const char *routing, bool is_removal)
{
	static struct settings settings;
	static struct buf changes;
	static const struct instance instance = {
		.id = "i-0123456789abcdef0",
		.region = "eu-west-1",
		.name = NAME,
		.ipv4 = "192.0.2.1",
		.ipv6 = "2001:db8::1",
	};
	bool is_ours;

	settings_init(&settings);
	settings.value[SETTING_ACTION] = action;
	settings.value[SETTING_ROUTING] = routing;
	memset(&plan, 0, sizeof(plan));
	plan_start(&planning, &plan, &settings, &instance, is_removal);
	if (!each_row(data, size, find))
		return;
	assert(!*plan.owner_id || is_instance(plan.owner_id));
	/* In a group each has a set identifier of its own: its id. */
	is_ours = !*plan.owner_id || !strcmp(plan.owner_id, instance.id) ||
		  strcmp(routing, "simple") != 0;
	buf_wipe(&changes);
	if (fuzz_succeeded(plan_changes(&planning, false, &changes))) {
		assert(strlen(changes.data) <= BUF_LIMIT);
		/* What another owns stays. */
		assert(is_ours || !is_removal || !changes.len);
	} else {
		assert(errinfo.status == STATUS_TAKEN && !changes.len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;

	fuzz_open(NULL, 0);
	group(text, size);
	make_plan(text, size, "CREATE", "simple", false);
	make_plan(text, size, "UPSERT", "simple", false);
	make_plan(text, size, "CREATE", "weighted", false);
	make_plan(text, size, "CREATE", "simple", true);
	make_plan(text, size, "UPSERT", "multivalue", true);
	return 0;
}
