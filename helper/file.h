/*
 * Files that the machine's owner has put there.
 */
#ifndef FILE_H
#define FILE_H

#include <stdbool.h>
#include <stddef.h>

/* The one read last. */
extern struct file {
	char *text; /* ends in a NUL that size does not count */
	size_t size;
} file;

/*
 * Read a file whole, in place of the last one.
 * Returns 0; 1 where there is none; or -1: more than 1 MiB, no file, or open
 * to be written by everybody.  Errors are STATUS_SETTINGS.
 */
int file_read(const char *path);

/* Whether the file read last ends in these bytes. */
bool file_ends_in(const char *ending);

#endif
