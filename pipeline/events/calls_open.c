#include "pipeline/events/calls_open.h"

#include "pipeline/events/calls.h"

static void thread_free(void *data)
{
	struct calls_thread *thread = data;

	g_free(thread->stack);
	g_free(thread);
}

void calls_open_init(struct calls_open *open)
{
	open->threads = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, thread_free);
	open->held = 0;
}

void calls_open_clear(struct calls_open *open)
{
	g_clear_pointer(&open->threads, g_hash_table_destroy);
}

struct calls_thread *calls_open_find(const struct calls_open *open, uint32_t pid, uint32_t tid)
{
	uint64_t key = (uint64_t)pid << 32 | tid;

	return g_hash_table_lookup(open->threads, &key);
}

struct calls_thread *calls_open_thread(struct calls_open *open, uint32_t pid, uint32_t tid)
{
	struct calls_thread *thread = calls_open_find(open, pid, tid);

	if (thread)
		return thread;
	if (g_hash_table_size(open->threads) >= FDAR_CALLS_THREADS_MAX) {
		g_hash_table_remove_all(open->threads);
		open->held = 0;
	}
	thread = g_new0(struct calls_thread, 1);
	thread->key = (uint64_t)pid << 32 | tid;
	g_hash_table_insert(open->threads, &thread->key, thread);
	return thread;
}

void calls_open_forget(struct calls_open *open, const struct calls_thread *thread)
{
	uint64_t key = thread->key;

	open->held -= thread->room;
	g_hash_table_remove(open->threads, &key);
}

gboolean calls_open_grow(struct calls_open *open, struct calls_thread *thread)
{
	/* One more, for those that are too deep. */
	uint32_t more = MIN(MAX(thread->room, 32), FDAR_CALLS_DEPTH_MAX + 1 - thread->room);

	if (!more || open->held + more > FDAR_CALLS_HELD_MAX)
		return FALSE;
	thread->room += more;
	open->held += more;
	thread->stack = g_renew(struct calls_entry, thread->stack, thread->room);
	return TRUE;
}

void calls_open_push_many(struct calls_open *open, struct calls_thread *thread,
			  enum calls_entry_kind kind, uint64_t count)
{
	struct calls_entry *top = thread->length ? &thread->stack[thread->length - 1] : NULL;

	thread->depth += count;
	if (top && top->kind == kind) {
		top->value += count;
		return;
	}
	if (thread->length == thread->room && !calls_open_grow(open, thread)) {
		if (top && top->kind != ENTRY_CALL)
			top->value += count;
		else if (top)
			*top = (struct calls_entry){ .value = count + 1, .kind = ENTRY_DEEP };
		else
			thread->depth -= count;
		return;
	}
	thread->stack[thread->length++] =
		(struct calls_entry){ .value = count, .kind = (uint8_t)kind };
}

uint64_t calls_open_pop_many(struct calls_thread *thread, uint64_t count)
{
	uint64_t known = 0;

	while (count && thread->length) {
		struct calls_entry *top = &thread->stack[thread->length - 1];
		uint64_t taken = top->kind == ENTRY_CALL ? 1 : MIN(count, top->value);

		if (top->kind == ENTRY_CALL || taken == top->value)
			thread->length--;
		else
			top->value -= taken;
		known += top->kind == ENTRY_UNKNOWN ? 0 : taken;
		thread->depth -= taken;
		count -= taken;
	}
	return known;
}
