/*
 * EC2: one function per API operation.
 * Source: EC2 API Reference, 2016-11-15.
 */
#ifndef EC2_H
#define EC2_H

struct buf;

/*
 * Read one tag of one instance.
 * key: of at most 128 characters.
 * value: gets the text; left alone where there is none.
 * Returns 0; 1 where the instance has no such tag; or -1 as aws_call.
 * Source: DescribeTags.
 */
int ec2_describe_tag(const char *instance_id, const char *key,
		     struct buf *value);

#endif
