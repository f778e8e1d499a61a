/*
 * What holds of settings that were accepted.
 */
#ifndef ACCEPTED_H
#define ACCEPTED_H

#include <string.h>

#include "dnsname.h"
#include "fuzz.h"
#include "settings.h"

/* Each placeholder is closed before the next one. */
static inline bool accepted_has_pairs(const char *name)
{
	bool is_open = false;

	for (; *name; name++) {
		if (*name == (is_open ? '{' : '}'))
			return false;
		is_open = *name == '{' || (is_open && *name != '}');
	}
	return !is_open;
}

static inline void accepted_number(const struct settings *settings,
				   enum setting setting, long least, long most)
{
	long number = settings_number(settings, setting);

	assert(number >= least && number <= most);
}

static inline void accepted_one(const struct settings *settings, bool has_user)
{
	const char *const *value = settings->value;
	static char folded[DNSNAME_SIZE];

	for (size_t i = 0; i < SETTINGS; i++) {
		assert(value[i] && strlen(value[i]) <= SETTING_LIMIT);
		assert(i == SETTING_NAME || fuzz_is_printable(value[i]));
	}
	assert(accepted_has_pairs(value[SETTING_NAME]));
	assert(!*value[SETTING_ZONE] ||
	       (dnsname_fold(folded, value[SETTING_ZONE]) &&
		!strcmp(folded, value[SETTING_ZONE])));
	assert(settings_is(settings, SETTING_ACTION, "UPSERT") ||
	       settings_is(settings, SETTING_ACTION, "CREATE"));
	assert(!*value[SETTING_RECORDS]);
	if (!has_user)
		return;
	accepted_number(settings, SETTING_TTL, 0, 2147483647);
	accepted_number(settings, SETTING_WEIGHT, 0, 255);
	accepted_number(settings, SETTING_GRACE, 0, 86400);
	accepted_number(settings, SETTING_TIMEOUT, 1, 86400);
}

static inline void accepted_all(struct settings *top, bool has_user)
{
	size_t count = 0;

	settings_complete(top);
	accepted_one(top, has_user);
	for (const struct settings *record = top->next; record;
	     record = record->next) {
		accepted_one(record, has_user);
		assert(record->is_record && ++count <= SETTINGS_RECORDS);
	}
}

/* All values in one text, so that two readings can be compared. */
static inline void accepted_describe(const struct settings *top,
				     struct buf *text)
{
	buf_wipe(text);
	for (; top; top = top->next)
		for (size_t i = 0; i < SETTINGS; i++)
			buf_addf(text, "%s\n", top->value[i]);
}

#endif
