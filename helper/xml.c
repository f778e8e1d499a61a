#include "xml.h"

#include <string.h>

#include <expat.h>

#include "buf.h"
#include "errinfo.h"

enum { DEPTH_LIMIT = 32 };

BUF(path, 2048);
BUF(text, 65536);

static struct {
	XML_Parser parser;
	xml_handler handler;
	void *context;
	unsigned depth;
	bool stopped; /* errinfo says why */
} reader;

static void stop_if(int failed)
{
	if (!failed)
		return;
	reader.stopped = true;
	(void)XML_StopParser(reader.parser, XML_FALSE);
}

static void XMLCALL on_start(void *data, const char *name,
			     const char **attributes)
{
	(void)data;
	(void)attributes;
	buf_addf(&path, "/%s", name);
	buf_wipe(&text);
	stop_if(++reader.depth > DEPTH_LIMIT
			? errinfo_set(STATUS_DATA, "XML nested too deep")
			: buf_check(&path, "XML path"));
}

static void XMLCALL on_text(void *data, const char *more, int len)
{
	(void)data;
	buf_add(&text, more, (size_t)len);
}

static void XMLCALL on_end(void *data, const char *name)
{
	(void)data;
	if (reader.stopped) /* expat ends an empty element all the same */
		return;
	stop_if(buf_check(&text, "XML text") ||
		reader.handler(reader.context, path.data, text.data));
	buf_wipe(&text);
	reader.depth--;
	path.len -= strlen(name) + 1;
	path.data[path.len] = '\0';
}

static void XMLCALL on_doctype(void *data, const char *name, const char *system,
			       const char *public, int has_subset)
{
	(void)data;
	(void)name;
	(void)system;
	(void)public;
	(void)has_subset;
	stop_if(errinfo_set(STATUS_DATA, "XML with a document type"));
}

int xml_read(const struct buf *data, xml_handler handler, void *context)
{
	XML_Parser parser = XML_ParserCreate("UTF-8");
	int rc = 0;

	if (!parser)
		return errinfo_set(STATUS_SYSTEM, "out of memory");
	memset(&reader, 0, sizeof(reader));
	reader.parser = parser;
	reader.handler = handler;
	reader.context = context;
	buf_clear(&path);
	XML_SetElementHandler(parser, on_start, on_end);
	XML_SetCharacterDataHandler(parser, on_text);
	XML_SetStartDoctypeDeclHandler(parser, on_doctype);
	if (XML_Parse(parser, data->data, (int)data->len, 1) != XML_STATUS_OK)
		rc = reader.stopped
			     ? -1
			     : errinfo_set(STATUS_DATA, "no XML: %s",
					   XML_ErrorString(
						   XML_GetErrorCode(parser)));
	XML_ParserFree(parser);
	buf_wipe(&text);
	return rc;
}

bool xml_ends(const char *path_seen, const char *elements)
{
	size_t path_len = strlen(path_seen);
	size_t len = strlen(elements);

	return len < path_len && path_seen[path_len - len - 1] == '/' &&
	       !strcmp(path_seen + path_len - len, elements);
}

bool xml_take(const char *path_seen, const char *text_seen,
	      const char *elements, char *to, size_t size)
{
	size_t len = strlen(text_seen);

	if (!xml_ends(path_seen, elements))
		return false;
	to[0] = '\0';
	if (len < size)
		memcpy(to, text_seen, len + 1);
	return true;
}
