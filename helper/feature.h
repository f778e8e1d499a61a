/*
 * What a program is made with: the installed one with everything; one that
 * rides in user-data with what its settings ask for, so that it fits.  The
 * linker leaves out the rest.
 */
#ifndef FEATURE_H
#define FEATURE_H

#include <stdbool.h>

enum feature {
	FEATURE_CLAIM = 1,	/* action CREATE, owner records */
	FEATURE_ROLE = 2,	/* role_arn */
	FEATURE_RECORDS = 4,	/* records */
	FEATURE_ROUTING = 8,	/* routing, other than simple */
	FEATURE_WAIT = 16,	/* wait */
	FEATURE_VPC = 32,	/* several private zones of one name */
	FEATURE_SERVICE = 64,	/* down, and up --if-changed */
	FEATURE_TEMPLATE = 128, /* placeholders in the name */
	FEATURE_BASE64 = 256,	/* settings in base64 */
	FEATURE_TAGS = 512,	/* tags from EC2, where the metadata has none */
	FEATURE_TAKE_OVER = 1024, /* take_over, other than never */
};

/* Whether it is made with any of these. */
static inline bool feature_is_in(unsigned any)
{
	return BOOTNAME_FEATURES & any;
}

#endif
