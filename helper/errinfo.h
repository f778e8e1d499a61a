/*
 * The error record: what a failing function tells its caller.
 *
 * Every function that can fail returns -1 and fills in a struct errinfo; the
 * text grows no prefix on the way up and is printed once, by main.
 */
#ifndef ERRINFO_H
#define ERRINFO_H

/* The exit statuses of the program, numbered as sysexits(3) numbers them. */
enum exit_status {
	STATUS_OK = 0,
	STATUS_USAGE = 64,
	STATUS_DATA = 65, /* unusable answer, or a tag that is no name */
	STATUS_UNAVAILABLE =
		69, /* what must exist does not, or is there twice */
	STATUS_BUG = 70,
	STATUS_SYSTEM = 71,
	STATUS_TAKEN = 73,
	STATUS_TEMPORARY = 75, /* worth another try, until the deadline */
	STATUS_DENIED = 77,
	STATUS_SETTINGS = 78,
};

struct errinfo {
	int status;	   /* enum exit_status; STATUS_OK: no error */
	const char *stage; /* the step of the run, static text; set by up */
	char code[64];	   /* the service's error code, or empty */
	char text[1024];   /* one printable line: what happened; what to do */
};

/*
 * Record an error; any byte that is not printable ASCII becomes '?'.
 * status: one of enum exit_status, not STATUS_OK.
 * Returns -1, so that callers can return what it returns.  Clears the code.
 */
int errinfo_set(struct errinfo *err, int status, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * Put a text in front of the recorded one; status and code stay.
 * Returns -1.
 */
int errinfo_prefix(struct errinfo *err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Record that memory ran out: STATUS_SYSTEM.  Returns -1. */
int errinfo_no_memory(struct errinfo *err);

/* Forget the recorded error; the stage stays. */
void errinfo_clear(struct errinfo *err);

#endif
