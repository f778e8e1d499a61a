#include "run.h"

#include <string.h>

#include "build.h"
#include "errinfo.h"
#include "interfaces.h"
#include "leftovers.h"
#include "options.h"
#include "print.h"
#include "publish.h"
#include "published.h"
#include "zone.h"

/* ---- What each record is to be. ---- */

/* Returns 1 if there is nothing to publish. */
static int learn(struct record *record, bool is_removal)
{
	struct instance *instance = &record->instance;
	int rc;

	print_progress(instance->id);
	errinfo.stage = "name";
	rc = instance_learn_name(instance, record->settings);
	if (rc)
		return rc;
	print_progress(instance->name);
	errinfo.stage = "address";
	rc = instance_learn_addresses(instance, record->settings);
	if (build_is_whole && rc && !is_removal &&
	    errinfo.status == STATUS_UNAVAILABLE)
		interfaces_explain(instance, record->settings);
	print_progress(instance->ipv4);
	print_progress(instance->ipv6);
	return is_removal && errinfo.status == STATUS_UNAVAILABLE ? 0 : rc;
}

/* Whether it is a fact what a record is to be, after learn has failed. */
static bool lacks(const struct instance *instance)
{
	return instance->lacks_name ||
	       (errinfo.status == STATUS_UNAVAILABLE &&
		(instance->lacks_ipv4 || instance->lacks_ipv6));
}

/* Learn name and addresses of each record.  Returns whether there are records
 * to go on with, or what this boot has published before: without settings and
 * tag there are none. */
static bool learn_all(struct records *records)
{
	bool has_published =
		records_have_leftovers() && leftovers_read(records);
	bool is_any = has_published;

	for (struct record *record = records_first(records); record;
	     record = records_next(records, record)) {
		int rc = learn(record, records_are_removed(records));

		record->is_open = !rc;
		record->is_learnt = records_have_leftovers() &&
				    (!rc || lacks(&record->instance));
		is_any |= !rc;
		/* What it has published is all that is to be removed. */
		if (rc < 0 && !(has_published && records_are_removed(records) &&
				record->instance.lacks_name))
			print_failure();
	}
	return is_any;
}

/* ---- Whether this boot has published the same already. ---- */

/* All that the records depend on; too large for the stack. */
static struct buf description;

static bool is_published(struct records *records)
{
	buf_wipe(&description);
	for (struct record *record = records_first(records); record;
	     record = records_next(records, record)) {
		const struct instance *instance = &record->instance;

		/* Those in user-data stay as they are until the next boot. */
		for (size_t i = 0; build_is_whole && i < SETTINGS; i++)
			buf_addf(&description, "%s\n",
				 record->settings->value[i]);
		buf_addf(&description, "%s\n%s\n%s\n%s\n", instance->region,
			 instance->name, instance->ipv4, instance->ipv6);
		if (!record->is_open)
			return false;
	}
	return build_is_whole ? published_is(&description)
			      : published_is_text(description.data);
}

/* Take all records for published, exactly so. */
static void keep(struct records *records)
{
	for (struct record *record = records_first(records); record;
	     record = records_next(records, record)) {
		plan_keep(&record->plan, record->settings, &record->instance);
		outcome_add(&record->plan);
	}
}

/* ---- The zone of each record. ---- */

/* Whether the record before has found the zone already: the zone is named, by
 * the very same texts of the settings. */
static bool take_known_zone(struct records *records, struct record *record)
{
	static const enum setting named_by[] = {
		SETTING_ZONE, SETTING_ZONE_ID, SETTING_VISIBILITY,
		SETTING_ADDRESS, SETTING_ROLE_ARN};
	const char *const *value = record->settings->value;
	const struct record *former = record - 1;

	if (record == records_first(records) || !*value[SETTING_ZONE] ||
	    !former->is_open)
		return false;
	for (size_t i = 0; i < sizeof(named_by) / sizeof(*named_by); i++)
		if (value[named_by[i]] != former->settings->value[named_by[i]])
			return false;
	memcpy(record->zone_id, former->zone_id, sizeof(record->zone_id));
	return true;
}

static int find_zone(struct records *records, struct record *record)
{
	int rc;

	/* Else with the first call. */
	if (build_is_whole && run_authenticate(record, false))
		return -1;
	record_use_role(record->settings);
	outcome_time(STAGE_IMDS);
	errinfo.stage = "zone";
	if (records_have_leftovers() && records->is_look &&
	    leftovers_take_zone(record))
		return 0;
	if (settings_has(SETTING_RECORDS) && take_known_zone(records, record))
		return 0;
	rc = zone_find(record->zone_id, record->settings, &record->instance);
	outcome_time(STAGE_ZONE);
	if (!rc)
		print_progress(record->zone_id);
	return rc;
}

/* Returns -1 if two of the records are to have one name. */
static int find_zones(struct records *records)
{
	for (struct record *record = records_first(records); record;
	     record = records_next(records, record))
		if (record->is_open && find_zone(records, record)) {
			record->is_open = false;
			print_failure();
		}
	if (build_is_whole && records_refuse_placed_alike(records)) {
		print_failure();
		return -1;
	}
	return 0;
}

/* ---- Change, batch by batch. ---- */

/* The records of the batch at hand are done; or after a failure all that go into
 * the batches of its first one. */
static void close_records(struct records *records, const struct record *first,
			  bool has_failed)
{
	for (struct record *record = records_first_of_all(records); record;
	     record = records_next(records, record)) {
		if (!publish_is_beside(record, first) ||
		    (!has_failed && !record->is_planned))
			continue;
		record->is_open = false;
		if (has_failed)
			continue;
		if (records_have_leftovers())
			leftovers_note(record);
		outcome_add(&record->plan);
		if (build_is_whole && !outcome.zone_id)
			outcome.zone_id = record->zone_id;
	}
}

/* After a failure without a remedy: what was published in a zone has gone with
 * it. */
static void forget_gone(struct records *records, struct record *first)
{
	if (errinfo.status != STATUS_UNAVAILABLE)
		return;
	for (struct record *record = first;
	     records_is_leftover(records, record); record++)
		if (publish_is_beside(record, first))
			leftovers_note(record);
}

/*
 * Change a record and those beside it, as far as one batch holds them.
 * may_wait: leftovers that keep the records from it are tried again later.
 */
static void change_beside(struct records *records, struct record *first,
			  bool may_wait)
{
	int rc = publish_batch(records, first);

	/* The zone in which it was published is not there any more. */
	if (records_have_leftovers() && rc && records->is_look &&
	    errinfo.status == STATUS_UNAVAILABLE) {
		records->is_look = false;
		rc = find_zones(records) ? -1 : publish_batch(records, first);
	}
	if (records_have_leftovers() && rc && may_wait &&
	    records_is_leftover(records, first)) {
		leftovers_make_late(records, first);
		return;
	}
	if (rc)
		print_failure();
	if (records_have_leftovers() && rc)
		forget_gone(records, first);
	close_records(records, first, rc);
}

/* Remove what goes by itself, after the records. */
static void change_late(struct records *records, bool has_failed)
{
	leftovers_open_late(records, has_failed);
	for (struct record *first = records_first_of_all(records);
	     records_is_leftover(records, first); first++)
		if (first->is_open)
			change_beside(records, first, false);
}

static void change_all(struct records *records)
{
	bool has_failed;

	if (find_zones(records))
		return;
	if (records_have_leftovers())
		leftovers_find(records);
	for (struct record *first = records_first_of_all(records); first;
	     first = records_next(records, first))
		if (first->is_open)
			change_beside(records, first, true);
	has_failed = outcome.status;
	if (records_have_leftovers())
		change_late(records, has_failed);
	if (!build_is(BUILD_BOOT))
		leftovers_keep(records_are_removed(records) ? NULL
							    : &description,
			       has_failed);
	outcome_time(STAGE_CHANGE);
}

/* ---- The commands. ---- */

static struct records records; /* too large for the stack */

void run_up(const struct sources *sources, bool if_changed)
{
	if (run_open(&records, sources)) {
		print_failure();
	} else if (learn_all(&records)) {
		bool is_same = !build_is(BUILD_BOOT) && is_published(&records);

		records.is_look = is_same && if_changed;
		if (records.is_look && !(build_is_whole && published_is_due()))
			keep(&records);
		else
			change_all(&records);
	}
	run_close();
}

void run_down(const struct sources *sources)
{
	records.is_removal = true;
	if (run_open(&records, sources))
		print_failure();
	else if (learn_all(&records))
		change_all(&records);
	run_close();
}
