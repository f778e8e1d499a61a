/*
 * bootname as it rides in user-data: the commands that a boot needs, and -V.
 */
#include <string.h>

#include "build.h"
#include "down.h"
#include "errinfo.h"
#include "platform.h"
#include "report.h"
#include "text.h"
#include "up.h"

static int run(int argc, char **words)
{
	enum { UP, DOWN, VERSION, OTHER };
	unsigned command = argc > 1 ? text_place(words[1], "up down -V ") : UP;
	bool if_changed = build_is(BUILD_SERVICE) && argc == 3 &&
			  !strcmp(words[2], "--if-changed");

	if (argc > 2 && (command != UP || !if_changed))
		command = OTHER;
	if (command == UP)
		up(NULL, NULL, if_changed);
	else if (build_is(BUILD_SERVICE) && command == DOWN)
		down(NULL, NULL);
	else if (command == VERSION)
		return report_text("bootname " BOOTNAME_VERSION "\n");
	else
		return errinfo_set(STATUS_USAGE,
				   build_is(BUILD_SERVICE)
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
