#include "pipeline/ctf/ctf_account.h"

#include "base/sum.h"
#include "pipeline/recording/losses.h"

#define SEEN_MAX 4096u /* packets that began at the same time */

static gboolean has(const struct fdar_ctf_stream *stream, enum fdar_ctf_value value)
{
	return (stream->packet.values & 1u << value) != 0;
}

uint64_t fdar_ctf_account_begin_ns(const struct fdar_ctf_stream *stream)
{
	return fdar_ctf_time_ns(&stream->time, stream->frame.values[FDAR_CTF_VALUE_BEGIN]);
}

/* What was lost before a packet is told by whoever wants its begin. */
static gboolean is_begin_wanted(const struct fdar_ctf_stream *stream)
{
	uint64_t begin_ns = fdar_ctf_account_begin_ns(stream);

	return !has(stream, FDAR_CTF_VALUE_BEGIN) ||
	       (begin_ns >= stream->from_ns && begin_ns < stream->to_ns);
}

/* Events that are missing between the end of the last packet and a point of time. */
static void lose(struct fdar_ctf_stream *stream, uint64_t until, uint64_t events)
{
	uint64_t begin_ns = fdar_ctf_time_ns(&stream->time, stream->last_end);
	uint64_t end_ns = fdar_ctf_time_ns(&stream->time, until);

	stream->discarded = fdar_sum(stream->discarded, events);
	if (!stream->counted)
		begin_ns = end_ns;
	if (stream->losses && events)
		fdar_losses_add(stream->losses, stream->file.path, begin_ns, MAX(begin_ns, end_ns),
				events);
}

/* How many more a counter of so many bits says than before. One that is less has come round, if that is
 * less than half of all it can say for one of 64 bits, else it began anew; but LTTng writes 0 into a packet
 * that its timer has cut, and of two writers on a processor one may be late: both go on with the count
 * after it, which last is, and is then, too. */
static uint64_t count_on(const struct fdar_ctf_stream *stream, uint64_t now, uint64_t *last)
{
	unsigned bits = stream->stream->bits[FDAR_CTF_VALUE_DISCARDED];
	uint64_t more = (now - *last) & (UINT64_MAX >> (64 - CLAMP(bits, 1, 64)));
	gboolean back = now < *last && more >> (CLAMP(bits, 1, 64) - 1);
	gboolean late = now < *last && stream->plan->lttng && bits >= 32 && (!now || back);

	if (late)
		return 0;
	if (back && bits == 64)
		more = 0;
	*last = now;
	return more;
}

/* Packets that are missing between one number and the next, of so many bits. */
static uint64_t count_missing(const struct fdar_ctf_stream *stream, uint64_t sequence)
{
	unsigned bits = stream->stream->bits[FDAR_CTF_VALUE_SEQUENCE];
	uint64_t step =
		(sequence - stream->last_sequence) & (UINT64_MAX >> (64 - CLAMP(bits, 1, 64)));

	/* Half of all numbers on is back. */
	return step && !(step >> (CLAMP(bits, 1, 64) - 1)) ? step - 1 : 0;
}

/* What tells the packet in hand from others. */
static struct fdar_ctf_seen packet_in_hand(const struct fdar_ctf_stream *stream)
{
	return (struct fdar_ctf_seen){
		.path = stream->file.path,
		.start = stream->file.next,
		.bytes = stream->packet.bytes,
		.begin = stream->frame.values[FDAR_CTF_VALUE_BEGIN],
		.end = stream->frame.values[FDAR_CTF_VALUE_END],
		.sequence = stream->frame.values[FDAR_CTF_VALUE_SEQUENCE],
	};
}

/* Packets come by their begin: only those with the same one can be copies of each other. */
static void remember(struct fdar_ctf_stream *stream)
{
	struct fdar_ctf_seen packet = packet_in_hand(stream);

	if (!stream->seen)
		return;
	if (stream->seen->len &&
	    g_array_index(stream->seen, struct fdar_ctf_seen, 0).begin != packet.begin)
		g_array_set_size(stream->seen, 0);
	if (stream->seen->len < SEEN_MAX)
		g_array_append_val(stream->seen, packet);
}

/* What the recorder dropped is told by the note of the packet behind it, and explains the gap. */
void fdar_ctf_account_packet(struct fdar_ctf_stream *stream)
{
	uint64_t discarded = stream->frame.values[FDAR_CTF_VALUE_DISCARDED];
	uint64_t sequence = stream->frame.values[FDAR_CTF_VALUE_SEQUENCE];
	uint64_t dropped = stream->file.packed ? stream->window.note.dropped : 0;
	gboolean wanted = is_begin_wanted(stream);
	uint64_t more;

	/* Of the first packet, nothing is known of what was before. */
	if (!stream->counted)
		stream->last_discarded = discarded;
	more = count_on(stream, discarded, &stream->last_discarded);
	if (wanted && dropped)
		lose(stream, stream->frame.values[FDAR_CTF_VALUE_BEGIN], dropped);
	if (wanted && more && has(stream, FDAR_CTF_VALUE_DISCARDED))
		lose(stream, stream->frame.values[FDAR_CTF_VALUE_END], more);
	if (stream->counted && wanted && has(stream, FDAR_CTF_VALUE_SEQUENCE) && !dropped &&
	    !stream->explained)
		stream->packets_lost =
			fdar_sum(stream->packets_lost, count_missing(stream, sequence));
	stream->counted = TRUE;
	stream->explained = FALSE;
	stream->last_sequence = sequence;
	stream->last_end = stream->frame.values[FDAR_CTF_VALUE_END];
	remember(stream);
}

/* ---- copies ---- */

/* Whether they are the same packet: both have a number, or there is nothing that tells them apart. A
 * clock that is coarse gives many packets the same times. */
static gboolean is_same(const struct fdar_ctf_stream *stream, const struct fdar_ctf_seen *a,
			const struct fdar_ctf_seen *b)
{
	/* The path of a file is one object. */
	if (a->path == b->path || a->bytes != b->bytes || a->begin != b->begin || a->end != b->end)
		return FALSE;
	if (has(stream, FDAR_CTF_VALUE_SEQUENCE))
		return a->sequence == b->sequence;
	return !stream->file.packed &&
	       fdar_ctf_window_same(a->path, a->start, b->path, b->start, a->bytes);
}

/* Whether the packet was read before, from another file. */
gboolean fdar_ctf_account_is_copy(struct fdar_ctf_stream *stream)
{
	struct fdar_ctf_seen packet = packet_in_hand(stream);

	if (!stream->seen || !has(stream, FDAR_CTF_VALUE_BEGIN) || !has(stream, FDAR_CTF_VALUE_END))
		return FALSE;
	for (guint i = 0; i < stream->seen->len; i++) {
		if (!is_same(stream, &g_array_index(stream->seen, struct fdar_ctf_seen, i),
			     &packet))
			continue;
		stream->copies += is_begin_wanted(stream) != FALSE;
		return TRUE;
	}
	return FALSE;
}

/* A note without a packet: what was dropped behind the last one. It has no time that says which part
 * of the trace it belongs to: it is told by whoever wants the end. */
void fdar_ctf_account_tail(struct fdar_ctf_stream *stream)
{
	const struct fdar_packed_entry *note = &stream->window.note;

	if (stream->to_ns == UINT64_MAX)
		lose(stream, MAX(note->end, stream->last_end), note->dropped);
	stream->explained = note->dropped > 0;
}
