#include "run.h"

#include <string.h>

#include "aws.h"
#include "build.h"
#include "cloud_config.h"
#include "errinfo.h"
#include "http.h"
#include "imds.h"
#include "options.h"
#include "provider.h"
#include "published.h"
#include "text.h"

/* ---- Settings. ---- */

static int read_documents(struct settings *settings,
			  const struct sources *sources)
{
	const char *cloud_config = platform_variable("BOOTNAME_CLOUD_CONFIG");

	settings_init(settings);
	if (build_is_whole && sources->settings_file)
		return settings_read_file(settings, sources->settings_file);
	if (build_is_whole && sources->defaults_file &&
	    settings_read_file(settings, sources->defaults_file))
		return -1;
	return cloud_config_read(settings, cloud_config ? cloud_config
							: CLOUD_CONFIG_FILE);
}

int run_read_settings(struct records *records, const struct sources *sources)
{
	errinfo.stage = "settings";
	if (read_documents(&records->settings, sources))
		return -1;
	settings_complete(&records->settings);
	if (settings_check(&records->settings))
		return -1;
	return build_is_whole ? records_refuse_named_alike(records) : 0;
}

/* ---- Which instance this is. ---- */

static void open_aws(const struct settings *settings,
		     const struct instance *instance)
{
	const char *region = platform_user_variable("AWS_REGION");

	if (*settings->value[SETTING_PROXY])
		aws.proxy = settings->value[SETTING_PROXY];
	aws.supply = provider_supply;
	/* Whose endpoints are asked; the instance's region stays its own. */
	aws.region = region && text_matches(region, "^[a-z0-9-]{1,32}$")
			     ? region
			     : instance->region;
	aws.is_ipv6 = imds_is_ipv6;
	provider.session_name = instance->id;
}

static void add_records(struct records *records,
			const struct instance *instance)
{
	struct settings *top = &records->settings;
	struct settings *next = settings_next(top);

	for (next = next ? next : top; next; next = settings_next(next)) {
		if (records_are_removed(records)) /* nothing comes any more */
			next->value[SETTING_GRACE] = "0";
		records_add(records, next, instance);
	}
}

static int identify(struct records *records)
{
	static struct instance instance;

	errinfo.stage = "metadata";
	if (imds_open() || instance_identify(&instance))
		return -1;
	open_aws(&records->settings, &instance);
	add_records(records, &instance);
	return 0;
}

static int start_clock(const struct records *records)
{
	errinfo.stage = "metadata";
	return http_open(settings_number(&records->settings, SETTING_TIMEOUT));
}

int run_identify(struct records *records)
{
	return start_clock(records) || identify(records) ? -1 : 0;
}

/* The later of two runs must be the one that learns later. */
static int lock(const struct records *records)
{
	if (!build_is_whole || options.is_dry_run)
		return 0;
	errinfo.stage = "lock";
	return published_lock(
		settings_number(&records->settings, SETTING_TIMEOUT));
}

int run_open(struct records *records, const struct sources *sources)
{
	outcome_time(STAGE_START);
	return run_read_settings(records, sources) || start_clock(records) ||
			       lock(records) || identify(records)
		       ? -1
		       : 0;
}

int run_authenticate(const struct record *record, bool once)
{
	record_use_role(record->settings);
	errinfo.stage = "credentials";
	return aws_authenticate(once);
}

void run_close(void)
{
	imds_close();
	aws_close();
	http_close();
}
