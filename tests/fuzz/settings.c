/*
 * A file of settings, read by the installed program and by the one in
 * user-data.
 */
#include "accepted.h"
#include "platform.h"

static bool is_accepted(const char *name, bool has_user, struct buf *text)
{
	static struct settings settings;

	build_is_whole = has_user;
	settings_init(&settings);
	if (!fuzz_succeeded(settings_read_file(&settings, name)))
		return false;
	accepted_all(&settings, has_user);
	accepted_describe(&settings, text);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct buf strict, lax;
	const char *name;

	fuzz_open(NULL, 0);
	name = fuzz_file(data, size);
	/* What mkuserdata has had checked means the same at the boot. */
	if (is_accepted(name, true, &strict))
		assert(is_accepted(name, false, &lax) &&
		       !strcmp(strict.data, lax.data));
	else
		(void)is_accepted(name, false, &lax);
	return 0;
}
