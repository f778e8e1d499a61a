/*
 * The error record: what went wrong last, and whether another try may help.
 *
 * A function that fails fills it in and returns -1; main prints it, once.
 * The program does one thing after the other, so one record is enough.
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
	STATUS_DEADLINE = 75,
	STATUS_DENIED = 77,
	STATUS_SETTINGS = 78,
};

/* How soon another try may help. */
enum again {
	AGAIN_NEVER,
	AGAIN_SOON,	 /* the metadata: link-local and unlimited */
	AGAIN_LATER,	 /* a network or server failure */
	AGAIN_THROTTLED, /* the account's request rate is used up */
};

struct errinfo {
	int status; /* enum exit_status */
	enum again again;
	const char *stage; /* the step of the run, static text */
	char code[64];	   /* the service's error code, or empty */
	char text[1024];   /* one line: what happened; what to do */
};

extern struct errinfo errinfo;

/*
 * Record an error, not worth another try; the stage stays, the code is
 * cleared.
 * status: one of enum exit_status.
 * Returns -1, so that callers can return what it returns.
 */
int errinfo_set(int status, const char *format, ...)
	__attribute__((format(printf, 2, 3), cold));

/* Let the recorded error be worth another try.  Returns -1. */
int errinfo_again(enum again again);

/* Add to the recorded text.  Returns -1. */
int errinfo_add(const char *format, ...)
	__attribute__((format(printf, 1, 2), cold));

#endif
