/*
 * The command up: publish this instance's records.
 */
#ifndef UP_H
#define UP_H

struct report;

/*
 * Run the command; what came out is in the report, also after a failure.
 * settings_file: settings from here alone; or NULL.
 * defaults_file: settings under the user-data's; or NULL.
 * Returns 0, or -1 with errinfo filled in.
 */
int up(const char *settings_file, const char *defaults_file,
       struct report *report);

#endif
