/*
 * The instance's other network interfaces: what an error about a missing
 * address says of them.
 *
 * Source: EC2 User Guide, "Instance metadata categories",
 * network/interfaces/macs/MAC.
 */
#ifndef INTERFACES_H
#define INTERFACES_H

struct instance;
struct settings;

/*
 * Add to the recorded error, that the instance lacks an address, why that may
 * be: another interface has one, or an interface has an IPv6 prefix and no
 * address.  Adds nothing if the metadata says no such thing, or nothing at all;
 * the error stays what it was.
 * instance: as instance_learn_addresses has left it.
 */
void interfaces_explain(const struct instance *instance,
			const struct settings *settings);

#endif
