#include "ec2.h"

#include <stdbool.h>
#include <string.h>

#include "aws.h"
#include "errinfo.h"
#include "sigv4.h"

static const char *wanted;
static struct buf *found;
static bool is_there;

/* The filter takes * and ? of a key for wildcards, so others may come too. */
static int on_tag(const struct buf *row)
{
	if (row[0].len && !strcmp(row[1].data, wanted)) {
		is_there = true;
		buf_set(found, "%s", row[2].data);
	}
	return 0;
}

static struct buf form;

static int call(const char *operation, const char *region, const char *fields,
		xml_row on_row)
{
	const struct aws_request request = {
		.service = AWS_EC2,
		.region = region,
		.operation = operation,
		.resource = "*",
		.path = "/",
		.query = "",
		.body = form.data,
	};

	return aws_call(&request, fields, on_row);
}

int ec2_describe_tag(const char *instance_id, const char *region,
		     const char *key, struct buf *value)
{
	wanted = key;
	found = value;
	is_there = false;
	buf_set(&form,
		"Action=DescribeTags&Version=2016-11-15"
		"&Filter.1.Name=resource-id&Filter.1.Value.1=%s"
		"&Filter.2.Name=key&Filter.2.Value.1=",
		instance_id);
	sigv4_encode(&form, key);
	return call("DescribeTags", region, "item key value ", on_tag)
		       ? -1
		       : !is_there;
}

static int on_state(const struct buf *row)
{
	if (row[0].len && !strcmp(row[1].data, wanted))
		buf_set(found, "%s", row[2].data);
	return 0;
}

int ec2_describe_instance(const char *instance_id, const char *region,
			  struct buf *state)
{
	int rc;

	wanted = instance_id;
	found = state;
	buf_wipe(state);
	buf_set(&form,
		"Action=DescribeInstances&Version=2016-11-15&InstanceId.1=%s",
		instance_id);
	rc = call("DescribeInstances", region, "instanceState instanceId name ",
		  on_state);
	if (rc && !strcmp(errinfo.code, "InvalidInstanceID.NotFound")) {
		buf_set(state, "unknown");
		rc = 0;
	}
	return rc;
}

int ec2_describe_instances(const char *region, const char *const *ids,
			   size_t count, xml_row on_row)
{
	buf_set(&form, "Action=DescribeInstances&Version=2016-11-15");
	for (size_t i = 0; i < count; i++)
		buf_addf(&form, "&InstanceId.%zu=%s", i + 1, ids[i]);
	return call("DescribeInstances", region,
		    "instanceState instanceId name ", on_row);
}
