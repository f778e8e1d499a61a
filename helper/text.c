#include "text.h"

#include <errno.h>
#include <regex.h>
#include <string.h>

#include "build.h"

bool text_has_failed;

static bool matches(const char *text, const char *pattern)
{
	regex_t compiled;
	bool found;

	if (!text || regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	found = !regexec(&compiled, text, 0, NULL, 0);
	regfree(&compiled);
	return found;
}

bool text_matches(const char *text, const char *pattern)
{
	bool found;

	if (!build_is_whole)
		return matches(text, pattern);
	errno = 0;
	found = matches(text, pattern);
	/* To glibc's regexec it is the same as no match. */
	text_has_failed |= errno == ENOMEM;
	return found;
}

char *text_printable(char *text)
{
	for (char *c = text; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = *c == *TEXT_SEPARATOR ? ' ' : '?';
	return text;
}

unsigned text_place(const char *word, const char *words)
{
	size_t len = strlen(word);
	unsigned place = 0;

	for (; *words; words = strchr(words, ' ') + 1, place++)
		if (strcspn(words, " ") == len && !memcmp(words, word, len))
			break;
	return place;
}
