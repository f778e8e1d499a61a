#include "options.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>

#include "errinfo.h"

struct options options;

int options_refuse(int answer, char *const *argv)
{
	const char shown[] = {'-', (char)optopt, '\0'};
	const char *word = argv[optind - 1];
	bool is_long = !strncmp(word, "--", 2);
	const char *value = strchr(word, '=');
	int len = (int)(is_long && value ? value - word
					 : (ptrdiff_t)strlen(word));

	if (!is_long) {
		word = shown;
		len = (int)strlen(shown);
	}
	if (len > 80)
		len = 80;
	if (answer == ':')
		return errinfo_set(STATUS_USAGE, "%.*s needs a value", len,
				   word);
	if (is_long && optopt)
		return errinfo_set(STATUS_USAGE, "%.*s takes no value", len,
				   word);
	return errinfo_set(STATUS_USAGE, "unknown option %.*s", len, word);
}
