/*
 * To be preloaded, for test_faults.py: what is drawn at random is 1/255 of what
 * it may be.  Not 0, so that time passes in every wait.
 */
#include <string.h>

int getentropy(void *memory, size_t size);

int getentropy(void *memory, size_t size)
{
	memset(memory, 1, size);
	return 0;
}
