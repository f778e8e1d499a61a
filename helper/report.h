/*
 * What the user sees: one line per record set, or one JSON object.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdbool.h>
#include <stdint.h>

struct plan;

enum report_stage { STAGE_IMDS, STAGE_ZONE, STAGE_CHANGE, STAGE_TOTAL, STAGES };

struct report {
	bool json;
	bool quiet;   /* nothing on standard output */
	bool verbose; /* progress on standard error */
	bool dry_run;

	/* What came out, filled in by the command. */
	bool changed;
	const char *zone_id;	 /* NULL: none was looked for */
	const char *change_id;	 /* NULL: no change was sent */
	const struct plan *plan; /* NULL: nothing to publish */
	bool has_read;		 /* the plan knows what was there before */
	unsigned imds_calls;
	const unsigned *aws_calls; /* by enum aws_service */
	int64_t ms[STAGES];	   /* time spent */
};

/*
 * Print a text on standard output.
 * Returns 0, or -1 with STATUS_SYSTEM where it cannot be written.
 */
int report_text(const char *text);

/* With -v: one line of progress on standard error. */
void report_progress(const struct report *report, const char *stage,
		     const char *text);

/*
 * Print what came out, on standard output.
 * Returns 0, or -1 with STATUS_SYSTEM where it cannot be written.
 */
int report_result(const struct report *report);

/* Print errinfo: one line on standard error; with -j also as JSON.  Returns
 * the exit status that it stands for. */
int report_error(const struct report *report);

#endif
