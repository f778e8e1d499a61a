#include "outcome.h"

struct outcome outcome;

void outcome_add(const struct plan *plan)
{
	outcome.plans[outcome.count++] = plan;
}
