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
	struct fdar_look look = fdar_look(fd);

	return look.kind != FDAR_OPEN_FILE && !look.nonblocking && fdar_descriptor_blocks(fd);
}

FDAR_WRAPPER ssize_t sendfile(int out, int in, off_t *offset, size_t length)
{
	const struct fdar_next *next = fdar_next();
	ssize_t result;

	if (!FDAR_WATCHED())
		return next->sendfile(out, in, offset, length);
	if (can_wait(out))
		FDAR_WAIT_AROUND(result, "sendfile", FDAR_WAIT_IO, out,
				 next->sendfile(out, in, offset, length));
	else
		result = next->sendfile(out, in, offset, length);
	fdar_io_done(FDAR_IO_WRITE, out, result);
	return result;
}

FDAR_WRAPPER ssize_t sendfile64(int out, int in, off64_t *offset, size_t length)
{
	const struct fdar_next *next = fdar_next();
	ssize_t result;

	if (!FDAR_WATCHED())
		return next->sendfile64(out, in, offset, length);
	if (can_wait(out))
		FDAR_WAIT_AROUND(result, "sendfile", FDAR_WAIT_IO, out,
				 next->sendfile64(out, in, offset, length));
	else
		result = next->sendfile64(out, in, offset, length);
	fdar_io_done(FDAR_IO_WRITE, out, result);
	return result;
}

/* Of two descriptors, the one that a wait is for: the client's, if one is. */
static int more_telling(int in, int out)
{
	return fdar_descriptors_kind(&fdar_descriptors, in) >= FDAR_OPEN_SOCKET ? in : out;
}

FDAR_WRAPPER ssize_t splice(int in, off64_t *in_offset, int out, off64_t *out_offset, size_t length,
			    unsigned flags)
{
	const struct fdar_next *next = fdar_next();
	bool wait;
	ssize_t result;

	if (!FDAR_WATCHED())
		return next->splice(in, in_offset, out, out_offset, length, flags);
	/* SPLICE_F_NONBLOCK is about pipes: a socket decides by itself. */
	wait = can_wait(in);
	wait = can_wait(out) || wait;
	if (wait)
		FDAR_WAIT_AROUND(result, "splice", FDAR_WAIT_IO, more_telling(in, out),
				 next->splice(in, in_offset, out, out_offset, length, flags));
	else
		result = next->splice(in, in_offset, out, out_offset, length, flags);
	fdar_io_done(FDAR_IO_READ, in, result);
	fdar_io_done(FDAR_IO_WRITE, out, result);
	return result;
}

FDAR_WRAPPER ssize_t tee(int in, int out, size_t length, unsigned flags)
{
	const struct fdar_next *next = fdar_next();
	ssize_t result;

	if (!FDAR_WATCHED() || flags & SPLICE_F_NONBLOCK || !can_wait(in))
		return next->tee(in, out, length, flags);
	FDAR_WAIT_AROUND(result, "tee", FDAR_WAIT_IO, in, next->tee(in, out, length, flags));
	return result;
}

FDAR_WRAPPER ssize_t vmsplice(int fd, const struct iovec *parts, size_t count, unsigned flags)
{
	const struct fdar_next *next = fdar_next();
	ssize_t result;

	if (!FDAR_WATCHED() || flags & SPLICE_F_NONBLOCK || !can_wait(fd))
		return next->vmsplice(fd, parts, count, flags);
	FDAR_WAIT_AROUND(result, "vmsplice", FDAR_WAIT_IO, fd,
			 next->vmsplice(fd, parts, count, flags));
	return result;
}

FDAR_WRAPPER int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	const struct fdar_next *next = fdar_next();
	int result;

	if (!FDAR_WATCHED())
		return next->sendmmsg(fd, messages, count, flags);
	fdar_look_socket(fd);
	if (count > 0 && messages && messages->msg_hdr.msg_namelen > 0)
		fdar_session_datagram_sent(fd);
	if (!(flags & MSG_DONTWAIT) && can_wait(fd))
		FDAR_WAIT_AROUND(result, "sendmmsg", FDAR_WAIT_IO, fd,
				 next->sendmmsg(fd, messages, count, flags));
	else
		result = next->sendmmsg(fd, messages, count, flags);
	if (result < 0)
		fdar_io_done(FDAR_IO_WRITE, fd, result);
	for (int i = 0; i < result; i++)
		fdar_io_vector(FDAR_IO_WRITE, fd, messages[i].msg_len, messages[i].msg_hdr.msg_iov,
			       messages[i].msg_hdr.msg_iovlen);
	return result;
}
