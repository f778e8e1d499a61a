#include "report.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "aws.h"
#include "buf.h"
#include "errinfo.h"
#include "plan.h"

BUF(out, 32768);

/* Write what was put together; in one piece, so that lines stay whole. */
static int write_out(int stream)
{
	ssize_t written = write(stream, out.data, out.len);

	if (written < 0 || (size_t)written < out.len)
		return errinfo_set(STATUS_SYSTEM,
				   "standard output cannot be written");
	buf_clear(&out);
	return 0;
}

int report_text(const char *text)
{
	buf_addf(&out, "%s", text);
	return write_out(STDOUT_FILENO);
}

void report_progress(const struct report *report, const char *stage,
		     const char *text)
{
	if (!report->verbose || !*text)
		return;
	buf_addf(&out, "bootname: %s: %s\n", stage, text);
	(void)write_out(STDERR_FILENO);
}

static void add_id(const char *name, const char *id)
{
	const char *quote = id ? "\"" : "";

	buf_addf(&out, ",\"%s\":%s%s%s", name, quote, id ? id : "null", quote);
}

static void add_json(const struct report *report)
{
	const struct plan *plan = report->plan;
	const int64_t *ms = report->ms;

	buf_addf(&out, "{\"changed\":%s,\"dry_run\":%s",
		 report->changed ? "true" : "false",
		 report->dry_run ? "true" : "false");
	add_id("zone_id", report->zone_id);
	add_id("change_id", report->change_id);
	buf_addf(&out, ",\"records\":[");
	for (size_t i = 0; plan && i < plan->count; i++) {
		const struct plan_record *record = &plan->records[i];
		const char *quote = *record->before ? "\"" : "";

		buf_addf(&out,
			 "%s{\"name\":\"%s\",\"type\":\"%s\",\"ttl\":%s,"
			 "\"values\":[\"%s\"],\"before\":",
			 i ? "," : "", record->set.name, record->set.type,
			 record->set.ttl, record->value);
		if (report->has_read)
			buf_addf(&out, "[%s%s%s]}", quote, record->before,
				 quote);
		else
			buf_addf(&out, "null}");
	}
	buf_addf(&out,
		 "],\"calls\":{\"imds\":%u,\"route53\":%u,\"ec2\":%u,"
		 "\"sts\":%u},\"ms\":{\"imds\":%" PRId64 ",\"zone\":%" PRId64
		 ",\"change\":%" PRId64 ",\"total\":%" PRId64 "}}\n",
		 report->imds_calls, report->aws_calls[AWS_ROUTE53],
		 report->aws_calls[AWS_EC2], report->aws_calls[AWS_STS],
		 ms[STAGE_IMDS], ms[STAGE_ZONE], ms[STAGE_CHANGE],
		 ms[STAGE_TOTAL]);
}

static void add_lines(const struct report *report)
{
	const struct plan *plan = report->plan;

	if (!plan)
		buf_addf(&out, "no settings and no tag dnsname: nothing to "
			       "do\n");
	for (size_t i = 0; plan && i < plan->count; i++) {
		const struct plan_record *record = &plan->records[i];
		bool is_kept = record->state == PLAN_KEEP;

		buf_addf(&out, "%s%s %s %s\n",
			 is_kept	   ? ""
			 : report->dry_run ? "would set "
					   : "setting ",
			 record->set.name, is_kept ? "is already" : "to",
			 record->value);
	}
}

int report_result(const struct report *report)
{
	if (report->quiet)
		return 0;
	if (report->json)
		add_json(report);
	else
		add_lines(report);
	return write_out(STDOUT_FILENO);
}

/* What a service said may hold anything. */
static void make_printable(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

int report_error(const struct report *report)
{
	int status = errinfo.status; /* a failure to write is another one */

	make_printable(errinfo.text);
	buf_clear(&out);
	buf_addf(&out, "bootname: %s: %s\n", errinfo.stage, errinfo.text);
	(void)write_out(STDERR_FILENO);
	if (!report->json || report->quiet)
		return status;
	buf_clear(&out);
	buf_addf(&out,
		 "{\"error\":{\"stage\":\"%s\",\"code\":%d,"
		 "\"message\":\"",
		 errinfo.stage, status);
	for (const char *c = errinfo.text; *c; c++)
		buf_addf(&out, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
	buf_addf(&out, "\"}}\n");
	(void)write_out(STDOUT_FILENO);
	return status;
}
