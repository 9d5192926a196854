#include "tests/ctf/random_trace.h"

#include <glib/gstdio.h>

#include "tests/ctf/random_type.h"

#define CLASSES 6

/* How events say their class and time. */
enum header { COMPACT, LARGE, PLAIN, BITS, HEADERS };

struct event {
	GPtrArray *own_context; /* NULL: none */
	GPtrArray *payload;
};

struct trace {
	struct random_types types;
	const char *dir;
	GString *metadata;
	enum header header;
	gboolean has_instance, has_counters, has_calls;
	GPtrArray *context; /* of all events, NULL: none */
	struct event events[CLASSES];
	uint64_t time; /* cycles */
};

static const char uuid_text[] = "2a6422d0-6cee-11e0-8c08-cb07d7b3a564";
static const guint8 uuid[16] = { 0x2a, 0x64, 0x22, 0xd0, 0x6c, 0xee, 0x11, 0xe0,
				 0x8c, 0x08, 0xcb, 0x07, 0xd7, 0xb3, 0xa5, 0x64 };

/* ---- what the fields are called: some of them mean something ---- */

static const struct {
	const char *event;
	const char *fields[3];
} known[] = {
	{ "flowdar:func_entry", { "_addr", "_call_site", NULL } },
	{ "flowdar:session_begin", { "_key", "_peer", "_fd" } },
	{ "flowdar:wait_begin", { "_what", "_kind", "_fd" } },
	{ "flowdar:bytes", { "_label", "_total", "_data" } },
	{ "flowdar:note", { "_key", "_value", NULL } },
	{ "lttng_ust_cyg_profile_fast:func_exit", { NULL, NULL, NULL } },
	{ "lttng_ust_statedump:bin_info", { "_baddr", "_memsz", "_path" } },
	{ "lttng_ust_statedump:build_id", { "_baddr", "_build_id", NULL } },
	{ "somebody:elses", { "_addr", "name", NULL } },
	{ "flowdar:io", { "_op", "_fd", "_result" } },
	{ "flowdar:request_begin", { "_key", "_what", NULL } },
	{ "flowdar:process", { "_recording", "_parent", NULL } },
	{ "flowdar:switched", { "_addr", "_on", "_reason" } },
	{ "flowdar:thread_end", { "_name", NULL, NULL } },
	{ "flowdar:calls", { "_tid", "_data", NULL } }, /* the last one: not in all traces */
};

static GPtrArray *make_fields(struct trace *trace, const char *const *names, guint count)
{
	GPtrArray *fields = g_ptr_array_new_with_free_func(random_type_free);

	for (guint i = 0; i < count; i++) {
		g_autofree char *filler = g_strdup_printf("f%u", i);

		if (random_below(&trace->types, 3) == 0)
			g_ptr_array_add(fields,
					random_type_new(&trace->types, filler, RANDOM_KINDS));
		if (names[i])
			g_ptr_array_add(fields,
					random_type_new(&trace->types, names[i], RANDOM_STRUCT));
	}
	return fields;
}

/* As LTTng writes them, or of any type. */
static GPtrArray *make_context(struct trace *trace)
{
	static const char *const names[] = { "_vpid", "_vtid", "_procname" };
	GPtrArray *fields = g_ptr_array_new_with_free_func(random_type_free);

	for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
		struct random_type *type;

		if (random_below(&trace->types, 4) == 0)
			continue;
		type = random_type_of(&trace->types, names[i],
				      i < 2 ? RANDOM_INTEGER : RANDOM_CHARS);
		if (i < 2 && random_below(&trace->types, 4)) {
			type->size = 32;
			type->align = 8;
			type->big = trace->types.big;
		} else if (i == 2) {
			type->length = 17;
		}
		g_ptr_array_add(fields, type);
	}
	return fields;
}

/* ---- metadata ---- */

static const char *const headers[HEADERS] = {
	[COMPACT] =
		"struct {\n"
		"  enum : integer { size = 5; align = 1; } { compact = 0 ... 30, extended = 31 } "
		"id;\n"
		"  variant <id> {\n"
		"    struct { integer { size = 27; align = 1; map = clock.c.value; } timestamp; } "
		"compact;\n"
		"    struct { uint32 id; ts timestamp; } extended;\n"
		"  } v;\n} align(8)",
	[LARGE] =
		"struct {\n"
		"  enum : integer { size = 16; } { compact = 0 ... 65534, extended = 65535 } id;\n"
		"  variant <id> {\n"
		"    struct { integer { size = 32; map = clock.c.value; } timestamp; } compact;\n"
		"    struct { uint32 id; ts timestamp; } extended;\n"
		"  } v;\n} align(8)",
	[PLAIN] = "struct { integer { size = 16; align = 32; } id; ts timestamp; }",
	[BITS] = ("struct { integer { size = 3; align = 1; } id;\n"
		  "  integer { size = 29; align = 1; map = clock.c.value; } timestamp; }"),
};

static void declare_trace(struct trace *trace)
{
	static const uint64_t freqs[] = { 1000000000, 1000000000, 1048576, 2400000000u };
	uint64_t freq = freqs[random_below(&trace->types, G_N_ELEMENTS(freqs))];
	GString *text = trace->metadata;

	g_string_append(text, "/* CTF 1.8 */\n");
	g_string_append_printf(text,
			       "trace { major = 1; minor = 8; uuid = \"%s\"; byte_order = %s;\n",
			       uuid_text, trace->types.big ? "be" : "le");
	g_string_append(text, "  typealias integer { size = 32; align = 8; } := uint32;\n"
			      "  packet.header := struct { uint32 magic; "
			      "integer { size = 8; } uuid[16]; uint32 stream_id;");
	g_string_append(text,
			trace->has_instance ? " uint32 stream_instance_id; }; };\n" : " }; };\n");
	g_string_append_printf(text,
			       "env { domain = \"ust\"; tracer_name = \"lttng-ust\"; "
			       "tracer_major = 2; tracer_minor = %u; vpid = 77; };\n",
			       7 + random_below(&trace->types, 7));
	g_string_append_printf(text,
			       "clock { name = c; freq = %" G_GUINT64_FORMAT
			       "; offset_s = 1600000000; offset = %u; };\n",
			       freq, random_below(&trace->types, 2000000000));
	g_string_append(text, "typealias integer { size = 64; align = 8; map = clock.c.value; } "
			      ":= ts;\n"
			      "typealias integer { size = 32; align = 8; } := uint32;\n"
			      "typealias integer { size = 64; align = 8; } := uint64;\n");
}

static void declare_stream(struct trace *trace, guint id)
{
	GString *text = trace->metadata;

	g_string_append_printf(text, "stream { id = %u;\n", id);
	g_string_append(text, "  packet.context := struct { ts timestamp_begin; ts timestamp_end; "
			      "uint64 content_size; uint64 packet_size;");
	if (trace->has_counters)
		g_string_append(text, " uint64 packet_seq_num; uint32 events_discarded;");
	g_string_append_printf(text, " };\n  event.header := %s;\n", headers[trace->header]);
	if (trace->context) {
		g_string_append(text, "  event.context := ");
		random_fields_declare(trace->context, trace->types.big, text);
		g_string_append(text, ";\n");
	}
	g_string_append(text, "};\n");
}

static void declare_event(struct trace *trace, guint stream, guint id, const char *name)
{
	const struct event *event = &trace->events[id];
	GString *text = trace->metadata;

	g_string_append_printf(text, "event { name = \"%s\"; id = %u; stream_id = %u;\n", name, id,
			       stream);
	if (event->own_context) {
		g_string_append(text, "context := ");
		random_fields_declare(event->own_context, trace->types.big, text);
		g_string_append(text, ";\n");
	}
	g_string_append(text, "fields := ");
	random_fields_declare(event->payload, trace->types.big, text);
	g_string_append(text, ";\n};\n");
}

/* ---- events ---- */

static void write_header(struct trace *trace, guint id, struct bit_writer *writer)
{
	gboolean big = trace->types.big;
	gboolean far = trace->header < PLAIN && random_below(&trace->types, 10) == 0;
	unsigned id_bits = trace->header == COMPACT ? 5 : trace->header == BITS ? 3 : 16;
	unsigned time_bits = trace->header == COMPACT ? 27
			     : trace->header == LARGE ? 32
			     : trace->header == BITS  ? 29
						      : 64;

	bit_writer_align(writer, trace->header == PLAIN ? 32 : trace->header == BITS ? 1 : 8);
	trace->time += random_below(&trace->types, far ? UINT32_MAX : 1u << 20);
	if (far) {
		trace->time += (uint64_t)random_below(&trace->types, 64) << 32;
		bit_writer_int(writer, UINT64_MAX, id_bits, big);
		bit_writer_align(writer, 8);
		bit_writer_int(writer, id, 32, big);
		time_bits = 64;
	} else {
		bit_writer_int(writer, id, id_bits, big);
	}
	if (trace->header != BITS && trace->header != COMPACT)
		bit_writer_align(writer, 8);
	else if (far)
		bit_writer_align(writer, 8);
	bit_writer_int(writer, trace->time, time_bits, big);
}

static void write_event(struct trace *trace, struct bit_writer *writer)
{
	guint id = random_below(&trace->types, CLASSES);

	write_header(trace, id, writer);
	if (trace->context)
		random_fields_write(&trace->types, trace->context, writer);
	if (trace->events[id].own_context)
		random_fields_write(&trace->types, trace->events[id].own_context, writer);
	random_fields_write(&trace->types, trace->events[id].payload, writer);
}

struct counters {
	guint stream, instance;
	uint64_t sequence, discarded;
};

static void write_packet(struct trace *trace, struct counters *counters, struct bit_writer *writer)
{
	gboolean big = trace->types.big;
	guint events = random_below(&trace->types, 30);
	uint64_t begin;
	guint64 context, content;

	/* No two packets of a stream begin in the same nanosecond: babeltrace2 confuses these. */
	trace->time += 3;
	begin = trace->time;
	bit_writer_packet(writer);
	bit_writer_int(writer, 0xc1fc1fc1, 32, big);
	for (guint i = 0; i < sizeof(uuid); i++)
		bit_writer_int(writer, uuid[i], 8, big);
	bit_writer_int(writer, counters->stream, 32, big);
	if (trace->has_instance)
		bit_writer_int(writer, counters->instance, 32, big);
	context = writer->at;
	for (int i = 0; i < 4; i++)
		bit_writer_int(writer, 0, 64, big);
	if (trace->has_counters) {
		counters->sequence += random_below(&trace->types, 5) ? 1 : 4;
		counters->discarded += random_below(&trace->types, 3) ? 0 : 7;
		bit_writer_int(writer, counters->sequence, 64, big);
		bit_writer_int(writer, counters->discarded, 32, big);
	}
	for (guint i = 0; i < events; i++)
		write_event(trace, writer);
	content = writer->at;
	bit_writer_align(writer, 8);
	for (guint i = random_below(&trace->types, 50); i; i--)
		bit_writer_int(writer, 0xa5, 8, big);
	bit_writer_patch(writer, context, begin, 64, big);
	bit_writer_patch(writer, context + 64, trace->time, 64, big);
	bit_writer_patch(writer, context + 128, content, 64, big);
	bit_writer_patch(writer, context + 192, writer->at, 64, big);
}

/* One stream in one or, if its instance is known, several files; all streams at about the same
 * time. */
static void write_stream(struct trace *trace, guint stream, guint instance)
{
	struct counters counters = { .stream = stream, .instance = instance };
	guint files = trace->has_instance ? 1 + random_below(&trace->types, 3) : 1;

	trace->time = (uint64_t)random_below(&trace->types, 1000);
	for (guint file = 0; file < files; file++) {
		/* Not in the order of time. */
		g_autofree char *name =
			g_strdup_printf("%s/chan%u_%u_%u", trace->dir, stream, instance, 9 - file);
		guint packets = 1 + random_below(&trace->types, 4);
		struct bit_writer writer;

		bit_writer_init(&writer);
		for (guint i = 0; i < packets; i++)
			write_packet(trace, &counters, &writer);
		g_assert_true(g_file_set_contents(name, (const char *)writer.bytes->data,
						  (gssize)writer.bytes->len, NULL));
		bit_writer_clear(&writer);
	}
}

/* ---- the whole ---- */

static void make(struct trace *trace)
{
	struct random_types *types = &trace->types;

	types->big = random_below(types, 3) == 0;
	trace->header = (enum header)random_below(types, HEADERS);
	trace->has_instance = random_below(types, 2) != 0;
	trace->has_counters = random_below(types, 2) != 0;
	trace->context = random_below(types, 4) ? make_context(trace) : NULL;
	declare_trace(trace);
	declare_stream(trace, 0);
	for (guint i = 0; i < CLASSES; i++) {
		guint which = random_below(types, G_N_ELEMENTS(known) - !trace->has_calls);

		trace->events[i].payload =
			make_fields(trace, known[which].fields, G_N_ELEMENTS(known[which].fields));
		trace->events[i].own_context = random_below(types, 5) ? NULL : make_context(trace);
		declare_event(trace, 0, i, known[which].event);
	}
}

void random_trace_write(const char *dir, guint32 seed, gboolean calls)
{
	struct trace trace = { .dir = dir, .metadata = g_string_new(NULL), .has_calls = calls };
	g_autofree char *metadata = g_build_filename(dir, "metadata", NULL);
	guint streams;

	g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
	trace.types.rand = g_rand_new_with_seed(seed);
	make(&trace);
	streams = 1 + random_below(&trace.types, 3);
	for (guint i = 0; i < streams; i++)
		write_stream(&trace, 0, i);
	g_assert_true(g_file_set_contents(metadata, trace.metadata->str, -1, NULL));
	for (guint i = 0; i < CLASSES; i++) {
		g_ptr_array_unref(trace.events[i].payload);
		if (trace.events[i].own_context)
			g_ptr_array_unref(trace.events[i].own_context);
	}
	if (trace.context)
		g_ptr_array_unref(trace.context);
	g_string_free(trace.metadata, TRUE);
	g_rand_free(trace.types.rand);
}
