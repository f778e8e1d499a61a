#include "reap_delete.h"

#include <string.h>

#include "ec2.h"
#include "errinfo.h"
#include "http.h"
#include "options.h"
#include "outcome.h"
#include "print.h"
#include "reap_owners.h"
#include "reap_states.h"
#include "route53.h"
#include "text.h"

enum {
	PAGES_LIMIT = 2000,
	PAGE = 300, /* record sets */
	TRIES = 5,  /* where a name changes again and again */
	/* Bytes of changes in a batch: what struct buf takes beside the
	 * document around them.  Route 53's limits, 1,000 records and 32,000
	 * characters of values, are further away. */
	BATCH_LIMIT = BUF_LIMIT - 512,
};

bool delete_changed;

/* ---- Reading. ---- */

/* A reading of record sets, and whose names they give. */
struct reading {
	const char *zone_id;
	struct owners *owners;
};

/* With -v; what was listed may hold anything. */
static void tell(const char *text, const char *more)
{
	static struct buf told;

	buf_set(&told, "%s%s", text, more);
	print_progress(text_printable(told.data));
}

static int on_record_set(const struct record_set *set, void *context)
{
	const struct reading *reading = context;
	int rc = owners_add(reading->owners, set);

	if (rc > 0)
		tell(set->name, ": no owner record, left alone");
	return rc < 0 ? -1 : 0;
}

static bool is_same(const struct buf *left, const struct buf *right)
{
	return !strcmp(left->data, right->data);
}

static bool is_same_place(const struct record_set_place *left,
			  const struct record_set_place *right)
{
	return is_same(&left->name, &right->name) &&
	       is_same(&left->type, &right->type) &&
	       is_same(&left->identifier, &right->identifier);
}

/* Read from a name on; to the zone's end if the name is "", else as long as
 * pages begin at the very name. */
static int read_from(struct reading *reading, const char *name)
{
	static struct record_set_place here, next;
	char folded[DNSNAME_SIZE];

	route53_place_at(&next, name);
	for (unsigned pages = 0; pages < PAGES_LIMIT; pages++) {
		here = next;
		if (route53_list_record_sets(reading->zone_id, &next, PAGE,
					     on_record_set, reading))
			return -1;
		dnsname_from_route53(folded, next.name.data);
		if (!next.name.len || (*name && strcmp(folded, name)))
			return 0;
		if (is_same_place(&here, &next))
			break;
	}
	return errinfo_set(STATUS_DATA, "the list of record sets has no end");
}

int delete_read(const char *zone_id, struct owners *owners)
{
	struct reading reading = {zone_id, owners};

	return read_from(&reading, "") || owners_group(owners) ? -1 : 0;
}

/* ---- Changing. ---- */

/* What EC2 has said of the owners holds for one try. */
static int change(const char *zone_id, const struct buf *changes)
{
	static char change_id[ROUTE53_CHANGE_ID_SIZE];

	errinfo.stage = "change";
	tell(changes->data, "");
	if (options.is_dry_run)
		return 0;
	if (route53_change_record_sets(zone_id, "reap", changes, true,
				       change_id)) {
		/* What was refused is not to be sent again as it is. */
		if (errinfo.status != STATUS_DEADLINE)
			errinfo.again = AGAIN_NEVER;
		return -1;
	}
	delete_changed = true;
	return 0;
}

static bool is_same_owner(const struct owners_set *one,
			  const struct owners_set *other)
{
	return !strcmp(one->id, other->id) &&
	       !strcmp(one->region, other->region);
}

/* The holding in another reading, whoever has it then; or NULL. */
static const struct owners_holding *find(const struct owners *now,
					 const struct owners_set *owner)
{
	for (size_t i = 0; i < now->count; i++) {
		const struct owners_set *other =
			&now->holdings[i].sets[PLAN_OWNER];

		if (!strcmp(other->name, owner->name) &&
		    !strcmp(other->listed.identifier, owner->listed.identifier))
			return &now->holdings[i];
	}
	return NULL;
}

static void renew(struct owners_holding *holding, const struct owners *now)
{
	const struct owners_holding *found =
		find(now, &holding->sets[PLAN_OWNER]);

	if (!found) {
		/* As far as one can know it was us, and the answer was lost:
		 * libcurl itself may have sent the batch twice. */
		holding->fate = OWNERS_REMOVED;
		delete_changed = true;
	} else if (found->is_odd ||
		   !is_same_owner(&found->sets[PLAN_OWNER],
				  &holding->sets[PLAN_OWNER])) {
		holding->fate = OWNERS_MOVED;
	} else {
		memcpy(holding->sets, found->sets, sizeof(holding->sets));
	}
}

/* Read a name again, and find out what is to be done with it. */
static int look_again(const char *zone_id, struct owners_holding *holding)
{
	struct owners now = {0};
	struct reading reading = {zone_id, &now};
	const struct owners_set *owner = &holding->sets[PLAN_OWNER];
	int rc;

	errinfo.stage = "records";
	rc = read_from(&reading, owner->name) ||
	     read_from(&reading, owner->listed.name) || owners_group(&now);
	if (!rc)
		renew(holding, &now);
	owners_free(&now);
	return rc ? -1 : 0;
}

/* Put together what deletes the doomed ones.  Returns how many there are. */
static size_t add_deletes(struct buf *changes,
			  const struct owners_holding *first,
			  const struct owners_holding *end)
{
	size_t count = 0;

	buf_wipe(changes);
	for (; first < end; first++)
		if (first->fate == OWNERS_DOOMED) {
			owners_add_deletes(first, changes);
			count++;
		}
	return count;
}

/* The doomed ones among some holdings, which one batch holds. */
struct deletion {
	const char *zone_id;
	const struct owners *owners;
	struct owners_holding *first;
	struct owners_holding *end;
};

static int attempt_delete(void *context)
{
	static struct buf changes;
	const struct deletion *deletion = context;

	states_confirm(deletion->owners, deletion->first, deletion->end);
	if (!add_deletes(&changes, deletion->first, deletion->end))
		return 0;
	if (changes.len > BATCH_LIMIT)
		return errinfo_set(STATUS_DATA, "%s: too large",
				   deletion->first->sets[PLAN_OWNER].name);
	if (change(deletion->zone_id, &changes))
		return -1;
	for (struct owners_holding *one = deletion->first; one < deletion->end;
	     one++)
		if (one->fate == OWNERS_DOOMED)
			one->fate = OWNERS_REMOVED;
	return 0;
}

/* Delete the doomed ones whose owners have not come back before the very try.
 * Returns 0, or -1: those that are still doomed are there. */
static int delete_some(const char *zone_id, const struct owners *owners,
		       struct owners_holding *first, struct owners_holding *end)
{
	struct deletion deletion = {zone_id, owners, first, end};

	return http_persist(attempt_delete, &deletion);
}

/* What Route 53 does not take at one name does not keep the others. */
static bool is_of_name(void)
{
	return errinfo.status == STATUS_TAKEN || errinfo.status == STATUS_DATA;
}

/*
 * Delete a holding that was refused in a batch.
 * is_alone: there was nothing else in it.
 * Returns 0, or -1 where there is no use in going on.
 */
static int settle(const char *zone_id, const struct owners *owners,
		  struct owners_holding *holding, bool is_alone)
{
	for (unsigned i = 0; i < TRIES; i++) {
		/* Something has changed: the owner may be back. */
		if ((!is_alone || i) &&
		    !delete_some(zone_id, owners, holding, holding + 1))
			return 0;
		if (!is_of_name())
			return -1;
		if (i && errinfo.status == STATUS_DATA)
			break;
		if (look_again(zone_id, holding))
			return -1;
		if (holding->fate != OWNERS_DOOMED)
			return 0;
	}
	if (errinfo.status != STATUS_DATA)
		(void)errinfo_set(STATUS_TAKEN,
				  "%s changes all the time; try "
				  "again",
				  holding->sets[PLAN_OWNER].name);
	print_failure();
	holding->fate = OWNERS_KEPT;
	return 0;
}

/* Delete the doomed ones: in one batch, or, if that is refused, one by one.
 * Returns as settle. */
static int send(const char *zone_id, const struct owners *owners,
		struct owners_holding *first, struct owners_holding *end)
{
	size_t count = 0;

	if (!delete_some(zone_id, owners, first, end))
		return 0;
	if (!is_of_name())
		return -1;
	for (struct owners_holding *one = first; one < end; one++)
		count += one->fate == OWNERS_DOOMED;
	for (; first < end; first++)
		if (first->fate == OWNERS_DOOMED &&
		    settle(zone_id, owners, first, count == 1))
			return -1;
	return 0;
}

static int send_all(const char *zone_id, const struct owners *owners)
{
	static struct buf own;
	struct owners_holding *end = owners->holdings + owners->count;
	struct owners_holding *first = owners->holdings;
	struct owners_holding *last = first; /* behind the last of the batch */
	size_t size = 0;

	for (struct owners_holding *holding = first; holding < end; holding++) {
		if (!add_deletes(&own, holding, holding + 1))
			continue;
		if (own.len > BATCH_LIMIT) {
			holding->fate = OWNERS_KEPT;
			tell(holding->sets[PLAN_OWNER].name,
			     ": too large, left alone");
			continue;
		}
		if (size && (size + own.len > BATCH_LIMIT ||
			     holding - first >= EC2_IDS)) {
			if (send(zone_id, owners, first, last))
				return -1;
			size = 0;
		}
		if (!size)
			first = holding;
		last = holding + 1;
		size += own.len;
	}
	return send(zone_id, owners, first, last);
}

void delete_carry_out(const char *zone_id, struct owners *owners)
{
	if (send_all(zone_id, owners))
		print_failure();
	/* Where it was broken off, the rest stays. */
	for (size_t i = 0; i < owners->count; i++)
		if (owners->holdings[i].fate == OWNERS_DOOMED)
			owners->holdings[i].fate = OWNERS_KEPT;
}
