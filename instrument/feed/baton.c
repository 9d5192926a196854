#include "feed/baton.h"

#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "feed/connections.h"
#include "feed/next.h"
#include "feed/script.h"
#include "feed/watch.h"

/* What a server may do after SIGTERM, by its clock. */
#define FAREWELL_NS ((uint64_t)60000000000)
#define TICK_NS     1000u
/* Waits of a thread that SIGTERM interrupts: a server that takes no notice would go on to wait for ever. */
#define TOLD_MAX 100
/* Looks in a row that found nothing, before a thread that never waits is taken for one that does. */
#define LOOKS_MAX 100

struct fdar_member {
	struct fdar_member *next; /* in a ring, in the order of their beginnings */
	bool (*ready)(void *user);
	void *user;
	uint64_t deadline_ns;
	enum fdar_wake wake;
	bool signals, over;
	unsigned told; /* of the signal, in so many waits */
	uint32_t turn; /* a futex: 1 when it has the baton */
};

static struct {
	struct fdar_member *ring; /* the last one that began */
	uint64_t now_ns, last_ns;
	bool ending;
	unsigned looks; /* in a row, of all threads, that found nothing */
} baton;

static __thread struct fdar_member *self __attribute__((tls_model("initial-exec")));

static bool always(void *user)
{
	(void)user;
	return true;
}

bool fdar_baton_has(void)
{
	return self != NULL;
}

uint64_t fdar_clock_ns(void)
{
	return __atomic_load_n(&baton.now_ns, __ATOMIC_RELAXED);
}

uint64_t fdar_clock_tick(void)
{
	return __atomic_add_fetch(&baton.now_ns, TICK_NS, __ATOMIC_RELAXED);
}

/* ---- handing on ---- */

static void give(struct fdar_member *member)
{
	__atomic_store_n(&member->turn, 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &member->turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void take(struct fdar_member *member)
{
	while (!__atomic_load_n(&member->turn, __ATOMIC_ACQUIRE))
		syscall(SYS_futex, &member->turn, FUTEX_WAIT_PRIVATE, 0, NULL, NULL, 0);
	__atomic_store_n(&member->turn, 0, __ATOMIC_RELAXED);
}

/* The first after this one whose wait is over; itself is the last. NULL: nobody's is. */
static struct fdar_member *who_can(struct fdar_member *after)
{
	struct fdar_member *member = after;

	do {
		member = member->next;
		if (member->over)
			continue;
		if (member->ready(member->user)) {
			member->wake = FDAR_WAKE_READY;
			if (member->ready != always)
				baton.looks = 0;
			return member;
		}
		if (baton.ending && member->signals && member->told < TOLD_MAX) {
			member->told++;
			member->wake = FDAR_WAKE_SIGNAL;
			return member;
		}
	} while (member != after);
	return NULL;
}

static struct fdar_member *first_deadline(struct fdar_member *from)
{
	struct fdar_member *member = from, *first = NULL;

	do {
		member = member->next;
		if (!member->over && member->deadline_ns != FDAR_NEVER &&
		    (!first || member->deadline_ns < first->deadline_ns))
			first = member;
	} while (member != from);
	return first;
}

/* why: NULL for nothing more to say. */
__attribute__((noreturn)) static void finish(const char *why)
{
	if (why)
		dprintf(fdar_feed_errors(), "flowdar feed: %s\n", why);
	fdar_connections_tell();
	fflush(NULL);
	_exit(0);
}

/* Whether SIGTERM is one that the server wants to hear of, or ignores. Who blocks it takes it by sigwait or signalfd. */
static bool hears_of_end(void)
{
	struct sigaction action;
	sigset_t blocked;

	if (pthread_sigmask(SIG_BLOCK, NULL, &blocked) == 0 && sigismember(&blocked, SIGTERM) == 1)
		return true;
	return sigaction(SIGTERM, NULL, &action) != 0 || (action.sa_flags & SA_SIGINFO) ||
	       action.sa_handler != SIG_DFL;
}

static void set_clock(uint64_t time_ns)
{
	if (time_ns > baton.now_ns)
		__atomic_store_n(&baton.now_ns, time_ns, __ATOMIC_RELAXED);
}

/* Nobody can go on by itself. Plays a step, or puts the clock forward: then who is woken by that. NULL: look again. */
static struct fdar_member *go_on(struct fdar_member *from)
{
	const struct fdar_feed_step *step = fdar_feed_step();
	struct fdar_member *first = first_deadline(from);

	if (step && (!first || step->time_ns <= first->deadline_ns)) {
		set_clock(step->time_ns);
		fdar_connections_play(step, fdar_feed_bytes());
		fdar_feed_advance();
		return NULL;
	}
	if (!step && !baton.ending) {
		baton.ending = true;
		baton.last_ns = baton.now_ns + FAREWELL_NS;
		/* It would be killed, and nothing told. */
		if (!hears_of_end())
			finish(NULL);
		kill(getpid(), SIGTERM);
		return NULL;
	}
	if (first && (step || first->deadline_ns < baton.last_ns)) {
		set_clock(first->deadline_ns);
		first->wake = FDAR_WAKE_TIMEOUT;
		return first;
	}
	finish("the server does not end after SIGTERM: it is ended");
}

static struct fdar_member *choose(struct fdar_member *from)
{
	struct fdar_member *member;

	do
		member = who_can(from);
	while (!member && !(member = go_on(from)));
	return member;
}

static void pass_on(struct fdar_member *next)
{
	if (next == self)
		return;
	give(next);
	take(self);
}

/* ---- taking part ---- */

static void insert(struct fdar_member *member)
{
	member->ready = always;
	member->deadline_ns = FDAR_NEVER;
	member->next = baton.ring ? baton.ring->next : member;
	if (baton.ring)
		baton.ring->next = member;
	baton.ring = member;
}

void fdar_baton_join(void)
{
	if (self || baton.ring)
		return;
	self = calloc(1, sizeof(*self));
	if (!self)
		fdar_feed_refuse("out of memory");
	insert(self);
	fdar_feed_watch(fdar_feed_patience_ns());
}

struct fdar_member *fdar_baton_make(void)
{
	struct fdar_member *member = calloc(1, sizeof(*member));

	if (member)
		insert(member);
	return member;
}

void fdar_baton_enter(struct fdar_member *member)
{
	self = member;
	take(member);
}

void fdar_baton_leave(struct fdar_member *member)
{
	member->over = true;
	self = NULL;
	give(choose(member));
}

bool fdar_baton_is_over(const struct fdar_member *member)
{
	return member->over;
}

enum fdar_wake fdar_baton_wait(bool (*ready)(void *user), void *user, uint64_t deadline_ns,
			       bool signals)
{
	self->ready = ready;
	self->user = user;
	self->deadline_ns = deadline_ns;
	self->signals = signals;
	pass_on(choose(self));
	return self->wake;
}

void fdar_baton_yield(void)
{
	fdar_baton_wait(always, NULL, FDAR_NEVER, false);
}

void fdar_baton_look(bool found)
{
	struct fdar_member *next;

	if (found)
		baton.looks = 0;
	if (found || ++baton.looks < LOOKS_MAX)
		return;
	baton.looks = 0;
	self->ready = always;
	self->deadline_ns = FDAR_NEVER;
	self->signals = false;
	next = go_on(self);
	pass_on(next ? next : choose(self));
}
