#include "up.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errinfo.h"
#include "http.h"
#include "instance.h"
#include "plan.h"
#include "platform.h"
#include "report.h"
#include "retry.h"
#include "route53.h"
#include "session.h"
#include "zone.h"

enum {
	PLANS_LIMIT = 5,    /* plans made when others change the name too */
	BATCH_LIMIT = 8192, /* bytes */
};

struct run {
	struct session session;
	struct instance instance;
	struct hosted_zone zone;
	struct plan plan;
	struct buf batch;
	char change_id[ROUTE53_CHANGE_ID_SIZE];
	struct report *report;
};

/* What the instance is, what it is to be called, and where it is. */
static int learn(struct run *run, struct errinfo *err)
{
	struct session *session = &run->session;
	struct instance *instance = &run->instance;
	const struct settings *settings = &session->settings;
	int rc;

	err->stage = "metadata";
	if (instance_identify(instance, &session->imds, err))
		return -1;
	memcpy(session->own.region, instance->region,
	       sizeof(session->own.region));
	memcpy(session->assumed.region, instance->region,
	       sizeof(session->assumed.region));
	report_progress(run->report, "metadata: %s in %s", instance->id,
			instance->region);
	err->stage = "name";
	session->patient = settings->found;
	rc = instance_learn_name(instance, settings, &session->imds,
				 &session->own, err);
	session->patient = true;
	if (rc)
		return rc;
	report_progress(run->report, "name: %s", instance->name);
	err->stage = "address";
	if (instance_learn_addresses(instance, settings, &session->imds, err))
		return -1;
	report_progress(run->report, "address: %s%s%s", instance->ipv4,
			*instance->ipv4 && *instance->ipv6 ? ", " : "",
			instance->ipv6);
	return 0;
}

static int compare(void *context, const struct record_set *found,
		   struct errinfo *err)
{
	struct run *run = context;

	return plan_compare(&run->plan, &run->session.settings, found, err);
}

/* UPSERT needs no look at what is there: Route 53 itself refuses a CNAME and
 * another routing. */
static int make_plan(struct run *run, struct errinfo *err)
{
	const struct settings *settings = &run->session.settings;
	char comment[64];

	plan_release(&run->plan);
	plan_init(&run->plan);
	if (plan_wanted(&run->plan, settings, &run->instance, err))
		return -1;
	if (settings->action == ACTION_CREATE) {
		err->stage = "record";
		run->plan.has_read = true;
		if (route53_list_record_sets(run->session.dns, run->zone.id,
					     run->instance.name, compare, run,
					     err))
			return -1;
	}
	plan_changes(&run->plan, settings);
	(void)snprintf(comment, sizeof(comment), "bootname %s",
		       run->instance.id);
	buf_clear(&run->batch);
	route53_change_batch(&run->batch, comment, run->plan.changes,
			     run->plan.change_count);
	return buf_check(&run->batch, "change batch", err);
}

/*
 * Plan and change; plan anew when the name moved in between.  A CREATE whose
 * answer was lost is refused at the next try, as existing: then the new plan
 * finds the record as wanted, and it was ours.
 */
static int change(struct run *run, struct errinfo *err)
{
	bool refused = false;

	for (unsigned i = 0;; i++) {
		if (make_plan(run, err))
			return -1;
		if (run->report->dry_run || !run->plan.change_count)
			break;
		err->stage = "change";
		if (!route53_change_record_sets(run->session.dns, run->zone.id,
						&run->batch, run->change_id,
						err)) {
			run->report->changed = true;
			run->report->change_id = run->change_id;
			return 0;
		}
		if (err->status != STATUS_TAKEN || !run->plan.has_read ||
		    i == PLANS_LIMIT)
			return -1;
		errinfo_clear(err);
		refused = true;
	}
	run->report->changed = refused;
	for (size_t i = 0; refused && i < run->plan.record_count; i++)
		run->plan.records[i].is_there = false;
	return 0;
}

/* Until every name server of Route 53 has the change. */
static int wait_insync(struct run *run, struct errinfo *err)
{
	struct http *http = run->session.http;
	struct retry retry = {0};
	bool is_insync = false;

	err->stage = "wait";
	for (;;) {
		if (route53_get_change(run->session.dns, run->change_id,
				       &is_insync, err))
			return -1;
		if (is_insync)
			return 0;
		errinfo_set(err, STATUS_TEMPORARY,
			    "the change is accepted but still PENDING");
		if (http_wait(http, &retry, RETRY_SERVICE, err))
			return -1;
	}
}

static int publish(struct run *run, struct errinfo *err)
{
	struct session *session = &run->session;
	struct report *report = run->report;
	int64_t started_ms = platform_monotonic_ms();
	int rc = learn(run, err);

	/* Credentials are metadata too, and have a stage of their own. */
	if (!rc && !session->own.secret.access_key_id[0])
		rc = session->own.refresh(session, &session->own.secret, err);
	report->ms[STAGE_IMDS] = platform_monotonic_ms() - started_ms;
	if (rc > 0)
		report->nothing = "no settings and no tag dnsname: nothing to "
				  "do";
	if (rc)
		return rc < 0 ? -1 : 0;

	err->stage = "zone";
	started_ms = platform_monotonic_ms();
	if (zone_find(&run->zone, &session->settings, run->instance.name,
		      session->dns, err))
		return -1;
	report->ms[STAGE_ZONE] = platform_monotonic_ms() - started_ms;
	report->zone_id = run->zone.id;
	report_progress(report, "zone: %s %s", run->zone.id, run->zone.name);

	started_ms = platform_monotonic_ms();
	rc = change(run, err);
	report_progress(report, "change: %s", buf_text(&run->batch));
	report->plan = &run->plan;
	if (!rc && session->settings.wait && report->change_id)
		rc = wait_insync(run, err);
	report->ms[STAGE_CHANGE] = platform_monotonic_ms() - started_ms;
	return rc;
}

static void count_calls(struct report *report, const struct session *session)
{
	const unsigned *own = session->own.calls;
	const unsigned *assumed = session->assumed.calls;

	report->imds_calls = session->imds.calls;
	report->route53_calls = own[AWS_ROUTE53] + assumed[AWS_ROUTE53];
	report->ec2_calls = own[AWS_EC2];
	report->sts_calls = own[AWS_STS];
}

int up(const struct up_options *options, struct report *report,
       struct errinfo *err)
{
	int64_t started_ms = platform_monotonic_ms();
	struct run *run = calloc(1, sizeof(*run));
	int rc;

	err->stage = "settings";
	if (!run)
		return errinfo_no_memory(err);
	run->report = report;
	run->batch.limit = BATCH_LIMIT;
	plan_init(&run->plan);
	rc = session_open(&run->session, options->settings_file,
			  options->defaults_file, err);
	if (!rc)
		rc = publish(run, err);
	count_calls(report, &run->session);
	report->total_ms = platform_monotonic_ms() - started_ms;
	if (!rc) {
		err->stage = "report";
		rc = report_result(report, err);
	}
	plan_release(&run->plan);
	buf_release(&run->batch);
	session_close(&run->session);
	free(run);
	return rc;
}
