#include "errinfo.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void keep_printable(char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			*text = '?';
}

int errinfo_set(struct errinfo *err, int status, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	keep_printable(err->text);
	err->status = status;
	err->code[0] = '\0';
	return -1;
}

int errinfo_prefix(struct errinfo *err, const char *format, ...)
{
	char old[sizeof(err->text)];
	va_list args;
	size_t used;

	memcpy(old, err->text, sizeof(old));
	va_start(args, format);
	(void)vsnprintf(err->text, sizeof(err->text), format, args);
	va_end(args);
	used = strlen(err->text);
	(void)snprintf(err->text + used, sizeof(err->text) - used, "%s", old);
	keep_printable(err->text);
	return -1;
}

int errinfo_no_memory(struct errinfo *err)
{
	return errinfo_set(err, STATUS_SYSTEM, "out of memory");
}

void errinfo_clear(struct errinfo *err)
{
	err->status = STATUS_OK;
	err->code[0] = '\0';
	err->text[0] = '\0';
}
