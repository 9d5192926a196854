/*
 * Preloaded before flowdar's libraries: one of the allocations that these ask for fails, as it does in a
 * process without memory; what the program itself asks for does not.
 *
 *	FAIL_AT=N     the N-th fails, counted from 1, in each process for itself
 *	FAIL_FROM=N   the N-th and all after it
 *	FAIL_LOG=FILE a line for each that failed: its number, the function, the caller
 *
 * Threads count together: which one is the N-th of those that several threads ask for, the moment decides.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LIBRARIES_MAX 16

struct range {
	uintptr_t begin, end;
	const char *name;
};

/* Written once, by the first that asks: a constructor, before there are threads. */
static struct range ranges[LIBRARIES_MAX];
static size_t ranges_count;
static bool looked;
static unsigned long asked;

extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);

static int add_library(struct dl_phdr_info *info, size_t size, void *unused)
{
	(void)size;
	(void)unused;
	if (!strstr(info->dlpi_name, "/libflowdar") || ranges_count == LIBRARIES_MAX)
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *part = &info->dlpi_phdr[i];

		if (part->p_type != PT_LOAD || !(part->p_flags & PF_X) ||
		    ranges_count == LIBRARIES_MAX)
			continue;
		ranges[ranges_count].begin = info->dlpi_addr + part->p_vaddr;
		ranges[ranges_count].end = ranges[ranges_count].begin + part->p_memsz;
		ranges[ranges_count++].name = info->dlpi_name;
	}
	return 0;
}

static const struct range *library_of(const void *caller)
{
	if (!looked) {
		looked = true;
		dl_iterate_phdr(add_library, NULL);
	}
	for (size_t i = 0; i < ranges_count; i++)
		if ((uintptr_t)caller >= ranges[i].begin && (uintptr_t)caller < ranges[i].end)
			return &ranges[i];
	return NULL;
}

static void note(unsigned long number, const char *what, const char *library)
{
	const char *path = getenv("FAIL_LOG");
	char line[256];
	/* Not by functions that libflowdar-io has its own of. */
	int fd =
		path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0600)
		     : -1;
	int length = snprintf(line, sizeof(line), "%lu %s %s\n", number, what,
			      strrchr(library, '/') + 1);

	if (fd < 0)
		return;
	if (syscall(SYS_write, fd, line, length) != length)
		abort();
	syscall(SYS_close, fd);
}

static bool fails(const char *what, const void *caller)
{
	const char *at = getenv("FAIL_AT"), *from = getenv("FAIL_FROM");
	const struct range *library = at || from ? library_of(caller) : NULL;
	unsigned long number;

	if (!library)
		return false;
	number = __atomic_add_fetch(&asked, 1, __ATOMIC_RELAXED);
	if (!(at && number == strtoul(at, NULL, 10)) &&
	    !(from && number >= strtoul(from, NULL, 10)))
		return false;
	note(number, what, library->name);
	return true;
}

void *malloc(size_t bytes)
{
	if (!fails("malloc", __builtin_return_address(0)))
		return __libc_malloc(bytes);
	errno = ENOMEM;
	return NULL;
}

void *calloc(size_t count, size_t bytes)
{
	if (!fails("calloc", __builtin_return_address(0)))
		return __libc_calloc(count, bytes);
	errno = ENOMEM;
	return NULL;
}

void *realloc(void *old, size_t bytes)
{
	if (!fails("realloc", __builtin_return_address(0)))
		return __libc_realloc(old, bytes);
	errno = ENOMEM;
	return NULL;
}

char *strdup(const char *text)
{
	size_t bytes = strlen(text) + 1;
	char *copy = NULL;

	if (!fails("strdup", __builtin_return_address(0)))
		copy = __libc_malloc(bytes);
	else
		errno = ENOMEM;
	return copy ? memcpy(copy, text, bytes) : NULL;
}

void *mmap(void *address, size_t bytes, int protection, int flags, int fd, off_t offset)
{
	if (!fails("mmap", __builtin_return_address(0)))
		return (void *)syscall(SYS_mmap, address, bytes, protection, flags, fd, offset);
	errno = ENOMEM;
	return MAP_FAILED;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
		   void *argument)
{
	int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
		(int (*)(pthread_t *, const pthread_attr_t *, void *(*)(void *),
			 void *))dlsym(RTLD_NEXT, "pthread_create");

	if (fails("pthread_create", __builtin_return_address(0)))
		return EAGAIN;
	return next(thread, attributes, run, argument);
}
