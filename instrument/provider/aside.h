/*
 * Descriptors of ours that are out of the server's way.
 *
 * Place in the house: for whatever opens something inside of the server, mostly in the helper's thread, beside
 * the server's own. What is opened gets the lowest number that is free, and in a server that has
 * closed 0, 1 or 2 that is one of these: it is moved and given back at once, under a lock that dup2() takes as
 * well (standard.h). Else a server that puts a connection there meanwhile, as inetd's children and
 * proftpd's do, would have it closed by us.
 */
#ifndef FDAR_INSTRUMENT_PROVIDER_ASIDE_H
#define FDAR_INSTRUMENT_PROVIDER_ASIDE_H

#include <fcntl.h>
#include <stdbool.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From there on, if it is to be had. Below 64, where the kernel's table of descriptors has room without
 * being made anew. */
#define FDAR_ASIDE_FROM 48

/* The lock: libflowdar.so's, where that is in the process. False: it is not to be given back. */
__attribute__((weak)) extern bool flowdar_control_aside_begin(void);
__attribute__((weak)) extern void flowdar_control_aside_end(bool taken);

static inline bool fdar_aside_begin(void)
{
	return flowdar_control_aside_begin && flowdar_control_aside_begin();
}

static inline void fdar_aside_end(bool taken)
{
	if (taken)
		flowdar_control_aside_end(taken);
}

/* Between these two: gives fd, what was just opened, a number where nobody puts things; -1 stays -1. By
 * system call: close() is LTTng's, and a fork in another thread may have its lock. */
static inline int fdar_aside(int fd)
{
	int high;

	if (fd < 0 || fd >= FDAR_ASIDE_FROM)
		return fd;
	high = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, FDAR_ASIDE_FROM);
	if (high < 0)
		return fd;
	syscall(SYS_close, fd);
	return high;
}

/* open(path, flags | O_CLOEXEC, mode) there; to be closed by system call. */
static inline int fdar_aside_open(const char *path, int flags, unsigned mode)
{
	bool taken = fdar_aside_begin();
	int fd = fdar_aside((int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC, mode));

	fdar_aside_end(taken);
	return fd;
}

#endif
