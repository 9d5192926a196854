#include "pipeline/ctf_fast.h"

#include <string.h>

#include "pipeline/ctf_bits.h"

/* The stream's state as the loop needs it, in registers as far as there are any. */
struct loop {
	const uint8_t *at, *end;
	uint64_t clock;
	uint64_t last;    /* no event after this time, in cycles */
	uint64_t next;    /* time of the one that is after it, 0: there is none */
	uint64_t base_ns; /* time of cycle 0 */
	struct fd_ctf_class *const *classes;
	guint ids;
};

/* FALSE when times cannot be compared as cycles. */
static gboolean begin(const struct fd_ctf_stream *stream, uint64_t limit_ns, struct loop *loop)
{
	const struct fd_ctf_cursor *cursor = &stream->cursor;
	uint64_t base_ns = (uint64_t)stream->plan->time.base_ns;

	if (!fd_ctf_time_is_sum(&stream->plan->time, &loop->last) || limit_ns < base_ns)
		return FALSE;
	loop->last = MIN(loop->last, limit_ns - base_ns);
	loop->base_ns = base_ns;
	loop->at = cursor->bytes + cursor->at / 8;
	loop->end = cursor->bytes + cursor->end / 8;
	loop->clock = stream->frame.clock;
	loop->next = 0;
	loop->classes = stream->stream->by_id;
	/* The highest id says that id and time follow at full length. */
	loop->ids = MIN(stream->stream->ids, (1u << stream->stream->fast_bits) - 1);
	return TRUE;
}

static inline void copy(const struct fd_ctf_fast *fast, const uint8_t *body, struct fd_event *event)
{
	char *to = (char *)event;

	for (unsigned i = 0; i < fast->wides; i++)
		memcpy(to + fast->wide[i].to, body + fast->wide[i].from, 8);
	for (unsigned i = 0; i < fast->words; i++)
		memcpy(to + fast->word[i].to, body + fast->word[i].from, 4);
}

/* Whether the thread is called what it was called in its last event. */
static inline gboolean same_name(struct fd_ctf_sink *sink, const struct fd_ctf_fast *fast,
				 const uint8_t *body, const struct fd_event *event)
{
	const struct fd_ctf_sink_thread *thread = fd_ctf_sink_thread(sink, event->tid);

	return thread->length == fast->name_bytes && thread->tid == event->tid &&
	       thread->pid == event->pid &&
	       memcmp(thread->name, body + fast->name_from, fast->name_bytes) == 0;
}

/* One loop for each of the two headers: id_bits is a constant in both. */
static inline __attribute__((always_inline)) struct fd_event *run(struct loop *loop,
								  struct fd_ctf_sink *sink,
								  struct fd_event *event,
								  struct fd_event *stop,
								  const unsigned id_bits)
{
	const unsigned time_bits = id_bits == 5 ? 27 : 32, head = (id_bits + time_bits) / 8;

	for (; event < stop; event++) {
		const struct fd_ctf_fast *fast;
		uint64_t word, clock;
		guint id;

		if (loop->end - loop->at < (ptrdiff_t)head)
			break;
		word = id_bits == 5 ? fd_ctf_bits_bytes(loop->at, 32, FALSE)
				    : fd_ctf_bits_bytes(loop->at, 16, FALSE) |
					      fd_ctf_bits_bytes(loop->at + 2, 32, FALSE) << 16;
		id = (guint)word & ((1u << id_bits) - 1);
		if (id >= loop->ids || !loop->classes[id] || !loop->classes[id]->fast.usable)
			break;
		fast = &loop->classes[id]->fast;
		clock = fd_ctf_bits_clock(loop->clock, word >> id_bits, time_bits);
		if (clock > loop->last) {
			loop->next = clock;
			break;
		}
		if (loop->end - loop->at < (ptrdiff_t)(head + fast->bytes))
			break;
		*event = fast->event;
		event->time_ns = loop->base_ns + clock;
		copy(fast, loop->at + head, event);
		if (fast->name_bytes && !same_name(sink, fast, loop->at + head, event))
			break;
		loop->at += head + fast->bytes;
		loop->clock = clock;
	}
	return event;
}

gboolean fd_ctf_fast_run(struct fd_ctf_stream *stream, uint64_t limit_ns, struct fd_ctf_sink *sink)
{
	struct fd_event *first = sink->events + sink->count;
	struct fd_event *stop = sink->events + sink->capacity, *last;
	struct loop loop;

	if (stream->cursor.at % 8 || !begin(stream, limit_ns, &loop))
		return FALSE;
	last = stream->stream->fast_bits == 5 ? run(&loop, sink, first, stop, 5)
					      : run(&loop, sink, first, stop, 16);
	sink->count += (size_t)(last - first);
	stream->cursor.at = (uint64_t)(loop.at - stream->cursor.bytes) * 8;
	stream->frame.clock = loop.clock;
	if (!loop.next)
		return FALSE;
	stream->key_ns = MAX(stream->key_ns, fd_ctf_time_ns(&stream->plan->time, loop.next));
	return stream->key_ns > limit_ns;
}
