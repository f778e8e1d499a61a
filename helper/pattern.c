#include "pattern.h"

#include <regex.h>
#include <string.h>

bool pattern_matches(const char *text, const char *pattern)
{
	regex_t compiled;
	bool found;

	if (!text || regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	found = !regexec(&compiled, text, 0, NULL, 0);
	regfree(&compiled);
	return found;
}

unsigned pattern_place(const char *word, const char *words)
{
	size_t len = strlen(word);
	unsigned place = 0;

	for (; *words; words = strchr(words, ' ') + 1, place++)
		if (strcspn(words, " ") == len && !memcmp(words, word, len))
			break;
	return place;
}
