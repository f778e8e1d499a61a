#include "ec2.h"

#include <stdbool.h>
#include <string.h>

#include "aws.h"
#include "buf.h"
#include "sigv4.h"
#include "xml.h"

static const char *wanted;
static bool is_wanted; /* the item being read has the key */
static bool is_there;

/* The filter takes * and ? of a key for wildcards, so others may come too. */
static int on_tag(void *context, const char *path, const char *text)
{
	struct buf *value = context;

	if (xml_ends(path, "item/key")) {
		is_wanted = !strcmp(text, wanted);
	} else if (is_wanted && xml_ends(path, "item/value")) {
		is_there = true;
		buf_addf(value, "%s", text);
	}
	return 0;
}

int ec2_describe_tag(const char *instance_id, const char *key,
		     struct buf *value)
{
	BUF(form, 2048);
	static const struct aws_request request = {
		.service = AWS_EC2,
		.operation = "DescribeTags",
		.resource = "*",
		.path = "/",
		.query = "",
		.type = "Content-Type: application/x-www-form-urlencoded",
		.body = &form,
	};

	wanted = key;
	is_there = false;
	buf_clear(value);
	buf_clear(&form);
	buf_addf(&form,
		 "Action=DescribeTags&Version=2016-11-15"
		 "&Filter.1.Name=resource-id&Filter.1.Value.1=%s"
		 "&Filter.2.Name=key&Filter.2.Value.1=",
		 instance_id);
	sigv4_encode(&form, key);
	if (aws_call(&request, on_tag, value))
		return -1;
	return !is_there;
}
