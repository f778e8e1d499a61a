#include "instance.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws.h"
#include "buf.h"
#include "ec2.h"
#include "errinfo.h"
#include "http.h"
#include "imds.h"
#include "platform.h"
#include "retry.h"
#include "settings.h"
#include "sigv4.h"
#include "template.h"

enum { PATH_LIMIT = 512 }; /* bytes: a tag key of 128, encoded */

static const char name_tag[] = "dnsname";

/* Ids, regions and zones: they go into URLs and into records. */
static bool is_word(const char *text, size_t len, size_t size)
{
	return len && len < size &&
	       strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

/* An item that every instance has. */
static int get_word(char *word, size_t size, struct imds *imds,
		    const char *path, const char *what, struct errinfo *err)
{
	struct buf value = BUF_INIT(IMDS_LIMIT);
	int rc = imds_get(imds, path, &value, err);

	if (rc > 0)
		rc = errinfo_set(err, STATUS_DATA, "the metadata has no %s",
				 what);
	if (!rc && !is_word(buf_text(&value), value.len, size))
		rc = errinfo_set(err, STATUS_DATA, "the metadata's %s is none",
				 what);
	if (!rc)
		memcpy(word, value.data, value.len + 1);
	buf_release(&value);
	return rc;
}

int instance_identify(struct instance *instance, struct imds *imds,
		      struct errinfo *err)
{
	const char *region = getenv("AWS_REGION");

	if (get_word(instance->id, sizeof(instance->id), imds,
		     "meta-data/instance-id", "instance id", err))
		return -1;
	if (region &&
	    is_word(region, strlen(region), sizeof(instance->region))) {
		memcpy(instance->region, region, strlen(region) + 1);
		return 0;
	}
	return get_word(instance->region, sizeof(instance->region), imds,
			"meta-data/placement/region", "region", err);
}

/* ---- Tags. ---- */

struct tags {
	const struct instance *instance;
	const struct settings *settings;
	struct imds *imds;
	struct aws *aws;
	bool used; /* a tag has gone into the name */
};

/* Returns 1 where there is no such tag now. */
static int get_tag_once(struct tags *tags, const char *key, struct buf *value,
			enum retry_class *class, struct errinfo *err)
{
	struct buf path = BUF_INIT(PATH_LIMIT);
	int rc;

	buf_add_text(&path, "meta-data/tags/instance/");
	sigv4_encode(&path, key);
	rc = buf_check(&path, "tag key", err);
	if (!rc)
		rc = imds_get(tags->imds, buf_text(&path), value, err);
	buf_release(&path);
	if (rc <= 0)
		return rc;
	/* No such tag; or no tags at all, which has the same status. */
	rc = imds_get(tags->imds, "meta-data/tags/instance", value, err);
	if (rc <= 0)
		return rc ? rc : 1;
	*class = RETRY_SERVICE;
	rc = ec2_describe_tag(tags->aws, tags->instance->id, key, value, err);
	if (rc < 0)
		errinfo_prefix(err, "tags are off in the metadata (aws ec2 "
				    "modify-instance-metadata-options "
				    "--instance-metadata-tags enabled), and ");
	return rc;
}

static int get_tag(struct tags *tags, const char *key, struct buf *value,
		   struct errinfo *err)
{
	struct retry retry = {
		.until_ms = platform_monotonic_ms() +
			    (int64_t)tags->settings->grace_s * 1000,
	};
	enum retry_class class = RETRY_METADATA;
	int rc;

	for (;;) {
		rc = get_tag_once(tags, key, value, &class, err);
		if (rc <= 0)
			return rc;
		errinfo_set(err, STATUS_UNAVAILABLE, "no tag");
		if (http_wait(tags->imds->http, &retry, class, err))
			break;
	}
	errinfo_clear(err);
	return 1;
}

static int no_tag(const char *key, struct errinfo *err)
{
	return errinfo_set(err, STATUS_UNAVAILABLE,
			   "the instance has no tag %s; add it, or set name "
			   "in the settings",
			   key);
}

/* ---- The name. ---- */

/* Dots become dashes: an address is one label. */
static int add_local_ipv4(struct imds *imds, struct buf *text,
			  struct errinfo *err)
{
	struct buf value = BUF_INIT(IMDS_LIMIT);
	int rc = imds_get(imds, "meta-data/local-ipv4", &value, err);

	if (rc > 0)
		rc = errinfo_set(err, STATUS_UNAVAILABLE,
				 "the instance has no private IPv4 address");
	for (size_t i = 0; !rc && i < value.len; i++)
		buf_add_char(text, value.data[i] == '.' ? '-' : value.data[i]);
	buf_release(&value);
	return rc;
}

static int add_word(struct imds *imds, const char *path, const char *what,
		    struct buf *text, struct errinfo *err)
{
	char word[64];

	if (get_word(word, sizeof(word), imds, path, what, err))
		return -1;
	buf_add_text(text, word);
	return 0;
}

static int look_up(void *context, const char *name, struct buf *text,
		   struct errinfo *err)
{
	struct tags *tags = context;
	struct buf value = BUF_INIT(IMDS_LIMIT);
	int rc;

	if (!strcmp(name, "instance-id"))
		buf_add_text(text, tags->instance->id);
	else if (!strcmp(name, "region"))
		buf_add_text(text, tags->instance->region);
	else if (!strcmp(name, "az"))
		return add_word(tags->imds,
				"meta-data/placement/availability-zone",
				"availability zone", text, err);
	else if (!strcmp(name, "az-id"))
		return add_word(tags->imds,
				"meta-data/placement/availability-zone-id",
				"availability zone id", text, err);
	else if (!strcmp(name, "local-ipv4"))
		return add_local_ipv4(tags->imds, text, err);
	if (strncmp(name, "tag:", 4))
		return 0;
	tags->used = true;
	rc = get_tag(tags, name + 4, &value, err);
	if (rc > 0)
		rc = no_tag(name + 4, err);
	buf_add(text, buf_text(&value), value.len);
	buf_release(&value);
	return rc;
}

static int name_fault(const struct tags *tags, const struct buf *text,
		      const char *what, struct errinfo *err)
{
	struct buf quoted = BUF_INIT(1024);

	dnsname_quote(&quoted, buf_text(text), text->len);
	errinfo_set(err, tags->used ? STATUS_DATA : STATUS_SETTINGS,
		    "%s is %s; correct the %s", buf_text(&quoted), what,
		    tags->used ? "tag" : "setting name");
	buf_release(&quoted);
	return -1;
}

/* Absolute with a final dot or inside the zone; else relative to the zone. */
static int complete_name(struct instance *instance, const struct tags *tags,
			 const struct buf *text, struct errinfo *err)
{
	const char *zone = tags->settings->zone;
	char long_name[2 * DNSNAME_SIZE];
	const char *what;

	what = dnsname_fold(instance->name, buf_text(text), text->len);
	if (what)
		return name_fault(tags, text, what, err);
	if (!*zone || dnsname_in_zone(instance->name, zone))
		return 0;
	if (text->data[text->len - 1] == '.')
		return errinfo_set(err, STATUS_SETTINGS,
				   "%s is not in the zone %s; correct name or "
				   "zone",
				   instance->name, zone);
	(void)snprintf(long_name, sizeof(long_name), "%s.%s", instance->name,
		       zone);
	what = dnsname_fold(instance->name, long_name, strlen(long_name));
	return what ? name_fault(tags, text, what, err) : 0;
}

int instance_learn_name(struct instance *instance,
			const struct settings *settings, struct imds *imds,
			struct aws *aws, struct errinfo *err)
{
	struct tags tags = {
		.instance = instance,
		.settings = settings,
		.imds = imds,
		.aws = aws,
	};
	struct buf text = BUF_INIT(IMDS_LIMIT);
	int rc;

	if (settings->name[0]) {
		rc = template_expand(settings->name, look_up, &tags, &text,
				     err);
	} else {
		tags.used = true;
		rc = get_tag(&tags, name_tag, &text, err);
		/* Without settings nobody has asked for a name. */
		if (rc < 0 && err->status == STATUS_DENIED && !settings->found)
			rc = 1;
		if (rc > 0 && settings->found)
			rc = no_tag(name_tag, err);
	}
	if (!rc)
		rc = complete_name(instance, &tags, &text, err);
	buf_release(&text);
	return rc;
}

/* ---- Addresses. ---- */

/* Returns 1 where the instance has no such address now. */
static int get_address(char *address, size_t size, int family,
		       struct imds *imds, const char *path, struct errinfo *err)
{
	struct buf value = BUF_INIT(IMDS_LIMIT);
	struct in6_addr parsed; /* large enough for both families */
	int rc = imds_get(imds, path, &value, err);

	if (!rc && (strlen(buf_text(&value)) != value.len ||
		    inet_pton(family, buf_text(&value), &parsed) != 1 ||
		    !inet_ntop(family, &parsed, address, (socklen_t)size)))
		rc = errinfo_set(err, STATUS_DATA, "%s: is no address", path);
	buf_release(&value);
	return rc;
}

static int get_addresses(struct instance *instance,
			 const struct settings *settings, struct imds *imds,
			 struct errinfo *err)
{
	const char *path = settings->address == ADDRESS_PRIVATE
				   ? "meta-data/local-ipv4"
				   : "meta-data/public-ipv4";
	unsigned types = settings->types ? settings->types : TYPE_A | TYPE_AAAA;

	instance->ipv4[0] = '\0';
	instance->ipv6[0] = '\0';
	if (types & TYPE_A &&
	    get_address(instance->ipv4, sizeof(instance->ipv4), AF_INET, imds,
			path, err) < 0)
		return -1;
	if (types & TYPE_AAAA &&
	    get_address(instance->ipv6, sizeof(instance->ipv6), AF_INET6, imds,
			"meta-data/ipv6", err) < 0)
		return -1;
	return 0;
}

static int missing(const struct instance *instance,
		   const struct settings *settings, struct errinfo *err)
{
	const char *kind =
		settings->address == ADDRESS_PRIVATE ? "private" : "public";

	if (settings->types & TYPE_A && !instance->ipv4[0])
		return errinfo_set(err, STATUS_UNAVAILABLE,
				   "the instance has no %s IPv4 address; give "
				   "it one, or leave A out of types",
				   kind);
	if (settings->types & TYPE_AAAA && !instance->ipv6[0])
		return errinfo_set(err, STATUS_UNAVAILABLE,
				   "the instance has no IPv6 address; give it "
				   "one, or leave AAAA out of types");
	if (!instance->ipv4[0] && !instance->ipv6[0])
		return errinfo_set(err, STATUS_UNAVAILABLE,
				   "the instance has neither a %s IPv4 nor an "
				   "IPv6 address; give it one, set address: "
				   "private, or let it wait with grace",
				   kind);
	return 0;
}

int instance_learn_addresses(struct instance *instance,
			     const struct settings *settings, struct imds *imds,
			     struct errinfo *err)
{
	struct retry retry = {
		.until_ms = platform_monotonic_ms() +
			    (int64_t)settings->grace_s * 1000,
	};

	for (;;) {
		if (get_addresses(instance, settings, imds, err))
			return -1;
		if (!missing(instance, settings, err))
			return 0;
		if (http_wait(imds->http, &retry, RETRY_METADATA, err))
			return -1;
	}
}
