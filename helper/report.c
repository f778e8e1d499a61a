#include "report.h"

#include <string.h>
#include <unistd.h>

#include "errinfo.h"
#include "instance.h"
#include "plan.h"
#include "platform.h"
#include "xml.h"

bool report_quiet;
bool report_verbose;
bool report_dry_run;
bool report_wants_json;
const char *report_program = "bootname";
struct report report;
bool report_changed;
const char *report_zone_id;
char report_change_id[ROUTE53_CHANGE_ID_SIZE];
int64_t report_ms[STAGES];
struct errinfo report_first_error;

static struct buf out;

/* In one piece, so that lines stay whole. */
static int write_text(int stream, const char *text, size_t len)
{
	ssize_t written = write(stream, text, len);

	return written < 0 || (size_t)written < len
		       ? errinfo_set(STATUS_SYSTEM,
				     "standard output cannot be written")
		       : 0;
}

/* Write what was put together. */
static int write_out(int stream)
{
	if (write_text(stream, out.data, out.len))
		return -1;
	buf_wipe(&out);
	return 0;
}

int report_text(const char *text)
{
	return write_text(STDOUT_FILENO, text, strlen(text));
}

void report_text_of_stage(const char *text)
{
	if (!*text)
		return;
	buf_set(&out, "%s: %s: %s\n", report_program, errinfo.stage, text);
	(void)write_out(STDERR_FILENO);
}

char *report_printable(struct buf *text)
{
	for (char *c = text->data; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = *c == *XML_NEXT ? ' ' : '?';
	return text->data;
}

static void add_line(const struct plan *plan, const struct plan_set *set)
{
	static struct buf address;

	buf_set(&address, "%s", plan->is_removal ? set->before : set->value);
	buf_addf(&out,
		 set->state == PLAN_CHANGE ? report_dry_run
						     ? "would set %s to %s\n"
						     : "setting %s to %s\n"
		 : set->state == PLAN_REMOVE
			 ? report_dry_run ? "would remove %s (%s)\n"
					  : "removing %s (%s)\n"
		 : plan->is_removal ? "%s (%s) is not ours: left alone\n"
				    : "%s is already %s\n",
		 plan->instance->name, report_printable(&address));
}

static void add_lines(const struct plan *plan)
{
	size_t len = out.len;

	for (size_t i = 0; i < PLAN_OWNER; i++)
		if (platform_has_user && plan->is_leftover
			    ? plan->sets[i].state == PLAN_REMOVE
		    : plan->is_removal ? plan->sets[i].state != PLAN_NONE
				       : *plan->sets[i].value != '\0')
			add_line(plan, &plan->sets[i]);
	if (out.len == len && plan->is_removal && !plan->is_leftover)
		buf_addf(&out, "%s is not there: nothing to remove\n",
			 plan->instance->name);
}

int report_result(void)
{
	errinfo.stage = "report";
	buf_wipe(&out);
	for (size_t i = 0; i < report.count; i++)
		add_lines(report.plans[i]);
	if (!report.count && !report.status)
		buf_addf(&out, "no settings and no tag dnsname: nothing to "
			       "do\n");
	return report_quiet || !out.len ? 0 : write_out(STDOUT_FILENO);
}

void report_error(void)
{
	(void)report_printable(&errinfo.text);
	if (platform_has_user && !report.status)
		report_first_error = errinfo;
	if (!report.status)
		report.status = errinfo.status;
	buf_set(&out, "%s: %s: %.4000s\n", report_program, errinfo.stage,
		errinfo.text.data);
	(void)write_out(STDERR_FILENO);
}

/* ---- At a signal: only what is safe wherever it comes, so no printf. ---- */

static struct buf last_words;

static void add_word(const char *word)
{
	buf_add(&last_words, word, strlen(word));
}

static void end_with(const char *message)
{
	add_word(report_program);
	add_word(": ");
	add_word(errinfo.stage);
	add_word(": ");
	add_word(message);
	add_word("\n");
	(void)write_text(STDERR_FILENO, last_words.data, last_words.len);
	if (!report_wants_json || report_quiet)
		return;
	buf_wipe(&last_words);
	add_word("{\"error\":{\"stage\":\"");
	add_word(errinfo.stage);
	add_word("\",\"code\":75,\"message\":\"");
	add_word(message);
	add_word("\"}}\n");
	(void)write_text(STDOUT_FILENO, last_words.data, last_words.len);
}

void report_overdue(int signal)
{
	static const char text[] = "bootname: deadline: passed\n";

	(void)signal;
	if (platform_has_user)
		end_with("the connection did not end at the deadline; what is "
			 "between this machine and the other side?");
	else
		(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(STATUS_DEADLINE);
}
