/*
 * Growable bytes with a limit.
 *
 * data is NULL or ends in a NUL that len does not count.  An append that
 * would pass the limit, or that finds no memory, is dropped and remembered:
 * append as often as needed, then ask buf_check once.  Memory that is given
 * up is wiped first, so that a buffer may hold a secret.
 */
#ifndef BUF_H
#define BUF_H

#include <stdbool.h>
#include <stddef.h>

struct errinfo;

struct buf {
	char *data;
	size_t len;
	size_t capacity;
	size_t limit;	/* bytes, the most that len may become */
	bool too_large; /* an append would have passed the limit */
	bool no_memory;
};

/* limit: bytes.  Owns nothing until the first append. */
#define BUF_INIT(bytes)                                                        \
	{                                                                      \
		.limit = (bytes)                                               \
	}

void buf_add(struct buf *buf, const void *bytes, size_t len);
void buf_add_text(struct buf *buf, const char *text);
void buf_add_char(struct buf *buf, char c);
void buf_addf(struct buf *buf, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* The bytes as text; "" where nothing was appended.  Owned by the buffer. */
const char *buf_text(const struct buf *buf);

/*
 * Whether every append was kept.
 * what: names the content in the error, such as "answer".
 * Returns 0, or -1 with STATUS_DATA (too large) or STATUS_SYSTEM (memory).
 */
int buf_check(const struct buf *buf, const char *what, struct errinfo *err);

/* Forget the content, keep memory and limit. */
void buf_clear(struct buf *buf);

/* Wipe and free; the buffer may be used again.  Accepts an empty one. */
void buf_release(struct buf *buf);

#endif
