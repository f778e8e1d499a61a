/*
 * What is kept of what this boot has published: an input is the file.
 */
#include "published.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dnsname.h"
#include "fuzz.h"
#include "plan.h"
#include "platform.h"

#define ME "i-0123456789abcdef0"

static char folder[] = "/tmp/bootname-fuzz.XXXXXX";
static char path[sizeof(folder) + 16];

static void remove_folder(void)
{
	(void)unlink(path);
	(void)rmdir(folder);
}

static void make_folder(void)
{
	assert(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/published", folder);
	fuzz_directory = folder;
	(void)atexit(remove_folder);
}

static void put(const uint8_t *data, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	(void)close(fd);
}

/* Nothing but what `up` could have written. */
static void check_set(const struct published_set *set)
{
	static char folded[DNSNAME_SIZE];
	const char *const *field = set->field;
	size_t i = !strcmp(field[PUBLISHED_TYPE], "AAAA");

	for (size_t j = 0; j < PUBLISHED_FIELDS; j++)
		assert(fuzz_is_printable(field[j]) &&
		       (j == PUBLISHED_IDENTIFIER || !strchr(field[j], ' ')));
	assert(!strcmp(field[PUBLISHED_TYPE], route53_type_names[i]));
	assert(fuzz_is_word(field[PUBLISHED_ZONE], 32));
	assert(dnsname_fold(folded, field[PUBLISHED_NAME]) &&
	       !strcmp(folded, field[PUBLISHED_NAME]));
	assert(plan_is_same_address(i, field[PUBLISHED_VALUE],
				    field[PUBLISHED_VALUE]));
	assert(strlen(field[PUBLISHED_IDENTIFIER]) <= 128);
	assert(!strcmp(field[PUBLISHED_ROUTING], "simple") ==
	       !*field[PUBLISHED_IDENTIFIER]);
	assert(!set->is_unwanted);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct published_set before[PUBLISHED_LIMIT];
	static char texts[PUBLISHED_LIMIT][PUBLISHED_FIELDS][512];
	static const struct buf none;
	size_t count;

	fuzz_open(NULL, 0);
	build_is_whole = true;
	if (!*path)
		make_folder();
	put(data, size);
	published_read(ME);
	assert(published_count <= PUBLISHED_LIMIT);
	(void)published_is(&none);
	(void)published_is_due();
	count = published_count;
	for (size_t i = 0; i < count; i++) {
		check_set(&published_sets[i]);
		before[i] = published_sets[i];
		for (size_t j = 0; j < PUBLISHED_FIELDS; j++)
			(void)snprintf(texts[i][j], sizeof(texts[i][j]), "%s",
				       before[i].field[j]);
	}
	/* What is written is read again. */
	published_write(NULL);
	published_read(ME);
	if (published_count || count == 0)
		assert(published_count == count);
	for (size_t i = 0; i < published_count; i++)
		for (size_t j = 0; j < PUBLISHED_FIELDS; j++)
			assert(!strncmp(published_sets[i].field[j], texts[i][j],
					sizeof(texts[i][j]) - 1));
	return 0;
}
