#include "xml.h"

#include <string.h>

#include <expat.h>

#include "buf.h"
#include "errinfo.h"

enum {
	DEPTH_LIMIT = 32,
	PATH_LIMIT = 2048,  /* bytes */
	TEXT_LIMIT = 65536, /* bytes */
};

struct reader {
	XML_Parser parser;
	xml_handler handler;
	void *context;
	struct errinfo *err;
	unsigned depth;
	struct buf path;
	struct buf text;
	bool stopped; /* err is filled in */
};

static void stop(struct reader *reader)
{
	reader->stopped = true;
	(void)XML_StopParser(reader->parser, XML_FALSE);
}

static void XMLCALL on_start(void *data, const XML_Char *name,
			     const XML_Char **attributes)
{
	struct reader *reader = data;

	(void)attributes;
	if (reader->depth++)
		buf_add_char(&reader->path, '/');
	buf_add_text(&reader->path, name);
	buf_clear(&reader->text);
	if (reader->depth > DEPTH_LIMIT) {
		errinfo_set(reader->err, STATUS_DATA, "XML nested too deep");
		stop(reader);
	} else if (buf_check(&reader->path, "XML element path", reader->err)) {
		stop(reader);
	}
}

static void XMLCALL on_text(void *data, const XML_Char *text, int len)
{
	struct reader *reader = data;

	buf_add(&reader->text, text, (size_t)len);
	if (buf_check(&reader->text, "XML text", reader->err))
		stop(reader);
}

static void XMLCALL on_end(void *data, const XML_Char *name)
{
	struct reader *reader = data;
	size_t len = strlen(name);

	if (reader->stopped) /* expat ends an empty element all the same */
		return;
	if (reader->handler(reader->context, buf_text(&reader->path),
			    buf_text(&reader->text), reader->err)) {
		stop(reader);
		return;
	}
	buf_clear(&reader->text);
	if (--reader->depth)
		len++; /* the slash */
	reader->path.len -= len;
	reader->path.data[reader->path.len] = '\0';
}

static void XMLCALL on_doctype(void *data, const XML_Char *name,
			       const XML_Char *system, const XML_Char *public,
			       int has_subset)
{
	struct reader *reader = data;

	(void)name;
	(void)system;
	(void)public;
	(void)has_subset;
	errinfo_set(reader->err, STATUS_DATA,
		    "XML with a document type declaration");
	stop(reader);
}

int xml_read(const char *data, size_t len, xml_handler handler, void *context,
	     struct errinfo *err)
{
	struct reader reader = {
		.handler = handler,
		.context = context,
		.err = err,
		.path = BUF_INIT(PATH_LIMIT),
		.text = BUF_INIT(TEXT_LIMIT),
	};
	int rc = -1;

	reader.parser = XML_ParserCreate("UTF-8");
	if (!reader.parser)
		return errinfo_no_memory(err);
	XML_SetUserData(reader.parser, &reader);
	XML_SetElementHandler(reader.parser, on_start, on_end);
	XML_SetCharacterDataHandler(reader.parser, on_text);
	XML_SetStartDoctypeDeclHandler(reader.parser, on_doctype);
	if (XML_Parse(reader.parser, data, (int)len, 1) == XML_STATUS_OK)
		rc = 0;
	else if (!reader.stopped &&
		 XML_GetErrorCode(reader.parser) == XML_ERROR_NO_MEMORY)
		errinfo_no_memory(err);
	else if (!reader.stopped)
		errinfo_set(err, STATUS_DATA, "the answer is no XML: %s",
			    XML_ErrorString(XML_GetErrorCode(reader.parser)));
	XML_ParserFree(reader.parser);
	buf_release(&reader.path);
	buf_release(&reader.text);
	return rc;
}

bool xml_ends(const char *path, const char *elements)
{
	size_t path_len = strlen(path);
	size_t len = strlen(elements);
	const char *tail;

	if (len > path_len)
		return false;
	tail = path + (path_len - len);
	return !strcmp(tail, elements) && (tail == path || tail[-1] == '/');
}
