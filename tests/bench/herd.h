/*
 * A herd: instances that boot at once in one AWS account, on a simulated clock.
 *
 * The account has a token bucket for requests, the hosted zone takes one batch
 * at a time; the instances wait by the helper's own backoff_delay_ms, and give up
 * as http_persist does.
 */
#ifndef HERD_H
#define HERD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "backoff.h"

struct herd {
	unsigned instances;
	unsigned requests;  /* that one needs: 1 with zone_id, else 2 */
	double rate, burst; /* of the account: requests a second; at once */
	double timeout_s;   /* the setting */
	/* How long to wait: backoff_delay_ms, or what is compared with it. */
	int64_t (*delay_ms)(struct retry *retry, enum again again,
			    int64_t now_ms, uint32_t random);
	/* Draws: the same ones come for the same seed, not 0. */
	uint64_t seed;
};

struct herd_outcome {
	double floor_s;	 /* before it the bucket does not let the last one in */
	double last_s;	 /* when the last record set was written */
	double requests; /* an instance, on average */
	unsigned most_requests;
	unsigned gave_up;
};

enum {
	BOOT_MS = 500,	    /* all boot within it */
	ROUND_TRIP_MS = 20, /* of a request */
	ZONE_BUSY_MS = 20,  /* with a batch */
	LAST_TRY_MS = 1000, /* as in http.c */
};

struct instance {
	struct retry retry;
	unsigned to_do; /* requests */
	unsigned sent;
	int64_t booted_ms;
	int64_t next_ms; /* when its next request arrives */
};

/* What is shared. */
static const struct herd *current;
static double tokens;
static int64_t filled_ms;
static int64_t batch_ms; /* when the last one was taken */
static uint64_t seed;

/* Between 0 and 1: Marsaglia's xorshift64. */
static double draw(uint64_t *of)
{
	*of ^= *of << 13;
	*of ^= *of >> 7;
	*of ^= *of << 17;
	return (double)(*of >> 11) / 9007199254740992.0; /* 2^53 */
}

/* ---- The queue: a heap, the earliest request first. ---- */

static struct instance **queue;
static size_t queued;

static void enqueue(struct instance *instance)
{
	size_t place = queued++;

	while (place && queue[(place - 1) / 2]->next_ms > instance->next_ms) {
		queue[place] = queue[(place - 1) / 2];
		place = (place - 1) / 2;
	}
	queue[place] = instance;
}

static struct instance *dequeue(void)
{
	struct instance *first = queue[0];
	struct instance *last = queue[--queued];
	size_t place = 0;
	size_t child;

	while ((child = 2 * place + 1) < queued) {
		if (child + 1 < queued &&
		    queue[child + 1]->next_ms < queue[child]->next_ms)
			child++;
		if (queue[child]->next_ms >= last->next_ms)
			break;
		queue[place] = queue[child];
		place = child;
	}
	queue[place] = last;
	return first;
}

/* ---- Route 53. ---- */

/* AGAIN_NEVER: it is done. */
static enum again answer(const struct instance *instance)
{
	int64_t at_ms = instance->next_ms;

	tokens += (double)(at_ms - filled_ms) * current->rate / 1000;
	filled_ms = at_ms;
	if (tokens > current->burst)
		tokens = current->burst;
	if (tokens < 1)
		return AGAIN_THROTTLED;
	tokens -= 1;
	if (instance->to_do > 1) /* a look-up */
		return AGAIN_NEVER;
	if (at_ms - batch_ms < ZONE_BUSY_MS)
		return AGAIN_LATER; /* PriorRequestNotComplete */
	batch_ms = at_ms;
	return AGAIN_NEVER;
}

/* ---- The helper: what http_persist does between two tries. ---- */

static bool wait_for_next(struct instance *instance, enum again again)
{
	int64_t heard_ms = instance->next_ms + ROUND_TRIP_MS;
	int64_t most_ms = instance->booted_ms +
			  (int64_t)(current->timeout_s * 1000) - LAST_TRY_MS -
			  heard_ms;
	int64_t delay_ms =
		current->delay_ms(&instance->retry, again, heard_ms,
				  (uint32_t)(draw(&seed) * 4294967296.0));

	if (most_ms <= 0)
		return false;
	instance->next_ms =
		heard_ms + (delay_ms < most_ms ? delay_ms : most_ms);
	return true;
}

static void step(struct instance *instance, struct herd_outcome *outcome)
{
	enum again again = answer(instance);

	instance->sent++;
	if (again == AGAIN_NEVER && !--instance->to_do) {
		outcome->last_s = (double)instance->next_ms / 1000;
		return;
	}
	if (again == AGAIN_NEVER) {
		instance->retry.tries = 0;
		instance->next_ms += ROUND_TRIP_MS;
	} else if (!wait_for_next(instance, again)) {
		outcome->gave_up++;
		return;
	}
	enqueue(instance);
}

/* Let it boot.  Ends the program where there is no memory. */
static struct herd_outcome herd_boot(const struct herd *herd)
{
	struct herd_outcome outcome = {0};
	struct instance *instances =
		calloc(herd->instances, sizeof(*instances));
	double needed = (double)herd->instances * herd->requests;

	queue = calloc(herd->instances, sizeof(*queue));
	if (!instances || !queue)
		abort();
	current = herd;
	seed = herd->seed;
	tokens = herd->burst;
	filled_ms = 0;
	batch_ms = -ZONE_BUSY_MS;
	queued = 0;
	for (size_t i = 0; i < herd->instances; i++) {
		instances[i].to_do = herd->requests;
		instances[i].booted_ms = 1 + (int64_t)(draw(&seed) * BOOT_MS);
		instances[i].next_ms = instances[i].booted_ms;
		enqueue(&instances[i]);
	}
	while (queued)
		step(dequeue(), &outcome);
	for (size_t i = 0; i < herd->instances; i++) {
		outcome.requests += instances[i].sent;
		if (instances[i].sent > outcome.most_requests)
			outcome.most_requests = instances[i].sent;
	}
	outcome.requests /= herd->instances;
	outcome.floor_s =
		needed > herd->burst ? (needed - herd->burst) / herd->rate : 0;
	free(instances);
	free(queue);
	return outcome;
}

#endif
