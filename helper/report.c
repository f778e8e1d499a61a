#include "report.h"

#include <unistd.h>

#include "errinfo.h"
#include "plan.h"
#include "xml.h"

bool report_quiet;
bool report_verbose;
bool report_dry_run;
struct report report;

static struct buf out;

/* Write what was put together; in one piece, so that lines stay whole. */
static int write_out(int stream)
{
	ssize_t written = write(stream, out.data, out.len);

	if (written < 0 || (size_t)written < out.len)
		return errinfo_set(STATUS_SYSTEM,
				   "standard output cannot be written");
	buf_wipe(&out);
	return 0;
}

int report_text(const char *text)
{
	buf_set(&out, "%s", text);
	return write_out(STDOUT_FILENO);
}

void report_stage(const char *stage, const char *result)
{
	if (report_verbose && *result) {
		buf_set(&out, "bootname: %s: %s\n", errinfo.stage, result);
		(void)write_out(STDERR_FILENO);
	}
	errinfo.stage = stage;
}

static void add_lines(void)
{
	const struct plan *plan = report.plan;

	if (!plan)
		buf_addf(&out, "no settings and no tag dnsname: nothing to "
			       "do\n");
	for (size_t i = 0; plan && i < plan->count; i++) {
		const struct plan_record *record = &plan->records[i];

		buf_addf(&out,
			 record->state == PLAN_KEEP ? "%s is already %s\n"
			 : report_dry_run	    ? "would set %s to %s\n"
						    : "setting %s to %s\n",
			 plan->name, record->value);
	}
}

int report_result(void)
{
	errinfo.stage = "report";
	buf_wipe(&out);
	add_lines();
	return report_quiet ? 0 : write_out(STDOUT_FILENO);
}

int report_error(void)
{
	int status = errinfo.status; /* a failure to write is another one */

	/* What a service said may hold anything. */
	for (char *c = errinfo.text.data; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = *c == *XML_NEXT ? ' ' : '?';
	buf_set(&out, "bootname: %s: %.4000s\n", errinfo.stage,
		errinfo.text.data);
	(void)write_out(STDERR_FILENO);
	return status;
}
