/*
 * The control segment as a process of the server sees it: mapped, the gate, who we are.
 *
 * Place in the house: part of libflowdar.so; libflowdar-functions.so and libflowdar-io.so link to it
 * and use what is FDAR_CONTROL_API here. The layout and its meaning are instrument/wire/control.h's.
 *
 * The segment is found in the environment (FDAR_CONTROL_ENV) when the library is loaded, or taken over
 * by the helper (helper.h) from a recorder that attaches later. Once mapped it stays mapped, in
 * forked children too: an old one may still be in somebody's hands when a new one comes.
 *
 * What the recorder wrote is hostile input: numbers are used as they are read once, texts through
 * bounded copies. Everything here is safe in signal handlers and keeps errno.
 */
#ifndef FDAR_INSTRUMENT_PROVIDER_CONTROL_H
#define FDAR_INSTRUMENT_PROVIDER_CONTROL_H

#include <stdbool.h>
#include <stdint.h>

#include "instrument/wire/calls.h"
#include "instrument/wire/control.h"

#define FDAR_CONTROL_API __attribute__((visibility("default")))

/* The segment, or NULL when no recorder has one for this process. It changes at any time: load each
 * number once (__atomic_load_n, relaxed). Nobody here can write it. */
FDAR_CONTROL_API const struct fdar_control *flowdar_control_segment(void);

/* This process's counters for the segment's recorder; NULL when there is none, or no room for them. */
FDAR_CONTROL_API struct fdar_control_counters *flowdar_control_counters(void);

/* Whether events are wanted now: true without a segment, else what the recorder says. */
FDAR_CONTROL_API bool flowdar_control_recording(void);

/* Whether the segment's recorder has ended, and what it set last does not matter any more. */
FDAR_CONTROL_API bool flowdar_control_ended(void);

/* Adds to one of the counters; nothing without them. */
#define fdar_control_add(counter, value)                                                    \
	do {                                                                                \
		struct fdar_control_counters *counters_ = flowdar_control_counters();       \
		if (counters_)                                                              \
			__atomic_fetch_add(&counters_->counter, (value), __ATOMIC_RELAXED); \
	} while (0)

/* To be called before an event is written, by whoever writes it: false, it is not wanted. The first
 * one of a recording writes the process event before it; while the gate is closed it waits. */
FDAR_CONTROL_API bool flowdar_control_before(void);

/* The same without waiting, for the helper thread and for what runs inside something else. */
FDAR_CONTROL_API bool flowdar_control_before_now(void);

/* A mark as it is told: the fields that its kind has (calls.h). text ends with a NUL, and may be NULL. */
struct fdar_mark {
	enum fdar_calls_mark kind;
	enum fdar_control_events counted_as;
	uint64_t key;
	int64_t result;
	int32_t fd;
	uint32_t small;
	const char *text;
};

/* What the functions library wants to be called for, each from the helper thread but event. */
struct fdar_control_user {
	void (*event)(void);   /* before another event of the calling thread is written */
	void (*changed)(void); /* the recorder changed something, or there is a new segment */
	void (*flush)(void);   /* everything that is pending is to be written now */
	void (*tick)(void);    /* about ten times a second */
	/* around a fork, in its thread: before LTTng takes its locks, and after, in parent and child */
	void (*fork_begin)(void);
	void (*fork_end)(void);
	void (*forked)(void); /* in the child, after that: it has counters of its own */
	/* Whether the calling thread has something to write that is not its parent's. In a child that
	 * nobody announced, which ends */
	bool (*pending)(void);
	/* A mark (enum fdar_calls_mark) that is about to be written: true, it will come with the thread's calls.
	 * Of FDAR_CALLS_NO_MARK, another event that is about sessions: false */
	bool (*mark)(const struct fdar_mark *mark);
};

/* One user; it stays for ever. */
FDAR_CONTROL_API void flowdar_control_use(const struct fdar_control_user *user);

/* Around a fork of the calling thread, for forked.c: before LTTng takes its locks; in the parent, when
 * it has given them back; in the child, when it is ready there: a new helper, a new identity. Each
 * may be called several times, by each library that stands there. */
FDAR_CONTROL_API void flowdar_control_fork_begin(void);
FDAR_CONTROL_API void flowdar_control_fork_end(void);
FDAR_CONTROL_API void flowdar_control_forked(void);

/* For ends.c: before the process ends (enum fdar_process_end): what is pending is written. It has not
 * ended after all: exec failed. The thread's next fork is daemon()'s. Idempotent. */
FDAR_CONTROL_API void flowdar_control_ending(unsigned how);
FDAR_CONTROL_API void flowdar_control_not_ending(void);
FDAR_CONTROL_API void flowdar_control_daemon(bool begins);

/* So many events of that kind have been written, as one. */
FDAR_CONTROL_API void flowdar_control_wrote_many(enum fdar_control_events kind, uint64_t count);

/* For helper.c: maps the segment at path and makes it the process's, if it is one. */
bool fdar_control_map(const char *path);

/* For helper.c: the recorder has ended (true), or has not (false). */
void fdar_control_gone(bool gone);

/* For helper.c: the process event is to be written once more, by whoever comes next. */
void fdar_control_tell_again(void);

/* For helper.c: this thread never waits at the gate. */
void fdar_control_never_wait(void);

const struct fdar_control_user *fdar_control_user(void);

/* For provider.c: an event of that kind has been written. */
void fdar_control_wrote(enum fdar_control_events kind);

/* For provider.c: how this process came to be. parent is 0 when it was not forked since libflowdar.so
 * is in it. */
struct fdar_control_birth {
	int parent;
	uint32_t fork;    /* the number in the parent's fork event */
	bool parent_gone; /* by that: daemon() */
};
struct fdar_control_birth fdar_control_birth(void);

/* For standard.c: whether this process is the one that all of this is about; not if it was made
 * without our knowing, or is not yet ready for us. */
bool fdar_control_known(void);

/* For processor.c: whether this memory is this process's, however it was made: not that of a child of vfork(), which
 * has its parent's. */
bool fdar_control_own_memory(void);

/* For provider.c: whether anything has to be done before an event. */
extern const void *fdar_control_attention;

/* Before an event about a session: whether it is packed, and so not to be written. Not in a child that nobody
 * announced: that is noted when it wants to write its first event. */
bool fdar_control_packs(const struct fdar_mark *mark);

/* Before an event of the provider, not being "calls" or "process". */
static inline bool fdar_control_event(void)
{
	extern bool fdar_control_event_slow(void);

	if (__builtin_expect(!__atomic_load_n(&fdar_control_attention, __ATOMIC_RELAXED), 1))
		return true;
	return fdar_control_event_slow();
}

#endif
