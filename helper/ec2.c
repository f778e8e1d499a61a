#include "ec2.h"

#include <stdbool.h>
#include <string.h>

#include "aws.h"
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

int ec2_describe_tag(const char *instance_id, const char *key,
		     struct buf *value)
{
	static struct buf form;
	const struct aws_request request = {
		.service = AWS_EC2,
		.operation = "DescribeTags",
		.resource = "*",
		.path = "/",
		.query = "",
		.body = form.data,
	};

	wanted = key;
	found = value;
	is_there = false;
	buf_set(&form,
		"Action=DescribeTags&Version=2016-11-15"
		"&Filter.1.Name=resource-id&Filter.1.Value.1=%s"
		"&Filter.2.Name=key&Filter.2.Value.1=",
		instance_id);
	sigv4_encode(&form, key);
	return aws_call(&request, "item key value ", on_tag) ? -1 : !is_there;
}
