/*
 * A preloaded library that stands in front of the same calls as libflowdar-io.so, as others do
 * (libtsocks, jemalloc, profilers): counts them and calls the next one.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static unsigned calls;

#define NEXT(name)                                                  \
	static __typeof__(name) *next;                              \
                                                                    \
	if (!next)                                                  \
		next = (__typeof__(name) *)dlsym(RTLD_NEXT, #name); \
	__atomic_fetch_add(&calls, 1, __ATOMIC_RELAXED)

ssize_t read(int fd, void *buffer, size_t length)
{
	NEXT(read);
	return next(fd, buffer, length);
}

ssize_t send(int fd, const void *buffer, size_t length, int flags)
{
	NEXT(send);
	return next(fd, buffer, length, flags);
}

int accept(int fd, struct sockaddr *address, socklen_t *length)
{
	NEXT(accept);
	return next(fd, address, length);
}

int close(int fd)
{
	NEXT(close);
	return next(fd);
}

int pthread_mutex_lock(pthread_mutex_t *mutex)
{
	NEXT(pthread_mutex_lock);
	return next(mutex);
}

__attribute__((destructor)) static void say(void)
{
	if (calls == 0)
		fprintf(stderr, "the neighbour was never called\n");
}
