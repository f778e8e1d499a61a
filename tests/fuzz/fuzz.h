/*
 * What every harness has: answers out of its input in libcurl's place, a clock
 * that only sleeping moves, and what holds of every outcome.
 */
#ifndef FUZZ_H
#define FUZZ_H

#undef NDEBUG
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/*
 * Begin anew, as a program that has just started: no input finds what the one
 * before has left behind.
 * data, size: the answers to come, with a line "%" between them.  Each is as it
 *             travels, from the status line on; or a body, of status 200; or
 *             "curl ", an error of libcurl by its length.  Behind the last one
 *             the deadline passes.
 */
void fuzz_open(const uint8_t *data, size_t size);

/* Cut the first line off an input; its first byte, which names what is done
 * with the rest. */
char fuzz_take_word(const uint8_t **data, size_t *size);

/* A file with this content; its name. */
const char *fuzz_file(const uint8_t *data, size_t size);

/* Where what was published is; NULL: in the system's folder. */
extern const char *fuzz_directory;

/* A failure has one of our statuses and a text.  Returns whether it is none. */
bool fuzz_succeeded(int rc);

/* Whether a text has only printable ASCII. */
bool fuzz_is_printable(const char *text);

/* Whether a text has only letters, digits and hyphens: 1 to most of them.  For
 * this libc's regular expressions take long. */
bool fuzz_is_word(const char *text, size_t most);

/* What a row may hold. */
void fuzz_check_row(const struct buf *row, size_t fields);

#endif
