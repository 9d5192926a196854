/* Packed streams: columns, and that a packed trace is the trace, in whole and in slices, exported and
 * when packets have to make room for others. */
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/ctf/ctf_open.h"
#include "pipeline/source/export.h"
#include "pipeline/packed/packed_columns.h"
#include "pipeline/recording/recording.h"
#include "pipeline/source/source.h"
#include "tests/ctf/compare.h"
#include "tests/ctf/pack.h"
#include "tests/ctf/random_trace.h"
#include "tests/unit/kit/tiny_trace.h"
#include "tests/unit/kit/remove_tree.h"

#define RANDOM_TRACES 100

/* ---- columns ---- */

static void test_columns(void)
{
	GRand *rand = g_rand_new_with_seed(1);
	uint8_t bytes[5000], columns[5000], joined[5001];

	for (guint i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)g_rand_int(rand);
	for (unsigned stride = FDAR_PACKED_STRIDE_MIN; stride <= FDAR_PACKED_STRIDE_MAX; stride++) {
		size_t length = (size_t)g_rand_int_range(rand, 0, (gint32)sizeof(bytes));
		size_t rows = length / stride;

		memset(joined, 0, sizeof(joined));
		fdar_packed_columns_split(bytes, length, stride, columns);
		for (size_t i = 0; i < rows * stride; i++)
			g_assert_cmpuint(columns[i % stride * rows + i / stride], ==, bytes[i]);
		fdar_packed_columns_join(columns, length, stride, 0, length, joined);
		g_assert_true(memcmp(joined, bytes, length) == 0);
		for (guint i = 0; length && i < 40; i++) {
			size_t from = g_rand_int(rand) % length;
			size_t count = g_rand_int(rand) % (length - from + 1);

			memset(joined, 0, sizeof(joined));
			fdar_packed_columns_join(columns, length, stride, from, count, joined);
			g_assert_true(memcmp(joined, bytes + from, count) == 0);
			g_assert_cmpuint(joined[count], ==, 0);
		}
	}
	g_rand_free(rand);
}

/* Records of which half is the same in each are found, whatever is before them; noise is left alone. */
static void test_stride(void)
{
	static const unsigned lengths[] = { 16, 17, 26, 43, 60, 111, 255 };
	GRand *rand = g_rand_new_with_seed(2);
	uint8_t bytes[20000];

	for (guint i = 0; i < G_N_ELEMENTS(lengths); i++) {
		for (guint at = 0; at < sizeof(bytes); at++)
			bytes[at] =
				(uint8_t)(at % lengths[i] < lengths[i] / 3 ? g_rand_int(rand)
									   : at % lengths[i] * 7);
		g_assert_cmpuint(fdar_packed_columns_stride(bytes, sizeof(bytes)), ==, lengths[i]);
		g_assert_cmpuint(fdar_packed_columns_stride(bytes + 5, sizeof(bytes) - 5), ==,
				 lengths[i]);
	}
	for (guint at = 0; at < sizeof(bytes); at++)
		bytes[at] = (uint8_t)g_rand_int(rand);
	g_assert_cmpuint(fdar_packed_columns_stride(bytes, sizeof(bytes)), ==, 0);
	g_assert_cmpuint(fdar_packed_columns_stride(bytes, 100), ==, 0);
	g_rand_free(rand);
}

/* ---- the same ---- */

static const struct pack_options ways[] = {
	{ .level = 1 },
	{ .level = 3, .plain = TRUE },
	{ .level = -5, .stride = 31 },
};

static char *scratch(void)
{
	char *dir = g_dir_make_tmp("flowdar-test-packed-XXXXXX", NULL);

	g_assert_nonnull(dir);
	return dir;
}

static void export_to(const char *path, const char *out, struct fdar_export *result)
{
	g_autoptr(GError) error = NULL;

	fdar_export_ctf(path, out, NULL, NULL, result, &error);
	g_assert_no_error(error);
}

static void assert_compared(struct compared compared, const char *path)
{
	if (compared.refusal)
		g_test_message("%s: refused: %s", path, compared.refusal);
	if (compared.difference)
		g_test_message("%s: %s", path, compared.difference);
	g_assert_true(compared.ours);
	g_assert_null(compared.difference);
	compared_clear(&compared);
}

/* Packed, the trace says what it says to libbabeltrace2; and exported again, too. */
static void assert_same(const char *trace, const struct pack_options *way)
{
	g_autofree char *dir = scratch();
	g_autofree char *packed = g_build_filename(dir, "packed", NULL);
	g_autofree char *again = g_build_filename(dir, "again", NULL);
	struct fdar_export result, back;
	guint count;

	export_to(trace, packed, &result);
	fdar_export_clear(&result);
	/* Some files are empty: they stay. */
	count = pack_traces(packed, way);
	g_assert_cmpuint(count, >, 0);
	assert_compared(compare_packed(packed, trace), trace);
	export_to(packed, again, &back);
	g_assert_cmpuint(back.files, ==, result.files);
	g_assert_cmpuint(back.packed, ==, count);
	g_assert_cmpuint(back.bytes, ==, result.bytes);
	g_assert_null(back.damage);
	fdar_export_clear(&back);
	assert_compared(compare_packed(packed, again), again);
	remove_tree(dir);
}

static void test_random(void)
{
	g_autofree char *dir = scratch();

	for (guint32 seed = 1; seed <= RANDOM_TRACES; seed++) {
		g_autofree char *name = g_strdup_printf("%u", seed);
		g_autofree char *trace = g_build_filename(dir, name, NULL);

		random_trace_write(trace, seed, FALSE);
		assert_same(trace, &ways[seed % G_N_ELEMENTS(ways)]);
	}
	remove_tree(dir);
}

static const char *const shared_traces[] = {
	"cyg-profile/glxgears-cyg-profile",
	"cyg-profile/glxgears-cyg-profile-fast",
	"debuginfo-test-app2",
	"packet-seq-num/2-lost-before-last",
	"packet-seq-num/2-streams-lost-in-1",
	"packet-seq-num/2-streams-lost-in-2",
	"packet-seq-num/7-lost-between-2-with-index",
	"packet-seq-num/no-lost",
	"succeed/2packets",
	"succeed/array-align-elem",
	"succeed/debug-info",
	"succeed/ev-disc-no-ts-begin-end",
	"succeed/lttng-crash",
	"succeed/lttng-event-after-packet",
	"succeed/meta-variant-two-underscores",
	"succeed/multi-domains/ust",
	"succeed/no-packet-context",
	"succeed/sequence",
	"succeed/session-rotation",
	"succeed/smalltrace",
	"succeed/struct-array-align-elem",
	"succeed/succeed1",
	"succeed/succeed2",
	"succeed/trace-with-index",
	"succeed/wk-heartbeat-u",
};

static void test_shared(gconstpointer data)
{
	const char *shared = g_getenv("FLOWDAR_SHARED");
	g_autofree char *fallback = g_build_filename(TEST_SOURCE_DIR, "..", "shared", NULL);
	g_autofree char *path = g_build_filename(shared ? shared : fallback, "traces", data, NULL);

	if (!g_file_test(path, G_FILE_TEST_IS_DIR)) {
		g_test_skip_printf("%s is not there", path);
		return;
	}
	for (guint i = 0; i < G_N_ELEMENTS(ways); i++)
		assert_same(path, &ways[i]);
}

static void test_recorded(gconstpointer data)
{
	g_autofree char *path =
		g_build_filename(TEST_SOURCE_DIR, "tests", "golden", "data", data, "trace", NULL);

	for (guint i = 0; i < G_N_ELEMENTS(ways); i++)
		assert_same(path, &ways[i]);
}

/* ---- slices ---- */

static void write_calls(const char *dir, unsigned events, unsigned each, uint64_t first,
			uint64_t step)
{
	struct tiny_trace *trace = tiny_trace_new(dir);
	uint16_t entry = tiny_trace_class(trace, "flowdar:func_entry", "uint64_t _addr;");

	for (uint64_t i = 0; i < events; i++) {
		tiny_trace_event(trace, entry, first + i * step, 1, 2, "thread");
		tiny_trace_u64(trace, first + i * step);
		if (i % each == each - 1)
			tiny_trace_packet(trace, i);
	}
	tiny_trace_close(trace);
}

struct reading {
	uint64_t events, discarded, packets_lost, last;
	char *damage;
};

/* Every event's addr is its time. */
static struct reading read_slice(const char *path, unsigned slice, unsigned slices)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_source) source = fdar_source_open_slice(path, slice, slices, &error);
	struct fdar_source_summary summary;
	struct reading reading = { 0 };
	struct fdar_event batch[7];
	gssize n;

	g_assert_no_error(error);
	while ((n = fdar_source_read(source, batch, G_N_ELEMENTS(batch), &error)) > 0) {
		for (gssize i = 0; i < n; i++) {
			uint64_t time = batch[i].time_ns - TINY_TRACE_EPOCH_S * 1000000000;

			if (batch[i].kind == FDAR_EVENT_THREAD_NAME)
				continue;
			g_assert_cmpuint(batch[i].addr, ==, time);
			g_assert_cmpuint(time, >=, reading.last);
			reading.last = time;
			reading.events++;
		}
	}
	fdar_source_get_summary(source, &summary);
	reading.discarded = summary.discarded;
	reading.packets_lost = summary.packets_lost;
	reading.damage = g_strdup(error ? error->message : summary.damage);
	return reading;
}

static void test_slices(void)
{
	g_autofree char *dir = scratch();

	write_calls(dir, 1000, 5, 10, 10);
	g_assert_cmpuint(pack_traces(dir, &ways[0]), ==, 1);
	for (unsigned slices = 1; slices <= 7; slices++) {
		struct reading whole = { 0 };

		for (unsigned slice = 0; slice < slices; slice++) {
			struct reading part = read_slice(dir, slice, slices);

			/* Packets differ by a few bytes, packed. */
			g_assert_cmpuint(part.events, >, 1000 / slices / 2);
			g_assert_cmpuint(part.last, >, whole.last);
			g_assert_null(part.damage);
			whole.last = part.last;
			whole.events += part.events;
			whole.discarded += part.discarded;
		}
		g_assert_cmpuint(whole.events, ==, 1000);
		g_assert_cmpuint(whole.discarded, ==, 995);
	}
	remove_tree(dir);
}

/* ---- room ---- */

/* Three streams, of whose packets only one has room, a few events of each in turns. */
static void test_room(void)
{
	g_autofree char *dir = scratch();
	g_autoptr(GPtrArray) traces = g_ptr_array_new_with_free_func(g_free);
	struct fdar_texts *texts = fdar_texts_new();
	struct fdar_ctf_sink *sink = fdar_ctf_sink_new(texts, NULL);
	uint64_t events = 0, last[3] = { 0 };
	struct fdar_ctf_input input;
	struct fdar_event batch[3];

	for (guint i = 0; i < 3; i++) {
		char *below = g_strdup_printf("%s/%u", dir, i);

		write_calls(below, 200, 50, i + 1, 3);
		g_ptr_array_add(traces, below);
	}
	g_assert_cmpuint(pack_traces(dir, &ways[0]), ==, 3);
	g_assert_true(fdar_ctf_input_open(&input, traces, NULL));
	g_assert_cmpuint(input.streams->len, ==, 3);
	input.pool->limit = 1;
	for (guint i = 0; i < 3; i++) {
		struct fdar_ctf_stream *stream = g_ptr_array_index(input.streams, i);

		stream->window.usual = FDAR_CTF_WINDOW_STEP;
	}
	for (guint round = 0; round < 300; round++) {
		struct fdar_ctf_stream *stream = g_ptr_array_index(input.streams, round % 3);

		fdar_ctf_sink_begin(sink, batch, G_N_ELEMENTS(batch));
		fdar_ctf_stream_run(stream, UINT64_MAX, sink);
		for (size_t i = 0; i < sink->count; i++) {
			if (batch[i].kind == FDAR_EVENT_THREAD_NAME)
				continue;
			g_assert_cmpuint(batch[i].addr, >, last[round % 3]);
			last[round % 3] = batch[i].addr;
			events++;
		}
		g_assert_cmpuint(input.pool->windows->len, <=, 1);
	}
	g_assert_cmpuint(events, ==, 600);
	fdar_ctf_input_clear(&input);
	fdar_ctf_sink_free(sink);
	fdar_texts_free(texts);
	remove_tree(dir);
}

/* ---- what only libbabeltrace2 reads ---- */

static void test_refused(void)
{
	g_autofree char *dir = scratch();
	g_autofree char *path = g_build_filename(dir, "metadata", NULL);
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) changed = NULL;

	write_calls(dir, 10, 5, 1, 1);
	g_assert_cmpuint(pack_traces(dir, &ways[0]), ==, 1);
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	changed = g_string_new(text);
	g_string_replace(changed, "domain = \"ust\"", "domain = \"kernel\"", 0);
	g_assert_true(g_file_set_contents(path, changed->str, -1, NULL));
	g_assert_null(fdar_source_open(dir, &error));
	g_assert_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT);
	g_assert_nonnull(strstr(error->message, "flowdar export"));
	g_assert_null(strchr(error->message, '\n'));
	remove_tree(dir);
}

/* ---- leftovers ---- */

static void get_file(const char *dir, const char *name, char **bytes, gsize *length)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	g_assert_true(g_file_get_contents(path, bytes, length, NULL));
}

static void put_file(const char *dir, const char *name, const char *bytes, gsize length)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	g_assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
}

/* Of a file in the middle of which the note at *packed is: where the packet before it is in the plain
 * one. */
static void find_places(const char *path, gsize size, gsize *plain, gsize *packed)
{
	struct fdar_packed_entry entry = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t at = 0, end = 0;

	for (; at < size / 2; at += fdar_packed_step(&entry)) {
		g_assert_true(fdar_packed_read_note(fd, at, size, &entry, NULL));
		*plain = end;
		end += entry.packet_bytes;
	}
	*packed = at;
	g_assert_cmpuint(at, <, size);
	close(fd);
}

static uint64_t count_events(const char *path, char **damage)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_source) source = fdar_source_open(path, &error);
	struct fdar_source_summary summary;
	struct fdar_event batch[200];

	g_assert_no_error(error);
	while (fdar_source_read(source, batch, G_N_ELEMENTS(batch), &error) > 0)
		;
	g_assert_no_error(error);
	fdar_source_get_summary(source, &summary);
	*damage = g_strdup(summary.damage);
	return summary.events;
}

/* The recorder was killed: the packed stream ends within a frame, and what LTTng wrote is still there
 * from an earlier packet on. Nothing is missing, and nothing is there twice, for babeltrace2 neither. */
static void test_leftovers(void)
{
	g_autofree char *data = g_build_filename(TEST_SOURCE_DIR, "tests", "golden", "data",
						 "attack", "trace", NULL);
	g_autofree char *dir = scratch(), *plain = NULL, *packed = NULL, *damage = NULL;
	g_autofree char *trace = g_build_filename(dir, "trace", NULL);
	g_autofree char *out = g_build_filename(dir, "out", NULL);
	g_autofree char *folder = g_build_filename(trace, "ust", "uid", "0", "64-bit", NULL);
	g_autofree char *path = g_build_filename(folder, "functions_0.zst", NULL);
	gsize length, packed_length, from, cut;
	uint64_t whole = count_events(data, &damage);
	struct fdar_export result;

	export_to(data, trace, &result);
	fdar_export_clear(&result);
	get_file(folder, "functions_0", &plain, &length);
	g_assert_cmpuint(pack_traces(trace, &ways[0]), >, 1);
	get_file(folder, "functions_0.zst", &packed, &packed_length);
	find_places(path, packed_length, &from, &cut);
	put_file(folder, "functions_0.zst", packed, cut + 1000);
	put_file(folder, "functions_0", plain + from, length - from);
	g_assert_cmpuint(count_events(trace, &damage), ==, whole);
	g_assert_nonnull(strstr(damage, "functions_0.zst: byte "));
	export_to(trace, out, &result);
	g_assert_cmpuint(result.damaged, ==, 1);
	fdar_export_clear(&result);
	assert_compared(compare_packed(out, data), out);
	remove_tree(dir);
}

/* ---- what export must not do ---- */

static gboolean stop_at_once(guint64 done, guint64 total, void *user)
{
	(void)done;
	(void)total;
	(void)user;
	return FALSE;
}

static void test_export_stopped(void)
{
	g_autofree char *dir = scratch();
	g_autofree char *trace = g_build_filename(dir, "trace", NULL);
	g_autofree char *out = g_build_filename(dir, "out", NULL);
	g_autoptr(GError) error = NULL;
	struct fdar_export result;
	g_autoptr(GDir) left = NULL;

	write_calls(trace, 10, 5, 1, 1);
	g_assert_false(fdar_export_ctf(trace, out, stop_at_once, NULL, &result, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
	fdar_export_clear(&result);
	left = g_dir_open(dir, 0, NULL);
	g_assert_cmpstr(g_dir_read_name(left), ==, "trace");
	g_assert_null(g_dir_read_name(left));
	remove_tree(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/packed/columns", test_columns);
	g_test_add_func("/packed/stride", test_stride);
	g_test_add_func("/packed/random", test_random);
	g_test_add_func("/packed/slices", test_slices);
	g_test_add_func("/packed/room", test_room);
	g_test_add_func("/packed/refused", test_refused);
	g_test_add_func("/packed/leftovers", test_leftovers);
	g_test_add_func("/packed/export-stopped", test_export_stopped);
	g_test_add_data_func("/packed/recorded/attack", "attack", test_recorded);
	g_test_add_data_func("/packed/recorded/baseline", "baseline", test_recorded);
	for (guint i = 0; i < G_N_ELEMENTS(shared_traces); i++) {
		g_autofree char *path = g_strconcat("/packed/shared/", shared_traces[i], NULL);

		g_test_add_data_func(path, shared_traces[i], test_shared);
	}
	return g_test_run();
}
