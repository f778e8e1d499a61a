/*
 * What the user asks for on the command line.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

/* Set by main, once.  An embedded helper never sets them, and so has no code
 * for them. */
extern struct options {
	bool is_quiet;	 /* nothing on standard output */
	bool is_verbose; /* progress on standard error */
	bool is_dry_run; /* all is read, and no change is sent */
	bool wants_json;
} options;

#endif
