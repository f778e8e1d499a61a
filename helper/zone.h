/*
 * Which hosted zone a name belongs to.
 */
#ifndef ZONE_H
#define ZONE_H

#include "route53.h"

struct instance;
struct settings;

/*
 * List the hosted zones from a name on, in Route 53's order, for as many pages
 * as begin at zones of that very name.
 * next_name: gets the name where the next page would begin; NULL: nobody asks.
 * Returns 0, or -1 as aws_call, or what on_zone reported.
 */
int zone_list(const char *name, hosted_zone_handler on_zone, void *context,
	      char next_name[DNSNAME_SIZE]);

/*
 * Find the hosted zone of a name: the setting zone_id without any call; else
 * the zone of the setting zone; else the longest zone whose whole labels end
 * the name.  Only zones of the visibility that the settings want count.  Of
 * several private ones it is the one that the instance's VPC has.
 * instance: its name and region are set.
 * id: written on success, without "/hostedzone/".
 * Returns 0, or -1: STATUS_UNAVAILABLE (no such zone, or several), else as
 * aws_call.
 */
int zone_find(char id[ROUTE53_ID_SIZE], const struct settings *settings,
	      const struct instance *instance);

/*
 * Learn the VPC of the instance's first network interface.
 * Returns 0, or -1 as imds_get_word.
 */
int zone_learn_vpc(char vpc_id[ROUTE53_ID_SIZE]);

#endif
