/*
 * The metadata service: words, tags, addresses, and the JSON with the role's
 * credentials.  The first line of an input says what is asked for.
 */
#include "fuzz.h"

#include <string.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>

#include "credentials.h"
#include "imds.h"
#include "instance.h"
#include "platform.h"
#include "settings.h"

static struct settings settings;
static struct instance instance;

static void identify(void)
{
	if (!fuzz_succeeded(instance_identify(&instance)))
		return;
	assert(fuzz_is_word(instance.id, sizeof(instance.id) - 1));
	assert(fuzz_is_word(instance.region, sizeof(instance.region) - 1));
}

static void learn_name(const char *template, const char *zone)
{
	static char folded[DNSNAME_SIZE];

	memcpy(instance.id, "i-0123456789abcdef0", 20);
	settings.value[SETTING_NAME] = template;
	settings.value[SETTING_ZONE] = zone;
	settings.found = *template;
	if (!fuzz_succeeded(instance_learn_name(&instance, &settings)))
		return;
	assert(strlen(instance.name) <= DNSNAME_LIMIT);
	assert(dnsname_fold(folded, instance.name));
	assert(!strcmp(folded, instance.name));
	assert(!*zone || dnsname_in_zone(instance.name, zone));
}

static void check_address(const char *address, int family)
{
	struct in6_addr parsed;
	static char text[INSTANCE_ADDRESS_SIZE];

	if (!*address)
		return;
	assert(inet_pton(family, address, &parsed) == 1);
	assert(inet_ntop(family, &parsed, text, sizeof(text)));
	assert(!strcmp(text, address));
}

static void learn_addresses(const char *types)
{
	settings.value[SETTING_TYPES] = types;
	if (!fuzz_succeeded(instance_learn_addresses(&instance, &settings)))
		return;
	assert(*instance.ipv4 || *instance.ipv6);
	check_address(instance.ipv4, AF_INET);
	check_address(instance.ipv6, AF_INET6);
}

static void get_credentials(void)
{
	static struct credentials secret;
	bool has_some;

	memset(&secret, 0, sizeof(secret));
	has_some = fuzz_succeeded(imds_get_credentials(&secret));
	assert(has_some == (*secret.field[CREDENTIALS_ACCESS_KEY_ID] != '\0'));
	for (size_t i = 0; has_some && i < CREDENTIALS_FIELDS; i++) {
		const char *field = secret.field[i];

		assert(strlen(field) < sizeof(secret.field[i]));
		assert(*field && fuzz_is_printable(field) &&
		       !strchr(field, ' '));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char asked = fuzz_take_word(&data, &size);

	for (int has_user = 0; has_user < 2; has_user++) {
		fuzz_open(data, size);
		build_is_whole = has_user;
		settings_init(&settings);
		memset(&instance, 0, sizeof(instance));
		if (asked == 'i')
			identify();
		if (asked == 'n')
			learn_name("", "");
		if (asked == 'r') /* relative */
			learn_name("{tag:Name}", "example.com");
		if (asked == 't') /* a template of everything */
			learn_name("{tag:a b/c}-{instance-id}.{az}{az-id}."
				   "{local-ipv4}.{region}.example.com.",
				   "");
		if (asked == 'a')
			learn_addresses("");
		if (asked == 'b') /* both */
			learn_addresses(" A AAAA ");
		if (asked == 'c')
			get_credentials();
	}
	return 0;
}
