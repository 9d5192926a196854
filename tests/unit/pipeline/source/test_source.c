/* The event source: real traces against babeltrace2's own count, our own vocabulary field by field,
 * damage, and the three kinds of refusal. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/resource.h>

#include "instrument/wire/events.h"
#include "pipeline/events/decoder.h"
#include "pipeline/source/source.h"
#include "tests/unit/kit/tiny_trace.h"
#include "tests/unit/kit/remove_tree.h"

/* ---- helpers ---- */

static char *scratch(void)
{
	char *dir = g_dir_make_tmp("flowdar-test-source-XXXXXX", NULL);

	g_assert_nonnull(dir);
	return dir;
}

/* A trace of ../shared/traces, or NULL after a skip that says so. */
static char *shared_trace(const char *name)
{
	const char *shared = g_getenv("FLOWDAR_SHARED");
	g_autofree char *fallback = g_build_filename(TEST_SOURCE_DIR, "..", "shared", NULL);
	g_autofree char *path = g_build_filename(shared ? shared : fallback, "traces", name, NULL);

	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		return g_steal_pointer(&path);
	g_test_skip_printf("%s is not there", path);
	return NULL;
}

struct reading {
	GError *error; /* of opening or reading */
	GArray *events;
	GPtrArray *names; /* of each event */
	GPtrArray *data;
	struct fdar_source_summary summary;
	char *damage;
};

static void reading_clear(struct reading *reading)
{
	g_clear_error(&reading->error);
	g_array_unref(reading->events);
	g_ptr_array_unref(reading->names);
	g_ptr_array_unref(reading->data);
	g_free(reading->damage);
}

/* Keeps everything. */
static void read_all(const char *path, size_t capacity, struct reading *reading)
{
	g_autoptr(fdar_source) source = NULL;
	g_autofree struct fdar_event *batch = g_new(struct fdar_event, capacity);
	gssize n;

	memset(reading, 0, sizeof(*reading));
	reading->events = g_array_new(FALSE, FALSE, sizeof(struct fdar_event));
	reading->names = g_ptr_array_new_with_free_func(g_free);
	reading->data = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref);
	source = fdar_source_open(path, &reading->error);
	if (!source)
		return;
	while ((n = fdar_source_read(source, batch, capacity, &reading->error)) > 0) {
		g_array_append_vals(reading->events, batch, (guint)n);
		for (gssize i = 0; i < n; i++) {
			g_assert_cmpint(batch[i].data[batch[i].data_len], ==, '\0');
			g_ptr_array_add(reading->names,
					g_strdup(fdar_source_text(source, batch[i].name)));
			g_ptr_array_add(reading->data,
					g_bytes_new(batch[i].data, batch[i].data_len + 1));
		}
	}
	fdar_source_get_summary(source, &reading->summary);
	reading->damage = g_strdup(reading->summary.damage);
	g_assert_cmpint(fdar_source_read(source, batch, capacity, NULL), ==, 0);
}

static const struct fdar_event *event_at(const struct reading *reading, guint index)
{
	g_assert_cmpuint(index, <, reading->events->len);
	return &g_array_index(reading->events, struct fdar_event, index);
}

static const char *name_at(const struct reading *reading, guint index)
{
	return g_ptr_array_index(reading->names, index);
}

static const char *data_at(const struct reading *reading, guint index)
{
	return g_bytes_get_data(g_ptr_array_index(reading->data, index), NULL);
}

static void assert_one_line(const char *message)
{
	g_assert_nonnull(message);
	g_assert_null(strchr(message, '\n'));
	g_assert_cmpuint(strlen(message), <, 700);
}

/* ---- refusals ---- */

static void assert_refused(const char *path, enum fdar_source_error code, const char *says)
{
	struct reading reading;

	read_all(path, 64, &reading);
	g_assert_error(reading.error, FDAR_SOURCE_ERROR, (int)code);
	assert_one_line(reading.error->message);
	g_assert_nonnull(strstr(reading.error->message, says));
	g_assert_cmpuint(reading.events->len, ==, 0);
	reading_clear(&reading);
}

static void test_refusals(void)
{
	g_autofree char *dir = scratch();
	g_autofree char *missing = g_build_filename(dir, "missing", NULL);
	g_autofree char *file = g_build_filename(dir, "file", NULL);
	g_autofree char *empty = g_build_filename(dir, "empty", NULL);
	g_autofree char *other = g_build_filename(dir, "other", NULL);
	g_autofree char *metadata = g_build_filename(other, "metadata", NULL);

	g_assert_true(g_file_set_contents(file, "no trace", -1, NULL));
	tiny_trace_close(tiny_trace_new(empty));
	g_assert_cmpint(g_mkdir(other, 0755), ==, 0);
	g_assert_true(g_file_set_contents(metadata, "%PDF-1.4 of another kind", -1, NULL));

	assert_refused(missing, FDAR_SOURCE_ERROR_MISSING, missing);
	assert_refused(file, FDAR_SOURCE_ERROR_FORMAT, file);
	assert_refused(empty, FDAR_SOURCE_ERROR_EMPTY, empty);
	assert_refused(other, FDAR_SOURCE_ERROR_FORMAT, other);
	g_remove(metadata);
	assert_refused(other, FDAR_SOURCE_ERROR_FORMAT, other);
	remove_tree(dir);
}

/* ---- our vocabulary, in a trace made here ---- */

static void write_vocabulary(struct tiny_trace *trace)
{
	uint16_t begin =
		tiny_trace_class(trace, FDAR_PROVIDER ":session_begin",
				 "uint64_t _key; string _peer; string _local; int32_t _fd;");
	uint16_t put = tiny_trace_class(trace, FDAR_PROVIDER ":handoff_put",
					"uint64_t _object; string _queue;");
	uint16_t wait = tiny_trace_class(trace, FDAR_PROVIDER ":wait_begin",
					 "string _what; uint8_t _kind; int32_t _fd;");
	uint16_t woken = tiny_trace_class(trace, FDAR_PROVIDER ":wait_end", "int64_t _result;");
	uint16_t bytes = tiny_trace_class(
		trace, FDAR_PROVIDER ":bytes",
		"string _label; uint64_t _total; uint32_t _len; uint8_t _data[ _len ];");
	uint16_t entry = tiny_trace_class(trace, FDAR_PROVIDER ":func_entry",
					  "uint64_t _addr; uint64_t _call_site;");
	uint16_t fast = tiny_trace_class(trace, "lttng_ust_cyg_profile_fast:func_exit", "");
	uint16_t other = tiny_trace_class(trace, "somebody:elses", "string _addr;");

	tiny_trace_event(trace, begin, 10, 7, 8, "listener");
	tiny_trace_u64(trace, 0xfeedfacecafebeef);
	tiny_trace_string(trace, "127.0.0.1:4711");
	tiny_trace_string(trace, "127.0.0.1:80");
	tiny_trace_u32(trace, 12);
	tiny_trace_event(trace, put, 20, 7, 8, "listener");
	tiny_trace_u64(trace, 0x1000);
	tiny_trace_string(trace, "queue");
	tiny_trace_event(trace, wait, 30, 7, 9, "worker");
	tiny_trace_string(trace, "recv");
	tiny_trace_u8(trace, FDAR_WAIT_IO);
	tiny_trace_u32(trace, (uint32_t)-1);
	tiny_trace_event(trace, woken, 40, 7, 9, "worker");
	tiny_trace_u64(trace, (uint64_t)-11);
	tiny_trace_packet(trace, 5);
	tiny_trace_event(trace, bytes, 50, 7, 9, "worker");
	tiny_trace_string(trace, "request");
	tiny_trace_u64(trace, 9999);
	tiny_trace_u32(trace, 4);
	tiny_trace_bytes(trace, "G\0T\xff", 4);
	tiny_trace_event(trace, entry, 60, 7, 9, "busy");
	tiny_trace_u64(trace, 0x401000);
	tiny_trace_u64(trace, 0x402000);
	tiny_trace_event(trace, fast, 70, 7, 9, "busy");
	tiny_trace_event(trace, other, 80, 7, 9, "busy");
	tiny_trace_string(trace, "not an address");
	tiny_trace_packet(trace, 12);
}

static void test_vocabulary(void)
{
	static const uint8_t kinds[] = { FDAR_EVENT_THREAD_NAME, FDAR_EVENT_SESSION_BEGIN,
					 FDAR_EVENT_HANDOFF_PUT, FDAR_EVENT_THREAD_NAME,
					 FDAR_EVENT_WAIT_BEGIN,  FDAR_EVENT_WAIT_END,
					 FDAR_EVENT_BYTES,       FDAR_EVENT_THREAD_NAME,
					 FDAR_EVENT_FUNC_ENTRY,  FDAR_EVENT_FUNC_EXIT,
					 FDAR_EVENT_OTHER };
	g_autofree char *dir = scratch();
	struct tiny_trace *trace = tiny_trace_new(dir);
	struct reading reading;
	const struct fdar_event *event;

	write_vocabulary(trace);
	tiny_trace_close(trace);
	read_all(dir, 3, &reading);
	g_assert_no_error(reading.error);
	g_assert_cmpuint(reading.events->len, ==, G_N_ELEMENTS(kinds));
	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
		g_assert_cmpuint(event_at(&reading, i)->kind, ==, kinds[i]);

	event = event_at(&reading, 1);
	g_assert_cmpuint(event->time_ns, ==, TINY_TRACE_EPOCH_S * 1000000000 + 10);
	g_assert_cmphex(event->addr, ==, 0xfeedfacecafebeef);
	g_assert_cmpstr(data_at(&reading, 1), ==, "127.0.0.1:4711");
	g_assert_cmpint(event->fd, ==, 12);
	g_assert_cmpuint(event->pid, ==, 7);
	g_assert_cmpuint(event->tid, ==, 8);
	g_assert_cmpstr(name_at(&reading, 0), ==, "listener");
	g_assert_cmphex(event_at(&reading, 2)->addr, ==, 0x1000);
	g_assert_cmpstr(name_at(&reading, 2), ==, "queue");
	g_assert_cmpint(event_at(&reading, 2)->fd, ==, -1);
	g_assert_cmpstr(name_at(&reading, 4), ==, "recv");
	g_assert_cmpuint(event_at(&reading, 4)->wait, ==, FDAR_WAIT_IO);
	g_assert_cmpint(event_at(&reading, 4)->fd, ==, -1);
	g_assert_cmpint((int64_t)event_at(&reading, 5)->addr, ==, -11);
	g_assert_cmpuint(event_at(&reading, 6)->addr, ==, 9999);
	g_assert_cmpuint(event_at(&reading, 6)->data_len, ==, 4);
	g_assert_true(memcmp(data_at(&reading, 6), "G\0T\xff", 4) == 0);
	g_assert_cmpstr(name_at(&reading, 7), ==, "busy");
	g_assert_cmphex(event_at(&reading, 8)->addr2, ==, 0x402000);
	g_assert_cmphex(event_at(&reading, 9)->addr, ==, 0);
	g_assert_cmpstr(name_at(&reading, 10), ==, "somebody:elses");
	g_assert_cmphex(event_at(&reading, 10)->addr, ==, 0);

	g_assert_cmpuint(reading.summary.events, ==, 8);
	g_assert_cmpuint(reading.summary.ours, ==, 7);
	g_assert_cmpuint(reading.summary.begin_ns, ==, TINY_TRACE_EPOCH_S * 1000000000 + 10);
	g_assert_cmpuint(reading.summary.end_ns, ==, TINY_TRACE_EPOCH_S * 1000000000 + 80);
	g_assert_false(reading.summary.damaged);
	reading_clear(&reading);
	remove_tree(dir);
}

/* Fields that have other types than ours, or are not there at all. */
static void test_other_types(void)
{
	g_autofree char *dir = scratch();
	struct tiny_trace *trace = tiny_trace_new(dir);
	uint16_t begin = tiny_trace_class(trace, FDAR_PROVIDER ":session_begin",
					  "string _key; uint64_t _peer;");
	uint16_t entry = tiny_trace_class(trace, FDAR_PROVIDER ":func_entry", "");
	uint16_t wait =
		tiny_trace_class(trace, FDAR_PROVIDER ":wait_begin",
				 "struct { uint8_t x; } _what; uint64_t _kind; uint64_t _fd;");
	struct reading reading;

	tiny_trace_event(trace, begin, 1, 1, 1, "\x1b[31mred");
	tiny_trace_string(trace, "key");
	tiny_trace_u64(trace, 1);
	tiny_trace_event(trace, entry, 2, 1, 1, "\x1b[31mred");
	tiny_trace_event(trace, wait, 3, 1, 1, "\x1b[31mred");
	tiny_trace_u8(trace, 1);
	tiny_trace_u64(trace, 200);
	tiny_trace_u64(trace, UINT64_C(1) << 40);
	tiny_trace_close(trace);
	read_all(dir, 64, &reading);
	g_assert_no_error(reading.error);
	g_assert_cmpuint(reading.events->len, ==, 4);
	g_assert_cmpstr(name_at(&reading, 0), ==, "?[31mred");
	g_assert_cmpuint(event_at(&reading, 1)->kind, ==, FDAR_EVENT_SESSION_BEGIN);
	g_assert_cmphex(event_at(&reading, 1)->addr, ==, 0);
	g_assert_cmpuint(event_at(&reading, 1)->data_len, ==, 0);
	g_assert_cmphex(event_at(&reading, 2)->addr, ==, 0);
	g_assert_cmpuint(event_at(&reading, 3)->wait, ==, FDAR_WAIT_OTHER);
	g_assert_cmpint(event_at(&reading, 3)->fd, ==, -1);
	g_assert_cmpuint(event_at(&reading, 3)->name, ==, 0);
	reading_clear(&reading);
	remove_tree(dir);
}

/* ---- damage ---- */

#define PACKET_EVENTS 4u
#define PACKET_HEAD   76u /* bytes, in tiny traces */
#define ENTRY_BYTES   51u

/* Several packets of entries, cut at many places: what comes is all whole packets at least, and all
 * whole events at most, in order; and when something is missing the summary or the error says it. */
static void test_truncation(void)
{
	g_autofree char *dir = scratch();
	g_autofree char *stream = g_build_filename(dir, "stream_0", NULL);
	struct tiny_trace *trace = tiny_trace_new(dir);
	uint16_t entry = tiny_trace_class(trace, FDAR_PROVIDER ":func_entry",
					  "uint64_t _addr; uint64_t _call_site;");
	g_autofree char *whole = NULL;
	gsize length, packet;

	for (unsigned i = 0; i < 12; i++) {
		tiny_trace_event(trace, entry, i + 1, 1, 1, "t");
		tiny_trace_u64(trace, i);
		tiny_trace_u64(trace, 0);
		if (i % PACKET_EVENTS == PACKET_EVENTS - 1)
			tiny_trace_packet(trace, 0);
	}
	tiny_trace_close(trace);
	g_assert_true(g_file_get_contents(stream, &whole, &length, NULL));
	packet = length / 3;
	for (gsize cut = 1; cut < length; cut += 23) {
		struct reading reading;
		guint least = (guint)(cut / packet) * PACKET_EVENTS;
		guint rest = (guint)(cut % packet);
		guint most = least + (rest < PACKET_HEAD ? 0 : (rest - PACKET_HEAD) / ENTRY_BYTES);

		g_assert_true(g_file_set_contents(stream, whole, (gssize)cut, NULL));
		read_all(dir, 64, &reading);
		g_assert_cmpuint(reading.summary.events, >=, least);
		g_assert_cmpuint(reading.summary.events, <=, most);
		if (!reading.summary.events) {
			g_assert_error(reading.error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_DAMAGED);
			assert_one_line(reading.error->message);
		} else {
			g_assert_no_error(reading.error);
			g_assert_true(reading.summary.damaged || cut % packet == 0);
			assert_one_line(reading.damage);
			g_assert_nonnull(strstr(reading.damage, stream));
		}
		for (guint i = 1; i < reading.events->len; i++)
			g_assert_cmpuint(event_at(&reading, i)->addr, ==, i - 1);
		reading_clear(&reading);
	}
	remove_tree(dir);
}

/* One stream file of two is cut short: the other one is whole all the same. */
static void test_other_streams(void)
{
	g_autofree char *from = shared_trace("cyg-profile/glxgears-cyg-profile");
	g_autofree char *dir = scratch();
	static const char *const files[] = { "metadata", "channel0_0", "channel0_1", "channel0_2",
					     "channel0_3" };
	struct reading reading;

	for (guint i = 0; from && i < G_N_ELEMENTS(files); i++) {
		g_autofree char *source = g_build_filename(from, files[i], NULL);
		g_autofree char *target = g_build_filename(dir, files[i], NULL);
		g_autofree char *bytes = NULL;
		gsize length;

		g_assert_true(g_file_get_contents(source, &bytes, &length, NULL));
		if (i == 3)
			length -= 5000;
		g_assert_true(g_file_set_contents(target, bytes, (gssize)length, NULL));
	}
	if (from) {
		read_all(dir, 512, &reading);
		g_assert_no_error(reading.error);
		/* All but the ten that are in the last 380 bytes of the packet's content. */
		g_assert_cmpuint(reading.summary.events, ==, 4967);
		g_assert_true(reading.summary.damaged);
		g_assert_nonnull(strstr(reading.damage, "channel0_2"));
		reading_clear(&reading);
	}
	remove_tree(dir);
}

static void test_no_event_class(void)
{
	g_autofree char *path = shared_trace("fail/valid-events-then-invalid-events");
	struct reading reading;

	if (!path)
		return;
	read_all(path, 64, &reading);
	g_assert_no_error(reading.error);
	g_assert_cmpuint(reading.summary.events, ==, 2);
	g_assert_true(reading.summary.damaged);
	assert_one_line(reading.damage);
	g_assert_nonnull(strstr(reading.damage, "dummystream"));
	reading_clear(&reading);
}

/* The packet says that it is longer than the file is; its events are all there. */
static void test_packet_size(void)
{
	g_autofree char *path = shared_trace("fail/invalid-packet-size");
	struct reading reading;

	if (!path)
		return;
	read_all(path, 64, &reading);
	g_assert_no_error(reading.error);
	g_assert_cmpuint(reading.summary.events, ==, 10);
	g_assert_true(reading.summary.damaged);
	assert_one_line(reading.damage);
	g_assert_nonnull(strstr(reading.damage, "channel0_3: byte 2533: "));
	reading_clear(&reading);
}

/* ---- real traces ---- */

struct failing {
	const char *name;
	enum fdar_source_error code;
};

static void test_fail(void)
{
	static const struct failing failing[] = {
		{ "fail/fail1", FDAR_SOURCE_ERROR_FORMAT },
		{ "fail/fail2", FDAR_SOURCE_ERROR_DAMAGED },
		{ "fail/integer-range", FDAR_SOURCE_ERROR_FORMAT },
		{ "fail/invalid-sequence-length-field-class", FDAR_SOURCE_ERROR_FORMAT },
		{ "fail/invalid-variant-selector-field-class", FDAR_SOURCE_ERROR_FORMAT },
		{ "fail/lttng-modules-2.0-pre1", FDAR_SOURCE_ERROR_DAMAGED },
		{ "fail/metadata-syntax-error", FDAR_SOURCE_ERROR_FORMAT },
		{ "fail/packet-based-metadata", FDAR_SOURCE_ERROR_DAMAGED },
		{ "fail/smalltrace", FDAR_SOURCE_ERROR_FORMAT },
		{ "intersection/nostream", FDAR_SOURCE_ERROR_EMPTY },
		{ "succeed/succeed4", FDAR_SOURCE_ERROR_EMPTY },
	};

	for (guint i = 0; i < G_N_ELEMENTS(failing); i++) {
		g_autofree char *path = shared_trace(failing[i].name);

		if (!path)
			return;
		assert_refused(path, failing[i].code, failing[i].name);
	}
}

/* How many lines babeltrace2 prints for the trace; -1 when it fails itself. */
static gint64 referee_count(const char *path)
{
	const char *argv[] = { "babeltrace2", path, NULL };
	g_autofree char *out = NULL;
	gint64 lines = 0;
	int status;

	if (!g_spawn_sync(NULL, (char **)argv, NULL,
			  G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, &out, NULL,
			  &status, NULL))
		return -1;
	if (!g_spawn_check_wait_status(status, NULL))
		return -1;
	for (const char *p = out; (p = strchr(p, '\n')); p++)
		lines++;
	return lines;
}

static void compare_with_referee(const char *path, guint *compared)
{
	gint64 lines = referee_count(path);
	struct reading reading;

	read_all(path, 1000, &reading);
	if (lines < 0) {
		/* What makes the referee abort gives an error here. */
		g_assert_nonnull(reading.error);
		assert_one_line(reading.error->message);
	} else {
		g_test_message("%s: %" G_GINT64_FORMAT " events", path, lines);
		g_assert_cmpint((gint64)reading.summary.events, ==, lines);
		g_assert_false(reading.summary.damaged);
		if (lines)
			g_assert_no_error(reading.error);
		else
			g_assert_error(reading.error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_EMPTY);
	}
	(*compared)++;
	reading_clear(&reading);
}

static void test_referee(gconstpointer data)
{
	g_autofree char *folder = shared_trace(data);
	g_autofree char *program = g_find_program_in_path("babeltrace2");
	g_autoptr(GDir) dir = NULL;
	const char *name;
	guint compared = 0;

	if (!folder)
		return;
	if (!program) {
		g_test_skip("babeltrace2 is not installed: no referee");
		return;
	}
	dir = g_dir_open(folder, 0, NULL);
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);

		if (g_file_test(path, G_FILE_TEST_IS_DIR))
			compare_with_referee(path, &compared);
	}
	g_assert_cmpuint(compared, >, 0);
}

static void test_losses(void)
{
	static const struct {
		const char *name;
		uint64_t discarded, packets;
	} cases[] = {
		{ "succeed/ev-disc-no-ts-begin-end", 17, 0 },
		{ "succeed/multi-domains", 728, 0 },
		{ "packet-seq-num/no-lost", 0, 0 },
		{ "packet-seq-num/2-lost-before-last", 0, 2 },
		{ "packet-seq-num/2-streams-lost-in-2", 0, 6 },
		{ "packet-seq-num/7-lost-between-2-with-index", 0, 7 },
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = shared_trace(cases[i].name);
		struct reading reading;

		if (!path)
			return;
		read_all(path, 64, &reading);
		g_assert_cmpuint(reading.summary.discarded, ==, cases[i].discarded);
		g_assert_cmpuint(reading.summary.packets_lost, ==, cases[i].packets);
		reading_clear(&reading);
	}
}

static void test_cyg_profile(void)
{
	g_autofree char *path = shared_trace("cyg-profile/glxgears-cyg-profile-fast");
	struct reading reading;

	if (!path)
		return;
	read_all(path, 100, &reading);
	g_assert_cmpuint(event_at(&reading, 0)->kind, ==, FDAR_EVENT_THREAD_NAME);
	g_assert_cmpstr(name_at(&reading, 0), ==, "glxgears");
	g_assert_cmpuint(event_at(&reading, 1)->kind, ==, FDAR_EVENT_FUNC_ENTRY);
	g_assert_cmpuint(event_at(&reading, 1)->tid, ==, 29822);
	g_assert_cmphex(event_at(&reading, 1)->addr, !=, 0);
	g_assert_cmpuint(reading.summary.ours, ==, reading.summary.events);
	reading_clear(&reading);
}

static void test_modules(void)
{
	g_autofree char *path = shared_trace("debuginfo-test-app2");
	struct reading reading;
	guint i = 0;

	if (!path)
		return;
	read_all(path, 100, &reading);
	while (event_at(&reading, i)->kind != FDAR_EVENT_MODULE)
		i++;
	g_assert_cmphex(event_at(&reading, i)->addr, ==, 0x400000);
	g_assert_cmpuint(event_at(&reading, i)->addr2, ==, 4194304);
	g_assert_cmpuint(event_at(&reading, i)->pid, ==, 5997);
	g_assert_true(g_str_has_suffix(name_at(&reading, i), "/main.out"));
	g_assert_cmpuint(event_at(&reading, i)->data_len, ==, 0);
	/* Its build id comes next: told again, whole. */
	g_assert_cmpuint(event_at(&reading, i + 1)->kind, ==, FDAR_EVENT_MODULE);
	g_assert_cmphex(event_at(&reading, i + 1)->addr, ==, 0x400000);
	g_assert_cmpuint(event_at(&reading, i + 1)->addr2, ==, 4194304);
	g_assert_true(g_str_has_prefix(data_at(&reading, i + 1), "b8f6ac6050a841b4d1"));
	g_assert_cmpuint(event_at(&reading, i + 1)->data_len, ==, 40);
	reading_clear(&reading);
}

/* ---- the process in between ---- */

static guint count_direct(const char *path)
{
	struct fdar_decoder_env env = { .texts = fdar_texts_new() };
	g_autoptr(GPtrArray) traces = g_ptr_array_new();
	struct fdar_event batch[50];
	void *decoder;
	guint count = 0;
	gssize n;

	g_ptr_array_add(traces, (void *)path);
	decoder = fdar_decoder_babeltrace.open(traces, &env, NULL);
	g_assert_nonnull(decoder);
	while ((n = fdar_decoder_babeltrace.read(decoder, batch, G_N_ELEMENTS(batch), NULL)) > 0)
		count += (guint)n;
	fdar_decoder_babeltrace.close(decoder);
	fdar_texts_free(env.texts);
	return count;
}

/* Decoding in this process gives the same, so that the sanitizers see the decoder. */
static void test_direct(void)
{
	g_autofree char *dir = scratch();
	struct tiny_trace *trace = tiny_trace_new(dir);

	write_vocabulary(trace);
	tiny_trace_close(trace);
	g_assert_cmpuint(count_direct(dir), ==, 11);
	remove_tree(dir);
}

/* Each event but the second is of a thread that is named for the first time, and so takes two places of a
 * batch: what does not fit waits for the next one, which ends in the same way. */
static void test_small_batches(void)
{
	g_autofree char *dir = scratch();
	struct tiny_trace *trace = tiny_trace_new(dir);
	uint16_t note = tiny_trace_class(trace, "flowdar:note", "string _key; string _value;");
	const int notes = 40;

	for (int i = 0; i < notes; i++) {
		int tid = 7 + MAX(i, 1);
		g_autofree char *thread = g_strdup_printf("t%d", tid);
		g_autofree char *value = g_strnfill((gsize)(i * 10), (char)('a' + i % 26));

		tiny_trace_event(trace, note, (uint64_t)i, 7, tid, thread);
		tiny_trace_string(trace, "key");
		tiny_trace_string(trace, value);
	}
	tiny_trace_close(trace);
	for (size_t capacity = 1; capacity <= 8; capacity++) {
		struct reading reading;
		int found = 0;

		read_all(dir, capacity, &reading);
		g_assert_no_error(reading.error);
		for (guint i = 0; i < reading.events->len; i++) {
			g_autofree char *value =
				g_strnfill((gsize)(found * 10), (char)('a' + found % 26));

			if (g_array_index(reading.events, struct fdar_event, i).kind !=
			    FDAR_EVENT_NOTE)
				continue;
			g_assert_cmpstr(data_at(&reading, i), ==, value);
			found++;
		}
		g_assert_cmpint(found, ==, notes);
		reading_clear(&reading);
	}
	remove_tree(dir);
}

/* Who gets no descriptor does not know what is in a file: that is no damage of it, and no end. */
static void test_few_descriptors(void)
{
	g_autofree char *path =
		g_build_filename(TEST_SOURCE_DIR, "tests", "golden", "data", "baseline", NULL);
	struct reading whole, reading;
	struct rlimit files, few;
	guint refused = 0;

	read_all(path, 100, &whole);
	g_assert_no_error(whole.error);
	g_assert_null(whole.damage);
	g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &files), ==, 0);
	for (rlim_t most = 3; most < 40; most++) {
		few = (struct rlimit){ most, files.rlim_max };
		g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &few), ==, 0);
		read_all(path, 100, &reading);
		g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &files), ==, 0);
		g_assert_null(reading.damage);
		if (reading.error)
			refused++;
		else
			g_assert_cmpuint(reading.events->len, ==, whole.events->len);
		reading_clear(&reading);
	}
	g_assert_cmpuint(refused, >, 0);
	g_assert_cmpuint(refused, <, 37);
	reading_clear(&whole);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/source/refusals", test_refusals);
	g_test_add_func("/source/vocabulary", test_vocabulary);
	g_test_add_func("/source/other-types", test_other_types);
	g_test_add_func("/source/truncation", test_truncation);
	g_test_add_func("/source/other-streams", test_other_streams);
	g_test_add_func("/source/no-event-class", test_no_event_class);
	g_test_add_func("/source/packet-size", test_packet_size);
	g_test_add_func("/source/fail", test_fail);
	g_test_add_data_func("/source/referee/succeed", "succeed", test_referee);
	g_test_add_data_func("/source/referee/cyg-profile", "cyg-profile", test_referee);
	g_test_add_func("/source/losses", test_losses);
	g_test_add_func("/source/cyg-profile", test_cyg_profile);
	g_test_add_func("/source/modules", test_modules);
	g_test_add_func("/source/direct", test_direct);
	g_test_add_func("/source/small-batches", test_small_batches);
	g_test_add_func("/source/few-descriptors", test_few_descriptors);
	return g_test_run();
}
