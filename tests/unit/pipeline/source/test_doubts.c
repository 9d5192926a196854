/* What speaks against a recording: every file of it cut, flipped, taken away, doubled or exchanged is told,
 * and one that is as it was written is not. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/recording/doubts.h"
#include "pipeline/source/source.h"
#include "tests/unit/kit/tiny_trace.h"
#include "tests/unit/kit/remove_tree.h"

#define EVENTS 5

struct fixture {
	char *dir;
};

static void write_trace(const char *dir, int32_t pid, const char *recording)
{
	g_autofree char *path = g_build_filename(dir, "trace", "ust", NULL);
	struct tiny_trace *trace = tiny_trace_new(path);
	uint16_t process =
		tiny_trace_class(trace, "flowdar:process", "string _recording; int32_t _parent;");
	uint16_t note = tiny_trace_class(trace, "flowdar:note", "string _key; string _value;");

	tiny_trace_event(trace, process, 0, pid, pid, "one");
	tiny_trace_string(trace, recording);
	tiny_trace_u32(trace, 1);
	for (uint64_t i = 1; i < EVENTS; i++) {
		tiny_trace_event(trace, note, i * 1000, pid, pid, "one");
		tiny_trace_string(trace, "key");
		tiny_trace_string(trace, "value");
	}
	tiny_trace_close(trace);
}

static void fill(struct fdar_recording_info *info, const char *name)
{
	static char *command[] = { (char *)"server", NULL };

	*info = (struct fdar_recording_info){ .name = g_strdup(name),
					      .command = g_strdupv(command),
					      .host = g_strdup("here"),
					      .detail = g_strdup("io"),
					      .started = g_strdup("2026-01-01T00:00:00Z"),
					      .ended = g_strdup("server exited"),
					      .manifest = 1,
					      .events = EVENTS };
}

static void save(const char *dir, struct fdar_recording_info *info)
{
	GError *error = NULL;

	g_assert_true(fdar_recording_info_save(info, dir, &error));
	g_assert_no_error(error);
	fdar_recording_info_clear(info);
}

static void put(const char *dir, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *folder = g_path_get_dirname(path);

	g_assert_cmpint(g_mkdir_with_parents(folder, 0755), ==, 0);
	g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

/* What is in each stream, as its recorder reads it. */
static GArray *streams_of(const char *dir)
{
	g_autoptr(fdar_source) source = fdar_source_open(dir, NULL);
	struct fdar_event batch[16];

	while (fdar_source_read(source, batch, G_N_ELEMENTS(batch), NULL) > 0)
		continue;
	return g_array_ref(fdar_source_streams(source));
}

static void seal(const char *dir)
{
	g_autoptr(GArray) streams = streams_of(dir);
	GError *error = NULL;

	g_assert_true(fdar_manifest_write(dir, streams, &error));
	g_assert_no_error(error);
}

static void set_up(struct fixture *f, gconstpointer data)
{
	struct fdar_recording_info info;

	(void)data;
	f->dir = g_dir_make_tmp("flowdar-test-doubts-XXXXXX", NULL);
	write_trace(f->dir, 7, "flowdar-1-2");
	fill(&info, "flowdar-1-2");
	save(f->dir, &info);
	put(f->dir, "symbols/abcd.txt", "10 8 main\n20 8 connection_begin\n");
	put(f->dir, "samples", "stacks");
	seal(f->dir);
}

static void tear_down(struct fixture *f, gconstpointer data)
{
	(void)data;
	remove_tree(f->dir);
	g_free(f->dir);
}

/* All doubts after reading it to its end, a line each with its kind; "refused: ..." when it cannot be. */
static char *doubts_of(const char *dir, gboolean check)
{
	struct fdar_recording_state state = { 0 };
	struct fdar_recording_checked checked;
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_source) source = fdar_source_open(dir, &error);
	struct fdar_event batch[16];
	gssize n = -1;
	GString *all = g_string_new(NULL);

	while (source && (n = fdar_source_read(source, batch, G_N_ELEMENTS(batch), &error)) > 0)
		continue;
	if (n < 0) {
		g_string_printf(all, "refused: %s\n", error->message);
		return g_string_free(all, FALSE);
	}
	g_assert_true(fdar_recording_state_load(dir, &state, NULL));
	if (check)
		fdar_recording_state_check(&state, dir, &checked);
	fdar_doubts_add_all(state.doubts, fdar_source_doubts(source));
	for (guint i = 0; i < state.doubts->len; i++) {
		const struct fdar_doubt *doubt = g_ptr_array_index(state.doubts, i);

		g_string_append_printf(all, "%s: %s\n", fdar_doubt_kind_name(doubt->kind),
				       doubt->text);
	}
	fdar_recording_state_clear(&state);
	return g_string_free(all, FALSE);
}

static void assert_says(const char *dir, const char *says)
{
	g_autofree char *doubts = doubts_of(dir, FALSE);

	if (!strstr(doubts, says))
		g_error("expected \"%s\" in:\n%s", says, doubts);
}

static void test_good(struct fixture *f, gconstpointer data)
{
	g_autofree char *doubts = NULL, *checked = NULL;

	(void)data;
	put(f->dir, "replay.jsonl", "{}\n"); /* comes later, and is no part of it */
	doubts = doubts_of(f->dir, FALSE);
	checked = doubts_of(f->dir, TRUE);
	g_assert_cmpstr(doubts, ==, "");
	g_assert_cmpstr(checked, ==, "");
}

/* Whatever bit of whatever file is another one, it is said. */
static void test_flips(struct fixture *f, gconstpointer data)
{
	static const char *const files[] = { "recording.json",     "manifest",
					     "trace/ust/metadata", "trace/ust/stream_0",
					     "symbols/abcd.txt",   "samples" };

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(f->dir, files[i], NULL);
		g_autofree char *bytes = NULL;
		gsize length;

		g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
		for (gsize at = 0; at < length; at += 1 + length / 97) {
			g_autofree char *doubts = NULL;

			bytes[at] = (char)(bytes[at] ^ 1 << at % 8);
			g_assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
			doubts = doubts_of(f->dir, TRUE);
			if (!*doubts)
				g_error("%s: byte %zu flipped: nothing said", files[i], at);
			bytes[at] = (char)(bytes[at] ^ 1 << at % 8);
		}
		g_assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
	}
}

static void test_cuts(struct fixture *f, gconstpointer data)
{
	static const char *const files[] = { "recording.json",     "manifest",
					     "trace/ust/metadata", "trace/ust/stream_0",
					     "symbols/abcd.txt",   "samples" };

	(void)data;
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(f->dir, files[i], NULL);
		g_autofree char *bytes = NULL;
		gsize length;

		g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
		for (gsize at = 0; at < length; at += 1 + length / 31) {
			g_autofree char *doubts = NULL;

			g_assert_true(g_file_set_contents(path, bytes, (gssize)at, NULL));
			doubts = doubts_of(f->dir, FALSE);
			if (!*doubts)
				g_error("%s: cut at %zu: nothing said", files[i], at);
		}
		g_assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
	}
}

static void test_missing(struct fixture *f, gconstpointer data)
{
	g_autofree char *stream = g_build_filename(f->dir, "trace/ust/stream_0", NULL);
	g_autofree char *symbols = g_build_filename(f->dir, "symbols/abcd.txt", NULL);
	g_autofree char *manifest = g_build_filename(f->dir, "manifest", NULL);

	(void)data;
	g_remove(symbols);
	assert_says(f->dir, "damaged: symbols/abcd.txt is missing");
	g_remove(stream);
	assert_says(f->dir, "refused: ");
	write_trace(f->dir, 7, "flowdar-1-2");
	g_remove(manifest);
	assert_says(f->dir, "damaged: the manifest is missing");
}

/* What stands in a file's place is not read in its stead. */
static void test_replaced(struct fixture *f, gconstpointer data)
{
	g_autofree char *symbols = g_build_filename(f->dir, "symbols/abcd.txt", NULL);

	(void)data;
	g_remove(symbols);
	g_assert_cmpint(mkfifo(symbols, 0600), ==, 0);
	assert_says(f->dir, "foreign: symbols/abcd.txt is no file");
	g_remove(symbols);
	g_assert_cmpint(symlink("/dev/zero", symbols), ==, 0);
	assert_says(f->dir, "foreign: symbols/abcd.txt is no file");
	g_remove(symbols);
	g_assert_cmpint(g_mkdir(symbols, 0755), ==, 0);
	assert_says(f->dir, "foreign: symbols/abcd.txt is no file");
}

static void test_added(struct fixture *f, gconstpointer data)
{
	(void)data;
	put(f->dir, "symbols/other.txt", "10 8 elsewhere\n");
	assert_says(f->dir, "foreign: symbols/other.txt was not written with this recording");
	put(f->dir, "trace/ust/index/stream_0.idx", "");
	assert_says(f->dir, "foreign: trace/ust/index/stream_0.idx was not written with this");
}

/* Older manifests say nothing of samples. */
static void test_older(struct fixture *f, gconstpointer data)
{
	g_autofree char *samples = g_build_filename(f->dir, "samples", NULL);
	g_autofree char *doubts = NULL;

	(void)data;
	g_remove(samples);
	seal(f->dir);
	put(f->dir, "samples", "stacks");
	doubts = doubts_of(f->dir, TRUE);
	g_assert_cmpstr(doubts, ==, "");
}

/* The same number of bytes, of other events. */
static void test_exchanged(struct fixture *f, gconstpointer data)
{
	(void)data;
	write_trace(f->dir, 8, "flowdar-1-2");
	assert_says(f->dir, "damaged: trace/ust/stream_0 is not as it was written");
}

static void test_foreign_info(struct fixture *f, gconstpointer data)
{
	struct fdar_recording_info info;

	(void)data;
	fill(&info, "flowdar-3-4");
	save(f->dir, &info);
	assert_says(f->dir, "foreign: recording.json is of another recording (flowdar-3-4, and "
			    "this is flowdar-1-2)");
	/* Its own processes are no strangers all the same. */
	g_autofree char *doubts = doubts_of(f->dir, FALSE);

	g_assert_null(strstr(doubts, "events were read"));
}

/* Which stream it is that has fewer, or others. */
static void test_streams(struct fixture *f, gconstpointer data)
{
	g_autoptr(GArray) streams = streams_of(f->dir);
	struct fdar_recording_stream *stream =
		&g_array_index(streams, struct fdar_recording_stream, 0);

	(void)data;
	g_assert_cmpuint(streams->len, ==, 1);
	g_assert_cmpstr(stream->path, ==, "trace/ust/stream_0");
	g_assert_cmpuint(stream->events, ==, EVENTS);
	g_assert_cmpuint(stream->calls, ==, 0);
	stream->events += 3;
	stream->calls = 2;
	g_assert_true(fdar_manifest_write(f->dir, streams, NULL));
	assert_says(f->dir, "missing: trace/ust/stream_0: 5 events with 0 calls were read, and the "
			    "recorder had counted 8 with 2");
	stream->events = EVENTS;
	g_assert_true(fdar_manifest_write(f->dir, streams, NULL));
	assert_says(f->dir, "damaged: trace/ust/stream_0: 5 events with 0 calls were read");
	stream->events = stream->calls = 0;
	g_assert_true(fdar_manifest_write(f->dir, streams, NULL));
	assert_says(f->dir, "foreign: trace/ust/stream_0: 5 events with 0 calls were read");
	g_free(stream->path);
	stream->path = g_strdup("trace/ust/stream_1");
	stream->events = 1;
	g_assert_true(fdar_manifest_write(f->dir, streams, NULL));
	assert_says(f->dir, "missing: trace/ust/stream_1: 0 events with 0 calls were read");
}

/* A recording of before there were manifests: what can be told is told. */
static void test_no_manifest(struct fixture *f, gconstpointer data)
{
	g_autofree char *manifest = g_build_filename(f->dir, "manifest", NULL);
	struct fdar_recording_info info;
	g_autofree char *doubts = NULL;

	(void)data;
	g_remove(manifest);
	fill(&info, "flowdar-1-2");
	info.manifest = 0;
	save(f->dir, &info);
	doubts = doubts_of(f->dir, FALSE);
	g_assert_cmpstr(doubts, ==, "");
	fill(&info, "flowdar-1-2");
	info.manifest = 0;
	info.events = EVENTS + 3;
	save(f->dir, &info);
	assert_says(f->dir, "missing: 5 events were read, and the recorder had counted 8");
	fill(&info, "flowdar-3-4");
	info.manifest = 0;
	save(f->dir, &info);
	assert_says(f->dir, "refused: ");
}

static void test_later(struct fixture *f, gconstpointer data)
{
	(void)data;
	put(f->dir, "recording.json", "{ \"format\": 9 }\n");
	assert_says(f->dir, "refused: ");
	assert_says(f->dir, "made by a later flowdar (format 9");
}

/* What the recorder knew. */
static void test_said(struct fixture *f, gconstpointer data)
{
	struct fdar_recording_info info;
	g_autofree char *doubts = NULL;
	char *warnings[] = { (char *)"the end of the trace may be missing: consumer daemon died",
			     (char *)"something else", NULL };

	(void)data;
	fill(&info, "flowdar-1-2");
	info.damaged = 1;
	info.calls_missing = 12;
	info.events_missing = 3;
	info.discarded = 4;
	info.warnings = g_strdupv(warnings);
	save(f->dir, &info);
	seal(f->dir);
	doubts = doubts_of(f->dir, TRUE);
	g_assert_nonnull(strstr(doubts, "damaged: incomplete: the end of the trace may be"));
	g_assert_nonnull(strstr(doubts, "missing: 12 calls that the server's libraries counted"));
	g_assert_nonnull(strstr(doubts, "missing: 3 events that the server's libraries counted"));
	g_assert_nonnull(strstr(doubts, "lost: 4 events were lost"));
	g_assert_nonnull(strstr(doubts, "warned: something else"));
	fill(&info, "flowdar-1-2");
	info.unfinished = 1;
	g_free(info.ended);
	info.ended = g_strdup(FDAR_RECORDING_KILLED);
	save(f->dir, &info);
	assert_says(f->dir, "unfinished: unfinished: the recorder was killed");
}

/* ---- time ---- */

static void write_jumping(const char *dir, gboolean back)
{
	g_autofree char *path = g_build_filename(dir, "trace", "ust", NULL);
	struct tiny_trace *trace = tiny_trace_new(path);
	uint16_t note = tiny_trace_class(trace, "flowdar:note", "string _key; string _value;");
	const uint64_t day_ns = UINT64_C(86400) * 1000000000, at = 10 * day_ns;
	const uint64_t times[] = { back ? 0 : at, at + 1, at + 2, back ? at + 3 : 20000 * day_ns };

	for (size_t i = 0; i < G_N_ELEMENTS(times); i++) {
		tiny_trace_event(trace, note, times[i], 7, 7, "one");
		tiny_trace_string(trace, "key");
		tiny_trace_string(trace, "value");
	}
	tiny_trace_close(trace);
}

static struct fdar_source_summary summary_of(const char *dir)
{
	g_autoptr(fdar_source) source = fdar_source_open(dir, NULL);
	struct fdar_source_summary summary;
	struct fdar_event batch[16];

	while (fdar_source_read(source, batch, G_N_ELEMENTS(batch), NULL) > 0)
		continue;
	fdar_source_get_summary(source, &summary);
	summary.damage = NULL;
	return summary;
}

static void save_times(const char *dir, int64_t began_s)
{
	g_autoptr(GDateTime) began = g_date_time_new_from_unix_utc(began_s);
	struct fdar_recording_info info;

	fill(&info, "flowdar-1-2");
	info.manifest = 0;
	info.events = 4;
	info.duration_ns = UINT64_C(7400000000);
	g_free(info.started);
	info.started = g_date_time_format(began, "%Y-%m-%dT%H:%M:%SZ");
	save(dir, &info);
}

/* A clock that jumps in the server alone: what is of no time of the recording's is told, and left out. */
static void test_jump(struct fixture *f, gconstpointer data)
{
	const int64_t began_s = (int64_t)TINY_TRACE_EPOCH_S + 10 * 86400;
	g_autofree char *manifest = g_build_filename(f->dir, "manifest", NULL);
	struct fdar_source_summary summary;

	(void)data;
	g_remove(manifest);
	save_times(f->dir, began_s);
	for (int back = 0; back < 2; back++) {
		write_jumping(f->dir, back);
		assert_says(f->dir, "damaged: the server's clock jumps: 1 events");
		summary = summary_of(f->dir);
		g_assert_cmpuint(summary.events, ==, 3);
		g_assert_cmpuint(summary.end_ns - summary.begin_ns, ==, 2);
	}
	/* It is recording.json that is of another time: all of it counts. */
	save_times(f->dir, began_s + 400 * 86400);
	summary = summary_of(f->dir);
	g_assert_cmpuint(summary.events, ==, 4);
	g_assert_cmpuint(summary.out_of_time, ==, 0);
}

/* ---- the manifest ---- */

static void assert_refused(const char *text, const char *says)
{
	g_autoptr(GString) whole = g_string_new(text);
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, text, -1);
	g_autoptr(GError) error = NULL;

	g_string_append_printf(whole, "end %s\n", sum);
	g_assert_null(fdar_manifest_parse(whole->str, whole->len, "manifest", &error));
	g_assert_nonnull(strstr(error->message, says));
}

#define SUM64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define HEAD  "flowdar manifest 1\nrecording x\nevents 1\ncalls 2\n"

static void test_manifest_refused(void)
{
	char none[] = "", garbage[] = "end x\n";

	g_assert_null(fdar_manifest_parse(none, 0, "manifest", NULL));
	g_assert_null(fdar_manifest_parse(garbage, strlen(garbage), "manifest", NULL));
	assert_refused("flowdar manifest 2\n", "line 1: expected a manifest that this version");
	assert_refused("flowdar manifest\n", "line 1");
	assert_refused("flowdar manifest 1\nrecord x\n", "line 2: expected \"recording NAME\"");
	assert_refused("flowdar manifest 1\nrecording x\nevents -1\n", "line 3");
	assert_refused(HEAD "file " SUM64 " 1 /etc/passwd\n", "line 5");
	assert_refused(HEAD "file " SUM64 " 1 a/../../b\n", "line 5");
	assert_refused(HEAD "file " SUM64 " 99999999999999999999999 a\n", "line 5");
	assert_refused(HEAD "file " SUM64 " 1 b\nfile " SUM64 " 1 a\n", "line 6");
	assert_refused(HEAD "file 0123 1 b\n", "line 5");
	assert_refused(HEAD "stream 1 a\n", "line 5");
	assert_refused(HEAD "stream 1 2 ../a\n", "line 5");
	assert_refused(HEAD "stream 1 2 b\nstream 1 2 a\n", "line 6");
	assert_refused(HEAD "file " SUM64 " 1 b\nstream 1 2 a\n", "line 6");
}

static void test_manifest_read(struct fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_manifest) manifest = NULL;
	const struct fdar_manifest_file *file;

	(void)data;
	put(f->dir, "symbols/with a space.txt", "10 8 main\n");
	seal(f->dir);
	manifest = fdar_manifest_load(f->dir, &error);
	g_assert_no_error(error);
	g_assert_cmpstr(manifest->recording, ==, "flowdar-1-2");
	g_assert_cmpuint(manifest->events, ==, EVENTS);
	g_assert_cmpuint(manifest->files->len, ==, 6);
	file = fdar_manifest_find(manifest, "symbols/with a space.txt");
	g_assert_nonnull(file);
	g_assert_cmpuint(file->bytes, ==, 10);
	g_assert_null(fdar_manifest_find(manifest, "manifest"));
}

/* LTTng's index of a stream, of one packet: end is where that ends in the file. */
static void put_index(const char *trace, const char *stream, guint64 end)
{
	const guint32 head[] = { GUINT32_TO_BE(0xc1f1dcc1), GUINT32_TO_BE(1), GUINT32_TO_BE(0),
				 GUINT32_TO_BE(56) };
	const guint64 entry[7] = { 0, GUINT64_TO_BE(end * 8) };
	g_autofree char *path = g_strdup_printf("%s/index/%s.idx", trace, stream);
	g_autoptr(GByteArray) bytes = g_byte_array_new();

	g_byte_array_append(bytes, (const guint8 *)head, sizeof(head));
	if (end)
		g_byte_array_append(bytes, (const guint8 *)entry, sizeof(entry));
	put(trace, "index/none", "");
	g_assert_true(
		g_file_set_contents(path, (const char *)bytes->data, (gssize)bytes->len, NULL));
}

/* A trace of LTTng's own, without a manifest: its indexes tell of files that are not there. */
static void test_indexes(struct fixture *f, gconstpointer data)
{
	g_autofree char *trace = g_build_filename(f->dir, "trace", "ust", NULL);
	g_autofree char *stream = g_build_filename(trace, "stream_0", NULL);
	g_autofree char *whole = NULL, *broken = NULL;
	struct stat st;

	(void)data;
	g_assert_cmpint(stat(stream, &st), ==, 0);
	put_index(trace, "stream_0", (guint64)st.st_size);
	put_index(trace, "stream_1", 0); /* a processor on which nothing was said */
	put(trace, "index/stream_2.idx", "no index");
	whole = doubts_of(trace, FALSE);
	g_assert_cmpstr(whole, ==, "");

	put_index(trace, "stream_0", (guint64)st.st_size + 1);
	assert_says(trace, "missing: stream file stream_0 ends before the last packet");
	put_index(trace, "stream_0", (guint64)st.st_size);
	put_index(trace, "stream_1", 4096);
	broken = doubts_of(trace, FALSE);
	g_assert_cmpstr(broken, ==,
			"missing: stream file stream_1 is missing: its index is there\n");
	/* Packed by somebody. */
	put(trace, "stream_1.zst", "");
	g_autofree char *packed = doubts_of(trace, FALSE);
	g_assert_null(strstr(packed, "stream file stream_1 is missing"));
}

#define CASE(name, function) \
	g_test_add("/doubts/" name, struct fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	CASE("good", test_good);
	CASE("flips", test_flips);
	CASE("cuts", test_cuts);
	CASE("missing", test_missing);
	CASE("replaced", test_replaced);
	CASE("added", test_added);
	CASE("older", test_older);
	CASE("exchanged", test_exchanged);
	CASE("streams", test_streams);
	CASE("foreign-info", test_foreign_info);
	CASE("no-manifest", test_no_manifest);
	CASE("later", test_later);
	CASE("said", test_said);
	CASE("jump", test_jump);
	CASE("indexes", test_indexes);
	CASE("manifest-read", test_manifest_read);
	g_test_add_func("/doubts/manifest-refused", test_manifest_refused);
	return g_test_run();
}
