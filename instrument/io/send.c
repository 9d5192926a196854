/*
 * send and its family, write and writev.
 *
 * Place in the house: part of libflowdar-io.so (wait.h says by which rules, session.h what becomes
 * of it). What is sent is tried without waiting first, so a call that finds room is no wait. When a stream takes a part of
 * it, the rest follows within a wait, until the call that was asked for would have returned.
 */
#include <limits.h>

#include "io/session.h"

/* Longer vectors are not tried but sent as a wait. */
#define PARTS_MAX 64u

/* What is to be sent, and how: parts is a copy that shrinks from the front. */
struct outgoing {
	int fd;
	int flags;
	struct iovec parts[PARTS_MAX];
	size_t count;
};

/* Takes sent bytes from the front. */
static void outgoing_advance(struct outgoing *out, size_t sent)
{
	size_t done = 0;

	while (done < out->count && sent >= out->parts[done].iov_len)
		sent -= out->parts[done++].iov_len;
	out->count -= done;
	for (size_t i = 0; i < out->count; i++)
		out->parts[i] = out->parts[i + done];
	if (out->count > 0) {
		out->parts[0].iov_base = (char *)out->parts[0].iov_base + sent;
		out->parts[0].iov_len -= sent;
	}
}

static ssize_t outgoing_try(const struct outgoing *out, int more_flags)
{
	struct msghdr message = { .msg_iov = (struct iovec *)(uintptr_t)out->parts,
				  .msg_iovlen = out->count };

	return fdar_next()->sendmsg(out->fd, &message, out->flags | MSG_DONTWAIT | more_flags);
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* How long the descriptor's calls wait for room: SO_SNDTIMEO, or -1 for ever. */
static int64_t send_timeout_ms(int fd)
{
	struct timeval timeout = { 0, 0 };
	socklen_t size = sizeof(timeout);

	if (getsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, &size) != 0 ||
	    (timeout.tv_sec == 0 && timeout.tv_usec == 0))
		return -1;
	return (int64_t)timeout.tv_sec * 1000 + (timeout.tv_usec + 999) / 1000;
}

/* Sends what is left and waits for room as the kernel does: an error, a signal or the timeout end
 * it with what was sent by then, and an error is left for the next call to find, without SIGPIPE.
 */
static ssize_t outgoing_finish(struct outgoing *out, ssize_t sent)
{
	const struct fdar_next *next = fdar_next();
	int64_t timeout_ms = send_timeout_ms(out->fd);
	int64_t deadline_ms = timeout_ms < 0 ? 0 : now_ms() + timeout_ms;

	while (out->count > 0) {
		struct pollfd room = { .fd = out->fd, .events = POLLOUT };
		int64_t left_ms = timeout_ms < 0 ? -1 : deadline_ms - now_ms();
		ssize_t more;

		if (timeout_ms >= 0 && left_ms <= 0)
			break;
		if (next->poll(&room, 1, (int)(left_ms < INT_MAX ? left_ms : INT_MAX)) < 0 ||
		    (room.revents & (POLLERR | POLLHUP | POLLNVAL)))
			break;
		if (!(room.revents & POLLOUT))
			continue;
		more = outgoing_try(out, MSG_NOSIGNAL);
		if (more < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
			break;
		if (more > 0) {
			outgoing_advance(out, (size_t)more);
			sent += more;
		}
	}
	return sent;
}

enum outcome {
	SENT,     /* the result is final */
	NOT_SENT, /* nothing was done; the call can be made as it is */
	WOULD_WAIT
};

/* Sends all of it, or tells what is to be done instead. total is the sum of the parts' lengths. */
static enum outcome outgoing_send(struct outgoing *out, const char *what, size_t total,
				  ssize_t *result)
{
	int before = errno;
	ssize_t sent = outgoing_try(out, 0);

	if (sent < 0 && errno == ENOTSOCK)
		fdar_session_forget(out->fd);
	if (sent < 0 && fdar_instead_refused(errno)) {
		errno = before;
		return NOT_SENT;
	}
	if (fdar_would_wait(sent, out->fd, before))
		return WOULD_WAIT;
	*result = sent;
	if (sent <= 0 || (size_t)sent >= total || !fdar_descriptor_blocks(out->fd))
		return SENT;
	outgoing_advance(out, (size_t)sent);
	FDAR_WAIT_AROUND(*result, what, FDAR_WAIT_IO, out->fd, outgoing_finish(out, sent));
	errno = before;
	return SENT;
}

/* Whether sending in two steps is the same as in one, flags permitting. */
static bool flags_allow(int flags)
{
	const int harmless = MSG_NOSIGNAL | MSG_MORE | MSG_DONTROUTE | MSG_CONFIRM | MSG_EOR;

	return (flags & ~harmless) == 0;
}

/* Whether it cannot wait, so that the caller's own call is all there is to do. */
static bool is_direct(int fd, int flags)
{
	return fdar_look_socket(fd).nonblocking || flags & MSG_DONTWAIT;
}

/* The same of write() and writev(), which are not for sockets alone; wait is whether it would. */
static bool is_direct_write(int fd, bool *wait)
{
	struct fdar_look look = fdar_look(fd);

	*wait = look.kind == FDAR_OPEN_PIPE && !look.nonblocking &&
		!fdar_descriptor_ready(fd, POLLOUT);
	return look.nonblocking || look.kind == FDAR_OPEN_UNKNOWN || look.kind == FDAR_OPEN_FILE ||
	       look.kind == FDAR_OPEN_PIPE;
}

static enum outcome without_try(int fd, int flags)
{
	return !(flags & MSG_DONTWAIT) && fdar_descriptor_blocks(fd) ? WOULD_WAIT : NOT_SENT;
}

static void outgoing_of_buffer(struct outgoing *out, int fd, const void *buffer, size_t length,
			       int flags)
{
	out->fd = fd;
	out->flags = flags;
	out->parts[0].iov_base = (void *)(uintptr_t)buffer;
	out->parts[0].iov_len = length;
	out->count = 1;
}

static FDAR_APART enum outcome buffer_send(int fd, const char *what, const void *buffer,
					   size_t length, int flags, ssize_t *result)
{
	struct outgoing out;

	if (!flags_allow(flags))
		return without_try(fd, flags);
	outgoing_of_buffer(&out, fd, buffer, length, flags);
	return outgoing_send(&out, what, length, result);
}

static FDAR_APART enum outcome vector_send(int fd, const char *what, const struct iovec *parts,
					   size_t count, int flags, ssize_t *result)
{
	struct outgoing out;
	size_t total = 0;

	if (!flags_allow(flags) || count > PARTS_MAX)
		return without_try(fd, flags);
	out.fd = fd;
	out.flags = flags;
	out.count = count;
	for (size_t i = 0; i < count; i++) {
		out.parts[i] = parts[i];
		if (parts[i].iov_len > SSIZE_MAX - total)
			return NOT_SENT;
		total += parts[i].iov_len;
	}
	return total ? outgoing_send(&out, what, total, result) : NOT_SENT;
}

/* The rest of a sending function, after the outcome. */
#define SEND_REST(what, fd, outcome, result, call)                              \
	do {                                                                    \
		if ((outcome) == NOT_SENT)                                      \
			result = call;                                          \
		else if ((outcome) == WOULD_WAIT)                               \
			FDAR_WAIT_AROUND(result, what, FDAR_WAIT_IO, fd, call); \
	} while (0)

FDAR_WRAPPER ssize_t send(int fd, const void *buffer, size_t length, int flags)
{
	const struct fdar_next *next = fdar_next();
	enum outcome outcome = NOT_SENT;
	ssize_t result = -1;

	if (!FDAR_WATCHED())
		return next->send(fd, buffer, length, flags);
	if (!is_direct(fd, flags))
		outcome = buffer_send(fd, "send", buffer, length, flags, &result);
	SEND_REST("send", fd, outcome, result, next->send(fd, buffer, length, flags));
	fdar_io_buffer(FDAR_IO_WRITE, fd, result, buffer);
	return result;
}

/* write() of a socket is send() without flags, but for length 0. */
FDAR_WRAPPER ssize_t write(int fd, const void *buffer, size_t length)
{
	const struct fdar_next *next = fdar_next();
	enum outcome outcome = NOT_SENT;
	ssize_t result = -1;
	bool wait;

	if (!FDAR_WATCHED() || length == 0)
		return next->write(fd, buffer, length);
	if (!is_direct_write(fd, &wait))
		outcome = buffer_send(fd, "write", buffer, length, 0, &result);
	else if (wait)
		outcome = WOULD_WAIT;
	SEND_REST("write", fd, outcome, result, next->write(fd, buffer, length));
	fdar_io_buffer(FDAR_IO_WRITE, fd, result, buffer);
	return result;
}

FDAR_WRAPPER ssize_t writev(int fd, const struct iovec *parts, int count)
{
	const struct fdar_next *next = fdar_next();
	enum outcome outcome = NOT_SENT;
	ssize_t result = -1;
	bool wait;

	if (!FDAR_WATCHED() || count <= 0 || count > IOV_MAX)
		return next->writev(fd, parts, count);
	if (!is_direct_write(fd, &wait))
		outcome = vector_send(fd, "writev", parts, (size_t)count, 0, &result);
	else if (wait)
		outcome = WOULD_WAIT;
	SEND_REST("writev", fd, outcome, result, next->writev(fd, parts, count));
	fdar_io_vector(FDAR_IO_WRITE, fd, result, parts, (size_t)count);
	return result;
}

static FDAR_APART ssize_t sendto_watched(int fd, const void *buffer, size_t length, int flags,
					 __CONST_SOCKADDR_ARG address, socklen_t address_length)
{
	const struct fdar_next *next = fdar_next();
	int before = errno;
	struct outgoing out;
	ssize_t result =
		next->sendto(fd, buffer, length, flags | MSG_DONTWAIT, address, address_length);

	if (fdar_would_wait(result, fd, before)) {
		FDAR_WAIT_AROUND(result, "sendto", FDAR_WAIT_IO, fd,
				 next->sendto(fd, buffer, length, flags, address, address_length));
		return result;
	}
	if (result <= 0 || (size_t)result >= length || !fdar_descriptor_blocks(fd))
		return result;
	/* A stream, for which the address meant nothing. */
	outgoing_of_buffer(&out, fd, buffer, length, flags);
	outgoing_advance(&out, (size_t)result);
	FDAR_WAIT_AROUND(result, "sendto", FDAR_WAIT_IO, fd, outgoing_finish(&out, result));
	errno = before;
	return result;
}

FDAR_WRAPPER ssize_t sendto(int fd, const void *buffer, size_t length, int flags,
			    __CONST_SOCKADDR_ARG address, socklen_t address_length)
{
	const struct fdar_next *next = fdar_next();
	ssize_t result = -1;

	if (!FDAR_WATCHED())
		return next->sendto(fd, buffer, length, flags, address, address_length);
	if (address.__sockaddr__)
		fdar_session_datagram_sent(fd);
	if (is_direct(fd, flags))
		result = next->sendto(fd, buffer, length, flags, address, address_length);
	else if (flags_allow(flags))
		result = sendto_watched(fd, buffer, length, flags, address, address_length);
	else
		SEND_REST("sendto", fd, without_try(fd, flags), result,
			  next->sendto(fd, buffer, length, flags, address, address_length));
	fdar_io_buffer(FDAR_IO_WRITE, fd, result, buffer);
	return result;
}

FDAR_WRAPPER ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	const struct fdar_next *next = fdar_next();
	enum outcome outcome = NOT_SENT;
	ssize_t result = -1;

	if (!FDAR_WATCHED())
		return next->sendmsg(fd, message, flags);
	if (message->msg_namelen > 0)
		fdar_session_datagram_sent(fd);
	/* Descriptors that travel along, and addresses, go with one call only. */
	if (is_direct(fd, flags))
		outcome = NOT_SENT;
	else if (message->msg_controllen > 0 || message->msg_namelen > 0)
		outcome = without_try(fd, flags);
	else
		outcome = vector_send(fd, "sendmsg", message->msg_iov, message->msg_iovlen, flags,
				      &result);
	SEND_REST("sendmsg", fd, outcome, result, next->sendmsg(fd, message, flags));
	fdar_io_vector(FDAR_IO_WRITE, fd, result, message->msg_iov, message->msg_iovlen);
	return result;
}
