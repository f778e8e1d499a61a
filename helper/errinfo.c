#include "errinfo.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct errinfo errinfo;

__attribute__((format(printf, 2, 0))) static int
record(size_t used, const char *format, va_list args)
{
	(void)vsnprintf(errinfo.text + used, sizeof(errinfo.text) - used,
			format, args);
	return -1;
}

int errinfo_set(int status, const char *format, ...)
{
	va_list args;

	errinfo.status = status;
	errinfo.again = AGAIN_NEVER;
	errinfo.code[0] = '\0';
	va_start(args, format);
	(void)record(0, format, args);
	va_end(args);
	return -1;
}

int errinfo_again(enum again again)
{
	errinfo.again = again;
	return -1;
}

int errinfo_add(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)record(strlen(errinfo.text), format, args);
	va_end(args);
	return -1;
}
