/*
 * What the parts of check_dns.c share.
 */
#ifndef CHECK_DNS_PARTS_H
#define CHECK_DNS_PARTS_H

#include "check_resolver.h"
#include "dnsname.h"

enum { CHECK_DNS_SILENT_LIMIT = 2 }; /* name servers that may give no answer */

/* The next word of a list with a blank before each, which moves on behind it;
 * NULL: there is none. */
const char *check_dns_next_word(const char **list, char word[DNSNAME_SIZE]);

/*
 * Ask for a name as resolver_ask does.  If the system's resolver does not answer
 * the first question, nothing more is asked: each question would wait again.
 */
enum resolver_outcome check_dns_ask(const char *server, const char *name,
				    enum dns_type type);

#endif
