/*
 * The cloud-config that cloud-init leaves, read by the installed program and
 * by the one in user-data.
 */
#include "cloud_config.h"
#include "accepted.h"
#include "platform.h"

/* Whether it could be read, and holds settings. */
static bool has_settings(const char *name, bool has_user, struct buf *text)
{
	static struct settings settings;

	build_is_whole = has_user;
	settings_init(&settings);
	if (!fuzz_succeeded(cloud_config_read(&settings, name)))
		return false;
	accepted_all(&settings, has_user);
	accepted_describe(&settings, text);
	return settings.found;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct buf strict, lax;
	const char *name;
	bool is_strict;

	fuzz_open(NULL, 0);
	name = fuzz_file(data, size);
	is_strict = has_settings(name, true, &strict);
	/* Without a user, the key bootname holds no settings. */
	if (has_settings(name, false, &lax) && is_strict)
		assert(!strcmp(strict.data, lax.data));
	return 0;
}
