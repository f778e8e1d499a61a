/*
 * The records of a run: what each is to be, in which hosted zone, and the
 * change batch of each zone.
 *
 * A record that fails does not keep the others from being published, unless
 * they stand in the same zone; its failure is reported at once.
 */
#ifndef RECORDS_H
#define RECORDS_H

#include <stdbool.h>

struct buf;

/*
 * Read the settings, start the clock and learn which instance this is.
 * settings_file: settings from here alone; or NULL.
 * defaults_file: settings under the user-data's; or NULL.
 * is_removal: the records are to go; that they lack something is no failure.
 * Returns 0, or -1 with errinfo filled in.
 */
int records_open(const char *settings_file, const char *defaults_file,
		 bool is_removal);

/* Learn name and addresses of each record, from the metadata (and EC2, where
 * that has no tags).  Returns whether there are records to go on with: without
 * settings and tag there are none. */
bool records_learn(void);

/* Append all that the records depend on, as far as it is known. */
void records_describe(struct buf *text);

/* Take all records for published, exactly so. */
void records_keep(void);

/* Find the zone of each record, and change zone by zone. */
void records_change(void);

/* Wipe the secrets. */
void records_close(void);

#endif
