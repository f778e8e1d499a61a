/*
 * Why a name is taken: what a plan says of what it has found.
 */
#ifndef PLAN_TAKEN_H
#define PLAN_TAKEN_H

#include "plan.h"

enum { PLAN_OBSTACLE_SIZE = 264 }; /* bytes of values: one name, at least */

/* The routing of a set, as the setting names it; "another". */
const char *plan_routing_of(const struct record_set *set);

/* How many bytes of the values of a set fit into a size: whole values only. */
size_t plan_whole_values(const char *values, size_t size);

/* Describe what stands at the name, as planning's obstacle. */
void plan_describe(struct planning *planning, const struct record_set *set);

/* Say that the obstacle has taken the name.  Returns -1: STATUS_TAKEN. */
int plan_taken(const struct planning *planning);

/* Say that a set has another routing than the settings ask for.  Returns -1:
 * STATUS_TAKEN. */
int plan_taken_by_routing(struct planning *planning,
			  const struct record_set *set);

#endif
