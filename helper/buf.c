#include "buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "errinfo.h"
#include "platform.h"

/* Make room for len more bytes and the NUL; not realloc, which leaves the old
 * copy in freed memory. */
static bool reserve(struct buf *buf, size_t len)
{
	size_t capacity;
	char *data;

	if (len > buf->limit || buf->len > buf->limit - len) {
		buf->too_large = true;
		return false;
	}
	if (buf->len + len < buf->capacity)
		return true;
	capacity = (buf->len + len + 1) * 2;
	data = malloc(capacity);
	if (!data) {
		buf->no_memory = true;
		return false;
	}
	if (buf->data) {
		memcpy(data, buf->data, buf->len);
		platform_wipe(buf->data, buf->capacity);
		free(buf->data);
	}
	buf->data = data;
	buf->capacity = capacity;
	return true;
}

void buf_add(struct buf *buf, const void *bytes, size_t len)
{
	if (!len || !reserve(buf, len))
		return;
	memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_add_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void buf_add_char(struct buf *buf, char c)
{
	buf_add(buf, &c, 1);
}

void buf_addf(struct buf *buf, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len <= 0 || !reserve(buf, (size_t)len))
		return;
	va_start(args, format);
	(void)vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args);
	va_end(args);
	buf->len += (size_t)len;
}

const char *buf_text(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}

int buf_check(const struct buf *buf, const char *what, struct errinfo *err)
{
	if (buf->no_memory)
		return errinfo_no_memory(err);
	if (buf->too_large)
		return errinfo_set(err, STATUS_DATA,
				   "%s: larger than %zu bytes", what,
				   buf->limit);
	return 0;
}

void buf_clear(struct buf *buf)
{
	if (buf->data)
		buf->data[0] = '\0';
	buf->len = 0;
	buf->too_large = false;
	buf->no_memory = false;
}

void buf_release(struct buf *buf)
{
	if (buf->data) {
		platform_wipe(buf->data, buf->capacity);
		free(buf->data);
	}
	buf->data = NULL;
	buf->capacity = 0;
	buf_clear(buf);
}
