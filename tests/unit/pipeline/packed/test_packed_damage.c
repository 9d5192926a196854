/* Packed streams that are damaged: cut anywhere, with bits flipped, with notes that lie and frames that
 * claim to be huge. Everything before the damage is delivered, and one line says where it is. And what
 * the recorder dropped, which notes tell. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#include "pipeline/source/export.h"
#include "pipeline/packed/packed_read.h"
#include "pipeline/recording/recording.h"
#include "pipeline/source/source.h"
#include "tests/ctf/pack.h"
#include "tests/unit/kit/tiny_trace.h"
#include "tests/unit/kit/remove_tree.h"

#define PACKETS   6u
#define EVENTS    5u /* of a packet */
#define FLIPS     2500u
#define PACKET_NS 100u /* between the begins of two packets */

/* Not g_file_set_contents: that waits for the disk. */
static void put_file(const char *path, const char *bytes, gsize length)
{
	FILE *file = fopen(path, "wb");

	g_assert_nonnull(file);
	g_assert_cmpuint(fwrite(bytes, 1, length, file), ==, length);
	g_assert_cmpint(fclose(file), ==, 0);
}

/* ---- a small packed trace ---- */

struct fixture {
	char *dir, *path;
	char *bytes; /* of the packed file, whole */
	gsize length;
	struct fdar_packed_entry notes[PACKETS];
	gsize places[PACKETS + 1]; /* of the notes, and the end */
};

static void find_notes(struct fixture *fixture)
{
	int fd = open(fixture->path, O_RDONLY | O_CLOEXEC);
	g_autoptr(GError) error = NULL;
	uint64_t at = 0;

	for (guint i = 0; i < PACKETS; i++) {
		fixture->places[i] = at;
		fdar_packed_read_note(fd, at, fixture->length, &fixture->notes[i], &error);
		g_assert_no_error(error);
		at += fdar_packed_step(&fixture->notes[i]);
	}
	fixture->places[PACKETS] = at;
	g_assert_cmpuint(at, ==, fixture->length);
	close(fd);
}

static void set_up(struct fixture *fixture, gconstpointer data)
{
	const struct pack_options options = { .level = 3, .stride = data ? 43 : 0 };
	struct tiny_trace *trace;
	uint16_t entry;

	fixture->dir = g_dir_make_tmp("flowdar-test-packed-XXXXXX", NULL);
	g_assert_nonnull(fixture->dir);
	fixture->path = g_build_filename(fixture->dir, "stream_0.zst", NULL);
	trace = tiny_trace_new(fixture->dir);
	entry = tiny_trace_class(trace, "flowdar:func_entry", "uint64_t _addr;");
	for (unsigned i = 0; i < PACKETS * EVENTS; i++) {
		tiny_trace_event(trace, entry, i / EVENTS * PACKET_NS + i % EVENTS, 1, 2, "thread");
		tiny_trace_u64(trace, i);
		if (i % EVENTS == EVENTS - 1)
			tiny_trace_packet(trace, 0);
	}
	tiny_trace_close(trace);
	g_assert_cmpuint(pack_trace(fixture->dir, &options), ==, 1);
	g_assert_true(g_file_get_contents(fixture->path, &fixture->bytes, &fixture->length, NULL));
	find_notes(fixture);
}

static void tear_down(struct fixture *fixture, gconstpointer data)
{
	(void)data;
	remove_tree(fixture->dir);
	g_free(fixture->dir);
	g_free(fixture->path);
	g_free(fixture->bytes);
}

/* ---- what is read of it ---- */

struct reading {
	guint events;   /* but THREAD_NAME */
	guint in_order; /* how many of the first have the addr that they were written with */
	uint64_t discarded, packets_lost;
	char *damage;
	char *losses; /* "stream begin end events;", times since the trace's beginning */
};

static void reading_clear(struct reading *reading)
{
	g_free(reading->damage);
	g_free(reading->losses);
}

static char *losses_of(struct fdar_source *source)
{
	const GArray *losses = fdar_source_losses(source);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < losses->len; i++) {
		const struct fdar_recording_loss *loss =
			&g_array_index(losses, struct fdar_recording_loss, i);
		const uint64_t zero = TINY_TRACE_EPOCH_S * 1000000000;

		g_string_append_printf(text,
				       "%s %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT
				       " %" G_GUINT64_FORMAT ";",
				       loss->stream, loss->begin_ns - zero, loss->end_ns - zero,
				       loss->events);
	}
	return g_string_free(text, FALSE);
}

static void take(struct reading *reading, const struct fdar_event *event)
{
	if (event->kind == FDAR_EVENT_THREAD_NAME)
		return;
	reading->in_order += reading->in_order == reading->events &&
			     event->addr == reading->events && event->kind == FDAR_EVENT_FUNC_ENTRY;
	reading->events++;
}

static void check_message(const struct fixture *fixture, const char *message)
{
	g_assert_null(strchr(message, '\n'));
	g_assert_nonnull(strstr(message, fixture->path));
	g_assert_nonnull(strstr(message, ": byte "));
}

static struct reading read_slice(const struct fixture *fixture, unsigned slice, unsigned slices)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_source) source = fdar_source_open_slice(fixture->dir, slice, slices, &error);
	struct fdar_source_summary summary = { 0 };
	struct reading reading = { 0 };
	struct fdar_event batch[7];
	gssize n;

	while (source && (n = fdar_source_read(source, batch, G_N_ELEMENTS(batch), &error)) > 0)
		for (gssize i = 0; i < n; i++)
			take(&reading, &batch[i]);
	if (source)
		fdar_source_get_summary(source, &summary);
	if (source)
		reading.losses = losses_of(source);
	reading.discarded = summary.discarded;
	reading.packets_lost = summary.packets_lost;
	reading.damage = g_strdup(error ? error->message : summary.damage);
	return reading;
}

static struct reading read_bytes(const struct fixture *fixture, const char *bytes, gsize length)
{
	put_file(fixture->path, bytes, length);
	return read_slice(fixture, 0, 0);
}

/* How many packets end at or before a byte of the file. */
static guint packets_before(const struct fixture *fixture, gsize at)
{
	guint count = 0;

	while (count < PACKETS && fixture->places[count + 1] <= at)
		count++;
	return count;
}

/* ---- cut ---- */

static void test_cut(struct fixture *fixture, gconstpointer data)
{
	(void)data;
	for (gsize cut = 1; cut < fixture->length; cut++) {
		struct reading reading = read_bytes(fixture, fixture->bytes, cut);
		guint packets = packets_before(fixture, cut);
		g_autofree char *where =
			g_strdup_printf(": byte %" G_GSIZE_FORMAT ": the file ends; expected ",
					cut);

		g_assert_cmpuint(reading.events, ==, packets * EVENTS);
		g_assert_cmpuint(reading.in_order, ==, packets * EVENTS);
		g_assert_true((reading.damage != NULL) == (fixture->places[packets] != cut));
		if (reading.damage) {
			check_message(fixture, reading.damage);
			g_assert_nonnull(strstr(reading.damage, where));
		}
		reading_clear(&reading);
	}
}

/* ---- bits ---- */

/* A flipped bit is noticed, wherever it is; or it meant nothing, then all is there. */
static void test_flips(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *bytes = g_memdup2(fixture->bytes, fixture->length);
	GRand *rand = g_rand_new_with_seed(data ? 4711 : 815);
	guint unnoticed = 0;

	for (guint i = 0; i < FLIPS; i++) {
		gsize at = (gsize)g_rand_int_range(rand, 0, (gint32)fixture->length);
		char bit = (char)(1 << g_rand_int_range(rand, 0, 8));
		guint packets = packets_before(fixture, at);
		struct reading reading;

		bytes[at] ^= bit;
		reading = read_bytes(fixture, bytes, fixture->length);
		bytes[at] ^= bit;
		if (reading.damage)
			check_message(fixture, reading.damage);
		else
			packets = PACKETS;
		unnoticed += !reading.damage;
		g_assert_cmpuint(reading.events, ==, packets * EVENTS);
		g_assert_cmpuint(reading.in_order, ==, packets * EVENTS);
		reading_clear(&reading);
	}
	/* Of a frame's header, one bit is for nothing (RFC 8878, 3.1.1.1.1.3). */
	g_assert_cmpuint(unnoticed, <, FLIPS / 50);
	g_rand_free(rand);
}

/* The whole file made of noise, with and without a magic number in front. */
static void test_noise(struct fixture *fixture, gconstpointer data)
{
	GRand *rand = g_rand_new_with_seed(1);
	char bytes[600];

	(void)data;
	for (guint i = 0; i < 200; i++) {
		struct reading reading;

		for (guint at = 0; at < sizeof(bytes); at++)
			bytes[at] = (char)g_rand_int(rand);
		if (i % 2)
			memcpy(bytes, fixture->bytes, 8);
		reading = read_bytes(fixture, bytes, sizeof(bytes));
		g_assert_cmpuint(reading.events, ==, 0);
		check_message(fixture, reading.damage);
		reading_clear(&reading);
	}
	g_rand_free(rand);
}

/* ---- notes that lie ---- */

#define LIE(member, by)                                                          \
	{                                                                        \
		offsetof(struct fdar_packed_entry, member), sizeof(uint##by##_t) \
	}

static const struct {
	gsize offset, size;
} lies[] = {
	LIE(frame_bytes, 32), LIE(packet_bytes, 32), LIE(content_bits, 64), LIE(begin, 64),
	LIE(end, 64),         LIE(discarded, 64),    LIE(sequence, 64),     LIE(flags, 32),
};

static const uint64_t wrong[] = { 1, 8, 17, 42, 255, 512, 1u << 20, UINT32_MAX, UINT64_MAX };

/* Written with a check sum that is right, the third note says of one thing what is not so. */
static void test_lies(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *bytes = g_memdup2(fixture->bytes, fixture->length);
	uint8_t *note = (uint8_t *)bytes + fixture->places[2];

	(void)data;
	for (guint i = 0; i < G_N_ELEMENTS(lies) * G_N_ELEMENTS(wrong); i++) {
		gsize place = lies[i % G_N_ELEMENTS(lies)].offset;
		gsize size = lies[i % G_N_ELEMENTS(lies)].size;
		struct fdar_packed_entry entry = fixture->notes[2];
		struct reading reading;

		memcpy((char *)&entry + place, &wrong[i / G_N_ELEMENTS(lies)], size);
		/* Columns of one byte each are the packet as it is. */
		if (memcmp(&entry, &fixture->notes[2], sizeof(entry)) == 0 ||
		    (entry.flags > entry.packet_bytes / 2 && entry.flags <= FDAR_PACKED_STRIDE))
			continue;
		fdar_packed_note_put(&entry, note);
		reading = read_bytes(fixture, bytes, fixture->length);
		g_assert_cmpuint(reading.events, ==, 2 * EVENTS);
		g_assert_cmpuint(reading.in_order, ==, 2 * EVENTS);
		check_message(fixture, reading.damage);
		reading_clear(&reading);
	}
}

/* A frame of a few KiB that is 60 MiB of zeros; and one that says so of itself, in a note that does
 * not; and one that does not say how long it is. */
static void test_huge(struct fixture *fixture, gconstpointer data)
{
	const gsize huge = 60u << 20;
	g_autofree char *zeros = g_malloc0(huge);
	g_autofree char *file = g_malloc(FDAR_PACKED_NOTE_FRAME + ZSTD_compressBound(huge));
	ZSTD_CCtx *context = ZSTD_createCCtx();

	(void)data;
	for (guint i = 0; i < 3; i++) {
		struct fdar_packed_entry entry = { .packet_bytes = i == 1 ? 4096 : (uint32_t)huge };
		struct reading reading;
		size_t n;

		ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, i < 2);
		n = ZSTD_compress2(context, file + FDAR_PACKED_NOTE_FRAME, ZSTD_compressBound(huge),
				   zeros, huge);
		g_assert_false(ZSTD_isError(n));
		entry.frame_bytes = (uint32_t)n;
		fdar_packed_note_put(&entry, (uint8_t *)file);
		reading = read_bytes(fixture, file, FDAR_PACKED_NOTE_FRAME + n);
		g_assert_cmpuint(reading.events, ==, 0);
		check_message(fixture, reading.damage);
		g_assert_nonnull(
			strstr(reading.damage, i ? "a frame of zstd as long as its note says"
						 : "the magic number of a packet"));
		reading_clear(&reading);
	}
	ZSTD_freeCCtx(context);
}

/* ---- what was dropped ---- */

/* Leaves out a packet and says in the next note how many events that was; the last one is told by a
 * note of its own. */
static gsize drop(const struct fixture *fixture, char *bytes, const gboolean *gone, uint64_t each)
{
	struct fdar_packed_entry tail = { .end = PACKETS * PACKET_NS };
	gsize length = 0;
	uint64_t dropped = 0;

	for (guint i = 0; i < PACKETS; i++) {
		struct fdar_packed_entry entry = fixture->notes[i];

		if (gone[i]) {
			dropped += each;
			continue;
		}
		entry.dropped = dropped;
		dropped = 0;
		memcpy(bytes + length, fixture->bytes + fixture->places[i],
		       fdar_packed_step(&entry));
		fdar_packed_note_put(&entry, (uint8_t *)bytes + length);
		length += fdar_packed_step(&entry);
	}
	if (!dropped)
		return length;
	tail.dropped = dropped;
	fdar_packed_note_put(&tail, (uint8_t *)bytes + length);
	return length + FDAR_PACKED_NOTE_FRAME;
}

static const struct {
	gboolean gone[PACKETS];
	guint64 discarded;
	const char *losses;
} drops[] = {
	{ { FALSE }, 0, "" },
	{ { FALSE, FALSE, TRUE }, 5, "stream_0 104 300 5;" },
	{ { TRUE, TRUE }, 10, "stream_0 200 200 10;" },
	{ { FALSE, TRUE, FALSE, TRUE, TRUE }, 15, "stream_0 4 200 5;stream_0 204 500 10;" },
	{ { FALSE, FALSE, FALSE, FALSE, TRUE, TRUE }, 10, "stream_0 304 600 10;" },
	{ { TRUE, TRUE, TRUE, TRUE, TRUE, TRUE }, 30, "" },
};

/* Counted as lost once, not as packets besides; in slices, by one of them. */
static void test_dropped(struct fixture *fixture, gconstpointer data)
{
	g_autofree char *bytes = g_malloc(fixture->length + FDAR_PACKED_NOTE_FRAME);

	(void)data;
	for (guint i = 0; i < G_N_ELEMENTS(drops); i++) {
		gsize length = drop(fixture, bytes, drops[i].gone, EVENTS);
		struct reading reading = read_bytes(fixture, bytes, length);
		uint64_t sum = 0;

		g_assert_cmpuint(reading.discarded, ==, drops[i].discarded);
		g_assert_cmpuint(reading.packets_lost, ==, 0);
		g_assert_cmpuint(reading.events, ==, PACKETS * EVENTS - drops[i].discarded);
		g_assert_cmpstr(reading.losses, ==, drops[i].losses);
		reading_clear(&reading);
		for (unsigned slice = 0; slice < 3; slice++) {
			reading = read_slice(fixture, slice, 3);
			sum += reading.discarded;
			reading_clear(&reading);
		}
		g_assert_cmpuint(sum, ==, drops[i].discarded);
	}
}

/* A gap that no note explains is packets lost, as ever. */
static void test_gap(struct fixture *fixture, gconstpointer data)
{
	static const gboolean gone[PACKETS] = { FALSE, TRUE, TRUE };
	g_autofree char *bytes = g_malloc(fixture->length + FDAR_PACKED_NOTE_FRAME);
	gsize length = drop(fixture, bytes, gone, 0);
	struct reading reading = read_bytes(fixture, bytes, length);

	(void)data;
	g_assert_cmpuint(reading.discarded, ==, 0);
	g_assert_cmpuint(reading.packets_lost, ==, 2);
	reading_clear(&reading);
}

/* Exported, others see a gap in the packets' numbers; at the end they cannot. */
static void test_export(struct fixture *fixture, gconstpointer data)
{
	static const gboolean gone[PACKETS] = { FALSE, TRUE, FALSE, FALSE, FALSE, TRUE };
	g_autofree char *bytes = g_malloc(fixture->length + FDAR_PACKED_NOTE_FRAME);
	g_autofree char *out = g_build_filename(fixture->dir, "out", NULL);
	gsize length = drop(fixture, bytes, gone, EVENTS);
	struct fixture plain = { .dir = out, .path = out };
	g_autoptr(GError) error = NULL;
	struct fdar_export result;
	struct reading reading;

	(void)data;
	/* One that is cut besides. */
	put_file(fixture->path, bytes, length - 1);
	g_assert_true(fdar_export_ctf(fixture->dir, out, NULL, NULL, &result, &error));
	g_assert_cmpuint(result.damaged, ==, 1);
	check_message(fixture, result.damage);
	g_assert_cmpuint(result.dropped, ==, EVENTS);
	fdar_export_clear(&result);
	remove_tree(out);
	put_file(fixture->path, bytes, length);
	g_assert_true(fdar_export_ctf(fixture->dir, out, NULL, NULL, &result, &error));
	g_assert_null(result.damage);
	g_assert_cmpuint(result.dropped, ==, 2 * EVENTS);
	g_assert_cmpuint(result.dropped_ends, ==, EVENTS);
	fdar_export_clear(&result);
	reading = read_slice(&plain, 0, 0);
	g_assert_cmpuint(reading.events, ==, 4 * EVENTS);
	g_assert_cmpuint(reading.packets_lost, ==, 1);
	reading_clear(&reading);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *path;
		void (*test)(struct fixture *fixture, gconstpointer data);
		gboolean columns;
	} tests[] = {
		{ "/packed/damage/cut", test_cut, FALSE },
		{ "/packed/damage/cut-columns", test_cut, TRUE },
		{ "/packed/damage/flips", test_flips, FALSE },
		{ "/packed/damage/flips-columns", test_flips, TRUE },
		{ "/packed/damage/noise", test_noise, FALSE },
		{ "/packed/damage/lies", test_lies, FALSE },
		{ "/packed/damage/lies-columns", test_lies, TRUE },
		{ "/packed/damage/huge", test_huge, FALSE },
		{ "/packed/dropped", test_dropped, FALSE },
		{ "/packed/gap", test_gap, FALSE },
		{ "/packed/export-dropped", test_export, FALSE },
	};

	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, struct fixture, GINT_TO_POINTER(tests[i].columns), set_up,
			   tests[i].test, tear_down);
	return g_test_run();
}
