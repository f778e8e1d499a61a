/*
 * What became of the instances that own names: EC2 is asked, region by region.
 */
#ifndef REAP_STATES_H
#define REAP_STATES_H

#include <stdbool.h>
#include <stdint.h>

struct owners;
struct owners_holding;

/*
 * Learn the state of each instance.  A region that cannot be asked does not
 * keep the others from it: its failure is reported, and its instances have no
 * state.
 * owners: has one at least.
 * end_ms: on the clock of platform_now_ms; later, or after 20 s, no region is
 *         tried again.
 */
void states_learn(struct owners *owners, int64_t end_ms);

/* Whether an instance in this state, as EC2 named it, has lost its names. */
bool states_is_gone(const struct owners *owners, const char *state);

/*
 * Ask again for the owners of doomed holdings that may have come back: stopped
 * ones, and those that EC2 does not know, after it has had some seconds to hear
 * of them.  The holdings of those that have come back are kept, and so are the
 * holdings of a region that cannot be asked, whose failure is reported.
 * first, end: holdings, of at most EC2_IDS instances.
 */
void states_confirm(const struct owners *owners, struct owners_holding *first,
		    struct owners_holding *end);

#endif
