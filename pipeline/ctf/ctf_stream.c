#include "pipeline/ctf/ctf_stream.h"

#include "base/errors.h"
#include "pipeline/ctf/ctf_account.h"
#include "pipeline/ctf/ctf_fast.h"

#define RELOAD_MIN  4096u /* bytes */
#define START_BATCH 64u

struct fdar_ctf_stream *fdar_ctf_stream_new(const struct fdar_ctf_plan *plan,
					    const struct fdar_ctf_stream_plan *stream_plan,
					    GArray *files, size_t usual, gboolean keep)
{
	struct fdar_ctf_stream *stream = g_new0(struct fdar_ctf_stream, 1);

	stream->plan = plan;
	stream->stream = stream_plan;
	stream->time = stream_plan->time;
	stream->base_ns = stream->time.base_ns;
	stream->files = files;
	if (files->len)
		stream->key_ns = g_array_index(files, struct fdar_ctf_file, 0).begin_ns;
	stream->to_ns = UINT64_MAX;
	if (files->len > 1)
		stream->seen = g_array_new(FALSE, FALSE, sizeof(struct fdar_ctf_seen));
	fdar_ctf_window_init(&stream->window, usual, keep);
	return stream;
}

void fdar_ctf_stream_free(struct fdar_ctf_stream *stream)
{
	fdar_ctf_window_close(&stream->window);
	g_array_unref(stream->files);
	if (stream->seen)
		g_array_unref(stream->seen);
	g_free(stream->damage);
	g_clear_error(&stream->shortage);
	g_free(stream->back_at);
	g_free(stream);
}

static gboolean has(const struct fdar_ctf_stream *stream, enum fdar_ctf_value value)
{
	return (stream->packet.values & 1u << value) != 0;
}

/* Bits of the packet before the cursor. */
static uint64_t position(const struct fdar_ctf_stream *stream)
{
	return stream->window.offset * 8 + stream->cursor.at;
}

static void move_key(struct fdar_ctf_stream *stream)
{
	uint64_t ns = fdar_ctf_time_ns(&stream->time, stream->frame.clock);

	stream->key_ns = MAX(stream->key_ns, ns);
}

/* ---- damage ---- */

static void set_damage(struct fdar_ctf_stream *stream, const char *what)
{
	if (!stream->damage)
		stream->damage = g_strdup_printf("stream file %s: %s", stream->file.path, what);
}

static void take_damage(struct fdar_ctf_stream *stream, GError *error)
{
	if (fdar_error_is_shortage(error) && !stream->shortage) {
		stream->shortage = error;
		return;
	}
	set_damage(stream, error->message);
	g_error_free(error);
}

static void set_damage_at(struct fdar_ctf_stream *stream, uint64_t bits, const char *expected)
{
	g_autofree char *what = NULL, *place = NULL;

	place = fdar_ctf_window_place(&stream->window, bits / 8);
	if (stream->packet.cut)
		what = g_strdup_printf("byte %" G_GUINT64_FORMAT
				       ": the file ends; expected %" G_GUINT64_FORMAT
				       " more bytes of a packet",
				       stream->file.size,
				       stream->packet.bytes - stream->window.limit);
	else
		what = g_strdup_printf("%s: expected %s", place, expected);
	set_damage(stream, what);
}

/* ---- the window ---- */

static void set_cursor(struct fdar_ctf_stream *stream, uint64_t bits)
{
	uint64_t before = stream->window.offset * 8;

	stream->cursor.bytes = stream->window.bytes;
	stream->cursor.at = bits - before;
	stream->cursor.end =
		MIN((uint64_t)stream->window.length * 8, stream->packet.content_bits - before);
}

/* More bytes behind the cursor than there are now. FALSE: there are no more, which is damage. */
static gboolean reload(struct fdar_ctf_stream *stream)
{
	uint64_t bits = position(stream);
	uint64_t end = stream->window.offset + stream->window.length;
	size_t have = (size_t)(end - bits / 8);
	GError *error = NULL;

	if (end * 8 >= stream->packet.content_bits) {
		set_damage_at(stream, stream->event, "an event that ends within its packet");
		return FALSE;
	}
	if (have >= FDAR_CTF_WINDOW_MAX - FDAR_CTF_WINDOW_STEP) {
		set_damage_at(stream, stream->event, "an event that is not as long as that");
		return FALSE;
	}
	if (!fdar_ctf_window_load(&stream->window, bits / 8, MAX(have * 2, RELOAD_MIN), &error)) {
		take_damage(stream, error);
		return FALSE;
	}
	set_cursor(stream, bits);
	return TRUE;
}

/* ---- packets ---- */

/* Whether all its events are before those that are wanted. */
static gboolean is_before(const struct fdar_ctf_stream *stream)
{
	uint64_t end = stream->frame.values[FDAR_CTF_VALUE_END];

	return has(stream, FDAR_CTF_VALUE_END) && end &&
	       fdar_ctf_time_ns(&stream->time, end) < stream->from_ns;
}

static void skip_packet(struct fdar_ctf_stream *stream)
{
	stream->file.next +=
		stream->file.packed ? fdar_packed_step(&stream->window.note) : stream->packet.bytes;
	if (stream->file.next >= stream->file.size)
		stream->file.path = NULL;
}

/* Whether the packet of another file is to be read before the one in hand. */
static gboolean put_back(struct fdar_ctf_stream *stream)
{
	uint64_t begin_ns = fdar_ctf_account_begin_ns(stream);
	guint place = 0;

	if (!stream->files->len ||
	    g_array_index(stream->files, struct fdar_ctf_file, 0).begin_ns >= begin_ns)
		return FALSE;
	stream->file.begin_ns = begin_ns;
	while (place < stream->files->len &&
	       g_array_index(stream->files, struct fdar_ctf_file, place).begin_ns <= begin_ns)
		place++;
	g_array_insert_val(stream->files, place, stream->file);
	stream->file.path = NULL;
	return TRUE;
}

static gboolean is_tail(const struct fdar_ctf_stream *stream)
{
	return stream->file.packed && !stream->window.note.packet_bytes;
}

/* Reads the head of the packet that the window is open at. */
static gboolean read_packet(struct fdar_ctf_stream *stream)
{
	GError *error = NULL;

	if (!fdar_ctf_packet_read(stream->plan, &stream->window, &stream->frame, &stream->packet,
				  &error)) {
		take_damage(stream, error);
		return FALSE;
	}
	if (stream->packet.stream != stream->stream) {
		set_damage_at(stream, 0, "a packet of the same stream as those before");
		return FALSE;
	}
	return TRUE;
}

/* Learns what there is to know of the packet that is next in the file in hand before it is unpacked, or
 * all of its head when it is not packed. */
static gboolean look_at_packet(struct fdar_ctf_stream *stream)
{
	const struct fdar_ctf_file *file = &stream->file;
	GError *error = NULL;

	if (!file->packed) {
		fdar_ctf_window_open(&stream->window, file->path, file->next, file->size);
		return read_packet(stream);
	}
	if (!fdar_ctf_window_open_packed(&stream->window, file->path, file->next, file->size,
					 &error)) {
		take_damage(stream, error);
		return FALSE;
	}
	fdar_ctf_packet_from_note(stream->plan, stream->stream, &stream->window, &stream->frame,
				  &stream->packet);
	return TRUE;
}

static gboolean next_file(struct fdar_ctf_stream *stream)
{
	if (!stream->files->len)
		return FALSE;
	stream->file = g_array_index(stream->files, struct fdar_ctf_file, 0);
	g_array_remove_index(stream->files, 0);
	return TRUE;
}

/* FALSE: there is none, or it is damaged. */
static gboolean enter_packet(struct fdar_ctf_stream *stream)
{
	for (;;) {
		uint64_t clock = stream->frame.clock;

		if ((!stream->file.path && !next_file(stream)) || !look_at_packet(stream))
			return FALSE;
		if (is_tail(stream)) {
			fdar_ctf_account_tail(stream);
			skip_packet(stream);
			continue;
		}
		/* Another file's packets that were read already; and as a damaged one may have
		 * said any time, others that are before that: events do not go back. */
		if (stream->damage && fdar_ctf_account_begin_ns(stream) < stream->key_ns) {
			stream->frame.clock = clock;
			skip_packet(stream);
			continue;
		}
		if (put_back(stream) || fdar_ctf_account_is_copy(stream)) {
			stream->frame.clock = clock;
			if (stream->file.path)
				skip_packet(stream);
			continue;
		}
		fdar_ctf_account_packet(stream);
		if (!is_before(stream))
			break;
		stream->frame.clock = stream->frame.values[FDAR_CTF_VALUE_END];
		skip_packet(stream);
	}
	if (stream->file.packed && !read_packet(stream))
		return FALSE;
	stream->in_packet = TRUE;
	stream->peeked = NULL;
	if (stream->sliced) {
		stream->time.base_ns = stream->base_ns;
		stream->last_clock = 0;
	}
	stream->event = stream->packet.body;
	set_cursor(stream, stream->packet.body);
	move_key(stream);
	return TRUE;
}

/* FALSE: it is cut short. */
static gboolean leave_packet(struct fdar_ctf_stream *stream)
{
	uint64_t begin = stream->frame.values[FDAR_CTF_VALUE_BEGIN];
	uint64_t end = stream->frame.values[FDAR_CTF_VALUE_END];
	gboolean unknown = stream->plan->lttng && begin && !end;
	gboolean early = stream->plan->ends_late && end < stream->frame.clock;

	if (stream->packet.cut) {
		set_damage_at(stream, 0, NULL);
		return FALSE;
	}
	if (has(stream, FDAR_CTF_VALUE_END) && !unknown && !early)
		stream->frame.clock = end;
	move_key(stream);
	stream->in_packet = FALSE;
	skip_packet(stream);
	return TRUE;
}

/* ---- events ---- */

static struct fdar_ctf_class *find_class(const struct fdar_ctf_stream *stream)
{
	if (has(stream, FDAR_CTF_VALUE_ID))
		return fdar_ctf_plan_class(stream->stream, stream->frame.values[FDAR_CTF_VALUE_ID]);
	return stream->stream->classes->len ? g_ptr_array_index(stream->stream->classes, 0) : NULL;
}

/* Runs the program from the cursor, over as much of the packet as it takes. */
static gboolean run(struct fdar_ctf_stream *stream, const struct fdar_ctf_program *program)
{
	for (;;) {
		switch (fdar_ctf_run(program, &stream->cursor, &stream->frame)) {
		case FDAR_CTF_OK:
			return TRUE;
		case FDAR_CTF_BAD:
			set_damage_at(stream, stream->event,
				      "an event with an option that there is");
			return FALSE;
		default:
			if (!reload(stream))
				return FALSE;
		}
	}
}

/* The clock has gone back since the last event. What follows goes on from there: durations are right,
 * whatever happened to the clock, and nobody has to think of times that are not in order. */
static gboolean move_time(struct fdar_ctf_stream *stream)
{
	int64_t before = 0, now = 0, back;

	if (stream->time.freq && !fdar_ctf_time_signed(&stream->time, stream->frame.clock, &now)) {
		set_damage_at(stream, stream->event, "a time that fits in 64 bits");
		return FALSE;
	}
	if (stream->frame.clock >= stream->last_clock || !stream->time.freq)
		return TRUE;
	fdar_ctf_time_signed(&stream->time, stream->last_clock, &before);
	back = before - now;
	stream->time.base_ns += back;
	if (stream->key_ns < stream->from_ns)
		return TRUE;
	stream->times_back++;
	stream->most_back_ns = MAX(stream->most_back_ns, (uint64_t)back);
	if (!stream->back_at)
		stream->back_at = g_strdup_printf("%s, packet at byte %" G_GUINT64_FORMAT,
						  stream->file.path, stream->window.start);
	return TRUE;
}

static gboolean peek(struct fdar_ctf_stream *stream)
{
	stream->event = position(stream);
	if (!fdar_ctf_fast_header(stream) && !run(stream, &stream->stream->event_header))
		return FALSE;
	if (!move_time(stream))
		return FALSE;
	stream->last_clock = stream->frame.clock;
	stream->peeked = find_class(stream);
	if (!stream->peeked) {
		set_damage_at(stream, stream->event, "an event of a class that the metadata knows");
		return FALSE;
	}
	move_key(stream);
	return TRUE;
}

static gboolean decode(struct fdar_ctf_stream *stream, struct fdar_ctf_sink *sink)
{
	/* The time is that of the header, whatever else in the event shows the clock. */
	uint64_t time_ns = fdar_ctf_time_ns(&stream->time, stream->frame.clock);

	if (!run(stream, &stream->peeked->program))
		return FALSE;
	if (position(stream) == stream->event) {
		set_damage_at(stream, stream->event, "an event that is not empty");
		return FALSE;
	}
	fdar_ctf_sink_add(sink, stream->peeked, &stream->frame, time_ns);
	fdar_ctf_plan_use_fast(stream->stream, stream->peeked);
	stream->peeked = NULL;
	return TRUE;
}

/* After damage: reads no more of the file in hand. */
static void drop_file(struct fdar_ctf_stream *stream)
{
	stream->file.path = NULL;
	stream->in_packet = FALSE;
	stream->peeked = NULL;
}

/* Goes on to the next event. FALSE: there is none. */
static gboolean find_event(struct fdar_ctf_stream *stream)
{
	for (;;) {
		if (!stream->in_packet && !enter_packet(stream)) {
			if (!stream->file.path)
				return FALSE;
			drop_file(stream);
		} else if (position(stream) < stream->packet.content_bits) {
			if (peek(stream))
				return TRUE;
			drop_file(stream);
		} else if (!leave_packet(stream)) {
			drop_file(stream);
		}
	}
}

static enum fdar_ctf_stop end(struct fdar_ctf_stream *stream)
{
	fdar_ctf_window_close(&stream->window);
	g_array_set_size(stream->files, 0);
	stream->in_packet = FALSE;
	stream->peeked = NULL;
	stream->file.path = NULL;
	return FDAR_CTF_ENDED;
}

gboolean fdar_ctf_stream_start(struct fdar_ctf_stream *stream, struct fdar_ctf_sink *sink)
{
	struct fdar_event batch[START_BATCH];
	enum fdar_ctf_stop stop = FDAR_CTF_LIMIT;

	if (stream->from_ns)
		do {
			fdar_ctf_sink_begin(sink, batch, START_BATCH);
			stop = fdar_ctf_stream_run(stream, stream->from_ns - 1, sink);
		} while (stop == FDAR_CTF_FULL);
	return stop != FDAR_CTF_ENDED;
}

enum fdar_ctf_stop fdar_ctf_stream_run(struct fdar_ctf_stream *stream, uint64_t limit_ns,
				       struct fdar_ctf_sink *sink)
{
	while (!fdar_ctf_sink_full(sink)) {
		if (stream->in_packet && !stream->peeked && stream->stream->fast_bits) {
			if (fdar_ctf_fast_run(stream, limit_ns, sink))
				return FDAR_CTF_LIMIT;
			if (fdar_ctf_sink_full(sink))
				break;
		}
		if (!stream->peeked && !find_event(stream))
			return end(stream);
		if (stream->key_ns > limit_ns)
			return FDAR_CTF_LIMIT;
		if (!decode(stream, sink))
			drop_file(stream);
	}
	return FDAR_CTF_FULL;
}
