/*
 * The functions that ours stand in front of: libc's, or those of the next preloaded library.
 *
 * Place in the house: used by every file of libflowdar-io.so, inside somebody's server.
 */
#ifndef FDAR_INSTRUMENT_IO_NEXT_H
#define FDAR_INSTRUMENT_IO_NEXT_H

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <threads.h>
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

/* Every function that is stood in front of. The first is the one that an allocator may call while
 * they are looked up; the last are those that an older libc does not have. */
#define FDAR_NEXT_LIST(NEXT)             \
	NEXT(pthread_mutex_lock)         \
	NEXT(close)                      \
	NEXT(read)                       \
	NEXT(write)                      \
	NEXT(readv)                      \
	NEXT(recv)                       \
	NEXT(recvfrom)                   \
	NEXT(recvmsg)                    \
	NEXT(recvmmsg)                   \
	NEXT(writev)                     \
	NEXT(send)                       \
	NEXT(sendto)                     \
	NEXT(sendmsg)                    \
	NEXT(sendmmsg)                   \
	NEXT(sendfile)                   \
	NEXT(sendfile64)                 \
	NEXT(splice)                     \
	NEXT(tee)                        \
	NEXT(vmsplice)                   \
	NEXT(accept)                     \
	NEXT(accept4)                    \
	NEXT(connect)                    \
	NEXT(shutdown)                   \
	NEXT(setsockopt)                 \
	NEXT(dup)                        \
	NEXT(dup2)                       \
	NEXT(dup3)                       \
	NEXT(fcntl)                      \
	NEXT(ioctl)                      \
	NEXT(fclose)                     \
	NEXT(poll)                       \
	NEXT(ppoll)                      \
	NEXT(select)                     \
	NEXT(pselect)                    \
	NEXT(epoll_wait)                 \
	NEXT(epoll_pwait)                \
	NEXT(epoll_ctl)                  \
	NEXT(pthread_mutex_timedlock)    \
	NEXT(pthread_rwlock_rdlock)      \
	NEXT(pthread_rwlock_wrlock)      \
	NEXT(pthread_rwlock_timedrdlock) \
	NEXT(pthread_rwlock_timedwrlock) \
	NEXT(flock)                      \
	NEXT(pthread_barrier_wait)       \
	NEXT(sem_wait)                   \
	NEXT(sem_timedwait)              \
	NEXT(nanosleep)                  \
	NEXT(clock_nanosleep)            \
	NEXT(usleep)                     \
	NEXT(sleep)                      \
	NEXT(wait)                       \
	NEXT(waitpid)                    \
	NEXT(wait3)                      \
	NEXT(wait4)                      \
	NEXT(waitid)                     \
	NEXT(pause)                      \
	NEXT(sigsuspend)                 \
	NEXT(sigwait)                    \
	NEXT(sigwaitinfo)                \
	NEXT(sigtimedwait)               \
	NEXT(getaddrinfo)                \
	NEXT(fsync)                      \
	NEXT(fdatasync)                  \
	NEXT(pthread_create)             \
	NEXT(pthread_join)               \
	NEXT(pthread_timedjoin_np)       \
	NEXT(pthread_setname_np)         \
	NEXT(fork)                       \
	NEXT(daemon)                     \
	NEXT(__read_chk)                 \
	NEXT(__recv_chk)                 \
	NEXT(__recvfrom_chk)             \
	NEXT(__poll_chk)                 \
	NEXT(__ppoll_chk)                \
	NEXT(pthread_cond_wait)          \
	NEXT(pthread_cond_timedwait)     \
	NEXT(pthread_cond_clockwait)     \
	NEXT(cnd_wait)                   \
	NEXT(cnd_timedwait)              \
	NEXT(mtx_lock)                   \
	NEXT(mtx_timedlock)              \
	NEXT(thrd_create)                \
	NEXT(thrd_join)                  \
	NEXT(thrd_sleep)                 \
	NEXT(sem_clockwait)              \
	NEXT(pthread_mutex_clocklock)    \
	NEXT(pthread_rwlock_clockrdlock) \
	NEXT(pthread_rwlock_clockwrlock) \
	NEXT(pthread_clockjoin_np)       \
	NEXT(close_range)                \
	NEXT(closefrom)                  \
	NEXT(epoll_pwait2)

#define FDAR_NEXT_MEMBER(name) __typeof__(name) *name;
struct fdar_next {
	FDAR_NEXT_LIST(FDAR_NEXT_MEMBER)
};

extern struct fdar_next fdar_next_table;
extern int fdar_next_ready;

/* Looks all of them up. The constructor does; a call from an earlier constructor may, too. Where an
 * allocator of the server's own makes such a call for this, it finds what was looked up by then. */
void fdar_next_resolve(void);

static inline const struct fdar_next *fdar_next(void)
{
	if (__builtin_expect(!__atomic_load_n(&fdar_next_ready, __ATOMIC_ACQUIRE), 0))
		fdar_next_resolve();
	return &fdar_next_table;
}

#endif
