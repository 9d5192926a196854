/*
 * recv and its family, read and readv.
 *
 * Place in the house: part of libflowdar-io.so (wait.h says by which rules, session.h what becomes
 * of it). What arrives is tried for without waiting first, so a call that finds its data is no wait;
 * the system call that the caller asked for follows only if it would wait. Descriptors that are
 * known not to wait get the caller's own call alone.
 */
#include <limits.h>
#include <string.h>

#include "io/session.h"

enum plan {
	PLAN_DIRECT, /* cannot wait */
	PLAN_TRY,    /* try without waiting */
	PLAN_AROUND  /* trying would change what the call does */
};

/* With SO_RCVLOWAT a call waits for more than is there, and trying would take what is there. */
static int low_water_used;

FDAR_WRAPPER int setsockopt(int fd, int level, int option, const void *value, socklen_t length)
{
	if (level == SOL_SOCKET && option == SO_RCVLOWAT)
		__atomic_store_n(&low_water_used, 1, __ATOMIC_RELAXED);
	return fdar_next()->setsockopt(fd, level, option, value, length);
}

static enum plan plan_of(int fd, int flags)
{
	const int harmless = MSG_PEEK | MSG_TRUNC | MSG_CMSG_CLOEXEC | MSG_NOSIGNAL;
	struct fdar_look look = fdar_look_socket(fd);

	if (look.nonblocking || flags & (MSG_DONTWAIT | MSG_ERRQUEUE))
		return PLAN_DIRECT;
	if (flags & ~harmless || __atomic_load_n(&low_water_used, __ATOMIC_RELAXED))
		return fdar_descriptor_blocks(fd) ? PLAN_AROUND : PLAN_DIRECT;
	return PLAN_TRY;
}

/* What is looked at and left there is not read yet; what comes of the queue of errors is what we have sent. */
static enum fdar_io_op op_of(int flags)
{
	return flags & (MSG_PEEK | MSG_ERRQUEUE) ? FDAR_IO_OTHER : FDAR_IO_READ;
}

/* Gives result what the function is to return: attempt is call with MSG_DONTWAIT. */
#define RECEIVE(result, what, fd, how, attempt, call)                           \
	do {                                                                    \
		enum plan plan_ = how;                                          \
		int before_ = errno;                                            \
                                                                                \
		if (plan_ == PLAN_TRY) {                                        \
			result = attempt;                                       \
			if (fdar_would_wait(result, fd, before_))               \
				plan_ = PLAN_AROUND;                            \
		} else if (plan_ == PLAN_DIRECT) {                              \
			result = call;                                          \
		}                                                               \
		if (plan_ == PLAN_AROUND)                                       \
			FDAR_WAIT_AROUND(result, what, FDAR_WAIT_IO, fd, call); \
	} while (0)

static ssize_t recv_watched(int fd, void *buffer, size_t length, int flags)
{
	const struct fdar_next *next = fdar_next();
	ssize_t result = -1;

	RECEIVE(result, "recv", fd, plan_of(fd, flags),
		next->recv(fd, buffer, length, flags | MSG_DONTWAIT),
		next->recv(fd, buffer, length, flags));
	fdar_io_buffer(op_of(flags), fd, result, buffer);
	return result;
}

FDAR_WRAPPER ssize_t recv(int fd, void *buffer, size_t length, int flags)
{
	if (!FDAR_WATCHED())
		return fdar_next()->recv(fd, buffer, length, flags);
	return recv_watched(fd, buffer, length, flags);
}

FDAR_WRAPPER ssize_t __recv_chk(int fd, void *buffer, size_t length, size_t room, int flags)
{
	if (length > room || !FDAR_WATCHED())
		return fdar_next()->__recv_chk(fd, buffer, length, room, flags);
	return recv_watched(fd, buffer, length, flags);
}

static ssize_t recvfrom_watched(int fd, void *buffer, size_t length, int flags,
				__SOCKADDR_ARG address, socklen_t *address_length)
{
	const struct fdar_next *next = fdar_next();
	ssize_t result = -1;

	fdar_session_receiving(fd);
	RECEIVE(result, "recvfrom", fd, plan_of(fd, flags),
		next->recvfrom(fd, buffer, length, flags | MSG_DONTWAIT, address, address_length),
		next->recvfrom(fd, buffer, length, flags, address, address_length));
	if (result >= 0 && op_of(flags) == FDAR_IO_READ && address_length)
		fdar_session_datagram(fd, address.__sockaddr__, *address_length);
	fdar_io_buffer(op_of(flags), fd, result, buffer);
	return result;
}

FDAR_WRAPPER ssize_t recvfrom(int fd, void *buffer, size_t length, int flags,
			      __SOCKADDR_ARG address, socklen_t *address_length)
{
	if (!FDAR_WATCHED())
		return fdar_next()->recvfrom(fd, buffer, length, flags, address, address_length);
	return recvfrom_watched(fd, buffer, length, flags, address, address_length);
}

FDAR_WRAPPER ssize_t __recvfrom_chk(int fd, void *buffer, size_t length, size_t room, int flags,
				    __SOCKADDR_ARG address, socklen_t *address_length)
{
	if (length > room || !FDAR_WATCHED())
		return fdar_next()->__recvfrom_chk(fd, buffer, length, room, flags, address,
						   address_length);
	return recvfrom_watched(fd, buffer, length, flags, address, address_length);
}

/* ---- messages ---- */

/* Descriptors that came along: whatever was known of their numbers is out of date. */
static void received_look(const struct msghdr *message)
{
	struct msghdr copy = *message;

	for (struct cmsghdr *header = CMSG_FIRSTHDR(&copy); header;
	     header = CMSG_NXTHDR(&copy, header)) {
		size_t bytes = header->cmsg_len - CMSG_LEN(0);

		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t at = 0; at + sizeof(int) <= bytes; at += sizeof(int)) {
			int fd;

			memcpy(&fd, CMSG_DATA(header) + at, sizeof(fd));
			fdar_session_received(fd);
		}
	}
}

FDAR_WRAPPER ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	const struct fdar_next *next = fdar_next();
	ssize_t result = -1;
	bool watched = FDAR_WATCHED();

	if (watched)
		fdar_session_receiving(fd);
	if (!watched)
		result = next->recvmsg(fd, message, flags);
	else
		RECEIVE(result, "recvmsg", fd, plan_of(fd, flags),
			next->recvmsg(fd, message, flags | MSG_DONTWAIT),
			next->recvmsg(fd, message, flags));
	if (result >= 0 && message->msg_controllen > 0)
		received_look(message);
	if (watched && result >= 0 && op_of(flags) == FDAR_IO_READ)
		fdar_session_datagram(fd, message->msg_name, message->msg_namelen);
	if (watched)
		fdar_io_vector(op_of(flags), fd, result, message->msg_iov, message->msg_iovlen);
	return result;
}

/* With MSG_WAITFORONE it waits for the first message alone, so it can be tried. */
static enum plan many_plan(int fd, int flags)
{
	enum plan plan = plan_of(fd, flags & ~MSG_WAITFORONE);

	return plan == PLAN_TRY && !(flags & MSG_WAITFORONE)
		       ? (fdar_descriptor_blocks(fd) ? PLAN_AROUND : PLAN_DIRECT)
		       : plan;
}

static int64_t many_bytes(const struct mmsghdr *messages, int count)
{
	int64_t bytes = 0;

	for (int i = 0; i < count; i++)
		bytes += messages[i].msg_len;
	return count < 0 ? count : bytes;
}

/* Of datagrams that are taken several at once nobody could say whose is worked on: one is taken, and the caller
 * comes again, as after any call that found less than there was room for. Not where it waits for all of them, or
 * might not come again: who is told of edges alone may take it that there are no more. */
static bool one_by_one(int fd, const struct mmsghdr *messages, unsigned count, int flags)
{
	return count > 1 && messages && messages->msg_hdr.msg_name &&
	       op_of(flags) == FDAR_IO_READ &&
	       !__atomic_load_n(&fdar_session_edges, __ATOMIC_RELAXED) &&
	       (flags & (MSG_WAITFORONE | MSG_DONTWAIT) || fdar_look_socket(fd).nonblocking) &&
	       fdar_session_datagrams_wanted(fd);
}

static void many_session(int fd, const struct mmsghdr *messages, int result)
{
	if (result == 1)
		fdar_session_datagram(fd, messages->msg_hdr.msg_name,
				      messages->msg_hdr.msg_namelen);
	else if (result > 1 && messages->msg_hdr.msg_name && messages->msg_hdr.msg_namelen)
		fdar_session_datagrams(fd);
}

FDAR_WRAPPER int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
			  struct timespec *timeout)
{
	const struct fdar_next *next = fdar_next();
	bool watched = FDAR_WATCHED();
	int result = -1;

	if (watched) {
		fdar_session_receiving(fd);
		if (one_by_one(fd, messages, count, flags))
			count = 1;
	}
	if (!watched)
		result = next->recvmmsg(fd, messages, count, flags, timeout);
	else
		RECEIVE(result, "recvmmsg", fd, many_plan(fd, flags),
			next->recvmmsg(fd, messages, count, flags | MSG_DONTWAIT, timeout),
			next->recvmmsg(fd, messages, count, flags, timeout));
	for (int i = 0; i < result; i++) {
		if (messages[i].msg_hdr.msg_controllen > 0)
			received_look(&messages[i].msg_hdr);
	}
	if (watched && op_of(flags) == FDAR_IO_READ)
		many_session(fd, messages, result);
	if (watched)
		fdar_io_done(op_of(flags), fd, many_bytes(messages, result));
	return result;
}

/* ---- read ---- */

/* read() and readv() of a socket are recvmsg() without flags, but for length 0, which reads nothing
 * at once. PLAN_TRY: the attempt was final; else what remains to be done. */
static enum plan socket_read_try(int fd, const struct iovec *parts, size_t count, ssize_t *result)
{
	struct msghdr message = { .msg_iov = (struct iovec *)(uintptr_t)parts,
				  .msg_iovlen = count };
	int before = errno;

	if (__atomic_load_n(&low_water_used, __ATOMIC_RELAXED))
		return fdar_descriptor_blocks(fd) ? PLAN_AROUND : PLAN_DIRECT;
	*result = fdar_next()->recvmsg(fd, &message, MSG_DONTWAIT);
	if (*result < 0 && errno == ENOTSOCK)
		fdar_session_forget(fd);
	if (*result < 0 && fdar_instead_refused(errno)) {
		errno = before;
		return PLAN_DIRECT;
	}
	return fdar_would_wait(*result, fd, before) ? PLAN_AROUND : PLAN_TRY;
}

static enum plan read_try(int fd, const struct iovec *parts, size_t count, ssize_t *result)
{
	struct fdar_look look = fdar_look(fd);

	if (look.kind == FDAR_OPEN_UNKNOWN || look.kind == FDAR_OPEN_FILE || look.nonblocking)
		return PLAN_DIRECT;
	if (look.kind != FDAR_OPEN_PIPE)
		return socket_read_try(fd, parts, count, result);
	return fdar_descriptor_ready(fd, POLLIN) ? PLAN_DIRECT : PLAN_AROUND;
}

static ssize_t read_watched(int fd, void *buffer, size_t length)
{
	const struct fdar_next *next = fdar_next();
	struct iovec part = { .iov_base = buffer, .iov_len = length };
	ssize_t result = -1;
	enum plan plan = length ? read_try(fd, &part, 1, &result) : PLAN_DIRECT;

	if (plan == PLAN_DIRECT)
		result = next->read(fd, buffer, length);
	else if (plan == PLAN_AROUND)
		FDAR_WAIT_AROUND(result, "read", FDAR_WAIT_IO, fd, next->read(fd, buffer, length));
	fdar_io_buffer(FDAR_IO_READ, fd, result, buffer);
	return result;
}

FDAR_WRAPPER ssize_t read(int fd, void *buffer, size_t length)
{
	if (!FDAR_WATCHED())
		return fdar_next()->read(fd, buffer, length);
	return read_watched(fd, buffer, length);
}

FDAR_WRAPPER ssize_t __read_chk(int fd, void *buffer, size_t length, size_t room)
{
	if (length > room || !FDAR_WATCHED())
		return fdar_next()->__read_chk(fd, buffer, length, room);
	return read_watched(fd, buffer, length);
}

FDAR_WRAPPER ssize_t readv(int fd, const struct iovec *parts, int count)
{
	const struct fdar_next *next = fdar_next();
	ssize_t result = -1;
	enum plan plan = PLAN_DIRECT;

	if (!FDAR_WATCHED())
		return next->readv(fd, parts, count);
	/* What recvmsg() would refuse otherwise, and what reads nothing, is left to readv(). */
	for (int i = 0; count <= IOV_MAX && i < count && plan == PLAN_DIRECT; i++) {
		if (parts[i].iov_len > 0)
			plan = PLAN_TRY;
	}
	if (plan == PLAN_TRY)
		plan = read_try(fd, parts, (size_t)count, &result);
	if (plan == PLAN_DIRECT)
		result = next->readv(fd, parts, count);
	else if (plan == PLAN_AROUND)
		FDAR_WAIT_AROUND(result, "readv", FDAR_WAIT_IO, fd, next->readv(fd, parts, count));
	fdar_io_vector(FDAR_IO_READ, fd, result, parts, count > 0 ? (size_t)count : 0);
	return result;
}
