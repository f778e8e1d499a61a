/*
 * What the user sees: one line per record set, or what went wrong.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "platform.h"
#include "route53.h"

struct buf;
struct errinfo;
struct plan;

/* What time is told for; in this order. */
enum report_stage { STAGE_START, STAGE_IMDS, STAGE_ZONE, STAGE_CHANGE, STAGES };

/* What the user asks for.  Each stands for itself, so that a program that
 * never sets it has no code for it. */
extern bool report_quiet;   /* nothing on standard output */
extern bool report_verbose; /* progress on standard error */
extern bool report_dry_run;
extern bool report_wants_json;

enum { REPORT_PLANS = 8 };

/* What errors begin with. */
extern const char *report_program;

/* What came out, filled in by the command. */
struct report {
	const struct plan *plans[REPORT_PLANS]; /* carried out */
	size_t count;
	int status; /* of the first failure; 0: there was none */
};

extern struct report report;

/* More of it for JSON, each for itself too. */
extern bool report_changed;
extern const char *report_zone_id; /* NULL: none was changed */
extern char report_change_id[ROUTE53_CHANGE_ID_SIZE]; /* "": none was sent */
extern int64_t report_ms[STAGES]; /* when each ended; 0: it did not */

/* Note that a stage has ended. */
static inline void report_time(enum report_stage stage)
{
	if (platform_has_user)
		report_ms[stage] = platform_now_ms();
}

/* The first failure, where there is a user. */
extern struct errinfo report_first_error;

/*
 * Print a text on standard output.
 * Returns 0, or -1 with STATUS_SYSTEM where it cannot be written.
 */
int report_text(const char *text);

/* What a service said may hold anything: show what is no printable ASCII as
 * "?", and what separates values as a blank.  Returns the text. */
char *report_printable(struct buf *text);

/* With -v: what came out of the stage, on standard error. */
void report_text_of_stage(const char *text);
static inline void report_progress(const char *text)
{
	if (report_verbose)
		report_text_of_stage(text);
}

/*
 * Print what came out, on standard output.
 * Returns 0, or -1 with STATUS_SYSTEM where it cannot be written.
 */
int report_result(void);

/* Print errinfo: one line on standard error; and remember the status, if it is
 * the first one. */
void report_error(void);

/*
 * End the program with STATUS_DEADLINE, and say so: the handler of SIGALRM,
 * which http.c lets come when libcurl does not return.
 */
__attribute__((noreturn)) void report_overdue(int signal);

#endif
