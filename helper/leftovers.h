/*
 * What this boot has published and does not want any more: a leftover is a
 * record that only removes.
 *
 * An embedded helper has none: see records_have_leftovers.
 */
#ifndef LEFTOVERS_H
#define LEFTOVERS_H

#include <stdbool.h>

#include "record.h"

/* Read what this boot has published.  Returns whether that is anything. */
bool leftovers_read(struct records *records);

/* Take the zone that a record's name was published in, if it is known from what
 * this boot has published; one name may have been published in two zones.
 * Returns whether it is. */
bool leftovers_take_zone(struct record *record);

/* Make records of what is not wanted any more, unless it is not known what is
 * wanted. */
void leftovers_find(struct records *records);

/* Whether a leftover that goes in the batch at hand is what was listed: to the
 * records it is not there any more. */
bool leftovers_take(struct records *records, const struct record_set *set);

/* Whether a leftover in the batch at hand has a record's name. */
bool leftovers_go_from(struct records *records, const struct record *record);

/*
 * Before a change is sent: what the batch at hand is about to publish counts as
 * published from now on, whatever becomes of the answer.
 */
void leftovers_announce(struct records *records);

/* After a change: what a record publishes was published, and what it removes
 * was removed. */
void leftovers_note(const struct record *record);

/* Let the leftovers that waited for others wait no more: open them, unless a
 * record failed and the address is still in use.  Reports those that no record
 * has the role for. */
void leftovers_open_late(struct records *records, bool has_failed);

/* Have the leftovers of a batch that failed wait for the others. */
void leftovers_make_late(struct records *records, struct record *first);

/*
 * Keep what this boot has published; not in a dry run.
 * description: of all that is published, for --if-changed; NULL: there is
 *      nothing to compare with, after a removal.
 * has_failed: not all is as it was described.
 */
void leftovers_keep(const struct buf *description, bool has_failed);

#endif
