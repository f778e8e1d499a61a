#include "xml.h"

#include <stdbool.h>
#include <string.h>

#include <expat.h>

#include "errinfo.h"
#include "text.h"

enum { DEPTH_LIMIT = 32 };

struct buf xml_root;

/* The document being read: its texts are too large for the stack. */
static struct {
	XML_Parser parser;
	const char *names;
	const struct buf *end; /* of the row */
	xml_row on_row;
	void *context;
	unsigned depth;
	int failed;	 /* then the rest is passed over */
	struct buf text; /* since the last tag */
	struct buf row[XML_FIELDS + 1];
} reading;

static void XMLCALL on_start(void *data, const char *name,
			     const char **attributes)
{
	(void)data;
	(void)attributes;
	if (!reading.depth)
		buf_addf(&xml_root, "%s", name);
	buf_wipe(&reading.text);
	if (++reading.depth > DEPTH_LIMIT)
		(void)XML_StopParser(reading.parser, 0);
}

static void XMLCALL on_text(void *data, const char *more, int len)
{
	(void)data;
	buf_add(&reading.text, more, (size_t)len);
}

static void wipe_row(void)
{
	for (size_t i = 0; i < XML_FIELDS; i++)
		buf_wipe(&reading.row[i]);
}

static int end_row(void)
{
	int rc = reading.on_row(reading.row, reading.context);

	wipe_row();
	return rc;
}

static void XMLCALL on_end(void *data, const char *name)
{
	struct buf *to = &reading.row[text_place(name, reading.names)];

	(void)data;
	reading.depth--;
	if (to == reading.end || reading.failed)
		return;
	if (to == reading.row)
		buf_addf(to, ".");
	else
		buf_addf(to, "%s%s", to->len ? XML_NEXT : "",
			 reading.text.data);
	buf_wipe(&reading.text);
	if (to == reading.row)
		reading.failed = end_row();
}

int xml_read(const char *data, size_t size, const char *fields, xml_row on_row,
	     void *context)
{
	/* Of UTF-16, which expat finds out by itself, each '<' has a NUL. */
	if (strlen(data) < size || strstr(data, "<!DOCTYPE"))
		return errinfo_set(STATUS_DATA,
				   "XML with a NUL or a document type");
	reading.parser = XML_ParserCreate("UTF-8");
	if (!reading.parser)
		return errinfo_set(STATUS_SYSTEM, "out of memory");
	reading.names = fields;
	reading.end = &reading.row[text_place("", fields)];
	reading.on_row = on_row;
	reading.context = context;
	reading.depth = 0;
	reading.failed = 0;
	buf_wipe(&xml_root);
	wipe_row(); /* of a document that broke off */
	XML_SetElementHandler(reading.parser, on_start, on_end);
	XML_SetCharacterDataHandler(reading.parser, on_text);
	if (!XML_Parse(reading.parser, data, (int)size, 1) && !reading.failed)
		reading.failed =
			errinfo_set(STATUS_DATA, "the answer is no XML of AWS");
	if (!reading.failed)
		reading.failed = end_row();
	XML_ParserFree(reading.parser);
	return reading.failed;
}
