/*
 * The command up: publish this instance's records.
 */
#ifndef UP_H
#define UP_H

#include <stdbool.h>

/*
 * Run the command; what came out is in the report, and failures are printed.
 * settings_file: settings from here alone; or NULL.
 * defaults_file: settings under the user-data's; or NULL.
 * if_changed: do nothing where this boot has published the same already.
 */
void up(const char *settings_file, const char *defaults_file, bool if_changed);

#endif
