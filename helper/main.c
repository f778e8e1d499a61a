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
	(void)fprintf(stderr, "bootname: usage: %s; see bootname -h\n", what);
	return STATUS_USAGE;
}

static int print(const char *text)
{
	(void)fputs(text, stdout);
	return fflush(stdout) ? STATUS_SYSTEM : STATUS_OK;
}

static const char *command_fault(const char *const *words)
{
	if (!words[0])
		return NULL;
	if (words[1])
		return "one command only";
	if (!strcmp(words[0], "down") || !strcmp(words[0], "check"))
		return "this version knows only the command up";
	return strcmp(words[0], "up") ? "unknown command" : NULL;
}

int main(int argc, char **argv)
{
	static struct report report;
	const char *settings_file = NULL;
	const char *defaults_file = NULL;
	const char *fault;
	int option;

	platform_harden();
	opterr = 0;
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
			return print(usage);
		case 'j':
			report.json = true;
			break;
		case 'n':
			report.dry_run = true;
			break;
		case 'q':
			report.quiet = true;
			break;
		case 'v':
			report.verbose = true;
			break;
		case 'V':
			return print("bootname " BOOTNAME_VERSION "\n");
		default:
			return usage_fault("unknown option, or no FILE");
		}
	}
	fault = settings_file && defaults_file
			? "-c and -d exclude each other"
			: command_fault((const char *const *)argv + optind);
	if (fault)
		return usage_fault(fault);
	if (!up(settings_file, defaults_file, &report)) {
		errinfo.stage = "report";
		if (!report_result(&report))
			return STATUS_OK;
	}
	report_error(&report);
	return errinfo.status;
}
