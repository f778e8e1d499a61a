#include "instance.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "ec2.h"
#include "errinfo.h"
#include "http.h"
#include "imds.h"
#include "platform.h"
#include "settings.h"
#include "sigv4.h"
#include "template.h"

/* What is being learnt, and by which settings. */
static struct instance *self;
static const struct settings *wanted;

int instance_identify(struct instance *instance)
{
	const char *region = getenv("AWS_REGION");
	size_t len = region ? strspn(region, "abcdefghijklmnopqrstuvwxyz"
					     "0123456789-")
			    : 0;

	if (imds_get_word("meta-data/instance-id", instance->id,
			  sizeof(instance->id)))
		return -1;
	if (!len || region[len] || len >= sizeof(instance->region))
		return imds_get_word("meta-data/placement/region",
				     instance->region,
				     sizeof(instance->region));
	memcpy(instance->region, region, len + 1);
	return 0;
}

/* Returns when the setting grace is over, in case it begins now. */
static int64_t end_of_grace(void)
{
	return platform_now_ms() + (int64_t)wanted->grace_s * 1000;
}

/* ---- Tags. ---- */

BUF(tag, 65536);	    /* the value */
static const char *tag_key; /* asked for */
static bool used_tag;	    /* a tag has gone into the name */

/* Without settings nobody has asked for a name: one try, whose failure is no
 * reason to fail. */
static int ask_ec2(void)
{
	int rc = ec2_describe_tag(self->id, tag_key, &tag);

	if (rc >= 0 || !wanted->found)
		return rc ? 1 : 0;
	return errinfo_add("; or let tags into the metadata: aws ec2 "
			   "modify-instance-metadata-options "
			   "--instance-metadata-tags enabled");
}

static int attempt_tag(void)
{
	BUF(path, 512);
	enum again again = AGAIN_SOON;
	int rc;

	buf_clear(&path);
	buf_addf(&path, "meta-data/tags/instance/");
	sigv4_encode(&path, tag_key);
	rc = imds_get(path.data);
	if (!rc) {
		buf_clear(&tag);
		buf_addf(&tag, "%s", http_answer.body->data);
		return 0;
	}
	/* 404: no such tag; or no tags at all, which only the list tells. */
	if (rc > 0)
		rc = imds_get("meta-data/tags/instance");
	if (rc > 0) {
		again = AGAIN_LATER;
		rc = ask_ec2();
		if (!rc)
			return 0;
	}
	if (rc < 0)
		return -1;
	(void)errinfo_set(STATUS_UNAVAILABLE, "no tag %s; add it, or set name",
			  tag_key);
	return errinfo_again(again);
}

static int get_tag(const char *key)
{
	used_tag = true;
	tag_key = key;
	return http_persist(attempt_tag, end_of_grace());
}

/* address: "" where the instance has none now. */
static int get_address(const char *path, int family, char *address,
		       socklen_t size)
{
	struct in6_addr parsed; /* large enough for both families */
	int rc = imds_get(path);

	address[0] = '\0';
	if (rc)
		return rc > 0 ? 0 : -1;
	if (inet_pton(family, http_answer.body->data, &parsed) != 1)
		return errinfo_set(STATUS_DATA, "%s: is no address", path);
	(void)inet_ntop(family, &parsed, address, size);
	return 0;
}

/* ---- The name. ---- */

BUF(name, 4096); /* as the settings or the tag make it */

static int look_up(const char *placeholder, struct buf *out)
{
	char word[64];

	if (!strncmp(placeholder, "tag:", 4)) {
		if (get_tag(placeholder + 4))
			return -1;
		buf_addf(out, "%s", tag.data);
	} else if (!strcmp(placeholder, "instance-id")) {
		buf_addf(out, "%s", self->id);
	} else if (!strcmp(placeholder, "region")) {
		buf_addf(out, "%s", self->region);
	} else if (!strcmp(placeholder, "local-ipv4")) {
		if (get_address(template_path(placeholder), AF_INET, word,
				sizeof(word)))
			return -1;
		if (!*word)
			return errinfo_set(STATUS_UNAVAILABLE,
					   "no private IPv4 address");
		/* Dots become dashes: an address is one label. */
		for (const char *c = word; *c; c++)
			buf_add(out, *c == '.' ? "-" : c, 1);
	} else {
		if (imds_get_word(template_path(placeholder), word,
				  sizeof(word)))
			return -1;
		buf_addf(out, "%s", word);
	}
	return 0;
}

/* Absolute with a final dot or inside the zone; else relative to the zone. */
static int complete_name(void)
{
	const char *zone = wanted->zone;
	const char *what = dnsname_fold(self->name, name.data);
	BUF(quoted, 512);

	if (!what && *zone && !dnsname_in_zone(self->name, zone)) {
		if (name.data[name.len - 1] == '.')
			return errinfo_set(STATUS_SETTINGS,
					   "%s is not in the zone %s",
					   self->name, zone);
		buf_addf(&name, ".%s", zone);
		what = dnsname_fold(self->name, name.data);
	}
	if (!what)
		return 0;
	dnsname_quote(&quoted, name.data);
	return errinfo_set(used_tag ? STATUS_DATA : STATUS_SETTINGS,
			   "%s is no DNS name: %s; correct the %s", quoted.data,
			   what, used_tag ? "tag" : "name");
}

int instance_learn_name(struct instance *instance,
			const struct settings *settings)
{
	self = instance;
	wanted = settings;
	if (settings->name[0]) {
		if (template_expand(settings->name, look_up, &name))
			return -1;
	} else if (get_tag("dnsname")) {
		return !settings->found && errinfo.status == STATUS_UNAVAILABLE
			       ? 1
			       : -1;
	} else {
		buf_addf(&name, "%s", tag.data);
	}
	return complete_name();
}

/* ---- Addresses. ---- */

static int attempt_addresses(void)
{
	unsigned types = wanted->types;
	bool is_private = wanted->address == ADDRESS_PRIVATE;

	if ((types != TYPE_AAAA &&
	     get_address(is_private ? "meta-data/local-ipv4"
				    : "meta-data/public-ipv4",
			 AF_INET, self->ipv4, sizeof(self->ipv4))) ||
	    (types != TYPE_A && get_address("meta-data/ipv6", AF_INET6,
					    self->ipv6, sizeof(self->ipv6))))
		return -1;
	if (types ? (!(types & TYPE_A) || *self->ipv4) &&
			    (!(types & TYPE_AAAA) || *self->ipv6)
		  : *self->ipv4 || *self->ipv6)
		return 0;
	(void)errinfo_set(STATUS_UNAVAILABLE,
			  "the instance has no %s%s address; give it one, or "
			  "set types, address or grace",
			  types == TYPE_AAAA || (types && *self->ipv4) ? "IPv6"
			  : is_private ? "private IPv4"
				       : "public IPv4",
			  types ? "" : " and no IPv6");
	return errinfo_again(AGAIN_SOON);
}

int instance_learn_addresses(struct instance *instance,
			     const struct settings *settings)
{
	self = instance;
	wanted = settings;
	return http_persist(attempt_addresses, end_of_grace());
}
