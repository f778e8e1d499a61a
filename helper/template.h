/*
 * Names with placeholders, such as "web-{instance-id}": pure text work.
 *
 * {…} and not ${…}: Terraform and CloudFormation's Fn::Sub own ${…}, and
 * user-data mostly travels through them.
 */
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include <stdbool.h>

struct buf;
struct errinfo;

/*
 * Supply the text of one placeholder.
 * name: "instance-id", "region", "az", "az-id", "local-ipv4", or "tag:KEY"
 *       with KEY of 1 to 128 bytes; valid during the call.
 * Appends to text, or returns -1 with err filled in.
 */
typedef int (*template_lookup)(void *context, const char *name,
			       struct buf *text, struct errinfo *err);

/*
 * Replace each placeholder by what lookup gives.
 * template: NUL-ended text.
 * lookup:   called left to right; NULL: only check the spelling.
 * out:      gets the text; its limit bounds the result.
 * Returns 0, or -1: STATUS_SETTINGS for an unknown placeholder or an open
 * brace; else what lookup returned.
 */
int template_expand(const char *template, template_lookup lookup, void *context,
		    struct buf *out, struct errinfo *err);

/* Whether the text holds a brace. */
bool template_is(const char *text);

#endif
