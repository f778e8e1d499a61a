/*
 * What `check` says of a hosted zone.  Each function is a step.
 */
#ifndef CHECK_ZONE_H
#define CHECK_ZONE_H

#include <stdbool.h>

struct check;

/* Find the zone of the record's name, step "zone".  Returns whether there is
 * one. */
bool check_zone(struct check *check);

/* Whether Route 53 lets the role read and change the record, step "permission".
 * Returns whether there is a use in going on. */
bool check_permission(struct check *check);

/* Whether the name servers of the zone are asked, steps "delegation", "soa" and
 * "dnssec"; once for each zone. */
void check_delegation(struct check *check);

#endif
