/*
 * Questions to DNS: through the system's resolver, or to one name server.
 *
 * Source: RFC 1035 section 4 (messages), resolver(3).
 */
#ifndef CHECK_RESOLVER_H
#define CHECK_RESOLVER_H

#include <stdbool.h>
#include <stdint.h>

#include "buf.h"
#include "dnsname.h"

/* Numbered as in messages. */
enum dns_type {
	DNS_A = 1,
	DNS_NS = 2,
	DNS_AAAA = 28,
	DNS_DS = 43,
	DNS_DNSKEY = 48,
};

enum resolver_outcome {
	RESOLVER_ANSWERED, /* with values, or without: there is no such record
			    */
	RESOLVER_REFUSED,  /* by the servers: SERVFAIL, REFUSED and such */
	RESOLVER_SILENT,   /* no answer in time */
};

/* The answer to the last question. */
struct resolver_answer {
	bool is_authoritative; /* from a server of the very zone */
	/* The records of the type asked for, each with a blank before it:
	 * addresses as inet_ntop writes them, of any name, since that may be
	 * an alias; name servers folded, also those that a parent refers to;
	 * of DS and of a DNSKEY that is for a DS the key tag. */
	struct buf values;
	unsigned count;
	uint32_t ttl_s; /* the least of theirs */
	/* Without a record: the zone that says so, and its first name server;
	 * "": it is not told. */
	char zone[DNSNAME_SIZE];
	char source[DNSNAME_SIZE];
	/* From other than the zone's servers: the name whose name servers are
	 * to be asked; "": none is told. */
	char referral[DNSNAME_SIZE];
};

extern struct resolver_answer resolver_answer;

/*
 * Have libc's resolver wait as long as below, where RES_OPTIONS does not say
 * otherwise; before http_open, which would have it wait for less.
 * Returns 0, or -1 without memory.
 */
int resolver_be_patient(void);

/*
 * Ask one question; the answer is in resolver_answer.
 * server: host name of a name server; NULL: the system's resolver.
 * name:   folded; ".": the root.  What a resolver would withhold for a wrong
 *	   signature is wanted as well.
 * Waits at most 2 s twice for each of the resolver's servers, or once for each
 * address of the server, whose name is looked up before.
 */
enum resolver_outcome resolver_ask(const char *server, const char *name,
				   enum dns_type type);

/* Whether a word is in such a list of values. */
bool resolver_has(const struct buf *values, const char *word);

#endif
