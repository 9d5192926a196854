/*
 * The functions that ours stand in front of: libc's, or those of the next preloaded library.
 *
 * Place in the house: used by every file of libflowdar-io.so, inside somebody's server.
 */
#ifndef FD_IO_NEXT_H
#define FD_IO_NEXT_H

#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* What a program calls instead of read, recv, recvfrom, poll and ppoll when it was built with
 * _FORTIFY_SOURCE: the same with the size of the buffer, which must not be exceeded. */
ssize_t __read_chk(int fd, void *buffer, size_t length, size_t room);
ssize_t __recv_chk(int fd, void *buffer, size_t length, size_t room, int flags);
ssize_t __recvfrom_chk(int fd, void *buffer, size_t length, size_t room, int flags,
		       __SOCKADDR_ARG address, socklen_t *address_length);
int __poll_chk(struct pollfd *fds, nfds_t count, int timeout_ms, size_t room);
int __ppoll_chk(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
		const sigset_t *mask, size_t room);

/* Every function that is stood in front of. */
#define FD_NEXT_LIST(NEXT)           \
	NEXT(read)                   \
	NEXT(readv)                  \
	NEXT(recv)                   \
	NEXT(recvfrom)               \
	NEXT(recvmsg)                \
	NEXT(write)                  \
	NEXT(writev)                 \
	NEXT(send)                   \
	NEXT(sendto)                 \
	NEXT(sendmsg)                \
	NEXT(sendfile)               \
	NEXT(sendfile64)             \
	NEXT(accept)                 \
	NEXT(accept4)                \
	NEXT(connect)                \
	NEXT(setsockopt)             \
	NEXT(poll)                   \
	NEXT(ppoll)                  \
	NEXT(select)                 \
	NEXT(pselect)                \
	NEXT(epoll_wait)             \
	NEXT(epoll_pwait)            \
	NEXT(pthread_cond_wait)      \
	NEXT(pthread_cond_timedwait) \
	NEXT(pthread_cond_clockwait) \
	NEXT(sem_wait)               \
	NEXT(sem_timedwait)          \
	NEXT(nanosleep)              \
	NEXT(clock_nanosleep)        \
	NEXT(usleep)                 \
	NEXT(sleep)                  \
	NEXT(__read_chk)             \
	NEXT(__recv_chk)             \
	NEXT(__recvfrom_chk)         \
	NEXT(__poll_chk)             \
	NEXT(__ppoll_chk)

#define FD_NEXT_MEMBER(name) __typeof__(name) *name;
struct fd_next {
	FD_NEXT_LIST(FD_NEXT_MEMBER)
};

extern struct fd_next fd_next_table;
extern int fd_next_ready;

/* Looks all of them up. The constructor does; a call from an earlier constructor may, too. */
void fd_next_resolve(void);

static inline const struct fd_next *fd_next(void)
{
	if (__builtin_expect(!__atomic_load_n(&fd_next_ready, __ATOMIC_ACQUIRE), 0))
		fd_next_resolve();
	return &fd_next_table;
}

#endif
