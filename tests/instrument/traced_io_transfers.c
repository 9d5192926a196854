#include "traced_io.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

/* Of a size that the compiler does not know: fortified programs then call the checked forms. */
static size_t room(void)
{
	static volatile size_t bytes = 32;

	return bytes;
}

static void writes(int ends[2])
{
	struct iovec parts[2] = { { "one,", 4 }, { "two and three", 13 } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	struct mmsghdr two[2] = { { .msg_hdr = message }, { .msg_hdr = message } };
	char got[128];

	said("send", send(ends[0], "hello", 5, 0));
	expect_bytes(FDAR_IO_WRITE, ends[0], 5, "hello");
	said("write", write(ends[0], "hello, world", 12));
	expect_bytes(FDAR_IO_WRITE, ends[0], 12, "hello, world");
	said("writev", writev(ends[0], parts, 2));
	expect_bytes(FDAR_IO_WRITE, ends[0], 17, "one,two and three");
	said("sendto", sendto(ends[0], "hello", 5, 0, NULL, 0));
	expect_bytes(FDAR_IO_WRITE, ends[0], 5, "hello");
	said("sendmsg", sendmsg(ends[0], &message, 0));
	expect_bytes(FDAR_IO_WRITE, ends[0], 17, "one,two and three");
	said("sendmmsg", sendmmsg(ends[0], two, 2, 0));
	expect_wait("sendmmsg", FDAR_WAIT_IO, ends[0], 2);
	expect_bytes(FDAR_IO_WRITE, ends[0], 17, "one,two and three");
	expect_bytes(FDAR_IO_WRITE, ends[0], 17, "one,two and three");
	said("all of it", recv(ends[1], got, 90, MSG_WAITALL));
	expect_wait("recv", FDAR_WAIT_IO, ends[1], 90);
	expect_bytes(FDAR_IO_READ, ends[1], 90, "hellohello, world");
}

static void give(int ends[2], const char *text)
{
	if (send(ends[0], text, strlen(text), 0) < 0)
		abort();
	expect_bytes(FDAR_IO_WRITE, ends[0], (int64_t)strlen(text), text);
	until_arrived(ends[1]);
}

static void reads(int ends[2])
{
	char got[32], more[32];
	struct iovec parts[2] = { { got, 3 }, { more, 29 } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	struct mmsghdr one = { .msg_hdr = message };

	give(ends, "to look at");
	said("recv, to look", recv(ends[1], got, room(), MSG_PEEK));
	expect_io(FDAR_IO_OTHER, ends[1], 10);
	said("recv", recv(ends[1], got, room(), 0));
	expect_bytes(FDAR_IO_READ, ends[1], 10, "to look at");
	give(ends, "read");
	said("read", read(ends[1], got, room()));
	expect_bytes(FDAR_IO_READ, ends[1], 4, "read");
	give(ends, "in two parts");
	said("readv", readv(ends[1], parts, 2));
	expect_bytes(FDAR_IO_READ, ends[1], 12, "in two parts");
	give(ends, "recvfrom");
	said("recvfrom", recvfrom(ends[1], got, room(), 0, NULL, NULL));
	expect_bytes(FDAR_IO_READ, ends[1], 8, "recvfrom");
	give(ends, "recvmsg");
	said("recvmsg", recvmsg(ends[1], &message, 0));
	expect_bytes(FDAR_IO_READ, ends[1], 7, "recvmsg");
	give(ends, "recvmmsg");
	said("recvmmsg", recvmmsg(ends[1], &one, 1, MSG_WAITFORONE, NULL));
	expect_io(FDAR_IO_READ, ends[1], 8);
	said("recv, nothing there", recv(ends[1], got, room(), MSG_DONTWAIT));
}

static void files(int ends[2])
{
	char path[] = "/tmp/traced_io.XXXXXX", got[64];
	int file = mkstemp(path), pipes[2];
	off_t at = 0;

	if (file < 0 || write(file, "0123456789", 10) != 10 || pipe(pipes) < 0)
		abort();
	unlink(path);
	said("sendfile", sendfile(ends[0], file, &at, 10));
	expect_wait("sendfile", FDAR_WAIT_IO, ends[0], 10);
	expect_io(FDAR_IO_WRITE, ends[0], 10);
	until_arrived(ends[1]);
	said("splice, out of a socket", splice(ends[1], NULL, pipes[1], NULL, 10, 0));
	expect_wait("splice", FDAR_WAIT_IO, ends[1], 10);
	expect_io(FDAR_IO_READ, ends[1], 10);
	said("splice, into a socket", splice(pipes[0], NULL, ends[1], NULL, 10, 0));
	expect_wait("splice", FDAR_WAIT_IO, ends[1], 10);
	expect_io(FDAR_IO_WRITE, ends[1], 10);
	until_arrived(ends[0]);
	said("recv, there and back", recv(ends[0], got, sizeof(got), 0));
	expect_bytes(FDAR_IO_READ, ends[0], 10, "0123456789");
	said("write, file", write(file, "more", 4));
	said("read, file", pread(file, got, sizeof(got), 0));
	close(file);
	close(pipes[0]);
	close(pipes[1]);
}

static void ends_of_life(int ends[2])
{
	char got[8];

	said("shutdown", shutdown(ends[0], SHUT_WR));
	expect_io(FDAR_IO_SHUTDOWN, ends[0], 0);
	until_arrived(ends[1]);
	said("read, the end", read(ends[1], got, room() / 4));
	expect_io(FDAR_IO_READ, ends[1], 0);
	said("send, after the end", send(ends[0], "x", 1, MSG_NOSIGNAL));
	expect_io(FDAR_IO_WRITE, ends[0], -EPIPE);
	close_session(ends[1]);
	close_upstream(ends[0]);
}

static void not_blocking(void)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6,
					.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	char got[8];
	int ends[2], on = 1;

	connection_of((struct sockaddr *)&address, sizeof(address), SOCK_NONBLOCK | SOCK_CLOEXEC,
		      ends);
	said("read, nothing there", read(ends[1], got, sizeof(got)));
	said("recv, nothing there", recv(ends[1], got, sizeof(got), 0));
	give(ends, "text");
	said("read, not blocking", read(ends[1], got, sizeof(got)));
	expect_bytes(FDAR_IO_READ, ends[1], 4, "text");
	said("write, not blocking", write(ends[1], "text", 4));
	expect_bytes(FDAR_IO_WRITE, ends[1], 4, "text");
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	until_arrived(ends[0]);
	said("recv, not blocking by now", recv(ends[0], got, sizeof(got), 0));
	expect_bytes(FDAR_IO_READ, ends[0], 4, "text");
	said("recv, no more", recv(ends[0], got, sizeof(got), 0));
	fcntl(ends[1], F_SETFL, 0);
	give(ends, "text");
	said("read, blocking by now", read(ends[1], got, sizeof(got)));
	expect_bytes(FDAR_IO_READ, ends[1], 4, "text");
	(void)on;
	close_session(ends[1]);
	close_upstream(ends[0]);
}

static void local(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int ends[2];

	sprintf(address.sun_path, "/tmp/traced_io.%d", getpid());
	connection_of((struct sockaddr *)&address, sizeof(address), 0, ends);
	unlink(address.sun_path);
	give(ends, "text");
	close_session(ends[1]);
	close_upstream(ends[0]);
}

void io_transfers(void)
{
	int ends[2];

	connection(ends);
	writes(ends);
	reads(ends);
	files(ends);
	ends_of_life(ends);
	not_blocking();
	local();
}
