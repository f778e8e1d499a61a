/*
 * What DNS answers: the first line of an input says of what type, the rest is
 * the message in place of the resolver library's, behind the question's id.
 */
#include "fuzz.h"

#include <string.h>

#include <arpa/nameser.h>
#include <resolv.h>

#include "check_resolver.h"

int __wrap_res_send(const unsigned char *question, int question_size,
		    unsigned char *answer, int answer_size);

static const uint8_t *message;
static size_t message_size;

int __wrap_res_send(const unsigned char *question, int question_size,
		    unsigned char *answer, int answer_size)
{
	size_t size = message_size < (size_t)answer_size ? message_size
							 : (size_t)answer_size;

	assert(question_size > NS_HFIXEDSZ);
	if (size < 2)
		return -1;
	memcpy(answer, message, size);
	memcpy(answer, question, 2);
	return (int)message_size; /* as the library: what it would be */
}

/* Whether each value is a word: an address, a name or a number. */
static void check_values(void)
{
	const char *list = resolver_answer.values.data;
	unsigned count = 0;

	while (*list) {
		size_t len = strcspn(list + 1, " ");

		assert(*list == ' ' && len && len <= DNSNAME_LIMIT);
		assert(strspn(list + 1, "abcdefghijklmnopqrstuvwxyz"
					"0123456789-_.:*") >= len);
		list += 1 + len;
		count++;
	}
	assert(count == resolver_answer.count ||
	       buf_is_cut(&resolver_answer.values));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		char word;
		enum dns_type type;
	} types[] = {{'a', DNS_A},
		     {'n', DNS_NS},
		     {'6', DNS_AAAA},
		     {'d', DNS_DS},
		     {'k', DNS_DNSKEY}};
	char word = fuzz_take_word(&data, &size);

	message = data;
	message_size = size;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (word != types[i].word)
			continue;
		if (resolver_ask(NULL, "www.example.com", types[i].type) ==
		    RESOLVER_ANSWERED)
			check_values();
		assert(strlen(resolver_answer.zone) <= DNSNAME_LIMIT);
	}
	return 0;
}
