#include "pipeline/drain/drain_count.h"

#include <string.h>

#include "pipeline/ctf/ctf_bits.h"
#include "pipeline/ctf/ctf_plan.h"
#include "pipeline/ctf/ctf_run.h"

#define PACKET_MAGIC 0xc1fc1fc1u

/* How an event class is stepped over, behind the event's header. */
struct step {
	uint32_t bytes; /* of fixed length */
	gboolean known; /* else: by the program */
	gboolean text;  /* then comes a text, and nothing more */
};

struct fdar_drain_counter {
	gint refs; /* atomic */
	struct fdar_ctf_plan *plan;
	struct step **steps; /* by the streams of the plan, by id */
};

/* ---- how classes are stepped over ---- */

/* To count events nothing of them has to be known but their length: for most classes that is a number,
 * or a number and the length of one text at the end, and no program has to be run. Whatever else is
 * in a class (sequences, variants, alignment that depends on where it begins) makes it unknown: then
 * the decoder's own program is run, which is right and ten times as slow. A class of no bytes is
 * unknown, too: it would be stepped over for ever. */
static struct step step_of(const struct fdar_ctf_class *class)
{
	struct step step = { 0 };
	uint64_t bits = 0;

	for (guint i = 0; i + 1 < class->program.ops->len; i++) {
		const struct fdar_ctf_op *op =
			&g_array_index(class->program.ops, struct fdar_ctf_op, i);

		if (step.text)
			return (struct step){ 0 };
		if (op->code == FDAR_CTF_OP_SKIP)
			bits += MIN(op->amount, UINT32_MAX);
		else if (op->code == FDAR_CTF_OP_INT)
			bits += op->bits;
		else if (op->code == FDAR_CTF_OP_ARRAY && op->reg == FDAR_CTF_NO_REG)
			bits += MIN(op->amount, UINT16_MAX) * op->bits;
		else if (op->code == FDAR_CTF_OP_STRING && op->bits == 8)
			step.text = TRUE;
		else
			return (struct step){ 0 };
		if (bits > UINT16_MAX * 8)
			return (struct step){ 0 };
	}
	step.bytes = (uint32_t)(bits / 8);
	step.known = bits % 8 == 0 && (bits || step.text);
	return step;
}

static struct step *steps_of(const struct fdar_ctf_stream_plan *stream)
{
	struct step *steps = g_new0(struct step, stream->ids);

	for (guint id = 0; stream->fast_bits && id < stream->ids; id++) {
		if (stream->by_id[id])
			steps[id] = step_of(stream->by_id[id]);
	}
	return steps;
}

struct fdar_drain_counter *fdar_drain_counter_new(const char *text, gsize length)
{
	struct fdar_ctf_plan *plan = fdar_ctf_plan_new(text, length, NULL);
	struct fdar_drain_counter *counter;

	if (!plan)
		return NULL;
	counter = g_new0(struct fdar_drain_counter, 1);
	counter->refs = 1;
	counter->plan = plan;
	counter->steps = g_new0(struct step *, plan->streams->len);
	for (guint i = 0; i < plan->streams->len; i++)
		counter->steps[i] = steps_of(g_ptr_array_index(plan->streams, i));
	return counter;
}

struct fdar_drain_counter *fdar_drain_counter_ref(struct fdar_drain_counter *counter)
{
	if (counter)
		g_atomic_int_inc(&counter->refs);
	return counter;
}

void fdar_drain_counter_unref(struct fdar_drain_counter *counter)
{
	if (!counter || !g_atomic_int_dec_and_test(&counter->refs))
		return;
	for (guint i = 0; i < counter->plan->streams->len; i++)
		g_free(counter->steps[i]);
	g_free(counter->steps);
	fdar_ctf_plan_free(counter->plan);
	g_free(counter);
}

/* ---- packets ---- */

struct packet {
	const struct fdar_ctf_stream_plan *stream;
	const struct step *steps;
	struct fdar_ctf_cursor cursor;
	struct fdar_ctf_frame frame;
};

static gboolean find_stream(const struct fdar_drain_counter *counter, struct packet *packet)
{
	const struct fdar_ctf_plan *plan = counter->plan;
	gboolean has_id = (plan->values & 1u << FDAR_CTF_VALUE_STREAM) != 0;

	for (guint i = 0; i < plan->streams->len; i++) {
		const struct fdar_ctf_stream_plan *stream = g_ptr_array_index(plan->streams, i);

		if (has_id ? stream->id != packet->frame.values[FDAR_CTF_VALUE_STREAM]
			   : plan->streams->len > 1 && stream->id)
			continue;
		packet->stream = stream;
		packet->steps = counter->steps[i];
		return TRUE;
	}
	return FALSE;
}

/* Up to the first event. */
static enum fdar_drain_count enter(const struct fdar_drain_counter *counter, const uint8_t *bytes,
				   size_t length, struct packet *packet)
{
	const struct fdar_ctf_plan *plan = counter->plan;

	packet->frame.clock = 0;
	memset(packet->frame.values, 0, sizeof(packet->frame.values));
	packet->cursor = (struct fdar_ctf_cursor){ .bytes = bytes, .end = (uint64_t)length * 8 };
	if (fdar_ctf_run(&plan->packet_header, &packet->cursor, &packet->frame) != FDAR_CTF_OK ||
	    ((plan->values & 1u << FDAR_CTF_VALUE_MAGIC) &&
	     packet->frame.values[FDAR_CTF_VALUE_MAGIC] != PACKET_MAGIC))
		return FDAR_DRAIN_BROKEN;
	if (!find_stream(counter, packet))
		return FDAR_DRAIN_UNKNOWN;
	if (fdar_ctf_run(&packet->stream->packet_context, &packet->cursor, &packet->frame) !=
	    FDAR_CTF_OK)
		return FDAR_DRAIN_BROKEN;
	return FDAR_DRAIN_COUNTED;
}

gboolean fdar_drain_counter_head(const struct fdar_drain_counter *counter, const uint8_t *bytes,
				 size_t length, struct fdar_drain_head *head)
{
	const uint32_t needed = 1u << FDAR_CTF_VALUE_CONTENT_BITS |
				1u << FDAR_CTF_VALUE_PACKET_BITS | 1u << FDAR_CTF_VALUE_BEGIN |
				1u << FDAR_CTF_VALUE_END;
	struct packet packet;
	const uint64_t *values = packet.frame.values;

	if (enter(counter, bytes, length, &packet) != FDAR_DRAIN_COUNTED ||
	    ((packet.stream->values | counter->plan->values) & needed) != needed)
		return FALSE;
	*head = (struct fdar_drain_head){ .packet_bytes = values[FDAR_CTF_VALUE_PACKET_BITS] / 8,
					  .content_bits = values[FDAR_CTF_VALUE_CONTENT_BITS],
					  .begin = values[FDAR_CTF_VALUE_BEGIN],
					  .end = values[FDAR_CTF_VALUE_END],
					  .discarded = values[FDAR_CTF_VALUE_DISCARDED],
					  .sequence = values[FDAR_CTF_VALUE_SEQUENCE] };
	return values[FDAR_CTF_VALUE_PACKET_BITS] % 8 == 0 &&
	       head->content_bits >= packet.cursor.at &&
	       head->content_bits <= values[FDAR_CTF_VALUE_PACKET_BITS];
}

/* ---- events ---- */

/* Steps over events as long as the table knows how, and 8 bytes are left; gives how many. */
static uint64_t step_over(struct packet *packet)
{
	const guint id_bits = packet->stream->fast_bits, mask = (1u << id_bits) - 1;
	const guint ids = MIN(packet->stream->ids, mask); /* the highest one: a longer header */
	const uint8_t *at = packet->cursor.bytes + packet->cursor.at / 8;
	const uint8_t *end = packet->cursor.bytes + packet->cursor.end / 8;
	uint64_t events = 0;

	/* 8: the longest read below, an id of 16 bits and a time of 32, with room to spare; what is
	 * left of the packet is for run_one(), which looks before every read. */
	while ((size_t)(end - at) >= 8) {
		guint id = (guint)fdar_ctf_bits_bytes(at, 16, FALSE) & mask;
		const struct step *step = &packet->steps[id];
		size_t bytes;

		if (id >= ids || !step->known)
			break;
		bytes = step->bytes + (id_bits == 5 ? 4u : 6u);
		if (G_UNLIKELY(bytes > (size_t)(end - at)))
			break;
		if (step->text) {
			const uint8_t *nul = memchr(at + bytes, 0, (size_t)(end - at) - bytes);

			if (!nul)
				break;
			bytes = (size_t)(nul - at) + 1;
		}
		at += bytes;
		events++;
	}
	packet->cursor.at = (uint64_t)(at - packet->cursor.bytes) * 8;
	return events;
}

static enum fdar_drain_count run_one(struct packet *packet)
{
	uint64_t before = packet->cursor.at, id;
	const struct fdar_ctf_class *class;

	packet->frame.values[FDAR_CTF_VALUE_ID] = 0;
	if (fdar_ctf_run(&packet->stream->event_header, &packet->cursor, &packet->frame) !=
	    FDAR_CTF_OK)
		return FDAR_DRAIN_BROKEN;
	id = packet->frame.values[FDAR_CTF_VALUE_ID];
	class = fdar_ctf_plan_class(packet->stream, id);
	if (!class)
		return FDAR_DRAIN_UNKNOWN;
	if (fdar_ctf_run(&class->program, &packet->cursor, &packet->frame) != FDAR_CTF_OK ||
	    packet->cursor.at == before)
		return FDAR_DRAIN_BROKEN;
	return FDAR_DRAIN_COUNTED;
}

enum fdar_drain_count fdar_drain_counter_count(const struct fdar_drain_counter *counter,
					       const uint8_t *bytes, size_t length,
					       uint64_t *events)
{
	struct packet packet;
	enum fdar_drain_count result = enter(counter, bytes, length, &packet);
	uint64_t content = packet.frame.values[FDAR_CTF_VALUE_CONTENT_BITS];

	*events = 0;
	if (result != FDAR_DRAIN_COUNTED)
		return result;
	if (content > packet.cursor.end || content < packet.cursor.at)
		return FDAR_DRAIN_BROKEN;
	packet.cursor.end = content;
	while (packet.cursor.at < packet.cursor.end) {
		if (packet.stream->fast_bits && packet.cursor.at % 8 == 0)
			*events += step_over(&packet);
		if (packet.cursor.at >= packet.cursor.end)
			break;
		result = run_one(&packet);
		if (result != FDAR_DRAIN_COUNTED)
			return result;
		++*events;
	}
	return FDAR_DRAIN_COUNTED;
}
