#include "report.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "aws.h"
#include "errinfo.h"
#include "plan.h"

void report_progress(const struct report *report, const char *stage,
		     const char *text)
{
	if (report->verbose && *text)
		(void)fprintf(stderr, "bootname: %s: %s\n", stage, text);
}

/* Only an error may hold a quote, or its text come from a service. */
static void print_string(const char *text)
{
	(void)putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			(void)putchar('\\');
		(void)putchar(*text);
	}
	(void)putchar('"');
}

static void print_id(const char *name, const char *id)
{
	const char *quote = id ? "\"" : "";

	(void)printf(",\"%s\":%s%s%s", name, quote, id ? id : "null", quote);
}

static void print_json(const struct report *report)
{
	static const char *const booleans[] = {"false", "true"};
	const struct plan *plan = report->plan;
	const int64_t *ms = report->ms;

	(void)printf("{\"changed\":%s,\"dry_run\":%s",
		     booleans[report->changed], booleans[report->dry_run]);
	print_id("zone_id", report->zone_id);
	print_id("change_id", report->change_id);
	(void)printf(",\"records\":[");
	for (size_t i = 0; plan && i < plan->count; i++) {
		const struct plan_record *record = &plan->records[i];
		const char *quote = *record->before ? "\"" : "";

		(void)printf("%s{\"name\":\"%s\",\"type\":\"%s\",\"ttl\":%s,"
			     "\"values\":[\"%s\"],\"before\":",
			     i ? "," : "", record->set.name, record->set.type,
			     record->set.ttl, record->value);
		if (report->has_read)
			(void)printf("[%s%s%s]}", quote, record->before, quote);
		else
			(void)printf("null}");
	}
	(void)printf("],\"calls\":{\"imds\":%u,\"route53\":%u,\"ec2\":%u,"
		     "\"sts\":%u},\"ms\":{\"imds\":%" PRId64
		     ",\"zone\":%" PRId64 ",\"change\":%" PRId64
		     ",\"total\":%" PRId64 "}}\n",
		     report->imds_calls, report->aws_calls[AWS_ROUTE53],
		     report->aws_calls[AWS_EC2], report->aws_calls[AWS_STS],
		     ms[STAGE_IMDS], ms[STAGE_ZONE], ms[STAGE_CHANGE],
		     ms[STAGE_TOTAL]);
}

static void print_lines(const struct report *report)
{
	const struct plan *plan = report->plan;

	if (!plan)
		(void)puts("no settings and no tag dnsname: nothing to do");
	for (size_t i = 0; plan && i < plan->count; i++) {
		const struct plan_record *record = &plan->records[i];

		(void)printf(record->state == PLAN_KEEP ? "%s is already %s\n"
			     : report->dry_run		? "would set %s to %s\n"
							: "setting %s to %s\n",
			     record->set.name, record->value);
	}
}

int report_result(const struct report *report)
{
	if (report->quiet)
		return 0;
	if (report->json)
		print_json(report);
	else
		print_lines(report);
	if (fflush(stdout) || ferror(stdout))
		return errinfo_set(STATUS_SYSTEM,
				   "standard output cannot be written");
	return 0;
}

/* What a service said may hold anything. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

void report_error(const struct report *report)
{
	make_printable(errinfo.text);
	(void)fprintf(stderr, "bootname: %s: %s\n", errinfo.stage,
		      errinfo.text);
	if (!report->json || report->quiet)
		return;
	(void)printf("{\"error\":{\"stage\":\"%s\",\"code\":%d,\"message\":",
		     errinfo.stage, errinfo.status);
	print_string(errinfo.text);
	(void)puts("}}");
	(void)fflush(stdout);
}
