/*
 * bootname as it rides in user-data: the commands that a boot needs, without
 * the options that people type.
 */
#include <string.h>

#include "errinfo.h"
#include "platform.h"
#include "report.h"
#include "up.h"

static int run(int argc, char **words)
{
	bool if_changed = argc == 3 && !strcmp(words[2], "--if-changed");

	if (argc > 1 && (strcmp(words[1], "up") || argc - if_changed > 2))
		return errinfo_set(STATUS_USAGE,
				   "bootname [up [--if-changed]], "
				   "in user-data");
	return up(NULL, NULL, if_changed) || report_result();
}

int main(int argc, char **argv)
{
	platform_harden();
	errinfo.stage = "usage";
	return run(argc, argv) ? report_error() : STATUS_OK;
}
