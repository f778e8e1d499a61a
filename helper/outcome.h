/*
 * What came out of a run: for lines, JSON and the exit status.
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "build.h"
#include "errinfo.h"
#include "platform.h"
#include "route53.h"

struct plan;

/* The stages whose ends have a time; in this order. */
enum outcome_stage {
	STAGE_START,
	STAGE_IMDS,
	STAGE_ZONE,
	STAGE_CHANGE,
	STAGES,
};

/* The records, and what this boot has published before and removes. */
enum { OUTCOME_PLANS = 16 };

extern struct outcome {
	const struct plan *plans[OUTCOME_PLANS]; /* carried out */
	size_t count;
	enum exit_status status; /* of the first failure; 0: there was none */
	/* For a person: an embedded helper leaves these alone. */
	struct errinfo first_error;
	bool has_changed;
	const char *zone_id;			/* NULL: none was changed */
	char change_id[ROUTE53_CHANGE_ID_SIZE]; /* "": none was sent */
	int64_t ms[STAGES]; /* when each ended; 0: it did not */
} outcome;

/* Note that a plan was carried out.  plan: lives until the end. */
void outcome_add(const struct plan *plan);

/* Note that a stage has ended. */
static inline void outcome_time(enum outcome_stage stage)
{
	if (build_is_whole)
		outcome.ms[stage] = platform_now_ms();
}

/* Note that Route 53 holds something else than before. */
static inline void outcome_changed(void)
{
	if (build_is_whole)
		outcome.has_changed = true;
}

#endif
