/*
 * The commands up and down, in the order of a boot.
 *
 * A record that fails does not keep the others from being published, unless
 * they are in the same batch; its failure is reported at once.
 */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>

#include "record.h"

/* Where the settings come from, apart from the user-data. */
struct sources {
	const char *settings_file; /* settings from here alone; or NULL */
	const char *defaults_file; /* under the user-data's; or NULL */
};

/*
 * Publish this instance's records.  What came out is in the outcome, and
 * failures are printed.
 * if_changed: do nothing if this boot has published the same already.
 */
void run_up(const struct sources *sources, bool if_changed);

/* Remove this instance's records, likewise: what is not ours stays. */
void run_down(const struct sources *sources);

/* ---- Step by step, for a look at what would be done. ---- */

/* All of the beginning: read the settings, start the clock, wait for other runs,
 * and learn which instance this is.  Returns 0, or -1 with errinfo filled in. */
int run_open(struct records *records, const struct sources *sources);

/* Read the settings.  Returns 0, or -1 with errinfo filled in. */
int run_read_settings(struct records *records, const struct sources *sources);

/*
 * Start the clock, and learn which instance this is: the records are there then.
 * Returns 0, or -1 with errinfo filled in.
 */
int run_identify(struct records *records);

/*
 * Get the credentials that a record's calls to Route 53 need.
 * once: try once, not until the deadline.
 * Returns as aws_authenticate.
 */
int run_authenticate(const struct record *record, bool once);

/* Wipe the secrets. */
void run_close(void);

#endif
