#include "record.h"

#include <string.h>

#include "aws.h"
#include "errinfo.h"
#include "provider.h"

_Static_assert((int)OUTCOME_PLANS >= (int)SETTINGS_RECORDS,
	       "the outcome has room for the plan of each record");

void records_add(struct records *records, const struct settings *settings,
		 const struct instance *instance)
{
	struct record *record = records_first(records) + records->count++;

	record->settings = settings;
	record->instance = *instance;
}

static bool is_same_text(const struct settings *left,
			 const struct settings *right, enum setting setting)
{
	return !strcmp(left->value[setting], right->value[setting]);
}

bool record_has_role_of(const struct settings *left,
			const struct settings *right)
{
	return is_same_text(left, right, SETTING_ROLE_ARN) &&
	       is_same_text(left, right, SETTING_EXTERNAL_ID);
}

bool record_is_beside(const struct record *record, const struct record *other)
{
	return !strcmp(record->zone_id, other->zone_id) &&
	       (!settings_has(SETTING_ROLE_ARN) ||
		record_has_role_of(record->settings, other->settings));
}

void record_use_role(const struct settings *settings)
{
	static const struct settings *former; /* of the whole run */
	const char *role_arn = settings_role_arn(settings);

	if (!settings_has(SETTING_ROLE_ARN))
		return;
	aws.route53_identity = *role_arn ? AWS_ASSUMED : AWS_INSTANCE;
	if (former && !record_has_role_of(former, settings))
		aws_close();
	former = settings;
	provider.role_arn = role_arn;
	provider.external_id = settings->value[SETTING_EXTERNAL_ID];
}

/* ---- One name twice. ---- */

/* Whether the settings alone say that two records have one name and zone. */
static bool is_named_alike(const struct record *left,
			   const struct record *right)
{
	static const enum setting same[] = {SETTING_ZONE, SETTING_ZONE_ID,
					    SETTING_VISIBILITY,
					    SETTING_ADDRESS};
	const struct settings *one = left->settings;
	const struct settings *other = right->settings;
	static char names[2][DNSNAME_SIZE];
	bool are_names = dnsname_fold(names[0], one->value[SETTING_NAME]) &&
			 dnsname_fold(names[1], other->value[SETTING_NAME]);

	for (size_t i = 0; i < sizeof(same) / sizeof(*same); i++)
		if (!is_same_text(one, other, same[i]))
			return false;
	return record_has_role_of(one, other) &&
	       (are_names ? !strcmp(names[0], names[1])
			  : is_same_text(one, other, SETTING_NAME));
}

static bool is_placed_alike(const struct record *left,
			    const struct record *right)
{
	return left->is_open && right->is_open &&
	       !strcmp(left->zone_id, right->zone_id) &&
	       !strcmp(left->instance.name, right->instance.name);
}

static int refuse_pair(size_t left, size_t right, const char *name)
{
	errinfo.stage = "settings";
	return errinfo_set(STATUS_SETTINGS,
			   "records %zu and %zu are both %s; make them one "
			   "record, with all types, or give one another name",
			   left + 1, right + 1, name);
}

int records_refuse_named_alike(struct records *records)
{
	struct record *first = records_first(records);
	size_t count = 0;

	for (struct settings *next = settings_next(&records->settings); next;
	     next = settings_next(next))
		first[count++].settings = next;
	for (size_t i = 1; i < count; i++)
		for (size_t j = 0; j < i; j++) {
			const struct settings *left = first[j].settings;
			const char *name = left->value[SETTING_NAME];

			if (is_named_alike(&first[j], &first[i]) &&
			    plan_is_twice(left, first[i].settings, ""))
				return refuse_pair(
					j, i,
					*name ? name : "of the tag dnsname");
		}
	return 0;
}

int records_refuse_placed_alike(struct records *records)
{
	struct record *first = records_first(records);

	for (size_t i = 1; i < records->count; i++)
		for (size_t j = 0; j < i; j++)
			if (is_placed_alike(&first[j], &first[i]) &&
			    plan_is_twice(first[j].settings, first[i].settings,
					  first[j].instance.id))
				return refuse_pair(j, i,
						   first[j].instance.name);
	return 0;
}
