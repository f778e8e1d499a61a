/*
 * Where the services of AWS are.
 */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include <stdbool.h>

#include "build.h"

struct buf;

enum aws_service { AWS_ROUTE53, AWS_EC2, AWS_STS, AWS_SERVICES };

/* Whether it is Route 53: what is embedded beside units calls nothing else. */
static inline bool endpoint_is_route53(enum aws_service service)
{
	return build_is(BUILD_SERVICE) || service == AWS_ROUTE53;
}

/* The name of a service, as hosts, scopes and IAM actions have it: "ec2". */
const char *endpoint_service(enum aws_service service);

/* The partition of a region, as ARNs name it: "aws". */
const char *endpoint_partition(const char *region);

/* The region that calls to a service are signed for; region: the caller's. */
const char *endpoint_signing_region(enum aws_service service,
				    const char *region);

/*
 * Append the URL of a service, without a path.
 * region: where it is asked.
 * is_ipv6: IPv4 leads nowhere.
 * Returns 0, or -1 with STATUS_SETTINGS: an override of the environment is
 * neither https nor on this machine.
 * Source: botocore, endpoint rule sets and partitions.
 */
int endpoint_add(struct buf *url, enum aws_service service, const char *region,
		 bool is_ipv6);

#endif
