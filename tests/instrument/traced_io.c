#include "traced_io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#define FDS 1024

static FILE *expectations;

static int closed_unseen[2] = { -1, -1 };

/* How often each descriptor was opened, as libflowdar-io.so is to count it, and its session. */
static uint32_t generations[FDS];
static uint64_t keys[FDS];

void said(const char *call, int64_t result)
{
	printf("%s %" PRId64 "%s%s\n", call, result, result < 0 ? " " : "",
	       result < 0 ? strerrorname_np(errno) : "");
	fflush(stdout);
	errno = 0;
}

void expect_line(const char *line)
{
	fprintf(expectations, "%s\n", line);
	fflush(expectations);
}

void expect_io(enum fdar_io_op op, int fd, int64_t result)
{
	fprintf(expectations, "io op = %d, fd = %d, result = %" PRId64 "\n", op, fd, result);
	fflush(expectations);
}

void expect_wait(const char *what, enum fdar_wait_kind kind, int fd, int64_t result)
{
	fprintf(expectations, "wait_begin what = \"%s\", kind = %d, fd = %d\n", what, kind, fd);
	fprintf(expectations, "wait_end result = %" PRId64 "\n", result);
	fflush(expectations);
}

void expect_bytes(enum fdar_io_op op, int fd, int64_t result, const char *text)
{
	expect_io(op, fd, result);
	fprintf(expectations, "bytes label = \"%s\", total = %" PRId64 ", data =",
		op == FDAR_IO_READ ? "read" : "write", result);
	for (int i = 0; i < 8 && i < result; i++)
		fprintf(expectations, " %02X", (unsigned char)text[i]);
	fputc('\n', expectations);
	fflush(expectations);
}

void expect_opened(int fd)
{
	generations[fd]++;
}

static void address_format(const struct sockaddr_storage *address, socklen_t length, char *text)
{
	char ip[INET6_ADDRSTRLEN];

	if (address->ss_family == AF_INET) {
		const struct sockaddr_in *ip4 = (const void *)address;

		sprintf(text, "%s:%d", inet_ntop(AF_INET, &ip4->sin_addr, ip, sizeof(ip)),
			ntohs(ip4->sin_port));
	} else if (address->ss_family == AF_INET6) {
		const struct sockaddr_in6 *ip6 = (const void *)address;

		sprintf(text, "[%s]:%d", inet_ntop(AF_INET6, &ip6->sin6_addr, ip, sizeof(ip)),
			ntohs(ip6->sin6_port));
	} else {
		const struct sockaddr_un *name = (const void *)address;

		sprintf(text, "unix:%s", length > sizeof(sa_family_t) ? name->sun_path : "");
	}
}

void expect_begin(int fd)
{
	struct sockaddr_storage address;
	char peer[160];
	socklen_t length = sizeof(address);

	generations[fd]++;
	keys[fd] = (uint32_t)fd | (uint64_t)generations[fd] << 32;
	memset(&address, 0, sizeof(address));
	getpeername(fd, (struct sockaddr *)&address, &length);
	address_format(&address, length, peer);
	fprintf(expectations, "session_begin key = 0x%" PRIX64 ", peer = \"%s\", fd = %d\n",
		keys[fd], peer, fd);
	fflush(expectations);
	errno = 0;
}

void expect_end(int fd)
{
	fprintf(expectations, "session_end key = 0x%" PRIX64 "\n", keys[fd]);
	fflush(expectations);
}

void expect_replaced(const int ends[2])
{
	memcpy(closed_unseen, ends, sizeof(closed_unseen));
}

void until_arrived(int fd)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };

	while (poll(&one, 1, 0) == 0)
		;
	errno = 0;
}

void connection_of(const struct sockaddr *address, socklen_t length, int flags, int ends[2])
{
	int listener = socket(address->sa_family, SOCK_STREAM, 0);
	struct sockaddr_storage bound, peer;
	socklen_t bound_length = sizeof(bound), peer_length = sizeof(peer);

	if (bind(listener, address, length) < 0 || listen(listener, 8) < 0 ||
	    getsockname(listener, (struct sockaddr *)&bound, &bound_length) < 0)
		abort();
	ends[0] = socket(address->sa_family, SOCK_STREAM, 0);
	if (connect(ends[0], (struct sockaddr *)&bound, bound_length) < 0)
		abort();
	expect_wait("connect", FDAR_WAIT_IO, ends[0], 0);
	if (ends[0] != closed_unseen[0])
		expect_opened(ends[0]);
	expect_io(FDAR_IO_CONNECT, ends[0], 0);
	if (flags)
		ends[1] = accept4(listener, NULL, NULL, flags);
	else
		ends[1] = accept(listener, (struct sockaddr *)&peer, &peer_length);
	if (ends[1] < 0)
		abort();
	expect_wait(flags ? "accept4" : "accept", FDAR_WAIT_ACCEPT, listener, ends[1]);
	if (ends[1] == closed_unseen[1])
		expect_end(ends[1]);
	closed_unseen[0] = closed_unseen[1] = -1;
	expect_io(FDAR_IO_ACCEPT, listener, ends[1]);
	expect_begin(ends[1]);
	close(listener);
	errno = 0;
}

void connection(int ends[2])
{
	struct sockaddr_in address = { .sin_family = AF_INET };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	connection_of((struct sockaddr *)&address, sizeof(address), 0, ends);
}

void close_upstream(int fd)
{
	expect_io(FDAR_IO_CLOSE, fd, 0);
	said("close, upstream", close(fd));
}

void close_session(int fd)
{
	expect_io(FDAR_IO_CLOSE, fd, 0);
	expect_end(fd);
	said("close, session", close(fd));
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "inetd") == 0)
		return io_inetd();

	/* High, for descriptors are to be closed from the lower ones on. */
	int high = fcntl(3, F_DUPFD_CLOEXEC, 900);

	if (high < 0 || !(expectations = fdopen(high, "w")))
		return 2;
	signal(SIGPIPE, SIG_IGN);
	errno = 0;
	io_transfers();
	io_descriptors();
	io_processes(argv[0]);
	return 0;
}
