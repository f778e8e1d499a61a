/*
 * What the user sees: one line per record set, or what went wrong.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdint.h>

struct plan;

/* What time is told for; in this order. */
enum report_stage { STAGE_START, STAGE_IMDS, STAGE_ZONE, STAGE_CHANGE, STAGES };

/* What the user asks for.  Each stands for itself, so that a program that
 * never sets it has no code for it. */
extern bool report_quiet;   /* nothing on standard output */
extern bool report_verbose; /* progress on standard error */
extern bool report_dry_run;

/* What came out, filled in by the command. */
struct report {
	bool changed;
	const char *zone_id;	 /* NULL: none was looked for */
	const char *change_id;	 /* NULL: no change was sent */
	const struct plan *plan; /* NULL: nothing to publish */
	bool has_read;		 /* the plan knows what was there before */
	int64_t ms[STAGES];	 /* when each ended, on platform's clock; 0 */
};

extern struct report report;

/*
 * Print a text on standard output.
 * Returns 0, or -1 with STATUS_SYSTEM where it cannot be written.
 */
int report_text(const char *text);

/* Tell the stage of the run, which errors name; and with -v what came out of
 * the one before on standard error. */
void report_stage(const char *stage, const char *result);

/*
 * Print what came out, on standard output.
 * Returns 0, or -1 with STATUS_SYSTEM where it cannot be written.
 */
int report_result(void);

/* Print errinfo: one line on standard error.  Returns the exit status that it
 * stands for. */
int report_error(void);

#endif
