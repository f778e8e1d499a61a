/*
 * XML answers, as text by element path.
 *
 * A path is the names of the open elements joined by '/', from the root:
 * "ListHostedZonesByNameResponse/HostedZones/HostedZone/Id".  Attributes,
 * comments and processing instructions are passed over; a document type
 * declaration is refused, and so is nesting beyond 32.
 */
#ifndef XML_H
#define XML_H

#include <stdbool.h>
#include <stddef.h>

struct errinfo;

/*
 * One element has ended.
 * path: as above, of this element.
 * text: its own character data, entities decoded, NUL-ended, at most 64 KiB;
 *       an element that holds elements has theirs left out.
 * Return 0 to go on, -1 with err filled in to stop.
 */
typedef int (*xml_handler)(void *context, const char *path, const char *text,
			   struct errinfo *err);

/*
 * Read one document.
 * data: len bytes of anything.
 * Returns 0, or -1: STATUS_DATA where it is no XML or beyond the bounds, else
 * what handler reported.
 */
int xml_read(const char *data, size_t len, xml_handler handler, void *context,
	     struct errinfo *err);

/* Whether the path ends in these elements: xml_ends(path, "HostedZone/Id"). */
bool xml_ends(const char *path, const char *elements);

#endif
