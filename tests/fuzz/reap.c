/*
 * What bootname-reap reads: the list of a zone, page by page, then what EC2
 * says of the owners, then what Route 53 says of the batches.
 */
#include "fuzz.h"

#include <string.h>

#include "reap_delete.h"
#include "reap_owners.h"
#include "reap_renamed.h"
#include "reap_states.h"

static void check(const struct owners *owners)
{
	assert(owners->count <= owners->set_count);
	assert(owners->instance_count <= owners->count);
	for (size_t i = 0; i < owners->count; i++) {
		const struct owners_holding *holding = &owners->holdings[i];
		const struct owners_set *owner = &holding->sets[PLAN_OWNER];

		assert(holding->instance && holding->instance->state);
		assert(!strcmp(holding->instance->id, owner->id));
		assert(fuzz_is_word(owner->id, 19));
		assert(fuzz_is_word(owner->region, 32));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct owners owners = {0};

	fuzz_open(data, size);
	if (fuzz_succeeded(delete_read("Z1", &owners)) && owners.count) {
		check(&owners);
		states_learn(&owners, 0);
		for (size_t i = 0; i < owners.count; i++)
			if (!owners.holdings[i].is_odd &&
			    *owners.holdings[i].instance->state)
				owners.holdings[i].fate = OWNERS_DOOMED;
		delete_carry_out("Z1", &owners);
		check(&owners);
		if (renamed_choose(&owners))
			delete_carry_out("Z1", &owners);
		check(&owners);
		for (size_t i = 0; i < owners.count; i++)
			assert(owners.holdings[i].fate != OWNERS_DOOMED);
	}
	owners_free(&owners);
	owners_forget();
	return 0;
}
