/*
 * The command up: publish this instance's records.
 */
#ifndef UP_H
#define UP_H

struct errinfo;
struct report;

struct up_options {
	const char *settings_file; /* -c, or NULL */
	const char *defaults_file; /* -d, or NULL */
};

/*
 * Run the command and report what came out.
 * report: json, quiet, verbose and dry_run are set by the caller.
 * Returns 0, or -1 with stage, status and text in err.
 */
int up(const struct up_options *options, struct report *report,
       struct errinfo *err);

#endif
