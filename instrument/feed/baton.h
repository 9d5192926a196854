/*
 * The baton: which of the server's threads runs, and when the next step of the capture comes.
 *
 * Place in the house: above connections.h; every call that may wait goes through it. One thread runs at a time: who
 * has the baton. It is given away where a thread has to wait, to the next one, in the order of their
 * beginnings, whose wait is over. When there is none the next step of the capture is played, or the clock put
 * forward to the first deadline, whichever comes first on the capture's time line. So every run is the same,
 * whatever the kernel does, and nothing waits for time to pass. When there are neither steps nor deadlines
 * the server gets a SIGTERM, and what it does then is its last.
 *
 * A thread begins to take part with its first socket, or by being made by one that does; LTTng's own do not.
 */
#ifndef FDAR_INSTRUMENT_FEED_BATON_H
#define FDAR_INSTRUMENT_FEED_BATON_H

#include <stdbool.h>
#include <stdint.h>

#define FDAR_NEVER UINT64_MAX

enum fdar_wake { FDAR_WAKE_READY, FDAR_WAKE_TIMEOUT, FDAR_WAKE_SIGNAL };

struct fdar_member;

/* Whether the calling thread takes part. */
bool fdar_baton_has(void);
/* It does from now on; it must be the first, or made by fdar_baton_make. */
void fdar_baton_join(void);
/* Before a thread is made by one that takes part; the new one calls fdar_baton_enter with what this gives, and waits
 * there for its turn, and fdar_baton_leave at its end. NULL: there is no memory. */
struct fdar_member *fdar_baton_make(void);
void fdar_baton_enter(struct fdar_member *member);
void fdar_baton_leave(struct fdar_member *member);
bool fdar_baton_is_over(const struct fdar_member *member);

/* Waits until ready(user) is true, or the clock (fdar_clock_ns) has come to the deadline, or (when signals is set) the
 * server was asked to end. ready is called by any thread, must not wait, and must not change anything. */
enum fdar_wake fdar_baton_wait(bool (*ready)(void *user), void *user, uint64_t deadline_ns,
			       bool signals);
/* Lets the others go first. */
void fdar_baton_yield(void);
/* It has looked for something without waiting for it (poll with no time, a read that does not wait), and found it or not.
 * After a hundred looks in a row, by any thread, that found nothing, while no thread's wait was over, what
 * comes next comes as if all waited: a server that looks again and again is fed, too, and ended. */
void fdar_baton_look(bool found);

/* The clock: nanoseconds since the beginning of the capture, plus one microsecond each time it was asked for. */
uint64_t fdar_clock_ns(void);
/* The same, and counts as asked for. */
uint64_t fdar_clock_tick(void);

#endif
