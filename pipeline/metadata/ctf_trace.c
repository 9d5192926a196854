#include "pipeline/metadata/ctf_trace.h"

#include <string.h>

static void type_free(void *data)
{
	struct fdar_ctf_type *type = data;

	for (guint i = 0; type->members && i < type->members->len; i++) {
		GArray *ranges = g_array_index(type->members, struct fdar_ctf_member, i).ranges;

		if (ranges)
			g_array_unref(ranges);
	}
	if (type->members)
		g_array_unref(type->members);
	if (type->labels)
		g_array_unref(type->labels);
	g_free(type);
}

static void location_free(void *data)
{
	struct fdar_ctf_location *location = data;

	g_free(location->names);
	g_free(location);
}

static void stream_free(void *data)
{
	struct fdar_ctf_stream_class *stream = data;

	g_ptr_array_unref(stream->events);
	g_free(stream);
}

struct fdar_ctf_trace *fdar_ctf_trace_new(void)
{
	struct fdar_ctf_trace *trace = g_new0(struct fdar_ctf_trace, 1);

	trace->streams = g_ptr_array_new_with_free_func(stream_free);
	trace->clocks = g_ptr_array_new_with_free_func(g_free);
	trace->types = g_ptr_array_new_with_free_func(type_free);
	trace->locations = g_ptr_array_new_with_free_func(location_free);
	trace->env_texts = g_hash_table_new(g_str_hash, g_str_equal);
	trace->env_numbers = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);
	trace->strings = g_string_chunk_new(4096);
	return trace;
}

void fdar_ctf_trace_free(struct fdar_ctf_trace *trace)
{
	if (!trace)
		return;
	g_ptr_array_unref(trace->streams);
	g_ptr_array_unref(trace->clocks);
	g_ptr_array_unref(trace->types);
	g_ptr_array_unref(trace->locations);
	g_hash_table_unref(trace->env_texts);
	g_hash_table_unref(trace->env_numbers);
	g_string_chunk_free(trace->strings);
	g_free(trace);
}

struct fdar_ctf_type *fdar_ctf_trace_add_type(struct fdar_ctf_trace *trace, enum fdar_ctf_kind kind)
{
	struct fdar_ctf_type *type = g_new0(struct fdar_ctf_type, 1);

	type->kind = (uint8_t)kind;
	type->align = 1;
	g_ptr_array_add(trace->types, type);
	return type;
}

struct fdar_ctf_stream_class *fdar_ctf_trace_add_stream(struct fdar_ctf_trace *trace)
{
	struct fdar_ctf_stream_class *stream = g_new0(struct fdar_ctf_stream_class, 1);

	stream->events = g_ptr_array_new_with_free_func(g_free);
	g_ptr_array_add(trace->streams, stream);
	return stream;
}

static int compare_ids(gconstpointer a, gconstpointer b)
{
	const struct fdar_ctf_event_class *const *left = a, *const *right = b;

	return (*left)->id < (*right)->id ? -1 : (*left)->id > (*right)->id;
}

gboolean fdar_ctf_stream_class_sort(struct fdar_ctf_stream_class *stream)
{
	GPtrArray *events = stream->events;

	g_ptr_array_sort(events, compare_ids);
	for (guint i = 1; i < events->len; i++) {
		if (compare_ids(&events->pdata[i - 1], &events->pdata[i]) == 0)
			return FALSE;
	}
	return TRUE;
}

const char *fdar_ctf_trace_env_text(const struct fdar_ctf_trace *trace, const char *name)
{
	return g_hash_table_lookup(trace->env_texts, name);
}

int64_t fdar_ctf_trace_env_number(const struct fdar_ctf_trace *trace, const char *name,
				  int64_t none)
{
	const int64_t *number = g_hash_table_lookup(trace->env_numbers, name);

	return number ? *number : none;
}

guint fdar_ctf_trace_classes(const struct fdar_ctf_trace *trace)
{
	guint count = trace->streams->len;

	for (guint i = 0; i < trace->streams->len; i++) {
		const struct fdar_ctf_stream_class *stream = g_ptr_array_index(trace->streams, i);

		count += stream->events->len;
	}
	return count;
}

gboolean fdar_ctf_uuid_parse(const char *text, uint8_t uuid[16])
{
	gsize digits = 0;

	memset(uuid, 0, 16);
	if (!text || strlen(text) != 36)
		return FALSE;
	for (gsize i = 0; i < 36; i++) {
		int digit = g_ascii_xdigit_value(text[i]);
		gboolean dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : digit < 0) {
			memset(uuid, 0, 16);
			return FALSE;
		}
		if (!dash) {
			uuid[digits / 2] = (uint8_t)(uuid[digits / 2] << 4 | digit);
			digits++;
		}
	}
	return TRUE;
}

const uint8_t *fdar_ctf_trace_clock_uuid(const struct fdar_ctf_trace *trace)
{
	for (guint i = 0; i < trace->clocks->len; i++) {
		const struct fdar_ctf_clock *clock = g_ptr_array_index(trace->clocks, i);

		if (clock->has_uuid)
			return clock->uuid;
	}
	return NULL;
}
