/*
 * The records of a run: what each is to be, and in which hosted zone.
 */
#ifndef RECORD_H
#define RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "build.h"
#include "instance.h"
#include "outcome.h"
#include "plan.h"
#include "platform.h"
#include "route53.h"
#include "settings.h"

/* What EC2 has said of an owner that may be something else a moment later. */
enum record_doubt { NO_DOUBT, OWNER_IS_STOPPED, OWNER_IS_UNKNOWN };

struct record {
	const struct settings *settings;
	struct plan plan;
	bool is_open;	 /* neither changed nor failed */
	bool is_learnt;	 /* what it is to be, or that it can be nothing */
	bool is_planned; /* in the batch at hand */
	bool is_late;	 /* a leftover, that waits for the records beside it */
	enum record_doubt doubt; /* of the owner that it takes over from */
	char zone_id[ROUTE53_ID_SIZE]; /* "": not known yet */
	struct instance instance;
};

enum { LEFTOVERS = OUTCOME_PLANS - SETTINGS_RECORDS }; /* names a run removes */

/* All records of a run.  Define it as static: it is too large for the stack. */
struct records {
	struct settings
		settings; /* of the top, with the list of the records' */
	bool is_removal;  /* the command is down: ask records_are_removed */
	/* All was published; Route 53 is asked whether it is still so. */
	bool is_look;
	size_t count;
	size_t leftover_count;
	/* The leftovers come before the records: what they delete may be in
	 * the way of those.  The last one begins at LEFTOVERS - 1. */
	struct record all[LEFTOVERS + SETTINGS_RECORDS];
};

/* An embedded helper remembers only that all is published: what this boot has
 * published does not fit, and so it has no leftovers. */
static inline bool records_have_leftovers(void)
{
	return build_is_whole;
}

/* Whether the command is down. */
static inline bool records_are_removed(const struct records *records)
{
	return !build_is(BUILD_BOOT) && records->is_removal;
}

/* The first record that the settings ask for. */
__attribute__((nonnull, returns_nonnull)) static inline struct record *
records_first(struct records *records)
{
	return &records->all[LEFTOVERS];
}

/* The first leftover, or else the first record. */
__attribute__((nonnull, returns_nonnull)) static inline struct record *
records_first_of_all(struct records *records)
{
	return records_first(records) -
	       (records_have_leftovers() ? records->leftover_count : 0);
}

/* The record or leftover behind another; NULL: it is the last one. */
static inline struct record *records_next(struct records *records,
					  struct record *record)
{
	if (!settings_has(SETTING_RECORDS) && !records_have_leftovers())
		return NULL;
	record++;
	return record < records_first(records) + records->count ? record : NULL;
}

/* Whether one is a leftover. */
static inline bool records_is_leftover(struct records *records,
				       const struct record *record)
{
	return record < records_first(records);
}

/* Add a record that the settings ask for, with what is known of the instance. */
void records_add(struct records *records, const struct settings *settings,
		 const struct instance *instance);

/* Whether the calls for one are made with the credentials of another's. */
bool record_has_role_of(const struct settings *left,
			const struct settings *right);

/* Whether one may be in one batch with another: in its zone, and with its role,
 * for a role may be allowed its own names only. */
bool record_is_beside(const struct record *record, const struct record *other);

/* Make the calls to Route 53 from now on with the role of these settings. */
void record_use_role(const struct settings *settings);

/*
 * Refuse two records that are in each other's way: Route 53 would refuse their
 * batch at each boot.  The first looks at the settings alone, the second at
 * names and zones, once they are known.
 * Returns 0, or -1: STATUS_SETTINGS.
 */
int records_refuse_named_alike(struct records *records);
int records_refuse_placed_alike(struct records *records);

#endif
