#include "secret.h"

#include <string.h>

bool secret_set(char *field, size_t size, const char *text)
{
	size_t len = 0;

	while (text[len] > ' ' && text[len] <= '~')
		len++;
	if (!len || text[len] || len >= size)
		return false;
	memcpy(field, text, len + 1);
	return true;
}
