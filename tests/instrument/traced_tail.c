/*
 * Whose calls of libc are its functions' last deeds: at -O2 they are jumps, and what is called finds
 * the address that the function itself was to return to. One thread is the server, the other its
 * clients, who do nothing before the server waits for it: so each wait of the server is one.
 */
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CLIENTS 3
#define TALKS   4

static struct sockaddr_in address = { .sin_family = AF_INET };
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

__attribute__((noinline)) static int my_accept(int listener)
{
	return accept(listener, NULL, NULL);
}

__attribute__((noinline)) static ssize_t my_read(int fd, void *buffer, size_t room)
{
	return read(fd, buffer, room);
}

__attribute__((noinline)) static ssize_t my_recv(int fd, void *buffer, size_t room)
{
	return recv(fd, buffer, room, 0);
}

__attribute__((noinline)) static ssize_t my_send(int fd, const void *buffer, size_t bytes)
{
	return send(fd, buffer, bytes, MSG_NOSIGNAL);
}

__attribute__((noinline)) static int my_poll(struct pollfd *fds)
{
	return poll(fds, 1, -1);
}

__attribute__((noinline)) static int my_lock(void)
{
	return pthread_mutex_lock(&mutex);
}

__attribute__((noinline)) static int my_close(int fd)
{
	return close(fd);
}

__attribute__((noinline)) static int my_create(pthread_t *thread, void *(*run)(void *))
{
	return pthread_create(thread, NULL, run, NULL);
}

/* Until the server, which is the first thread, has come to rest. */
static void until_server_waits(void)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", getpid());
	for (unsigned tries = 0, asleep = 0; asleep < 5 && tries < 20000; tries++) {
		FILE *stat;
		char state = 'R';

		usleep(5000);
		stat = fopen(path, "r");
		if (stat && fgets(text, sizeof(text), stat) && strrchr(text, ')'))
			state = strrchr(text, ')')[2];
		if (stat)
			fclose(stat);
		asleep = state == 'S' ? asleep + 1 : 0;
	}
}

static void *clients(void *nothing)
{
	char buffer[64];

	for (int i = 0; i < CLIENTS; i++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		until_server_waits();
		if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
			abort();
		for (int k = 0; k < TALKS; k++) {
			until_server_waits();
			if (write(fd, "hello", 5) != 5 || read(fd, buffer, sizeof(buffer)) != 5)
				abort();
		}
		pthread_mutex_lock(&mutex);
		until_server_waits();
		close(fd);
		until_server_waits();
		pthread_mutex_unlock(&mutex);
	}
	return nothing;
}

static void serve(int fd)
{
	struct pollfd one = { .fd = fd, .events = POLLIN };
	char buffer[64];
	ssize_t length;

	for (int k = 0;; k++) {
		if (k % 3 == 2 && my_poll(&one) != 1)
			abort();
		length = k % 3 == 1 ? my_recv(fd, buffer, sizeof(buffer))
				    : my_read(fd, buffer, sizeof(buffer));
		if (length <= 0)
			break;
		my_send(fd, buffer, (size_t)length);
	}
	if (my_lock() == 0)
		pthread_mutex_unlock(&mutex);
	my_close(fd);
}

int main(void)
{
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	socklen_t length = sizeof(address);
	pthread_t thread;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &length) != 0 ||
	    listen(listener, 8) != 0 || my_create(&thread, clients) != 0)
		return 1;
	for (int i = 0; i < CLIENTS; i++)
		serve(my_accept(listener));
	pthread_join(thread, NULL);
	return 0;
}
