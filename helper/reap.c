/*
 * bootname-reap: removes the names of EC2 instances that are gone.
 */
#include <getopt.h>
#include <string.h>

#include "aws.h"
#include "build.h"
#include "errinfo.h"
#include "http.h"
#include "imds.h"
#include "options.h"
#include "outcome.h"
#include "platform.h"
#include "print.h"
#include "provider.h"
#include "reap_delete.h"
#include "reap_json.h"
#include "reap_owners.h"
#include "reap_print.h"
#include "reap_profile.h"
#include "reap_renamed.h"
#include "reap_states.h"
#include "route53.h"
#include "settings.h"
#include "sts.h"
#include "text.h"
#include "zone.h"

static const char usage[] =
	"usage: bootname-reap [-c FILE] [-jnqv] [--renamed] [--stopped]\n"
	"                     [--zone NAME | --zone-id ID]\n"
	"Remove the names of EC2 instances that are gone from a Route 53 "
	"zone.\n"
	"  -c FILE        settings from FILE\n"
	"  -j, --json     print one JSON object\n"
	"  -n, --dry-run  print what would be removed, send no change\n"
	"  -q             print nothing on standard output\n"
	"  -v             tell on standard error what is done\n"
	"  --renamed      names too that running instances have no more\n"
	"  --stopped      names of stopped instances too\n"
	"  --zone NAME    the hosted zone; or --zone-id ID\n"
	"  -h, --help; -V, --version\n"
	"EC2 does not know instances of other accounts: see "
	"bootname-reap(8).\n";

static const struct option long_options[] = {
	{"dry-run", no_argument, NULL, 'n'},
	{"help", no_argument, NULL, 'h'},
	{"json", no_argument, NULL, 'j'},
	{"renamed", no_argument, NULL, 'r'},
	{"stopped", no_argument, NULL, 's'},
	{"version", no_argument, NULL, 'V'},
	{"zone", required_argument, NULL, 'z'},
	{"zone-id", required_argument, NULL, 'i'},
	{NULL, 0, NULL, 0},
};

static const char *settings_file;
static const char *zone_name; /* of the command line; or NULL */
static const char *zone_id;

static struct settings settings;
static char id[ROUTE53_ID_SIZE];
static struct owners owners;

/* ---- The command line. ---- */

static int usage_fault(const char *what)
{
	return errinfo_set(STATUS_USAGE, "%s; see bootname-reap -h", what);
}

/* Returns 1 where the text asked for has been printed. */
static int take_option(int option, char **argv)
{
	switch (option) {
	case 'c':
		settings_file = optarg;
		return 0;
	case 'h':
		return print_text(usage) ? -1 : 1;
	case 'i':
		zone_id = optarg;
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
	case 'r':
		owners.renamed_too = true;
		return 0;
	case 's':
		owners.stopped_too = true;
		return 0;
	case 'v':
		options.is_verbose = true;
		return 0;
	case 'V':
		return print_text("bootname-reap " BOOTNAME_VERSION "\n") ? -1
									  : 1;
	case 'z':
		zone_name = optarg;
		return 0;
	default:
		(void)options_refuse(option, argv);
		return errinfo_add("; see bootname-reap -h");
	}
}

static int take_options(int argc, char **argv)
{
	int option;
	int rc;

	while ((option = getopt_long(argc, argv, ":c:hjnqvV", long_options,
				     NULL)) != -1) {
		rc = take_option(option, argv);
		if (rc)
			return rc;
	}
	if (argv[optind])
		return usage_fault("there are no commands");
	if (zone_name && zone_id)
		return usage_fault("--zone and --zone-id exclude each other");
	return 0;
}

/* ---- What is needed first. ---- */

/* The zone of the command line takes the place of the file's. */
static int take_settings(void)
{
	static char folded[DNSNAME_SIZE];

	settings_init(&settings);
	if (settings_file && settings_read_file(&settings, settings_file))
		return -1;
	errinfo.stage = "usage";
	if (zone_name || zone_id) {
		settings.value[SETTING_ZONE] = folded;
		settings.value[SETTING_ZONE_ID] = zone_id ? zone_id : "";
	}
	if (zone_name && !dnsname_fold(folded, zone_name))
		return usage_fault("--zone wants the name of a hosted zone");
	route53_cut_id(id, sizeof(id), settings.value[SETTING_ZONE_ID]);
	if (zone_id && !*id)
		return usage_fault("--zone-id wants the id of a hosted zone");
	return *id || *settings.value[SETTING_ZONE]
		       ? 0
		       : usage_fault("name a zone: --zone or --zone-id");
}

static int open_aws(void)
{
	const char *region = platform_variable("AWS_REGION");

	if (!region)
		region = platform_variable("AWS_DEFAULT_REGION");
	aws.region = region ? region : "";
	if (region && !text_matches(region, "^[a-z0-9-]{1,32}$"))
		return errinfo_set(STATUS_SETTINGS,
				   "AWS_REGION names no region");
	if (*settings.value[SETTING_PROXY])
		aws.proxy = settings.value[SETTING_PROXY];
	aws.supply = profile_supply;
	provider.role_arn = settings.value[SETTING_ROLE_ARN];
	provider.external_id = settings.value[SETTING_EXTERNAL_ID];
	provider.session_name = "bootname-reap";
	aws.route53_identity = *provider.role_arn ? AWS_ASSUMED : AWS_INSTANCE;
	errinfo.stage = "credentials";
	return http_open(settings_number(&settings, SETTING_TIMEOUT)) ||
			       aws_authenticate(false)
		       ? -1
		       : 0;
}

/* ---- The zone of the very name.  Unlike a boot's, it is given: and which of
 * several is meant no instance can tell. ---- */

struct search {
	const char *name;
	bool is_private;
	unsigned count;
	struct buf *ids; /* of all, a blank before each */
};

static int on_zone(const struct hosted_zone *zone, void *context)
{
	struct search *search = context;

	if (strcmp(zone->name, search->name) != 0 ||
	    zone->is_private != search->is_private)
		return 0;
	search->count++;
	buf_addf(search->ids, " %s", zone->id);
	memcpy(id, zone->id, sizeof(id));
	return 0;
}

static int find_zone(void)
{
	static struct buf ids;
	const char *kind = settings_visibility(&settings);
	struct search search = {
		.name = settings.value[SETTING_ZONE],
		.is_private = settings_is_private(&settings),
		.ids = &ids,
	};

	if (zone_list(search.name, on_zone, &search, NULL))
		return -1;
	if (!search.count)
		return errinfo_set(STATUS_UNAVAILABLE,
				   "no %s hosted zone %s; name it by --zone-id",
				   kind, search.name);
	return search.count == 1
		       ? 0
		       : errinfo_set(STATUS_UNAVAILABLE,
				     "%u %s hosted zones are named %s:%s; name "
				     "one by --zone-id",
				     search.count, kind, search.name, ids.data);
}

/* ---- What is done. ---- */

static bool is_any_gone;

/*
 * Learn whose credentials EC2 is asked with, and which owners it cannot know.
 * Where that cannot be learnt, no owner with an account is asked about.
 */
static void find_foreign(void)
{
	static char account[STS_ACCOUNT_SIZE];
	bool is_asked = false;

	for (size_t i = 0; i < owners.instance_count; i++) {
		struct owners_instance *instance = &owners.instances[i];

		if (!*instance->account)
			continue;
		if (!is_asked && sts_get_account(account)) {
			(void)errinfo_add("; owners with an account are left "
					  "alone");
			print_failure();
		}
		is_asked = true;
		instance->is_foreign = strcmp(instance->account, account) != 0;
	}
}

/* What is known of an owner, for -v. */
static const char *state_of(const struct owners_instance *owner)
{
	if (owner->is_foreign)
		return "of another account";
	return *owner->state ? owner->state : "not known of";
}

static void choose(struct owners_holding *holding)
{
	static struct buf told;
	const struct owners_instance *owner = holding->instance;
	bool is_gone = states_is_gone(&owners, owner->state);

	is_any_gone |= is_gone;
	if (is_gone && !holding->is_odd)
		holding->fate = OWNERS_DOOMED;
	buf_set(&told, "%s: owner %s in %s is %s%s",
		holding->sets[PLAN_OWNER].name, owner->id, owner->region,
		state_of(owner),
		holding->is_odd ? "; its records are not as we make them: left "
				  "alone"
				: "");
	print_progress(told.data);
}

static int reap(void)
{
	int64_t started_ms = platform_now_ms();
	long timeout_s;

	errinfo.stage = "settings";
	if (take_settings())
		return -1;
	timeout_s = settings_number(&settings, SETTING_TIMEOUT);
	if (open_aws())
		return -1;
	errinfo.stage = "zone";
	if (!*id && find_zone())
		return -1;
	outcome.zone_id = id;
	print_progress(id);
	errinfo.stage = "records";
	if (delete_read(id, &owners))
		return -1;
	errinfo.stage = "owners";
	find_foreign();
	/* The other half is for what is to be removed. */
	if (owners.count)
		states_learn(&owners, started_ms + (int64_t)timeout_s * 500);
	errinfo.stage = "owners";
	for (size_t i = 0; i < owners.count; i++)
		choose(&owners.holdings[i]);
	if (text_has_failed)
		return errinfo_set(STATUS_SYSTEM, "out of memory");
	if (owners.count)
		delete_carry_out(id, &owners);
	/* What has no address of anybody any more goes first. */
	if (owners.renamed_too && renamed_choose(&owners))
		delete_carry_out(id, &owners);
	return 0;
}

static int print_json(void)
{
	const char *object = reap_json_result(&owners, delete_changed);

	return !object || reap_print(object) || reap_print("\n") ? -1 : 0;
}

int main(int argc, char **argv)
{
	int rc;

	build_is_whole = true;
	print_program = "bootname-reap";
	platform_harden(print_overdue);
	opterr = 0;
	errinfo.stage = "usage";
	rc = take_options(argc, argv);
	if (rc < 0 || (!rc && reap()))
		print_failure();
	if (rc <= 0) {
		errinfo.stage = "report";
		if (options.wants_json
			    ? print_json()
			    : reap_print_lines(&owners, is_any_gone)) {
			print_failure();
			if (options.wants_json)
				(void)print_json();
		}
	}
	imds_close();
	aws_close();
	http_close();
	owners_free(&owners);
	owners_forget();
	platform_exit((int)outcome.status);
}
