#include "check.h"

#include <string.h>

#include "aws.h"
#include "check_print.h"
#include "check_record.h"
#include "check_resolver.h"
#include "check_state.h"
#include "check_zone.h"
#include "errinfo.h"
#include "http.h"
#include "imds.h"
#include "options.h"
#include "platform.h"
#include "run.h"
#include "text.h"

enum { TIMEOUT_S = 30 }; /* somebody is waiting */

#define TAGS "meta-data/tags/instance"

/* ---- Settings. ---- */

/* What may be printed of a value: these two may be secrets. */
static const char *shown(const struct settings *settings, enum setting setting)
{
	return setting == SETTING_PROXY || setting == SETTING_EXTERNAL_ID
		       ? "(given)"
		       : settings->value[setting];
}

/* Append those that were read from one place: "ttl 60, action UPSERT". */
static bool add_settings(struct buf *summary, const struct settings *settings,
			 const char *origin)
{
	bool is_any = false;

	for (enum setting i = 0; i < SETTINGS; i++) {
		if (settings->origin[i] != origin || !*settings->value[i])
			continue;
		buf_addf(summary, "%s%s %s", is_any ? ", " : "",
			 settings_key(i), shown(settings, i));
		is_any = true;
	}
	return is_any;
}

/* A file after the other, then the defaults. */
static void tell_settings(const struct settings *settings)
{
	static struct buf summary;
	const char *told[SETTINGS + 1] = {NULL};
	size_t count = 1; /* NULL: the defaults */

	buf_wipe(&summary);
	for (size_t i = 0; i < SETTINGS; i++) {
		size_t j = 0;

		while (j < count && told[j] != settings->origin[i])
			j++;
		if (j < count)
			continue;
		told[count++] = settings->origin[i];
		buf_addf(&summary, "%s: ", settings->origin[i]);
		if (add_settings(&summary, settings, settings->origin[i]))
			buf_addf(&summary, " / ");
	}
	buf_addf(&summary, "by default: ");
	(void)add_settings(&summary, settings, NULL);
	finding_ok("%s", text_printable(summary.data));
}

static bool check_settings(struct check *check, const struct sources *sources)
{
	struct settings *settings = &check->records.settings;

	if (run_read_settings(&check->records, sources)) {
		finding_fail_with_error();
		return false;
	}
	errinfo.stage = "settings";
	if (settings->doubt)
		finding_warn("%s", settings->doubt);
	else if (!settings->found)
		finding_ok("none: the tag dnsname names the instance, and the "
			   "defaults are in force");
	else if (!settings->next)
		tell_settings(settings);
	for (const struct settings *next = settings->next; next;
	     next = next->next)
		tell_settings(next);
	return true;
}

/* Wait for nothing: who looks wants to know how it is now. */
static void hurry(struct check *check)
{
	struct settings *next = &check->records.settings;

	if (settings_number(next, SETTING_TIMEOUT) > TIMEOUT_S)
		next->value[SETTING_TIMEOUT] = "30";
	for (; next; next = next->next)
		next->value[SETTING_GRACE] = "0";
}

void check_start_clock(const struct check *check)
{
	http_start_clock(
		settings_number(&check->records.settings, SETTING_TIMEOUT));
}

/* ---- Metadata. ---- */

static bool wants_tags(struct records *records)
{
	for (struct record *record = records_first(records); record;
	     record = records_next(records, record)) {
		const char *name = record->settings->value[SETTING_NAME];

		if (!*name || strstr(name, "{tag:"))
			return true;
	}
	return false;
}

static bool check_metadata(struct records *records, bool has_settings)
{
	const struct instance *instance = &records_first(records)->instance;
	const char *id = instance->id;
	int tags;

	if (run_identify(records) || (tags = imds_get(TAGS)) < 0) {
		finding_fail_with_error();
		return false;
	}
	if (tags && has_settings && wants_tags(records))
		finding_warn("the tags of %s are not in the metadata, so EC2 "
			     "is asked for them; aws ec2 "
			     "modify-instance-metadata-options --instance-id "
			     "%s --instance-metadata-tags enabled",
			     id, id);
	if (strcmp(aws.region, instance->region))
		finding_warn("AWS_REGION says %s, but the instance is in %s: "
			     "bootname takes endpoints of %s, and writes %s "
			     "into owner records; unset AWS_REGION",
			     aws.region, instance->region, aws.region,
			     instance->region);
	finding_ok("%s in %s, with IMDSv2%s, tags %s, hop limit large enough",
		   id, instance->region, imds_is_ipv6 ? " over IPv6" : "",
		   tags ? "off" : "on");
	return true;
}

/* ---- Name and address. ---- */

static bool check_name(struct record *record)
{
	static struct buf template;
	int rc;

	buf_set(&template, "%s", record->settings->value[SETTING_NAME]);
	errinfo.stage = "name";
	rc = instance_learn_name(&record->instance, record->settings);
	if (rc < 0)
		finding_fail_with_error();
	else if (rc)
		finding_warn("neither settings nor a tag dnsname, so up does "
			     "nothing; give the instance the tag, or its "
			     "user-data the settings");
	else if (template.len)
		finding_ok("%s, from name: %s", record->instance.name,
			   text_printable(template.data));
	else
		finding_ok("%s, from the tag dnsname", record->instance.name);
	return !rc;
}

static bool check_address(struct record *record)
{
	struct instance *instance = &record->instance;

	errinfo.stage = "address";
	if (instance_learn_addresses(instance, record->settings)) {
		finding_fail_with_error();
		return false;
	}
	finding_ok("%s%s%s", instance->ipv4,
		   *instance->ipv4 && *instance->ipv6 ? " and " : "",
		   instance->ipv6);
	return true;
}

/* ---- Credentials. ---- */

static bool check_credentials(const struct record *record)
{
	static struct buf role;
	const char *role_arn = record->settings->value[SETTING_ROLE_ARN];
	bool has_key = platform_variable("AWS_ACCESS_KEY_ID");
	const char *unread = aws_unread_variable();
	int rc;

	rc = run_authenticate(record, true);
	if (rc || (!has_key && imds_get(IMDS_ROLE))) {
		errinfo.stage = "credentials";
		finding_fail_with_error();
		return false;
	}
	errinfo.stage = "credentials";
	if (!has_key) /* else the body is a secret's */
		buf_set(&role, "role %.*s",
			(int)strcspn(http_answer.body, "\r\n"),
			http_answer.body);
	if (unread)
		finding_warn("bootname does not read %s, and takes the "
			     "instance's role; set AWS_ACCESS_KEY_ID, or give "
			     "that role the rights",
			     unread);
	finding_ok("%s%s%s",
		   has_key ? "AWS_ACCESS_KEY_ID of the environment"
			   : text_printable(role.data),
		   *role_arn ? ", assumed: " : "", role_arn);
	return true;
}

/* ---- All of it. ---- */

static void check_one(struct check *check)
{
	struct record *record = check->record;
	bool has_name = check_name(record);
	bool has_address = has_name && check_address(record);

	if (!check_credentials(record) || !has_name || !check_zone(check) ||
	    !has_address || !check_permission(check))
		return;
	check_delegation(check);
	check_ttl(record->settings);
	check_start_clock(check);
	if (check_record(check))
		check_answer(check);
}

void check(const struct sources *sources)
{
	static struct check check; /* too large for the stack */
	struct records *records = &check.records;
	bool has_settings;

	check_print_open(options.wants_json);
	(void)resolver_be_patient(); /* resolver_ask does so again, and looks */
	has_settings = check_settings(&check, sources);
	hurry(&check);
	if (check_metadata(records, has_settings) && has_settings)
		for (check.record = records_first(records); check.record;
		     check.record = records_next(records, check.record)) {
			check_start_clock(&check);
			check_one(&check);
		}
	run_close();
}
