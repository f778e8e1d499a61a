/*
 * bootname: gives an EC2 instance its DNS name at every boot.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "errinfo.h"
#include "platform.h"
#include "report.h"
#include "up.h"

static const char usage[] =
	"usage: bootname [-c FILE | -d FILE] [-jnqv] [up]\n"
	"       bootname -h | --help | -V | --version\n"
	"Give this EC2 instance its DNS name in Route 53.\n"
	"\n"
	"  up             publish this instance's records (the default)\n"
	"\n"
	"  -c FILE        settings from FILE alone, not from the user-data\n"
	"  -d FILE        defaults from FILE, under the user-data's settings\n"
	"  -j, --json     print one JSON object\n"
	"  -n, --dry-run  read everything, print what would be set, send no "
	"change\n"
	"  -q             print nothing on standard output\n"
	"  -v             tell on standard error what is done\n"
	"\n"
	"See bootname(8) and bootname.yaml(5).\n";

static const struct option long_options[] = {
	{"dry-run", no_argument, NULL, 'n'},
	{"help", no_argument, NULL, 'h'},
	{"json", no_argument, NULL, 'j'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

static int usage_fault(const char *what, const char *argument)
{
	(void)fprintf(stderr, "bootname: usage: %s%s; see bootname -h\n", what,
		      argument);
	return STATUS_USAGE;
}

/* Whether the program is done, with *status to end with. */
static bool take_option(int option, struct up_options *options,
			struct report *report, int *status)
{
	switch (option) {
	case 'c':
		options->settings_file = optarg;
		break;
	case 'd':
		options->defaults_file = optarg;
		break;
	case 'j':
		report->json = true;
		break;
	case 'n':
		report->dry_run = true;
		break;
	case 'q':
		report->quiet = true;
		break;
	case 'v':
		report->verbose = true;
		break;
	case 'h':
		*status = fputs(usage, stdout) < 0 ? STATUS_SYSTEM : STATUS_OK;
		return true;
	case 'V':
		*status = puts("bootname " BOOTNAME_VERSION) < 0 ? STATUS_SYSTEM
								 : STATUS_OK;
		return true;
	default:
		*status = usage_fault("unknown option, or one without its FILE",
				      "");
		return true;
	}
	return false;
}

static int command_fault(int argc, char **argv)
{
	if (optind + 1 < argc)
		return usage_fault("one command only, not also ",
				   argv[optind + 1]);
	if (optind == argc || !strcmp(argv[optind], "up"))
		return STATUS_OK;
	if (!strcmp(argv[optind], "down") || !strcmp(argv[optind], "check"))
		return usage_fault("not supported yet by this version: ",
				   argv[optind]);
	return usage_fault("unknown command ", argv[optind]);
}

int main(int argc, char **argv)
{
	struct errinfo err = {.stage = "start"};
	struct up_options options = {NULL, NULL};
	struct report report = {.json = false};
	int status = STATUS_OK;
	int option;

	platform_harden();
	opterr = 0;
	while ((option = getopt_long(argc, argv, "c:d:hjnqvV", long_options,
				     NULL)) != -1)
		if (take_option(option, &options, &report, &status))
			return status;
	status = command_fault(argc, argv);
	if (status)
		return status;
	if (options.settings_file && options.defaults_file)
		return usage_fault("-c and -d exclude each other", "");
	if (!up(&options, &report, &err))
		return STATUS_OK;
	report_error(&report, &err);
	return err.status;
}
