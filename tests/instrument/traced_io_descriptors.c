#include "traced_io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* One connection with many descriptors: one session, until the last of them is closed. */
static void duplicates(void)
{
	int ends[2], second, third, spare;

	connection(ends);
	second = dup(ends[1]);
	expect_io(FDAR_IO_DUP, ends[1], second);
	expect_opened(second);
	said("dup2", dup2(second, 200));
	expect_io(FDAR_IO_DUP, second, 200);
	expect_opened(200);
	said("dup3", dup3(ends[1], 201, O_CLOEXEC));
	expect_io(FDAR_IO_DUP, ends[1], 201);
	expect_opened(201);
	third = fcntl(ends[1], F_DUPFD, 300);
	expect_io(FDAR_IO_DUP, ends[1], third);
	expect_opened(third);
	expect_io(FDAR_IO_CLOSE, ends[1], 0);
	said("close, the accepted one", close(ends[1]));
	said("send on a copy", send(200, "text", 4, 0));
	expect_bytes(FDAR_IO_WRITE, 200, 4, "text");
	expect_io(FDAR_IO_CLOSE, second, 0);
	said("close, copy", close(second));
	expect_io(FDAR_IO_CLOSE, 201, 0);
	said("close, copy", close(201));
	expect_io(FDAR_IO_CLOSE, 200, 0);
	said("close, copy", close(200));
	/* Over the last one: it is closed without a call of its own. */
	spare = open("/dev/null", O_RDONLY);
	said("dup2, over it", dup2(spare, third));
	expect_end(ends[1]);
	expect_opened(third);
	said("close", close(third));
	close(spare);
	close_upstream(ends[0]);
}

static void streams(void)
{
	int ends[2];
	FILE *stream;

	connection(ends);
	stream = fdopen(ends[1], "r");
	expect_io(FDAR_IO_CLOSE, ends[1], 0);
	expect_end(ends[1]);
	said("fclose", fclose(stream));
	close_upstream(ends[0]);
}

/* What libc does not see: the number is used again, and the session that had it is over. */
static void unseen(void)
{
	int first[2], second[2];

	connection(first);
	syscall(SYS_close, first[0]);
	syscall(SYS_close, first[1]);
	expect_replaced(first);
	connection(second);
	said("the same number", second[1] == first[1]);
	close_session(second[1]);
	close_upstream(second[0]);
}

static void ranges(void)
{
	int one[2], two[2];

	connection(one);
	connection(two);
	said("close_range, not to close",
	     close_range((unsigned)one[0], (unsigned)two[1], CLOSE_RANGE_CLOEXEC));
	said("close_range, wrong", close_range(5, 4, 0));
	expect_io(FDAR_IO_CLOSE, one[0], 0);
	expect_io(FDAR_IO_CLOSE, one[1], 0);
	expect_end(one[1]);
	said("close_range", close_range((unsigned)one[0], (unsigned)one[1], 0));
	expect_io(FDAR_IO_CLOSE, two[0], 0);
	expect_io(FDAR_IO_CLOSE, two[1], 0);
	expect_end(two[1]);
	said("close_range", close_range((unsigned)two[0], 899, 0));
	said("it is closed", write(two[1], "x", 1));
}

/* As daemons do, one after the other; the tracer's own descriptors stay as they are. */
static void loop(void)
{
	int ends[2], closed = 0;

	connection(ends);
	expect_io(FDAR_IO_CLOSE, ends[0], 0);
	expect_io(FDAR_IO_CLOSE, ends[1], 0);
	expect_end(ends[1]);
	for (int fd = 3; fd < 899; fd++)
		closed += close(fd) == 0;
	said("close, in a loop", closed >= 2);
	connection(ends);
	close_session(ends[1]);
	close_upstream(ends[0]);
}

/* A connection that another process might have accepted: its session begins with its first I/O. */
static void passed(void)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr aligned;
	} control = { .bytes = { 0 } };
	char data[4] = "text";
	struct iovec part = { data, 4 };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int ends[2], pair[2], fd;

	connection(ends);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) < 0)
		abort();
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &ends[1], sizeof(int));
	said("sendmsg, descriptor", sendmsg(pair[0], &message, 0));
	message.msg_controllen = sizeof(control.bytes);
	said("recvmsg, descriptor", recvmsg(pair[1], &message, 0));
	memcpy(&fd, CMSG_DATA(header), sizeof(fd));
	close_session(ends[1]);
	expect_begin(fd);
	said("send, on what came", send(fd, "text", 4, 0));
	expect_bytes(FDAR_IO_WRITE, fd, 4, "text");
	close_session(fd);
	close_upstream(ends[0]);
	close(pair[0]);
	close(pair[1]);
}

void io_descriptors(void)
{
	duplicates();
	streams();
	unseen();
	passed();
	ranges();
	loop();
}
