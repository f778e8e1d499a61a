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
#include <stddef.h>

struct buf;

enum {
	DNSNAME_LIMIT = 253,
	DNSNAME_SIZE = DNSNAME_LIMIT + 1,
};

/*
 * Fold a name from a person or a tag.
 * folded: written to; a name on success only.
 * text:   anything; one final dot is dropped.
 * Returns NULL, or what is wrong with it: static text that reads after "no
 * DNS name: ".
 * Source: RFC 1035 section 2.3.4 (lengths), RFC 5890 section 2.3.1 (LDH).
 */
const char *dnsname_fold(char folded[DNSNAME_SIZE], const char *text);

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

/*
 * Whether Route 53 lists left before right: labels from the right, bytewise.
 * Source: Route 53 API Reference, ListHostedZonesByName.
 */
bool dnsname_is_before(const char *left, const char *right);

/*
 * Append hostile text for a message: in double quotes, what is not printable
 * ASCII as \ooo, cut after 80 bytes.
 */
void dnsname_quote(struct buf *buf, const char *text);

#endif
