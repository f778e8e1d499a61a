#include "settings.h"

#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "build.h"
#include "errinfo.h"
#include "platform.h"
#include "settings_keys.h"
#include "text.h"

/* ---- Keys: what each one takes. ---- */

#define BOOLEAN "[Tt]rue|[Ff]alse|[Yy]es|[Nn]o|[Oo]n|[Oo]ff"

const struct settings_key settings_keys[SETTINGS] = {
	[SETTING_NAME] =
		{"name", "",
		 "([A-Za-z0-9_*.-]|[{](instance-id|region|az|az-id|local-ipv4|"
		 "tag:[^{}]+)[}])+",
		 0},
	[SETTING_ZONE] = {"zone", "", "[A-Za-z0-9_.-]+", 0},
	[SETTING_ZONE_ID] = {"zone_id", "", "(/hostedzone/)?[A-Z0-9]{1,32}", 0},
	[SETTING_VISIBILITY] = {"visibility", "", "public|private", 0},
	[SETTING_TTL] = {"ttl", "60", "0|[1-9][0-9]{0,9}", 2147483647},
	[SETTING_ACTION] = {"action", "UPSERT", "UPSERT|CREATE", 0},
	[SETTING_ADDRESS] = {"address", "public", "public|private", 0},
	[SETTING_TYPES] = {"types", "", "^ (A|AAAA|A AAAA|AAAA A) $", 0},
	[SETTING_OWNER_RECORD] = {"owner_record", "", BOOLEAN, 1},
	[SETTING_TAKE_OVER] = {"take_over", "never", "never|stopped|gone", 0},
	[SETTING_ROUTING] = {"routing", "simple", "simple|multivalue|weighted",
			     0},
	[SETTING_WEIGHT] = {"weight", "1", "0|[1-9][0-9]{0,2}", 255},
	[SETTING_SET_IDENTIFIER] = {"set_identifier", "", "[ -~]{1,128}", 0},
	[SETTING_HEALTH_CHECK_ID] = {"health_check_id", "",
				     "[A-Za-z0-9-]{1,64}", 0},
	[SETTING_ROLE_ARN] = {"role_arn", "", "arn:[!-~]+", 0},
	[SETTING_EXTERNAL_ID] = {"external_id", "", "[A-Za-z0-9_+=,.@:/-]{2,}",
				 0},
	[SETTING_GRACE] = {"grace", "0", "0|[1-9][0-9]{0,4}", 86400},
	[SETTING_WAIT] = {"wait", "", BOOLEAN, 1},
	[SETTING_TIMEOUT] = {"timeout", "300", "[1-9][0-9]{0,4}", 86400},
	[SETTING_PROXY] = {"proxy", "", "https?://[!-~]+", 0},
	[SETTING_RECORDS] = {"records", "", "a list of maps", 0},
};

struct buf settings_texts;
struct settings settings_records[SETTINGS_RECORDS];

void settings_init(struct settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	for (size_t i = 0; i < SETTINGS; i++)
		settings->value[i] = settings_keys[i].preset;
	buf_wipe(&settings_texts);
}

void settings_complete(struct settings *settings)
{
	for (struct settings *record = settings_next(settings); record;
	     record = settings_next(record)) {
		for (size_t i = 0; i < SETTINGS; i++) {
			if (record->value[i])
				continue;
			record->value[i] = settings->value[i];
			if (build_is_whole)
				record->origin[i] = settings->origin[i];
		}
	}
}

int settings_fault_lacking(enum setting setting)
{
	return errinfo_set(STATUS_SETTINGS,
			   "%s%s: not in the helper that is embedded in "
			   "user-data; use mkuserdata --s3, --url or --baked",
			   settings_keys[setting].name,
			   setting == SETTING_ACTION ? ": CREATE"
			   : setting == SETTING_NAME ? ": a placeholder"
						     : "");
}

bool settings_is_text(enum setting setting)
{
	return !settings_keys[setting].most;
}

const char *settings_key(enum setting setting)
{
	return settings_keys[setting].name;
}

bool settings_is(const struct settings *settings, enum setting setting,
		 const char *word)
{
	return !strcmp(settings->value[setting], word);
}

enum action settings_action(const struct settings *settings)
{
	if (!settings_has(SETTING_OWNER_RECORD))
		return ACTION_UPSERT;
	return settings_is(settings, SETTING_ACTION, "CREATE") ? ACTION_CREATE
							       : ACTION_UPSERT;
}

enum routing settings_routing(const struct settings *settings)
{
	if (!settings_has(SETTING_ROUTING))
		return ROUTING_SIMPLE;
	return (enum routing)text_place(settings->value[SETTING_ROUTING],
					"simple multivalue weighted ");
}

enum take_over settings_take_over(const struct settings *settings)
{
	if (!settings_has(SETTING_TAKE_OVER))
		return TAKE_OVER_NEVER;
	return (enum take_over)text_place(settings->value[SETTING_TAKE_OVER],
					  "never gone stopped ");
}

bool settings_owns(const struct settings *settings)
{
	if (!settings_has(SETTING_OWNER_RECORD))
		return false;
	return *settings->value[SETTING_OWNER_RECORD]
		       ? settings_is_true(settings, SETTING_OWNER_RECORD)
		       : settings_action(settings) == ACTION_CREATE;
}

const char *settings_visibility(const struct settings *settings)
{
	const char *given = settings->value[SETTING_VISIBILITY];

	return *given ? given : settings->value[SETTING_ADDRESS];
}

bool settings_is_private(const struct settings *settings)
{
	return !strcmp(settings_visibility(settings), "private");
}

bool settings_has_private_address(const struct settings *settings)
{
	return settings_is(settings, SETTING_ADDRESS, "private");
}

bool settings_list_types(const struct settings *settings)
{
	return settings_has(SETTING_TYPES) && *settings->value[SETTING_TYPES];
}

/* A list has a blank before and behind each of its words. */
static bool wants(const struct settings *settings, const char *type)
{
	return !settings_list_types(settings) ||
	       strstr(settings->value[SETTING_TYPES], type);
}

bool settings_want_ipv4(const struct settings *settings)
{
	return wants(settings, " A ");
}

bool settings_want_ipv6(const struct settings *settings)
{
	return wants(settings, " AAAA ");
}

const char *settings_role_arn(const struct settings *settings)
{
	return settings_has(SETTING_ROLE_ARN)
		       ? settings->value[SETTING_ROLE_ARN]
		       : "";
}

bool settings_wait(const struct settings *settings)
{
	return settings_has(SETTING_WAIT) &&
	       settings_is_true(settings, SETTING_WAIT);
}

bool settings_is_true(const struct settings *settings, enum setting setting)
{
	return text_matches(settings->value[setting], "^[TtYy]|n$");
}

long settings_number(const struct settings *settings, enum setting setting)
{
	return strtol(settings->value[setting], NULL, 10);
}
