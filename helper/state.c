#include "state.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "platform.h"

/* Open the file, making the directory. */
static int open_file(int flags)
{
	static struct buf path;
	const char *directory = platform_variable("RUNTIME_DIRECTORY");

	buf_set(&path, "%s", directory ? directory : "/run/bootname");
	(void)mkdir(path.data, 0755);
	buf_addf(&path, "/published");
	return open(path.data, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		    0600);
}

bool state_is(const void *state, size_t size)
{
	static char kept[STATE_LIMIT + 1];
	int fd = open_file(O_RDONLY);
	ssize_t len = read(fd, kept, sizeof(kept));

	(void)close(fd);
	return len == (ssize_t)size && !memcmp(kept, state, size);
}

void state_keep(const void *state, size_t size)
{
	int fd = open_file(O_WRONLY | O_CREAT | O_TRUNC);

	/* Part of a state is none. */
	(void)!write(fd, state, size);
	(void)close(fd);
}
