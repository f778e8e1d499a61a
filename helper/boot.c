/*
 * bootname as it rides in user-data: the commands that a boot needs, and -V.
 */
#include <string.h>

#include "build.h"
#include "errinfo.h"
#include "outcome.h"
#include "platform.h"
#include "print.h"
#include "run.h"
#include "text.h"

static int run(int argc, char **words)
{
	enum { UP, DOWN, VERSION, OTHER };
	static const struct sources none;
	unsigned command = argc > 1 ? text_place(words[1], "up down -V ") : UP;
	bool if_changed = build_is(BUILD_SERVICE) && argc == 3 &&
			  !strcmp(words[2], "--if-changed");

	if (argc > 2 && (command != UP || !if_changed))
		command = OTHER;
	if (command == UP)
		run_up(&none, if_changed);
	else if (build_is(BUILD_SERVICE) && command == DOWN)
		run_down(&none);
	else if (command == VERSION)
		return print_text("bootname " BOOTNAME_VERSION "\n");
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
	platform_exit((int)outcome.status);
}
