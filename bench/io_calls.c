/*
 * Nanoseconds of processor time a call, of calls that libflowdar-io.so stands in front of: run by
 * bench/io.sh with and without it. Each is the best of ROUNDS, to keep others' work out.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 7

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int ends[2], file, epoll;

static void lock_unlock(void)
{
	pthread_mutex_lock(&mutex);
	pthread_mutex_unlock(&mutex);
}

static void send_recv(void)
{
	char byte = 'x';

	if (send(ends[0], &byte, 1, 0) != 1 || recv(ends[1], &byte, 1, 0) != 1)
		abort();
}

static void write_file(void)
{
	if (write(file, "x", 1) != 1)
		abort();
}

static void epoll_once(void)
{
	struct epoll_event event;

	if (epoll_wait(epoll, &event, 1, 0) != 0)
		abort();
}

static double cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void measure(const char *name, void (*call)(void), int count)
{
	double best = 1e18;

	for (int round = 0; round < ROUNDS; round++) {
		double begin = cpu_ns(), each;

		for (int i = 0; i < count; i++)
			call();
		each = (cpu_ns() - begin) / count;
		if (each < best)
			best = each;
	}
	printf("%s %.1f\n", name, best);
}

int main(void)
{
	file = open("/dev/null", O_WRONLY);
	epoll = epoll_create1(0);
	if (file < 0 || epoll < 0 || socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
		return 1;
	measure("lock+unlock", lock_unlock, 2000000);
	measure("send+recv", send_recv, 50000);
	measure("write(/dev/null)", write_file, 100000);
	measure("epoll_wait(0)", epoll_once, 100000);
	return 0;
}
