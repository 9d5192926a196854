/*
 * What the parts of traced_waits share: results for comparison, and the waits to be expected.
 *
 * The program makes every call that libflowdar-io.so stands in front of, in all the ways that
 * matter. Standard output tells results and errno, which must not depend on whether the library is
 * there or waits are traced; descriptor 3, the waits of the main thread as lttng.sh's trace_stop
 * gives them.
 */
#ifndef TEST_TRACED_WAITS_H
#define TEST_TRACED_WAITS_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

/* Says a call's result, and errno when it is negative; errno is made 0 for the next. */
void said(const char *call, int64_t result);

/* Says that the main thread is to have waited so. */
void expect_wait(const char *what, unsigned kind, int fd, int64_t result);

/* Returns when the thread sleeps in a system call whose state is in that file of /proc. */
void until_waits(const char *path);

/* Returns when the main thread does. For other threads. */
void until_main_waits(void);

/* Returns when there is something to be received, without a wait that would be traced. */
void until_arrived(int fd);

/* Sends text, which has arrived at the other end when this returns. */
void give(int from, int to, const char *text);

/* Sends text into a descriptor, from another thread, when this one waits; later_done() is its end.
 */
void later_send(int fd, const char *text);

/* In the same way: reads and drops so many bytes. */
void later_drain(int fd, size_t bytes);

/* In the same way: connects to a listening socket. */
void later_connect(int listener);

/* In the same way: signals this thread with SIGUSR1, of which the handler does nothing. */
void later_signal(void);
void later_done(void);

/* Waits for a thread's end without a wait that would be traced. */
void *thread_done(pthread_t thread);

/* Two ends of a connection. */
void connected(int ends[2]);
void close_both(int ends[2]);

/* A listening socket on loopback. */
int listening(void);

void waits_receiving(void);
void waits_sending(void);
void waits_polling(void);
void waits_of_threads(void);
void waits_of_locks(void);
void waits_of_others(void);

#endif
