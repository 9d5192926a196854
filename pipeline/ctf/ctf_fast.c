#include "pipeline/ctf/ctf_fast.h"

#include <string.h>

#include "pipeline/ctf/ctf_bits.h"

/* The stream's state as the loop needs it, in registers as far as there are any. */
struct loop {
	const uint8_t *at;
	const uint8_t *last_at; /* events that start after this may be too close to the end */
	uint64_t clock;
	uint64_t last;    /* no event after this time, in cycles */
	uint64_t next;    /* time of the one that is after it, 0: there is none */
	uint64_t base_ns; /* time of cycle 0 */
	const struct fdar_ctf_fast *const *fast;
	guint ids;
};

/* FALSE when times cannot be compared as cycles. */
static gboolean begin(const struct fdar_ctf_stream *stream, uint64_t limit_ns, struct loop *loop)
{
	const struct fdar_ctf_cursor *cursor = &stream->cursor;
	uint64_t base_ns = (uint64_t)stream->time.base_ns, left;

	/* Where the clock may have gone back, events are looked at one by one. */
	if (!fdar_ctf_time_is_sum(&stream->time, &loop->last) || limit_ns < base_ns ||
	    stream->frame.clock < stream->last_clock)
		return FALSE;
	loop->last = MIN(loop->last, limit_ns - base_ns);
	loop->base_ns = base_ns;
	loop->at = cursor->bytes + cursor->at / 8;
	left = cursor->end > cursor->at ? (cursor->end - cursor->at) / 8 : 0;
	if (left < FDAR_CTF_FAST_REACH)
		return FALSE;
	loop->last_at = loop->at + left - FDAR_CTF_FAST_REACH;
	loop->clock = stream->frame.clock;
	loop->next = 0;
	loop->fast = stream->stream->fast;
	/* The highest id says that id and time follow at full length. */
	loop->ids = MIN(stream->stream->ids, (1u << stream->stream->fast_bits) - 1);
	return TRUE;
}

static inline uint64_t pick(const struct fdar_ctf_pick *pick, const uint8_t *body)
{
	return fdar_ctf_bits_bytes(body + pick->from, 64, FALSE) & pick->mask;
}

/* Whether the thread is called what it was called in its last event. */
static inline gboolean same_name(struct fdar_ctf_sink *sink, const struct fdar_ctf_fast *fast,
				 const uint8_t *body, const struct fdar_event *event)
{
	const struct fdar_ctf_sink_thread *thread = fdar_ctf_sink_thread(sink, event->tid);

	return thread->length == FDAR_CTF_PROCNAME_BYTES && thread->tid == event->tid &&
	       thread->pid == event->pid && thread->home == event->home &&
	       thread->name[0] == pick(&fast->name[0], body) &&
	       thread->name[1] == pick(&fast->name[1], body) &&
	       thread->name[2] == pick(&fast->name[2], body);
}

_Static_assert(offsetof(struct fdar_event, addr2) == offsetof(struct fdar_event, addr) + 8,
	       "both are copied at once");

static inline void make(const struct fdar_ctf_fast *fast, const uint8_t *body, uint64_t time_ns,
			struct fdar_event *event)
{
	/* What does not differ within a class is at the struct's end: copied at once. */
	const size_t same = offsetof(struct fdar_event, data);

	event->time_ns = time_ns;
	/* As in every function trace. */
	if (G_LIKELY(fast->pair)) {
		memcpy(&event->addr, body + fast->addr.from, 16);
	} else {
		event->addr = pick(&fast->addr, body);
		event->addr2 = pick(&fast->addr2, body);
	}
	memcpy((char *)event + same, (const char *)&fast->event + same, sizeof(*event) - same);
	event->pid = fast->event.pid | (uint32_t)pick(&fast->pid, body);
	event->tid = (uint32_t)pick(&fast->tid, body);
}

/* One loop for each of the two headers: id_bits is a constant in both. */
static inline __attribute__((always_inline)) struct fdar_event *run(struct loop *loop,
								    struct fdar_ctf_sink *sink,
								    struct fdar_event *event,
								    struct fdar_event *stop,
								    const unsigned id_bits)
{
	const unsigned time_bits = id_bits == 5 ? 27 : 32, head = (id_bits + time_bits) / 8;
	const uint8_t *at = loop->at;
	uint64_t clock = loop->clock;
	size_t step = 0;

	for (; event < stop && at <= loop->last_at; event++) {
		const struct fdar_ctf_fast *fast;
		uint64_t next;
		guint id;

		if (id_bits == 5) {
			next = fdar_ctf_bits_bytes(at, 32, FALSE);
			id = next & 31u;
			next >>= 5;
		} else {
			id = (guint)fdar_ctf_bits_bytes(at, 16, FALSE);
			next = fdar_ctf_bits_bytes(at + 2, 32, FALSE);
		}
		fast = id < loop->ids ? loop->fast[id] : NULL;
		if (!fast)
			break;
		next = fdar_ctf_bits_clock(clock, next, time_bits);
		if (next > loop->last) {
			loop->next = next;
			break;
		}
		make(fast, at + head, loop->base_ns + next, event);
		if (fast->named && !same_name(sink, fast, at + head, event))
			break;
		/* Most events are as long as the one before. That being foretold as a branch, and
		 * not computed, the processor is some events ahead: without it, reading takes 30 %
		 * longer (docs/performance.md). */
		if (G_UNLIKELY(step != head + fast->bytes)) {
			step = head + fast->bytes;
			__asm__ volatile("" : "+r"(step));
		}
		at += step;
		clock = next;
	}
	loop->at = at;
	loop->clock = clock;
	return event;
}

gboolean fdar_ctf_fast_run(struct fdar_ctf_stream *stream, uint64_t limit_ns,
			   struct fdar_ctf_sink *sink)
{
	struct fdar_event *first = sink->events + sink->count;
	struct fdar_event *stop = sink->events + sink->capacity, *last;
	struct loop loop;

	if (stream->cursor.at % 8 || !begin(stream, limit_ns, &loop))
		return FALSE;
	last = stream->stream->fast_bits == 5 ? run(&loop, sink, first, stop, 5)
					      : run(&loop, sink, first, stop, 16);
	sink->count += (size_t)(last - first);
	stream->cursor.at = (uint64_t)(loop.at - stream->cursor.bytes) * 8;
	stream->frame.clock = loop.clock;
	if (last > first)
		stream->last_clock = loop.clock;
	if (!loop.next)
		return FALSE;
	stream->key_ns = MAX(stream->key_ns, fdar_ctf_time_ns(&stream->time, loop.next));
	return stream->key_ns > limit_ns;
}

gboolean fdar_ctf_fast_header(struct fdar_ctf_stream *stream)
{
	const guint id_bits = stream->stream->fast_bits, time_bits = id_bits == 5 ? 27 : 32;
	struct fdar_ctf_cursor *cursor = &stream->cursor;
	const uint8_t *at = cursor->bytes + cursor->at / 8;
	uint64_t word, id;

	if (!id_bits || cursor->at % 8 || cursor->at + FDAR_CTF_FAST_REACH * 8 > cursor->end)
		return FALSE;
	word = fdar_ctf_bits_bytes(at, 64, FALSE);
	id = word & ((1u << id_bits) - 1);
	if (id == (1u << id_bits) - 1) {
		at += (id_bits + 7) / 8;
		id = fdar_ctf_bits_bytes(at, 32, FALSE);
		stream->frame.clock = fdar_ctf_bits_bytes(at + 4, 64, FALSE);
		cursor->at += (id_bits + 7) / 8 * 8 + 32 + 64;
	} else {
		word = word >> id_bits & (UINT64_MAX >> (64 - time_bits));
		stream->frame.clock = fdar_ctf_bits_clock(stream->frame.clock, word, time_bits);
		cursor->at += id_bits + time_bits;
	}
	stream->frame.values[FDAR_CTF_VALUE_ID] = id;
	return TRUE;
}
