#include "up.h"

#include "aws.h"
#include "credentials.h"
#include "errinfo.h"
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

enum { PLANS_LIMIT = 5 }; /* plans made when others change the name too */

/* All that the records depend on. */
static struct {
	struct settings settings;
	struct instance instance;
} self;

static struct plan plan;
static char zone_id[ROUTE53_ID_SIZE];
static char change_id[ROUTE53_CHANGE_ID_SIZE];
static struct buf changes;

static int read_settings(const char *settings_file, const char *defaults_file)
{
	const char *cloud_config = platform_variable("BOOTNAME_CLOUD_CONFIG");

	settings_init(&self.settings);
	if (settings_file)
		return settings_read_file(&self.settings, settings_file);
	if (defaults_file && settings_read_file(&self.settings, defaults_file))
		return -1;
	return settings_read_cloud_config(&self.settings,
					  cloud_config ? cloud_config
						       : SETTINGS_CLOUD_CONFIG);
}

static int start(void)
{
	report_stage("metadata", "");
	if (http_open(settings_number(&self.settings, SETTING_TIMEOUT)) ||
	    imds_open())
		return -1;
	if (*self.settings.value[SETTING_PROXY])
		aws.proxy = self.settings.value[SETTING_PROXY];
	if (*self.settings.value[SETTING_ROLE_ARN])
		aws.route53_identity = AWS_ASSUMED;
	aws.supply = credentials_supply;
	aws.region = self.instance.region;
	credentials.role_arn = self.settings.value[SETTING_ROLE_ARN];
	credentials.external_id = self.settings.value[SETTING_EXTERNAL_ID];
	credentials.session_name = self.instance.id;
	return 0;
}

/* Returns 1 where there is nothing to publish. */
static int learn(void)
{
	int rc;

	if (instance_identify(&self.instance))
		return -1;
	aws.is_ipv6 = imds_is_ipv6;
	report_stage("name", self.instance.id);
	aws.is_patient = self.settings.found;
	rc = instance_learn_name(&self.instance, &self.settings);
	aws.is_patient = true;
	if (rc)
		return rc;
	report_stage("address", self.instance.name);
	rc = instance_learn_addresses(&self.instance, &self.settings);
	report_stage(errinfo.stage, self.instance.ipv4);
	report_stage(errinfo.stage, self.instance.ipv6);
	return rc;
}

static int on_record_set(const struct buf *row)
{
	return row[SET_ROW].len ? plan_compare(&plan, &self.settings, row) : 0;
}

/* UPSERT needs no look at what is there: Route 53 itself refuses a CNAME and
 * another routing. */
static int make_plan(void)
{
	plan_wanted(&plan, &self.settings, &self.instance);
	report.plan = &plan;
	if (settings_is(&self.settings, SETTING_ACTION, "UPSERT"))
		return 0;
	report_stage("record", "");
	report.has_read = true;
	return route53_list_record_sets(zone_id, self.instance.name,
					on_record_set);
}

/*
 * Plan and change; plan anew when the name moved in between.  A CREATE whose
 * answer was lost is refused at the next try, as existing: then the new plan
 * finds the record as wanted, and it was ours.
 */
static int change(void)
{
	for (unsigned i = 0; i < PLANS_LIMIT; i++) {
		if (make_plan())
			return -1;
		buf_wipe(&changes);
		if (!plan_changes(&plan, &self.settings, &changes)) {
			/* Ours, by the try before, whose answer was lost. */
			if (i)
				plan_wanted(&plan, &self.settings,
					    &self.instance);
			report.changed = i > 0;
			return 0;
		}
		report_stage("change", "");
		report_stage("change", changes.data);
		if (report_dry_run)
			return 0;
		if (!route53_change_record_sets(zone_id, self.instance.id,
						&changes, change_id)) {
			report.changed = true;
			report.change_id = change_id;
			return 0;
		}
		if (errinfo.status != STATUS_TAKEN || !report.has_read)
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

static int publish(void)
{
	int rc;

	report_stage("credentials", "");
	if (aws_authenticate())
		return -1;
	report.ms[STAGE_IMDS] = platform_now_ms();
	report_stage("zone", "");
	rc = zone_find(zone_id, &self.settings, self.instance.name);
	report.ms[STAGE_ZONE] = platform_now_ms();
	if (rc)
		return -1;
	report.zone_id = zone_id;
	report_stage("zone", zone_id);
	if (!report_dry_run)
		state_keep(&self, 0);
	rc = change();
	if (!rc && report.change_id &&
	    pattern_matches(self.settings.value[SETTING_WAIT], "^[TtYy]|n$")) {
		report_stage("wait", "");
		rc = http_persist(attempt_insync, 0);
	}
	report.ms[STAGE_CHANGE] = platform_now_ms();
	if (!rc && !report_dry_run)
		state_keep(&self, sizeof(self));
	return rc;
}

int up(const char *settings_file, const char *defaults_file, bool if_changed)
{
	int rc;

	report.ms[STAGE_START] = platform_now_ms();
	report_stage("settings", "");
	rc = read_settings(settings_file, defaults_file) || start() ? -1
								    : learn();
	if (!rc && if_changed && state_is(&self, sizeof(self))) {
		plan_wanted(&plan, &self.settings, &self.instance);
		report.plan = &plan;
		for (size_t i = 0; i < plan.count; i++)
			plan.records[i].state = PLAN_KEEP;
	} else if (!rc) {
		rc = publish();
	}
	imds_close();
	aws_close();
	http_close();
	return rc < 0 ? -1 : 0;
}
