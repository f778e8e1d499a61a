/*
 * Text in fixed storage.
 *
 * data always ends in a NUL that len does not count.  An append that does not
 * fit is cut or dropped, and remembered: append as often as needed, then ask
 * buf_check once.
 */
#ifndef BUF_H
#define BUF_H

#include <stddef.h>

struct buf {
	char *data;
	size_t size; /* bytes of data */
	size_t len;  /* equal to size: an append did not fit */
};

/* Define one with room for so many bytes, empty when the program starts.  The
 * storage is static, in a function too: it costs no memory before it is
 * written, and nothing has to be freed. */
#define BUF(name, bytes)                                                       \
	static char name##_bytes[(bytes) + 1];                                 \
	static struct buf name = {name##_bytes, sizeof(name##_bytes), 0}

void buf_add(struct buf *buf, const char *bytes, size_t len);
void buf_addf(struct buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Forget the content. */
void buf_clear(struct buf *buf);

/* Overwrite the content and forget it. */
void buf_wipe(struct buf *buf);

/*
 * Whether every append did fit.
 * what: names the content in the error, such as "answer".
 * Returns 0, or -1 with STATUS_DATA.
 */
int buf_check(const struct buf *buf, const char *what);

#endif
