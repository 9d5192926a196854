#include "pipeline/ctf/ctf_packet.h"

#include "base/errors.h"
#include "pipeline/ctf/ctf_bits.h"

#define PACKET_MAGIC 0xc1fc1fc1u
#define HEAD_BYTES   4096u /* header and context are shorter, as a rule */

static gboolean fail(const struct fdar_ctf_window *window, const char *what, GError **error)
{
	g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_DAMAGED,
		    "byte %" G_GUINT64_FORMAT ": expected %s", window->start, what);
	return FALSE;
}

static gboolean has(const struct fdar_ctf_packet *packet, enum fdar_ctf_value value)
{
	return (packet->values & 1u << value) != 0;
}

/* Runs the program, over as much of the file as it takes. */
static gboolean run(const struct fdar_ctf_program *program, struct fdar_ctf_window *window,
		    struct fdar_ctf_cursor *cursor, struct fdar_ctf_frame *frame, GError **error)
{
	size_t length = HEAD_BYTES;

	for (;;) {
		cursor->bytes = window->bytes;
		cursor->end = (uint64_t)window->length * 8;
		switch (fdar_ctf_run(program, cursor, frame)) {
		case FDAR_CTF_OK:
			return TRUE;
		case FDAR_CTF_BAD:
			return fail(window, "a packet header with an option that there is", error);
		default:
			break;
		}
		if (window->length == window->limit || length >= FDAR_CTF_WINDOW_MAX)
			return fail(window, "a whole packet header", error);
		length *= 2;
		if (!fdar_ctf_window_load(window, 0, length, error))
			return FALSE;
	}
}

static gboolean find_stream(const struct fdar_ctf_plan *plan, const struct fdar_ctf_window *window,
			    const struct fdar_ctf_frame *frame, struct fdar_ctf_packet *packet,
			    GError **error)
{
	if (has(packet, FDAR_CTF_VALUE_MAGIC) &&
	    frame->values[FDAR_CTF_VALUE_MAGIC] != PACKET_MAGIC)
		return fail(window, "the magic number of a packet", error);
	if (has(packet, FDAR_CTF_VALUE_STREAM))
		packet->stream = fdar_ctf_plan_stream(plan, frame->values[FDAR_CTF_VALUE_STREAM]);
	else if (plan->streams->len == 1)
		packet->stream = g_ptr_array_index(plan->streams, 0);
	else
		packet->stream = fdar_ctf_plan_stream(plan, 0);
	if (!packet->stream)
		return fail(window, "a packet of a stream that the metadata knows", error);
	packet->values |= packet->stream->values;
	return TRUE;
}

/* Which of the two sizes there is stands for both; without either, the packet is the whole file. */
static gboolean set_sizes(const struct fdar_ctf_window *window, const struct fdar_ctf_frame *frame,
			  struct fdar_ctf_packet *packet, GError **error)
{
	uint64_t content = frame->values[FDAR_CTF_VALUE_CONTENT_BITS];
	uint64_t bits = frame->values[FDAR_CTF_VALUE_PACKET_BITS];

	if (!has(packet, FDAR_CTF_VALUE_PACKET_BITS))
		bits = has(packet, FDAR_CTF_VALUE_CONTENT_BITS) ? content : window->limit * 8;
	if (!has(packet, FDAR_CTF_VALUE_CONTENT_BITS))
		content = bits;
	if (!bits || bits % 8)
		return fail(window, "a packet of whole bytes", error);
	if (content > bits)
		return fail(window, "a packet that is not smaller than its content", error);
	if (content < packet->body)
		return fail(window, "a packet whose content has its header in it", error);
	packet->bytes = bits / 8;
	packet->content_bits = content;
	packet->cut = packet->bytes > window->limit;
	if (packet->cut)
		packet->content_bits = MIN(content, window->limit * 8);
	return TRUE;
}

/* Whether it is what was said of it before it was unpacked. */
static gboolean check_note(const struct fdar_ctf_window *window, const struct fdar_ctf_frame *frame,
			   const struct fdar_ctf_packet *packet, GError **error)
{
	const uint32_t sizes = 1u << FDAR_CTF_VALUE_CONTENT_BITS | 1u << FDAR_CTF_VALUE_PACKET_BITS;
	const struct fdar_packed_entry *note = &window->note;
	const struct {
		enum fdar_ctf_value value;
		uint64_t said;
	} same[] = {
		{ FDAR_CTF_VALUE_BEGIN, note->begin },
		{ FDAR_CTF_VALUE_END, note->end },
		{ FDAR_CTF_VALUE_SEQUENCE, note->sequence },
		{ FDAR_CTF_VALUE_DISCARDED, note->discarded },
	};
	gboolean ok = packet->bytes == note->packet_bytes &&
		      (!(packet->values & sizes) || packet->content_bits == note->content_bits);

	for (guint i = 0; i < G_N_ELEMENTS(same); i++)
		ok = ok &&
		     (!has(packet, same[i].value) || frame->values[same[i].value] == same[i].said);
	return ok || fail(window, "a packet that is what its note says", error);
}

/* Times of fewer than 64 bits are told in full: the clock has gone on with the begin, and the end is the
 * next such time after it. */
static void widen_times(const struct fdar_ctf_plan *plan, struct fdar_ctf_packet *packet,
			struct fdar_ctf_frame *frame)
{
	unsigned begin = packet->stream->bits[FDAR_CTF_VALUE_BEGIN];
	unsigned end = packet->stream->bits[FDAR_CTF_VALUE_END];
	uint64_t *values = frame->values;

	if (!has(packet, FDAR_CTF_VALUE_BEGIN) || !packet->stream->time.freq)
		return;
	if (begin < 64)
		values[FDAR_CTF_VALUE_BEGIN] = frame->clock;
	/* LTTng may not have written it. */
	if (end && end < 64 && (values[FDAR_CTF_VALUE_END] || !plan->lttng))
		values[FDAR_CTF_VALUE_END] = fdar_ctf_bits_clock(values[FDAR_CTF_VALUE_BEGIN],
								 values[FDAR_CTF_VALUE_END], end);
}

gboolean fdar_ctf_packet_read(const struct fdar_ctf_plan *plan, struct fdar_ctf_window *window,
			      struct fdar_ctf_frame *frame, struct fdar_ctf_packet *packet,
			      GError **error)
{
	struct fdar_ctf_cursor cursor = { 0 };

	*packet = (struct fdar_ctf_packet){ .values = plan->values };
	/* CTF2-SPEC-2.0, 6.1; before, the clock goes on from packet to packet. */
	if (plan->trace->major > 1)
		frame->clock = 0;
	if (!fdar_ctf_window_load(window, 0, HEAD_BYTES, error) ||
	    !run(&plan->packet_header, window, &cursor, frame, error) ||
	    !find_stream(plan, window, frame, packet, error) ||
	    !run(&packet->stream->packet_context, window, &cursor, frame, error))
		return FALSE;
	packet->body = cursor.at;
	if (!set_sizes(window, frame, packet, error) ||
	    (window->packed && !check_note(window, frame, packet, error)))
		return FALSE;
	widen_times(plan, packet, frame);
	return TRUE;
}

void fdar_ctf_packet_from_note(const struct fdar_ctf_plan *plan,
			       const struct fdar_ctf_stream_plan *stream,
			       const struct fdar_ctf_window *window, struct fdar_ctf_frame *frame,
			       struct fdar_ctf_packet *packet)
{
	const struct fdar_packed_entry *note = &window->note;

	*packet = (struct fdar_ctf_packet){ .stream = stream,
					    .values = plan->values | stream->values,
					    .bytes = note->packet_bytes,
					    .content_bits = note->content_bits };
	frame->values[FDAR_CTF_VALUE_BEGIN] = note->begin;
	frame->values[FDAR_CTF_VALUE_END] = note->end;
	frame->values[FDAR_CTF_VALUE_SEQUENCE] = note->sequence;
	frame->values[FDAR_CTF_VALUE_DISCARDED] = note->discarded;
}
