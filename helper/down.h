/*
 * The command down: remove this instance's records.
 */
#ifndef DOWN_H
#define DOWN_H

/*
 * Run the command: what is not ours stays.  What came out is in the report, and
 * failures are printed.
 * settings_file, defaults_file: as for up.
 */
void down(const char *settings_file, const char *defaults_file);

#endif
