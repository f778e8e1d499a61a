/*
 * Why Route 53 refuses a change batch: it says so in words only.
 */
#ifndef ROUTE53_REFUSAL_H
#define ROUTE53_REFUSAL_H

/*
 * Make a status and advice of the words that errinfo has of a refused batch:
 * STATUS_SETTINGS (the name is not in the zone), STATUS_TAKEN, STATUS_UNAVAILABLE
 * (a health check or a quota); others stay STATUS_DATA.
 * Returns -1.
 */
int route53_explain_refusal(void);

#endif
