/*
 * The answers of Route 53, EC2 and STS, errors included, by the functions that
 * read them.  The first line of an input says which call is answered.
 */
#include "fuzz.h"

#include <string.h>

#include "aws.h"
#include "credentials.h"
#include "ec2.h"
#include "errinfo.h"
#include "http.h"
#include "instance.h"
#include "platform.h"
#include "route53.h"
#include "settings.h"
#include "sts.h"
#include "xml.h"
#include "zone.h"

#define ID "i-0123456789abcdef0"

static struct buf value;

static void check_text(const char *text)
{
	static char id[ROUTE53_ID_SIZE];
	static char folded[DNSNAME_SIZE];

	assert(strlen(text) <= BUF_LIMIT);
	route53_cut_id(id, sizeof(id), text);
	assert(!*id || fuzz_is_word(id, sizeof(id) - 1));
	dnsname_from_route53(folded, text);
	assert(strlen(folded) <= DNSNAME_LIMIT);
}

static int on_zone(const struct hosted_zone *zone, void *context)
{
	(void)context;
	assert(!*zone->id || fuzz_is_word(zone->id, ROUTE53_ID_SIZE - 1));
	assert(strlen(zone->name) <= DNSNAME_LIMIT);
	return 0;
}

static int list_zones(void)
{
	struct hosted_zone_place place = {.name = "example.com"};

	return route53_list_hosted_zones_by_name(&place, on_zone, NULL);
}

static int list_zones_of_vpc(void)
{
	static struct buf token;

	buf_wipe(&token);
	return route53_list_hosted_zones_by_vpc("vpc-1", "eu-west-1", &token,
						on_zone, NULL);
}

static int on_set(const struct record_set *set, void *context)
{
	(void)context;
	for (size_t i = 0; i < RECORD_SET_ELEMENTS; i++)
		check_text(set->element[i]);
	check_text(set->alias);
	return 0;
}

static int list_record_sets(void)
{
	static struct record_set_place place;

	route53_place_at(&place, "www.example.com");
	return route53_list_record_sets("Z1", &place, 20, on_set, NULL);
}

static int get_hosted_zone(void)
{
	static struct buf servers, vpcs;
	struct hosted_zone zone;
	int rc = route53_get_hosted_zone("Z1", &zone, &servers, &vpcs);

	if (!rc)
		check_text(servers.data);
	return rc;
}

static int change_record_sets(void)
{
	static const struct buf changes;
	static char id[ROUTE53_CHANGE_ID_SIZE];
	int rc = route53_change_record_sets("Z1", ID, &changes, false, id);

	assert(rc || !*id || fuzz_is_word(id, sizeof(id) - 1));
	return rc;
}

static int get_change(void)
{
	bool is_insync;

	return route53_get_change("C1", &is_insync);
}

static int find_zone(void)
{
	static struct settings settings;
	static char id[ROUTE53_ID_SIZE];
	static const struct instance instance = {.region = "eu-west-1",
						 .name = "www.dev.example.com"};
	int rc;

	settings_init(&settings);
	settings.value[SETTING_VISIBILITY] = "private";
	rc = zone_find(id, &settings, &instance);
	assert(rc || fuzz_is_word(id, sizeof(id) - 1));
	return rc;
}

static int describe_tag(void)
{
	buf_wipe(&value);
	return ec2_describe_tag(ID, "eu-west-1", "Name", false, &value);
}

static int describe_instance(void)
{
	return ec2_describe_instance(ID, "eu-west-1", &value);
}

static int on_instance(const struct buf *row, void *context)
{
	(void)context;
	fuzz_check_row(row, INSTANCE_STATE + 1);
	return 0;
}

static int describe_instances(void)
{
	static const char *const ids[] = {ID, "i-0123456789abcdef1"};

	return ec2_describe_instances("eu-west-1", ids, 2, on_instance, NULL);
}

static int assume_role(void)
{
	static struct credentials secret;
	int rc = sts_assume_role("arn:aws:iam::1:role/x", "", ID, false,
				 &secret);

	for (size_t i = 0; !rc && i < CREDENTIALS_FIELDS; i++)
		assert(*secret.field[i] && !strchr(secret.field[i], ' ') &&
		       fuzz_is_printable(secret.field[i]));
	return rc;
}

static const struct {
	char word;
	int (*call)(void);
} calls[] = {
	{'z', list_zones},	  {'v', list_zones_of_vpc},
	{'r', list_record_sets},  {'c', change_record_sets},
	{'g', get_change},	  {'f', find_zone},
	{'h', get_hosted_zone},	  {'t', describe_tag},
	{'i', describe_instance}, {'j', describe_instances},
	{'s', assume_role},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char word = fuzz_take_word(&data, &size);

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		if (word != calls[i].word)
			continue;
		for (int has_user = 0; has_user < 2; has_user++) {
			fuzz_open(data, size);
			build_is_whole = has_user;
			(void)fuzz_succeeded(calls[i].call());
			/* Its message may repeat the session token. */
			assert(strstr(errinfo.code, "The Canonical") ||
			       !strstr(errinfo.text.data, "The Canonical"));
		}
	}
	return 0;
}
