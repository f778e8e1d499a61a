/*
 * bootname-reap: removes the names of EC2 instances that are gone.
 */
#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "aws.h"
#include "errinfo.h"
#include "http.h"
#include "imds.h"
#include "json.h"
#include "platform.h"
#include "provider.h"
#include "reap_delete.h"
#include "reap_owners.h"
#include "reap_profile.h"
#include "reap_states.h"
#include "report.h"
#include "route53.h"
#include "settings.h"
#include "sts.h"
#include "text.h"

static const char usage[] =
	"usage: bootname-reap [-c FILE] [-jnqv] [--stopped] "
	"[--zone NAME | --zone-id ID]\n"
	"Remove the names of EC2 instances that are gone from a Route 53 "
	"zone.\n"
	"  -c FILE        settings from FILE\n"
	"  -j, --json     print one JSON object\n"
	"  -n, --dry-run  print what would be removed, send no change\n"
	"  -q             print nothing on standard output\n"
	"  -v             tell on standard error what is done\n"
	"  --stopped      names of stopped instances too\n"
	"  --zone NAME    the hosted zone; or --zone-id ID\n"
	"  -h, --help; -V, --version\n"
	"EC2 does not know instances of other accounts: see "
	"bootname-reap(8).\n";

static const struct option long_options[] = {
	{"dry-run", no_argument, NULL, 'n'},
	{"help", no_argument, NULL, 'h'},
	{"json", no_argument, NULL, 'j'},
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
static int take_option(int option)
{
	switch (option) {
	case 'c':
		settings_file = optarg;
		return 0;
	case 'h':
		return report_text(usage) ? -1 : 1;
	case 'i':
		zone_id = optarg;
		return 0;
	case 'j':
		report_wants_json = true;
		return 0;
	case 'n':
		report_dry_run = true;
		return 0;
	case 'q':
		report_quiet = true;
		return 0;
	case 's':
		owners.stopped_too = true;
		return 0;
	case 'v':
		report_verbose = true;
		return 0;
	case 'V':
		return report_text("bootname-reap " BOOTNAME_VERSION "\n") ? -1
									   : 1;
	case 'z':
		zone_name = optarg;
		return 0;
	default:
		return usage_fault("unknown option, or a value is missing");
	}
}

static int take_options(int argc, char **argv)
{
	int option;
	int rc;

	while ((option = getopt_long(argc, argv, "c:hjnqvV", long_options,
				     NULL)) != -1) {
		rc = take_option(option);
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
			       aws_authenticate()
		       ? -1
		       : 0;
}

/* ---- The zone of the very name.  Unlike a boot's, it is given: and which of
 * several is meant no instance can tell. ---- */

static struct {
	unsigned count;
	struct buf ids;
	bool is_private;
	char next_name[DNSNAME_SIZE];
	char next_id[ROUTE53_ID_SIZE];
} found;

static int on_zone(const struct buf *row)
{
	char name[DNSNAME_SIZE];
	char listed[ROUTE53_ID_SIZE];

	if (!row[ZONE_ROW].len) {
		dnsname_from_route53(found.next_name, row[ZONE_NEXT_NAME].data);
		route53_cut_id(found.next_id, sizeof(found.next_id),
			       row[ZONE_NEXT_ID].data);
		return 0;
	}
	dnsname_from_route53(name, row[ZONE_NAME].data);
	route53_cut_id(listed, sizeof(listed), row[ZONE_ID].data);
	if (strcmp(name, settings.value[SETTING_ZONE]) ||
	    (row[ZONE_IS_PRIVATE].data[0] == 't') != found.is_private ||
	    !*listed)
		return 0;
	found.count++;
	buf_addf(&found.ids, " %s", listed);
	memcpy(id, listed, sizeof(id));
	return 0;
}

static int find_zone(void)
{
	enum { PAGES_LIMIT = 50 };
	const char *name = settings.value[SETTING_ZONE];
	enum setting kind_from = settings_is(&settings, SETTING_VISIBILITY, "")
					 ? SETTING_ADDRESS
					 : SETTING_VISIBILITY;
	const char *kind = settings.value[kind_from];

	found.is_private = settings_is(&settings, kind_from, "private");
	for (unsigned i = 0; i < PAGES_LIMIT; i++) {
		if (route53_list_hosted_zones_by_name(name, found.next_id,
						      on_zone))
			return -1;
		if (strcmp(found.next_name, name))
			break;
	}
	if (!found.count)
		return errinfo_set(STATUS_UNAVAILABLE,
				   "no %s hosted zone %s; name it by --zone-id",
				   kind, name);
	return found.count == 1
		       ? 0
		       : errinfo_set(STATUS_UNAVAILABLE,
				     "%u %s hosted zones are named %s:%s; name "
				     "one by --zone-id",
				     found.count, kind, name, found.ids.data);
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
			report_error();
		}
		is_asked = true;
		instance->is_foreign = strcmp(instance->account, account) != 0;
	}
}

static void choose(struct owners_holding *holding)
{
	static struct buf told;
	const struct owners_instance *owner = holding->instance;
	bool is_gone = states_is_gone(&owners, owner->state);
	const char *state = owner->is_foreign ? "of another account"
			    : *owner->state   ? owner->state
					      : "not known of";

	is_any_gone |= is_gone;
	if (is_gone && !holding->is_odd)
		holding->fate = OWNERS_DOOMED;
	buf_set(&told, "%s: owner %s in %s is %s%s",
		holding->sets[PLAN_OWNER].name, owner->id, owner->region, state,
		holding->is_odd ? "; its records are not as we make them: left "
				  "alone"
				: "");
	report_progress(told.data);
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
	report_zone_id = id;
	report_progress(id);
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
	return 0;
}

/* ---- What came out. ---- */

/* All of a text, whatever its length. */
static int print(const char *text, size_t len)
{
	while (len && !report_quiet) {
		ssize_t written = write(STDOUT_FILENO, text, len);

		if (written <= 0)
			return errinfo_set(STATUS_SYSTEM,
					   "standard output cannot be written");
		text += written;
		len -= (size_t)written;
	}
	return 0;
}

static int print_set(const struct owners_holding *holding, size_t kind)
{
	static struct buf line;
	const struct owners_set *set = &holding->sets[kind];
	size_t start;

	buf_set(&line, "%s %s (", report_dry_run ? "would remove" : "removing",
		set->text[SET_NAME]);
	start = line.len;
	buf_addf(&line, "%.4000s",
		 kind == PLAN_OWNER ? "no address" : set->text[SET_VALUES]);
	for (char *c = line.data + start; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = *c == *XML_NEXT ? ' ' : '?';
	buf_addf(&line, "), owner %s is %s\n", holding->instance->id,
		 holding->instance->state);
	return print(line.data, line.len);
}

static int print_holding(const struct owners_holding *holding)
{
	static struct buf line;

	if (holding->fate == OWNERS_MOVED) {
		buf_set(&line, "%s has changed meanwhile: left alone\n",
			holding->sets[PLAN_OWNER].name);
		return print(line.data, line.len);
	}
	for (size_t i = 0; i < PLAN_SETS; i++)
		if (owners_is_told(holding, i) && print_set(holding, i))
			return -1;
	return 0;
}

/* What was passed over, or judged by less than it might be. */
static int print_counts(void)
{
	static struct buf lines;
	size_t foreign_count = owners_count_foreign(&owners);
	size_t accountless_count = owners_count_accountless(&owners);

	buf_wipe(&lines);
	if (foreign_count)
		buf_addf(&lines,
			 "%zu owner records name instances of other accounts: "
			 "left alone\n",
			 foreign_count);
	if (accountless_count)
		buf_addf(&lines,
			 "%zu owner records name no account: judged by this "
			 "one's EC2\n",
			 accountless_count);
	return print(lines.data, lines.len);
}

static int print_lines(void)
{
	const char *none =
		is_any_gone ? "nothing to remove\n" : "no owner is gone\n";
	bool is_any = report.status;

	for (size_t i = 0; i < owners.count; i++) {
		is_any |= owners.holdings[i].fate != OWNERS_KEPT;
		if (print_holding(&owners.holdings[i]))
			return -1;
	}
	if (!is_any && print(none, strlen(none)))
		return -1;
	return report.status ? 0 : print_counts();
}

static int print_json(void)
{
	const char *object = json_reaped(&owners, delete_changed);

	return !object || print(object, strlen(object)) || print("\n", 1) ? -1
									  : 0;
}

int main(int argc, char **argv)
{
	int rc;

	platform_has_user = text_is_careful = true;
	report_program = "bootname-reap";
	platform_harden(report_overdue);
	opterr = 0;
	errinfo.stage = "usage";
	rc = take_options(argc, argv);
	if (rc < 0 || (!rc && reap()))
		report_error();
	if (rc <= 0) {
		errinfo.stage = "report";
		if (report_wants_json ? print_json() : print_lines()) {
			report_error();
			if (report_wants_json)
				(void)print_json();
		}
	}
	imds_close();
	aws_close();
	http_close();
	owners_free(&owners);
	owners_forget();
	platform_exit(report.status);
}
