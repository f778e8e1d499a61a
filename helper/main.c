/*
 * bootname: gives an EC2 instance its DNS name at every boot.
 */
#include <getopt.h>
#include <string.h>

#include "errinfo.h"
#include "platform.h"
#include "report.h"
#include "up.h"

static const char usage[] =
	"usage: bootname [-c FILE | -d FILE] [-jnqv] [up]\n"
	"\n"
	"Give this EC2 instance its DNS name in Route 53.\n"
	"\n"
	"  -c FILE        settings from FILE alone, not from the user-data\n"
	"  -d FILE        defaults from FILE, under the user-data's settings\n"
	"  -h, --help     print this\n"
	"  -j, --json     print one JSON object\n"
	"  -n, --dry-run  print what would be set, send no change\n"
	"  -q             print nothing on standard output\n"
	"  -v             tell on standard error what is done\n"
	"  -V, --version  print the version\n"
	"\n"
	"See bootname(8) and bootname.yaml(5).\n";

static const struct option long_options[] = {
	{"dry-run", no_argument, NULL, 'n'},
	{"help", no_argument, NULL, 'h'},
	{"json", no_argument, NULL, 'j'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

static int usage_fault(const char *what)
{
	errinfo.stage = "usage";
	return errinfo_set(STATUS_USAGE, "%s; see bootname -h", what);
}

static int check_command(const char *const *words)
{
	if (!words[0])
		return 0;
	if (words[1])
		return usage_fault("one command only");
	if (!strcmp(words[0], "down") || !strcmp(words[0], "check"))
		return usage_fault("this version knows only the command up");
	return strcmp(words[0], "up") ? usage_fault("unknown command") : 0;
}

static int run(int argc, char **argv, struct report *report)
{
	const char *settings_file = NULL;
	const char *defaults_file = NULL;
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
		case 'V':
			return report_text("bootname " BOOTNAME_VERSION "\n");
		default:
			return usage_fault("unknown option, or no FILE");
		}
	}
	if (settings_file && defaults_file)
		return usage_fault("-c and -d exclude each other");
	if (check_command((const char *const *)argv + optind) ||
	    up(settings_file, defaults_file, report))
		return -1;
	errinfo.stage = "report";
	return report_result(report);
}

int main(int argc, char **argv)
{
	static struct report report;

	platform_harden();
	opterr = 0;
	errinfo.stage = "report";
	if (!run(argc, argv, &report))
		return STATUS_OK;
	return report_error(&report);
}
