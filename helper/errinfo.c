#include "errinfo.h"

struct errinfo errinfo;

int errinfo_set(enum exit_status status, const char *format, ...)
{
	va_list args;

	errinfo.status = status;
	errinfo.again = AGAIN_NEVER;
	errinfo.until_ms = 0;
	errinfo.code = "";
	buf_wipe(&errinfo.text);
	va_start(args, format);
	buf_addv(&errinfo.text, format, args);
	va_end(args);
	return -1;
}

int errinfo_retry(enum again again)
{
	errinfo.again = again;
	return -1;
}

int errinfo_add(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_addv(&errinfo.text, format, args);
	va_end(args);
	return -1;
}
