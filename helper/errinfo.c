#include "errinfo.h"

struct errinfo errinfo;

int errinfo_set(int status, const char *format, ...)
{
	va_list args;

	errinfo.status = status & ~AGAIN_THROTTLED;
	errinfo.again = (enum again)(status & AGAIN_THROTTLED);
	errinfo.until_ms = 0;
	errinfo.code = "";
	buf_wipe(&errinfo.text);
	va_start(args, format);
	buf_addv(&errinfo.text, format, args);
	va_end(args);
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
