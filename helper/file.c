#include "file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build.h"
#include "errinfo.h"
#include "platform.h"

enum { FILE_LIMIT = 1024 * 1024 }; /* bytes */

struct file file;

/* A read may bring less than there is, and a signal may end it.  Without a
 * user what is cut is seen all the same: it has another end. */
static ssize_t read_all(int fd)
{
	size_t size = 0;
	ssize_t count;

	do {
		count = read(fd, file.text + size, FILE_LIMIT + 1 - size);
		size += count > 0 ? (size_t)count : 0;
	} while (build_is_whole &&
		 (count > 0 || (count < 0 && errno == EINTR)));
	return count < 0 ? -1 : (ssize_t)size;
}

int file_read(const char *path)
{
	struct stat status;
	ssize_t size = -1;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0) {
		bool is_absent = !build_is_whole || errno == ENOENT;

		(void)errinfo_set(STATUS_SETTINGS, "%s: %s", path,
				  build_is_whole ? strerror(errno) : "");
		return is_absent ? 1 : -1;
	}
	if (!file.text)
		file.text = calloc(1, FILE_LIMIT + 2);
	if (file.text && (!build_is_whole ||
			  (!fstat(fd, &status) && S_ISREG(status.st_mode) &&
			   !(status.st_mode & S_IWOTH))))
		size = read_all(fd);
	(void)close(fd);
	if (size >= 0 && size <= FILE_LIMIT) {
		file.size = (size_t)size;
		file.text[size] = '\0';
		return 0;
	}
	(void)errinfo_set(STATUS_SETTINGS, "%s: is unusable", path);
	return build_is_whole
		       ? errinfo_add("; it must be a file of at most %d bytes "
				     "that not everybody can write",
				     FILE_LIMIT)
		       : -1;
}

bool file_ends_in(const char *ending)
{
	size_t len = strlen(ending);

	return file.size >= len &&
	       !memcmp(file.text + file.size - len, ending, len);
}
