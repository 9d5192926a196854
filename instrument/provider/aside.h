/*
 * Descriptors of ours that are out of the server's way.
 *
 * Place in the house: for whatever opens something inside of the server, mostly in the helper's thread, beside
 * the server's own. A server that has closed 0, 1 and 2 and puts a connection there (dup2, as inetd's
 * children and proftpd's do) would put it over what the helper has open for a moment, and the helper
 * would close the server's connection. What is left of that is the time of two system calls.
 */
#ifndef FDAR_INSTRUMENT_PROVIDER_ASIDE_H
#define FDAR_INSTRUMENT_PROVIDER_ASIDE_H

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* From there on, if it is to be had. Below 64, where the kernel's table of descriptors has room without
 * being made anew. */
#define FDAR_ASIDE_FROM 48

/* Gives fd, what was just opened, a number where nobody puts things; -1 stays -1. By system call: close()
 * is LTTng's, and a fork in another thread may have its lock. */
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

#endif
