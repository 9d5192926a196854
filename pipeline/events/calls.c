#include "pipeline/events/calls.h"

#include <string.h>

#include "instrument/wire/calls.h"
#include "pipeline/events/calls_mark.h"
#include "pipeline/events/calls_open.h"

#define NUMBER_BYTES  10u /* of the longest number */
#define RECORD_EVENTS 3u  /* that the record with most of them gives */
#define LONG_DT       31u
/* Behind the bytes, zeros: numbers that run over the end stop there. A record has five at most. */
#define PADDING (5 * NUMBER_BYTES + 2)

struct fdar_calls {
	struct calls_open open;
	uint64_t count, broken;
	gboolean joined;
	struct calls_mark mark;

	/* The event in hand. */
	struct calls_thread *thread;
	gboolean packed;          /* it may have marks */
	struct fdar_event common; /* what all its calls have in common */
	uint64_t now_ns, end_ns;
	uint64_t addr;
	GByteArray *bytes;    /* its data, padded */
	const uint8_t *opens; /* where the OPENs at its begin end */
	uint64_t opened_ns;   /* of the last one of these; the thread's last time before that */
	const uint8_t *at, *end;
	struct fdar_event spill[RECORD_EVENTS]; /* of a record, for which a batch had no room */
	unsigned spilled, given;
};

struct fdar_calls *fdar_calls_new(struct fdar_texts *texts)
{
	struct fdar_calls *calls = g_new0(struct fdar_calls, 1);

	calls_open_init(&calls->open);
	calls->bytes = g_byte_array_new();
	calls->mark.texts = texts;
	calls->mark.arena = fdar_arena_new();
	return calls;
}

void fdar_calls_join(struct fdar_calls *calls)
{
	calls->joined = TRUE;
}

void fdar_calls_free(struct fdar_calls *calls)
{
	if (!calls)
		return;
	calls_open_clear(&calls->open);
	g_byte_array_unref(calls->bytes);
	fdar_arena_free(calls->mark.arena);
	g_free(calls);
}

void fdar_calls_end_thread(struct fdar_calls *calls, uint32_t pid, uint32_t tid)
{
	const struct calls_thread *thread = calls_open_find(&calls->open, pid, tid);

	if (!thread)
		return;
	if (thread == calls->thread) {
		calls->thread = NULL;
		calls->at = calls->end;
		calls->spilled = calls->given = 0;
	}
	calls_open_forget(&calls->open, thread);
}

/* ---- records ---- */

/* What the loop needs, in registers as far as there are any. */
struct run {
	const uint8_t *at, *end;
	uint64_t now_ns, end_ns;
	const uint8_t *record; /* where it begins */
	uint64_t addr;
	uint64_t count;
	struct fdar_calls *calls;
	struct calls_thread *thread;
};

/* A number of four bytes and more: gives where it ends. One that is no number leads behind the end. */
static __attribute__((noinline)) const uint8_t *take_long(const uint8_t *at, const uint8_t *end,
							  uint64_t *value)
{
	*value = 0;
	for (unsigned i = 0; i < NUMBER_BYTES; i++) {
		uint64_t byte = at[i];

		*value |= (byte & 0x7f) << 7 * i;
		if (byte >= 0x80)
			continue;
		if (i == NUMBER_BYTES - 1 && byte > 1)
			break;
		return at + i + 1;
	}
	return end + 1;
}

static inline uint64_t take(struct run *run)
{
	const uint8_t *at = run->at;
	uint64_t value;

	if (G_LIKELY(at[0] < 0x80)) {
		run->at += 1;
		return at[0];
	}
	if (at[1] < 0x80) {
		run->at += 2;
		return (at[0] & 0x7fu) | (uint64_t)at[1] << 7;
	}
	if (at[2] < 0x80) {
		run->at += 3;
		return (at[0] & 0x7fu) | (at[1] & 0x7fu) << 7 | (uint64_t)at[2] << 14;
	}
	run->at = take_long(at, run->end, &value);
	return value;
}

static inline uint64_t take_addr(struct run *run)
{
	uint64_t zigzag = take(run);

	run->addr += zigzag >> 1 ^ -(zigzag & 1);
	return run->addr;
}

static inline void pass(struct run *run, uint64_t ns)
{
	run->now_ns = ns < run->end_ns - run->now_ns ? run->now_ns + ns : run->end_ns;
}

static inline struct fdar_event *emit(const struct run *run, struct fdar_event *out,
				      enum fdar_event_kind kind, uint64_t addr, uint64_t addr2)
{
	*out = run->calls->common;
	out->time_ns = run->now_ns;
	out->kind = (uint8_t)kind;
	out->addr = addr;
	out->addr2 = addr2;
	return out + 1;
}

/* Its time is older than what is around it, so it has one only at the event's begin, after other
 * OPENs at most: else the thread's events would not be in order. */
static struct fdar_event *do_open(struct run *run, struct fdar_event *out)
{
	uint64_t addr = take_addr(run), age = take(run), now_ns = run->now_ns;

	if (run->at > run->end)
		return NULL;
	if (run->record == run->calls->opens) {
		run->now_ns = MAX(run->calls->opened_ns, age < now_ns ? now_ns - age : 0);
		run->calls->opened_ns = run->now_ns;
		run->calls->opens = run->at;
	}
	calls_open_push(&run->calls->open, run->thread, addr);
	run->count++;
	out = emit(run, out, FDAR_EVENT_FUNC_ENTRY, addr, 0);
	run->now_ns = now_ns;
	return out;
}

static inline struct fdar_event *do_call(struct run *run, struct fdar_event *out, gboolean over)
{
	uint64_t addr = take_addr(run), duration = take(run);
	uint64_t count = over ? take(run) : 0, ns = over ? take(run) : 0;

	if (run->at > run->end)
		return NULL;
	run->count++;
	if (!over && run->calls->joined) {
		uint64_t begin_ns = run->now_ns;

		out = emit(run, out, FDAR_EVENT_FUNC_CALL, addr, 0);
		pass(run, duration);
		out[-1].called.ns = run->now_ns - begin_ns;
		return out;
	}
	out = emit(run, out, FDAR_EVENT_FUNC_ENTRY, addr, 0);
	pass(run, duration);
	if (over)
		out = emit(run, out, FDAR_EVENT_FUNC_SKIPPED, count, ns);
	return emit(run, out, FDAR_EVENT_FUNC_EXIT, addr, 0);
}

static struct fdar_event *do_mark(struct run *run, struct fdar_event *out)
{
	emit(run, out, FDAR_EVENT_OTHER, 0, 0);
	run->at = calls_mark_take(&run->calls->mark, run->at, run->end, out);
	return run->at ? out + 1 : NULL;
}

/* The rare ones. NULL as below. */
static __attribute__((noinline)) struct fdar_event *do_other(struct run *run,
							     struct fdar_event *out,
							     enum fdar_calls_op op)
{
	uint64_t count, ns;

	if (op == FDAR_CALLS_OPEN)
		return do_open(run, out);
	count = take(run);
	ns = op == FDAR_CALLS_SKIPPED ? take(run) : 0;
	if (run->at > run->end)
		return NULL;
	if (op == FDAR_CALLS_SKIPPED)
		return emit(run, out, FDAR_EVENT_FUNC_SKIPPED, count, ns);
	if (op == FDAR_CALLS_LOST && count == FDAR_CALLS_MARK && run->calls->packed)
		return do_mark(run, out);
	if (op == FDAR_CALLS_LOST)
		return emit(run, out, FDAR_EVENT_FUNC_LOST, count, 0);
	count = calls_open_pop_many(run->thread, count);
	return count ? emit(run, out, FDAR_EVENT_FUNC_UNWOUND, count, 0) : out;
}

/* By way of a copy: a struct whose address is given away is not in registers. */
static inline struct fdar_event *do_rare(struct run *run, struct fdar_event *out,
					 enum fdar_calls_op op)
{
	struct run copy = *run;

	out = do_other(&copy, out, op);
	*run = copy;
	return out;
}

/* One record; gives the end of its events, NULL: it is malformed. */
static inline struct fdar_event *do_record(struct run *run, struct fdar_event *out)
{
	unsigned head = *run->at;
	enum fdar_calls_op op = head & 7;
	uint64_t addr, dt = head >> 3;

	run->record = run->at++;
	if (G_UNLIKELY(dt == LONG_DT)) {
		dt = take(run);
		dt = dt < UINT64_MAX - LONG_DT ? dt + LONG_DT : dt;
	}
	pass(run, dt);
	switch (op) {
	case FDAR_CALLS_CALL:
		return do_call(run, out, FALSE);
	case FDAR_CALLS_CALL_OVER:
		return do_call(run, out, TRUE);
	case FDAR_CALLS_ENTER:
		addr = take_addr(run);
		if (run->at > run->end)
			return NULL;
		calls_open_push(&run->calls->open, run->thread, addr);
		run->count++;
		return emit(run, out, FDAR_EVENT_FUNC_ENTRY, addr, 0);
	case FDAR_CALLS_EXIT:
		if (run->at > run->end)
			return NULL;
		return calls_open_pop(run->thread, &addr)
			       ? emit(run, out, FDAR_EVENT_FUNC_EXIT, addr, 0)
			       : out;
	default:
		return do_rare(run, out, op);
	}
}

static struct run resume(struct fdar_calls *calls)
{
	return (struct run){
		.at = calls->at,
		.end = calls->end,
		.now_ns = calls->now_ns,
		.end_ns = calls->end_ns,
		.addr = calls->addr,
		.calls = calls,
		.thread = calls->thread,
	};
}

static void suspend(struct fdar_calls *calls, const struct run *run)
{
	calls->at = run->at;
	calls->now_ns = run->now_ns;
	calls->addr = run->addr;
	calls->count += run->count;
	run->thread->last_ns = MAX(run->thread->last_ns, run->now_ns);
}

/* Records until there is no more, or no room for one more. */
static size_t run_records(struct fdar_calls *calls, struct fdar_event *batch, size_t room)
{
	struct run run = resume(calls);
	struct fdar_event *out = batch, *last = batch + (room - RECORD_EVENTS), *next;

	while (run.at < run.end && out <= last) {
		next = do_record(&run, out);
		if (G_UNLIKELY(!next)) {
			calls->broken++;
			run.at = run.end;
			next = emit(&run, out, FDAR_EVENT_FUNC_LOST, 1, 0);
		}
		out = next;
	}
	suspend(calls, &run);
	return (size_t)(out - batch);
}

/* ---- events ---- */

static void spill(struct fdar_calls *calls, enum fdar_event_kind kind, uint64_t count)
{
	struct run run = resume(calls);

	emit(&run, &calls->spill[calls->spilled++], kind, count, 0);
	suspend(calls, &run);
}

/* The header: brings what is open to the depth that it says. */
static void take_header(struct fdar_calls *calls, uint64_t event_ns)
{
	struct run run = resume(calls);
	struct calls_thread *thread = calls->thread;
	uint64_t depth = take(&run), age = take(&run), known;

	if (run.at > run.end || depth > UINT32_MAX) {
		calls->broken++;
		calls->at = calls->end;
		calls->now_ns = calls->end_ns = MAX(thread->last_ns, event_ns);
		spill(calls, FDAR_EVENT_FUNC_LOST, 1);
		return;
	}
	calls->at = calls->opens = run.at;
	calls->opened_ns = thread->last_ns;
	calls->now_ns = MAX(thread->last_ns, age < event_ns ? event_ns - age : 0);
	calls->end_ns = MAX(calls->now_ns, event_ns);
	if (depth > thread->depth)
		calls_open_push_many(&calls->open, thread, ENTRY_UNKNOWN, depth - thread->depth);
	known = depth < thread->depth ? calls_open_pop_many(thread, thread->depth - depth) : 0;
	if (!known)
		return;
	spill(calls, FDAR_EVENT_FUNC_UNWOUND, known);
	calls->opened_ns = calls->now_ns;
}

/* Mostly that of the event before. */
static struct calls_thread *thread_of(struct fdar_calls *calls, uint32_t pid, uint32_t tid)
{
	if (calls->thread && calls->thread->key == ((uint64_t)pid << 32 | tid))
		return calls->thread;
	return calls_open_thread(&calls->open, pid, tid);
}

void fdar_calls_begin(struct fdar_calls *calls, const struct fdar_event *event)
{
	static const uint8_t zeros[PADDING];

	g_byte_array_set_size(calls->bytes, 0);
	g_byte_array_append(calls->bytes, (const guint8 *)event->data, event->data_len);
	g_byte_array_append(calls->bytes, zeros, PADDING);
	calls->at = calls->bytes->data;
	calls->end = calls->at + event->data_len;
	calls->thread = thread_of(calls, event->pid, event->tid);
	calls->common =
		(struct fdar_event){ .data = "", .pid = event->pid, .tid = event->tid, .fd = -1 };
	calls->addr = 0;
	calls->packed = event->kind == FDAR_EVENT_RAW_PACKED;
	calls->mark.key = 0;
	calls->spilled = calls->given = 0;
	take_header(calls, event->time_ns);
}

static size_t give_spill(struct fdar_calls *calls, struct fdar_event *batch, size_t capacity)
{
	size_t n = MIN(capacity, calls->spilled - calls->given);

	memcpy(batch, &calls->spill[calls->given], n * sizeof(*batch));
	calls->given += (unsigned)n;
	if (calls->given == calls->spilled)
		calls->given = calls->spilled = 0;
	return n;
}

void fdar_calls_forget_texts(struct fdar_calls *calls)
{
	/* What is left of a record is no mark: that is one event. */
	fdar_arena_reset(calls->mark.arena);
}

size_t fdar_calls_take(struct fdar_calls *calls, struct fdar_event *batch, size_t capacity)
{
	size_t n = give_spill(calls, batch, capacity);

	if (capacity - n >= RECORD_EVENTS && calls->at < calls->end)
		n += run_records(calls, batch + n, capacity - n);
	/* The next record may be too much: by way of the spill. */
	while (n < capacity && calls->at < calls->end) {
		calls->spilled = (unsigned)run_records(calls, calls->spill, RECORD_EVENTS);
		n += give_spill(calls, batch + n, capacity - n);
	}
	return n;
}

uint64_t fdar_calls_count(const struct fdar_calls *calls)
{
	return calls->count;
}

uint64_t fdar_calls_broken(const struct fdar_calls *calls)
{
	return calls->broken;
}
