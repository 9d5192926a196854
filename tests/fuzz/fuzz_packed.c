/*
 * Fuzzing packed streams. With the first byte even, the rest is the file. Otherwise the rest is turned
 * into one whose check sums are right: for each packet a byte that says what its note is to lie about,
 * a stride, 16 bits with its length, and its bytes; so that what is behind the sums is reached, too.
 */
#include <glib.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

#include "pipeline/ctf/ctf_plan.h"
#include "pipeline/ctf/ctf_sink.h"
#include "pipeline/ctf/ctf_stream.h"
#include "pipeline/packed/packed_columns.h"
#include "pipeline/recording/recording.h"

#define BATCH      16u
#define EVENTS_MAX (1u << 22)
#define HEAD       4u  /* bytes before a packet's */
#define CONTEXT    24u /* bytes of a packet before its context */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char metadata[] =
	"/* CTF 1.8 */ typealias integer { size = 8; } := u8;\n"
	"typealias integer { size = 32; } := u32; typealias integer { size = 64; } := u64;\n"
	"trace { major = 1; minor = 8; byte_order = le;\n"
	" packet.header := struct { u32 magic; u8 uuid[16]; u32 stream_id; }; };\n"
	"env { domain = \"ust\"; tracer_name = \"lttng-ust\"; };\n"
	"clock { name = c; offset = 1600000000000000000; };\n"
	"typealias integer { size = 64; map = clock.c.value; } := ts;\n"
	"stream { id = 0;\n"
	" packet.context := struct { ts timestamp_begin; ts timestamp_end; u64 content_size;\n"
	"  u64 packet_size; u64 packet_seq_num; u64 events_discarded; u32 cpu_id; };\n"
	" event.context := struct { u32 _vpid; u32 _vtid; };\n"
	" event.header := struct { enum : integer { size = 16; }\n"
	"  { compact = 0 ... 65534, extended = 65535 } id;\n"
	"  variant <id> { struct { integer { size = 32; map = clock.c.value; } timestamp; }\n"
	"  compact; struct { u32 id; ts timestamp; } extended; } v; } align(8); };\n"
	"event { id = 0; stream_id = 0; name = \"flowdar:func_entry\";\n"
	" fields := struct { u64 _addr; u64 _call_site; }; };\n"
	"event { id = 1; stream_id = 0; name = \"flowdar:bytes\";\n"
	" fields := struct { string _label; u64 _total; u32 _n; u8 _data[ _n ]; }; };\n";

/* ---- a file with sums that are right ---- */

static uint64_t word(const uint8_t *packet, size_t length, size_t at)
{
	uint64_t value = 0;

	if (at + sizeof(value) <= length)
		memcpy(&value, packet + at, sizeof(value));
	return value;
}

/* What the packet says, but for what a bit of lie is set for. */
static struct fdar_packed_entry note_of(const uint8_t *packet, size_t length, uint8_t lie)
{
	struct fdar_packed_entry note = {
		.packet_bytes = (uint32_t)length,
		.begin = word(packet, length, CONTEXT) + (lie & 1),
		.end = word(packet, length, CONTEXT + 8) + (lie >> 1 & 1),
		.content_bits = word(packet, length, CONTEXT + 16) + (lie >> 2 & 1),
		.sequence = word(packet, length, CONTEXT + 32) + (lie >> 3 & 1),
		.discarded = word(packet, length, CONTEXT + 40) + (lie >> 4 & 1),
		.dropped = (uint64_t)(lie >> 5 & 1) * 47,
	};

	return note;
}

static void add_packet(GByteArray *file, const uint8_t *packet, size_t length, unsigned stride,
		       uint8_t lie)
{
	struct fdar_packed_entry entry = note_of(packet, length, lie);
	g_autofree uint8_t *columns = g_malloc(length + 1);
	size_t bound = ZSTD_compressBound(length);
	g_autofree uint8_t *frame = g_malloc(bound);
	uint8_t note[FDAR_PACKED_NOTE_FRAME];

	if (stride < FDAR_PACKED_STRIDE_MIN)
		stride = 0;
	if (stride)
		fdar_packed_columns_split(packet, length, stride, columns);
	if (length)
		entry.frame_bytes =
			(uint32_t)ZSTD_compress(frame, bound, stride ? columns : packet, length, 1);
	entry.flags = stride ^ (unsigned)(lie >> 6 & 1);
	entry.packet_bytes += lie >> 7 & 1;
	fdar_packed_note_put(&entry, note);
	g_byte_array_append(file, note, sizeof(note));
	g_byte_array_append(file, frame, entry.frame_bytes);
}

static GByteArray *make_file(const uint8_t *data, size_t size)
{
	GByteArray *file = g_byte_array_new();

	while (size >= HEAD) {
		size_t length = MIN((size_t)(data[2] | data[3] << 8), size - HEAD);

		add_packet(file, data + HEAD, length, data[1], data[0]);
		data += HEAD + length;
		size -= HEAD + length;
	}
	return file;
}

/* ---- reading it ---- */

static void look_at(const struct fdar_ctf_sink *sink, uint64_t *count)
{
	volatile uint8_t sum = 0;

	for (size_t i = 0; i < sink->count; i++)
		for (uint32_t byte = 0; byte <= sink->events[i].data_len; byte++)
			sum = (uint8_t)(sum + sink->events[i].data[byte]);
	*count += sink->count;
	/* Every event takes some bytes of a packet, and frames cannot be that small. */
	if (*count > EVENTS_MAX)
		abort();
}

static void read_stream(const struct fdar_ctf_plan *plan, const char *path, size_t size)
{
	GArray *files = g_array_new(FALSE, FALSE, sizeof(struct fdar_ctf_file));
	struct fdar_ctf_file file = { .path = path, .size = size, .packed = TRUE };
	struct fdar_ctf_pool *pool = fdar_ctf_pool_new();
	struct fdar_texts *texts = fdar_texts_new();
	struct fdar_ctf_sink *sink = fdar_ctf_sink_new(texts, NULL);
	GArray *losses = fdar_recording_losses_new();
	struct fdar_ctf_stream *stream;
	struct fdar_event batch[BATCH];
	uint64_t count = 0;

	g_array_append_val(files, file);
	stream = fdar_ctf_stream_new(plan, g_ptr_array_index(plan->streams, 0), files, 512, TRUE);
	stream->window.pool = pool;
	stream->losses = losses;
	do {
		fdar_ctf_sink_begin(sink, batch, BATCH);
		fdar_ctf_stream_run(stream, UINT64_MAX, sink);
		look_at(sink, &count);
	} while (sink->count && count <= EVENTS_MAX);
	fdar_ctf_stream_free(stream);
	fdar_ctf_pool_free(pool);
	fdar_ctf_sink_free(sink);
	fdar_texts_free(texts);
	g_array_unref(losses);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autoptr(GByteArray) file = NULL;
	g_autofree char *path = NULL;
	struct fdar_ctf_plan *plan;
	int fd;

	if (size < 2)
		return 0;
	if (data[0] % 2) {
		file = make_file(data + 1, size - 1);
	} else {
		file = g_byte_array_new();
		g_byte_array_append(file, data + 1, (guint)size - 1);
	}
	fd = memfd_create("packed", 0);
	if (fd < 0 || write(fd, file->data, file->len) != (ssize_t)file->len)
		abort();
	path = g_strdup_printf("/proc/self/fd/%d", fd);
	plan = fdar_ctf_plan_new(metadata, strlen(metadata), NULL);
	if (!plan)
		abort();
	if (file->len)
		read_stream(plan, path, file->len);
	fdar_ctf_plan_free(plan);
	close(fd);
	return 0;
}
