/*
 * DNS names: pure functions on text.
 *
 * A "folded" name is what this program uses everywhere: lower case, no final
 * dot, LDH labels (and '_'), a leftmost label of "*" allowed, at most 63
 * bytes a label and 253 in all.
 */
#ifndef DNSNAME_H
#define DNSNAME_H

#include <stdbool.h>

enum {
	DNSNAME_LIMIT = 253,
	DNSNAME_SIZE = DNSNAME_LIMIT + 1,
};

/*
 * Fold a name from a person or a tag.
 * folded: written to, may be text; a name on success only.
 * text:   anything; one final dot is dropped.
 * Returns whether it is a name.
 * Source: RFC 1035 section 2.3.4 (lengths), RFC 5890 section 2.3.1 (LDH).
 */
bool dnsname_fold(char folded[DNSNAME_SIZE], const char *text);

/* What an error says of a text that is none; the text as argument. */
#define DNSNAME_FAULT "\"%.80s\" is no DNS name"

/*
 * Fold a name as Route 53 lists it: "\052" stands for "*", any other escape
 * is kept as it is, since no name of ours holds one; cut where it is too
 * long, since no name of ours is.
 * Source: Route 53 Developer Guide, "DNS domain name format".
 */
void dnsname_from_route53(char folded[DNSNAME_SIZE], const char *text);

/* Whether name is zone or stands below it, by whole labels; both folded. */
bool dnsname_in_zone(const char *name, const char *zone);

/* The name without its first label; NULL where there is only one. */
const char *dnsname_parent(const char *name);

#endif
