#include "pipeline/ctf/ctf_sink.h"

#include <string.h>

#include "pipeline/ctf/ctf_bits.h"
#include "pipeline/ctf/ctf_text.h"
#include "pipeline/events/decoder.h"

struct fdar_ctf_sink *fdar_ctf_sink_new(struct fdar_texts *texts, struct fdar_homes *homes)
{
	struct fdar_ctf_sink *sink = g_new0(struct fdar_ctf_sink, 1);

	sink->stream = -1;
	sink->texts = texts;
	sink->homes = homes;
	sink->arena = fdar_arena_new();
	sink->state = fdar_event_state_new(texts);
	sink->spare_data = g_byte_array_new();
	return sink;
}

void fdar_ctf_sink_free(struct fdar_ctf_sink *sink)
{
	if (!sink)
		return;
	fdar_arena_free(sink->arena);
	fdar_event_state_free(sink->state);
	g_byte_array_unref(sink->spare_data);
	g_free(sink);
}

static const char *copy_data(const struct fdar_ctf_sink *sink)
{
	char *data = fdar_arena_alloc(sink->arena, sink->spare.data_len);

	memcpy(data, sink->spare_data->data, sink->spare.data_len);
	return data;
}

void fdar_ctf_sink_begin(struct fdar_ctf_sink *sink, struct fdar_event *events, size_t capacity)
{
	fdar_arena_reset(sink->arena);
	sink->events = events;
	sink->count = 0;
	sink->capacity = capacity;
	if (!sink->has_spare || !capacity)
		return;
	/* Another one may have to wait before this batch is done with. */
	sink->spare.data = copy_data(sink);
	events[sink->count++] = sink->spare;
	sink->has_spare = FALSE;
}

gboolean fdar_ctf_sink_full(const struct fdar_ctf_sink *sink)
{
	return sink->has_spare || sink->count >= sink->capacity ||
	       fdar_arena_used(sink->arena) >= FDAR_DECODER_BATCH_BYTES;
}

/* ---- texts ---- */

static uint32_t hash(const uint8_t *bytes, size_t length)
{
	uint64_t mixed = length;

	for (; length >= 8; bytes += 8, length -= 8)
		mixed = (mixed ^ fdar_ctf_bits_bytes(bytes, 64, FALSE)) *
			UINT64_C(0x9e3779b97f4a7c15);
	for (; length; bytes++, length--)
		mixed = (mixed ^ *bytes) * UINT64_C(0x9e3779b97f4a7c15);
	return (uint32_t)(mixed >> 40);
}

static uint32_t name_id(struct fdar_ctf_sink *sink, const struct fdar_ctf_text *text)
{
	size_t length = strnlen((const char *)text->bytes, text->length);
	struct fdar_ctf_sink_name *name;

	if (!length)
		return 0;
	if (length >= FDAR_CTF_SINK_TEXT) {
		g_autofree char *copy = g_strndup((const char *)text->bytes, length);

		return fdar_texts_id(sink->texts, copy);
	}
	name = &sink->names[hash(text->bytes, length) % FDAR_CTF_SINK_NAMES];
	if (name->length == length && memcmp(name->text, text->bytes, length) == 0)
		return name->id;
	memcpy(name->text, text->bytes, length);
	name->text[length] = '\0';
	name->length = (uint32_t)length;
	name->id = fdar_texts_id(sink->texts, name->text);
	return name->id;
}

/* Of each element the lowest eight bits. */
static const char *copy_bytes(struct fdar_arena *arena, const struct fdar_ctf_text *text,
			      uint32_t *copied)
{
	size_t count = (size_t)MIN(text->length / text->stride, FDAR_EVENT_DATA_MAX);
	const uint8_t *from = text->bytes + (text->big ? text->stride - 1 : 0);
	char *copy = fdar_arena_alloc(arena, count);

	if (text->stride == 1)
		memcpy(copy, text->bytes, count);
	for (size_t i = 0; text->stride > 1 && i < count; i++)
		copy[i] = (char)from[i * text->stride];
	*copied = (uint32_t)count;
	return copy;
}

/* ---- events ---- */

static gboolean has(const struct fdar_ctf_class *class, enum fdar_event_role role)
{
	return (class->roles & 1u << role) != 0;
}

/* The text as UTF-8; in the arena when it was not. */
static struct fdar_ctf_text text_of(struct fdar_ctf_sink *sink, const struct fdar_ctf_frame *frame,
				    enum fdar_event_role role)
{
	const struct fdar_ctf_text *text = &frame->texts[role];

	if (G_LIKELY(text->encoding == FDAR_CTF_UTF8))
		return *text;
	return fdar_ctf_text_utf8(text, sink->arena, FDAR_EVENT_DATA_MAX);
}

static void fill(struct fdar_ctf_sink *sink, const struct fdar_ctf_class *class,
		 const struct fdar_ctf_frame *frame, struct fdar_event *event)
{
	struct fdar_ctf_text text;

	if (has(class, FDAR_ROLE_ADDR))
		event->addr = frame->values[FDAR_ROLE_ADDR];
	if (has(class, FDAR_ROLE_ADDR2))
		event->addr2 = frame->values[FDAR_ROLE_ADDR2];
	if (has(class, FDAR_ROLE_PID))
		event->pid = (uint32_t)frame->values[FDAR_ROLE_PID];
	if (has(class, FDAR_ROLE_TID))
		event->tid = (uint32_t)frame->values[FDAR_ROLE_TID];
	if (has(class, FDAR_ROLE_PID_NS))
		event->home = fdar_homes_add(sink->homes, class->host_id,
					     (uint32_t)frame->values[FDAR_ROLE_PID_NS]);
	if (has(class, FDAR_ROLE_FD))
		event->fd = fdar_event_fd(frame->values[FDAR_ROLE_FD]);
	if (has(class, FDAR_ROLE_WAIT))
		event->wait = fdar_event_wait(frame->values[FDAR_ROLE_WAIT]);
	if (has(class, FDAR_ROLE_NAME)) {
		text = text_of(sink, frame, FDAR_ROLE_NAME);
		event->name = name_id(sink, &text);
	}
	if (has(class, FDAR_ROLE_DATA))
		text = text_of(sink, frame, FDAR_ROLE_DATA);
	if (class->data_type == FDAR_TYPE_STRING)
		event->data = fdar_event_copy_text(sink->arena, (const char *)text.bytes,
						   text.length, &event->data_len);
	else if (class->data_type == FDAR_TYPE_BYTES)
		event->data = copy_bytes(sink->arena, &text, &event->data_len);
}

static gboolean name_thread(struct fdar_ctf_sink *sink, const struct fdar_ctf_text *text,
			    const struct fdar_event *event, struct fdar_event *told)
{
	struct fdar_ctf_sink_thread *thread = fdar_ctf_sink_thread(sink, event->tid);
	g_autofree char *name = g_strndup((const char *)text->bytes,
					  strnlen((const char *)text->bytes, text->length));

	thread->length = 0;
	if (text->length && text->length <= FDAR_CTF_NAME_BYTES) {
		thread->pid = event->pid;
		thread->tid = event->tid;
		thread->home = event->home;
		thread->length = (uint32_t)text->length;
		memset(thread->name, 0, sizeof(thread->name));
		memcpy(thread->name, text->bytes, text->length);
	}
	return fdar_event_state_name_thread(sink->state, event, name, told);
}

static gboolean is_known(struct fdar_ctf_sink *sink, const struct fdar_ctf_text *text,
			 const struct fdar_event *event)
{
	const struct fdar_ctf_sink_thread *thread = fdar_ctf_sink_thread(sink, event->tid);

	return thread->length && thread->length == text->length && thread->tid == event->tid &&
	       thread->pid == event->pid && thread->home == event->home &&
	       memcmp(thread->name, text->bytes, text->length) == 0;
}

/* Where an event says that its thread has another name than before, or had none, that comes first. Threads
 * that begin or end are asked about each time: what they say themselves counts for more. */
static void add_name(struct fdar_ctf_sink *sink, const struct fdar_ctf_class *class,
		     const struct fdar_ctf_frame *frame, const struct fdar_event *event)
{
	gboolean begins_or_ends =
		event->kind == FDAR_EVENT_THREAD_BEGIN || event->kind == FDAR_EVENT_THREAD_END;
	struct fdar_ctf_text name = { .bytes = (const uint8_t *)"" };
	struct fdar_event told;

	if (has(class, FDAR_ROLE_THREAD_NAME))
		name = text_of(sink, frame, FDAR_ROLE_THREAD_NAME);
	else if (!begins_or_ends)
		return;
	if (!begins_or_ends && is_known(sink, &name, event))
		return;
	if (name_thread(sink, &name, event, &told)) {
		sink->events[sink->count++] = told;
		sink->named++;
	}
	if (begins_or_ends)
		fdar_ctf_sink_thread(sink, event->tid)->length = 0;
}

/* The batch has no room: the event waits for the next one, with its data. */
static void set_spare(struct fdar_ctf_sink *sink, const struct fdar_event *event)
{
	static const guint8 nul;

	sink->has_spare = TRUE;
	sink->spare = *event;
	g_byte_array_set_size(sink->spare_data, 0);
	g_byte_array_append(sink->spare_data, (const guint8 *)event->data, event->data_len);
	g_byte_array_append(sink->spare_data, &nul, 1);
	sink->spare.data = (const char *)sink->spare_data->data;
}

static void prepare(struct fdar_ctf_sink *sink, struct fdar_ctf_class *class)
{
	fdar_ctf_class_prepare(class, sink->texts, sink->homes);
	if (sink->met)
		fdar_decoder_met(sink->met, class->event.kind, class->name_id);
}

void fdar_ctf_sink_add(struct fdar_ctf_sink *sink, struct fdar_ctf_class *class,
		       const struct fdar_ctf_frame *frame, uint64_t time_ns)
{
	struct fdar_event event;

	if (!class->prepared)
		prepare(sink, class);
	event = class->event;
	event.time_ns = time_ns;
	fill(sink, class, frame, &event);
	if (fdar_event_is_packed(&event))
		event.raw.stream = sink->stream;
	add_name(sink, class, frame, &event);
	if (class->module != FDAR_MODULE_NONE &&
	    !fdar_event_state_finish_module(sink->state, class->module, sink->arena, &event)) {
		event.kind = FDAR_EVENT_OTHER;
		event.name = class->name_id;
		event.fd = -1;
	}
	if (sink->count < sink->capacity)
		sink->events[sink->count++] = event;
	else
		set_spare(sink, &event);
}
