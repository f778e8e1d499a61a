/*
 * Preloaded by tests: the seconds that bootname and bootname-reap give EC2 to
 * hear of a new instance pass at once; all other waits are as long as ever.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>

enum { SETTLES_S = 5 }; /* and less than one more: EC2_SETTLES_MS of ec2.h */

int nanosleep(const struct timespec *wanted, struct timespec *left)
{
	static int (*next)(const struct timespec *, struct timespec *);

	if (wanted->tv_sec == SETTLES_S ||
	    (wanted->tv_sec == SETTLES_S + 1 && !wanted->tv_nsec))
		return 0;
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "nanosleep");
	return next(wanted, left);
}
