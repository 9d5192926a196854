#include "tests/ctf/random_trace.h"

#include <glib/gstdio.h>

#include "tests/ctf/random_json.h"
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
	const char *dir, *dir2;
	GString *metadata;
	struct random_json json;
	GString *json_text; /* the same in CTF 2 */
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

/* ---- the same in CTF 2 ---- */

static void member2(struct trace *trace, const char *name, unsigned size, unsigned align,
		    const char *role)
{
	g_autofree char *more =
		role ? g_strdup_printf(", \"roles\": [\"%s\"]", role) : g_strdup("");
	GString *text = trace->json_text;

	if (text->str[text->len - 1] == '}')
		g_string_append(text, ", ");
	g_string_append_printf(text, "{\"name\": \"%s\", \"field-class\": ", name);
	random_json_integer(&trace->json, size, align, more, text);
	g_string_append(text, "}");
}

static void declare_trace2(struct trace *trace, uint64_t freq, guint minor, guint offset)
{
	GString *text = trace->json_text;

	g_string_append(text, "\x1e{\"type\": \"preamble\", \"version\": 2, \"uuid\": [");
	for (guint i = 0; i < sizeof(uuid); i++)
		g_string_append_printf(text, "%s%u", i ? ", " : "", uuid[i]);
	g_string_append_printf(
		text,
		"]}\n\x1e{\"type\": \"trace-class\", \"environment\": {\"domain\": \"ust\", "
		"\"tracer_name\": \"lttng-ust\", \"tracer_major\": 2, \"tracer_minor\": %u, "
		"\"vpid\": 77}, \"packet-header-field-class\": {\"type\": \"structure\", "
		"\"member-classes\": [",
		minor);
	member2(trace, "m", 32, 8, "packet-magic-number");
	g_string_append(text, ", {\"name\": \"u\", \"field-class\": {\"type\": "
			      "\"static-length-blob\", \"length\": 16, \"roles\": "
			      "[\"metadata-stream-uuid\"]}}");
	member2(trace, "stream_instance_id", 32, 8, "data-stream-class-id");
	if (trace->has_instance)
		member2(trace, "stream_id", 32, 8, "data-stream-id");
	g_string_append_printf(text,
			       "]}}\n\x1e{\"type\": \"clock-class\", \"id\": \"c\", \"frequency\": "
			       "%" G_GUINT64_FORMAT ", \"origin\": \"unix-epoch\", "
			       "\"offset-from-origin\": {\"seconds\": 1600000000, \"cycles\": %u}}",
			       freq, offset);
}

static const char time_role[] = "default-clock-timestamp";
static const char id_role[] = "event-record-class-id";

static void choice2(struct trace *trace, const char *name, guint first, guint last)
{
	g_string_append_printf(trace->json_text,
			       "{\"name\": \"%s\", \"selector-field-ranges\": [[%u, %u]], "
			       "\"field-class\": {\"type\": \"structure\", \"member-classes\": [",
			       name, first, last);
}

static void declare_header2(struct trace *trace)
{
	guint last = trace->header == COMPACT ? 31 : 65535;
	gboolean compact = trace->header == COMPACT;
	GString *text = trace->json_text;

	g_string_append_printf(text,
			       "{\"type\": \"structure\", \"minimum-alignment\": %u, "
			       "\"member-classes\": [",
			       trace->header < PLAIN ? 8 : 1);
	if (trace->header >= PLAIN) {
		gboolean plain = trace->header == PLAIN;

		member2(trace, "a", plain ? 16 : 3, plain ? 32 : 1, id_role);
		member2(trace, "b", plain ? 64 : 29, plain ? 8 : 1, time_role);
		g_string_append(text, "]}");
		return;
	}
	member2(trace, "id", compact ? 5 : 16, compact ? 1 : 8, id_role);
	g_string_append(text, ", {\"name\": \"v\", \"field-class\": {\"type\": \"variant\", "
			      "\"selector-field-location\": {\"origin\": "
			      "\"event-record-header\", \"path\": [\"id\"]}, \"options\": [");
	choice2(trace, "compact", 0, last - 1);
	member2(trace, "timestamp", compact ? 27 : 32, compact ? 1 : 8, time_role);
	g_string_append(text, "]}}, ");
	choice2(trace, "extended", last, last);
	member2(trace, "id", 32, 8, id_role);
	member2(trace, "timestamp", 64, 8, time_role);
	g_string_append(text, "]}}]}}]}");
}

/* What has a name must come before. */
static void append_fragment2(struct trace *trace, const GString *fragment)
{
	g_string_append(trace->json_text, "\n");
	g_string_append(trace->json_text, trace->json.aliases->str);
	g_string_append(trace->json_text, fragment->str);
	g_string_truncate(trace->json.aliases, 0);
}

static void append_root2(struct trace *trace, const char *name, const char *origin,
			 const GPtrArray *fields, GString *fragment)
{
	g_string_append_printf(fragment, ", \"%s-field-class\": ", name);
	trace->json.origin = origin;
	random_json_fields(&trace->json, fields, fragment);
}

static void declare_stream2(struct trace *trace, guint id)
{
	g_autoptr(GString) fragment = g_string_new(NULL);
	GString *text = trace->json_text;

	g_string_append_printf(fragment,
			       "\x1e{\"type\": \"data-stream-class\", \"id\": %u, "
			       "\"default-clock-class-id\": \"c\"",
			       id);
	if (trace->context)
		append_root2(trace, "event-record-common-context", "event-record-common-context",
			     trace->context, fragment);
	append_fragment2(trace, fragment);
	g_string_append(text, ", \"packet-context-field-class\": {\"type\": \"structure\", "
			      "\"member-classes\": [");
	member2(trace, "packet_size", 64, 8, time_role);
	member2(trace, "timestamp_begin", 64, 8, "packet-end-default-clock-timestamp");
	member2(trace, "c", 64, 8, "packet-content-length");
	member2(trace, "content_size", 64, 8, "packet-total-length");
	if (trace->has_counters) {
		member2(trace, "n", 64, 8, "packet-sequence-number");
		member2(trace, "d", 32, 8, "discarded-event-record-counter-snapshot");
	}
	g_string_append(text, "]}, \"event-record-header-field-class\": ");
	declare_header2(trace);
	g_string_append(text, "}");
}

static void declare_event2(struct trace *trace, guint stream, guint id, const char *name)
{
	const struct event *event = &trace->events[id];
	g_autoptr(GString) fragment = g_string_new(NULL);

	g_string_append_printf(
		fragment,
		"\x1e{\"type\": \"event-record-class\", \"id\": %u, "
		"\"data-stream-class-id\": %u, \"name\": \"%s\", \"namespace\": \"n\"",
		id, stream, name);
	if (event->own_context)
		append_root2(trace, "specific-context", "event-record-specific-context",
			     event->own_context, fragment);
	append_root2(trace, "payload", "event-record-payload", event->payload, fragment);
	g_string_append(fragment, "}");
	append_fragment2(trace, fragment);
}

/* ---- CTF 1.8 ---- */

static void declare_trace(struct trace *trace)
{
	static const uint64_t freqs[] = { 1000000000, 1000000000, 1048576, 2400000000u };
	uint64_t freq = freqs[random_below(&trace->types, G_N_ELEMENTS(freqs))];
	GString *text = trace->metadata;
	guint minor, offset;

	g_string_append(text, "/* CTF 1.8 */\n");
	g_string_append_printf(text,
			       "trace { major = 1; minor = 8; uuid = \"%s\"; byte_order = %s;\n",
			       uuid_text, trace->types.big ? "be" : "le");
	g_string_append(text, "  typealias integer { size = 32; align = 8; } := uint32;\n"
			      "  packet.header := struct { uint32 magic; "
			      "integer { size = 8; } uuid[16]; uint32 stream_id;");
	g_string_append(text,
			trace->has_instance ? " uint32 stream_instance_id; }; };\n" : " }; };\n");
	minor = 7 + random_below(&trace->types, 7);
	g_string_append_printf(text,
			       "env { domain = \"ust\"; tracer_name = \"lttng-ust\"; "
			       "tracer_major = 2; tracer_minor = %u; vpid = 77; };\n",
			       minor);
	offset = random_below(&trace->types, 2000000000);
	g_string_append_printf(text,
			       "clock { name = c; freq = %" G_GUINT64_FORMAT
			       "; offset_s = 1600000000; offset = %u; };\n",
			       freq, offset);
	g_string_append(text, "typealias integer { size = 64; align = 8; map = clock.c.value; } "
			      ":= ts;\n"
			      "typealias integer { size = 32; align = 8; } := uint32;\n"
			      "typealias integer { size = 64; align = 8; } := uint64;\n");
	declare_trace2(trace, freq, minor, offset);
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
	declare_stream2(trace, id);
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
	declare_event2(trace, stream, id, name);
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

static void save(const char *dir, const char *name, const char *bytes, gsize length)
{
	g_autofree char *path = dir ? g_build_filename(dir, name, NULL) : NULL;

	if (path)
		g_assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
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
		g_autofree char *name = g_strdup_printf("chan%u_%u_%u", stream, instance, 9 - file);
		guint packets = 1 + random_below(&trace->types, 4);
		struct bit_writer writer;

		bit_writer_init(&writer);
		for (guint i = 0; i < packets; i++)
			write_packet(trace, &counters, &writer);
		save(trace->dir, name, (const char *)writer.bytes->data, writer.bytes->len);
		save(trace->dir2, name, (const char *)writer.bytes->data, writer.bytes->len);
		bit_writer_clear(&writer);
	}
}

/* ---- the whole ---- */

static void make(struct trace *trace)
{
	struct random_types *types = &trace->types;

	types->big = random_below(types, 3) == 0;
	trace->json.big = types->big;
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

static void free_fields(struct trace *trace)
{
	for (guint i = 0; i < CLASSES; i++) {
		g_ptr_array_unref(trace->events[i].payload);
		if (trace->events[i].own_context)
			g_ptr_array_unref(trace->events[i].own_context);
	}
	if (trace->context)
		g_ptr_array_unref(trace->context);
}

static void write_all(struct trace *trace, guint32 seed)
{
	guint streams;

	trace->metadata = g_string_new(NULL);
	trace->json_text = g_string_new(NULL);
	trace->json.aliases = g_string_new(NULL);
	trace->json.path = g_ptr_array_new();
	trace->json.rand = g_rand_new_with_seed(seed);
	trace->types.rand = g_rand_new_with_seed(seed);
	make(trace);
	streams = 1 + random_below(&trace->types, 3);
	for (guint i = 0; i < streams; i++)
		write_stream(trace, 0, i);
	save(trace->dir, "metadata", trace->metadata->str, trace->metadata->len);
	save(trace->dir2, "metadata", trace->json_text->str, trace->json_text->len);
	free_fields(trace);
	g_rand_free(trace->types.rand);
	g_rand_free(trace->json.rand);
	g_ptr_array_unref(trace->json.path);
	g_string_free(trace->json.aliases, TRUE);
	g_string_free(trace->json_text, TRUE);
	g_string_free(trace->metadata, TRUE);
}

void random_trace_write(const char *dir, guint32 seed, gboolean calls)
{
	struct trace trace = { .dir = dir, .has_calls = calls };

	g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
	write_all(&trace, seed);
}

void random_trace_write_pair(const char *dir, const char *dir2, guint32 seed)
{
	struct trace trace = { .dir = dir, .dir2 = dir2, .has_calls = TRUE };

	g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
	g_assert_cmpint(g_mkdir_with_parents(dir2, 0755), ==, 0);
	write_all(&trace, seed);
}
