/*
 * close and what closes as well: where sessions end.
 *
 * Place in the house: part of libflowdar-io.so (wait.h says by which rules, session.h what becomes
 * of it). All that is to be said of a descriptor is said before it is closed: a moment later it may
 * be another thread's new one. liblttng-ust-fd keeps the tracer's descriptors from close() and
 * fclose(), and its calls end here; close_range() and closefrom() it does not know, so here they
 * leave the tracer's descriptors open.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "io/session.h"

/* Without /proc, descriptors are tried one after the other up to this. */
#define TRIED_MAX 65536u

FDAR_WRAPPER int close(int fd)
{
	fdar_session_closing(fd);
	return fdar_next()->close(fd);
}

FDAR_WRAPPER int fclose(FILE *stream)
{
	int before = errno, fd = fileno(stream);

	errno = before;
	if (fd >= 0)
		fdar_session_closing(fd);
	return fdar_next()->fclose(stream);
}

/* liblttng-ust's: calls close_one unless the descriptor is one of its own. */
typedef int (*safe_close_fn)(int fd, int (*close_one)(int fd));

static safe_close_fn safe_close(void)
{
	void *found = dlsym(RTLD_DEFAULT, "lttng_ust_safe_close_fd");
	safe_close_fn function;

	memcpy(&function, &found, sizeof(function));
	return function;
}

static int close_one(int fd)
{
	fdar_session_closing(fd);
	return fdar_next()->close(fd);
}

/* A listing of /proc/self/fd as the kernel gives it; no memory is taken, for this may be a child of a
 * process with threads. */
struct listing {
	int fd;
	long bytes, at;
	_Alignas(struct dirent64) char entries[4096];
};

static bool listing_open(struct listing *listing)
{
	listing->fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/fd",
				   O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	listing->bytes = listing->at = 0;
	return listing->fd >= 0;
}

/* The next open descriptor, or -1. */
static int listing_next(struct listing *listing)
{
	for (;;) {
		const struct dirent64 *one;
		char *end;
		long fd;

		if (listing->at >= listing->bytes) {
			listing->at = 0;
			listing->bytes = syscall(SYS_getdents64, listing->fd, listing->entries,
						 sizeof(listing->entries));
			if (listing->bytes <= 0)
				return -1;
		}
		one = (const struct dirent64 *)(const void *)(listing->entries + listing->at);
		listing->at += one->d_reclen;
		fd = strtol(one->d_name, &end, 10);
		if (*end == '\0' && end != one->d_name && fd != listing->fd && fd <= INT_MAX)
			return (int)fd;
	}
}

/* False if it could not be done here. */
static bool range_closed(unsigned first, unsigned last)
{
	safe_close_fn close_safely = safe_close();
	struct listing listing;
	struct rlimit limit;
	int fd;

	if (!close_safely)
		return false;
	if (listing_open(&listing)) {
		while ((fd = listing_next(&listing)) >= 0) {
			if ((unsigned)fd >= first && (unsigned)fd <= last)
				close_safely(fd, close_one);
		}
		fdar_next()->close(listing.fd);
		return true;
	}
	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > TRIED_MAX)
		return false;
	for (unsigned i = first; i < limit.rlim_cur && i <= last; i++)
		close_safely((int)i, close_one);
	return true;
}

/* Before libc does it after all. */
static void sessions_close(unsigned first, unsigned last)
{
	int highest = fdar_descriptors_highest(&fdar_descriptors);

	for (unsigned i = first; highest >= 0 && i <= last && i <= (unsigned)highest; i++)
		fdar_session_closing((int)i);
}

FDAR_WRAPPER int close_range(unsigned first, unsigned last, int flags)
{
	int before = errno;

	if (flags == 0 && first <= last && range_closed(first, last)) {
		errno = before;
		return 0;
	}
	errno = before;
	if (!(flags & ~(int)CLOSE_RANGE_UNSHARE) && first <= last)
		sessions_close(first, last);
	if (!fdar_next()->close_range) {
		errno = ENOSYS;
		return -1;
	}
	return fdar_next()->close_range(first, last, flags);
}

FDAR_WRAPPER void closefrom(int lowest)
{
	unsigned first = lowest < 0 ? 0 : (unsigned)lowest;
	int before = errno;

	if (range_closed(first, UINT_MAX)) {
		errno = before;
		return;
	}
	errno = before;
	sessions_close(first, UINT_MAX);
	if (fdar_next()->closefrom)
		fdar_next()->closefrom(lowest);
}
