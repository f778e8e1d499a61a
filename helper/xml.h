/*
 * XML answers, as rows of text.
 *
 * Answers are lists: elements such as HostedZone, each with a few elements
 * below it whose texts matter, whatever stands in between.  A row has the
 * texts of those, by their place among the names asked for.
 */
#ifndef XML_H
#define XML_H

#include "buf.h"
#include "text.h"

enum { XML_FIELDS = 13 }; /* the most that a row may have */

/* Stands between the texts if a row has several elements of one name. */
#define XML_NEXT TEXT_SEPARATOR

/* The root element's name, of the document read last. */
extern struct buf xml_root;

/*
 * A row is complete.
 * row: valid during the call; "" if there was no such element.  row[0] is "."
 *      in each row, and "" in what followed the last one.
 * context: as it was given to xml_read.
 * Return 0 to go on, -1 with errinfo filled in to stop.
 */
typedef int (*xml_row)(const struct buf *row, void *context);

/*
 * Read one document, of at most 32 nested elements and without a document
 * type declaration; attributes are passed over.
 * data, size: anything, with a NUL behind it; a text in it beyond BUF_LIMIT is
 *      cut.
 * fields: names of elements, each with a blank behind it; the end of the first
 *      one ends a row, and so does the end of the document.
 * on_row, context: on_row gets each row, and context with it.
 * Returns 0, or -1: STATUS_DATA if it is not XML or beyond the bounds, else what
 * on_row reported.
 */
int xml_read(const char *data, size_t size, const char *fields, xml_row on_row,
	     void *context);

#endif
