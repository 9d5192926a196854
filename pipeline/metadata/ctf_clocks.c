#include "pipeline/metadata/ctf_clocks.h"

#include <string.h>

#define STEPS_MAX (1u << 18)

struct search {
	struct fdar_ctf_trace *trace;
	const char *const *names; /* of fields, ends with NULL */
	gboolean ambiguous;
	guint steps; /* bounded: types within types may be many more than types */
};

static gboolean is_named(const char *name, const char *const *names)
{
	const char *bare = name && name[0] == '_' ? name + 1 : name;

	return bare && g_strv_contains(names, bare);
}

/* NULL: there are several. */
static const char *only_clock(struct fdar_ctf_trace *trace)
{
	struct fdar_ctf_clock *clock;

	if (trace->clocks->len > 1)
		return NULL;
	if (!trace->clocks->len) {
		clock = g_new0(struct fdar_ctf_clock, 1);
		clock->name = g_string_chunk_insert_const(trace->strings, "default");
		clock->freq = 1000000000;
		g_ptr_array_add(trace->clocks, clock);
	}
	clock = g_ptr_array_index(trace->clocks, 0);
	return clock->name;
}

static struct fdar_ctf_type *copy_type(struct fdar_ctf_trace *trace,
				       const struct fdar_ctf_type *type)
{
	struct fdar_ctf_type *copy = fdar_ctf_trace_add_type(trace, (enum fdar_ctf_kind)type->kind);

	*copy = *type;
	copy->members = copy->labels = NULL;
	if (type->labels)
		copy->labels = g_array_ref(type->labels);
	return copy;
}

static const struct fdar_ctf_type *with_clock(struct search *search,
					      const struct fdar_ctf_type *type)
{
	const char *clock = only_clock(search->trace);
	struct fdar_ctf_type *copy;

	search->ambiguous = search->ambiguous || !clock;
	copy = copy_type(search->trace, type);
	copy->clock = clock;
	return copy;
}

/* The type, or a copy of it with clocks: it may be used at other places, where it shows none. */
static const struct fdar_ctf_type *imply(struct search *search, const struct fdar_ctf_type *type)
{
	struct fdar_ctf_type *copy = NULL;

	search->ambiguous = search->ambiguous || search->steps++ >= STEPS_MAX;
	if ((type->kind != FDAR_CTF_STRUCT && type->kind != FDAR_CTF_VARIANT) || search->ambiguous)
		return type;
	for (guint i = 0; i < type->members->len; i++) {
		struct fdar_ctf_member member =
			g_array_index(type->members, struct fdar_ctf_member, i);
		const struct fdar_ctf_type *before = member.type;

		member.type = imply(search, before);
		if (before->kind <= FDAR_CTF_ENUM && !before->clock &&
		    is_named(member.name, search->names))
			member.type = with_clock(search, before);
		if (member.type == before)
			continue;
		if (!copy) {
			copy = copy_type(search->trace, type);
			copy->members = g_array_copy(type->members);
		}
		g_array_index(copy->members, struct fdar_ctf_member, i) = member;
	}
	return copy ? copy : type;
}

gboolean fdar_ctf_clocks_imply(struct fdar_ctf_trace *trace)
{
	static const char *const in_events[] = { "timestamp", NULL };
	static const char *const in_packets[] = { "timestamp_begin", "timestamp_end", NULL };
	struct search search = { .trace = trace };

	for (guint i = 0; i < trace->streams->len; i++) {
		struct fdar_ctf_stream_class *stream = g_ptr_array_index(trace->streams, i);

		search.names = in_packets;
		if (stream->packet_context)
			stream->packet_context = imply(&search, stream->packet_context);
		search.names = in_events;
		if (stream->event_header)
			stream->event_header = imply(&search, stream->event_header);
	}
	return !search.ambiguous;
}
