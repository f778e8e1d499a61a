#include "instance.h"

#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>

#include <netinet/in.h>

#include <arpa/inet.h>

#include "aws.h"
#include "buf.h"
#include "build.h"
#include "ec2.h"
#include "errinfo.h"
#include "http.h"
#include "imds.h"
#include "platform.h"
#include "settings.h"
#include "sigv4.h"
#include "text.h"
#include "yaml.h"

/* What is being learnt, and by which settings. */
struct learning {
	struct instance *self;
	const struct settings *settings;
	int64_t end_of_grace_ms; /* what is missing may come until then */
	const char *tag_key;	 /* asked for; NULL: no tag is in the name */
};

/* The members of the instance identity document. */
enum { IDENTITY_ID, IDENTITY_REGION, IDENTITY_ACCOUNT };

static int on_document(void *members)
{
	return yaml_is_map() ? yaml_read_members("instanceId region accountId ",
						 members)
			     : yaml_fault("", "is not a JSON object");
}

/* Take a member that is what the pattern says; it is "" otherwise. */
static void take_member(const char *text, const char *pattern, char *word)
{
	if (text && text_matches(text, pattern))
		memcpy(word, text, strlen(text) + 1);
}

int instance_identify(struct instance *instance)
{
	struct yaml_members members = {.text = {NULL}};
	int rc = imds_get("dynamic/instance-identity/document");

	if (rc < 0)
		return -1;
	if (!rc && yaml_read("instance identity document", http_answer.body,
			     http_answer.size, on_document, &members)) {
		yaml_wipe_members(&members);
		errinfo.status = STATUS_DATA;
		return -1;
	}
	take_member(members.text[IDENTITY_ID], "^i-[a-z0-9]{1,30}$",
		    instance->id);
	take_member(members.text[IDENTITY_REGION],
		    "^[a-z]{1,8}-[a-z0-9-]{1,23}$", instance->region);
	if (settings_has(SETTING_OWNER_RECORD))
		take_member(members.text[IDENTITY_ACCOUNT], "^[0-9]{12}$",
			    instance->account);
	yaml_wipe_members(&members);
	if (!build_is_whole)
		return *instance->id && *instance->region
			       ? 0
			       : errinfo_set(STATUS_DATA, "no instance id");
	return (!*instance->id &&
		imds_get_word("meta-data/instance-id", instance->id,
			      sizeof(instance->id))) ||
			       (!*instance->region &&
				imds_get_word("meta-data/placement/region",
					      instance->region,
					      sizeof(instance->region)))
		       ? -1
		       : 0;
}

static void begin_grace(struct learning *learning)
{
	learning->end_of_grace_ms =
		platform_now_ms() +
		settings_number(learning->settings, SETTING_GRACE) *
			(int64_t)1000;
}

/* ---- Tags. ---- */

static struct buf tag; /* the value; too large for the stack */

/* Without settings nobody has asked for a name: one try, whose failure is no
 * reason to fail. */
static int ask_ec2(const struct learning *learning)
{
	struct instance *self = learning->self;
	bool is_asked_for = learning->settings->found;
	int rc = ec2_describe_tag(self->id, self->region, learning->tag_key,
				  !is_asked_for, &tag);

	if (build_is_whole)
		self->lacks_name = rc > 0;
	if (rc >= 0 || !is_asked_for)
		return rc != 0;
	return errinfo_add("; or let tags into the metadata: aws ec2 "
			   "modify-instance-metadata-options "
			   "--instance-metadata-tags enabled");
}

static int attempt_tag(void *context)
{
	const struct learning *learning = context;
	struct instance *self = learning->self;
	static struct buf path;
	enum again again = AGAIN_SOON;
	int rc;

	if (build_is_whole)
		self->lacks_name = false;
	buf_wipe(&tag);
	buf_set(&path, "meta-data/tags/instance/");
	sigv4_encode(&path, learning->tag_key);
	rc = imds_get(path.data);
	if (!rc)
		buf_addf(&tag, "%s", http_answer.body);
	if (rc <= 0)
		return rc;
	/* 404: no such tag; or no tags at all, which only the list tells. */
	rc = imds_get("meta-data/tags/instance");
	if (build_is_whole)
		self->lacks_name = !rc;
	if (rc > 0) {
		again = AGAIN_LATER;
		rc = build_is(BUILD_SERVICE) ? 1 : ask_ec2(learning);
		if (!rc)
			return 0;
	}
	if (rc < 0)
		return -1;
	(void)errinfo_set(STATUS_UNAVAILABLE, "no tag %s; add it, or set name",
			  learning->tag_key);
	errinfo.until_ms = learning->end_of_grace_ms;
	return errinfo_retry(again);
}

static int get_tag(struct learning *learning, const char *key)
{
	learning->tag_key = key;
	begin_grace(learning);
	return http_persist(attempt_tag, learning);
}

/* ---- The name. ---- */

/* As the settings or the tag make it; too large for the stack. */
static struct buf name;

static int add_tag(struct learning *learning, const char *key)
{
	int rc = get_tag(learning, key);

	buf_addf(&name, "%s", tag.data);
	return rc;
}

/* Put in what stands for a placeholder, without its braces. */
static int expand(struct learning *learning, const char *placeholder)
{
	static const char paths[][2][41] = {
		{"instance-id", "meta-data/instance-id"},
		{"region", "meta-data/placement/region"},
		{"az", "meta-data/placement/availability-zone"},
		{"az-id", "meta-data/placement/availability-zone-id"},
		{"local-ipv4", "meta-data/local-ipv4"},
	};
	size_t i = 0;
	int rc;

	if (strstr(placeholder, "tag:") == placeholder)
		return add_tag(learning, placeholder + strlen("tag:"));
	while (strcmp(paths[i][0], placeholder))
		i++;
	rc = imds_get(paths[i][1]);
	/* Dots become dashes: an address is one label. */
	for (const char *c = http_answer.body; !rc && *c; c++)
		buf_addf(&name, "%c", *c == '.' ? '-' : *c);
	return rc > 0 ? errinfo_set(STATUS_UNAVAILABLE, "%s: is not there",
				    paths[i][1])
		      : rc;
}

/* The settings have made sure that braces come in pairs. */
static int expand_all(struct learning *learning, const char *template)
{
	static struct buf placeholder;
	size_t len;

	for (;;) {
		len = strcspn(template, "{");
		buf_add(&name, template, len);
		template += len;
		if (!*template)
			return 0;
		len = strcspn(++template, "}");
		buf_wipe(&placeholder);
		buf_add(&placeholder, template, len);
		if (expand(learning, placeholder.data))
			return -1;
		template += len + 1;
	}
}

/* Absolute with a final dot or inside the zone; else relative to the zone. */
static int complete_name(const struct learning *learning)
{
	const char *zone = learning->settings->value[SETTING_ZONE];
	struct instance *self = learning->self;
	bool is_tag = learning->tag_key;

	(void)dnsname_fold(self->name, name.data);
	if (*zone && !dnsname_in_zone(self->name, zone) && name.len &&
	    name.data[name.len - 1] != '.')
		buf_addf(&name, ".%s", zone);
	if (!dnsname_fold(self->name, name.data))
		return errinfo_set(is_tag ? STATUS_DATA : STATUS_SETTINGS,
				   DNSNAME_FAULT "; correct the %s", name.data,
				   is_tag ? "tag" : "name");
	return !*zone || dnsname_in_zone(self->name, zone)
		       ? 0
		       : errinfo_set(STATUS_SETTINGS,
				     "%s is not in the zone %s", self->name,
				     zone);
}

int instance_learn_name(struct instance *instance,
			const struct settings *settings)
{
	const char *template = settings->value[SETTING_NAME];
	struct learning learning = {.self = instance, .settings = settings};
	int rc = 0;

	buf_wipe(&name);
	if (!*template)
		rc = add_tag(&learning, "dnsname");
	else if (build_is(BUILD_SERVICE))
		buf_addf(&name, "%s", template);
	else
		rc = expand_all(&learning, template);
	if (rc)
		return !*template && !settings->found &&
				       errinfo.status == STATUS_UNAVAILABLE
			       ? 1
			       : -1;
	if (build_is_whole && settings->doubt) {
		errinfo.stage = "settings";
		return errinfo_set(STATUS_SETTINGS, "%s", settings->doubt);
	}
	return complete_name(&learning);
}

/* ---- Addresses. ---- */

/* Read one, if the settings want its type.  It must be there if they list it;
 * else it is "" where it is not, with the error for that left recorded. */
static int get_address(const struct learning *learning, bool is_wanted,
		       const char *path, int family,
		       char address[INSTANCE_ADDRESS_SIZE], bool *is_lacking)
{
	bool is_listed = settings_list_types(learning->settings);
	struct in6_addr parsed; /* large enough for both families */
	int rc;

	address[0] = '\0';
	if (build_is_whole)
		*is_lacking = !is_wanted;
	if (!is_wanted)
		return 0;
	rc = imds_get(path);
	if (rc < 0)
		return -1;
	if (build_is_whole)
		*is_lacking = rc;
	if (rc) {
		(void)errinfo_set(STATUS_UNAVAILABLE,
				  "the instance has no %s; give it one, or set "
				  "types, address or grace",
				  path + strlen("meta-data/"));
		(void)errinfo_retry(AGAIN_SOON);
		errinfo.until_ms = learning->end_of_grace_ms;
		return is_listed ? -1 : 0;
	}
	if (inet_pton(family, http_answer.body, &parsed) != 1)
		return errinfo_set(STATUS_DATA, "%s: is no address", path);
	(void)inet_ntop(family, &parsed, address, INSTANCE_ADDRESS_SIZE);
	return 0;
}

static int attempt_addresses(void *context)
{
	const struct learning *learning = context;
	struct instance *self = learning->self;
	const struct settings *settings = learning->settings;
	const char *ipv4 = settings_has_private_address(settings)
				   ? "meta-data/local-ipv4"
				   : "meta-data/public-ipv4";

	if (build_is_whole)
		self->lacks_ipv4 = false;
	return get_address(learning, settings_want_ipv6(settings),
			   "meta-data/ipv6", AF_INET6, self->ipv6,
			   &self->lacks_ipv6) ||
			       get_address(learning,
					   settings_want_ipv4(settings), ipv4,
					   AF_INET, self->ipv4,
					   &self->lacks_ipv4) ||
			       (!*self->ipv4 && !*self->ipv6)
		       ? -1
		       : 0;
}

int instance_learn_addresses(struct instance *instance,
			     const struct settings *settings)
{
	struct learning learning = {.self = instance, .settings = settings};

	begin_grace(&learning);
	return http_persist(attempt_addresses, &learning);
}
