/* What processes tell of themselves: in order, lost when nobody reads, and anything at all from hostile ones. */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "instrument/wire/ticks.h"
#include "pipeline/samples/perf.h"
#include "pipeline/samples/ticks.h"
#include "pipeline/samples/ticks_records.h"

#define RECORDS_MAX 256u

struct fixture {
	char *folder;
	char *path;
	struct fdar_ticks_folder *ticks;
	struct fdar_wiped bytes;
	struct fdar_perf_record records[RECORDS_MAX];
	guint count;
};

static void set_up(struct fixture *fixture, gconstpointer unused)
{
	g_autoptr(GError) error = NULL;

	(void)unused;
	fixture->folder = g_dir_make_tmp("flowdar-ticks-XXXXXX", &error);
	g_assert_no_error(error);
	fixture->path = g_build_filename(fixture->folder, "ticks", NULL);
	fixture->ticks = fdar_ticks_make(fixture->path, &error);
	g_assert_no_error(error);
	fixture->bytes = fdar_wiped_new();
}

static void tear_down(struct fixture *fixture, gconstpointer unused)
{
	(void)unused;
	fdar_ticks_free(fixture->ticks);
	g_assert_false(g_file_test(fixture->path, G_FILE_TEST_EXISTS));
	fdar_wiped_clear(&fixture->bytes);
	g_assert_cmpint(g_rmdir(fixture->folder), ==, 0);
	g_free(fixture->path);
	g_free(fixture->folder);
}

/* A process's file, as it maps it. pid: of somebody who lives, or who does not. */
static struct fdar_ticks *ring_new(const struct fixture *fixture, const char *name, int pid,
				   int parent)
{
	g_autofree char *path = g_build_filename(fixture->path, name, NULL);
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	struct fdar_ticks *ring;
	struct stat space;

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(ftruncate(fd, sizeof(*ring)), ==, 0);
	ring = mmap(NULL, sizeof(*ring), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	g_assert_true(ring != MAP_FAILED);
	close(fd);
	ring->magic = FDAR_TICKS_MAGIC;
	ring->bytes = sizeof(*ring);
	ring->pid = pid;
	ring->parent = parent;
	ring->pid_space = stat("/proc/self/ns/pid", &space) == 0 ? space.st_ino : 0;
	ring->began_ns = 5;
	return ring;
}

static struct fdar_tick *put(struct fdar_ticks *ring, enum fdar_tick_kind kind, const char *bytes)
{
	struct fdar_tick *tick = &ring->places[ring->head % FDAR_TICKS_PLACES];

	*tick = (struct fdar_tick){ .turn = 2 * ring->head + 2,
				    .time_ns = 10 + ring->head,
				    .kind = kind,
				    .tid = 7,
				    .weight = 1,
				    .length = (uint32_t)strlen(bytes) };
	memcpy(tick->bytes, bytes, strlen(bytes));
	ring->head++;
	return tick;
}

static void read_all(struct fixture *fixture)
{
	uint64_t lost = 0;
	gsize size = 1;

	fdar_wiped_empty(&fixture->bytes);
	fixture->count = 0;
	fdar_ticks_read(fixture->ticks, &fixture->bytes);
	for (gsize at = 0; at < fixture->bytes.bytes->len; at += size) {
		g_assert_cmpuint(fixture->count, <, RECORDS_MAX);
		g_assert_true(fdar_perf_parse(fixture->bytes.bytes->data + at,
					      fixture->bytes.bytes->len - at,
					      &fixture->records[fixture->count++], &size, &lost));
	}
	g_assert_cmpuint(lost, ==, 0);
}

static guint of_kind(const struct fixture *fixture, enum fdar_perf_kind kind)
{
	guint count = 0;

	for (guint i = 0; i < fixture->count; i++)
		count += fixture->records[i].kind == kind;
	return count;
}

static void test_told(struct fixture *fixture, gconstpointer unused)
{
	struct fdar_ticks *ring = ring_new(fixture, "1-1", getpid(), 0);
	const struct fdar_perf_record *records = fixture->records;
	struct fdar_tick *tick;
	uint64_t registers[FDAR_PERF_REGISTERS];

	(void)unused;
	put(ring, FDAR_TICK_MAPPED,
	    "1000-3000 r-xp 00002000 08:01 99 /usr/bin/some server\n"
	    "5000-6000 rw-p 00000000 00:00 0\nnonsense\n7000-6000 r-xp 0 00:00 0 x\n");
	tick = put(ring, FDAR_TICK_SAMPLE, "the stack");
	tick->weight = 3;
	tick->flags = FDAR_TICK_SYSTEM;
	tick->registers[8] = 0x1234; /* rip is the last in the order of DWARF */
	ring->without = FDAR_TICKS_NO_TIMER;
	read_all(fixture);
	g_assert_cmpuint(fixture->count, ==, 4);
	g_assert_cmpint(records[0].kind, ==, FDAR_PERF_FORK);
	g_assert_cmpuint(records[0].parent, ==, (guint)getpid());
	g_assert_cmpuint(records[0].tid, ==, (guint)getpid());
	g_assert_cmpuint(records[0].outer, ==, (guint)getpid());
	g_assert_cmpuint(records[0].time_ns, ==, 5);
	g_assert_cmpint(records[1].kind, ==, FDAR_PERF_EXEC);
	g_assert_cmpint(records[2].kind, ==, FDAR_PERF_MAPPED);
	g_assert_cmpuint(records[2].start, ==, 0x1000);
	g_assert_cmpuint(records[2].end, ==, 0x3000);
	g_assert_cmpuint(records[2].page_offset, ==, 0x2000);
	g_assert_cmpuint(records[2].inode, ==, 99);
	g_assert_cmpstr(records[2].path, ==, "/usr/bin/some server");
	g_assert_cmpint(records[3].kind, ==, FDAR_PERF_SAMPLE);
	g_assert_cmpuint(records[3].pid, ==, records[0].pid);
	g_assert_cmpuint(records[3].tid, ==, 7);
	g_assert_cmpuint(records[3].weight, ==, 3);
	g_assert_cmpuint(records[3].time_ns, ==, 11);
	g_assert_cmpuint(records[3].stack_bytes, ==, 9);
	g_assert_cmpint(memcmp(records[3].stack, "the stack", 9), ==, 0);
	fdar_perf_registers(&records[3], registers);
	g_assert_cmpuint(registers[16], ==, 0x1234);
	g_assert_cmpuint(fdar_ticks_without(fixture->ticks), ==, FDAR_TICKS_NO_TIMER);
	read_all(fixture);
	g_assert_cmpuint(fixture->count, ==, 0);
	munmap(ring, sizeof(*ring));
}

/* Who was forked begins as its parent is; who has ended is told, and its file goes. */
static void test_processes(struct fixture *fixture, gconstpointer unused)
{
	struct fdar_ticks *parent = ring_new(fixture, "1-1", getpid(), 0);
	struct fdar_ticks *child = ring_new(fixture, "2-2", 0x3fffffff, getpid());
	g_autofree char *path = g_build_filename(fixture->path, "2-2", NULL);

	(void)unused;
	/* It ended in the middle of one; what is behind that is not held up. */
	put(child, FDAR_TICK_SAMPLE, "")->turn--;
	put(child, FDAR_TICK_SAMPLE, "");
	read_all(fixture);
	g_assert_cmpuint(fdar_ticks_lost(fixture->ticks), ==, 1);
	g_assert_cmpuint(of_kind(fixture, FDAR_PERF_FORK), ==, 2);
	g_assert_cmpuint(of_kind(fixture, FDAR_PERF_EXEC), ==, 1);
	g_assert_cmpuint(fixture->records[2].parent, ==, fixture->records[0].pid);
	g_assert_cmpuint(of_kind(fixture, FDAR_PERF_SAMPLE), ==, 1);
	g_assert_cmpuint(of_kind(fixture, FDAR_PERF_EXIT), ==, 1);
	g_assert_false(g_file_test(path, G_FILE_TEST_EXISTS));
	munmap(parent, sizeof(*parent));
	munmap(child, sizeof(*child));
}

static void test_lost(struct fixture *fixture, gconstpointer unused)
{
	struct fdar_ticks *ring = ring_new(fixture, "1-1", getpid(), 0);

	(void)unused;
	for (guint i = 0; i < FDAR_TICKS_PLACES + 5; i++)
		put(ring, FDAR_TICK_SAMPLE, "");
	read_all(fixture);
	g_assert_cmpuint(of_kind(fixture, FDAR_PERF_SAMPLE), ==, FDAR_TICKS_PLACES);
	g_assert_cmpuint(fdar_ticks_lost(fixture->ticks), ==, 5);
	/* One that is being written is waited for, once; what is behind it comes then. */
	put(ring, FDAR_TICK_SAMPLE, "")->turn--;
	put(ring, FDAR_TICK_SAMPLE, "");
	read_all(fixture);
	g_assert_cmpuint(fixture->count, ==, 0);
	read_all(fixture);
	g_assert_cmpuint(fixture->count, ==, 1);
	g_assert_cmpuint(fdar_ticks_lost(fixture->ticks), ==, 6);
	munmap(ring, sizeof(*ring));
}

/* However many numbers nobody writes, what is behind them waits for the next time, and no longer. */
static void test_unwritten(struct fixture *fixture, gconstpointer unused)
{
	struct fdar_ticks *ring = ring_new(fixture, "1-1", getpid(), 0);

	(void)unused;
	for (guint i = 0; i < 5; i++) {
		put(ring, FDAR_TICK_SAMPLE, "")->turn = 0;
		put(ring, FDAR_TICK_SAMPLE, "");
	}
	read_all(fixture);
	g_assert_cmpuint(of_kind(fixture, FDAR_PERF_SAMPLE), ==, 0);
	put(ring, FDAR_TICK_SAMPLE, "")->turn--; /* younger than that: waited for again */
	read_all(fixture);
	g_assert_cmpuint(of_kind(fixture, FDAR_PERF_SAMPLE), ==, 5);
	g_assert_cmpuint(fdar_ticks_lost(fixture->ticks), ==, 5);
	ring->places[10].turn++;
	read_all(fixture);
	g_assert_cmpuint(of_kind(fixture, FDAR_PERF_SAMPLE), ==, 1);
	g_assert_cmpuint(fdar_ticks_lost(fixture->ticks), ==, 5);
	munmap(ring, sizeof(*ring));
}

static void test_hostile(struct fixture *fixture, gconstpointer unused)
{
	struct fdar_ticks *ring = ring_new(fixture, "no-number", -1, -1);
	struct fdar_ticks *none = ring_new(fixture, "7", getpid(), getpid());
	g_autofree char *link = g_build_filename(fixture->path, "link", NULL);
	g_autofree char *fifo = g_build_filename(fixture->path, "fifo", NULL);
	struct fdar_tick *tick;

	(void)unused;
	g_assert_cmpint(symlink("/etc/passwd", link), ==, 0);
	g_assert_cmpint(mkfifo(fifo, 0600), ==, 0);
	none->magic = 0;
	tick = put(ring, FDAR_TICK_SAMPLE, "");
	tick->length = UINT32_MAX;
	tick->weight = UINT32_MAX;
	tick->registers[7] = UINT64_MAX;
	tick = put(ring, FDAR_TICK_MAPPED, "");
	memset(tick->bytes, '7', sizeof(tick->bytes));
	tick->length = UINT32_MAX;
	put(ring, (enum fdar_tick_kind)77, "");
	read_all(fixture);
	g_assert_cmpuint(of_kind(fixture, FDAR_PERF_SAMPLE), ==, 1);
	g_assert_cmpuint(fixture->records[2].stack_bytes, ==, FDAR_TICKS_STACK_BYTES);
	g_assert_cmpuint(fixture->records[2].weight, ==, FDAR_TICKS_WEIGHT_MAX);
	g_assert_cmpuint(of_kind(fixture, FDAR_PERF_MAPPED), ==, 0);
	/* A number that nothing can be read of, and files that shrink. */
	ring->head = UINT64_MAX;
	read_all(fixture);
	g_assert_cmpuint(fixture->count, ==, 0);
	g_assert_cmpuint(fdar_ticks_lost(fixture->ticks), >, 0);
	munmap(ring, sizeof(*ring));
	munmap(none, sizeof(*none));
}

/* Who cannot be looked at for want of descriptors is told of, and looked at later. */
static void test_few_descriptors(struct fixture *fixture, gconstpointer unused)
{
	struct fdar_ticks *ring = ring_new(fixture, "1-1", getpid(), 0);
	struct rlimit files, none;

	(void)unused;
	put(ring, FDAR_TICK_SAMPLE, "");
	g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &files), ==, 0);
	none = (struct rlimit){ 0, files.rlim_max };
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &none), ==, 0);
	read_all(fixture);
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &files), ==, 0);
	g_assert_cmpuint(fixture->count, ==, 0);
	g_assert_cmpuint(fdar_ticks_without(fixture->ticks), ==, FDAR_TICKS_UNREAD);
	read_all(fixture);
	g_assert_cmpuint(of_kind(fixture, FDAR_PERF_SAMPLE), ==, 1);
	munmap(ring, sizeof(*ring));
}

#define ADD(name, test) g_test_add(name, struct fixture, NULL, set_up, test, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD("/ticks/told", test_told);
	ADD("/ticks/processes", test_processes);
	ADD("/ticks/unwritten", test_unwritten);
	ADD("/ticks/lost", test_lost);
	ADD("/ticks/hostile", test_hostile);
	ADD("/ticks/few-descriptors", test_few_descriptors);
	return g_test_run();
}
