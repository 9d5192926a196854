/* Reading what clients say, and writing what nobody hears. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "feed/baton.h"
#include "feed/connections.h"
#include "feed/next.h"

#define PARTS_MAX    1024
#define SENDFILE_MAX 65536 /* fits into what the kernel keeps of a local socket */

/* ---- reading ---- */

static bool is_readable(void *user)
{
	struct pollfd one = { .fd = *(int *)user, .events = POLLIN };

	return FDAR_NEXT(poll)(&one, 1, 0) != 0;
}

/* Before a call that may wait for bytes, of a socket or a pipe. FALSE and errno when it was interrupted. */
static bool await(int fd, int flags)
{
	struct stat st;

	if (!fdar_baton_has())
		return true;
	/* Files are always ready, and tell nothing of the network; what is not asked for does not wait. */
	if (is_readable(&fd)) {
		if (fdar_socket_of(fd))
			fdar_baton_look(true);
		return true;
	}
	if (fstat(fd, &st) != 0 || S_ISREG(st.st_mode))
		return true;
	if (flags & MSG_DONTWAIT || FDAR_NEXT(fcntl)(fd, F_GETFL) & O_NONBLOCK) {
		fdar_baton_look(false);
		return true;
	}
	if (fdar_baton_wait(is_readable, &fd, FDAR_NEVER, true) != FDAR_WAKE_SIGNAL)
		return true;
	errno = EINTR;
	return false;
}

FDAR_FEED_CALL ssize_t read(int fd, void *buffer, size_t length)
{
	return await(fd, 0) ? FDAR_NEXT(read)(fd, buffer, length) : -1;
}

FDAR_FEED_CALL ssize_t readv(int fd, const struct iovec *parts, int count)
{
	return await(fd, 0) ? FDAR_NEXT(readv)(fd, parts, count) : -1;
}

FDAR_FEED_CALL ssize_t recv(int fd, void *buffer, size_t length, int flags)
{
	return await(fd, flags) ? FDAR_NEXT(recv)(fd, buffer, length, flags) : -1;
}

FDAR_FEED_CALL ssize_t recvfrom(int fd, void *buffer, size_t length, int flags,
				__SOCKADDR_ARG address, socklen_t *address_length)
{
	if (!await(fd, flags))
		return -1;
	if (!fdar_socket_of(fd))
		return FDAR_NEXT(recvfrom)(fd, buffer, length, flags, address, address_length);
	/* Of a connection there is none to tell. */
	if (address.__sockaddr__ && address_length)
		*address_length = 0;
	return FDAR_NEXT(recv)(fd, buffer, length, flags);
}

FDAR_FEED_CALL ssize_t recvmsg(int fd, struct msghdr *message, int flags)
{
	return await(fd, flags) ? FDAR_NEXT(recvmsg)(fd, message, flags) : -1;
}

ssize_t __read_chk(int fd, void *buffer, size_t length, size_t room);
ssize_t __recv_chk(int fd, void *buffer, size_t length, size_t room, int flags);

FDAR_FEED_CALL ssize_t __read_chk(int fd, void *buffer, size_t length, size_t room)
{
	return await(fd, 0) ? FDAR_NEXT(__read_chk)(fd, buffer, length, room) : -1;
}

FDAR_FEED_CALL ssize_t __recv_chk(int fd, void *buffer, size_t length, size_t room, int flags)
{
	return await(fd, flags) ? FDAR_NEXT(__recv_chk)(fd, buffer, length, room, flags) : -1;
}

/* ---- writing ---- */

/* Takes what was written off the front. */
static void pass(struct msghdr *message, size_t written)
{
	while (message->msg_iovlen && written >= message->msg_iov->iov_len) {
		written -= message->msg_iov->iov_len;
		message->msg_iov++;
		message->msg_iovlen--;
	}
	if (message->msg_iovlen) {
		message->msg_iov->iov_base = (char *)message->msg_iov->iov_base + written;
		message->msg_iov->iov_len -= written;
	}
}

/* As much as there is, when the socket may wait; once, when it may not. The kernel has room for some 200 kB, and
 * we read it away after each time. */
static ssize_t put(int fd, const struct iovec *given, size_t count, int flags)
{
	struct fdar_socket *one = fdar_socket_of(fd);
	struct iovec parts[PARTS_MAX];
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = count };
	bool waits = !(flags & MSG_DONTWAIT) && !(FDAR_NEXT(fcntl)(fd, F_GETFL) & O_NONBLOCK);
	ssize_t all = 0, n;

	if (count > PARTS_MAX) {
		errno = EMSGSIZE;
		return -1;
	}
	memcpy(parts, given, count * sizeof(*given));
	do {
		n = FDAR_NEXT(sendmsg)(fd, &message, (flags & MSG_NOSIGNAL) | MSG_DONTWAIT);
		fdar_socket_drain(one);
		if (n < 0)
			return all ? all : n;
		all += n;
		pass(&message, (size_t)n);
	} while (waits && message.msg_iovlen);
	return all;
}

FDAR_FEED_CALL ssize_t write(int fd, const void *buffer, size_t length)
{
	struct iovec part = { (void *)(uintptr_t)buffer, length };

	return fdar_socket_of(fd) ? put(fd, &part, 1, 0) : FDAR_NEXT(write)(fd, buffer, length);
}

FDAR_FEED_CALL ssize_t writev(int fd, const struct iovec *parts, int count)
{
	return fdar_socket_of(fd) && count >= 0 ? put(fd, parts, (size_t)count, 0)
						: FDAR_NEXT(writev)(fd, parts, count);
}

FDAR_FEED_CALL ssize_t send(int fd, const void *buffer, size_t length, int flags)
{
	struct iovec part = { (void *)(uintptr_t)buffer, length };

	return fdar_socket_of(fd) ? put(fd, &part, 1, flags)
				  : FDAR_NEXT(send)(fd, buffer, length, flags);
}

FDAR_FEED_CALL ssize_t sendto(int fd, const void *buffer, size_t length, int flags,
			      __CONST_SOCKADDR_ARG address, socklen_t address_length)
{
	struct iovec part = { (void *)(uintptr_t)buffer, length };

	return fdar_socket_of(fd)
		       ? put(fd, &part, 1, flags)
		       : FDAR_NEXT(sendto)(fd, buffer, length, flags, address, address_length);
}

FDAR_FEED_CALL ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	return fdar_socket_of(fd) ? put(fd, message->msg_iov, message->msg_iovlen, flags)
				  : FDAR_NEXT(sendmsg)(fd, message, flags);
}

FDAR_FEED_CALL ssize_t sendfile(int out, int in, off_t *offset, size_t count)
{
	struct fdar_socket *one = fdar_socket_of(out);
	ssize_t n;

	if (!one)
		return FDAR_NEXT(sendfile)(out, in, offset, count);
	n = FDAR_NEXT(sendfile)(out, in, offset, count < SENDFILE_MAX ? count : SENDFILE_MAX);
	fdar_socket_drain(one);
	return n;
}

FDAR_FEED_CALL ssize_t sendfile64(int out, int in, off64_t *offset, size_t count)
{
	return sendfile(out, in, (off_t *)offset, count);
}
