/*
 * Names that running instances have no more: their tag dnsname was changed, and
 * what they had before was left behind.
 *
 * A name is renamed only if all of this holds, so that one which settings give
 * beside the tag's is never lost:
 *   EC2 says that its owner is running, in this account;
 *   the owner's tag dnsname gives another name in this zone;
 *   that name's owner record names the same instance;
 *   that name has an address, and only such as EC2 says the instance has;
 *   this one has an address that EC2 says the instance has not.
 * The last two say that the instance has published its names since its address
 * changed, and that this one was not among them.
 */
#ifndef REAP_RENAMED_H
#define REAP_RENAMED_H

#include <stdbool.h>

struct owners;
struct owners_holding;

/*
 * Doom the holdings that are renamed.  EC2 is asked about each running instance
 * that has two names in the zone, or more.  A failure is reported, and the names
 * of that instance are left alone.
 * owners: with the states of its instances.
 * Returns whether there are any.
 */
bool renamed_choose(struct owners *owners);

/*
 * Ask again for the owners of renamed holdings that are doomed.  Those for which
 * the rule does not hold any more, or that EC2 does not tell of, are kept.
 * first, end: some of those of owners.
 */
void renamed_confirm(const struct owners *owners, struct owners_holding *first,
		     struct owners_holding *end);

#endif
