#include "reap_states.h"

#include <stdbool.h>
#include <string.h>

#include "aws.h"
#include "ec2.h"
#include "errinfo.h"
#include "http.h"
#include "options.h"
#include "outcome.h"
#include "platform.h"
#include "print.h"
#include "reap_owners.h"
#include "text.h"

/* What is no region is not found by DNS, which looks like a failure that may
 * pass: it must not take the time of the others. */
enum { REGION_MS = 20000 };

static const char *const states[] = {
	"pending", "running", "shutting-down", "terminated", "stopping",
	"stopped", "",
};

/* What EC2 says instead: of ids that it does not know, and of what is no id
 * for it, which may be any, so that we know nothing. */
static const char unknown[] = "unknown";
static const char malformed[] = "malformed";

static int64_t learnt_ms; /* when all were asked for, for the whole run */

/* Those asked for at once, of one region. */
struct question {
	struct owners_instance *asked;
	size_t count;
	int64_t until_ms; /* no try after this */
	bool is_stuck;	  /* EC2 refuses some and does not say which */
};

static int on_state(const struct buf *row, void *context)
{
	const struct question *question = context;
	struct owners_instance *asked = question->asked;
	size_t i = 0;

	if (!row[INSTANCE_ROW].len)
		return 0;
	while (*states[i] && strcmp(states[i], row[INSTANCE_STATE].data))
		i++;
	for (size_t j = 0; j < question->count; j++)
		if (!asked[j].is_foreign &&
		    !strcmp(asked[j].id, row[INSTANCE_ID].data))
			asked[j].state = states[i];
	return 0;
}

/* Whether a message names an id; at its end it may be cut within one. */
static bool is_named(const char *message, const char *id)
{
	size_t len = strlen(id);

	for (; (message = strstr(message, id)); message += len)
		if (message[len] && strchr("', \"", message[len]))
			return true;
	return false;
}

static bool is_open(const struct owners_instance *instance)
{
	return !*instance->state && !instance->is_foreign;
}

/* Settle those that EC2 has refused, of so many.  Returns how many they are. */
static size_t settle_refused(const struct question *question, size_t count)
{
	bool is_malformed = strstr(errinfo.code, "Malformed");
	size_t settled = 0;

	for (size_t i = 0; i < question->count; i++) {
		struct owners_instance *one = &question->asked[i];

		if (!is_open(one) ||
		    (count > 1 && !is_named(errinfo.text.data, one->id)))
			continue;
		one->state = is_malformed ? malformed : unknown;
		settled++;
	}
	return settled;
}

static int attempt(void *context)
{
	struct question *question = context;
	const struct owners_instance *asked = question->asked;
	const char *ids[EC2_IDS];
	size_t count;

	question->is_stuck = false;
	do {
		count = 0;
		for (size_t i = 0; i < question->count; i++)
			if (is_open(&asked[i]))
				ids[count++] = asked[i].id;
		if (!count || !ec2_describe_instances(asked->region, ids, count,
						      on_state, question))
			return 0;
		if (!text_matches(errinfo.code, "^InvalidInstanceID"
						"[.](NotFound|Malformed)$")) {
			/* Until the limit of the region, not the run's. */
			if (errinfo.status == STATUS_DEADLINE)
				errinfo.again = AGAIN_LATER;
			errinfo.until_ms = question->until_ms;
			return -1;
		}
	} while (settle_refused(question, count));
	question->is_stuck = true;
	return 0;
}

/* Ask for at most EC2_IDS instances of one region. */
static int ask(struct owners_instance *first, size_t count, int64_t until_ms)
{
	struct question all = {first, count, until_ms, false};

	if (http_persist(attempt, &all))
		return -1;
	for (size_t i = 0; all.is_stuck && i < count; i++) {
		struct question one = {first + i, 1, until_ms, false};

		if (http_persist(attempt, &one))
			return -1;
	}
	return 0;
}

/* A part of the answers is none. */
static void forget(struct owners_instance *first, size_t count)
{
	for (size_t i = 0; i < count; i++)
		first[i].state = "";
}

static int ask_region(struct owners_instance *first, size_t count,
		      int64_t until_ms)
{
	for (size_t i = 0; i < count; i += EC2_IDS) {
		size_t some = count - i < EC2_IDS ? count - i : EC2_IDS;

		if (ask(first + i, some, until_ms)) {
			forget(first + i, some);
			return -1;
		}
	}
	return 0;
}

void states_learn(struct owners *owners, int64_t end_ms)
{
	struct owners_instance *end =
		owners->instances + owners->instance_count;
	struct owners_instance *next;

	learnt_ms = platform_now_ms();
	for (struct owners_instance *first = owners->instances; first < end;
	     first = next) {
		int64_t until_ms = platform_now_ms() + REGION_MS;

		if (until_ms > end_ms)
			until_ms = end_ms;
		for (next = first;
		     next < end && !strcmp(next->region, first->region);)
			next++;
		errinfo.stage = "owners";
		print_progress(first->region);
		if (ask_region(first, (size_t)(next - first), until_ms)) {
			(void)errinfo_add("; owners in %s are left alone",
					  first->region);
			print_failure();
		}
	}
}

/* ---- Once more, before their names go. ---- */

static bool is_in(const char *state, const char *const *some)
{
	while (*some && strcmp(*some, state) != 0)
		some++;
	return *some;
}

/* Whether it is so for ever. */
static bool is_final(const char *state)
{
	static const char *const finals[] = {"terminated", "shutting-down",
					     NULL};

	return is_in(state, finals);
}

bool states_is_gone(const struct owners *owners, const char *state)
{
	return is_final(state) || !strcmp(state, unknown) ||
	       (owners->stopped_too && !strcmp(state, "stopped"));
}

static bool is_doubtful(const struct owners_holding *holding)
{
	return holding->fate == OWNERS_DOOMED &&
	       !is_final(holding->instance->state);
}

/* Give EC2 the time to hear everywhere of an instance that is new. */
static void let_it_settle(const struct owners_holding *first,
			  const struct owners_holding *end)
{
	int64_t left_ms = learnt_ms + EC2_SETTLES_MS - platform_now_ms();

	for (; left_ms > 0 && first < end; first++)
		if (is_doubtful(first) &&
		    !strcmp(first->instance->state, unknown)) {
			http_sleep_ms((long)left_ms);
			return;
		}
}

static bool is_among(const struct owners_instance *one,
		     struct owners_instance *const *some, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (some[i] == one)
			return true;
	return false;
}

/* An instance that EC2 has known a moment ago, and now does not, may be young:
 * that is no state. */
static const char *weigh(const char *before, const char *now)
{
	return !strcmp(now, unknown) && strcmp(before, unknown) != 0 ? "" : now;
}

/* Ask for the doubtful ones of the region that the first of them is in, and
 * settle them: confirmed are those that stay doomed.  Returns how many. */
static size_t confirm_region(struct owners_holding *first,
			     struct owners_holding *end, bool *is_settled,
			     int64_t until_ms)
{
	static struct owners_instance once[EC2_IDS];
	struct owners_instance *instances[EC2_IDS] = {NULL};
	size_t count = 0;

	for (size_t i = 0; first + i < end && count < EC2_IDS; i++) {
		struct owners_instance *one = first[i].instance;

		if (is_settled[i] || !is_doubtful(&first[i]) ||
		    (count && strcmp(one->region, instances[0]->region) != 0))
			continue;
		is_settled[i] = true;
		/* An instance may have many names. */
		if (is_among(one, instances, count))
			continue;
		instances[count] = one;
		once[count] = *one;
		once[count++].state = "";
	}
	if (count && ask_region(once, count, until_ms)) {
		(void)errinfo_add("; owners in %s are left alone",
				  once[0].region);
		print_failure();
	}
	for (size_t i = 0; i < count; i++)
		instances[i]->state = weigh(instances[i]->state, once[i].state);
	return count;
}

void states_confirm(const struct owners *owners, struct owners_holding *first,
		    struct owners_holding *end)
{
	bool is_settled[EC2_IDS] = {false};
	int64_t until_ms;

	let_it_settle(first, end);
	until_ms = platform_now_ms() + REGION_MS;
	while (confirm_region(first, end, is_settled, until_ms))
		;
	for (; first < end; first++)
		if (first->fate == OWNERS_DOOMED &&
		    !states_is_gone(owners, first->instance->state))
			first->fate = OWNERS_KEPT;
}
