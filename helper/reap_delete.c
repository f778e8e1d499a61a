#include "reap_delete.h"

#include <string.h>

#include "ec2.h"
#include "errinfo.h"
#include "reap_owners.h"
#include "reap_states.h"
#include "report.h"
#include "route53.h"

enum {
	PAGES_LIMIT = 2000, /* of up to 300 record sets */
	TRIES = 5,	    /* where a name changes again and again */
	/* Bytes of changes in a batch: what struct buf takes beside the
	 * document around them.  Route 53's limits, 1,000 records and 32,000
	 * characters of values, are further away. */
	BATCH_LIMIT = BUF_LIMIT - 512,
};

bool delete_changed;

static const char *zone;

/* ---- Reading. ---- */

static struct owners *into;

/* Where a page begins: "" is the zone's beginning, or behind its end. */
static struct place {
	struct buf name;
	struct buf type;
	struct buf identifier;
} here, next;

/* With -v; what was listed may hold anything. */
static void tell(const char *text, const char *more)
{
	static struct buf told;

	buf_set(&told, "%s%s", text, more);
	for (char *c = told.data; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	report_progress(told.data);
}

static int on_record_set(const struct buf *row)
{
	int rc = row[SET_ROW].len ? owners_add(into, row) : 0;

	if (rc > 0)
		tell(row[SET_NAME].data, ": no owner record, left alone");
	return rc < 0 ? -1 : 0;
}

static int on_next(const struct buf *row)
{
	next.name = row[NEXT_NAME];
	next.type = row[NEXT_TYPE];
	next.identifier = row[NEXT_IDENTIFIER];
	return 0;
}

static bool is_same(const struct buf *left, const struct buf *right)
{
	return !strcmp(left->data, right->data);
}

/* Read from a name on; to the zone's end where the name is "", else as long as
 * pages begin at the very name. */
static int read_from(const char *name)
{
	char folded[DNSNAME_SIZE];

	buf_set(&next.name, "%s", name);
	buf_wipe(&next.type);
	buf_wipe(&next.identifier);
	for (unsigned pages = 0; pages < PAGES_LIMIT; pages++) {
		here = next;
		if (route53_list_zone(zone, here.name.data, here.type.data,
				      here.identifier.data, on_record_set,
				      on_next))
			return -1;
		dnsname_from_route53(folded, next.name.data);
		if (!next.name.len || (*name && strcmp(folded, name)))
			return 0;
		if (is_same(&here.name, &next.name) &&
		    is_same(&here.type, &next.type) &&
		    is_same(&here.identifier, &next.identifier))
			break;
	}
	return errinfo_set(STATUS_DATA, "the list of record sets has no end");
}

int delete_read(const char *zone_id, struct owners *owners)
{
	zone = zone_id;
	into = owners;
	return read_from("") || owners_group(owners) ? -1 : 0;
}

/* ---- Changing. ---- */

static int change(const struct buf *changes)
{
	static char change_id[ROUTE53_CHANGE_ID_SIZE];

	errinfo.stage = "change";
	tell(changes->data, "");
	if (report_dry_run)
		return 0;
	if (route53_change_record_sets(zone, "reap", changes, change_id))
		return -1;
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
		    !strcmp(other->text[SET_IDENTIFIER],
			    owner->text[SET_IDENTIFIER]))
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
static int look_again(struct owners_holding *holding)
{
	struct owners now = {0};
	const struct owners_set *owner = &holding->sets[PLAN_OWNER];
	int rc;

	errinfo.stage = "records";
	into = &now;
	rc = read_from(owner->name) || read_from(owner->text[SET_NAME]) ||
	     owners_group(&now);
	if (!rc)
		renew(holding, &now);
	owners_free(&now);
	return rc ? -1 : 0;
}

static int delete (struct owners_holding *holding)
{
	static struct buf changes;

	buf_wipe(&changes);
	owners_add_deletes(holding, &changes);
	if (changes.len > BATCH_LIMIT)
		return errinfo_set(STATUS_DATA, "%s: too large",
				   holding->sets[PLAN_OWNER].name);
	if (change(&changes))
		return -1;
	holding->fate = OWNERS_REMOVED;
	return 0;
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
static int settle(const struct owners *owners, struct owners_holding *holding,
		  bool is_alone)
{
	for (unsigned i = 0; i < TRIES; i++) {
		if (!is_alone || i) {
			/* Something has changed: the owner may be back. */
			states_confirm(owners, holding, holding + 1);
			if (holding->fate != OWNERS_DOOMED || !delete (holding))
				return 0;
		}
		if (!is_of_name())
			return -1;
		if (i && errinfo.status == STATUS_DATA)
			break;
		if (look_again(holding))
			return -1;
		if (holding->fate != OWNERS_DOOMED)
			return 0;
	}
	if (errinfo.status != STATUS_DATA)
		(void)errinfo_set(STATUS_TAKEN,
				  "%s changes all the time; try "
				  "again",
				  holding->sets[PLAN_OWNER].name);
	report_error();
	holding->fate = OWNERS_KEPT;
	return 0;
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

/* Delete those that are doomed and whose owners have not come back: in one
 * batch, which holds them.  Returns as settle. */
static int send(const struct owners *owners, struct owners_holding *first,
		struct owners_holding *end)
{
	static struct buf changes;
	size_t count;
	int rc;

	states_confirm(owners, first, end);
	count = add_deletes(&changes, first, end);
	if (!count)
		return 0;
	rc = change(&changes);
	if (rc && !is_of_name())
		return -1;
	for (; first < end; first++)
		if (first->fate == OWNERS_DOOMED) {
			if (!rc)
				first->fate = OWNERS_REMOVED;
			else if (settle(owners, first, count == 1))
				return -1;
		}
	return 0;
}

static int send_all(const struct owners *owners)
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
			if (send(owners, first, last))
				return -1;
			size = 0;
		}
		if (!size)
			first = holding;
		last = holding + 1;
		size += own.len;
	}
	return send(owners, first, last);
}

void delete_carry_out(const char *zone_id, struct owners *owners)
{
	zone = zone_id;
	if (send_all(owners))
		report_error();
	/* Where it was broken off, the rest stays. */
	for (size_t i = 0; i < owners->count; i++)
		if (owners->holdings[i].fate == OWNERS_DOOMED)
			owners->holdings[i].fate = OWNERS_KEPT;
}
