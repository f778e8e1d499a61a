/*
 * To be preloaded, for test_faults_network.py: a libcurl that knows fewer
 * options, those of the numbers in LIBCURL_LACKS, with a blank behind each.
 */
#define _GNU_SOURCE /* RTLD_NEXT */
#include <dlfcn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UNKNOWN_OPTION = 48 };

int curl_easy_setopt(void *curl, int option, ...);

int curl_easy_setopt(void *curl, int option, ...)
{
	int (*next)(void *, int, ...);
	const char *lacks = getenv("LIBCURL_LACKS");
	char word[16];
	va_list args;
	void *value; /* a number too: it goes the same way */

	(void)snprintf(word, sizeof(word), "%d ", option);
	if (lacks && strstr(lacks, word))
		return UNKNOWN_OPTION;
	va_start(args, option);
	value = va_arg(args, void *);
	va_end(args);
	*(void **)&next = dlsym(RTLD_NEXT, "curl_easy_setopt");
	return next(curl, option, value);
}
