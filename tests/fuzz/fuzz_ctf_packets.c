/*
 * Fuzzing the packets of CTF traces: the first byte says which of a few metadata, the rest is the
 * stream file. Every byte of what comes out is looked at.
 */
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "pipeline/ctf/ctf_plan.h"
#include "pipeline/ctf/ctf_sink.h"
#include "pipeline/ctf/ctf_stream.h"

#define BATCH      16u
#define EVENTS_MAX (1u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The three headers that events have, in both orders; and all kinds of fields. */
static const char common[] =
	"typealias integer { size = 8; } := u8; typealias integer { size = 32; } := u32;\n"
	"typealias integer { size = 64; } := u64;\n"
	"env { domain = \"ust\"; tracer_name = \"lttng-ust\"; tracer_major = 2; tracer_minor = 13; "
	"};\n"
	"clock { name = c; offset = 1600000000000000000; };\n"
	"typealias integer { size = 64; map = clock.c.value; } := ts;\n"
	"stream { id = 0;\n"
	" packet.context := struct { ts timestamp_begin; ts timestamp_end; u64 content_size;\n"
	"  u64 packet_size; u64 packet_seq_num; u64 events_discarded; u32 cpu_id; };\n"
	" event.context := struct { u32 _vpid; u32 _vtid;\n"
	"  integer { size = 8; encoding = UTF8; } _procname[17]; };\n"
	" event.header := ";

static const char events[] =
	"event { id = 0; stream_id = 0; name = \"flowdar:func_entry\";\n"
	" fields := struct { u64 _addr; u64 _call_site; }; };\n"
	"event { id = 1; stream_id = 0; name = \"flowdar:bytes\";\n"
	" fields := struct { string _label; u64 _total; u32 _n; u8 _data[ _n ]; }; };\n"
	"event { id = 2; stream_id = 0; name = \"flowdar:wait_begin\";\n"
	" fields := struct { string _what; u8 _kind; u32 _fd; }; };\n"
	"event { id = 3; stream_id = 0; name = \"other\"; fields := struct {\n"
	"  enum : integer { size = 3; align = 1; } { a, b = 1 ... 3, c } tag;\n"
	"  variant <tag> { integer { size = 13; align = 1; } a; struct { string s; } b; u64 c; } "
	"v;\n"
	"  u8 n; struct { integer { size = 5; align = 1; } x; u8 m; u8 y[ m ]; } s[ n ]; }; };\n"
	"event { id = 4; stream_id = 0; name = \"lttng_ust_statedump:build_id\";\n"
	" fields := struct { u64 _baddr; u8 _n; u8 _build_id[ _n ]; }; };\n"
	"event { id = 5; stream_id = 0; name = \"lttng_ust_statedump:bin_info\";\n"
	" fields := struct { u64 _baddr; u64 _memsz; string _path; }; };\n";

static const char compact_header[] =
	"struct { enum : integer { size = 5; align = 1; } { compact = 0 ... 30, extended = 31 } "
	"id;\n"
	" variant <id> { struct { integer { size = 27; align = 1; map = clock.c.value; } "
	"timestamp; } "
	"compact;\n"
	" struct { u32 id; ts timestamp; } extended; } v; } align(8); };\n";

static const char large_header[] =
	"struct { enum : integer { size = 16; } { compact = 0 ... 65534, extended = 65535 } id;\n"
	" variant <id> { struct { integer { size = 32; map = clock.c.value; } timestamp; } "
	"compact;\n"
	" struct { u32 id; ts timestamp; } extended; } v; } align(8); };\n";

static const char bits_header[] = "struct { integer { size = 3; align = 1; } id;\n"
				  " integer { size = 11; align = 1; map = clock.c.value; } "
				  "timestamp; }; };\n";

static const char *const headers[] = { compact_header, large_header, bits_header };

static struct fdar_ctf_plan *make_plan(unsigned which)
{
	g_autoptr(GString) text = g_string_new("/* CTF 1.8 */ trace { major = 1; minor = 8;\n");
	struct fdar_ctf_plan *plan;

	g_string_append_printf(text, "byte_order = %s;\n", which % 2 ? "be" : "le");
	g_string_append(
		text, "packet.header := struct { integer { size = 32; } magic;\n"
		      " integer { size = 8; } uuid[16]; integer { size = 32; } stream_id; }; };\n");
	g_string_append(text, common);
	g_string_append(text, headers[which / 2 % G_N_ELEMENTS(headers)]);
	g_string_append(text, events);
	plan = fdar_ctf_plan_new(text->str, text->len, NULL);
	if (!plan)
		abort();
	return plan;
}

/* FALSE when there is more than such a file can hold: every event takes a bit. */
static gboolean look_at(const struct fdar_ctf_sink *sink, uint64_t *count)
{
	volatile uint8_t sum = 0;

	for (size_t i = 0; i < sink->count; i++) {
		const struct fdar_event *event = &sink->events[i];

		for (uint32_t byte = 0; byte <= event->data_len; byte++)
			sum = (uint8_t)(sum + event->data[byte]);
		sum = (uint8_t)(sum + *fdar_texts_get(sink->texts, event->name));
	}
	*count += sink->count;
	return *count <= EVENTS_MAX;
}

static void read_stream(struct fdar_ctf_plan *plan, const char *path, size_t size)
{
	GArray *files = g_array_new(FALSE, FALSE, sizeof(struct fdar_ctf_file));
	struct fdar_ctf_file file = { .path = path, .size = size };
	struct fdar_texts *texts = fdar_texts_new();
	struct fdar_ctf_sink *sink = fdar_ctf_sink_new(texts, NULL);
	struct fdar_ctf_stream *stream;
	struct fdar_event batch[BATCH];
	uint64_t count = 0;

	g_array_append_val(files, file);
	/* A small window, so that events do not fit. */
	stream = fdar_ctf_stream_new(plan, g_ptr_array_index(plan->streams, 0), files, 512, TRUE);
	do {
		fdar_ctf_sink_begin(sink, batch, BATCH);
		fdar_ctf_stream_run(stream, UINT64_MAX, sink);
		if (!look_at(sink, &count))
			abort();
	} while (sink->count);
	fdar_ctf_stream_free(stream);
	fdar_ctf_sink_free(sink);
	fdar_texts_free(texts);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fdar_ctf_plan *plan;
	g_autofree char *path = NULL;
	int fd;

	if (size < 2)
		return 0;
	fd = memfd_create("packets", 0);
	if (fd < 0 || write(fd, data + 1, size - 1) != (ssize_t)(size - 1))
		abort();
	path = g_strdup_printf("/proc/self/fd/%d", fd);
	plan = make_plan(data[0]);
	read_stream(plan, path, size - 1);
	fdar_ctf_plan_free(plan);
	close(fd);
	return 0;
}
