/*
 * What bootname-reap has removed, in lines.
 */
#ifndef REAP_PRINT_H
#define REAP_PRINT_H

#include <stdbool.h>

struct owners;

/* Print all of a text on standard output, whatever its length; not with -q.
 * Returns 0, or -1 with STATUS_SYSTEM. */
int reap_print(const char *text);

/*
 * Print a line for each record set that was removed, and what was passed over.
 * is_any_gone: an owner is gone, whatever became of its names.
 * Returns as reap_print.
 */
int reap_print_lines(const struct owners *owners, bool is_any_gone);

#endif
