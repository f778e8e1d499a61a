/*
 * The entries of write_files that make one file, as cloud-init reads them.
 *
 * What is read is the text that cloud-init would write to that file; what it
 * cannot be told is an error with its place.
 * Source: cloud-init's cc_write_files.py, 22.2 to 25.1.
 */
#ifndef WRITE_FILES_H
#define WRITE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "yaml.h"

/* The file of the settings. */
#define WRITE_FILES_PATH "/etc/bootname.yaml"

/* What the entries read so far make.  Zeroed before the first one. */
struct write_files {
	/* Allocated, ends in a NUL; NULL: no entry writes to the file. */
	char *content;
	size_t size;
	/* cloud-init writes entries in two turns. */
	bool is_deferred_turn;
	bool has_deferred;
	/* Where cloud-init stops: what it has not written by then it never
	 * writes. */
	struct place obstacle; /* line 0: nowhere */
	const char *obstacle_text;
};

/* Remember that cloud-init stops here, if it has not stopped before.  text:
 * static.  Returns 0. */
int write_files_note_obstacle(struct write_files *files, struct place place,
			      const char *text);

/* Record the error if the current key is a merge key (<<), which bootname does
 * not follow.  Returns 0, or -1. */
int write_files_refuse_merge(void);

/* Read the current node, an entry.  files: struct write_files.  Returns 0, or
 * -1 with STATUS_SETTINGS or STATUS_SYSTEM. */
int write_files_read_entry(void *files);

/* Decode base64 in place, as Python's base64.b64decode does.  Returns the bytes;
 * -1: that is not base64. */
ssize_t write_files_decode(char *text);

/* Forget and free the content. */
void write_files_forget(struct write_files *files);

#endif
