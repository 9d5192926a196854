#include "pipeline/metadata/ctf_trace.h"

static void type_free(void *data)
{
	struct fdar_ctf_type *type = data;

	if (type->members)
		g_array_unref(type->members);
	if (type->labels)
		g_array_unref(type->labels);
	g_free(type);
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
	g_hash_table_unref(trace->env_texts);
	g_hash_table_unref(trace->env_numbers);
	g_string_chunk_free(trace->strings);
	g_free(trace);
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
