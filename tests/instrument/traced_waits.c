#include "traced_waits.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static FILE *expectations;

void said(const char *call, int64_t result)
{
	printf("%s %" PRId64 "%s%s\n", call, result, result < 0 ? " " : "",
	       result < 0 ? strerrorname_np(errno) : "");
	errno = 0;
}

void expect_wait(const char *what, unsigned kind, int fd, int64_t result)
{
	fprintf(expectations, "wait_begin what = \"%s\", kind = %u, fd = %d\n", what, kind, fd);
	fprintf(expectations, "wait_end result = %" PRId64 "\n", result);
}

/* By its state, not by the clock: the machine may be busy. */
void until_waits(const char *path)
{
	char text[256];

	/* It may sleep for a moment before, for a lock of the tracer's. */
	for (unsigned tries = 0, asleep = 0; asleep < 3 && tries < 50000; tries++) {
		FILE *stat;
		char state = 'R';

		usleep(2000);
		stat = fopen(path, "r");
		if (stat && fgets(text, sizeof(text), stat) && strrchr(text, ')'))
			state = strrchr(text, ')')[2];
		if (stat)
			fclose(stat);
		asleep = state == 'S' ? asleep + 1 : 0;
	}
}

void until_main_waits(void)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
	until_waits(path);
}

void until_arrived(int fd)
{
	char byte;

	while (recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0)
		sched_yield();
	errno = 0;
}

void give(int from, int to, const char *text)
{
	if (send(from, text, strlen(text), 0) < 0)
		abort();
	until_arrived(to);
}

/* One thing for another thread to do. */
static struct {
	pthread_t thread, main;
	int fd;
	const char *text;
	size_t bytes;
} later;

static void *send_text(void *nothing)
{
	until_main_waits();
	if (send(later.fd, later.text, strlen(later.text), 0) < 0)
		abort();
	return nothing;
}

static void *drain(void *nothing)
{
	static char dropped[65536];

	until_main_waits();
	while (later.bytes > 0) {
		ssize_t got = recv(later.fd, dropped, sizeof(dropped), 0);

		if (got <= 0)
			abort();
		later.bytes -= (size_t)got;
	}
	return nothing;
}

static void *connect_to(void *nothing)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	until_main_waits();
	if (getsockname(later.fd, (struct sockaddr *)&address, &length) < 0 ||
	    connect(fd, (struct sockaddr *)&address, length) < 0)
		abort();
	close(fd);
	return nothing;
}

static void *send_signal(void *nothing)
{
	until_main_waits();
	pthread_kill(later.main, SIGUSR1);
	return nothing;
}

static void start(void *(*run)(void *), int fd)
{
	later.main = pthread_self();
	later.fd = fd;
	if (pthread_create(&later.thread, NULL, run, NULL) != 0)
		abort();
}

void later_send(int fd, const char *text)
{
	later.text = text;
	start(send_text, fd);
}

void later_drain(int fd, size_t bytes)
{
	later.bytes = bytes;
	start(drain, fd);
}

void later_connect(int listener)
{
	start(connect_to, listener);
}

void later_signal(void)
{
	start(send_signal, -1);
}

void *thread_done(pthread_t thread)
{
	void *result = NULL;

	while (pthread_tryjoin_np(thread, &result) == EBUSY)
		sched_yield();
	return result;
}

void later_done(void)
{
	thread_done(later.thread);
}

int listening(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 8) < 0)
		abort();
	return fd;
}

void connected(int ends[2])
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	int listener = listening();

	/* Without a wait, for loopback connects at once. */
	ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	if (getsockname(listener, (struct sockaddr *)&address, &length) < 0 ||
	    (connect(ends[0], (struct sockaddr *)&address, length) < 0 && errno != EINPROGRESS) ||
	    fcntl(ends[0], F_SETFL, 0) < 0)
		abort();
	errno = 0;
	ends[1] = accept(listener, NULL, NULL);
	expect_wait("accept", 3, listener, ends[1]);
	close(listener);
}

void close_both(int ends[2])
{
	close(ends[0]);
	close(ends[1]);
}

static void ignore(int number)
{
	(void)number;
}

int main(void)
{
	struct sigaction action = { .sa_handler = ignore };

	expectations = fdopen(3, "w");
	if (!expectations)
		return 2;
	sigaction(SIGUSR1, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	errno = 0;
	waits_receiving();
	waits_sending();
	waits_polling();
	waits_of_threads();
	waits_of_locks();
	waits_of_others();
	fclose(expectations);
	return 0;
}
