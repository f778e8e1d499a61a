/*
 * What DNS answers for a hosted zone, and for the names of an instance in it.
 *
 * Each function tells what it found (check_print.h).
 */
#ifndef CHECK_DNS_H
#define CHECK_DNS_H

#include <stdbool.h>

#include "buf.h"
#include "dnsname.h"

/* A hosted zone as Route 53 knows it. */
struct check_dns_zone {
	const char *name; /* folded; "": it is not known */
	bool is_private;
	/* Folded, a blank before each: those that Route 53 has for the zone,
	 * none of a private one; and those in its own NS record. */
	const struct buf *servers;
	const struct buf *own_servers;
};

/* Whether public DNS leads to the zone's name servers, step "delegation".
 * Returns whether it does. */
bool check_dns_delegation(const struct check_dns_zone *zone);

/* Whether the zone is signed, and its parent knows so, step "dnssec". */
void check_dns_dnssec(const struct check_dns_zone *zone);

/* What a name is to have of one type. */
struct check_dns_wanted {
	const char *name;    /* folded */
	const char *type;    /* "A" or "AAAA" */
	const char *address; /* as inet_ntop writes it */
	bool is_shared;	     /* one answer of several: routing */
	bool is_held;	     /* Route 53 holds something of this type there,
				or was not to be asked */
	bool is_published;   /* and it is this address */
};

/* What the zone's name servers and the system's resolver answer for a name,
 * step "answer".  Of a name that may not be there the resolver is not asked: it
 * would remember that. */
void check_dns_answer(const struct check_dns_zone *zone,
		      const struct check_dns_wanted *wanted);

#endif
