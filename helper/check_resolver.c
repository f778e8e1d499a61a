#include "check_resolver.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include <netinet/in.h>

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <resolv.h>

#include "platform.h"

enum {
	WAIT_MS = 2000,
	MESSAGE_LIMIT = 4096, /* bytes */
	ID_SIZE = 2,
	COUNT_AT = 4, /* of questions */
	/* In the third byte: with the operation, which is 0 in an answer of
	   ours. */
	IS_ANSWER = 0x80,
	IS_ANSWER_OF_ANY = 0xf8,
	/* In the third and fourth byte. */
	RECURSION_DESIRED = 0x01,
	CHECKING_DISABLED = 0x10,
	/* Of the flags in a header. */
	CODE = 0xf,
	AUTHORITATIVE = 0x400,
	TRUNCATED = 0x200,
};

#define PATIENCE "timeout:2 attempts:2"

struct resolver_answer resolver_answer;

static unsigned char question[512];
static unsigned char message[MESSAGE_LIMIT];

/* ---- Asking. ---- */

/* EDNS, RFC 6891: answers of 1232 bytes fit into one packet. */
static const unsigned char more[] = {
	0, 0, ns_t_opt, 1232 >> 8, 1232 & 0xff, 0, 0, 0, 0, 0, 0};

/* Whether a message answers the question: RFC 5452, section 9.1.  The socket is
 * connected, so its sender is the one that was asked. */
static bool is_answer(ssize_t size, int question_size)
{
	size_t asked = (size_t)question_size - sizeof(more);

	return size >= (ssize_t)asked && !memcmp(message, question, ID_SIZE) &&
	       (message[ID_SIZE] & IS_ANSWER_OF_ANY) == IS_ANSWER &&
	       !memcmp(message + COUNT_AT, question + COUNT_AT, NS_INT16SZ) &&
	       !memcmp(message + NS_HFIXEDSZ, question + NS_HFIXEDSZ,
		       asked - NS_HFIXEDSZ);
}

/* Wait for the answer, past those of somebody else, who guesses.  Returns its
 * bytes, or -1. */
static int receive(int fd, int question_size)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	int64_t end_ms = platform_now_ms() + WAIT_MS;
	int64_t left_ms;

	while ((left_ms = end_ms - platform_now_ms()) > 0 &&
	       poll(&wait, 1, (int)left_ms) == 1) {
		ssize_t size = recv(fd, message, sizeof(message), MSG_DONTWAIT);

		if (size < 0 && errno != EAGAIN)
			return -1;
		if (is_answer(size, question_size))
			return (int)size;
	}
	return -1;
}

/* One try at one address.  Returns the bytes of the answer, or -1. */
static int ask_address(const struct addrinfo *address, int question_size)
{
	int fd = socket(address->ai_family, address->ai_socktype, 0);
	int size = -1;

	if (fd < 0)
		return -1;
	if (!connect(fd, address->ai_addr, address->ai_addrlen) &&
	    send(fd, question, (size_t)question_size, 0) == question_size)
		size = receive(fd, question_size);
	(void)close(fd);
	return size;
}

static int ask_server(const char *server, int question_size)
{
	static const struct addrinfo hints = {.ai_socktype = SOCK_DGRAM};
	static struct buf absolute; /* not to be looked for in search lists */
	struct addrinfo *addresses;
	int size = -1;

	buf_set(&absolute, "%s.", server);
	if (getaddrinfo(absolute.data, "53", &hints, &addresses))
		return -1;
	for (struct addrinfo *next = addresses; next && size < 0;
	     next = next->ai_next)
		size = ask_address(next, question_size);
	freeaddrinfo(addresses);
	return size;
}

/* ---- Reading the answer.  Of the resolver library only what libc itself has
 * since 2.34, so that no program links one more. ---- */

struct record {
	unsigned type;
	uint32_t ttl_s;
	const unsigned char *owner; /* where its name begins */
	const unsigned char *data;
	size_t size; /* of the data, which lie within the message */
};

static const unsigned char *end;  /* of the message */
static const unsigned char *next; /* what is to be read of it */

/* Pass over a name.  Returns whether there is one, with so many bytes behind
 * it. */
static bool skip_name(ptrdiff_t behind)
{
	int size = dn_skipname(next, end);

	if (size < 0 || end - next - size < behind)
		return false;
	next += size;
	return true;
}

static unsigned take_16(void)
{
	next += NS_INT16SZ;
	return (unsigned)next[-2] << 8 | next[-1];
}

static bool take_record(struct record *record)
{
	record->owner = next;
	if (!skip_name(NS_RRFIXEDSZ))
		return false;
	record->type = take_16();
	if (take_16() != ns_c_in)
		record->type = ns_t_invalid;
	record->ttl_s = (uint32_t)take_16() << 16;
	record->ttl_s |= take_16();
	record->size = take_16();
	record->data = next;
	if (end - next < (ptrdiff_t)record->size)
		return false;
	next += record->size;
	return true;
}

/* Fold the name that begins somewhere in the message. */
static bool fold_name(char folded[DNSNAME_SIZE], const unsigned char *name)
{
	static char listed[NS_MAXDNAME];

	return dn_expand(message, end, name, listed, sizeof(listed)) >= 0 &&
	       dnsname_fold(folded, listed);
}

/* Source: RFC 4034, appendix B. */
static unsigned key_tag(const unsigned char *data, size_t size)
{
	unsigned long sum = 0;

	for (size_t i = 0; i < size; i++)
		sum += i & 1 ? data[i] : (unsigned long)data[i] << 8;
	return (unsigned)(sum + (sum >> 16)) & 0xffff;
}

static bool is_of(const struct record *record, const char *name)
{
	static char owner[DNSNAME_SIZE];

	return fold_name(owner, record->owner) && !strcmp(owner, name);
}

/* Append what matters of a record, if its data are what its type asks for. */
static void add_value(const struct record *record, const char *name)
{
	static char text[DNSNAME_SIZE];
	const unsigned char *data = record->data;
	size_t size = record->size;
	unsigned type = record->type;

	if (type == DNS_A && size == NS_INADDRSZ)
		(void)inet_ntop(AF_INET, data, text, sizeof(text));
	else if (type == DNS_AAAA && size == NS_IN6ADDRSZ)
		(void)inet_ntop(AF_INET6, data, text, sizeof(text));
	else if (!is_of(record, name))
		return;
	else if (type == DNS_DS && size >= NS_INT16SZ)
		(void)snprintf(text, sizeof(text), "%d",
			       data[0] << 8 | data[1]);
	else if (type == DNS_DNSKEY && size >= NS_INT16SZ && data[1] & 1)
		(void)snprintf(text, sizeof(text), "%u", key_tag(data, size));
	else if (type != DNS_NS || !fold_name(text, data))
		return;
	buf_addf(&resolver_answer.values, " %s", text);
	if (!resolver_answer.count++ || record->ttl_s < resolver_answer.ttl_s)
		resolver_answer.ttl_s = record->ttl_s;
}

/* The records of the answer; then those of the authority behind it. */
static void read_records(unsigned answers, unsigned others, const char *name,
			 enum dns_type type)
{
	static struct record record;
	bool is_referral = !answers && !resolver_answer.is_authoritative;

	for (unsigned i = 0; i < answers + others && take_record(&record);
	     i++) {
		bool is_answer = i < answers || (is_referral && type == DNS_NS);

		if (is_answer && record.type == (unsigned)type)
			add_value(&record, name);
		if (i < answers)
			continue;
		if (record.type == ns_t_soa) {
			(void)fold_name(resolver_answer.zone, record.owner);
			(void)fold_name(resolver_answer.source, record.data);
		} else if (record.type == ns_t_ns && is_referral) {
			(void)fold_name(resolver_answer.referral, record.owner);
		}
	}
}

static enum resolver_outcome read_answer(int size, const char *name,
					 enum dns_type type)
{
	unsigned flags;
	unsigned questions;
	unsigned answers;
	unsigned others;

	end = message + size;
	next = message + ID_SIZE;
	if (size < NS_HFIXEDSZ)
		return RESOLVER_REFUSED;
	flags = take_16();
	questions = take_16();
	answers = take_16();
	others = take_16();
	next = message + NS_HFIXEDSZ;
	if ((flags & CODE) != ns_r_noerror && (flags & CODE) != ns_r_nxdomain)
		return RESOLVER_REFUSED;
	resolver_answer.is_authoritative = flags & AUTHORITATIVE;
	for (; questions; questions--, next += NS_QFIXEDSZ)
		if (!skip_name(NS_QFIXEDSZ))
			return RESOLVER_REFUSED;
	read_records(answers, others, name, type);
	return flags & TRUNCATED && !resolver_answer.count ? RESOLVER_REFUSED
							   : RESOLVER_ANSWERED;
}

/* Make the question.  Returns its size, or -1. */
static int make_question(const char *name, enum dns_type type, bool is_direct)
{
	int size = res_mkquery(ns_o_query, name, ns_c_in, (int)type, NULL, 0,
			       NULL, question, sizeof(question) - sizeof(more));

	if (size < NS_HFIXEDSZ)
		return -1;
	if (is_direct)
		question[2] &= (unsigned char)~RECURSION_DESIRED;
	else
		question[3] |= CHECKING_DISABLED;
	question[NS_HFIXEDSZ - 1] = 1; /* one additional record */
	memcpy(question + size, more, sizeof(more));
	return size + (int)sizeof(more);
}

int resolver_be_patient(void)
{
	/* As resolv.conf(5) has it; for getaddrinfo, too. */
	return setenv("RES_OPTIONS", PATIENCE, 0);
}

/* Once: another time would forget the options. */
static int open_resolver(void)
{
	static bool is_open;

	if (is_open)
		return 0;
	if (resolver_be_patient() || res_init())
		return -1;
	/* No TCP: the library would wait for that without an end. */
	_res.options |= RES_IGNTC;
	_res.options &= ~(unsigned long)RES_USEVC;
	is_open = true;
	return 0;
}

enum resolver_outcome resolver_ask(const char *server, const char *name,
				   enum dns_type type)
{
	int size;

	buf_wipe(&resolver_answer.values);
	resolver_answer.is_authoritative = false;
	resolver_answer.count = 0;
	resolver_answer.ttl_s = 0;
	resolver_answer.zone[0] = '\0';
	resolver_answer.source[0] = '\0';
	resolver_answer.referral[0] = '\0';
	if (open_resolver())
		return RESOLVER_SILENT;
	size = make_question(name, type, server);
	if (size < 0)
		return RESOLVER_REFUSED;
	memset(message, 0, NS_HFIXEDSZ);
	size = server ? ask_server(server, size)
		      : res_send(question, size, message, sizeof(message));
	/* Of a longer one the library tells how long it would be. */
	if (size >= 0)
		return read_answer(size < MESSAGE_LIMIT ? size : MESSAGE_LIMIT,
				   name, type);
	/* The library drops a SERVFAIL and leaves it in place. */
	return memcmp(message, question, ID_SIZE) ? RESOLVER_SILENT
						  : RESOLVER_REFUSED;
}

bool resolver_has(const struct buf *values, const char *word)
{
	size_t len = strlen(word);
	const char *found = values->data;

	while ((found = strstr(found, word))) {
		if (found > values->data && found[-1] == ' ' &&
		    (!found[len] || found[len] == ' '))
			return true;
		found++;
	}
	return false;
}
