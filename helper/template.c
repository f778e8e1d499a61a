#include "template.h"

#include <string.h>

#include "errinfo.h"

const char *template_path(const char *name)
{
	static const char paths[][2][41] = {
		{"instance-id", "meta-data/instance-id"},
		{"region", "meta-data/placement/region"},
		{"az", "meta-data/placement/availability-zone"},
		{"az-id", "meta-data/placement/availability-zone-id"},
		{"local-ipv4", "meta-data/local-ipv4"},
	};

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (!strcmp(name, paths[i][0]))
			return paths[i][1];
	if (!strncmp(name, "tag:", 4) && name[4])
		return "meta-data/tags/instance/";
	return NULL;
}

int template_expand(const char *template, template_lookup lookup,
		    struct buf *out)
{
	BUF(name, 4 + 128); /* "tag:" and the longest key of a tag */
	size_t len;

	for (;;) {
		len = strcspn(template, "{}");
		buf_add(out, template, len);
		template += len;
		if (!*template)
			return 0;
		len = strcspn(template + 1, "{}");
		if (*template == '}' || template[len + 1] != '}')
			return errinfo_set(STATUS_SETTINGS,
					   "the name has half a {}");
		buf_clear(&name);
		buf_add(&name, template + 1, len);
		if (name.len == name.size)
			return errinfo_set(STATUS_SETTINGS,
					   "the name has an endless {}");
		if (lookup(name.data, out))
			return -1;
		template += len + 2;
	}
}
