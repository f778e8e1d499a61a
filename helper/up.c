#include "up.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws.h"
#include "credentials.h"
#include "errinfo.h"
#include "http.h"
#include "imds.h"
#include "instance.h"
#include "plan.h"
#include "platform.h"
#include "report.h"
#include "route53.h"
#include "secret.h"
#include "settings.h"
#include "zone.h"

enum { PLANS_LIMIT = 5 }; /* plans made when others change the name too */

static struct settings settings;
static struct instance instance;
static struct hosted_zone zone;
static struct plan plan;
static char change_id[ROUTE53_CHANGE_ID_SIZE];
BUF(changes, 32768);

static int read_settings(const char *settings_file, const char *defaults_file)
{
	const char *cloud_config = getenv("BOOTNAME_CLOUD_CONFIG");

	errinfo.stage = "settings";
	settings_init(&settings);
	if (settings_file)
		return settings_read_file(&settings, settings_file);
	if (defaults_file && settings_read_file(&settings, defaults_file))
		return -1;
	return settings_read_cloud_config(&settings,
					  cloud_config && *cloud_config
						  ? cloud_config
						  : SETTINGS_CLOUD_CONFIG);
}

static int start(void)
{
	errinfo.stage = "metadata";
	if (http_open(settings.timeout_s) || imds_open())
		return -1;
	if (settings.proxy[0])
		aws.proxy = settings.proxy;
	if (settings.role_arn[0])
		aws.route53_identity = AWS_ASSUMED;
	aws.supply = credentials_supply;
	credentials.role_arn = settings.role_arn;
	credentials.external_id = settings.external_id;
	credentials.session_name = instance.id;
	return 0;
}

/* Returns 1 where there is nothing to publish. */
static int learn(const struct report *report)
{
	int rc;

	if (instance_identify(&instance))
		return -1;
	memcpy(aws.region, instance.region, sizeof(aws.region));
	report_progress(report, errinfo.stage, instance.id);
	errinfo.stage = "name";
	aws.is_patient = settings.found;
	rc = instance_learn_name(&instance, &settings);
	aws.is_patient = true;
	if (rc)
		return rc;
	report_progress(report, errinfo.stage, instance.name);
	errinfo.stage = "address";
	if (instance_learn_addresses(&instance, &settings))
		return -1;
	report_progress(report, errinfo.stage, instance.ipv4);
	report_progress(report, errinfo.stage, instance.ipv6);
	errinfo.stage = "credentials";
	return aws_authenticate();
}

static int on_record_set(const struct record_set *found)
{
	return plan_compare(&plan, &settings, found);
}

/* UPSERT needs no look at what is there: Route 53 itself refuses a CNAME and
 * another routing. */
static int make_plan(struct report *report)
{
	plan_wanted(&plan, &settings, &instance);
	report->plan = &plan;
	if (settings.action == ACTION_UPSERT)
		return 0;
	errinfo.stage = "record";
	report->has_read = true;
	return route53_list_record_sets(zone.id, instance.name, on_record_set);
}

/*
 * Plan and change; plan anew when the name moved in between.  A CREATE whose
 * answer was lost is refused at the next try, as existing: then the new plan
 * finds the record as wanted, and it was ours.
 */
static int change(struct report *report)
{
	bool was_sent[PLAN_RECORDS] = {false};
	BUF(comment, 64);

	buf_addf(&comment, "bootname %s", instance.id);
	for (unsigned i = 0; i < PLANS_LIMIT; i++) {
		if (make_plan(report))
			return -1;
		for (size_t j = 0; j < plan.count; j++) {
			struct plan_record *record = &plan.records[j];

			if (!was_sent[j] || record->state != PLAN_KEEP)
				continue;
			record->state = PLAN_DONE;
			record->before[0] = '\0';
			report->changed = true;
		}
		buf_clear(&changes);
		if (!plan_changes(&plan, &settings, &changes))
			return 0;
		report_progress(report, "change", changes.data);
		if (report->dry_run)
			return 0;
		errinfo.stage = "change";
		if (!route53_change_record_sets(zone.id, comment.data, &changes,
						change_id)) {
			report->changed = true;
			report->change_id = change_id;
			return 0;
		}
		if (errinfo.status != STATUS_TAKEN || !report->has_read)
			return -1;
		for (size_t j = 0; j < plan.count; j++)
			was_sent[j] |= plan.records[j].state == PLAN_CHANGE;
	}
	return -1;
}

static int attempt_insync(void)
{
	bool is_insync = false;

	if (route53_get_change(change_id, &is_insync))
		return -1;
	if (is_insync)
		return 0;
	(void)errinfo_set(STATUS_DEADLINE, "the change is still PENDING");
	return errinfo_again(AGAIN_LATER);
}

static int publish(struct report *report)
{
	int64_t started_ms = platform_now_ms();
	int64_t *ms = report->ms;
	int rc = learn(report);

	ms[STAGE_IMDS] = platform_now_ms() - started_ms;
	if (rc)
		return rc < 0 ? -1 : 0;
	errinfo.stage = "zone";
	rc = zone_find(&zone, &settings, instance.name);
	ms[STAGE_ZONE] = platform_now_ms() - started_ms - ms[STAGE_IMDS];
	if (rc)
		return -1;
	report->zone_id = zone.id;
	report_progress(report, errinfo.stage, zone.id);
	rc = change(report);
	if (!rc && report->change_id && settings.wait) {
		errinfo.stage = "wait";
		rc = http_persist(attempt_insync, 0);
	}
	ms[STAGE_CHANGE] = platform_now_ms() - started_ms - ms[STAGE_IMDS] -
			   ms[STAGE_ZONE];
	return rc;
}

int up(const char *settings_file, const char *defaults_file,
       struct report *report)
{
	int64_t started_ms = platform_now_ms();
	int rc = read_settings(settings_file, defaults_file) || start() ||
		 publish(report);

	report->imds_calls = imds_calls;
	report->aws_calls = aws.calls;
	report->ms[STAGE_TOTAL] = platform_now_ms() - started_ms;
	imds_close();
	aws_close();
	http_close();
	return rc ? -1 : 0;
}
