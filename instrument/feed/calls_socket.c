/* Sockets: where the server would listen, and whom it would take. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "feed/baton.h"
#include "feed/connections.h"
#include "feed/next.h"
#include "feed/script.h"

#define FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)

static bool fed(const void *caller)
{
	return fdar_feed_header() && !fdar_feed_is_tracer(caller);
}

FDAR_FEED_CALL int socket(int domain, int type, int protocol)
{
	if (!fed(__builtin_return_address(0)) || domain == AF_UNIX || domain == AF_NETLINK)
		return FDAR_NEXT(socket)(domain, type, protocol);
	if (domain != AF_INET && domain != AF_INET6)
		fdar_feed_refuse("the server asks for a socket of address family %d: only TCP over "
				 "IPv4 and IPv6 can be fed",
				 domain);
	if ((type & ~FLAGS) != SOCK_STREAM || (protocol && protocol != IPPROTO_TCP))
		fdar_feed_refuse(
			"the server asks for a socket of type %d, protocol %d: only TCP can "
			"be fed",
			type & ~FLAGS, protocol);
	fdar_baton_join();
	return fdar_socket_new(domain, type & FLAGS);
}

FDAR_FEED_CALL int bind(int fd, __CONST_SOCKADDR_ARG given, socklen_t length)
{
	struct fdar_socket *one = fdar_socket_of(fd);
	const struct sockaddr *address = given.__sockaddr__;
	uint16_t port = 0;

	if (!one)
		return FDAR_NEXT(bind)(fd, given, length);
	if (length <
	    (one->family == 6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in))) {
		errno = EINVAL;
		return -1;
	}
	memset(&one->bound, 0, sizeof(one->bound));
	memcpy(&one->bound, address, length < sizeof(one->bound) ? length : sizeof(one->bound));
	memcpy(&port, (const char *)address + offsetof(struct sockaddr_in, sin_port), sizeof(port));
	/* Any free port: that of the capture, as far as it is known. */
	if (!port && fdar_feed_step()) {
		port = htons(fdar_feed_step()->server.port);
		memcpy((char *)&one->bound + offsetof(struct sockaddr_in, sin_port), &port,
		       sizeof(port));
	}
	one->port = ntohs(port);
	return 0;
}

FDAR_FEED_CALL int listen(int fd, int backlog)
{
	if (!fdar_socket_of(fd))
		return FDAR_NEXT(listen)(fd, backlog);
	if (getpid() != fdar_feed_owner())
		fdar_feed_refuse("the server made another process, which listens: the one that is "
				 "started is fed, in the foreground");
	fdar_socket_listen(fd);
	return 0;
}

FDAR_FEED_CALL int connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t length)
{
	if (fdar_socket_of(fd))
		fdar_feed_refuse("the server connects to another one: what that says is not in "
				 "the capture's hands");
	return FDAR_NEXT(connect)(fd, address, length);
}

static bool is_asked(void *user)
{
	return fdar_socket_is_asked(*(int *)user);
}

static int take(int fd, __SOCKADDR_ARG address, socklen_t *length, int flags)
{
	struct fdar_socket *one = fdar_socket_of(fd);
	int made;

	if (one->kind != FDAR_SOCKET_LISTENS) {
		errno = EINVAL;
		return -1;
	}
	if (!(FDAR_NEXT(fcntl)(fd, F_GETFL) & O_NONBLOCK) && fdar_baton_has() &&
	    fdar_baton_wait(is_asked, &fd, FDAR_NEVER, true) == FDAR_WAKE_SIGNAL) {
		errno = EINTR;
		return -1;
	}
	made = fdar_socket_accept(fd, flags & FLAGS);
	if (fdar_baton_has())
		fdar_baton_look(made >= 0);
	if (made >= 0 && address.__sockaddr__)
		fdar_socket_address(fdar_socket_of(made), true, address.__sockaddr__, length);
	return made;
}

FDAR_FEED_CALL int accept(int fd, __SOCKADDR_ARG address, socklen_t *length)
{
	return fdar_socket_of(fd) ? take(fd, address, length, 0)
				  : FDAR_NEXT(accept)(fd, address, length);
}

FDAR_FEED_CALL int accept4(int fd, __SOCKADDR_ARG address, socklen_t *length, int flags)
{
	return fdar_socket_of(fd) ? take(fd, address, length, flags)
				  : FDAR_NEXT(accept4)(fd, address, length, flags);
}

FDAR_FEED_CALL int getpeername(int fd, __SOCKADDR_ARG address, socklen_t *length)
{
	const struct fdar_socket *one = fdar_socket_of(fd);

	if (!one)
		return FDAR_NEXT(getpeername)(fd, address, length);
	if (one->kind != FDAR_SOCKET_CONNECTION) {
		errno = ENOTCONN;
		return -1;
	}
	fdar_socket_address(one, true, address.__sockaddr__, length);
	return 0;
}

FDAR_FEED_CALL int getsockname(int fd, __SOCKADDR_ARG address, socklen_t *length)
{
	const struct fdar_socket *one = fdar_socket_of(fd);

	if (!one)
		return FDAR_NEXT(getsockname)(fd, address, length);
	fdar_socket_address(one, false, address.__sockaddr__, length);
	return 0;
}

/* How a network would be used means nothing here. */
FDAR_FEED_CALL int setsockopt(int fd, int level, int name, const void *value, socklen_t length)
{
	if (!fdar_socket_of(fd) ||
	    (level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO)))
		return FDAR_NEXT(setsockopt)(fd, level, name, value, length);
	return 0;
}

FDAR_FEED_CALL int getsockopt(int fd, int level, int name, void *value, socklen_t *length)
{
	if (!fdar_socket_of(fd) ||
	    (level == SOL_SOCKET &&
	     (name == SO_ERROR || name == SO_TYPE || name == SO_SNDBUF || name == SO_RCVBUF ||
	      name == SO_RCVTIMEO || name == SO_SNDTIMEO)))
		return FDAR_NEXT(getsockopt)(fd, level, name, value, length);
	if (value && length)
		memset(value, 0, *length);
	return 0;
}

FDAR_FEED_CALL int shutdown(int fd, int how)
{
	struct fdar_socket *one = fdar_socket_of(fd);

	if (!one || one->kind == FDAR_SOCKET_CONNECTION) {
		if (one)
			fdar_socket_drain(one);
		return FDAR_NEXT(shutdown)(fd, how);
	}
	one->shut = true;
	return 0;
}

FDAR_FEED_CALL int close(int fd)
{
	fdar_socket_forget(fd);
	return FDAR_NEXT(close)(fd);
}

/* ---- what would lose track ---- */

__attribute__((noreturn)) static void refuse_copy(const char *call)
{
	fdar_feed_refuse("the server copies a socket (%s): that cannot be followed", call);
}

FDAR_FEED_CALL int dup(int fd)
{
	if (fdar_socket_of(fd))
		refuse_copy("dup");
	return FDAR_NEXT(dup)(fd);
}

FDAR_FEED_CALL int dup2(int fd, int other)
{
	if (fdar_socket_of(fd) && fd != other)
		refuse_copy("dup2");
	fdar_socket_forget(fd == other ? -1 : other);
	return FDAR_NEXT(dup2)(fd, other);
}

FDAR_FEED_CALL int dup3(int fd, int other, int flags)
{
	if (fdar_socket_of(fd) && fd != other)
		refuse_copy("dup3");
	fdar_socket_forget(fd == other ? -1 : other);
	return FDAR_NEXT(dup3)(fd, other, flags);
}

static void check_fcntl(int fd, int command)
{
	if (fdar_socket_of(fd) && (command == F_DUPFD || command == F_DUPFD_CLOEXEC))
		refuse_copy("fcntl");
}

FDAR_FEED_CALL int fcntl(int fd, int command, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, command);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	check_fcntl(fd, command);
	return FDAR_NEXT(fcntl)(fd, command, argument);
}

FDAR_FEED_CALL int fcntl64(int fd, int command, ...)
{
	va_list arguments;
	void *argument;

	va_start(arguments, command);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	check_fcntl(fd, command);
	return FDAR_NEXT(fcntl)(fd, command, argument);
}
