#include "xml.h"

#include <stdbool.h>
#include <string.h>

#include <expat.h>

#include "errinfo.h"
#include "text.h"

enum { DEPTH_LIMIT = 32 };

struct buf xml_root;

static XML_Parser parser;
static const char *names;
static const struct buf *end; /* of the row */
static xml_row handler;
static unsigned depth;
static int failed;	/* then the rest is passed over */
static struct buf text; /* since the last tag */
static struct buf row[XML_FIELDS + 1];

static void XMLCALL on_start(void *data, const char *name,
			     const char **attributes)
{
	(void)data;
	(void)attributes;
	if (!depth)
		buf_addf(&xml_root, "%s", name);
	buf_wipe(&text);
	if (++depth > DEPTH_LIMIT)
		(void)XML_StopParser(parser, 0);
}

static void XMLCALL on_text(void *data, const char *more, int len)
{
	(void)data;
	buf_add(&text, more, (size_t)len);
}

static void wipe_row(void)
{
	for (size_t i = 0; i < XML_FIELDS; i++)
		buf_wipe(&row[i]);
}

static int end_row(void)
{
	int rc = handler(row);

	wipe_row();
	return rc;
}

static void XMLCALL on_end(void *data, const char *name)
{
	struct buf *to = &row[text_place(name, names)];

	(void)data;
	depth--;
	if (to == end || failed)
		return;
	if (to == row)
		buf_addf(to, ".");
	else
		buf_addf(to, "%s%s", to->len ? XML_NEXT : "", text.data);
	buf_wipe(&text);
	if (to == row)
		failed = end_row();
}

int xml_read(const char *data, size_t size, const char *fields, xml_row on_row)
{
	/* Of UTF-16, which expat finds out by itself, each '<' has a NUL. */
	if (strlen(data) < size || strstr(data, "<!DOCTYPE"))
		return errinfo_set(STATUS_DATA,
				   "XML with a NUL or a document type");
	parser = XML_ParserCreate("UTF-8");
	if (!parser)
		return errinfo_set(STATUS_SYSTEM, "out of memory");
	names = fields;
	end = &row[text_place("", fields)];
	handler = on_row;
	depth = 0;
	failed = 0;
	buf_wipe(&xml_root);
	wipe_row(); /* of a document that broke off */
	XML_SetElementHandler(parser, on_start, on_end);
	XML_SetCharacterDataHandler(parser, on_text);
	if (!XML_Parse(parser, data, (int)size, 1) && !failed)
		failed =
			errinfo_set(STATUS_DATA, "the answer is no XML of AWS");
	if (!failed)
		failed = end_row();
	XML_ParserFree(parser);
	return failed;
}
