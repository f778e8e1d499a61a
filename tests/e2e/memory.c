/*
 * Preloaded into a program, for test_secrets.py: at the very end it copies the
 * memory that the program could write to into the folder $MEMORY, one file a
 * mapping, named by its first address, and the list of them, "maps".
 *
 * A debugger would do, but few have one; and a process that is not dumpable
 * lets only itself read its memory, so the same works without root.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int __cxa_atexit(void (*function)(void *), void *argument, void *library);

static char maps[1 << 17];
static const char *folder;

/* No stdio, and little stack: both would write over what is looked for. */
static void keep(const char *name, const void *data, size_t size)
{
	int fd;

	if (chdir(folder))
		_exit(125);
	fd = open(name, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size || close(fd))
		_exit(125);
}

/* A line: "start-end rw-p ..." */
static void keep_all(void *unused)
{
	int fd = open("/proc/self/maps", O_RDONLY);
	ssize_t more;
	size_t len = 0;

	(void)unused;
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

/*
 * What the loader's constructors register runs behind all destructors, which
 * it registers itself only then; a library of its own would take it along.
 */
__attribute__((constructor)) static void start(void)
{
	folder = getenv("MEMORY");
	if (folder)
		(void)__cxa_atexit(keep_all, NULL, NULL);
}
