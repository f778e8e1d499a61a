/*
 * Change batches as plan_changes appends them, read strictly: the elements of
 * a set must stand in the order of Route 53's schema.
 */
#ifndef BATCH_H
#define BATCH_H

#include "unit.h"

#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>

#include "plan.h"
#include "route53.h"

/* Changes in a batch. */
#ifndef BATCH_LIMIT
#define BATCH_LIMIT 6
#endif

/* Bytes of a name or value and its NUL. */
#ifndef BATCH_TEXT
#define BATCH_TEXT 320
#endif

/* The elements of a record set by number, as tests go through them; the first
 * one is none. */
enum {
	SET_ROW,
	SET_NAME,
	SET_TYPE,
	SET_IDENTIFIER,
	SET_WEIGHT,
	SET_MULTIVALUE,
	SET_TTL,
	SET_VALUES,
	SET_HEALTH_CHECK_ID,
	SET_ALIAS,
};

_Static_assert((int)SET_ALIAS == (int)RECORD_SET_ELEMENTS + SET_NAME,
	       "each element has a number");

/* A record set that has its texts. */
struct stored_set {
	char part[SET_ALIAS][BATCH_TEXT];
	bool is_alias;
};

struct batch_change {
	char action[8];
	struct stored_set set;
};

struct batch {
	size_t count;
	struct batch_change changes[BATCH_LIMIT];
};

/* Step over a text that must stand here. */
static inline void batch_expect(const char **at, const char *text)
{
	if (strncmp(*at, text, strlen(text)))
		fail_msg("want \"%s\", got \"%.60s\"", text, *at);
	*at += strlen(text);
}

static inline bool batch_take(const char **at, const char *text)
{
	if (strncmp(*at, text, strlen(text)) != 0)
		return false;
	*at += strlen(text);
	return true;
}

/* Append the text up to the next tag, without escapes. */
static inline void batch_text(const char **at, char *to)
{
	size_t len = strlen(to);

	for (; **at && **at != '<'; len++) {
		char *end;

		assert_true(len < BATCH_TEXT - 1);
		to[len] = **at;
		if (batch_take(at, "&#")) {
			to[len] = (char)strtol(*at, &end, 10);
			*at = end;
			batch_expect(at, ";");
			continue;
		}
		(*at)++;
	}
	to[len] = '\0';
}

/* An element that may be missing, but not empty. */
static inline void batch_element(const char **at, const char *name, char *to)
{
	char tag[32];

	(void)snprintf(tag, sizeof(tag), "<%s>", name);
	if (!batch_take(at, tag))
		return;
	batch_text(at, to);
	assert_true(*to);
	(void)snprintf(tag, sizeof(tag), "</%s>", name);
	batch_expect(at, tag);
}

static inline void batch_values(const char **at, char *to)
{
	if (!batch_take(at, "<ResourceRecords>"))
		return;
	do {
		batch_expect(at, "<ResourceRecord><Value>");
		if (*to)
			strcat(to, XML_NEXT);
		batch_text(at, to);
		batch_expect(at, "</Value></ResourceRecord>");
	} while (!batch_take(at, "</ResourceRecords>"));
}

static inline void batch_set(const char **at, struct stored_set *set)
{
	char *name = set->part[SET_NAME];

	batch_expect(at, "<ResourceRecordSet>");
	batch_element(at, "Name", name);
	assert_true(*name && name[strlen(name) - 1] == '.');
	batch_element(at, "Type", set->part[SET_TYPE]);
	batch_element(at, "SetIdentifier", set->part[SET_IDENTIFIER]);
	batch_element(at, "Weight", set->part[SET_WEIGHT]);
	batch_element(at, "MultiValueAnswer", set->part[SET_MULTIVALUE]);
	batch_element(at, "TTL", set->part[SET_TTL]);
	batch_values(at, set->part[SET_VALUES]);
	batch_element(at, "HealthCheckId", set->part[SET_HEALTH_CHECK_ID]);
	batch_expect(at, "</ResourceRecordSet>");
}

static inline void batch_read(struct batch *batch, const struct buf *changes)
{
	const char *at = changes->data;

	assert_false(buf_is_cut(changes));
	memset(batch, 0, sizeof(*batch));
	while (*at) {
		struct batch_change *change = &batch->changes[batch->count++];

		assert_true(batch->count <= BATCH_LIMIT);
		batch_expect(&at, "<Change>");
		batch_element(&at, "Action", change->action);
		batch_set(&at, &change->set);
		batch_expect(&at, "</Change>");
	}
}

/* As route53_list_record_sets gives it. */
static inline int batch_found(struct planning *planning,
			      const struct stored_set *stored)
{
	struct record_set set;

	for (size_t i = SET_NAME; i < SET_ALIAS; i++)
		set.element[i - SET_NAME] = stored->part[i];
	set.alias = stored->is_alias ? "lb.example." : "";
	return plan_found(planning, &set);
}

/* Whether a change is half of a guard: the DELETE of an address and then the
 * CREATE of the same one, so that the batch fails where it has moved. */
static inline bool batch_is_guard(const struct batch *batch, size_t change)
{
	const struct batch_change *one = &batch->changes[change];
	bool is_delete = !strcmp(one->action, "DELETE");
	size_t beside = is_delete ? change + 1 : change - 1;
	const struct batch_change *other = &batch->changes[beside];
	int family = one->set.part[SET_TYPE][1] ? AF_INET6 : AF_INET;
	struct in6_addr address[2];

	if (beside >= batch->count || !strcmp(one->action, "UPSERT") ||
	    strcmp(other->action, is_delete ? "CREATE" : "DELETE") != 0)
		return false;
	for (size_t i = SET_NAME; i < SET_ALIAS; i++)
		if (i != SET_VALUES &&
		    strcmp(one->set.part[i], other->set.part[i]) != 0)
			return false;
	memset(address, 0, sizeof(address));
	return inet_pton(family, one->set.part[SET_VALUES], &address[0]) == 1 &&
	       inet_pton(family, other->set.part[SET_VALUES], &address[1]) ==
		       1 &&
	       !memcmp(&address[0], &address[1], sizeof(address[0]));
}

#endif
