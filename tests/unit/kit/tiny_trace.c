#include "tests/unit/kit/tiny_trace.h"

#include <glib.h>
#include <string.h>

#define PACKET_HEAD 76u /* bytes before the first event */

struct tiny_trace {
	char *dir;
	GString *metadata;
	GByteArray *stream;
	guint packet; /* where the open packet starts in stream */
	gboolean open;
	uint16_t classes;
	uint64_t begin, end; /* times of the packet's events */
	uint64_t sequence, discarded;
};

static const char uuid_text[] = "2a6422d0-6cee-11e0-8c08-cb07d7b3a564";
static const uint8_t uuid[16] = { 0x2a, 0x64, 0x22, 0xd0, 0x6c, 0xee, 0x11, 0xe0,
				  0x8c, 0x08, 0xcb, 0x07, 0xd7, 0xb3, 0xa5, 0x64 };

static const char preamble[] =
	"/* CTF 1.8 */\n"
	"typealias integer { size = 8; align = 8; signed = false; } := uint8_t;\n"
	"typealias integer { size = 16; align = 8; signed = false; } := uint16_t;\n"
	"typealias integer { size = 32; align = 8; signed = false; } := uint32_t;\n"
	"typealias integer { size = 64; align = 8; signed = false; } := uint64_t;\n"
	"typealias integer { size = 32; align = 8; signed = true; } := int32_t;\n"
	"typealias integer { size = 64; align = 8; signed = true; } := int64_t;\n"
	"trace { major = 1; minor = 8; uuid = \"%s\"; byte_order = le;\n"
	"  packet.header := struct { uint32_t magic; uint8_t uuid[16]; uint32_t stream_id; }; };\n"
	"env { hostname = \"test\"; domain = \"ust\"; tracer_name = \"lttng-ust\"; };\n"
	"clock { name = \"monotonic\"; freq = 1000000000; offset_s = %" G_GUINT64_FORMAT
	"; offset = 0; };\n"
	"typealias integer { size = 64; align = 8; signed = false; map = clock.monotonic.value; }"
	" := ts_t;\n"
	"stream { id = 0;\n"
	"  packet.context := struct { ts_t timestamp_begin; ts_t timestamp_end;\n"
	"    uint64_t content_size; uint64_t packet_size; uint64_t packet_seq_num;\n"
	"    uint64_t events_discarded; uint32_t cpu_id; };\n"
	"  event.header := struct { uint16_t id; ts_t timestamp; };\n"
	"  event.context := struct { int32_t _vpid; int32_t _vtid;\n"
	"    integer { size = 8; align = 8; signed = 0; encoding = UTF8; } _procname[17]; }; };\n";

struct tiny_trace *tiny_trace_new(const char *dir)
{
	struct tiny_trace *trace = g_new0(struct tiny_trace, 1);

	g_assert_cmpint(g_mkdir_with_parents(dir, 0755), ==, 0);
	trace->dir = g_strdup(dir);
	trace->metadata = g_string_new(NULL);
	g_string_printf(trace->metadata, preamble, uuid_text, TINY_TRACE_EPOCH_S);
	trace->stream = g_byte_array_new();
	return trace;
}

uint16_t tiny_trace_class(struct tiny_trace *trace, const char *name, const char *fields)
{
	g_string_append_printf(
		trace->metadata,
		"event { name = \"%s\"; id = %u; stream_id = 0; fields := struct { %s }; };\n",
		name, trace->classes, fields);
	return trace->classes++;
}

static void put(struct tiny_trace *trace, const void *bytes, size_t length)
{
	g_byte_array_append(trace->stream, bytes, (guint)length);
}

static void begin_packet(struct tiny_trace *trace, uint64_t time_ns)
{
	static const uint8_t head[PACKET_HEAD];

	trace->packet = trace->stream->len;
	trace->open = TRUE;
	trace->begin = time_ns;
	put(trace, head, sizeof(head));
}

void tiny_trace_event(struct tiny_trace *trace, uint16_t id, uint64_t time_ns, int32_t pid,
		      int32_t tid, const char *thread_name)
{
	char name[17] = { 0 };

	if (!trace->open)
		begin_packet(trace, time_ns);
	trace->end = time_ns;
	put(trace, &id, sizeof(id));
	put(trace, &time_ns, sizeof(time_ns));
	put(trace, &pid, sizeof(pid));
	put(trace, &tid, sizeof(tid));
	g_strlcpy(name, thread_name, sizeof(name));
	put(trace, name, sizeof(name));
}

void tiny_trace_u8(struct tiny_trace *trace, uint8_t value)
{
	put(trace, &value, sizeof(value));
}

void tiny_trace_u32(struct tiny_trace *trace, uint32_t value)
{
	put(trace, &value, sizeof(value));
}

void tiny_trace_u64(struct tiny_trace *trace, uint64_t value)
{
	put(trace, &value, sizeof(value));
}

void tiny_trace_string(struct tiny_trace *trace, const char *text)
{
	put(trace, text, strlen(text) + 1);
}

void tiny_trace_bytes(struct tiny_trace *trace, const void *bytes, uint32_t length)
{
	put(trace, bytes, length);
}

void tiny_trace_packet(struct tiny_trace *trace, uint64_t discarded)
{
	const uint32_t magic = 0xc1fc1fc1;
	uint64_t bits = (uint64_t)(trace->stream->len - trace->packet) * 8;
	uint64_t words[6] = { trace->begin, trace->end, bits, bits, trace->sequence++, discarded };
	uint8_t *head = trace->stream->data + trace->packet;

	if (!trace->open)
		return;
	memcpy(head, &magic, 4);
	memcpy(head + 4, uuid, 16);
	memcpy(head + 24, words, sizeof(words));
	trace->open = FALSE;
	trace->discarded = discarded;
}

void tiny_trace_close(struct tiny_trace *trace)
{
	g_autofree char *metadata = g_build_filename(trace->dir, "metadata", NULL);
	g_autofree char *stream = g_build_filename(trace->dir, "stream_0", NULL);

	if (trace->open)
		tiny_trace_packet(trace, trace->discarded);
	g_assert_true(g_file_set_contents(metadata, trace->metadata->str, -1, NULL));
	g_assert_true(g_file_set_contents(stream, (const char *)trace->stream->data,
					  (gssize)trace->stream->len, NULL));
	g_string_free(trace->metadata, TRUE);
	g_byte_array_unref(trace->stream);
	g_free(trace->dir);
	g_free(trace);
}
