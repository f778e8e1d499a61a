/*
 * One hosted zone: look, plan, send, wait; and again, if it has changed.
 */
#ifndef PUBLISH_H
#define PUBLISH_H

#include "record.h"

/* Whether a record is still open that goes into the batches of another. */
bool publish_is_beside(const struct record *record, const struct record *first);

/*
 * Send one change batch for a record and the open ones beside it, as many as
 * fit; and wait for it, if the settings say so.  Those in the batch are
 * is_planned then.  In a dry run nothing is sent.
 * Returns 0, or -1: STATUS_TAKEN, else as route53_change_record_sets.
 */
int publish_batch(struct records *records, struct record *first);

/*
 * Plan for one record, of which name, addresses and zone are known.
 * changes: gets what would be sent; lives until the next plan.
 * Returns 0, or -1: STATUS_TAKEN, else as aws_call.
 */
int publish_plan(struct records *records, struct record *record,
		 const struct buf **changes);

#endif
