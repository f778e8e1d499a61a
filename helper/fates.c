#include "fates.h"

#include <stdbool.h>
#include <string.h>

#include "aws.h"
#include "ec2.h"
#include "errinfo.h"
#include "http.h"
#include "owners.h"
#include "pattern.h"
#include "platform.h"
#include "report.h"

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

/* Those asked for at the moment, of one region. */
static struct owners_instance *asked;
static size_t asked_count;
static int64_t until_ms; /* no try of that region after this */
static bool is_stuck;	 /* EC2 refuses some and does not say which */

static int on_state(const struct buf *row)
{
	size_t i = 0;

	if (!row[INSTANCE_ROW].len)
		return 0;
	while (*states[i] && strcmp(states[i], row[INSTANCE_STATE].data))
		i++;
	for (size_t j = 0; j < asked_count; j++)
		if (!strcmp(asked[j].id, row[INSTANCE_ID].data))
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

/* Settle those that EC2 has refused.  Returns how many that are. */
static size_t settle_refused(size_t count)
{
	bool is_malformed = strstr(errinfo.code, "Malformed");
	size_t settled = 0;

	for (size_t i = 0; i < asked_count; i++)
		if (!*asked[i].state &&
		    (count == 1 || is_named(errinfo.text.data, asked[i].id))) {
			asked[i].state = is_malformed ? malformed : unknown;
			settled++;
		}
	return settled;
}

static int attempt(void)
{
	const char *ids[EC2_IDS];
	size_t count;

	is_stuck = false;
	do {
		count = 0;
		for (size_t i = 0; i < asked_count; i++)
			if (!*asked[i].state)
				ids[count++] = asked[i].id;
		if (!count || !ec2_describe_instances(asked->region, ids, count,
						      on_state))
			return 0;
		if (!pattern_matches(errinfo.code,
				     "^InvalidInstanceID"
				     "[.](NotFound|Malformed)$")) {
			/* Until the limit of the region, not the run's. */
			if (errinfo.status == STATUS_DEADLINE)
				errinfo.again = AGAIN_LATER;
			errinfo.until_ms = until_ms;
			return -1;
		}
	} while (settle_refused(count));
	is_stuck = true;
	return 0;
}

/* Ask for at most EC2_IDS instances of one region. */
static int ask(struct owners_instance *first, size_t count)
{
	asked = first;
	asked_count = count;
	if (http_persist(attempt))
		return -1;
	if (!is_stuck)
		return 0;
	asked_count = 1;
	for (asked = first; asked < first + count; asked++)
		if (http_persist(attempt))
			return -1;
	return 0;
}

/* A part of the answers is none. */
static void forget(struct owners_instance *first, size_t count)
{
	for (size_t i = 0; i < count; i++)
		first[i].state = "";
}

static int ask_region(struct owners_instance *first, size_t count)
{
	for (size_t i = 0; i < count; i += EC2_IDS) {
		size_t some = count - i < EC2_IDS ? count - i : EC2_IDS;

		if (ask(first + i, some)) {
			forget(first + i, some);
			return -1;
		}
	}
	return 0;
}

void fates_learn(struct owners *owners, int64_t end_ms)
{
	struct owners_instance *end =
		owners->instances + owners->instance_count;
	struct owners_instance *next;

	aws_is_hasty = true;
	for (struct owners_instance *first = owners->instances; first < end;
	     first = next) {
		until_ms = platform_now_ms() + REGION_MS;
		if (until_ms > end_ms)
			until_ms = end_ms;
		for (next = first;
		     next < end && !strcmp(next->region, first->region);)
			next++;
		errinfo.stage = "owners";
		report_progress(first->region);
		if (ask_region(first, (size_t)(next - first))) {
			(void)errinfo_add("; owners in %s are left alone",
					  first->region);
			report_error();
		}
	}
	aws_is_hasty = false;
}
