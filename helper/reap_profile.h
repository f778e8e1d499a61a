/*
 * Whose credentials a program has that a person starts, anywhere.
 */
#ifndef REAP_PROFILE_H
#define REAP_PROFILE_H

#include "aws.h"

struct credentials;

/*
 * Supply credentials, as struct aws wants it: the environment's, else those of
 * the profile $AWS_PROFILE, or "default", in the shared credentials file; else
 * on an EC2 instance those of its role.  For AWS_ASSUMED as provider_supply.
 * Where the region in struct aws is "", it becomes the instance's with the
 * instance's role, and us-east-1 with any other credentials.
 * Returns 0, or -1 with the stage set: STATUS_DENIED (none), else as
 * provider_supply.  Takes a second where there is no metadata service.
 */
int profile_supply(enum aws_identity identity, bool once,
		   struct credentials *credentials);

/*
 * Take credentials from the text of a shared credentials file.
 * text: is written over.
 * name: of the profile; the last value of a key counts.
 * credentials: written to where there is such a profile.
 * Returns 0; 1 where there is no such profile; -1 where it holds no keys.
 * Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials
 * files".
 */
int profile_parse(char *text, const char *name,
		  struct credentials *credentials);

#endif
