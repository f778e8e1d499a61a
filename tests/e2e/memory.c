/*
 * Preloaded into a program, for test_secrets.py: when it ends this copies the
 * memory that the program could write to into the folder $MEMORY, one file a
 * mapping, named by its first address, and the list of them, "maps".
 *
 * A debugger would do, but few have one; and a process that is not dumpable
 * lets only itself read its memory, so the same works without root.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char maps[1 << 17];

__attribute__((noreturn)) static void end(int status)
{
	for (;;)
		(void)syscall(SYS_exit_group, status);
}

/* No stdio, and little stack: both would write over what is looked for. */
static void keep(const char *name, const void *data, size_t size)
{
	int fd;

	fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd))
		end(125);
}

/* A line: "start-end rw-p ..." */
static void keep_all(const char *folder)
{
	int fd = open("/proc/self/maps", O_RDONLY);
	ssize_t more;
	size_t len = 0;

	if (chdir(folder))
		end(125);
	while ((more = read(fd, maps + len, sizeof(maps) - 1 - len)) > 0)
		len += (size_t)more;
	keep("maps", maps, len);
	for (char *line = maps; line && *line;) {
		char *name = line;
		char *end;
		unsigned long from = strtoul(line, &end, 16);
		unsigned long to = strtoul(end + 1, &line, 16);

		*end = '\0';
		if (line[1] == 'r' && line[2] == 'w')
			keep(name, (const void *)from, to - from);
		line = strchr(line, '\n');
		line += !!line;
	}
}

/* How the program ends: with the sanitizers by exit, else without destructors.
 */

void _exit(int status)
{
	const char *to = getenv("MEMORY");

	if (to)
		keep_all(to);
	end(status);
}

void exit(int status)
{
	_exit(status);
}
