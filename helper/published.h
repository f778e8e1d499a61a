/*
 * What this boot has published: kept in the runtime directory, never on disk,
 * so never in an AMI.
 *
 * A text of lines: a heading with the instance, what --if-changed compares,
 * when to look at Route 53 again, and each address set, as
 *
 *	bootname 1 i-0abc1234def567890
 *	same 64 hexadecimal digits, or "-"
 *	look milliseconds on the clock of platform_uptime_ms
 *	A ZONEID NAME ADDRESS ROLE_ARN ROUTING SET_IDENTIFIER
 */
#ifndef PUBLISHED_H
#define PUBLISHED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct plan;

enum { PUBLISHED_LIMIT = 48 }; /* sets that are kept at most */

/* The fields of a set. */
enum {
	PUBLISHED_TYPE, /* "A" or "AAAA" */
	PUBLISHED_ZONE, /* id */
	PUBLISHED_NAME, /* folded */
	PUBLISHED_VALUE,
	PUBLISHED_ROLE,	      /* "-": the instance's own */
	PUBLISHED_ROUTING,    /* as the setting */
	PUBLISHED_IDENTIFIER, /* "": none */
	PUBLISHED_FIELDS,
};

/* A record set that this boot has published, or is about to. */
struct published_set {
	const char *field[PUBLISHED_FIELDS];
	bool is_unwanted; /* the command is to remove it */
};

extern struct published_set published_sets[PUBLISHED_LIMIT];
extern size_t published_count;

/*
 * Hold the lock of the runtime directory until the process ends, so that runs
 * come one after the other.  Without a folder to write to there is none.
 * timeout_s: how long to wait for another run.
 * Returns 0, or -1 with STATUS_DEADLINE.
 */
int published_lock(long timeout_s);

/*
 * Read the state of $RUNTIME_DIRECTORY or else /run/bootname.  One that is not
 * whole, not ours, or another instance's is none.
 * instance_id: this instance.
 */
void published_read(const char *instance_id);

/* Whether all is published as described: any text. */
bool published_is(const struct buf *description);

/* Whether Route 53 is to be looked at again. */
bool published_is_due(void);

/* Whether one that is unwanted stands at the name and identifier of a plan, in
 * its zone, with this address: of PLAN_A or PLAN_AAAA. */
bool published_has(const struct plan *plan, size_t i, const char *address);

/* Add a set, its texts not copied; not where it is there. */
void published_add(const struct published_set *set);

/* Forget the sets that have all these fields; NULL: any.
 * is_unwanted: only such. */
void published_forget(const char *const field[PUBLISHED_FIELDS],
		      bool is_unwanted);

/*
 * Write the sets, in place of what was kept, readable for the owner only.
 * Where that cannot be done nothing is kept, which costs requests later.
 * description: all is as it says, and needs no look for an hour; NULL: a change
 *              is about to be made, or has failed.
 */
void published_write(const struct buf *description);

/*
 * The embedded helper keeps less: one text, which --if-changed compares; of
 * what it published and wants no more it remembers nothing.
 */
bool published_is_text(const char *wanted);
void published_keep_text(const char *kept);

#endif
