#include "publish.h"

#include <string.h>

#include "aws.h"
#include "build.h"
#include "ec2.h"
#include "errinfo.h"
#include "http.h"
#include "leftovers.h"
#include "options.h"
#include "platform.h"
#include "print.h"
#include "published.h"
#include "text.h"

enum {
	PLANS_LIMIT = 10,  /* plans made if others change the name too */
	PAGE = 20,	   /* record sets: what one name mostly has */
	PAGE_ROUTED = 300, /* each member of a group has its own */
	CHANGES_LIMIT = BUF_LIMIT - 300, /* bytes, with room for the frame */
};

/* The batch at hand.  Its texts are too large for the stack. */
static struct batch {
	struct records *records;
	struct record *first;
	unsigned plans;	       /* made for it so far */
	bool has_looked;       /* for one plan of the batch, or more */
	struct record *record; /* being planned */
	struct planning planning;
	struct record_set_place next; /* where the next page begins */
	struct buf changes;
	char change_id[ROUTE53_CHANGE_ID_SIZE];
} batch;

bool publish_is_beside(const struct record *record, const struct record *first)
{
	if (!record->is_open || record == first)
		return record->is_open;
	return (settings_has(SETTING_RECORDS) || records_have_leftovers()) &&
	       record_is_beside(record, first);
}

/* ---- Look. ---- */

static int on_record_set(const struct record_set *set, void *context)
{
	const struct batch *at = context;

	if (records_have_leftovers() && leftovers_take(at->records, set))
		return 0;
	return plan_found(&batch.planning, set);
}

/* Whether the owner record may stand behind the page: of the names below one
 * only those stand before it that begin with a digit and such. */
static bool is_cut(const char *name)
{
	static char next_name[DNSNAME_SIZE];
	const char *label;

	dnsname_from_route53(next_name, batch.next.name.data);
	if (*batch.record->plan.owner_id || !dnsname_in_zone(next_name, name))
		return false;
	if (!build_is_whole)
		return true; /* one look more does no harm */
	label = next_name + strlen(next_name) - strlen(name);
	if (label == next_name)
		return true;
	for (label--; label > next_name && label[-1] != '.'; label--)
		;
	return *label <= '_';
}

static int list_from(const char *name)
{
	const struct record *record = batch.record;
	bool is_simple = settings_routing(record->settings) == ROUTING_SIMPLE;

	route53_place_at(&batch.next, name);
	return route53_list_record_sets(record->zone_id, &batch.next,
					is_simple ? PAGE : PAGE_ROUTED,
					on_record_set, &batch);
}

/* Everything at the name, then its owner record: mostly on one page, since
 * names below one stand behind it. */
static int look(void)
{
	const struct record *record = batch.record;
	const char *name = record->instance.name;

	errinfo.stage = "record";
	if (list_from(name))
		return -1;
	if (!settings_has(SETTING_OWNER_RECORD) || !record->plan.minds_owner ||
	    !is_cut(name))
		return 0;
	return list_from(batch.planning.owner_name.data);
}

/* ---- Plan. ---- */

/*
 * Ask EC2 whether the owner found has lost its claim to the name.
 * Returns 0; 1 if it has not; or -1 as aws_call.
 */
static int ask_for_owner(struct record *record)
{
	static struct buf state;
	enum { TERMINATED, SHUTTING_DOWN, UNKNOWN, STOPPED };
	const struct plan *plan = &record->plan;
	enum take_over take_over = settings_take_over(record->settings);
	unsigned now;

	if (ec2_describe_instance(plan->owner_id, plan->owner_region, &state))
		return -1;
	now = text_place(state.data,
			 "terminated shutting-down unknown stopped ");
	record->doubt = NO_DOUBT;
	if (now == UNKNOWN)
		record->doubt = OWNER_IS_UNKNOWN;
	if (now == STOPPED)
		record->doubt = OWNER_IS_STOPPED;
	return now > STOPPED ||
	       (now == STOPPED && take_over != TAKE_OVER_STOPPED);
}

static void start_plan(struct record *record)
{
	struct records *records = batch.records;
	bool is_removal =
		records_are_removed(records) ||
		(records_have_leftovers() && record->plan.is_leftover);

	batch.record = record;
	record->plan.zone_id = record->zone_id;
	if (records_have_leftovers() && is_removal)
		record->plan.has_published = published_has;
	plan_start(&batch.planning, &record->plan, record->settings,
		   &record->instance, is_removal);
	/* What is deleted in the same batch can only be created after it. */
	if (records_have_leftovers() && leftovers_go_from(records, record))
		record->plan.wants_to_read = true;
}

static void cut_changes(size_t len)
{
	batch.changes.len = len;
	batch.changes.data[len] = '\0';
}

/* Whether all is still as it was published, for a plan that does not have to
 * read.  If that cannot be told, the plan does what it always does. */
static int look_again(struct record *record)
{
	size_t len = batch.changes.len;
	int rc;

	record->plan.wants_to_read = true;
	rc = look();
	if (!rc && !plan_changes(&batch.planning, false, &batch.changes) &&
	    batch.changes.len == len)
		return 0;
	cut_changes(len);
	start_plan(record);
	return !rc || errinfo.status == STATUS_TAKEN ||
			       errinfo.status == STATUS_DENIED
		       ? 1
		       : -1;
}

/* EC2 is asked for the owner found only if that could change the plan. */
static int make_plan(struct record *record)
{
	const struct plan *plan = &record->plan;
	int rc;

	record->doubt = NO_DOUBT;
	start_plan(record);
	if (records_have_leftovers() && batch.records->is_look &&
	    !plan->wants_to_read) {
		rc = look_again(record);
		if (rc <= 0)
			return rc;
	}
	if (plan->wants_to_read) {
		batch.has_looked = true;
		if (look())
			return -1;
	}
	if (!plan_changes(&batch.planning, false, &batch.changes))
		return 0;
	if (errinfo.status != STATUS_TAKEN ||
	    settings_take_over(record->settings) == TAKE_OVER_NEVER ||
	    !plan_may_ask_ec2(plan))
		return -1;
	rc = ask_for_owner(record);
	return rc < 0 ? -1 : plan_changes(&batch.planning, !rc, &batch.changes);
}

int publish_plan(struct records *records, struct record *record,
		 const struct buf **changes)
{
	record_use_role(record->settings);
	batch.records = records;
	buf_wipe(&batch.changes);
	*changes = &batch.changes;
	return make_plan(record);
}

/* Plan for as many as one batch holds. */
static int plan_batch(void)
{
	buf_wipe(&batch.changes);
	batch.has_looked = false;
	for (struct record *record = batch.first; record;
	     record = records_next(batch.records, record)) {
		size_t len = batch.changes.len;

		record->is_planned = false;
		if (!publish_is_beside(record, batch.first))
			continue;
		if (make_plan(record))
			return -1;
		record->is_planned = true;
		if (!settings_has(SETTING_RECORDS) || !len ||
		    batch.changes.len < CHANGES_LIMIT)
			continue;
		record->is_planned = false;
		cut_changes(len);
		break;
	}
	return 0;
}

/* ---- Send. ---- */

/* One that EC2 does not know may be young, also if EC2 has known it before: that
 * counts if it is so seconds later.  Returns as ask_for_owner. */
static int ask_again(struct record *record)
{
	bool was_unknown;
	int rc;

	do {
		was_unknown = record->doubt == OWNER_IS_UNKNOWN;
		if (was_unknown)
			http_sleep_ms(EC2_SETTLES_MS);
		rc = ask_for_owner(record);
	} while (!rc && record->doubt == OWNER_IS_UNKNOWN && !was_unknown);
	return rc;
}

static int owner_runs(const struct record *record)
{
	(void)errinfo_set(STATUS_TAKEN, "%s is taken: its owner runs again",
			  record->instance.name);
	return errinfo_retry(AGAIN_LATER);
}

/*
 * Ask once more for owners that may have come back since the plan was made:
 * an instance that was started again, or one so young that EC2 did not know it
 * everywhere.  Its record may be the same to the byte, with an Elastic IP, so
 * that the batch would not notice.
 * Returns 0, or -1: STATUS_TAKEN if one has come back, else as aws_call.
 */
static int confirm(void)
{
	for (struct record *record = batch.first; record;
	     record = records_next(batch.records, record)) {
		int rc;

		if (!record->is_planned || record->doubt == NO_DOUBT)
			continue;
		rc = ask_again(record);
		if (rc < 0)
			return -1;
		if (rc)
			return owner_runs(record);
	}
	return 0;
}

/* Whether the batch takes a name from an owner that may come back. */
static bool is_doubtful(void)
{
	for (struct record *record = batch.first; record;
	     record = records_next(batch.records, record))
		if (record->is_planned && record->doubt != NO_DOUBT)
			return true;
	return false;
}

/* What EC2 has said of such an owner holds for one try: before the next one it
 * is asked again. */
static int send_batch(void)
{
	const struct record *first = batch.first;

	if (settings_has(SETTING_TAKE_OVER) && confirm())
		return -1;
	if (!build_is(BUILD_BOOT))
		leftovers_announce(batch.records);
	errinfo.stage = "change";
	if (route53_change_record_sets(
		    first->zone_id, first->instance.id, &batch.changes,
		    settings_has(SETTING_TAKE_OVER) && is_doubtful(),
		    batch.change_id))
		return -1;
	outcome_changed();
	if (build_is_whole)
		memcpy(outcome.change_id, batch.change_id,
		       sizeof(batch.change_id));
	return 0;
}

/* What failed for the moment has no limit but the deadline. */
static bool is_last_plan(void)
{
	return batch.plans >= PLANS_LIMIT &&
	       !(settings_has(SETTING_TAKE_OVER) &&
		 errinfo.status == STATUS_DEADLINE);
}

/*
 * Plan and change.  Another try may help if a name has moved in between.  A
 * change whose answer was lost is refused at the next try, as made already:
 * then the new plan finds all as wanted, and it was ours.
 */
static int attempt_change(void *context)
{
	int rc;

	(void)context;
	if (plan_batch())
		return -1;
	if (!batch.changes.len) {
		if (batch.plans)
			outcome_changed();
		return 0;
	}
	batch.plans++;
	errinfo.stage = "change";
	print_progress(batch.changes.data);
	if (options.is_dry_run)
		return 0;
	rc = send_batch();
	if (rc && (!batch.has_looked || is_last_plan()))
		errinfo.again = AGAIN_NEVER;
	return rc;
}

/* ---- Wait. ---- */

static int attempt_insync(void *context)
{
	bool is_insync = false;

	(void)context;
	if (route53_get_change(batch.change_id, &is_insync))
		return -1;
	if (is_insync)
		return 0;
	(void)errinfo_set(STATUS_DEADLINE, "the change is still PENDING");
	return errinfo_retry(AGAIN_LATER);
}

int publish_batch(struct records *records, struct record *first)
{
	record_use_role(first->settings);
	batch.records = records;
	batch.first = first;
	batch.plans = 0;
	batch.change_id[0] = '\0';
	/* A plan that is made again waits as a call that is sent again does, so
	 * that many who want one name do not use up the account's requests. */
	if (http_persist(attempt_change, NULL))
		return -1;
	if (!*batch.change_id || !settings_wait(first->settings))
		return 0;
	errinfo.stage = "wait";
	return http_persist(attempt_insync, NULL);
}
