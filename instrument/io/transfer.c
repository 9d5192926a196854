/*
 * sendfile, splice, tee, vmsplice, sendmmsg: what moves bytes without the server's touching them.
 *
 * Place in the house: part of libflowdar-io.so (wait.h says by which rules, session.h what becomes
 * of it). They cannot be tried without changing what they do, so they are waits whenever a
 * descriptor of theirs can block. No bytes are written of them but sendmmsg's.
 */
#include <fcntl.h>

#include "io/session.h"

/* Whether a call on it may wait; files and the like do not. */
static bool can_wait(int fd)
{
	struct fd_look look = fd_look(fd);

	return look.kind != FD_OPEN_FILE && !look.nonblocking && fd_descriptor_blocks(fd);
}

FD_WRAPPER ssize_t sendfile(int out, int in, off_t *offset, size_t length)
{
	const struct fd_next *next = fd_next();
	ssize_t result;

	if (!FD_WATCHED())
		return next->sendfile(out, in, offset, length);
	if (can_wait(out))
		FD_WAIT_AROUND(result, "sendfile", FD_WAIT_IO, out,
			       next->sendfile(out, in, offset, length));
	else
		result = next->sendfile(out, in, offset, length);
	fd_io_done(FD_IO_WRITE, out, result);
	return result;
}

FD_WRAPPER ssize_t sendfile64(int out, int in, off64_t *offset, size_t length)
{
	const struct fd_next *next = fd_next();
	ssize_t result;

	if (!FD_WATCHED())
		return next->sendfile64(out, in, offset, length);
	if (can_wait(out))
		FD_WAIT_AROUND(result, "sendfile", FD_WAIT_IO, out,
			       next->sendfile64(out, in, offset, length));
	else
		result = next->sendfile64(out, in, offset, length);
	fd_io_done(FD_IO_WRITE, out, result);
	return result;
}

/* Of two descriptors, the one that a wait is for: the client's, if one is. */
static int more_telling(int in, int out)
{
	return fd_table_kind(&fd_table, in) >= FD_OPEN_SOCKET ? in : out;
}

FD_WRAPPER ssize_t splice(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t length,
			  unsigned flags)
{
	const struct fd_next *next = fd_next();
	bool wait;
	ssize_t result;

	if (!FD_WATCHED())
		return next->splice(in, in_offset, out, out_offset, length, flags);
	/* SPLICE_F_NONBLOCK is about pipes: a socket decides by itself. */
	wait = can_wait(in);
	wait = can_wait(out) || wait;
	if (wait)
		FD_WAIT_AROUND(result, "splice", FD_WAIT_IO, more_telling(in, out),
			       next->splice(in, in_offset, out, out_offset, length, flags));
	else
		result = next->splice(in, in_offset, out, out_offset, length, flags);
	fd_io_done(FD_IO_READ, in, result);
	fd_io_done(FD_IO_WRITE, out, result);
	return result;
}

FD_WRAPPER ssize_t tee(int in, int out, size_t length, unsigned flags)
{
	const struct fd_next *next = fd_next();
	ssize_t result;

	if (!FD_WATCHED() || flags & SPLICE_F_NONBLOCK || !can_wait(in))
		return next->tee(in, out, length, flags);
	FD_WAIT_AROUND(result, "tee", FD_WAIT_IO, in, next->tee(in, out, length, flags));
	return result;
}

FD_WRAPPER ssize_t vmsplice(int fd, const struct iovec *parts, size_t count, unsigned flags)
{
	const struct fd_next *next = fd_next();
	ssize_t result;

	if (!FD_WATCHED() || flags & SPLICE_F_NONBLOCK || !can_wait(fd))
		return next->vmsplice(fd, parts, count, flags);
	FD_WAIT_AROUND(result, "vmsplice", FD_WAIT_IO, fd, next->vmsplice(fd, parts, count, flags));
	return result;
}

FD_WRAPPER int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	const struct fd_next *next = fd_next();
	int result;

	if (!FD_WATCHED())
		return next->sendmmsg(fd, messages, count, flags);
	fd_look_socket(fd);
	if (!(flags & MSG_DONTWAIT) && can_wait(fd))
		FD_WAIT_AROUND(result, "sendmmsg", FD_WAIT_IO, fd,
			       next->sendmmsg(fd, messages, count, flags));
	else
		result = next->sendmmsg(fd, messages, count, flags);
	if (result < 0)
		fd_io_done(FD_IO_WRITE, fd, result);
	for (int i = 0; i < result; i++)
		fd_io_vector(FD_IO_WRITE, fd, messages[i].msg_len, messages[i].msg_hdr.msg_iov,
			     messages[i].msg_hdr.msg_iovlen);
	return result;
}
