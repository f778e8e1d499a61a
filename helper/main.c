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

/* What the command line asks for. */
struct request {
	struct sources sources;
	bool if_changed;
	const char *embedding; /* NULL: none */
	const char *command;
};

/* Print what was asked for instead of a command.  Returns 1, or -1. */
static int print_asked(const char *text)
{
	errinfo.stage = "report";
	return print_text(text) ? -1 : 1;
}

/* Returns 0; 1 if the text that was asked for has been printed; or -1. */
static int take_option(struct request *request, int option, char **argv)
{
	switch (option) {
	case 'c':
		request->sources.settings_file = optarg;
		return 0;
	case 'd':
		request->sources.defaults_file = optarg;
		return 0;
	case 'e':
		request->embedding = optarg;
		return 0;
	case 'h':
		return print_asked(usage);
	case 'i':
		request->if_changed = true;
		return 0;
	case 'j':
		options.wants_json = true;
		return 0;
	case 'n':
		options.is_dry_run = true;
		return 0;
	case 'q':
		options.is_quiet = true;
		return 0;
	case 'v':
		options.is_verbose = true;
		return 0;
	case 'V':
		return print_asked("bootname " BOOTNAME_VERSION "\n");
	default:
		(void)options_refuse(option, argv);
		return errinfo_add("; see bootname -h");
	}
}

/* Returns as take_option. */
static int read_command_line(struct request *request, int argc, char **argv)
{
	int option;
	int rc = 0;

	while (!rc && (option = getopt_long(argc, argv, ":c:d:hjnqvV",
					    long_options, NULL)) != -1)
		rc = take_option(request, option, argv);
	if (rc)
		return rc;
	if (request->sources.settings_file && request->sources.defaults_file)
		return usage_fault("-c and -d exclude each other");
	if (argv[optind])
		request->command = argv[optind];
	if (request->embedding)
		return 0;
	if (argv[optind] && argv[optind + 1])
		return usage_fault("one command at a time");
	if (request->if_changed && strcmp(request->command, "up") != 0)
		return usage_fault("--if-changed goes with up");
	return 0;
}

static int run(int argc, char **argv)
{
	struct request request = {.command = "up"};
	const struct sources *sources = &request.sources;
	const char *command;
	int rc = read_command_line(&request, argc, argv);

	if (rc)
		return rc < 0 ? -1 : 0;
	if (request.embedding)
		return run_embed(request.embedding, sources->settings_file);
	command = request.command;
	if (!strcmp(command, "check"))
		return run_check(sources);
	if (!strcmp(command, "down"))
		run_down(sources);
	else if (!strcmp(command, "up"))
		run_up(sources, request.if_changed);
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
	errinfo.stage = "usage";
	if (run(argc, argv)) {
		print_failure();
		if (options.wants_json)
			(void)print_json(main_json_result());
	}
	platform_exit((int)outcome.status);
}
