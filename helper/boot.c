/*
 * bootname as it rides in user-data: the commands that a boot needs, without
 * the options that people type.
 */
#include <string.h>

#include "build.h"
#include "errinfo.h"
#include "outcome.h"
#include "platform.h"
#include "print.h"
#include "run.h"

static int run(int argc, char **words)
{
	static const struct sources none;
	const char *word = argc > 1 ? words[1] : "up";
	bool if_changed = build_is(BUILD_SERVICE) && argc == 3 &&
			  !strcmp(words[2], "--if-changed");

	if (!strcmp(word, "up") && argc - if_changed < 3)
		run_up(&none, if_changed);
	else if (build_is(BUILD_SERVICE) && !strcmp(word, "down") && argc == 2)
		run_down(&none);
	else
		return errinfo_set(STATUS_USAGE,
				   build_is(BUILD_SERVICE)
					   ? "up [--if-changed] | down"
					   : "up");
	return print_result();
}

int main(int argc, char **argv)
{
	platform_harden(print_overdue);
	errinfo.stage = "usage";
	if (run(argc, argv))
		print_failure();
	platform_exit(outcome.status);
}
