/*
 * Signal handlers that do I/O, on a client's connection of their own, while the program and a second
 * thread do theirs, wait for locks and are interrupted anywhere, in the tracer as well. Says how
 * often the handler ran and what was sent and received; wrong bytes end it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ROUNDS 20000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static int handlers[2];
static volatile sig_atomic_t handled, stop;

static void connected(int ends[2])
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ends[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 8) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &length) < 0 ||
	    connect(ends[0], (struct sockaddr *)&address, length) < 0)
		abort();
	ends[1] = accept(listener, NULL, NULL);
	close(listener);
}

static void on_alarm(int number)
{
	int before = errno;
	char byte = 'h';

	(void)number;
	if (send(handlers[0], &byte, 1, 0) != 1 || recv(handlers[1], &byte, 1, 0) != 1 ||
	    byte != 'h')
		abort();
	handled++;
	errno = before;
}

static void *quarrel(void *nothing)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, NULL);
	while (!stop) {
		pthread_mutex_lock(&mutex);
		pthread_mutex_unlock(&mutex);
	}
	return nothing;
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct itimerval often = { { 0, 300 }, { 0, 300 } }, never = { { 0, 0 }, { 0, 0 } };
	int ends[2], sum = 0;
	pthread_t thread;

	connected(ends);
	connected(handlers);
	sigaction(SIGALRM, &action, NULL);
	pthread_create(&thread, NULL, quarrel, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		unsigned char byte = (unsigned char)i;

		errno = 77;
		if (send(ends[0], &byte, 1, 0) != 1 || read(ends[1], &byte, 1) != 1 ||
		    byte != (unsigned char)i || errno != 77)
			abort();
		pthread_mutex_lock(&mutex);
		sum += byte;
		pthread_mutex_unlock(&mutex);
	}
	setitimer(ITIMER_REAL, &never, NULL);
	stop = 1;
	pthread_join(thread, NULL);
	printf("%d sum %d\n", handled > 10, sum);
	printf("%d %d %d %d\n", ends[0], ends[1], handlers[0], (int)handled);
	return 0;
}
