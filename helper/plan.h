/*
 * What to change: a pure function of settings, instance and what Route 53
 * holds.
 *
 * A plan is made in this order: plan_start, plan_found for each record set
 * found in the zone, plan_changes.
 */
#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"
#include "build.h"
#include "route53.h"

struct instance;
struct settings;

/* The owner record of a name stands beside it, with this in front. */
#define PLAN_OWNER_PREFIX "_bootname."

/* Its value: what it begins with, before the instance id, and all of it. */
#define PLAN_OWNER_START "\"heritage=bootname,owner="
#define PLAN_OWNER_PATTERN                                                     \
	"^" PLAN_OWNER_START "i-[0-9a-f]{8}([0-9a-f]{9})?,"                    \
	"region=[a-z0-9-]{1,32}(,account=[0-9]{12})?\"$"

/* The record sets of a name, by their types. */
enum {
	PLAN_A = TYPE_A,
	PLAN_AAAA = TYPE_AAAA,
	PLAN_OWNER = TYPE_TXT, /* the owner record */
	PLAN_SETS,
};

enum {
	PLAN_BEFORE_SIZE = 1024,
	PLAN_OWNER_SIZE = 128, /* what PLAN_OWNER_PATTERN takes is shorter */
};

/* In this order: above PLAN_KEEP a set is there, and is not what is wanted. */
enum plan_state {
	PLAN_NONE,   /* neither wanted nor there */
	PLAN_KEEP,   /* there, exactly as wanted */
	PLAN_LEAVE,  /* there, and not ours */
	PLAN_REMOVE, /* to be deleted */
	PLAN_CHANGE, /* to be set */
};

/* One record set that this instance is to have, or loses. */
struct plan_set {
	enum plan_state state;
	const char *value; /* wanted, or looked for; "": none */
	/* The values found, as listed, as many as there is room for; "": none.
	 */
	char before[PLAN_BEFORE_SIZE];
};

struct plan {
	const struct settings *settings;
	const struct instance *instance;
	bool is_removal; /* ask plan_is_removal */
	/* A removal of what this boot has published and nothing else; and
	 * whether the name remains, with its owner record. */
	bool is_leftover;
	bool keeps_owner;
	/* Whether this boot has published an address of PLAN_A or PLAN_AAAA
	 * that a removal is to remove; NULL: it has published none. */
	bool (*has_published)(const struct plan *plan, size_t i,
			      const char *address);
	const char *zone_id; /* of the caller's, for has_published */
	bool minds_owner;    /* writes or respects the owner record */
	/* What is there matters: a plain UPSERT needs no look, since Route 53
	 * itself refuses a CNAME and another routing. */
	bool wants_to_read;
	struct plan_set sets[PLAN_SETS];
	char owner[PLAN_OWNER_SIZE]; /* holds the three below */
	/* The instance that the owner record names; "": there is none. */
	const char *owner_id;
	const char *owner_region;
	const char *owner_account; /* "": written by 0.1.0, without one */
};

/* Whether the instance's record sets are to go. */
static inline bool plan_is_removal(const struct plan *plan)
{
	return !build_is(BUILD_BOOT) && plan->is_removal;
}

/* The work on one plan.  Define it as static: it is too large for the stack. */
struct planning {
	struct plan *plan;
	struct buf owner_name; /* of the owner record, folded */
	struct buf owner_value;
	enum plan_state found[PLAN_SETS];
	char before[PLAN_SETS][PLAN_BEFORE_SIZE];
	struct buf deletes[PLAN_SETS]; /* changes, of what was found */
	struct buf obstacle;   /* what stands at the name, and is not ours */
	struct buf delegation; /* of the name to another zone: its NS set */
};

/* The set identifier of an instance's record sets; "": routing is simple. */
const char *plan_identifier(const struct settings *settings,
			    const struct instance *instance);

/*
 * Begin a plan, with nothing found yet.  What an earlier one changed still
 * counts as changed if nothing is left to do: the answer to it was lost.
 * planning: forgets the plan before.
 * plan: zeroed before the first one, but for what its caller fills in:
 *       is_leftover to zone_id; points to settings and instance.
 * instance: its name is set; and at least one address, but for a removal.
 * is_removal: the instance's record sets are to go.
 */
void plan_start(struct planning *planning, struct plan *plan,
		const struct settings *settings,
		const struct instance *instance, bool is_removal);

/* Make a plan that changes nothing: all is as the instance is to have it. */
void plan_keep(struct plan *plan, const struct settings *settings,
	       const struct instance *instance);

/*
 * Whether two records of one name and zone get into each other's way: Route 53
 * has each set once, and an owner record belongs to all of a name.
 * instance_id: "": not known yet.
 */
bool plan_is_twice(const struct settings *left, const struct settings *right,
		   const char *instance_id);

/*
 * Take note of one record set found in the zone; those of other names, types
 * and set identifiers do not matter.
 * set: as route53_list_record_sets gives it.
 * Returns 0, or -1: STATUS_TAKEN if it leaves no room for ours.
 */
int plan_found(struct planning *planning, const struct record_set *set);

/* Whether EC2 can know the owner found: it knows no instance of another
 * account. */
bool plan_may_ask_ec2(const struct plan *plan);

/* Whether two texts are the same address: of PLAN_A or PLAN_AAAA. */
bool plan_is_same_address(size_t i, const char *left, const char *right);

/*
 * Append the changes that lead to what is wanted, for one change batch.
 * may_take_over: the owner found has lost its claim.
 * Returns 0, or -1: STATUS_TAKEN where the name belongs to somebody else.
 */
int plan_changes(struct planning *planning, bool may_take_over,
		 struct buf *changes);

#endif
