#include "leftovers.h"

#include <string.h>

#include "build.h"
#include "errinfo.h"
#include "options.h"
#include "print.h"
#include "published.h"

/* A change may have been made, so that what was kept before is not right. */
static bool has_announced;

bool leftovers_read(struct records *records)
{
	published_read(records_first(records)->instance.id);
	return published_count;
}

static bool is_field(const struct published_set *set, size_t i,
		     const char *text)
{
	return !strcmp(set->field[i], text);
}

/* Whether a record's sets are those of a name and set identifier. */
static bool is_at(const struct record *record, const struct published_set *set)
{
	return is_field(set, PUBLISHED_ZONE, record->zone_id) &&
	       is_field(set, PUBLISHED_NAME, record->instance.name) &&
	       is_field(set, PUBLISHED_IDENTIFIER,
			plan_identifier(record->settings, &record->instance));
}

/* Whether a record is to have a set, or may be: its zone is not known. */
static bool is_wanted_by(const struct record *record,
			 const struct published_set *set)
{
	const struct instance *instance = &record->instance;
	bool is_ipv4 =
		is_field(set, PUBLISHED_TYPE, route53_type_names[TYPE_A]);

	if (instance->lacks_name ||
	    (is_ipv4 ? instance->lacks_ipv4 : instance->lacks_ipv6))
		return false;
	if (!*record->zone_id)
		return is_field(set, PUBLISHED_NAME, instance->name);
	return is_at(record, set) &&
	       is_field(set, PUBLISHED_ROUTING,
			record->settings->value[SETTING_ROUTING]);
}

/* The settings of a record with the role of a set, if there is one; without a
 * role any will do. */
static const struct settings *settings_of(struct records *records,
					  const struct published_set *set)
{
	bool has_role = !is_field(set, PUBLISHED_ROLE, "-");
	const char *role = has_role ? set->field[PUBLISHED_ROLE] : "";

	for (struct record *record = records_first(records); record;
	     record = records_next(records, record))
		if (settings_is(record->settings, SETTING_ROLE_ARN, role))
			return record->settings;
	return has_role ? NULL : records_first(records)->settings;
}

/* The record that removes a set, if there is one already. */
static struct record *remover_of(struct records *records,
				 const struct published_set *set)
{
	for (struct record *record = records_first_of_all(records); record;
	     record = records_next(records, record))
		if ((records_is_leftover(records, record) ||
		     (records_are_removed(records) && record->is_open)) &&
		    is_at(record, set))
			return record;
	return NULL;
}

/* Fill in the settings that remove a set, like those of a record. */
static void like(struct settings *settings, const struct settings *model,
		 const struct published_set *set)
{
	const char **value = settings->value;

	*settings = *model;
	if (is_field(set, PUBLISHED_ROLE, "-") && *value[SETTING_ROLE_ARN])
		value[SETTING_ROLE_ARN] = "";
	value[SETTING_TYPES] = "";
	value[SETTING_ROUTING] = set->field[PUBLISHED_ROUTING];
	value[SETTING_SET_IDENTIFIER] = set->field[PUBLISHED_IDENTIFIER];
}

static void add_leftover(struct records *records,
			 const struct published_set *set)
{
	static struct settings own[LEFTOVERS]; /* live as long as the records */
	const struct settings *model = settings_of(records, set);
	struct record *first = records_first(records);
	struct record *leftover;

	if (!model || records->leftover_count == LEFTOVERS)
		return;
	like(&own[records->leftover_count], model, set);
	leftover = first - ++records->leftover_count;
	leftover->settings = &own[records->leftover_count - 1];
	leftover->instance = (struct instance){.lacks_name = false};
	memcpy(leftover->instance.id, first->instance.id,
	       sizeof(first->instance.id));
	(void)dnsname_fold(leftover->instance.name, set->field[PUBLISHED_NAME]);
	route53_cut_id(leftover->zone_id, sizeof(leftover->zone_id),
		       set->field[PUBLISHED_ZONE]);
	leftover->plan.is_leftover = true;
	leftover->is_late = true;
	for (struct record *record = first; record;
	     record = records_next(records, record)) {
		leftover->plan.keeps_owner |=
			record->is_open && is_at(record, set);
		leftover->is_late &=
			!record->is_open || !record_is_beside(record, leftover);
	}
	leftover->is_open = !leftover->is_late;
}

void leftovers_find(struct records *records)
{
	for (struct record *record = records_first(records); record;
	     record = records_next(records, record))
		if (!record->is_learnt)
			return;
	for (size_t i = 0; i < published_count; i++) {
		struct published_set *set = &published_sets[i];

		set->is_unwanted = true;
		for (struct record *record = records_first(records); record;
		     record = records_next(records, record))
			set->is_unwanted &= records_are_removed(records) ||
					    !is_wanted_by(record, set);
		if (set->is_unwanted && !remover_of(records, set))
			add_leftover(records, set);
	}
}

/* What a record publishes, or has published; "" instead of a value: any. */
static void note(const struct record *record, bool is_done)
{
	const struct settings *settings = record->settings;
	const char *role = settings->value[SETTING_ROLE_ARN];
	struct published_set set = {
		.field = {[PUBLISHED_ZONE] = record->zone_id,
			  [PUBLISHED_NAME] = record->instance.name,
			  [PUBLISHED_IDENTIFIER] = plan_identifier(
				  settings, &record->instance)}};

	for (size_t i = 0; i < PLAN_OWNER; i++) {
		const char *value = record->plan.sets[i].value;
		bool is_set = !plan_is_removal(&record->plan) && *value;

		set.field[PUBLISHED_TYPE] = route53_type_names[i];
		set.field[PUBLISHED_VALUE] = NULL;
		set.field[PUBLISHED_ROUTING] = set.field[PUBLISHED_ROLE] = NULL;
		if (is_done && (is_set || plan_is_removal(&record->plan)))
			published_forget(set.field, !is_set);
		set.field[PUBLISHED_VALUE] = value;
		set.field[PUBLISHED_ROUTING] = settings->value[SETTING_ROUTING];
		set.field[PUBLISHED_ROLE] = *role ? role : "-";
		if (is_set)
			published_add(&set);
	}
}

void leftovers_note(const struct record *record)
{
	note(record, true);
}

void leftovers_announce(struct records *records)
{
	has_announced = true;
	if (!records_have_leftovers()) {
		published_keep_text("");
		return;
	}
	for (struct record *record = records_first(records); record;
	     record = records_next(records, record))
		if (record->is_open && record->is_planned)
			note(record, false);
	published_write(NULL);
}

bool leftovers_take(struct records *records, const struct record_set *set)
{
	enum record_type type = route53_type(set->type);
	bool is_owner = type == TYPE_TXT;
	static char folded[DNSNAME_SIZE];

	if (type > TYPE_TXT)
		return false;
	dnsname_from_route53(
		folded, set->name + (is_owner ? strlen(PLAN_OWNER_PREFIX) : 0));
	for (struct record *record = records_first_of_all(records);
	     records_is_leftover(records, record); record++)
		if (record->is_planned &&
		    record->plan.sets[type].state == PLAN_REMOVE &&
		    !strcmp(record->instance.name, folded) &&
		    !strcmp(plan_identifier(record->settings,
					    &record->instance),
			    set->identifier))
			return true;
	return false;
}

bool leftovers_go_from(struct records *records, const struct record *record)
{
	for (struct record *other = records_first_of_all(records);
	     records_is_leftover(records, other); other++)
		if (other->is_planned &&
		    !strcmp(other->instance.name, record->instance.name))
			return true;
	return false;
}

bool leftovers_take_zone(struct record *record)
{
	const char *zone_id = NULL;

	for (size_t i = 0; i < published_count; i++) {
		const struct published_set *set = &published_sets[i];

		if (!is_field(set, PUBLISHED_NAME, record->instance.name))
			continue;
		if (zone_id && !is_field(set, PUBLISHED_ZONE, zone_id))
			return false;
		zone_id = set->field[PUBLISHED_ZONE];
	}
	if (zone_id)
		route53_cut_id(record->zone_id, ROUTE53_ID_SIZE, zone_id);
	return zone_id;
}

/* ---- Those that wait for others. ---- */

void leftovers_make_late(struct records *records, struct record *first)
{
	for (struct record *record = first;
	     records_is_leftover(records, record); record++)
		if (record->is_open &&
		    (record == first || record_is_beside(record, first))) {
			record->is_planned = record->is_open = false;
			record->is_late = true;
		}
}

/* Whether the instance still has an address that a leftover stands for. */
static bool is_in_use(struct records *records, const struct record *leftover)
{
	for (size_t i = 0; i < published_count; i++) {
		const struct published_set *set = &published_sets[i];
		const char *value = set->field[PUBLISHED_VALUE];

		if (!set->is_unwanted || !is_at(leftover, set))
			continue;
		for (struct record *record = records_first(records); record;
		     record = records_next(records, record))
			if (!strcmp(value, record->instance.ipv4) ||
			    !strcmp(value, record->instance.ipv6))
				return true;
	}
	return false;
}

static void report_left_behind(const struct published_set *set)
{
	errinfo.stage = "record";
	(void)errinfo_set(STATUS_UNAVAILABLE,
			  "%s (%s) is left behind: role_arn is not %s any "
			  "more; set it again, or remove the record",
			  set->field[PUBLISHED_NAME],
			  set->field[PUBLISHED_VALUE],
			  set->field[PUBLISHED_ROLE]);
	print_failure();
}

/* What a record that failed has left without a name keeps the one that it had,
 * as long as that leads to it. */
void leftovers_open_late(struct records *records, bool has_failed)
{
	for (size_t i = 0; i < published_count; i++)
		if (published_sets[i].is_unwanted &&
		    !settings_of(records, &published_sets[i]))
			report_left_behind(&published_sets[i]);
	for (struct record *record = records_first_of_all(records);
	     records_is_leftover(records, record); record++)
		record->is_open = record->is_late &&
				  (records_are_removed(records) ||
				   !has_failed || !is_in_use(records, record));
}

void leftovers_keep(const struct buf *description, bool has_failed)
{
	if (options.is_dry_run || (has_failed && !has_announced))
		return;
	if (has_failed)
		description = NULL;
	if (build_is_whole)
		published_write(description);
	else
		published_keep_text(description ? description->data : "");
}
