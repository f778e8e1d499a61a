#include "endpoint.h"

#include <string.h>

#include "buf.h"
#include "build.h"
#include "errinfo.h"
#include "platform.h"
#include "settings.h"
#include "text.h"

/* Source: botocore, endpoint rule sets and partitions. */
static const struct partition {
	char region[8]; /* how its regions begin */
	char name[11];
	char route53[15]; /* the region that Route 53 is signed for */
	char domain[18];
	char dual_stack[29]; /* domain */
} partitions[] = {
	{"cn-", "aws-cn", "cn-northwest-1", "amazonaws.com.cn",
	 "api.amazonwebservices.com.cn"},
	{"us-gov-", "aws-us-gov", "us-gov-west-1", "amazonaws.com", "api.aws"},
	{"eusc-", "aws-eusc", "eusc-de-east-1", "amazonaws.eu",
	 "api.amazonwebservices.eu"},
	{"", "aws", "us-east-1", "amazonaws.com", "api.aws"},
};

static const char others[AWS_SERVICES][4] = {
	[AWS_EC2] = "ec2", [AWS_STS] = "sts"};

static const struct partition *partition_of(const char *region)
{
	const struct partition *found = partitions;

	while (strstr(region, found->region) != region)
		found++;
	return found;
}

const char *endpoint_service(enum aws_service service)
{
	return endpoint_is_route53(service) ? "route53" : others[service];
}

const char *endpoint_partition(const char *region)
{
	return partition_of(region)->name;
}

const char *endpoint_signing_region(enum aws_service service,
				    const char *region)
{
	return endpoint_is_route53(service) ? partition_of(region)->route53
					    : region;
}

static bool is_on(const char *variable)
{
	return text_matches(platform_variable(variable), "^[Tt][Rr][Uu][Ee]$");
}

/* Route 53 is global: its dual-stack host says so where others say their
 * region, and in GovCloud it has the partition's name. */
static void add_default(struct buf *url, enum aws_service service,
			const char *region, bool is_ipv6)
{
	bool is_global = endpoint_is_route53(service);
	const struct partition *of = partition_of(region);
	bool dual_stack = is_ipv6 || (build_is_whole &&
				      is_on("AWS_USE_DUALSTACK_ENDPOINT"));
	bool is_gov = is_global && !strcmp(of->name, "aws-us-gov");
	const char *in = region;

	if (is_global)
		in = dual_stack ? "global" : "";
	if (is_gov)
		in = "us-gov";
	buf_addf(url, "https://%s%s%s%s.%s", endpoint_service(service),
		 build_is_whole && !is_gov && is_on("AWS_USE_FIPS_ENDPOINT")
			 ? "-fips"
			 : "",
		 *in ? "." : "", in, dual_stack ? of->dual_stack : of->domain);
}

/* The variable of the environment that overrides a service's endpoint. */
static const char *variable_of(enum aws_service service)
{
	if (endpoint_is_route53(service))
		return "AWS_ENDPOINT_URL_ROUTE_53";
	if (!settings_has(SETTING_ROLE_ARN) || service == AWS_EC2)
		return "AWS_ENDPOINT_URL_EC2";
	return "AWS_ENDPOINT_URL_STS";
}

/* An override is TLS, or goes no further than this machine; where no user is
 * told what is wrong, anything but TLS does not count. */
int endpoint_add(struct buf *url, enum aws_service service, const char *region,
		 bool is_ipv6)
{
	const char *override = platform_variable(variable_of(service));

	if (!override)
		override = platform_variable("AWS_ENDPOINT_URL");
	if (!override ||
	    (!build_is_whole && strstr(override, "https://") != override)) {
		add_default(url, service, region, is_ipv6);
		return 0;
	}
	buf_addf(url, "%s", override);
	while (build_is_whole && url->len && url->data[url->len - 1] == '/')
		url->data[--url->len] = '\0';
	return !build_is_whole ||
			       text_matches(url->data, "^(https://|http://"
						       "(127\\.[0-9.]*|\\[::1]|"
						       "localhost)(:[0-9]*)?$)")
		       ? 0
		       : errinfo_set(STATUS_SETTINGS,
				     "AWS_ENDPOINT_URL must be https://");
}
