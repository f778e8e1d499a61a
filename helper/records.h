/*
 * The records of a run: what each is to be, in which hosted zone, and the
 * change batch of each zone and role.
 *
 * A record that fails does not keep the others from being published, unless
 * they are in the same batch; its failure is reported at once.
 */
#ifndef RECORDS_H
#define RECORDS_H

#include <stdbool.h>

#include "instance.h"
#include "plan.h"
#include "route53.h"
#include "settings.h"

struct buf;

struct record {
	const struct settings *settings;
	struct plan plan;
	bool is_open;	 /* neither changed nor failed */
	bool is_learnt;	 /* what it is to be, or that it can be nothing */
	bool is_planned; /* in the batch at hand */
	/* What EC2 has said of the owner that it takes over from, if that may
	 * be something else a moment later. */
	enum record_doubt {
		NO_DOUBT,
		OWNER_IS_STOPPED,
		OWNER_IS_UNKNOWN
	} doubt;
	bool is_late; /* a leftover, that waits for the records beside it */
	char zone_id[ROUTE53_ID_SIZE];
	struct instance instance;
};

/* Those of the top, with the list of the records'. */
extern struct settings records_settings;

/*
 * Read the settings.
 * settings_file: settings from here alone; or NULL.
 * defaults_file: settings under the user-data's; or NULL.
 * Returns 0, or -1 with errinfo filled in.
 */
int records_read_settings(const char *settings_file, const char *defaults_file);

/*
 * Start the clock, wait for other runs, and learn which instance this is.
 * is_removal: the records are to go; that they lack something is no failure.
 * Returns 0, or -1 with errinfo filled in.
 */
int records_identify(bool is_removal);

/* Both of these. */
int records_open(const char *settings_file, const char *defaults_file,
		 bool is_removal);

/* Learn name and addresses of each record, from the metadata (and EC2, where
 * that has no tags).  Returns whether there are records to go on with, or what
 * this boot has published before: without settings and tag there are none. */
bool records_learn(void);

/* Whether this boot has published all of it, exactly so; asks nobody. */
bool records_are_published(void);

/* Take all records for published, exactly so. */
void records_keep(void);

/*
 * Find the zone of each record, and change zone by zone; remove what this boot
 * has published and is not wanted any more; and keep what it has published.
 * is_look: all is published; Route 53 is asked whether it still stands so.
 */
void records_change(bool is_look);

/* Wipe the secrets. */
void records_close(void);

/* ---- One by one, for a look at what would be done. ---- */

/* The first record, and the one behind another; NULL: there is none. */
struct record *records_first(void);
struct record *records_after(struct record *record);

/* Get the credentials that a record's calls to Route 53 need.  Returns as
 * aws_authenticate. */
int records_authenticate(const struct record *record);

/*
 * Plan for one record, of which name, addresses and zone are known.
 * changes: gets what would be sent.
 * Returns 0, or -1: STATUS_TAKEN, else as aws_call.
 */
int records_plan(struct record *record, const struct buf **changes);

#endif
