/*
 * accept, connect, shutdown, and what makes one descriptor two: where sessions begin.
 *
 * Place in the house: part of libflowdar-io.so (wait.h says by which rules, session.h what becomes
 * of it). What is learned of descriptors is kept whether waits are traced or not.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/ioctl.h>

#include "io/session.h"

/* ---- accept ---- */

/* Where accept() puts the address: the caller's place, or ours if he wants none. */
struct accepting {
	struct sockaddr_storage own;
	socklen_t own_length;
	struct sockaddr *address;
	socklen_t *length;
	socklen_t room;
};

static void accepting_set(struct accepting *accepting, __SOCKADDR_ARG address, socklen_t *length)
{
	accepting->own_length = sizeof(accepting->own);
	accepting->address = address.__sockaddr__;
	accepting->length = length;
	if (!accepting->address && !length) {
		accepting->address = (struct sockaddr *)&accepting->own;
		accepting->length = &accepting->own_length;
	}
	accepting->room = accepting->length ? *accepting->length : 0;
}

static int accepted(const struct accepting *accepting, const void *caller, int listener, int fd,
		    int flags)
{
	bool whole = accepting->length && *accepting->length <= accepting->room;

	/* The tracer accepts, too: recorders. */
	if (fd >= 0 && fd_wait_wanted(caller))
		fd_session_accepted(listener, fd, whole ? accepting->address : NULL,
				    whole ? *accepting->length : 0, (flags & SOCK_NONBLOCK) != 0);
	return fd;
}

/* Whether a call that makes descriptors waits; the listener's entry says so most of the time. */
static bool can_wait(int fd)
{
	struct fd_look look = fd_look_socket(fd);

	return !look.nonblocking && fd_descriptor_blocks(fd);
}

FD_WRAPPER int accept(int fd, __SOCKADDR_ARG address, socklen_t *length)
{
	const struct fd_next *next = fd_next();
	struct accepting to;
	int result;

	accepting_set(&to, address, length);
	if (!FD_WATCHED() || !can_wait(fd))
		return accepted(&to, __builtin_return_address(0), fd,
				next->accept(fd, to.address, to.length), 0);
	FD_WAIT_AROUND(result, "accept", FD_WAIT_ACCEPT, fd,
		       next->accept(fd, to.address, to.length));
	return accepted(&to, __builtin_return_address(0), fd, result, 0);
}

FD_WRAPPER int accept4(int fd, __SOCKADDR_ARG address, socklen_t *length, int flags)
{
	const struct fd_next *next = fd_next();
	struct accepting to;
	int result;

	accepting_set(&to, address, length);
	if (!FD_WATCHED() || !can_wait(fd))
		return accepted(&to, __builtin_return_address(0), fd,
				next->accept4(fd, to.address, to.length, flags), flags);
	FD_WAIT_AROUND(result, "accept4", FD_WAIT_ACCEPT, fd,
		       next->accept4(fd, to.address, to.length, flags));
	return accepted(&to, __builtin_return_address(0), fd, result, flags);
}

/* ---- connect, shutdown ---- */

FD_WRAPPER int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t length)
{
	const struct sockaddr *to = address.__sockaddr__;
	const struct fd_next *next = fd_next();
	bool unspecified = to && length >= sizeof(to->sa_family) && to->sa_family == AF_UNSPEC;
	int result;

	if (!FD_WATCHED() || !fd_descriptor_blocks(fd))
		result = next->connect(fd, address, length);
	else
		FD_WAIT_AROUND(result, "connect", FD_WAIT_IO, fd,
			       next->connect(fd, address, length));
	if (fd_wait_wanted(__builtin_return_address(0)))
		fd_session_connected(fd, result, unspecified);
	return result;
}

FD_WRAPPER int shutdown(int fd, int how)
{
	int result = fd_next()->shutdown(fd, how);

	fd_io_done(FD_IO_SHUTDOWN, fd, result);
	return result;
}

/* ---- two descriptors of one ---- */

static int duplicated(int from, int to)
{
	if (to >= 0)
		fd_session_duplicated(from, to);
	return to;
}

FD_WRAPPER int dup(int fd)
{
	return duplicated(fd, fd_next()->dup(fd));
}

FD_WRAPPER int dup2(int fd, int as)
{
	return duplicated(fd, fd_next()->dup2(fd, as));
}

FD_WRAPPER int dup3(int fd, int as, int flags)
{
	return duplicated(fd, fd_next()->dup3(fd, as, flags));
}

/* ---- fcntl, ioctl ---- */

/* A file lock that somebody else has is a wait. */
static bool lock_taken(int fd, int command, void *argument, int *result)
{
	int try = command == F_SETLKW ? F_SETLK : F_OFD_SETLK, before = errno;

	*result = fd_next()->fcntl(fd, try, argument);
	if (*result == 0 || (errno != EAGAIN && errno != EACCES))
		return true;
	errno = before;
	return false;
}

static int control(int fd, int command, void *argument, bool watched)
{
	const struct fd_next *next = fd_next();
	int result;

	if (watched && (command == F_SETLKW || command == F_OFD_SETLKW)) {
		if (!lock_taken(fd, command, argument, &result))
			FD_WAIT_AROUND(result, "fcntl", FD_WAIT_LOCK, fd,
				       next->fcntl(fd, command, argument));
		return result;
	}
	result = next->fcntl(fd, command, argument);
	if (result < 0)
		return result;
	if (command == F_SETFL)
		fd_table_set_nonblocking(&fd_table, fd, ((intptr_t)argument & O_NONBLOCK) != 0);
	else if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
		fd_session_duplicated(fd, result);
	return result;
}

/* The third argument is there or not, a number or a pointer: all of it fits a pointer, and what was
 * not passed is not looked at. fcntl64() is the same where off_t has 64 bits. */
FD_WRAPPER int fcntl(int fd, int command, ...)
{
	va_list list;
	void *argument;

	va_start(list, command);
	argument = va_arg(list, void *);
	va_end(list);
	return control(fd, command, argument, FD_WATCHED());
}

FD_WRAPPER int fcntl64(int fd, int command, ...)
{
	va_list list;
	void *argument;

	va_start(list, command);
	argument = va_arg(list, void *);
	va_end(list);
	return control(fd, command, argument, FD_WATCHED());
}

FD_WRAPPER int ioctl(int fd, unsigned long request, ...)
{
	va_list list;
	void *argument;
	int result;

	va_start(list, request);
	argument = va_arg(list, void *);
	va_end(list);
	result = fd_next()->ioctl(fd, request, argument);
	if (request == FIONBIO && result == 0)
		fd_table_set_nonblocking(&fd_table, fd, *(const int *)argument != 0);
	return result;
}
