#include "interfaces.h"

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>

#include "errinfo.h"
#include "http.h"
#include "imds.h"
#include "instance.h"
#include "settings.h"
#include "text.h"

#define MACS "meta-data/network/interfaces/macs/"

enum {
	INTERFACES_LIMIT = 32, /* more than an instance can have */
	MAC_SIZE = 18,
	WORD_SIZE = 64, /* of an address, a prefix or the id of an interface */
};

/* What is looked for on the interfaces. */
struct wanted {
	const char *item;
	const char *pattern;
	int family; /* 0: it is no address */
};

static const struct wanted public_ipv4 = {"public-ipv4s", "^[0-9.]+$", AF_INET};
static const struct wanted ipv6 = {"ipv6s", "^[0-9a-fA-F:.]+$", AF_INET6};
static const struct wanted ipv6_prefix = {"ipv6-prefix",
					  "^[0-9a-fA-F:.]+/[0-9]{1,3}$", 0};
static const struct wanted interface_id = {"interface-id", "^eni-[0-9a-f]+$",
					   0};

/* Copy the first line of the metadata's answer.  Returns whether it is short.
 */
static bool take_line(char *word, size_t size, const char *text)
{
	size_t len = strcspn(text, "\n");

	if (len >= size)
		return false;
	memcpy(word, text, len);
	word[len] = '\0';
	return true;
}

/* Read the first of an interface's items.  Returns whether there is one. */
static bool read_item(char word[WORD_SIZE], const char *mac,
		      const struct wanted *wanted)
{
	static struct buf path;
	struct in6_addr parsed; /* large enough for both families */

	buf_set(&path, MACS "%s/%s", mac, wanted->item);
	return !imds_get(path.data) &&
	       take_line(word, WORD_SIZE, http_answer.body) &&
	       text_matches(word, wanted->pattern) &&
	       (!wanted->family ||
		inet_pton(wanted->family, word, &parsed) == 1);
}

/* The interfaces, as the metadata lists them: a MAC address with a slash on
 * each line.  Returns what is behind the next one; NULL: there is none. */
static const char *next_mac(char mac[MAC_SIZE], const char *list)
{
	enum { LEN = MAC_SIZE - 1 };

	if (strspn(list, "0123456789abcdef:") != LEN)
		return NULL;
	memcpy(mac, list, LEN);
	mac[LEN] = '\0';
	list += LEN;
	list += *list == '/';
	return list + (*list == '\n');
}

/* Find the first interface that has an item. */
static bool find(char mac[MAC_SIZE], char word[WORD_SIZE], const char *list,
		 const struct wanted *wanted)
{
	for (size_t i = 0; i < INTERFACES_LIMIT; i++) {
		list = next_mac(mac, list);
		if (!list)
			return false;
		if (read_item(word, mac, wanted))
			return true;
	}
	return false;
}

/* ---- What is said. ---- */

static struct buf told;

static void explain_address(const char *list, const struct wanted *wanted)
{
	char mac[MAC_SIZE];
	char word[WORD_SIZE];

	if (find(mac, word, list, wanted))
		buf_addf(&told,
			 "; interface %s has %s, but bootname publishes "
			 "addresses of the first interface only",
			 mac, word);
}

static void explain_prefix(const char *list)
{
	char mac[MAC_SIZE];
	char prefix[WORD_SIZE];
	char first_mac[MAC_SIZE];
	char id[WORD_SIZE];

	if (!find(mac, prefix, list, &ipv6_prefix))
		return;
	buf_addf(&told,
		 "; interface %s has the IPv6 prefix %s, which is no "
		 "address",
		 mac, prefix);
	if (!imds_get("meta-data/mac") &&
	    next_mac(first_mac, http_answer.body) &&
	    read_item(id, first_mac, &interface_id))
		buf_addf(&told,
			 "; assign one: aws ec2 assign-ipv6-addresses "
			 "--network-interface-id %s --ipv6-address-count 1",
			 id);
}

void interfaces_explain(const struct instance *instance,
			const struct settings *settings)
{
	static struct errinfo kept; /* too large for the stack */
	static struct buf list;

	kept = errinfo;
	buf_wipe(&told);
	if (!imds_get(MACS)) {
		buf_set(&list, "%s", http_answer.body);
		if (settings_want_ipv4(settings) && instance->lacks_ipv4 &&
		    !settings_has_private_address(settings))
			explain_address(list.data, &public_ipv4);
		if (settings_want_ipv6(settings) && instance->lacks_ipv6) {
			explain_address(list.data, &ipv6);
			explain_prefix(list.data);
		}
	}
	errinfo = kept;
	(void)errinfo_add("%s", told.data);
}
