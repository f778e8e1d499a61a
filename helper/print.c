#include "print.h"

#include <string.h>
#include <unistd.h>

#include "build.h"
#include "errinfo.h"
#include "instance.h"
#include "options.h"
#include "outcome.h"
#include "plan.h"
#include "platform.h"
#include "text.h"

const char *print_program = "bootname";

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

int print_text(const char *text)
{
	return write_text(STDOUT_FILENO, text, strlen(text));
}

void print_text_of_stage(const char *text)
{
	if (!*text)
		return;
	buf_set(&out, "%s: %s: %s\n", print_program, errinfo.stage, text);
	(void)write_out(STDERR_FILENO);
}

static void add_line(const struct plan *plan, const struct plan_set *set)
{
	static struct buf value;
	bool is_dry = options.is_dry_run;
	const char *name = plan->instance->name;
	const char *address;

	buf_set(&value, "%s", plan_is_removal(plan) ? set->before : set->value);
	address = text_printable(value.data);
	if (set->state == PLAN_CHANGE)
		buf_addf(&out,
			 is_dry ? "would set %s to %s\n" : "setting %s to %s\n",
			 name, address);
	else if (set->state == PLAN_REMOVE)
		buf_addf(&out,
			 is_dry ? "would remove %s (%s)\n"
				: "removing %s (%s)\n",
			 name, address);
	else
		buf_addf(&out,
			 plan_is_removal(plan)
				 ? "%s (%s) is not ours: left alone\n"
				 : "%s is already %s\n",
			 name, address);
}

/* Whether a record set has a line. */
static bool has_line(const struct plan *plan, const struct plan_set *set)
{
	if (build_is_whole && plan->is_leftover)
		return set->state == PLAN_REMOVE;
	return plan_is_removal(plan) ? set->state != PLAN_NONE : *set->value;
}

static void add_lines(const struct plan *plan)
{
	size_t len = out.len;

	for (size_t i = 0; i < PLAN_OWNER; i++)
		if (has_line(plan, &plan->sets[i]))
			add_line(plan, &plan->sets[i]);
	if (out.len == len && plan_is_removal(plan) && !plan->is_leftover)
		buf_addf(&out, "%s is not there: nothing to remove\n",
			 plan->instance->name);
}

int print_result(void)
{
	errinfo.stage = "report";
	buf_wipe(&out);
	for (size_t i = 0; i < outcome.count; i++)
		add_lines(outcome.plans[i]);
	if (!outcome.count && !outcome.status)
		buf_addf(&out, "no settings and no tag dnsname: nothing to "
			       "do\n");
	return options.is_quiet || !out.len ? 0 : write_out(STDOUT_FILENO);
}

void print_failure(void)
{
	(void)text_printable(errinfo.text.data);
	if (build_is_whole && !outcome.status)
		outcome.first_error = errinfo;
	if (!outcome.status)
		outcome.status = errinfo.status;
	buf_set(&out, "%s: %s: %.4000s\n", print_program, errinfo.stage,
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
	add_word(print_program);
	add_word(": ");
	add_word(errinfo.stage);
	add_word(": ");
	add_word(message);
	add_word("\n");
	(void)write_text(STDERR_FILENO, last_words.data, last_words.len);
	if (!options.wants_json || options.is_quiet)
		return;
	buf_wipe(&last_words);
	add_word("{\"error\":{\"stage\":\"");
	add_word(errinfo.stage);
	add_word("\",\"code\":75,\"message\":\"");
	add_word(message);
	add_word("\"}}\n");
	(void)write_text(STDOUT_FILENO, last_words.data, last_words.len);
}

void print_overdue(int signal)
{
	static const char text[] = "bootname: deadline: passed\n";

	(void)signal;
	if (build_is_whole)
		end_with("the connection did not end at the deadline; what is "
			 "between this machine and the other side?");
	else
		(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(STATUS_DEADLINE);
}
