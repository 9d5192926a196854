/*
 * A server that brings calls of its own: read(), and an allocator that locks a mutex, from before
 * main() on. Serves one client with libc's send() and its own read(), and says what it got.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static _Alignas(64) char arena[64 << 20];
static size_t used;

void *malloc(size_t size)
{
	char *found;

	pthread_mutex_lock(&mutex);
	found = arena + used + 16;
	used += (size + 31) / 16 * 16;
	pthread_mutex_unlock(&mutex);
	if (used > sizeof(arena))
		return NULL;
	memcpy(found - 16, &size, sizeof(size));
	return found;
}

void free(void *memory)
{
	pthread_mutex_lock(&mutex);
	(void)memory;
	pthread_mutex_unlock(&mutex);
}

void *calloc(size_t count, size_t size)
{
	void *found = malloc(count * size);

	return found ? memset(found, 0, count * size) : NULL;
}

void *realloc(void *memory, size_t size)
{
	void *found = malloc(size);
	size_t before = 0;

	if (memory)
		memcpy(&before, (char *)memory - 16, sizeof(before));
	if (found && memory)
		memcpy(found, memory, before < size ? before : size);
	return found;
}

ssize_t read(int fd, void *buffer, size_t length)
{
	return syscall(SYS_read, fd, buffer, length);
}

static void *client(void *user)
{
	struct sockaddr_in *address = user;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char answer[16];

	if (connect(fd, (struct sockaddr *)address, sizeof(*address)) < 0 ||
	    send(fd, "hello", 5, 0) != 5 || recv(fd, answer, sizeof(answer), 0) != 2)
		abort();
	close(fd);
	return NULL;
}

int main(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd;
	char text[16] = "";
	pthread_t thread;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(listener, 8) < 0 ||
	    getsockname(listener, (struct sockaddr *)&address, &length) < 0)
		return 1;
	pthread_create(&thread, NULL, client, &address);
	fd = accept(listener, NULL, NULL);
	if (read(fd, text, sizeof(text) - 1) < 0 || send(fd, "ok", 2, 0) != 2)
		return 1;
	pthread_join(thread, NULL);
	close(fd);
	puts(text);
	return 0;
}
