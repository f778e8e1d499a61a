/*
 * What the owner records of a hosted zone say: which names belong to which
 * instances.
 *
 * A zone's record sets are taken one by one; then each owner record is a
 * holding: the record sets that are to go with its instance, as they are
 * listed.  Whatever is no owner record, or stands beside one and is not as we
 * make it, is nobody's and stays.
 */
#ifndef REAP_OWNERS_H
#define REAP_OWNERS_H

#include <stdbool.h>
#include <stddef.h>

#include "plan.h"
#include "route53.h"

/* A record set; its texts live until owners_forget. */
struct owners_set {
	struct record_set listed; /* but the name folded */
	const char *name; /* that it gives an address, or an owner; NULL: there
			     is no such set */
	size_t kind;	  /* PLAN_A, PLAN_AAAA, PLAN_OWNER */
	bool is_odd;	  /* cannot be deleted by what is known of it */
	/* Of an owner record; else "". */
	const char *id;
	const char *region;
	const char *account; /* "": written by 0.1.0, without one */
};

struct owners_instance {
	const char *id;
	const char *region;
	const char *account;
	bool is_foreign; /* of another account: EC2 is not asked */
	/* As EC2 names it; "unknown": EC2 knows no such instance; "": it was
	 * not told. */
	const char *state;
};

enum owners_fate {
	OWNERS_KEPT,
	OWNERS_DOOMED,	/* to be removed */
	OWNERS_REMOVED, /* or would be, in a dry run */
	OWNERS_MOVED,	/* somebody else's by now */
};

struct owners_holding {
	struct owners_set sets[PLAN_SETS];
	struct owners_instance *instance;
	bool is_odd; /* an address beside the owner record is not ours */
	enum owners_fate fate;
};

/* Zeroed before the first set. */
struct owners {
	struct owners_set *sets;
	size_t set_count;
	size_t set_room;
	struct owners_holding *holdings; /* by name and set identifier */
	size_t count;
	struct owners_instance *instances; /* by region and id, each once */
	size_t instance_count;
	bool stopped_too; /* the names of stopped instances go as well */
};

/*
 * Take one record set of the zone.
 * listed: as route53_list_record_sets gives it.
 * Returns 0; 1 where it looks like an owner record and is none; or -1:
 * STATUS_SYSTEM (out of memory), STATUS_DATA (more than any zone holds).
 */
int owners_add(struct owners *owners, const struct record_set *listed);

/* Put together what belongs together.  Returns 0, or -1 with STATUS_SYSTEM. */
int owners_group(struct owners *owners);

/* Append the changes that delete all of a holding, exactly as it is listed. */
void owners_add_deletes(const struct owners_holding *holding,
			struct buf *changes);

/* Whether a set of a holding is told of where that was removed: its addresses,
 * or its owner record where it has none. */
static inline bool owners_is_told(const struct owners_holding *holding,
				  size_t kind)
{
	const struct owners_set *sets = holding->sets;

	return holding->fate == OWNERS_REMOVED && sets[kind].name &&
	       (kind != PLAN_OWNER ||
		(!sets[PLAN_A].name && !sets[PLAN_AAAA].name));
}

/* How many holdings have an owner of another account, or of none. */
static inline size_t owners_count_foreign(const struct owners *owners)
{
	size_t count = 0;

	for (size_t i = 0; i < owners->count; i++)
		count += owners->holdings[i].instance->is_foreign;
	return count;
}

static inline size_t owners_count_accountless(const struct owners *owners)
{
	size_t count = 0;

	for (size_t i = 0; i < owners->count; i++)
		count += !*owners->holdings[i].instance->account;
	return count;
}

/* Free all but the texts. */
void owners_free(struct owners *owners);

/* Free the texts of all. */
void owners_forget(void);

#endif
