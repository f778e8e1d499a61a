/*
 * Names with placeholders, such as "web-{instance-id}": pure text work.
 *
 * {…} and not ${…}: Terraform and CloudFormation's Fn::Sub own ${…}, and
 * user-data mostly travels through them.
 */
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include "buf.h"

/*
 * Supply the text of one placeholder.
 * name: what stands between the braces; valid during the call.
 * out:  to append the text to.
 * Returns 0, or -1 with errinfo filled in.
 */
typedef int (*template_lookup)(const char *name, struct buf *out);

/*
 * Replace each placeholder by what lookup gives, left to right.
 * template: NUL-ended text.
 * Returns 0, or -1: STATUS_SETTINGS for a brace without its other half, else
 * what lookup returned.
 */
int template_expand(const char *template, template_lookup lookup,
		    struct buf *out);

/*
 * Where the metadata holds the text of a placeholder.
 * name: "instance-id", "region", "az", "az-id", "local-ipv4", or "tag:KEY".
 * Returns the path below "/latest/", to which the key of a tag is to be
 * added; NULL where there is no such placeholder.
 */
const char *template_path(const char *name);

#endif
