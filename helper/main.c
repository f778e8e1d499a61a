/*
 * bootname: gives an EC2 instance its DNS name at every boot.
 */
#include <getopt.h>
#include <string.h>

#include "errinfo.h"
#include "json.h"
#include "platform.h"
#include "report.h"
#include "up.h"

static const char usage[] =
	"usage: bootname [-c FILE | -d FILE] [-jnqv] [up [--if-changed]]\n"
	"Give this EC2 instance its DNS name in Route 53.\n"
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
	{"help", no_argument, NULL, 'h'},
	{"if-changed", no_argument, NULL, 'i'},
	{"json", no_argument, NULL, 'j'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

static bool wants_json;

static int usage_fault(const char *what)
{
	errinfo.stage = "usage";
	return errinfo_set(STATUS_USAGE, "%s; see bootname -h", what);
}

static int print_json(const char *line)
{
	return report_quiet ? 0 : report_text(line);
}

static int run(int argc, char **argv)
{
	const char *settings_file = NULL;
	const char *defaults_file = NULL;
	bool if_changed = false;
	int option;

	while ((option = getopt_long(argc, argv, "c:d:hjnqvV", long_options,
				     NULL)) != -1) {
		switch (option) {
		case 'c':
			settings_file = optarg;
			break;
		case 'd':
			defaults_file = optarg;
			break;
		case 'h':
			return report_text(usage);
		case 'i':
			if_changed = true;
			break;
		case 'j':
			wants_json = true;
			break;
		case 'n':
			report_dry_run = true;
			break;
		case 'q':
			report_quiet = true;
			break;
		case 'v':
			report_verbose = true;
			break;
		case 'V':
			return report_text("bootname " BOOTNAME_VERSION "\n");
		default:
			return usage_fault("unknown option, or no FILE");
		}
	}
	if (settings_file && defaults_file)
		return usage_fault("-c and -d exclude each other");
	argv += optind;
	if (argv[0] && (strcmp(argv[0], "up") || argv[1]))
		return usage_fault("this version knows only the command up");
	if (up(settings_file, defaults_file, if_changed))
		return -1;
	errinfo.stage = "report";
	return wants_json ? print_json(json_result()) : report_result();
}

int main(int argc, char **argv)
{
	int status;

	platform_harden();
	platform_has_user = true;
	opterr = 0;
	errinfo.stage = "report";
	if (!run(argc, argv))
		return STATUS_OK;
	status = report_error();
	if (wants_json)
		(void)print_json(json_error(status));
	return status;
}
