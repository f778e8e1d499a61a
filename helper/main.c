/*
 * bootname: gives an EC2 instance its DNS name at every boot.
 */
#include <getopt.h>
#include <string.h>

#include "build.h"
#include "check.h"
#include "check_json.h"
#include "errinfo.h"
#include "main_embed.h"
#include "main_json.h"
#include "options.h"
#include "outcome.h"
#include "platform.h"
#include "print.h"
#include "run.h"
#include "text.h"

static const char usage[] =
	"usage: bootname [-c FILE | -d FILE] [-jnqv] [up [--if-changed] | "
	"down | check]\n"
	"Give this EC2 instance its DNS name in Route 53; down takes it away, "
	"and check\ntells what works and what does not.\n"
	"  -c FILE        settings from FILE alone, not from the user-data\n"
	"  -d FILE        defaults from FILE, under the user-data's settings\n"
	"  -j, --json     print one JSON object\n"
	"  -n, --dry-run  print what would be set, send no change\n"
	"  -q             print nothing on standard output\n"
	"  -v             tell on standard error what is done\n"
	"  -h, --help; -V, --version; --if-changed: not what is published\n"
	"See bootname(8) and bootname.yaml(5).\n";

static const struct option long_options[] = {
	{"dry-run", no_argument, NULL, 'n'},
	{"embed", required_argument, NULL, 'e'},
	{"help", no_argument, NULL, 'h'},
	{"if-changed", no_argument, NULL, 'i'},
	{"json", no_argument, NULL, 'j'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

static int usage_fault(const char *what)
{
	errinfo.stage = "usage";
	return errinfo_set(STATUS_USAGE, "%s; see bootname -h", what);
}

static int print_json(const char *line)
{
	if (!line)
		return -1;
	return options.is_quiet ? 0 : print_text(line);
}

static int run_check(const struct sources *sources)
{
	const char *object;

	check(sources);
	errinfo.stage = "report";
	if (!options.wants_json)
		return 0;
	object = check_json_result();
	return !object || print_json(object) || print_json("\n") ? -1 : 0;
}

/* For mkuserdata: no command for people. */
static int run_embed(const char *program, const char *settings_file)
{
	static const struct {
		char name[8];
		enum build build;
	} programs[] = {{"boot", BUILD_BOOT},
			{"service", BUILD_SERVICE},
			{"whole", BUILD_WHOLE}};

	if (!settings_file)
		return usage_fault("--embed goes with -c FILE");
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
		if (!strcmp(programs[i].name, program))
			return embed_print(settings_file, programs[i].build);
	return usage_fault("--embed takes boot, service or whole");
}

static int run(int argc, char **argv)
{
	struct sources sources = {NULL, NULL};
	bool if_changed = false;
	const char *embedding = NULL;
	const char *command;
	int option;

	while ((option = getopt_long(argc, argv, "c:d:hjnqvV", long_options,
				     NULL)) != -1) {
		switch (option) {
		case 'c':
			sources.settings_file = optarg;
			break;
		case 'd':
			sources.defaults_file = optarg;
			break;
		case 'e':
			embedding = optarg;
			break;
		case 'h':
			return print_text(usage);
		case 'i':
			if_changed = true;
			break;
		case 'j':
			options.wants_json = true;
			break;
		case 'n':
			options.is_dry_run = true;
			break;
		case 'q':
			options.is_quiet = true;
			break;
		case 'v':
			options.is_verbose = true;
			break;
		case 'V':
			return print_text("bootname " BOOTNAME_VERSION "\n");
		default:
			return usage_fault("unknown option, or no FILE");
		}
	}
	if (sources.settings_file && sources.defaults_file)
		return usage_fault("-c and -d exclude each other");
	if (embedding)
		return run_embed(embedding, sources.settings_file);
	command = argv[optind] ? argv[optind] : "up";
	if (argv[optind] && argv[optind + 1])
		return usage_fault("one command at a time");
	if (if_changed && strcmp(command, "up"))
		return usage_fault("--if-changed goes with up");
	if (!strcmp(command, "check"))
		return run_check(&sources);
	if (!strcmp(command, "down"))
		run_down(&sources);
	else if (!strcmp(command, "up"))
		run_up(&sources, if_changed);
	else
		return usage_fault("the commands are up, down and check");
	errinfo.stage = "report";
	return options.wants_json ? print_json(main_json_result())
				  : print_result();
}

int main(int argc, char **argv)
{
	build_is_whole = true;
	platform_harden(print_overdue);
	opterr = 0;
	errinfo.stage = "report";
	if (run(argc, argv)) {
		print_failure();
		if (options.wants_json)
			(void)print_json(main_json_result());
	}
	platform_exit((int)outcome.status);
}
