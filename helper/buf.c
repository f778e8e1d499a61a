#include "buf.h"

#include <stdio.h>
#include <string.h>

#include "platform.h"

void buf_add(struct buf *buf, const char *bytes, size_t len)
{
	if (len >= sizeof(buf->data) - buf->len) {
		buf->len = sizeof(buf->data);
		return;
	}
	memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_addv(struct buf *buf, const char *format, va_list args)
{
	size_t room = sizeof(buf->data) - buf->len;
	int len = vsnprintf(buf->data + buf->len, room, format, args);

	buf->len += len < 0 || (size_t)len >= room ? room : (size_t)len;
}

void buf_addf(struct buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_addv(buf, format, args);
	va_end(args);
}

void buf_set(struct buf *buf, const char *format, ...)
{
	va_list args;

	buf_wipe(buf);
	va_start(args, format);
	buf_addv(buf, format, args);
	va_end(args);
}

void buf_wipe(struct buf *buf)
{
	if (!buf->len) /* nor is there a page of it to be touched */
		return;
	platform_wipe(buf->data, buf->len);
	buf->len = 0;
	buf->data[0] = '\0';
}

bool buf_is_cut(const struct buf *buf)
{
	return buf->len > BUF_LIMIT;
}
