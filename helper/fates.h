/*
 * What became of the instances that own names: EC2 is asked, region by region.
 */
#ifndef FATES_H
#define FATES_H

#include <stdint.h>

struct owners;

/*
 * Learn the state of each instance.  A region that cannot be asked does not
 * keep the others from it: its failure is reported, and its instances have no
 * state.
 * owners: has one at least.
 * end_ms: on the clock of platform_now_ms; later, or after 20 s, no region is
 *         tried again.
 */
void fates_learn(struct owners *owners, int64_t end_ms);

#endif
