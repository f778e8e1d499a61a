#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "errinfo.h"
#include "platform.h"

void buf_add(struct buf *buf, const char *bytes, size_t len)
{
	if (len >= buf->size - buf->len) {
		buf->len = buf->size;
		return;
	}
	memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_addf(struct buf *buf, const char *format, ...)
{
	size_t room = buf->size - buf->len;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(buf->data + buf->len, room, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= room)
		buf->len = buf->size;
	else
		buf->len += (size_t)len;
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
	buf->data[0] = '\0';
}

void buf_wipe(struct buf *buf)
{
	platform_wipe(buf->data, buf->len);
	buf_clear(buf);
}

int buf_check(const struct buf *buf, const char *what)
{
	if (buf->len < buf->size)
		return 0;
	return errinfo_set(STATUS_DATA, "%s: larger than %zu bytes", what,
			   buf->size - 1);
}
