/*
 * The command check: walk every step of `up`, change nothing, and tell of each
 * whether it works.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>

/*
 * Run the command: a line for each step on standard output.  The report gets
 * the exit status of the first step that fails.  Waits for nothing that may
 * come later, and for the network at most 30 s at a time.
 * settings_file, defaults_file: as in up.
 * is_json: print nothing, but keep all for json_checked.
 */
void check(const char *settings_file, const char *defaults_file, bool is_json);

#endif
