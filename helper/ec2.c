#include "ec2.h"

#include <stdbool.h>
#include <string.h>

#include "aws.h"
#include "errinfo.h"
#include "sigv4.h"
#include "xml.h"

enum { FORM_LIMIT = 4096 }; /* bytes */

struct tag {
	const char *key; /* the one wanted */
	bool is_key;	 /* this item has it */
	bool found;
	struct buf item; /* the value of this item */
	struct buf *value;
};

/* The filter is AWS's to apply; it is checked here all the same. */
static int on_tag(void *context, const char *path, const char *text,
		  struct errinfo *err)
{
	struct tag *tag = context;

	if (xml_ends(path, "item/key"))
		tag->is_key = !strcmp(text, tag->key);
	else if (xml_ends(path, "item/value"))
		buf_add_text(&tag->item, text);
	else if (xml_ends(path, "tagSet/item")) {
		if (tag->is_key) {
			tag->found = true;
			buf_clear(tag->value);
			buf_add(tag->value, buf_text(&tag->item),
				tag->item.len);
		}
		tag->is_key = false;
		buf_clear(&tag->item);
	}
	return buf_check(&tag->item, "tag", err);
}

int ec2_describe_tag(struct aws *aws, const char *instance_id, const char *key,
		     struct buf *value, struct errinfo *err)
{
	struct buf answer = BUF_INIT(AWS_LIMIT);
	struct buf form = BUF_INIT(FORM_LIMIT);
	struct tag tag = {
		.key = key,
		.item = BUF_INIT(value->limit),
		.value = value,
	};
	const struct aws_request request = {
		.service = AWS_EC2,
		.action = "ec2:DescribeTags",
		.resource = "*",
		.method = "POST",
		.path = "/",
		.query = "",
		.content_type = "application/x-www-form-urlencoded; "
				"charset=utf-8",
		.body = &form,
	};
	int rc;

	buf_addf(&form,
		 "Action=DescribeTags&Filter.1.Name=resource-id"
		 "&Filter.1.Value.1=%s&Filter.2.Name=key&Filter.2.Value.1=",
		 instance_id);
	sigv4_encode(&form, key);
	buf_add_text(&form, "&Version=2016-11-15");
	rc = buf_check(&form, "form", err);
	buf_clear(value);
	if (!rc)
		rc = aws_call(aws, &request, &answer, err);
	if (!rc)
		rc = xml_read(buf_text(&answer), answer.len, on_tag, &tag, err);
	if (!rc)
		rc = buf_check(value, "tag", err);
	if (!rc && !tag.found)
		rc = 1;
	buf_release(&answer);
	buf_release(&form);
	buf_release(&tag.item);
	return rc;
}
