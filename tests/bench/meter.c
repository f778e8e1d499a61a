/*
 * Run a program and write what it took to a file descriptor:
 * meter DESCRIPTOR ROOT PROGRAM [ARGUMENT...].
 *
 * One line: microseconds from fork to end, of the user's and the system's CPU;
 * KiB of the largest resident set; blocks of 512 bytes read from disk; the wait
 * status.  All of it counts the program's children.  Linux counts a parent's
 * memory to a child that has not called exec yet: hence a parent that is small.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int report;

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t in_us(struct timeval time)
{
	return (int64_t)time.tv_sec * 1000000 + time.tv_usec;
}

static void become(const char *root, char **command)
{
	close(report);
	if (chroot(root) || chdir("/"))
		perror(root);
	else
		execv(*command, command);
	perror(*command);
	_exit(127);
}

int main(int argc, char **argv)
{
	struct rusage used;
	int64_t started_us = now_us();
	int status;
	pid_t child;

	if (argc < 4)
		return 2;
	report = atoi(argv[1]);
	child = fork();
	if (!child)
		become(argv[2], argv + 3);
	if (child < 0 || wait4(child, &status, 0, &used) != child) {
		perror("meter");
		return 1;
	}
	dprintf(report, "%lld %lld %lld %ld %ld %d\n",
		(long long)(now_us() - started_us),
		(long long)in_us(used.ru_utime),
		(long long)in_us(used.ru_stime), used.ru_maxrss,
		used.ru_inblock, status);
	return 0;
}
