/*
 * This instance: what the settings need to know about it, and no more.
 */
#ifndef INSTANCE_H
#define INSTANCE_H

#include <stdbool.h>

#include "dnsname.h"

struct settings;

enum { INSTANCE_ADDRESS_SIZE = 46 }; /* the longest address and its NUL */

struct instance {
	char id[33];	  /* such as "i-0abc1234def567890" */
	char region[33];  /* such as "eu-west-1" */
	char account[13]; /* such as "123456789012"; "": it is not known */
	char name[DNSNAME_SIZE]; /* folded: the DNS name it is to have */
	/* As inet_ntop writes them; "": has none, or none is wanted. */
	char ipv4[INSTANCE_ADDRESS_SIZE];
	char ipv6[INSTANCE_ADDRESS_SIZE];
	/* What it does not have, or the settings do not ask for; and nothing
	 * that only could not be learnt. */
	bool lacks_name;
	bool lacks_ipv4;
	bool lacks_ipv6;
};

/*
 * Learn id, region and account from the instance identity document: one
 * request.  A service that has no such document is asked for id and region one
 * by one, and does not say the account.
 * Returns 0, or -1 as imds_get_word.
 * Source: EC2 User Guide, "Instance identity documents".
 */
int instance_identify(struct instance *instance);

/*
 * Learn the name: the setting name with its placeholders replaced, else the
 * tag dnsname; relative names get the setting zone behind them.
 * Tags come from the metadata; where they are switched off there, from EC2's
 * DescribeTags, which without settings is tried once.  Waits for a tag as long
 * as the setting grace says. Returns 0; 1 where there are neither settings nor
 * tag; or -1: STATUS_SETTINGS and STATUS_DATA (no DNS name, from settings and
 * from a tag), STATUS_UNAVAILABLE (no such tag), else as imds_get and aws_call.
 */
int instance_learn_name(struct instance *instance,
			const struct settings *settings);

/*
 * Learn the addresses of the types that the settings want, waiting for them
 * as long as the setting grace says.
 * Returns 0, or -1: STATUS_UNAVAILABLE where one that must be there is not,
 * STATUS_DATA where one is no address, else as imds_get.
 */
int instance_learn_addresses(struct instance *instance,
			     const struct settings *settings);

#endif
