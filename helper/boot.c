/*
 * bootname as it rides in user-data: the commands that a boot needs, without
 * the options that people type.
 */
#include <string.h>

#include "down.h"
#include "errinfo.h"
#include "feature.h"
#include "platform.h"
#include "report.h"
#include "up.h"

static int run(int argc, char **words)
{
	const char *word = argc > 1 ? words[1] : "up";
	bool if_changed = feature_is_in(FEATURE_SERVICE) && argc == 3 &&
			  !strcmp(words[2], "--if-changed");

	if (!strcmp(word, "up") && argc - if_changed < 3)
		up(NULL, NULL, if_changed);
	else if (feature_is_in(FEATURE_SERVICE) && !strcmp(word, "down") &&
		 argc == 2)
		down(NULL, NULL);
	else
		return errinfo_set(STATUS_USAGE,
				   feature_is_in(FEATURE_SERVICE)
					   ? "up [--if-changed] | down"
					   : "up");
	return report_result();
}

int main(int argc, char **argv)
{
	platform_harden(report_overdue);
	errinfo.stage = "usage";
	if (run(argc, argv))
		report_error();
	platform_exit(report.status);
}
