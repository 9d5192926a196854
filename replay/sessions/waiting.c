#include "replay/sessions/waiting.h"

#include <assert.h>
#include <string.h>

static uint32_t compare(const struct fdar_waiting_part *kept, const struct fdar_segment *segment,
			uint32_t from, uint32_t to)
{
	if (kept->segment.bytes && segment->bytes &&
	    memcmp(kept->segment.bytes + (from - kept->segment.seq),
		   segment->bytes + (from - segment->seq), to - from) != 0)
		return FDAR_ODD_RETRANSMITS | FDAR_ODD_DIFFERS;
	return FDAR_ODD_RETRANSMITS;
}

static void insert_before(struct fdar_waiting *waiting, size_t *budget,
			  struct fdar_waiting_part *at, const struct fdar_segment *segment,
			  uint32_t from, uint32_t to)
{
	struct fdar_waiting_part *part = g_new0(struct fdar_waiting_part, 1);
	uint32_t charge = segment->bytes ? to - from : 0;

	part->segment = *segment;
	part->segment.seq = from;
	part->segment.length = part->segment.captured = to - from;
	part->segment.push = segment->push && to == segment->seq + segment->length;
	part->segment.urgent = segment->urgent && to == segment->seq + segment->length;
	if (segment->bytes)
		part->segment.bytes = g_memdup2(segment->bytes + (from - segment->seq), to - from);
	part->next = at;
	part->previous = at ? at->previous : waiting->tail;
	*(part->previous ? &part->previous->next : &waiting->head) = part;
	*(at ? &at->previous : &waiting->tail) = part;
	waiting->count++;
	waiting->bytes += charge;
	*budget += charge + sizeof(*part);
}

uint32_t fdar_waiting_keep(struct fdar_waiting *waiting, size_t *budget,
			   const struct fdar_segment *segment)
{
	uint32_t from = segment->seq, end = segment->seq + segment->length;
	struct fdar_waiting_part *at = waiting->tail, *behind = NULL;
	uint32_t odd = 0;

	while (at && fdar_seq_distance(at->segment.seq, from) > 0) {
		behind = at;
		at = at->previous;
	}
	/* at is the last one that starts at or before the segment. */
	if (at) {
		uint32_t at_end = at->segment.seq + at->segment.length;

		if (fdar_seq_distance(at_end, from) > 0) {
			uint32_t to = fdar_seq_distance(at_end, end) < 0 ? at_end : end;

			odd |= compare(at, segment, from, to);
			from = to;
		}
	}
	while (fdar_seq_distance(end, from) > 0) {
		uint32_t to = behind && fdar_seq_distance(behind->segment.seq, end) < 0
				      ? behind->segment.seq
				      : end;

		if (to != from)
			insert_before(waiting, budget, behind, segment, from, to);
		if (to == end)
			break;
		from = behind->segment.seq + behind->segment.length;
		if (fdar_seq_distance(from, end) > 0)
			from = end;
		odd |= compare(behind, segment, to, from);
		behind = behind->next;
	}
	return odd;
}

static void remove_part(struct fdar_waiting *waiting, size_t *budget,
			struct fdar_waiting_part *part)
{
	uint32_t charge = part->segment.bytes ? part->segment.length : 0;

	*(part->previous ? &part->previous->next : &waiting->head) = part->next;
	*(part->next ? &part->next->previous : &waiting->tail) = part->previous;
	waiting->count--;
	waiting->bytes -= charge;
	*budget -= charge + sizeof(*part);
	g_free((gpointer)part->segment.bytes);
	g_free(part);
}

gboolean fdar_waiting_cut(struct fdar_waiting *waiting, size_t *budget, uint32_t seq)
{
	gboolean found = FALSE;

	while (waiting->tail) {
		struct fdar_segment *last = &waiting->tail->segment;
		int32_t left = fdar_seq_distance(seq, last->seq);

		if (left > 0 && (uint32_t)left >= last->length)
			break;
		found = TRUE;
		if (left <= 0) {
			remove_part(waiting, budget, waiting->tail);
			continue;
		}
		if (last->bytes) {
			waiting->bytes -= last->length - (uint32_t)left;
			*budget -= last->length - (uint32_t)left;
		}
		last->length = last->captured = (uint32_t)left;
	}
	return found;
}

gboolean fdar_waiting_forget(struct fdar_waiting *waiting, size_t *budget, uint64_t packet)
{
	struct fdar_waiting_part *next;
	gboolean found = FALSE;

	for (struct fdar_waiting_part *part = waiting->head; part; part = next) {
		next = part->next;
		if (part->segment.packet <= packet)
			continue;
		found = TRUE;
		remove_part(waiting, budget, part);
	}
	return found;
}

void fdar_waiting_divide(struct fdar_waiting *waiting, size_t *budget, uint32_t seq)
{
	struct fdar_waiting_part *part = waiting->head;
	struct fdar_segment whole = part->segment;
	uint32_t first = seq - whole.seq;

	insert_before(waiting, budget, part->next, &whole, seq, whole.seq + whole.length);
	part->segment.length = part->segment.captured = first;
	part->segment.push = part->segment.urgent = FALSE;
	if (part->segment.bytes) {
		waiting->bytes -= whole.length - first;
		*budget -= whole.length - first;
	}
}

void fdar_waiting_pop(struct fdar_waiting *waiting, size_t *budget)
{
	remove_part(waiting, budget, waiting->head);
}

void fdar_waiting_check(const struct fdar_waiting *waiting)
{
#ifndef NDEBUG
	const struct fdar_waiting_part *last = NULL;
	uint32_t count = 0, bytes = 0;

	for (const struct fdar_waiting_part *part = waiting->head; part; part = part->next) {
		assert(part->previous == last);
		/* Numbers wrap, so order is distance; behind the end of the one before. */
		assert(!last || fdar_seq_distance(part->segment.seq, last->segment.seq) >=
					(int32_t)last->segment.length);
		assert(part->segment.captured == part->segment.length);
		bytes += part->segment.bytes ? part->segment.length : 0;
		count++;
		last = part;
	}
	assert(last == waiting->tail);
	assert(count == waiting->count);
	assert(bytes == waiting->bytes);
#else
	(void)waiting;
#endif
}
