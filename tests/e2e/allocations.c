/*
 * To be preloaded: makes allocations fail, counted from main() on.
 *
 * ALLOCATIONS_OF: whose count: "program", a part of a library's name, or "all".
 * ALLOCATIONS_FAIL: which one fails, from 1 on; those behind it too where a '+'
 *                   follows.
 * ALLOCATIONS_COUNT: the file that gets, when main() ends, the count, and
 * the most KiB of memory that were resident; at a crash, where that was.
 * ALLOCATIONS_LEAK: one of so many bytes is lost, to see that this is noticed.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <execinfo.h>
#endif

typedef int main_function(int, char **, char **);

static bool is_counting;
static uintptr_t of_start; /* of the code whose allocations count */
static uintptr_t of_end;
static unsigned long fail;
static bool fails_on;
static unsigned long count;
static main_function *real_main;

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* Whether the allocation that a caller asks for is to fail. */
static bool fails(const void *caller)
{
	uintptr_t at = (uintptr_t)caller;

	if (!is_counting || at < of_start || at >= of_end)
		return false;
	count++;
	if (count != fail && !(fails_on && count > fail))
		return false;
	errno = ENOMEM;
	return true;
}

#define CALLER __builtin_return_address(0)

void *malloc(size_t size)
{
	static void *(*real)(size_t);

	if (!real)
		*(void **)&real = next("malloc");
	return fails(CALLER) ? NULL : real(size);
}

void *calloc(size_t number, size_t size)
{
	static void *(*real)(size_t, size_t);

	if (!real)
		*(void **)&real = next("calloc");
	return fails(CALLER) ? NULL : real(number, size);
}

void *realloc(void *memory, size_t size)
{
	static void *(*real)(void *, size_t);

	if (!real)
		*(void **)&real = next("realloc");
	return fails(CALLER) ? NULL : real(memory, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	static void *(*real)(size_t, size_t);

	if (!real)
		*(void **)&real = next("aligned_alloc");
	return fails(CALLER) ? NULL : real(alignment, size);
}

/* These, so that they count as their caller's and not as libc's. */

char *strndup(const char *text, size_t size)
{
	static void *(*real)(size_t);
	size_t len = strnlen(text, size);
	char *copy;

	if (!real)
		*(void **)&real = next("malloc");
	copy = fails(CALLER) ? NULL : real(len + 1);
	if (copy) {
		memcpy(copy, text, len);
		copy[len] = '\0';
	}
	return copy;
}

char *strdup(const char *text)
{
	static char *(*real)(const char *);

	if (!real)
		*(void **)&real = next("strdup");
	return fails(CALLER) ? NULL : real(text);
}

/* Find the code of the object that is to count. */
static int find_object(struct dl_phdr_info *object, size_t size, void *wanted)
{
	(void)size;
	if (!strstr(object->dlpi_name, wanted))
		return 0;
	of_start = UINTPTR_MAX;
	for (size_t i = 0; i < object->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];
		uintptr_t start = object->dlpi_addr + part->p_vaddr;

		if (part->p_type != PT_LOAD)
			continue;
		if (start < of_start)
			of_start = start;
		of_end = start + part->p_memsz;
	}
	return 1;
}

static void find_code(const char *of)
{
	if (!strcmp(of, "all")) {
		of_end = UINTPTR_MAX;
		return;
	}
	/* The program itself comes first, and without a name. */
	(void)dl_iterate_phdr(
		find_object,
		(void *)(uintptr_t)(strcmp(of, "program") ? of : ""));
}

/* Of this program alone: what the system tells of a child counts what ran in
 * the process before it, too. */
static unsigned long peak(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[128];
	unsigned long most = 0;

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, "VmHWM:", 6))
			most = strtoul(line + 6, NULL, 10);
	if (file)
		(void)fclose(file);
	return most;
}

#ifdef __GLIBC__
/* Write down whose function it is that crashes: the last one that the program
 * has called. */
static void on_crash(int number)
{
	void *frames[64];
	int depth = backtrace(frames, 64);
	FILE *file = fopen(variable("ALLOCATIONS_COUNT"), "w");
	Dl_info own, info, last = {0};

	is_counting = false;
	(void)dladdr((void *)(uintptr_t)real_main, &own);
	for (int i = 1; i < depth && dladdr(frames[i], &info) &&
			info.dli_fbase != own.dli_fbase;
	     i++)
		if (info.dli_sname)
			last = info;
	if (file && last.dli_sname) {
		(void)fprintf(file, "%s %s\n", strrchr(last.dli_fname, '/') + 1,
			      last.dli_sname);
	}
	if (file)
		(void)fclose(file);
	(void)signal(number, SIG_DFL);
	(void)raise(number);
}

static void watch_crashes(void)
{
	void *unused;

	if (dlsym(RTLD_DEFAULT, "__asan_init"))
		return;		     /* it tells of crashes itself */
	(void)backtrace(&unused, 1); /* loads a library */
	(void)signal(SIGSEGV, on_crash);
	(void)signal(SIGABRT, on_crash);
}
#else
/* musl has no backtrace: a crash is told by its signal alone. */
static void watch_crashes(void)
{
}
#endif

/* Volatile, or a compiler leaves it out. */
static void lose(size_t size)
{
	volatile char *lost = size ? malloc(size) : NULL;

	while (lost && size)
		lost[--size] = 1;
}

static int counted_main(int argc, char **argv, char **environment)
{
	char *end;

	find_code(variable("ALLOCATIONS_OF"));
	watch_crashes();
	fail = strtoul(variable("ALLOCATIONS_FAIL"), &end, 10);
	fails_on = *end == '+';
	lose(strtoul(variable("ALLOCATIONS_LEAK"), NULL, 10));
	is_counting = true;
	return real_main(argc, argv, environment);
}

static void tell(void)
{
	const char *path = variable("ALLOCATIONS_COUNT");
	FILE *file;

	is_counting = false;
	file = *path && real_main ? fopen(path, "w") : NULL;
	if (file) {
		(void)fprintf(file, "%lu %lu\n", count, peak());
		(void)fclose(file);
	}
}

/* How main() ends, with the sanitizers and without. */

void exit(int status)
{
	void (*real)(int);

	tell();
	*(void **)&real = next("exit");
	real(status);
	__builtin_unreachable();
}

void _exit(int status)
{
	void (*real)(int);

	tell();
	*(void **)&real = next("_exit");
	real(status);
	__builtin_unreachable();
}

int __libc_start_main(main_function *program, int argc, char **argv,
		      void (*init)(void), void (*fini)(void),
		      void (*rtld_fini)(void), void *stack_end);

int __libc_start_main(main_function *program, int argc, char **argv,
		      void (*init)(void), void (*fini)(void),
		      void (*rtld_fini)(void), void *stack_end)
{
	int (*real)(main_function *, int, char **, void (*)(void),
		    void (*)(void), void (*)(void), void *);

	*(void **)&real = next("__libc_start_main");
	real_main = program;
	return real(counted_main, argc, argv, init, fini, rtld_fini, stack_end);
}
