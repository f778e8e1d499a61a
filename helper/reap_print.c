#include "reap_print.h"

#include <string.h>
#include <unistd.h>

#include "errinfo.h"
#include "options.h"
#include "outcome.h"
#include "reap_owners.h"
#include "text.h"

int reap_print(const char *text)
{
	size_t len = strlen(text);

	while (len && !options.is_quiet) {
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
	const struct record_set *set = &holding->sets[kind].listed;
	size_t start;

	buf_set(&line, "%s %s (",
		options.is_dry_run ? "would remove" : "removing", set->name);
	start = line.len;
	buf_addf(&line, "%.4000s",
		 kind == PLAN_OWNER ? "no address" : set->values);
	(void)text_printable(line.data + start);
	buf_addf(&line, "), owner %s is %s\n", holding->instance->id,
		 holding->instance->state);
	return reap_print(line.data);
}

static int print_holding(const struct owners_holding *holding)
{
	static struct buf line;

	if (holding->fate == OWNERS_MOVED) {
		buf_set(&line, "%s has changed meanwhile: left alone\n",
			holding->sets[PLAN_OWNER].name);
		return reap_print(line.data);
	}
	for (size_t i = 0; i < PLAN_SETS; i++)
		if (owners_is_told(holding, i) && print_set(holding, i))
			return -1;
	return 0;
}

/* What was passed over, or judged by less than it might be. */
static int print_counts(const struct owners *owners)
{
	static struct buf lines;
	size_t foreign_count = owners_count_foreign(owners);
	size_t accountless_count = owners_count_accountless(owners);

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
	return reap_print(lines.data);
}

int reap_print_lines(const struct owners *owners, bool is_any_gone)
{
	const char *none =
		is_any_gone ? "nothing to remove\n" : "no owner is gone\n";
	bool is_any = outcome.status;

	for (size_t i = 0; i < owners->count; i++) {
		is_any |= owners->holdings[i].fate != OWNERS_KEPT;
		if (print_holding(&owners->holdings[i]))
			return -1;
	}
	if (!is_any && reap_print(none))
		return -1;
	return outcome.status ? 0 : print_counts(owners);
}
