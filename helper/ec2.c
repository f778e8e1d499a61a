#include "ec2.h"

#include <string.h>

#include "aws.h"
#include "errinfo.h"
#include "sigv4.h"

/* What a list is searched for. */
struct search {
	const char *wanted;
	struct buf *found;
	bool is_there;
};

/* The filter takes * and ? of a key for wildcards, so others may come too. */
static int on_tag(const struct buf *row, void *context)
{
	enum { ROW, KEY, VALUE };
	struct search *search = context;

	if (row[ROW].len && !strcmp(row[KEY].data, search->wanted)) {
		search->is_there = true;
		buf_set(search->found, "%s", row[VALUE].data);
	}
	return 0;
}

static struct buf form; /* too large for the stack */

static int call(const char *operation, const char *region, bool once,
		const char *fields, xml_row on_row, void *context)
{
	const struct aws_request request = {
		.service = AWS_EC2,
		.region = region,
		.operation = operation,
		.resource = "*",
		.path = "/",
		.query = "",
		.body = form.data,
		.once = once,
	};

	return aws_call(&request, fields, on_row, context);
}

int ec2_describe_tag(const char *instance_id, const char *region,
		     const char *key, bool once, struct buf *value)
{
	struct search search = {.wanted = key, .found = value};

	buf_set(&form,
		"Action=DescribeTags&Version=2016-11-15"
		"&Filter.1.Name=resource-id&Filter.1.Value.1=%s"
		"&Filter.2.Name=key&Filter.2.Value.1=",
		instance_id);
	sigv4_encode(&form, key);
	return call("DescribeTags", region, once, "item key value ", on_tag,
		    &search)
		       ? -1
		       : !search.is_there;
}

static int on_state(const struct buf *row, void *context)
{
	const struct search *search = context;

	if (row[INSTANCE_ROW].len &&
	    !strcmp(row[INSTANCE_ID].data, search->wanted))
		buf_set(search->found, "%s", row[INSTANCE_STATE].data);
	return 0;
}

int ec2_describe_instance(const char *instance_id, const char *region,
			  struct buf *state)
{
	struct search search = {.wanted = instance_id, .found = state};
	int rc;

	buf_wipe(state);
	buf_set(&form,
		"Action=DescribeInstances&Version=2016-11-15&InstanceId.1=%s",
		instance_id);
	rc = call("DescribeInstances", region, false,
		  "instanceState instanceId name ", on_state, &search);
	if (rc && !strcmp(errinfo.code, "InvalidInstanceID.NotFound")) {
		buf_set(state, "unknown");
		rc = 0;
	}
	return rc;
}

int ec2_describe_instances(const char *region, const char *const *ids,
			   size_t count, xml_row on_row, void *context)
{
	buf_set(&form, "Action=DescribeInstances&Version=2016-11-15");
	for (size_t i = 0; i < count; i++)
		buf_addf(&form, "&InstanceId.%zu=%s", i + 1, ids[i]);
	return call("DescribeInstances", region, true,
		    "instanceState instanceId name ", on_row, context);
}
