/*
 * The error record: what went wrong last, and whether another try may help.
 *
 * A function that fails fills it in and returns -1; main prints it, once.
 * The program does one thing after the other, so one record is enough.
 */
#ifndef ERRINFO_H
#define ERRINFO_H

#include <stdint.h>

#include "buf.h"

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
	enum exit_status status;
	enum again again;
	/* No other try after this, on the clock of platform_now_ms; 0: there
	 * is none but the deadline. */
	int64_t until_ms;
	const char *stage; /* the step of the run, static text */
	const char *code;  /* the service's error code, or "" */
	struct buf text;   /* one line: what happened; what to do */
};

extern struct errinfo errinfo;

/*
 * Record an error which no other try helps; the stage stays, code and until_ms
 * are cleared.
 * Returns -1, so that callers can return what it returns.
 */
int errinfo_set(enum exit_status status, const char *format, ...)
	__attribute__((format(printf, 2, 3), cold));

/* Record that another try may help.  Returns -1. */
int errinfo_retry(enum again again);

/* Add to the recorded text.  Returns -1. */
int errinfo_add(const char *format, ...)
	__attribute__((format(printf, 1, 2), cold));

#endif
