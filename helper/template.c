#include "template.h"

#include <stddef.h>
#include <string.h>

#include "buf.h"
#include "errinfo.h"

enum { PLACEHOLDER_LIMIT = 4 + 128 }; /* "tag:" and the longest tag key */

static const char *const placeholders[] = {
	"instance-id", "region", "az", "az-id", "local-ipv4",
};

static bool is_placeholder(const char *name)
{
	if (!strncmp(name, "tag:", 4))
		return name[4] != '\0';
	for (size_t i = 0; i < sizeof(placeholders) / sizeof(*placeholders);
	     i++)
		if (!strcmp(name, placeholders[i]))
			return true;
	return false;
}

bool template_is(const char *text)
{
	return strpbrk(text, "{}") != NULL;
}

/* Copy what stands between the braces; text begins behind the first one. */
static int placeholder_name(char name[PLACEHOLDER_LIMIT + 1], const char *text,
			    size_t len, struct errinfo *err)
{
	if (text[len] != '}')
		return errinfo_set(err, STATUS_SETTINGS,
				   "a \"{\" in the name has no \"}\"");
	if (len > PLACEHOLDER_LIMIT)
		return errinfo_set(err, STATUS_SETTINGS,
				   "a placeholder in the name is too long");
	memcpy(name, text, len);
	name[len] = '\0';
	if (is_placeholder(name))
		return 0;
	return errinfo_set(err, STATUS_SETTINGS,
			   "unknown placeholder {%s}; there are {instance-id} "
			   "{region} {az} {az-id} {local-ipv4} {tag:KEY}",
			   name);
}

int template_expand(const char *template, template_lookup lookup, void *context,
		    struct buf *out, struct errinfo *err)
{
	char name[PLACEHOLDER_LIMIT + 1];
	size_t len;

	for (;;) {
		len = strcspn(template, "{}");
		buf_add(out, template, len);
		template += len;
		if (!*template)
			return buf_check(out, "name", err);
		if (*template == '}')
			return errinfo_set(err, STATUS_SETTINGS,
					   "a \"}\" in the name has no \"{\"");
		template ++;
		len = strcspn(template, "{}");
		if (placeholder_name(name, template, len, err))
			return -1;
		if (lookup && lookup(context, name, out, err))
			return -1;
		template += len + 1;
	}
}
