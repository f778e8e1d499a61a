/*
 * The command check: walk every step of `up`, change nothing, and tell of each
 * whether it works.
 */
#ifndef CHECK_H
#define CHECK_H

struct sources;

/*
 * Run the command: a line for each step on standard output.  The outcome gets
 * the exit status of the first step that fails.  Waits for nothing that may
 * come later, and for the network at most 30 s at a time.
 * sources: as in run_up.
 * With -j nothing is printed, and all is kept for check_json_result.
 */
void check(const struct sources *sources);

#endif
