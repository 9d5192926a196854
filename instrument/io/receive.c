/*
 * accept, connect, recv and its family, read and readv on sockets.
 *
 * Place in the house: part of libflowdar-io.so (wait.h says by which rules). What arrives is tried
 * for without waiting first, so a call that finds its data writes no event; the system call that
 * the caller asked for follows only if it would wait. read() of what is no socket is not traced.
 */
#include "io/wait.h"

#include <limits.h>

enum plan {
	PLAN_DIRECT, /* cannot wait */
	PLAN_TRY,    /* try without waiting */
	PLAN_AROUND  /* trying would change what the call does */
};

/* With SO_RCVLOWAT a call waits for more than is there, and trying would take what is there. */
static int low_water_used;

FD_WRAPPER int setsockopt(int fd, int level, int option, const void *value, socklen_t length)
{
	if (level == SOL_SOCKET && option == SO_RCVLOWAT)
		__atomic_store_n(&low_water_used, 1, __ATOMIC_RELAXED);
	return fd_next()->setsockopt(fd, level, option, value, length);
}

static enum plan plan_of(int flags)
{
	const int harmless = MSG_PEEK | MSG_TRUNC | MSG_CMSG_CLOEXEC | MSG_NOSIGNAL;

	if (flags & (MSG_DONTWAIT | MSG_ERRQUEUE))
		return PLAN_DIRECT;
	if (flags & ~harmless || __atomic_load_n(&low_water_used, __ATOMIC_RELAXED))
		return PLAN_AROUND;
	return PLAN_TRY;
}

/* The body of a receiving function: attempt is call with MSG_DONTWAIT. */
#define RECEIVE(what, fd, plan, attempt, call)                                   \
	do {                                                                     \
		int before_ = errno;                                             \
		ssize_t result_;                                                 \
                                                                                 \
		if ((plan) == PLAN_TRY) {                                        \
			result_ = attempt;                                       \
			if (!fd_would_wait(result_, fd, before_))                \
				return result_;                                  \
		} else if ((plan) == PLAN_DIRECT || !fd_descriptor_blocks(fd)) { \
			return call;                                             \
		}                                                                \
		FD_WAIT_AROUND(result_, what, FD_WAIT_IO, fd, call);             \
		return result_;                                                  \
	} while (0)

static ssize_t recv_watched(int fd, void *buffer, size_t length, int flags)
{
	const struct fd_next *next = fd_next();
	enum plan plan = plan_of(flags);

	RECEIVE("recv", fd, plan, next->recv(fd, buffer, length, flags | MSG_DONTWAIT),
		next->recv(fd, buffer, length, flags));
}

FD_WRAPPER ssize_t recv(int fd, void *buffer, size_t length, int flags)
{
	if (!FD_WATCHED())
		return fd_next()->recv(fd, buffer, length, flags);
	return recv_watched(fd, buffer, length, flags);
}

FD_WRAPPER ssize_t __recv_chk(int fd, void *buffer, size_t length, size_t room, int flags)
{
	if (length > room || !FD_WATCHED())
		return fd_next()->__recv_chk(fd, buffer, length, room, flags);
	return recv_watched(fd, buffer, length, flags);
}

static ssize_t recvfrom_watched(int fd, void *buffer, size_t length, int flags,
				__SOCKADDR_ARG address, socklen_t *address_length)
{
	const struct fd_next *next = fd_next();
	enum plan plan = plan_of(flags);

	RECEIVE("recvfrom", fd, plan,
		next->recvfrom(fd, buffer, length, flags | MSG_DONTWAIT, address, address_length),
		next->recvfrom(fd, buffer, length, flags, address, address_length));
}

FD_WRAPPER ssize_t recvfrom(int fd, void *buffer, size_t length, int flags, __SOCKADDR_ARG address,
			    socklen_t *address_length)
{
	if (!FD_WATCHED())
		return fd_next()->recvfrom(fd, buffer, length, flags, address, address_length);
	return recvfrom_watched(fd, buffer, length, flags, address, address_length);
}

FD_WRAPPER ssize_t __recvfrom_chk(int fd, void *buffer, size_t length, size_t room, int flags,
				  __SOCKADDR_ARG address, socklen_t *address_length)
{
	if (length > room || !FD_WATCHED())
		return fd_next()->__recvfrom_chk(fd, buffer, length, room, flags, address,
						 address_length);
	return recvfrom_watched(fd, buffer, length, flags, address, address_length);
}

FD_WRAPPER ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	const struct fd_next *next = fd_next();

	if (!FD_WATCHED())
		return next->recvmsg(fd, message, flags);

	enum plan plan = plan_of(flags);

	RECEIVE("recvmsg", fd, plan, next->recvmsg(fd, message, flags | MSG_DONTWAIT),
		next->recvmsg(fd, message, flags));
}

/* read() and readv() of a socket are recvmsg() without flags, but for length 0, which reads nothing
 * at once. Returns PLAN_TRY when the attempt was final, else what remains to be done. */
static enum plan read_try(int fd, struct iovec *parts, size_t count, ssize_t *result)
{
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
	int before = errno;

	if (plan_of(0) != PLAN_TRY)
		return fd_descriptor_blocks(fd) ? PLAN_AROUND : PLAN_DIRECT;
	*result = fd_next()->recvmsg(fd, &message, MSG_DONTWAIT);
	if (*result < 0 && errno == ENOTSOCK) {
		errno = before;
		return PLAN_DIRECT;
	}
	return fd_would_wait(*result, fd, before) ? PLAN_AROUND : PLAN_TRY;
}

static ssize_t read_watched(int fd, void *buffer, size_t length)
{
	const struct fd_next *next = fd_next();
	struct iovec part = { .iov_base = buffer, .iov_len = length };
	ssize_t result = -1;
	enum plan plan = length ? read_try(fd, &part, 1, &result) : PLAN_DIRECT;

	if (plan == PLAN_DIRECT)
		return next->read(fd, buffer, length);
	if (plan == PLAN_AROUND)
		FD_WAIT_AROUND(result, "read", FD_WAIT_IO, fd, next->read(fd, buffer, length));
	return result;
}

FD_WRAPPER ssize_t read(int fd, void *buffer, size_t length)
{
	if (!FD_WATCHED())
		return fd_next()->read(fd, buffer, length);
	return read_watched(fd, buffer, length);
}

FD_WRAPPER ssize_t __read_chk(int fd, void *buffer, size_t length, size_t room)
{
	if (length > room || !FD_WATCHED())
		return fd_next()->__read_chk(fd, buffer, length, room);
	return read_watched(fd, buffer, length);
}

FD_WRAPPER ssize_t readv(int fd, const struct iovec *parts, int count)
{
	const struct fd_next *next = fd_next();
	ssize_t result = -1;
	enum plan plan = PLAN_DIRECT;

	if (!FD_WATCHED())
		return next->readv(fd, parts, count);
	/* What recvmsg() would refuse otherwise, and what reads nothing, is left to readv(). */
	for (int i = 0; count <= IOV_MAX && i < count && plan == PLAN_DIRECT; i++) {
		if (parts[i].iov_len > 0)
			plan = PLAN_TRY;
	}
	if (plan == PLAN_TRY)
		plan = read_try(fd, (struct iovec *)(uintptr_t)parts, (size_t)count, &result);
	if (plan == PLAN_DIRECT)
		return next->readv(fd, parts, count);
	if (plan == PLAN_AROUND)
		FD_WAIT_AROUND(result, "readv", FD_WAIT_IO, fd, next->readv(fd, parts, count));
	return result;
}

FD_WRAPPER int accept(int fd, __SOCKADDR_ARG address, socklen_t *length)
{
	const struct fd_next *next = fd_next();
	int result;

	if (!FD_WATCHED() || !fd_descriptor_blocks(fd))
		return next->accept(fd, address, length);
	FD_WAIT_AROUND(result, "accept", FD_WAIT_ACCEPT, fd, next->accept(fd, address, length));
	return result;
}

FD_WRAPPER int accept4(int fd, __SOCKADDR_ARG address, socklen_t *length, int flags)
{
	const struct fd_next *next = fd_next();
	int result;

	if (!FD_WATCHED() || !fd_descriptor_blocks(fd))
		return next->accept4(fd, address, length, flags);
	FD_WAIT_AROUND(result, "accept4", FD_WAIT_ACCEPT, fd,
		       next->accept4(fd, address, length, flags));
	return result;
}

FD_WRAPPER int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t length)
{
	const struct fd_next *next = fd_next();
	int result;

	if (!FD_WATCHED() || !fd_descriptor_blocks(fd))
		return next->connect(fd, address, length);
	FD_WAIT_AROUND(result, "connect", FD_WAIT_IO, fd, next->connect(fd, address, length));
	return result;
}
