/*
 * EC2: one function per API operation.
 * Source: EC2 API Reference, 2016-11-15.
 */
#ifndef EC2_H
#define EC2_H

#include <stdbool.h>
#include <stddef.h>

#include "xml.h"

/*
 * Read one tag of one instance.
 * region: where it was launched.
 * key: of at most 128 characters.
 * once: try once, not until the deadline.
 * value: gets the text; left alone where there is none.
 * Returns 0; 1 where the instance has no such tag; or -1 as aws_call.
 * Source: DescribeTags.
 */
int ec2_describe_tag(const char *instance_id, const char *region,
		     const char *key, bool once, struct buf *value);

/*
 * Read the state of an instance.
 * region: where it was launched.
 * state: gets "running", "stopped", ...; "unknown" if EC2 has no such instance
 *        in this account: it is long gone, or so young that this part of EC2
 *        has not heard of it.
 * Returns 0, or -1 as aws_call.
 * Source: DescribeInstances.
 */
int ec2_describe_instance(const char *instance_id, const char *region,
			  struct buf *state);

/* How long EC2 may not know an instance everywhere that was launched just now.
 * Source: EC2 API Reference, "Eventual consistency". */
enum { EC2_SETTLES_MS = 6000 };

enum { EC2_IDS = 100 }; /* of instances, in one call */

/* The row of an instance. */
enum { INSTANCE_ROW, INSTANCE_ID, INSTANCE_STATE };

/*
 * Read the states of instances.
 * region: where they were launched.
 * ids, count: 1 to EC2_IDS of them.
 * Tries once.
 * on_row, context: on_row gets each, and context with it.
 * Returns 0, or -1 as aws_call: for all of them where EC2 does not know some,
 * with the code InvalidInstanceID.NotFound, and names of those in the text.
 * Source: DescribeInstances.
 */
int ec2_describe_instances(const char *region, const char *const *ids,
			   size_t count, xml_row on_row, void *context);

#endif
