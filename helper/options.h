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

/*
 * Record what getopt_long has refused, by the name of the option.
 * answer: what it returned: '?', or ':' if a value is missing.
 * argv: of main.
 * Returns -1 with STATUS_USAGE; the caller adds which help to read.
 */
int options_refuse(int answer, char *const *argv);

#endif
