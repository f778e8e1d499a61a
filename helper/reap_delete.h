/*
 * The record sets of a hosted zone that go: read, and deleted as they were
 * read, so that nothing is lost that has changed since.
 */
#ifndef REAP_DELETE_H
#define REAP_DELETE_H

#include <stdbool.h>

struct owners;

extern bool delete_changed; /* a batch was carried out */

/*
 * Read a whole zone.
 * owners: zeroed; gets what the zone holds, grouped.
 * Returns 0, or -1 as route53_list_zone and owners_add.
 */
int delete_read(const char *zone_id, struct owners *owners);

/*
 * Delete the holdings that are doomed, many in one batch.  Where a batch is
 * refused, name by name; where one has moved, it is read again, and left alone
 * if it is another's by now.  Failures are reported.
 * owners: has one at least.
 */
void delete_carry_out(const char *zone_id, struct owners *owners);

#endif
