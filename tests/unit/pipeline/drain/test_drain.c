/*
 * The drain, from a folder that grows as LTTng's does to packed streams; with a disk that is slow,
 * stuck or full: this program's own pwritev stands between the drain and the disk.
 */
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <linux/magic.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/drain/drain.h"
#include "pipeline/packed/packed_read.h"
#include "tests/unit/kit/drain_feeder.h"

#define MIB (UINT64_C(1) << 20)

/* ---- the disk ---- */

static struct {
	gint stuck;    /* atomic: writes wait until it is 0 */
	gint delay_us; /* of each */
	gint room;     /* bytes that can be written; -1: no end of it */
	gint pieces;   /* no more at a time; 0: all */
} disk = { .room = -1 };

/* In place of the C library's. */
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
	gint room = g_atomic_int_get(&disk.room), most = g_atomic_int_get(&disk.pieces);
	size_t all = 0;

	while (g_atomic_int_get(&disk.stuck))
		g_usleep(1000);
	if (g_atomic_int_get(&disk.delay_us))
		g_usleep((gulong)g_atomic_int_get(&disk.delay_us));
	for (int i = 0; i < count; i++)
		all += parts[i].iov_len;
	if (room == 0) {
		errno = ENOSPC;
		return -1;
	}
	if (room > 0 && (!most || room < most))
		most = room;
	if (!most || all <= (size_t)most) {
		if (room > 0)
			g_atomic_int_set(&disk.room, room - (gint)all);
		return syscall(SYS_pwritev, fd, parts, count, at, at >> 32);
	}
	most = MIN(most, (gint)parts->iov_len);
	if (room > 0)
		g_atomic_int_set(&disk.room, room - most);
	return pwrite(fd, parts->iov_base, (size_t)most, at);
}

static void disk_heal(void)
{
	g_atomic_int_set(&disk.stuck, 0);
	g_atomic_int_set(&disk.delay_us, 0);
	g_atomic_int_set(&disk.room, -1);
	g_atomic_int_set(&disk.pieces, 0);
}

/* ---- folders ---- */

struct place {
	char *root, *source, *target; /* source: in memory if there is /dev/shm */
};

static void place_init(struct place *place)
{
	const char *shm =
		g_file_test("/dev/shm", G_FILE_TEST_IS_DIR) ? "/dev/shm" : g_get_tmp_dir();
	g_autofree char *template = g_build_filename(shm, "test-drain-XXXXXX", NULL);

	disk_heal();
	place->source = g_strdup(g_mkdtemp(template));
	place->root = g_dir_make_tmp("test-drain-XXXXXX", NULL);
	place->target = g_build_filename(place->root, "trace", NULL);
}

static void remove_all(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *inner = g_build_filename(path, name, NULL);

		remove_all(inner);
	}
	g_remove(path);
}

static void place_clear(struct place *place)
{
	remove_all(place->source);
	remove_all(place->root);
	g_free(place->source);
	g_free(place->root);
	g_free(place->target);
}

static uint64_t blocks_of(const char *path)
{
	struct stat st;

	g_assert_cmpint(stat(path, &st), ==, 0);
	return (uint64_t)st.st_blocks * 512;
}

/* ---- what came out ---- */

struct result {
	uint64_t packets, events, dropped, notes;
	gboolean whole; /* nothing is missing of what the feeder made */
};

static gsize packet_start(const struct feeder *feeder, uint64_t sequence)
{
	return sequence ? g_array_index(feeder->ends, gsize, sequence - 1) : 0;
}

/* Every packet that is there is what the feeder made, in order, each once; and the notes tell the
 * truth about it, and about what is missing before it. */
static void check_stream(const char *path, const struct feeder *feeder, struct result *result)
{
	struct fdar_packed_reader *reader = fdar_packed_reader_new();
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t at = 0, next = 0, missing = 0;
	uint8_t *packet = NULL;
	size_t capacity = 0;
	struct stat st;

	*result = (struct result){ .whole = TRUE };
	g_assert_cmpint(fstat(fd, &st), ==, 0);
	while (at < (uint64_t)st.st_size) {
		struct fdar_packed_entry entry;
		GError *error = NULL;

		fdar_packed_read_note(fd, at, (uint64_t)st.st_size, &entry, &error);
		g_assert_no_error(error);
		g_assert_cmpuint(entry.sequence, >=, next);
		g_assert_cmpuint(entry.sequence, <, feeder->ends->len);
		missing = 0;
		for (; next < entry.sequence + !entry.frame_bytes; next++)
			missing += g_array_index(feeder->counts, uint64_t, next);
		g_assert_cmpuint(entry.dropped, ==, missing);
		result->dropped += missing;
		result->notes++;
		result->whole = result->whole && !missing && entry.frame_bytes;
		if (entry.frame_bytes) {
			gsize start = packet_start(feeder, entry.sequence);

			fdar_packed_read_packet(reader, fd, at, &entry, &packet, &capacity, &error);
			g_assert_no_error(error);
			g_assert_cmpuint(g_array_index(feeder->ends, gsize, entry.sequence) - start,
					 ==, entry.packet_bytes);
			g_assert_true(memcmp(packet, feeder->plain->data + start,
					     entry.packet_bytes) == 0);
			g_assert_cmpuint(entry.flags & FDAR_PACKED_UNCOUNTED, ==, 0);
			g_assert_cmpuint(entry.events, ==,
					 g_array_index(feeder->counts, uint64_t, entry.sequence));
			result->packets++;
			result->events += entry.events;
			next = entry.sequence + 1;
		}
		at += fdar_packed_step(&entry);
	}
	result->whole = result->whole && next == feeder->ends->len;
	close(fd);
	g_free(packet);
	fdar_packed_reader_free(reader);
}

static void check(const struct place *place, const char *name, const struct feeder *feeder,
		  struct result *result)
{
	g_autofree char *path = g_strdup_printf("%s/%s.zst", place->target, name);

	check_stream(path, feeder, result);
}

static void check_metadata(const struct place *place)
{
	g_autofree char *from = g_build_filename(place->source, "metadata", NULL);
	g_autofree char *to = g_build_filename(place->target, "metadata", NULL);
	g_autofree char *before = NULL, *after = NULL;
	gsize length, copied;

	g_assert_true(g_file_get_contents(from, &before, &length, NULL));
	g_assert_true(g_file_get_contents(to, &after, &copied, NULL));
	g_assert_cmpuint(length, ==, copied);
	g_assert_true(memcmp(before, after, length) == 0);
}

static struct fdar_drain *start(const struct place *place, const struct fdar_drain_options *options)
{
	GError *error = NULL;
	struct fdar_drain *drain = fdar_drain_start(place->source, place->target, options, &error);

	g_assert_no_error(error);
	return drain;
}

static void finish(struct fdar_drain *drain, struct fdar_drain_state *state)
{
	GError *error = NULL;

	fdar_drain_finish(drain, 0, state, &error);
	g_assert_no_error(error);
	fdar_drain_free(drain);
}

/* ---- tests ---- */

static const struct fdar_drain_options usual = { .memory_bytes = 64 * MIB,
						 .level = FDAR_DRAIN_LEVEL_ADAPTIVE };

/* Streams in several folders, which come while the drain runs; of all there is, nothing is missing,
 * and the memory is given back while it runs. */
static void test_all(void)
{
	struct place place;
	struct feeder feeders[3];
	static const char *const names[] = { "ust/0/c_0", "ust/0/c_1", "ust/33/c_0" };
	struct fdar_drain_state state;
	struct fdar_drain *drain;
	struct result result;

	place_init(&place);
	drain = start(&place, &usual);
	for (int i = 0; i < 3; i++) {
		g_autofree char *path = g_build_filename(place.source, names[i], NULL);
		g_autofree char *folder = g_path_get_dirname(path);
		g_autofree char *name = g_path_get_basename(path);

		feeder_init(&feeders[i], folder, name);
		feeder_metadata(folder, 2, FALSE, i == 2);
		for (int n = 0; n < 40; n++)
			feeder_packet(&feeders[i], (uint64_t)(n * 7 % 90),
				      n % 10 == 5 ? 0 : (uint64_t)(n / 10));
	}
	do {
		g_usleep(2000);
		fdar_drain_look(drain, &state, NULL);
	} while (state.packets < 120);
	for (int i = 0; i < 3; i++)
		g_assert_cmpuint(blocks_of(feeders[i].path), ==, 0);
	finish(drain, &state);
	g_assert_cmpuint(state.packets, ==, 120);
	g_assert_cmpuint(state.events, ==,
			 feeders[0].events + feeders[1].events + feeders[2].events);
	g_assert_cmpuint(state.discarded_events, ==, 9);
	g_assert_cmpuint(state.lost_packets + state.dropped_packets + state.damaged_packets, ==, 0);
	for (int i = 0; i < 3; i++) {
		check(&place, names[i], &feeders[i], &result);
		g_assert_true(result.whole);
		feeder_clear(&feeders[i]);
	}
	place_clear(&place);
}

/* Packets come before the metadata that has their events: they wait, and are counted. What is on the
 * disk is never half a declaration. */
static void test_metadata(gconstpointer packets)
{
	struct place place;
	struct feeder feeder;
	struct fdar_drain_state state;
	struct fdar_drain *drain;
	struct result result;

	place_init(&place);
	feeder_init(&feeder, place.source, "c_0");
	drain = start(&place, &usual);
	feeder_packet(&feeder, 50, 0);
	feeder_metadata(place.source, 0, FALSE, packets != NULL);
	g_usleep(100000);
	feeder_metadata(place.source, 1, TRUE, packets != NULL);
	g_usleep(100000);
	fdar_drain_look(drain, &state, NULL);
	g_assert_cmpuint(state.packets, ==, 0);
	feeder_metadata(place.source, 2, FALSE, packets != NULL);
	while (state.packets < 1) {
		g_usleep(2000);
		fdar_drain_look(drain, &state, NULL);
	}
	finish(drain, &state);
	g_assert_cmpuint(state.events, ==, 50);
	check(&place, "c_0", &feeder, &result);
	g_assert_true(result.whole);
	check_metadata(&place);
	feeder_clear(&feeder);
	place_clear(&place);
}

static void note_pressure(gboolean on, void *user)
{
	g_assert_cmpint(on, !=, g_atomic_int_get((gint *)user));
	g_atomic_int_set((gint *)user, on);
}

/* The disk stands still: the memory stays within the bound all the time, and when it goes on, every
 * event is either there or counted where it is missing. */
/* A drain that gets no processor for a while sees nothing; who feeds it waits, and it is at once back within
 * its bound, with room for the next ones. */
static void await_room(const struct feeder *feeder, const struct feeder *small, uint64_t bound)
{
	uint64_t room = MIB; /* of the two that the drain keeps free */

	for (int n = 0; n < 500 && blocks_of(feeder->path) + blocks_of(small->path) + room > bound;
	     n++)
		g_usleep(2000);
	g_assert_cmpuint(blocks_of(feeder->path) + blocks_of(small->path) + room, <=, bound);
}

static void test_bound(void)
{
	gint pressure = 0;
	struct fdar_drain_options options = {
		.memory_bytes = 16 * MIB, .level = 1, .pressure = note_pressure, .user = &pressure
	};
	struct place place;
	struct feeder feeder, small;
	struct fdar_drain_state state;
	struct fdar_drain *drain;
	struct result result;

	place_init(&place);
	feeder_metadata(place.source, 2, FALSE, FALSE);
	feeder_init(&feeder, place.source, "flood_0");
	feeder_init(&small, place.source, "small_0");
	drain = start(&place, &options);
	g_atomic_int_set(&disk.stuck, 1);
	for (int n = 0; n < 400; n++) {
		feeder_packet(&feeder, 1000, 0);
		if (n % 8 == 0)
			feeder_packet(&small, 10, 0);
		g_usleep(2000);
		await_room(&feeder, &small, 16 * MIB);
	}
	fdar_drain_look(drain, &state, NULL);
	g_assert_cmpuint(state.memory_peak_bytes, <=, 16 * MIB);
	g_assert_cmpuint(state.dropped_events, >, 100000);
	g_test_message("%" G_GUINT64_FORMAT " bytes in memory, peak %" G_GUINT64_FORMAT,
		       state.memory_bytes, state.memory_peak_bytes);
	g_assert_true(state.pressure);
	g_assert_cmpint(g_atomic_int_get(&pressure), ==, 1);
	g_atomic_int_set(&disk.stuck, 0);
	while (state.backlog_bytes) {
		g_usleep(2000);
		fdar_drain_look(drain, &state, NULL);
	}
	feeder_packet(&feeder, 1000, 0);
	finish(drain, &state);
	g_assert_cmpuint(state.events + state.dropped_events, ==, feeder.events + small.events);
	check(&place, "flood_0", &feeder, &result);
	g_assert_cmpuint(result.events + result.dropped, ==, feeder.events);
	g_assert_cmpuint(result.dropped, ==, state.dropped_events);
	check(&place, "small_0", &small, &result);
	g_assert_true(result.whole);
	feeder_clear(&feeder);
	feeder_clear(&small);
	place_clear(&place);
}

/* Who heeds pressure loses nothing, and is within the bound. */
static void test_lossless(void)
{
	gint pressure = 0;
	struct fdar_drain_options options = { .memory_bytes = 16 * MIB,
					      .reserve_bytes = 4 * MIB,
					      .level = 1,
					      .lossless = TRUE,
					      .pressure = note_pressure,
					      .user = &pressure };
	struct place place;
	struct feeder feeder;
	struct fdar_drain_state state;
	struct fdar_drain *drain;
	struct result result;

	place_init(&place);
	feeder_metadata(place.source, 2, FALSE, FALSE);
	feeder_init(&feeder, place.source, "flood_0");
	drain = start(&place, &options);
	for (int round = 0; round < 4; round++) {
		g_atomic_int_set(&disk.stuck, 1);
		while (!g_atomic_int_get(&pressure)) {
			feeder_packet(&feeder, 1000, 0);
			g_usleep(500);
		}
		g_atomic_int_set(&disk.stuck, 0);
		while (g_atomic_int_get(&pressure))
			g_usleep(1000);
	}
	finish(drain, &state);
	g_assert_cmpuint(state.memory_peak_bytes, <=, 16 * MIB);
	g_assert_cmpuint(state.dropped_packets, ==, 0);
	check(&place, "flood_0", &feeder, &result);
	g_assert_true(result.whole);
	feeder_clear(&feeder);
	place_clear(&place);
}

/* Killed at any moment, while packets are written and dropped: who comes next loses nothing, counts
 * nothing twice, and writes nothing twice. */
static void test_killed(void)
{
	const struct fdar_drain_options options = { .memory_bytes = 16 * MIB, .level = 1 };
	struct place place;
	struct feeder feeder;
	struct fdar_drain_state state;
	struct result result;
	uint64_t dropped = 0;

	place_init(&place);
	feeder_metadata(place.source, 2, FALSE, FALSE);
	feeder_init(&feeder, place.source, "flood_0");
	for (guint round = 0; round < 12; round++) {
		pid_t child = fork();

		if (child == 0) {
			g_atomic_int_set(&disk.delay_us, 5000);
			g_atomic_int_set(&disk.pieces, 50000);
			start(&place, &options);
			for (;;)
				pause();
		}
		for (int n = 0; n < 80; n++) {
			feeder_packet(&feeder, 1000, 0);
			g_usleep(300 + round * 150);
		}
		kill(child, SIGKILL);
		g_assert_cmpint(waitpid(child, NULL, 0), ==, child);
	}
	finish(start(&place, &options), &state);
	check(&place, "flood_0", &feeder, &result);
	g_assert_cmpuint(result.events + result.dropped, ==, feeder.events);
	dropped += result.dropped;
	g_test_message("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT " events dropped", dropped,
		       feeder.events);
	g_assert_cmpuint(dropped, >, 0);
	g_assert_cmpuint(result.packets, >, 0);
	g_assert_cmpuint(blocks_of(feeder.path), ==, 0);
	feeder_clear(&feeder);
	place_clear(&place);
}

/* A disk that is full in the middle of a frame: what is before is kept, the rest is counted, and it is
 * told once. */
static void test_full(gconstpointer by_option)
{
	struct fdar_drain_options options = usual;
	struct place place;
	struct feeder feeder;
	struct fdar_drain_state state;
	struct fdar_drain *drain;
	struct result result;
	GError *error = NULL;
	guint told = 0;

	options.threads = 1;
	options.level = 1;
	if (by_option)
		options.disk_bytes = 1000000;
	place_init(&place);
	feeder_metadata(place.source, 2, FALSE, FALSE);
	feeder_init(&feeder, place.source, "c_0");
	drain = start(&place, &options);
	if (!by_option) {
		g_atomic_int_set(&disk.room, 1000000);
		g_atomic_int_set(&disk.pieces, 70000);
	}
	for (int n = 0; n < 60; n++)
		feeder_packet(&feeder, 1000, 0);
	do {
		g_usleep(2000);
		if (fdar_drain_look(drain, &state, &error))
			continue;
		told++;
		g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
		g_clear_error(&error);
	} while (state.packets + state.dropped_packets < 60);
	g_assert_cmpuint(told, ==, 1);
	g_assert_true(state.disk_full);
	g_assert_cmpuint(state.packets, >, 5);
	g_assert_cmpuint(state.packets, <, 30);
	g_assert_cmpuint(state.events + state.dropped_events, ==, feeder.events);
	disk_heal(); /* room for a note */
	finish(drain, &state);
	check(&place, "c_0", &feeder, &result);
	g_assert_cmpuint(result.packets, ==, state.packets);
	g_assert_cmpuint(result.events + result.dropped, ==, feeder.events);
	feeder_clear(&feeder);
	place_clear(&place);
}

/* What the consumer daemon leaves when it dies: a packet that is whole but not in the index, one that
 * is not whole; and one that somebody wrote over. */
static void test_torn(void)
{
	static const char zeros[64];
	struct place place;
	struct feeder feeder;
	struct fdar_drain_state state;
	struct fdar_drain *drain;
	struct result result;
	int fd;

	place_init(&place);
	feeder_metadata(place.source, 2, FALSE, FALSE);
	feeder_init(&feeder, place.source, "c_0");
	for (int n = 0; n < 3; n++)
		feeder_packet(&feeder, 100, 0);
	for (int n = 0; n < 2; n++) {
		feeder_make(&feeder, 100, 0);
		feeder_write(&feeder, UINT64_MAX);
	}
	feeder_make(&feeder, 500, 0);
	feeder_write(&feeder, 10000);
	drain = start(&place, &usual);
	finish(drain, &state);
	g_assert_cmpuint(state.packets, ==, 5);
	g_assert_cmpuint(state.damaged_packets, ==, 1);
	check(&place, "c_0", &feeder, &result);
	g_assert_cmpuint(result.events, ==, 500);
	feeder_clear(&feeder);

	feeder_init(&feeder, place.source, "d_0");
	for (int n = 0; n < 3; n++)
		feeder_packet(&feeder, 100, 0);
	fd = open(feeder.path, O_WRONLY | O_CLOEXEC);
	g_assert_cmpint(pwrite(fd, zeros, sizeof(zeros),
			       (off_t)g_array_index(feeder.ends, gsize, 0)),
			==, sizeof(zeros));
	close(fd);
	drain = start(&place, &usual);
	finish(drain, &state);
	g_assert_cmpuint(state.packets, ==, 2);
	g_assert_cmpuint(state.damaged_packets, >=, 1);
	feeder_clear(&feeder);
	place_clear(&place);
}

/* Cut off at every byte of its last frame, a file is what it was before that frame. */
static void test_cut(void)
{
	g_autofree char *root = g_dir_make_tmp("test-drain-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(root, "c_0.zst", NULL);
	const uint8_t frame[200] = { 1, 2, 3 };
	struct fdar_packed_entry entry = { .frame_bytes = sizeof(frame), .packet_bytes = 4096 };
	struct fdar_packed_file file;
	uint64_t before, after;
	g_autofree char *bytes = NULL;
	gsize length;

	disk_heal();
	g_assert_true(fdar_packed_file_open(&file, path, NULL));
	g_assert_true(fdar_packed_file_append(&file, &entry, frame, NULL));
	entry.sequence = 1;
	g_assert_true(fdar_packed_file_append(&file, &entry, frame, NULL));
	before = file.bytes;
	entry.sequence = 2;
	g_assert_true(fdar_packed_file_append(&file, &entry, frame, NULL));
	after = file.bytes;
	fdar_packed_file_close(&file);
	g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
	g_assert_cmpuint(length, ==, after);
	for (uint64_t cut = before; cut <= after; cut++) {
		struct stat st;

		g_assert_true(g_file_set_contents(path, bytes, (gssize)cut, NULL));
		g_assert_true(fdar_packed_file_open(&file, path, NULL));
		g_assert_cmpuint(file.bytes, ==, cut == after ? after : before);
		g_assert_cmpuint(file.last.sequence, ==, cut == after ? 2 : 1);
		g_assert_cmpint(fstat(file.fd, &st), ==, 0);
		g_assert_cmpuint((uint64_t)st.st_size, ==, file.bytes);
		fdar_packed_file_close(&file);
	}
	remove_all(root);
}

/* Ended before all was taken, and by nobody: what is left stays for another. */
static void test_left(void)
{
	struct place place;
	struct feeder feeder;
	struct fdar_drain_state state;
	struct fdar_drain *drain;
	struct result result;
	GError *error = NULL;

	place_init(&place);
	feeder_metadata(place.source, 2, FALSE, FALSE);
	feeder_init(&feeder, place.source, "c_0");
	for (int n = 0; n < 50; n++)
		feeder_packet(&feeder, 1000, 0);
	g_atomic_int_set(&disk.delay_us, 20000);
	drain = start(&place, &usual);
	g_assert_false(fdar_drain_finish(drain, 100 * UINT64_C(1000000), &state, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
	g_clear_error(&error);
	fdar_drain_free(drain);
	g_assert_cmpuint(state.packets, <, 50);
	fdar_drain_free(start(&place, &usual));
	disk_heal();
	finish(start(&place, &usual), &state);
	check(&place, "c_0", &feeder, &result);
	g_assert_true(result.whole);
	feeder_clear(&feeder);
	place_clear(&place);
}

/* The writer closes a stream file in a tmpfs of which others have taken what was to be ours (by a bound that
 * none has): it is told however soon the end comes, unless it was to be expected (data). */
static void test_closed(gconstpointer data)
{
	const struct fdar_drain_options beyond = { .memory_bytes = UINT64_C(1) << 47 };
	gboolean expected = data != NULL;
	struct fdar_drain_state state;
	struct fdar_drain *drain;
	struct feeder feeder;
	struct place place;
	struct statfs fs;

	place_init(&place);
	feeder_metadata(place.source, 2, FALSE, FALSE);
	feeder_init(&feeder, place.source, "c_0");
	feeder_packet(&feeder, 10, 0);
	drain = start(&place, &beyond);
	do {
		g_usleep(1000);
		fdar_drain_look(drain, &state, NULL);
	} while (!state.streams);
	if (expected)
		fdar_drain_last(drain);
	close(feeder.fd);
	finish(drain, &state);
	if (statfs(place.source, &fs) == 0 && fs.f_type == TMPFS_MAGIC)
		g_assert_cmpint(state.memory_full, ==, !expected);
	else
		g_test_skip("no tmpfs");
	feeder.fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	feeder_clear(&feeder);
	place_clear(&place);
}

static void test_refused(void)
{
	const struct fdar_drain_options small = { .memory_bytes = 1 };
	g_autoptr(GError) error = NULL, other = NULL;
	struct place place;

	place_init(&place);
	g_assert_null(fdar_drain_start(place.source, place.target, &small, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
	g_assert_null(fdar_drain_start("/nowhere", place.target, &usual, &other));
	g_assert_error(other, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
	place_clear(&place);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/drain/killed", test_killed); /* forks: before there are threads */
	g_test_add_func("/drain/all", test_all);
	g_test_add_data_func("/drain/metadata", NULL, test_metadata);
	g_test_add_data_func("/drain/metadata-packets", "", test_metadata);
	g_test_add_func("/drain/bound", test_bound);
	g_test_add_func("/drain/lossless", test_lossless);
	g_test_add_data_func("/drain/full", NULL, test_full);
	g_test_add_data_func("/drain/limit", "", test_full);
	g_test_add_func("/drain/torn", test_torn);
	g_test_add_func("/drain/cut", test_cut);
	g_test_add_func("/drain/left", test_left);
	g_test_add_data_func("/drain/closed", NULL, test_closed);
	g_test_add_data_func("/drain/closed-at-the-end", "", test_closed);
	g_test_add_func("/drain/refused", test_refused);
	return g_test_run();
}
