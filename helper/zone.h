/*
 * Which hosted zone a name belongs to.
 */
#ifndef ZONE_H
#define ZONE_H

struct hosted_zone;
struct settings;

/*
 * Find the hosted zone of a name: the setting zone_id without any call; else
 * the zone of the setting zone; else the longest zone whose whole labels end
 * the name.  Only zones of the visibility that the settings want count.
 * name: folded.
 * zone: written on success; its name is "" where only the id is known.
 * Returns 0, or -1: STATUS_UNAVAILABLE (no such zone, or several), else as
 * aws_call.
 */
int zone_find(struct hosted_zone *zone, const struct settings *settings,
	      const char *name);

#endif
