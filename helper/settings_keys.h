/*
 * The table of the settings' keys, and the texts of their values: what
 * settings.c and settings_read.c share.
 */
#ifndef SETTINGS_KEYS_H
#define SETTINGS_KEYS_H

#include "buf.h"
#include "settings.h"

/* The pattern is of the whole value; errors show it. */
struct settings_key {
	char name[16];
	char preset[10];
	char pattern[76];
	unsigned most; /* of a number; 1: a truth value; 0: a text */
};

extern const struct settings_key settings_keys[SETTINGS];

/* The texts of all values, a NUL behind each; they live as long as the run. */
extern struct buf settings_texts;

/* The list of records, which settings_read_text fills in. */
extern struct settings settings_records[SETTINGS_RECORDS];

#endif
