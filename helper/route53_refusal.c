#include "route53_refusal.h"

#include <stdbool.h>
#include <string.h>

#include "buf.h"
#include "build.h"
#include "dnsname.h"
#include "errinfo.h"
#include "platform.h"
#include "text.h"

static bool says(const char *pattern)
{
	return text_matches(errinfo.text.data, pattern);
}

/* In our own words, with the name that Route 53 has named. */
static int say_routing(void)
{
	static struct buf named;
	static char name[DNSNAME_SIZE];
	const char *at = strstr(errinfo.text.data, "DNS name ");

	if (!at)
		return -1;
	at += strlen("DNS name ");
	buf_set(&named, "%.*s", (int)strcspn(at, ","), at);
	dnsname_from_route53(name, named.data);
	return errinfo_set(STATUS_TAKEN,
			   "%s is taken: its records have another routing; "
			   "choose another name, or remove it, or set routing "
			   "as there",
			   name);
}

int route53_explain_refusal(void)
{
	if (says("not permitted in zone")) {
		errinfo.status = STATUS_SETTINGS;
		return -1;
	}
	if (build_is_whole && says("with the same name and type"))
		return say_routing();
	if (build_is_whole && says("contain the same TTL")) {
		errinfo.status = STATUS_TAKEN;
		return errinfo_add("; set ttl as the group has it");
	}
	if (says("already exist|onflict|with the same name and type|"
		 "was not found|do not match")) {
		errinfo.status = STATUS_TAKEN;
		errinfo.again =
			says("same name and") ? AGAIN_NEVER : AGAIN_LATER;
		return errinfo_add("; choose another name, or remove it");
	}
	if (!build_is_whole)
		return -1;
	if (says("NoSuchHealthCheck|ealth check .*not exist")) {
		errinfo.status = STATUS_UNAVAILABLE;
		return errinfo_add("; create the health check, or correct "
				   "health_check_id");
	}
	if (says("[Ll]imit o[fn]|LimitsExceeded|Cannot have more than")) {
		errinfo.status = STATUS_UNAVAILABLE;
		return errinfo_add("; a quota of Route 53 is used up: remove "
				   "records, split the group or zone, or have "
				   "AWS raise it");
	}
	return -1;
}
