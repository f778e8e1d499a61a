/*
 * Text in fixed storage.
 *
 * Define one as static, in a function too: it costs no memory before it is
 * written, and nothing has to be freed.  data always ends in a NUL that len
 * does not count.  An append that does not fit is cut or dropped, and
 * remembered: append as often as needed, then ask buf_is_cut once.
 */
#ifndef BUF_H
#define BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Bytes: room for the longest of them, headers with a session token.  In
 * what rides in user-data all together stay below 1 MiB, which arm64 reaches
 * with one instruction. */
enum { BUF_LIMIT = 12287 };

struct buf {
	size_t len; /* above BUF_LIMIT: an append did not fit */
	char data[BUF_LIMIT + 1];
};

void buf_add(struct buf *buf, const char *bytes, size_t len);
void buf_addf(struct buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
void buf_addv(struct buf *buf, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));

/* Replace the content, wiping it first. */
void buf_set(struct buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Overwrite the content and forget it. */
void buf_wipe(struct buf *buf);

/* Whether an append did not fit. */
bool buf_is_cut(const struct buf *buf);

#endif
