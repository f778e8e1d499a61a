/*
 * What the user sees: one line per record set, or what went wrong.
 */
#ifndef PRINT_H
#define PRINT_H

#include "options.h"

/* What errors begin with. */
extern const char *print_program;

/*
 * Print a text on standard output.
 * Returns 0, or -1 with STATUS_SYSTEM if it cannot be written.
 */
int print_text(const char *text);

/* With -v: what came out of the stage, on standard error. */
void print_text_of_stage(const char *text);
static inline void print_progress(const char *text)
{
	if (options.is_verbose)
		print_text_of_stage(text);
}

/*
 * Print the outcome on standard output.
 * Returns 0, or -1 with STATUS_SYSTEM if it cannot be written.
 */
int print_result(void);

/* Print errinfo: one line on standard error; and remember the status in the
 * outcome, if it is the first one. */
void print_failure(void);

/*
 * End the program with STATUS_DEADLINE, and say so: the handler of SIGALRM,
 * which http.c lets come when libcurl does not return.
 */
__attribute__((noreturn)) void print_overdue(int signal);

#endif
