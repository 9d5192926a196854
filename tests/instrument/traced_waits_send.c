#include "traced_waits.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define BIG ((size_t)16 << 20) /* more than any socket buffer holds */

static char *big;

static void small(int ends[2])
{
	struct iovec parts[2] = { { "one", 3 }, { "three", 5 } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };
	static struct iovec many[2000];
	char data[128];

	for (unsigned i = 0; i < 2000; i++)
		many[i] = parts[0], many[i].iov_len = 1;
	said("send", send(ends[0], "text", 4, MSG_NOSIGNAL));
	said("send, nothing", send(ends[0], "", 0, 0));
	said("write", write(ends[0], "text", 4));
	said("write, nothing", write(ends[0], "", 0));
	said("writev", writev(ends[0], parts, 2));
	said("writev, no parts", writev(ends[0], parts, 0));
	said("writev, many parts", writev(ends[0], many, 100));
	expect_wait("writev", 1, ends[0], 100);
	said("writev, too many parts", writev(ends[0], many, 2000));
	said("sendmsg", sendmsg(ends[0], &message, 0));
	said("sendto without address", sendto(ends[0], "text", 4, 0, NULL, 0));
	said("all of it", recv(ends[1], data, 4 + 4 + 8 + 100 + 8 + 4, MSG_WAITALL));
	expect_wait("recv", 1, ends[1], 128);
}

/* More than fits: the rest follows while another thread reads, and all of it is right. */
static void large(int ends[2])
{
	struct iovec parts[3] = { { big, 5 },
				  { big + 5, BIG / 2 },
				  { big + 5 + BIG / 2, BIG / 2 } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 3 };

	later_drain(ends[1], BIG);
	said("send, large", send(ends[0], big, BIG, 0));
	expect_wait("send", 1, ends[0], (int64_t)BIG);
	later_done();
	later_drain(ends[1], BIG);
	said("write, large", write(ends[0], big, BIG));
	expect_wait("write", 1, ends[0], (int64_t)BIG);
	later_done();
	later_drain(ends[1], BIG + 5);
	said("writev, large", writev(ends[0], parts, 3));
	expect_wait("writev", 1, ends[0], (int64_t)BIG + 5);
	later_done();
	later_drain(ends[1], BIG + 5);
	said("sendmsg, large", sendmsg(ends[0], &message, 0));
	expect_wait("sendmsg", 1, ends[0], (int64_t)BIG + 5);
	later_done();
}

/* The bytes that arrive are those that were sent, in their order. */
static void content(int ends[2])
{
	struct iovec parts[2] = { { big, 12345 }, { big + 12345, BIG - 12345 } };
	char *got = malloc(BIG);
	size_t have = 0;
	pid_t child = fork();

	if (!got || child < 0)
		abort();
	if (child == 0) {
		_exit(writev(ends[0], parts, 2) == (ssize_t)BIG ? 0 : 1);
	}
	while (have < BIG) {
		ssize_t more = recv(ends[1], got + have, BIG - have, MSG_DONTWAIT);

		if (more > 0)
			have += (size_t)more;
		else if (more == 0)
			abort();
	}
	errno = 0;
	said("content is right", memcmp(got, big, BIG) == 0);
	free(got);
}

/* A local pair's buffer is full once and for all; TCP's may grow while one looks. */
static void full(void)
{
	struct timeval soon = { .tv_usec = 30000 }, never = { 0, 0 };
	ssize_t sent;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		abort();
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	sent = send(ends[0], big, BIG, 0);
	said("send, part and not blocking", sent > 0 && sent < (ssize_t)BIG);
	while (send(ends[0], big, BIG, 0) > 0)
		;
	said("send, full and not blocking", send(ends[0], big, BIG, 0));
	fcntl(ends[0], F_SETFL, 0);
	setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof(soon));
	said("send, timeout", send(ends[0], big, BIG, 0));
	expect_wait("send", 1, ends[0], -1);
	setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &never, sizeof(never));
	later_signal();
	said("write, signal", write(ends[0], big, BIG));
	expect_wait("write", 1, ends[0], -1);
	later_done();
	close_both(ends);
}

/* A part was sent when the timeout, or the peer, ended the wait: the part is the result. */
static void partly(void)
{
	struct timeval soon = { .tv_usec = 30000 };
	int ends[2];
	ssize_t sent;

	connected(ends);
	setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof(soon));
	sent = send(ends[0], big, BIG, 0);
	expect_wait("send", 1, ends[0], sent);
	said("send, part until the timeout", sent > 0 && sent < (ssize_t)BIG);
	close_both(ends);
}

static volatile sig_atomic_t pipes_broken;

static void count_sigpipe(int number)
{
	(void)number;
	pipes_broken++;
}

static void broken(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		abort();
	close(ends[1]);
	said("send, nobody there", send(ends[0], "text", 4, MSG_NOSIGNAL));
	signal(SIGPIPE, count_sigpipe);
	said("write, nobody there", write(ends[0], "text", 4));
	said("SIGPIPE", pipes_broken);
	signal(SIGPIPE, SIG_IGN);
	close(ends[0]);
}

/* A descriptor that travels with the bytes arrives once. */
static void descriptors(void)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr aligned;
	} control = { .bytes = { 0 } };
	struct iovec part = { "text", 4 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int ends[2], zero = 0;
	char data[16];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		abort();
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &zero, sizeof(int));
	said("sendmsg, descriptor", sendmsg(ends[0], &message, 0));
	expect_wait("sendmsg", 1, ends[0], 4);
	part.iov_base = data;
	part.iov_len = sizeof(data);
	message.msg_controllen = sizeof(control.bytes);
	said("recvmsg, descriptor", recvmsg(ends[1], &message, 0));
	expect_wait("recvmsg", 1, ends[1], 4);
	said("its size", (int64_t)message.msg_controllen == (int64_t)CMSG_SPACE(sizeof(int)));
	close_both(ends);
}

static void files(int ends[2])
{
	char path[] = "/tmp/traced_waits.XXXXXX";
	int file = mkstemp(path);
	char data[64];
	off_t at = 0;

	if (file < 0 || write(file, "0123456789", 10) != 10)
		abort();
	unlink(path);
	said("sendfile", sendfile(ends[0], file, &at, 10));
	expect_wait("sendfile", 1, ends[0], 10);
	said("its offset", at);
	until_arrived(ends[1]);
	said("what came", recv(ends[1], data, sizeof(data), MSG_DONTWAIT));
	close(file);
}

void waits_sending(void)
{
	int ends[2];

	big = malloc(BIG + 5);
	if (!big)
		abort();
	for (size_t i = 0; i < BIG + 5; i++)
		big[i] = (char)(i * 7 + i / 251);
	connected(ends);
	small(ends);
	large(ends);
	content(ends);
	files(ends);
	close_both(ends);
	full();
	partly();
	broken();
	descriptors();
	free(big);
}
