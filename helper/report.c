#include "report.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "errinfo.h"
#include "plan.h"

void report_progress(const struct report *report, const char *format, ...)
{
	va_list args;

	if (!report->verbose)
		return;
	va_start(args, format);
	(void)fputs("bootname: ", stderr);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
}

/* The texts are printable ASCII throughout: names, addresses, errors. */
static void print_string(const char *text, size_t len)
{
	(void)putchar('"');
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '"' || text[i] == '\\')
			(void)putchar('\\');
		(void)putchar(text[i]);
	}
	(void)putchar('"');
}

static void print_member(const char *name, const char *text)
{
	(void)printf("\"%s\":", name);
	if (text)
		print_string(text, strlen(text));
	else
		(void)printf("null");
}

static void print_values(const char *name, const struct buf *values)
{
	const char *value = buf_text(values);

	(void)printf(",\"%s\":[", name);
	while (*value) {
		size_t len = strcspn(value, "\n");

		print_string(value, len);
		value += len + 1;
		if (*value)
			(void)putchar(',');
	}
	(void)putchar(']');
}

static void print_records(const struct plan *plan)
{
	for (size_t i = 0; plan && i < plan->record_count; i++) {
		const struct plan_record *record = &plan->records[i];

		(void)printf("%s{", i ? "," : "");
		print_member("name", record->set.name);
		(void)printf(",\"type\":\"%s\",\"ttl\":%ld", record->set.type,
			     record->set.ttl_s);
		print_values("values", &record->set.values);
		if (plan->has_read)
			print_values("before", &record->before);
		else
			(void)printf(",\"before\":null");
		(void)putchar('}');
	}
}

static void print_json(const struct report *report)
{
	(void)printf("{\"changed\":%s,\"dry_run\":%s,",
		     report->changed ? "true" : "false",
		     report->dry_run ? "true" : "false");
	print_member("zone_id", report->zone_id);
	(void)putchar(',');
	print_member("change_id", report->change_id);
	(void)printf(",\"records\":[");
	print_records(report->plan);
	(void)printf("],\"calls\":{\"imds\":%u,\"route53\":%u,\"ec2\":%u,"
		     "\"sts\":%u},\"ms\":{\"imds\":%" PRId64
		     ",\"zone\":%" PRId64 ",\"change\":%" PRId64
		     ",\"total\":%" PRId64 "}}\n",
		     report->imds_calls, report->route53_calls,
		     report->ec2_calls, report->sts_calls,
		     report->ms[STAGE_IMDS], report->ms[STAGE_ZONE],
		     report->ms[STAGE_CHANGE], report->total_ms);
}

static void print_lines(const struct report *report)
{
	const struct plan *plan = report->plan;

	if (report->nothing)
		(void)printf("%s\n", report->nothing);
	for (size_t i = 0; plan && i < plan->record_count; i++) {
		const struct plan_record *record = &plan->records[i];
		const char *value = buf_text(&record->set.values);

		if (record->is_there)
			(void)printf("%s is already %s", record->set.name,
				     value);
		else
			(void)printf("%s %s to %s",
				     report->dry_run ? "would set" : "setting",
				     record->set.name, value);
	}
}

int report_result(const struct report *report, struct errinfo *err)
{
	if (report->quiet)
		return 0;
	if (report->json)
		print_json(report);
	else
		print_lines(report);
	if (fflush(stdout) || ferror(stdout))
		return errinfo_set(err, STATUS_SYSTEM,
				   "standard output cannot be written");
	return 0;
}

void report_error(const struct report *report, const struct errinfo *err)
{
	(void)fprintf(stderr, "bootname: %s: %s\n", err->stage, err->text);
	if (!report->json || report->quiet)
		return;
	(void)printf("{\"error\":{");
	print_member("stage", err->stage);
	(void)printf(",\"code\":%d,", err->status);
	print_member("message", err->text);
	(void)printf("}}\n");
	(void)fflush(stdout);
}
