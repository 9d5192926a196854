/*
 * A server whose work is mostly a function of a nanosecond: what recording costs is a multiple of what it
 * does. Each session has STEPS calls of it, and milliseconds of plain work beside. Says what a session took,
 * of its processor, on SIGTERM and SIGINT.
 *
 *	tiny STEPS PLAIN	listens on a port of its own choice and prints it
 */
#include <arpa/inet.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define WORK __attribute__((noinline))

static uint64_t total_ns, sessions;

static uint64_t processor_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

WORK uint32_t step(uint32_t x)
{
	return x * 1664525u + 1013904223u;
}

WORK uint32_t many(uint32_t steps)
{
	uint32_t x = 1;

	for (uint32_t i = 0; i < steps; i++)
		x = step(x);
	return x;
}

WORK uint32_t plain(uint32_t loops)
{
	volatile uint32_t x = 1;

	for (uint32_t i = 0; i < loops; i++)
		x = x * 3 + 1;
	return x;
}

WORK void serve(int fd, uint32_t steps, uint32_t loops)
{
	char text[64];

	if (read(fd, text, sizeof(text)) <= 0)
		return;
	uint64_t begin_ns = processor_ns();
	uint32_t x = many(steps) + plain(loops);
	total_ns += processor_ns() - begin_ns;
	sessions++;
	int length = snprintf(text, sizeof(text), "%010u\n", x);
	if (write(fd, text, (size_t)length) < 0)
		return;
}

static void say(int signal)
{
	char text[64];
	int length = snprintf(text, sizeof(text), "took %lu ns\n",
			      (unsigned long)(sessions ? total_ns / sessions : 0));

	(void)signal;
	_exit(write(STDOUT_FILENO, text, (size_t)length) < 0);
}

int main(int argc, char **argv)
{
	uint32_t steps = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 200000;
	uint32_t loops = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 6000000;
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(listener, 64) != 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &length) != 0)
		return 1;
	signal(SIGTERM, say);
	signal(SIGINT, say);
	printf("listening on %d\n", ntohs(address.sin_port));
	fflush(stdout);
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		serve(fd, steps, loops);
		close(fd);
	}
}
