/*
 * The main of a harness without libFuzzer: every file of the folders named is
 * one input.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
	NAME_SIZE = 512,
	LIMIT_S = 60, /* for one input; the slowest takes milliseconds */
};

static unsigned passed;

static uint8_t *load(const char *name, size_t *size)
{
	FILE *file = fopen(name, "rb");
	uint8_t *data;

	if (!file || fseek(file, 0, SEEK_END)) {
		perror(name);
		exit(1);
	}
	*size = (size_t)ftell(file);
	/* As large as its content: what reads behind it is caught. */
	data = malloc(*size ? *size : 1);
	rewind(file);
	assert(data && fread(data, 1, *size, file) == *size);
	(void)fclose(file);
	return data;
}

static int select_visible(const struct dirent *entry)
{
	return *entry->d_name != '.';
}

static void replay(const char *folder)
{
	struct dirent **entries;
	int count = scandir(folder, &entries, select_visible, alphasort);

	for (int i = 0; i < count; i++) {
		static char name[NAME_SIZE];
		size_t size;
		uint8_t *data;

		(void)snprintf(name, sizeof(name), "%s/%s", folder,
			       entries[i]->d_name);
		free(entries[i]);
		printf("%s\n", name);
		(void)fflush(stdout); /* in case it is the last one */
		data = load(name, &size);
		(void)alarm(LIMIT_S);
		(void)LLVMFuzzerTestOneInput(data, size);
		free(data);
		passed++;
	}
	if (count > 0)
		free(entries);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		replay(argv[i]);
	/* As cmocka tells it. */
	printf("[  PASSED  ] %u test(s).\n", passed);
	return passed ? 0 : 1;
}
