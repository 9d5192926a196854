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
#include "provider/standard.h"

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
	if (fd >= 0 && fdar_wait_wanted(caller))
		fdar_session_accepted(listener, fd, whole ? accepting->address : NULL,
				      whole ? *accepting->length : 0, (flags & SOCK_NONBLOCK) != 0);
	return fd;
}

/* Whether a call that makes descriptors waits; the listener's entry says so most of the time. */
static bool can_wait(int fd)
{
	struct fdar_look look = fdar_look_socket(fd);

	return !look.nonblocking && fdar_descriptor_blocks(fd);
}

FDAR_WRAPPER int accept(int fd, __SOCKADDR_ARG address, socklen_t *length)
{
	const struct fdar_next *next = fdar_next();
	struct accepting to;
	int result;

	accepting_set(&to, address, length);
	if (!FDAR_WATCHED() || !can_wait(fd))
		return accepted(&to, __builtin_return_address(0), fd,
				next->accept(fd, to.address, to.length), 0);
	FDAR_WAIT_AROUND(result, "accept", FDAR_WAIT_ACCEPT, fd,
			 next->accept(fd, to.address, to.length));
	return accepted(&to, __builtin_return_address(0), fd, result, 0);
}

FDAR_WRAPPER int accept4(int fd, __SOCKADDR_ARG address, socklen_t *length, int flags)
{
	const struct fdar_next *next = fdar_next();
	struct accepting to;
	int result;

	accepting_set(&to, address, length);
	if (!FDAR_WATCHED() || !can_wait(fd))
		return accepted(&to, __builtin_return_address(0), fd,
				next->accept4(fd, to.address, to.length, flags), flags);
	FDAR_WAIT_AROUND(result, "accept4", FDAR_WAIT_ACCEPT, fd,
			 next->accept4(fd, to.address, to.length, flags));
	return accepted(&to, __builtin_return_address(0), fd, result, flags);
}

/* ---- connect, shutdown ---- */

FDAR_WRAPPER int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t length)
{
	const struct sockaddr *to = address.__sockaddr__;
	const struct fdar_next *next = fdar_next();
	int result;

	if (!FDAR_WATCHED() || !fdar_descriptor_blocks(fd))
		result = next->connect(fd, address, length);
	else
		FDAR_WAIT_AROUND(result, "connect", FDAR_WAIT_IO, fd,
				 next->connect(fd, address, length));
	if (fdar_wait_wanted(__builtin_return_address(0)))
		fdar_session_connected(fd, result, to, length);
	return result;
}

FDAR_WRAPPER int shutdown(int fd, int how)
{
	int result = fdar_next()->shutdown(fd, how);

	fdar_io_done(FDAR_IO_SHUTDOWN, fd, result);
	return result;
}

/* ---- two descriptors of one ---- */

static int duplicated(int from, int to)
{
	if (to >= 0)
		fdar_session_duplicated(from, to);
	return to;
}

FDAR_WRAPPER int dup(int fd)
{
	return duplicated(fd, fdar_next()->dup(fd));
}

FDAR_WRAPPER int dup2(int fd, int as)
{
	struct fdar_standard taken = flowdar_control_standard_begin(as);
	int result = fdar_next()->dup2(fd, as);

	flowdar_control_standard_end(taken);
	return duplicated(fd, result);
}

FDAR_WRAPPER int dup3(int fd, int as, int flags)
{
	struct fdar_standard taken = flowdar_control_standard_begin(as);
	int result = fdar_next()->dup3(fd, as, flags);

	flowdar_control_standard_end(taken);
	return duplicated(fd, result);
}

/* ---- fcntl, ioctl ---- */

/* A file lock that somebody else has is a wait. */
static bool lock_taken(int fd, int command, void *argument, int *result)
{
	int try = command == F_SETLKW ? F_SETLK : F_OFD_SETLK, before = errno;

	*result = fdar_next()->fcntl(fd, try, argument);
	if (*result == 0 || (errno != EAGAIN && errno != EACCES))
		return true;
	errno = before;
	return false;
}

static int control(int fd, int command, void *argument, bool watched)
{
	const struct fdar_next *next = fdar_next();
	int result;

	if (watched && (command == F_SETLKW || command == F_OFD_SETLKW)) {
		if (!lock_taken(fd, command, argument, &result))
			FDAR_WAIT_AROUND(result, "fcntl", FDAR_WAIT_LOCK, fd,
					 next->fcntl(fd, command, argument));
		return result;
	}
	result = next->fcntl(fd, command, argument);
	if (result < 0)
		return result;
	if (command == F_SETFL)
		fdar_descriptors_set_nonblocking(&fdar_descriptors, fd,
						 ((intptr_t)argument & O_NONBLOCK) != 0);
	else if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)
		fdar_session_duplicated(fd, result);
	return result;
}

/* The third argument is there or not, a number or a pointer: all of it fits a pointer, and what was
 * not passed is not looked at. fcntl64() is the same where off_t has 64 bits. */
FDAR_WRAPPER int fcntl(int fd, int command, ...)
{
	va_list list;
	void *argument;

	va_start(list, command);
	argument = va_arg(list, void *);
	va_end(list);
	return control(fd, command, argument, FDAR_WATCHED());
}

FDAR_WRAPPER int fcntl64(int fd, int command, ...)
{
	va_list list;
	void *argument;

	va_start(list, command);
	argument = va_arg(list, void *);
	va_end(list);
	return control(fd, command, argument, FDAR_WATCHED());
}

FDAR_WRAPPER int ioctl(int fd, unsigned long request, ...)
{
	va_list list;
	void *argument;
	int result;

	va_start(list, request);
	argument = va_arg(list, void *);
	va_end(list);
	result = fdar_next()->ioctl(fd, request, argument);
	if (request == FIONBIO && result == 0)
		fdar_descriptors_set_nonblocking(&fdar_descriptors, fd,
						 *(const int *)argument != 0);
	return result;
}
