#include "records.h"

#include <string.h>

#include "aws.h"
#include "cloud_config.h"
#include "credentials.h"
#include "ec2.h"
#include "errinfo.h"
#include "feature.h"
#include "http.h"
#include "imds.h"
#include "instance.h"
#include "pattern.h"
#include "plan.h"
#include "platform.h"
#include "report.h"
#include "route53.h"
#include "settings.h"
#include "state.h"
#include "zone.h"

enum {
	PLANS_LIMIT = 10,  /* plans made when others change the name too */
	PAGE = 20,	   /* record sets: what one name mostly has */
	PAGE_ROUTED = 300, /* each member of a group has its own */
	CHANGES_LIMIT = BUF_LIMIT - 300, /* bytes, with room for the frame */
};

struct settings records_settings;
static bool is_removal;

static struct record records[SETTINGS_RECORDS];
static struct record *end = records;

struct record *records_first(void)
{
	return records;
}

struct record *records_after(struct record *record)
{
	record++;
	return feature_is_in(FEATURE_RECORDS) && record < end ? record : NULL;
}

static struct buf changes; /* of the zone at hand */
static char change_id[ROUTE53_CHANGE_ID_SIZE];

static int read_documents(const char *settings_file, const char *defaults_file)
{
	const char *cloud_config = platform_variable("BOOTNAME_CLOUD_CONFIG");

	settings_init(&records_settings);
	if (platform_has_user && settings_file)
		return settings_read_file(&records_settings, settings_file);
	if (platform_has_user && defaults_file &&
	    settings_read_file(&records_settings, defaults_file))
		return -1;
	return cloud_config_read(&records_settings,
				 cloud_config ? cloud_config
					      : CLOUD_CONFIG_FILE);
}

/* Somebody may have edited the settings beside the helper in user-data. */
static int check_features(void)
{
	for (const struct settings *next = &records_settings; next;
	     next = settings_next(next)) {
		const char *const *value = next->value;

		if ((!feature_is_in(FEATURE_CLAIM) &&
		     (*value[SETTING_ACTION] == 'C' ||
		      *value[SETTING_OWNER_RECORD])) ||
		    (!feature_is_in(FEATURE_ROLE) &&
		     *value[SETTING_ROLE_ARN]) ||
		    (!feature_is_in(FEATURE_ROUTING) &&
		     *value[SETTING_ROUTING] != 's') ||
		    (!feature_is_in(FEATURE_TAKE_OVER) &&
		     *value[SETTING_TAKE_OVER] != 'n') ||
		    (!feature_is_in(FEATURE_WAIT) && *value[SETTING_WAIT]) ||
		    (!feature_is_in(FEATURE_TEMPLATE) &&
		     strchr(value[SETTING_NAME], '{')))
			return errinfo_set(STATUS_SETTINGS,
					   "made for other "
					   "settings; make the user-data anew");
	}
	return 0;
}

int records_read_settings(const char *settings_file, const char *defaults_file)
{
	errinfo.stage = "settings";
	if (read_documents(settings_file, defaults_file))
		return -1;
	settings_complete(&records_settings);
	return check_features();
}

int records_identify(bool removal)
{
	struct settings *top = &records_settings;
	struct instance *instance = &records[0].instance;

	is_removal = feature_is_in(FEATURE_SERVICE) && removal;
	errinfo.stage = "metadata";
	if (http_open(settings_number(top, SETTING_TIMEOUT)) || imds_open() ||
	    instance_identify(instance))
		return -1;
	if (*top->value[SETTING_PROXY])
		aws.proxy = top->value[SETTING_PROXY];
	aws.supply = credentials_supply;
	aws.region = instance->region;
	aws.is_ipv6 = imds_is_ipv6;
	credentials.session_name = instance->id;
	for (struct settings *next = settings_next(top) ? top->next : top; next;
	     next = settings_next(next)) {
		if (removal) /* nothing comes any more */
			next->value[SETTING_GRACE] = "0";
		end->instance = *instance;
		end++->settings = next;
	}
	return 0;
}

int records_open(const char *settings_file, const char *defaults_file,
		 bool removal)
{
	report_time(STAGE_START);
	return records_read_settings(settings_file, defaults_file) ||
			       records_identify(removal)
		       ? -1
		       : 0;
}

/* Whose credentials the calls to Route 53 for a record are made with. */
static void use_role(const struct settings *settings)
{
	const char *role_arn = settings->value[SETTING_ROLE_ARN];

	if (!feature_is_in(FEATURE_ROLE))
		return;
	aws.route53_identity = *role_arn ? AWS_ASSUMED : AWS_INSTANCE;
	/* Records that leave it to the top have the very same text. */
	if (credentials.role_arn && role_arn != credentials.role_arn)
		aws_close();
	credentials.role_arn = role_arn;
	credentials.external_id = settings->value[SETTING_EXTERNAL_ID];
}

/* ---- Learning. ---- */

/* Returns 1 where there is nothing to publish. */
static int learn(struct record *record)
{
	struct instance *instance = &record->instance;
	int rc;

	report_progress(instance->id);
	errinfo.stage = "name";
	rc = instance_learn_name(instance, record->settings);
	if (rc)
		return rc;
	report_progress(instance->name);
	errinfo.stage = "address";
	rc = instance_learn_addresses(instance, record->settings);
	report_progress(instance->ipv4);
	report_progress(instance->ipv6);
	return is_removal && errinfo.status == STATUS_UNAVAILABLE ? 0 : rc;
}

bool records_learn(void)
{
	bool is_any = false;

	for (struct record *record = records; record;
	     record = records_after(record)) {
		int rc = learn(record);

		record->is_open = !rc;
		is_any |= !rc;
		if (rc < 0)
			report_error();
	}
	return is_any;
}

void records_describe(struct buf *text)
{
	for (struct record *record = records; record;
	     record = records_after(record)) {
		/* Those in user-data stay as they are until the next boot. */
		for (size_t i = 0; platform_has_user && i < SETTINGS; i++)
			buf_addf(text, "%s\n", record->settings->value[i]);
		buf_add(text, (const char *)&record->instance,
			sizeof(record->instance));
	}
}

void records_keep(void)
{
	for (struct record *record = records; record;
	     record = records_after(record)) {
		plan_start(&record->plan, record->settings, &record->instance,
			   false);
		report.plans[report.count++] = &record->plan;
	}
}

/* ---- Planning. ---- */

static struct plan *current;
static bool has_looked;		     /* for one plan of the batch, or more */
static char next_name[DNSNAME_SIZE]; /* where the next page begins */

static int on_record_set(const struct buf *row)
{
	dnsname_from_route53(next_name, row[SET_NEXT_NAME].data);
	return row[SET_ROW].len ? plan_found(current, row) : 0;
}

/* Whether the owner record may stand behind the page: of the names below one
 * only those stand before it that begin with a digit and such. */
static bool is_cut(const char *name)
{
	const char *label;

	if (*current->owner_id || !dnsname_in_zone(next_name, name))
		return false;
	if (!platform_has_user)
		return true; /* one look more does no harm */
	label = next_name + strlen(next_name) - strlen(name);
	if (label == next_name)
		return true;
	for (label--; label > next_name && label[-1] != '.'; label--)
		;
	return *label <= '_';
}

/* Everything at the name, then its owner record: mostly on one page, since
 * names below one stand behind it. */
static int look(const struct record *record)
{
	const char *name = record->instance.name;
	unsigned page = *record->settings->value[SETTING_ROUTING] == 's'
				? PAGE
				: PAGE_ROUTED;

	errinfo.stage = "record";
	if (route53_list_record_sets(record->zone_id, name, page,
				     on_record_set))
		return -1;
	if (!feature_is_in(FEATURE_CLAIM) || !current->minds_owner ||
	    !is_cut(name))
		return 0;
	return route53_list_record_sets(record->zone_id, plan_owner_name.data,
					page, on_record_set);
}

/* EC2 is asked for the owner found only where that could change the plan. */
static int make_plan(struct record *record)
{
	static struct buf state;
	/* never, gone or stopped */
	char take_over = *record->settings->value[SETTING_TAKE_OVER];

	current = &record->plan;
	plan_start(current, record->settings, &record->instance, is_removal);
	if (feature_is_in(FEATURE_CLAIM | FEATURE_SERVICE) &&
	    current->wants_to_read) {
		has_looked = true;
		if (look(record))
			return -1;
	}
	if (!plan_changes(current, false, &changes))
		return 0;
	if (!feature_is_in(FEATURE_TAKE_OVER))
		return -1;
	if (take_over == 'n' || !*current->owner_id)
		return -1;
	if (ec2_describe_instance(current->owner_id, current->owner_region,
				  &state))
		return -1;
	return plan_changes(
		current,
		pattern_place(state.data, "terminated shutting-down stopped ") <
			(take_over == 'g' ? 2 : 3),
		&changes);
}

/* ---- Changing, zone by zone. ---- */

/* Whether one is still open in the zone of another. */
static bool is_open_beside(const struct record *record,
			   const struct record *first)
{
	return record->is_open &&
	       (record == first || !strcmp(record->zone_id, first->zone_id));
}

/* Plan for as many as one batch holds. */
static int plan_zone(struct record *first)
{
	buf_wipe(&changes);
	has_looked = false;
	for (struct record *record = first; record;
	     record = records_after(record)) {
		size_t len = changes.len;

		record->is_planned = false;
		if (!is_open_beside(record, first))
			continue;
		if (make_plan(record))
			return -1;
		record->is_planned = true;
		if (!feature_is_in(FEATURE_RECORDS) || !len ||
		    changes.len < CHANGES_LIMIT)
			continue;
		record->is_planned = false;
		changes.len = len;
		changes.data[len] = '\0';
		break;
	}
	return 0;
}

/*
 * Plan and change; plan anew when a name moved in between.  A change whose
 * answer was lost is refused at the next try, as made already: then the new
 * plan finds all as wanted, and it was ours.
 */
static int change(struct record *first)
{
	for (unsigned i = 0; i < PLANS_LIMIT; i++) {
		if (plan_zone(first))
			return -1;
		if (!changes.len) {
			report_changed |= i > 0;
			return 0;
		}
		errinfo.stage = "change";
		report_progress(changes.data);
		if (report_dry_run)
			return 0;
		if (!route53_change_record_sets(first->zone_id,
						first->instance.id, &changes,
						change_id)) {
			report_changed = true;
			if (platform_has_user)
				memcpy(report_change_id, change_id,
				       sizeof(change_id));
			return 0;
		}
		if (errinfo.status != STATUS_TAKEN || !has_looked)
			return -1;
	}
	return -1;
}

static int attempt_insync(void)
{
	bool is_insync = false;

	if (route53_get_change(change_id, &is_insync))
		return -1;
	return is_insync ? 0
			 : errinfo_set(STATUS_DEADLINE | AGAIN_LATER,
				       "the change is still PENDING");
}

static int change_zone(struct record *first)
{
	use_role(first->settings);
	change_id[0] = '\0';
	if (feature_is_in(FEATURE_SERVICE) && !report_dry_run)
		state_keep("", 0);
	if (change(first))
		return -1;
	if (!feature_is_in(FEATURE_WAIT) || !*change_id ||
	    !settings_is_true(first->settings, SETTING_WAIT))
		return 0;
	errinfo.stage = "wait";
	return http_persist(attempt_insync);
}

/* Whether a record before has found the zone already: where that is named, by
 * the very same texts of the records_settings. */
static bool take_known_zone(struct record *record)
{
	static const enum setting named_by[] = {
		SETTING_ZONE, SETTING_ZONE_ID, SETTING_VISIBILITY,
		SETTING_ADDRESS, SETTING_ROLE_ARN};
	const char *const *value = record->settings->value;
	size_t same = 0;

	if (record == records || !*value[SETTING_ZONE])
		return false;
	while (same < sizeof(named_by) / sizeof(*named_by) &&
	       value[named_by[same]] ==
		       record[-1].settings->value[named_by[same]])
		same++;
	if (same < sizeof(named_by) / sizeof(*named_by) || !record[-1].is_open)
		return false;
	memcpy(record->zone_id, record[-1].zone_id, sizeof(record->zone_id));
	return true;
}

int records_authenticate(const struct record *record)
{
	use_role(record->settings);
	errinfo.stage = "credentials";
	return aws_authenticate();
}

int records_plan(struct record *record, const struct buf **planned)
{
	use_role(record->settings);
	buf_wipe(&changes);
	*planned = &changes;
	return make_plan(record);
}

static int find_zone(struct record *record)
{
	int rc;

	use_role(record->settings);
	/* Else with the first call. */
	if (platform_has_user && records_authenticate(record))
		return -1;
	report_time(STAGE_IMDS);
	errinfo.stage = "zone";
	if (feature_is_in(FEATURE_RECORDS) && take_known_zone(record))
		return 0;
	rc = zone_find(record->zone_id, record->settings,
		       record->instance.name);
	report_time(STAGE_ZONE);
	if (rc)
		return -1;
	report_progress(record->zone_id);
	return 0;
}

/* The records of the batch at hand are done; or after a failure all that stand
 * in its zone. */
static void close_records(const struct record *first, bool has_failed)
{
	for (struct record *record = records; record;
	     record = records_after(record)) {
		if (!is_open_beside(record, first) ||
		    (!has_failed && !record->is_planned))
			continue;
		record->is_open = false;
		if (has_failed)
			continue;
		report.plans[report.count++] = &record->plan;
		if (platform_has_user && !report_zone_id)
			report_zone_id = record->zone_id;
	}
}

void records_change(void)
{
	for (struct record *record = records; record;
	     record = records_after(record))
		if (record->is_open && find_zone(record)) {
			record->is_open = false;
			report_error();
		}
	for (struct record *first = records; first;
	     first = records_after(first)) {
		int rc;

		if (!first->is_open)
			continue;
		rc = change_zone(first);
		if (rc)
			report_error();
		close_records(first, rc);
	}
	report_time(STAGE_CHANGE);
}

void records_close(void)
{
	imds_close();
	aws_close();
	http_close();
}
