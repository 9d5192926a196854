/*
 * Which calls are open on each thread, as calls events tell of them.
 *
 * Place in the house: inside pipeline/events/calls.c, which takes the events apart and pushes and pops here.
 * A thread's calls are a stack: those whose beginning was seen, with their address, and counts of
 * those without one. The bounds are calls.h's. What every call needs is inline.
 */
#ifndef FDAR_PIPELINE_EVENTS_CALLS_OPEN_H
#define FDAR_PIPELINE_EVENTS_CALLS_OPEN_H

#include <glib.h>
#include <stdint.h>

/* What is open, innermost last: a call, or many without an address. */
enum calls_entry_kind {
	ENTRY_CALL,    /* value: its address */
	ENTRY_UNKNOWN, /* so many that were never seen to begin */
	ENTRY_DEEP     /* so many more than there is room for */
};

struct calls_entry {
	uint64_t value;
	uint8_t kind; /* enum calls_entry_kind */
};

struct calls_thread {
	uint64_t key; /* pid << 32 | tid */
	uint64_t last_ns;
	uint64_t depth; /* open calls */
	struct calls_entry *stack;
	uint32_t length;
	uint32_t room;
};

struct calls_open {
	GHashTable *threads; /* struct calls_thread * by key */
	uint32_t held;       /* room of all stacks together */
};

void calls_open_init(struct calls_open *open);
void calls_open_clear(struct calls_open *open);

/* The thread, a new one when it is not known. New ones may be one too many: then all others are
 * forgotten. */
struct calls_thread *calls_open_thread(struct calls_open *open, uint32_t pid, uint32_t tid);

/* NULL: it is not known. */
struct calls_thread *calls_open_find(const struct calls_open *open, uint32_t pid, uint32_t tid);
void calls_open_forget(struct calls_open *open, const struct calls_thread *thread);

/* Room for one more. FALSE: there is none. */
gboolean calls_open_grow(struct calls_open *open, struct calls_thread *thread);

/* Many at once. Without room for it they are taken for what is innermost. */
void calls_open_push_many(struct calls_open *open, struct calls_thread *thread,
			  enum calls_entry_kind kind, uint64_t count);

/* Takes count calls off; gives how many of them had been seen to begin. */
uint64_t calls_open_pop_many(struct calls_thread *thread, uint64_t count);

static inline void calls_open_push(struct calls_open *open, struct calls_thread *thread,
				   uint64_t addr)
{
	if (G_UNLIKELY(thread->length == thread->room) && !calls_open_grow(open, thread)) {
		calls_open_push_many(open, thread, ENTRY_DEEP, 1);
		return;
	}
	thread->stack[thread->length++] = (struct calls_entry){ .value = addr, .kind = ENTRY_CALL };
	thread->depth++;
}

/* The innermost call's address, 0 when it has none. FALSE: its exit is none of ours. */
static inline gboolean calls_open_pop(struct calls_thread *thread, uint64_t *addr)
{
	const struct calls_entry *top;

	*addr = 0;
	if (G_UNLIKELY(!thread->length))
		return FALSE;
	top = &thread->stack[thread->length - 1];
	if (G_UNLIKELY(top->kind != ENTRY_CALL))
		return calls_open_pop_many(thread, 1) > 0;
	*addr = top->value;
	thread->length--;
	thread->depth--;
	return TRUE;
}

#endif
