/*
 * XML answers, as text by element path.
 *
 * A path is the names of the open elements joined by '/', from the root:
 * "/ListHostedZonesByNameResponse/HostedZones/HostedZone/Id".  Attributes,
 * comments and processing instructions are passed over; a document type
 * declaration is refused, and so is nesting beyond 32.
 */
#ifndef XML_H
#define XML_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

/*
 * One element has ended.
 * path: as above, of this element.
 * text: its character data, entities decoded, NUL-ended, at most 64 KiB; that
 *       of an element that holds elements is of no use.
 * Return 0 to go on, -1 with errinfo filled in to stop.
 */
typedef int (*xml_handler)(void *context, const char *path, const char *text);

/*
 * Read one document.
 * data: anything.
 * Returns 0, or -1: STATUS_DATA where it is no XML or beyond the bounds, else
 * what handler reported.
 */
int xml_read(const struct buf *data, xml_handler handler, void *context);

/* Whether the path ends in these elements: xml_ends(path, "HostedZone/Id"). */
bool xml_ends(const char *path, const char *elements);

/*
 * Copy the text, if the path ends in these elements.
 * to, size: gets the text; "" where it is longer than size less one.
 * Returns whether the path ends so.
 */
bool xml_take(const char *path, const char *text, const char *elements,
	      char *to, size_t size);

#endif
