/* Taking samples: the kernel's records, functions by unwind tables, and a process that is sampled. */
#include <fcntl.h>
#include <gio/gio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "pipeline/elf/fde.h"
#include "pipeline/samples/intake.h"
#include "pipeline/samples/kallsyms.h"
#include "pipeline/samples/perf.h"
#include "pipeline/samples/sampler.h"
#include "pipeline/samples/space.h"
#include "tests/unit/kit/remove_tree.h"

#define MARKER      "a-password-that-no-file-may-hold"
#define FEW_PAGES   64
#define SLACK_BYTES 262144

/* ---- .eh_frame_hdr ---- */

static void put_i32(GByteArray *bytes, int32_t value)
{
	g_byte_array_append(bytes, (const guint8 *)&value, sizeof(value));
}

static void test_fde(void)
{
	g_autoptr(GByteArray) table = g_byte_array_new();
	static const uint8_t head[] = { 1, 0x1b, 0x03, 0x3b };
	uint64_t start = 0, frame = 0;

	g_byte_array_append(table, head, sizeof(head));
	put_i32(table, 0);
	put_i32(table, 3);
	for (int32_t i = -2; i < 1; i++) { /* functions at 0x1000 - 0x20, - 0x10, 0 */
		put_i32(table, i * 0x10);
		put_i32(table, 0x100 - i * 0x20);
	}
	g_assert_true(fdar_fde_find(table->data, table->len, 0x1000, 0xff8, &start, &frame));
	g_assert_cmphex(start, ==, 0xff0);
	g_assert_cmphex(frame, ==, 0x1120);
	g_assert_true(fdar_fde_find(table->data, table->len, 0x1000, 0x5000, &start, &frame));
	g_assert_cmphex(start, ==, 0x1000);
	g_assert_false(fdar_fde_find(table->data, table->len, 0x1000, 0x100, &start, &frame));
	/* Fewer bytes than entries; another version. */
	g_assert_true(fdar_fde_find(table->data, table->len - 9, 0x1000, 0x5000, &start, &frame));
	g_assert_cmphex(start, ==, 0xfe0);
	g_assert_false(fdar_fde_find(table->data, 11, 0x1000, 0x5000, &start, &frame));
	table->data[0] = 2;
	g_assert_false(fdar_fde_find(table->data, table->len, 0x1000, 0x5000, &start, &frame));
}

/* What is behind the last function of a program is not that one's. */
static void test_fde_length(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	uint64_t start = 0, again = 0;
	GElf_Ehdr head;
	Elf *elf;

	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
	g_assert_nonnull(gelf_getehdr(elf, &head));
	g_assert_true(fdar_fde_start(elf, head.e_entry + 4, &start));
	g_assert_true(fdar_fde_start(elf, head.e_entry, &again));
	g_assert_cmphex(start, ==, again);
	g_assert_false(fdar_fde_start(elf, G_MAXINT32, &start));
	elf_end(elf);
	close(fd);
}

/* ---- /proc/kallsyms ---- */

static void test_kallsyms(void)
{
	g_autofree char *path = NULL;
	int fd = g_file_open_tmp("flowdar-kallsyms-XXXXXX", &path, NULL);
	struct fdar_kallsyms *kallsyms;

	g_assert_true(g_file_set_contents(path,
					  "ffff2000 T later\nffff1000 t first\nffff1800 d data\n"
					  "no line\nffff3000 t in_module\t[xfs]\n",
					  -1, NULL));
	kallsyms = fdar_kallsyms_read(path);
	g_assert_null(fdar_kallsyms_name(kallsyms, 0xffff0fff));
	g_assert_cmpstr(fdar_kallsyms_name(kallsyms, 0xffff1900), ==, "first");
	g_assert_cmpstr(fdar_kallsyms_name(kallsyms, 0xffff2000), ==, "later");
	g_assert_cmpstr(fdar_kallsyms_name(kallsyms, 0xffff9000), ==, "in_module");
	fdar_kallsyms_free(kallsyms);
	close(fd);
	unlink(path);
	/* Where addresses are hidden, they are zeros. */
	kallsyms = fdar_kallsyms_read("/dev/null");
	g_assert_null(fdar_kallsyms_name(kallsyms, 1));
	fdar_kallsyms_free(kallsyms);
}

/* ---- a process that is sampled ---- */

volatile unsigned spin_counter;

/* Not static: their names are in the symbol table whatever is stripped of it. */
void spin_in_here(const char *secret);
void call_spin(void);

__attribute__((noinline)) void spin_in_here(const char *secret)
{
	struct timespec now;

	do {
		for (unsigned i = 0; i < 100000; i++)
			spin_counter += (unsigned)secret[i % 8];
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	} while (now.tv_sec == 0 && now.tv_nsec < 300000000);
}

__attribute__((noinline)) void call_spin(void)
{
	char secret[64] = MARKER;

	spin_in_here(secret);
	spin_counter++;
}

static gboolean has_function(const fdar_samples *samples, uint32_t node, const char *name)
{
	for (; node; node = g_array_index(samples->nodes, struct fdar_sample_node, node).parent)
		if (strcmp(fdar_samples_function_of(samples, node)->name, name) == 0)
			return TRUE;
	return FALSE;
}

static void check_file(fdar_samples *samples)
{
	g_autofree char *dir = g_dir_make_tmp("flowdar-sampler-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "samples", NULL), *bytes = NULL;
	gsize length;

	g_assert_true(fdar_samples_save(samples, dir, NULL));
	g_assert_true(g_file_get_contents(path, &bytes, &length, NULL));
	g_assert_null(memmem(bytes, length, MARKER, strlen(MARKER)));
	remove_tree(dir);
}

/* A child that spins for 0.3 s of the processor, of a program of its own. */
static pid_t spin_away(void)
{
	pid_t child = fork();

	if (child == 0) {
		/* A sanitizer looks for leaks at the end, in a process of its own. */
		g_setenv("ASAN_OPTIONS", "detect_leaks=0", TRUE);
		execl("/proc/self/exe", "test_sampler", "--spin", NULL);
		_exit(1);
	}
	return child;
}

/* The ticks that are in its buffers. */
static guint64 ticks_kept(struct fdar_perf *perf, uint64_t *told)
{
	struct fdar_wiped taken = fdar_wiped_new();
	gsize others = fdar_perf_read(perf, &taken), size;
	const GByteArray *bytes = taken.bytes;
	struct fdar_perf_record record;
	guint64 ticks = 0;

	for (gsize at = 0; at < bytes->len; at += size) {
		uint64_t lost = 0;
		gboolean found =
			fdar_perf_parse(bytes->data + at, bytes->len - at, &record, &size, &lost);

		g_assert_cmpuint(size, >, 0);
		*told += at < others ? lost : 0;
		if (found) /* ticks, and nothing else, come first */
			g_assert_true((record.kind == FDAR_PERF_SAMPLE) == (at < others));
		ticks += found && record.kind == FDAR_PERF_SAMPLE;
	}
	fdar_wiped_clear(&taken);
	return ticks;
}

/* Nobody reads: what does not fit is counted to the last one, as another one with more room shows. */
static void test_lost_counted(void)
{
	g_autoptr(GError) error = NULL;
	struct fdar_perf *large = fdar_perf_open(900, fdar_perf_pages(900), FALSE, &error);
	struct fdar_perf *small = large ? fdar_perf_open(900, FEW_PAGES, FALSE, &error) : NULL;
	uint64_t lost, large_lost, others, told = 0, large_told = 0;
	guint64 kept, all;

	if (!small) {
		g_test_skip(error->message);
		fdar_perf_close(large);
		return;
	}
	g_assert_false(fdar_perf_processors_changed(large));
	waitpid(spin_away(), NULL, 0);
	fdar_perf_stop(small);
	fdar_perf_stop(large);
	if (fdar_perf_lost(small, &lost, &others) && fdar_perf_lost(large, &large_lost, &others)) {
		kept = ticks_kept(small, &told);
		/* On a full machine the program takes so long that the large one is full, too. */
		all = ticks_kept(large, &large_told) + large_lost;
		g_test_message("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
			       " kept, %" G_GUINT64_FORMAT " lost",
			       kept, all, lost);
		g_assert_cmpuint(lost, >, large_lost);
		/* The large one ticks longer, by what it takes to open the other. */
		g_assert_cmpuint(kept + lost, >=, all * 3 / 4);
		g_assert_cmpuint(kept + lost, <=, all * 21 / 20);
		g_assert_cmpuint(told, <=, lost); /* those at the end are in no record */
	}
	fdar_perf_close(small);
	fdar_perf_close(large);
}

/* The bytes of addresses that are taken. */
static rlim_t room_taken(void)
{
	g_autofree char *text = NULL;

	g_assert_true(g_file_get_contents("/proc/self/statm", &text, NULL, NULL));
	return (rlim_t)g_ascii_strtoull(text, NULL, 10) * (rlim_t)sysconf(_SC_PAGESIZE);
}

/* As fdar_perf_open(), with room for so many bytes more. */
static struct fdar_perf *open_within(rlim_t bytes, GError **error)
{
	struct rlimit before, few;
	struct fdar_perf *perf;

	g_assert_cmpint(getrlimit(RLIMIT_AS, &before), ==, 0);
	few = before;
	few.rlim_cur = room_taken() + bytes;
	g_assert_cmpint(setrlimit(RLIMIT_AS, &few), ==, 0);
	perf = fdar_perf_open(99, fdar_perf_pages(99), TRUE, error);
	g_assert_cmpint(setrlimit(RLIMIT_AS, &before), ==, 0);
	return perf;
}

/* Where there is little room, every processor has the same part of it, and where there is none it is not said
 * that rights are missing. */
static void test_little_memory(void)
{
	rlim_t least = 2 * (rlim_t)sysconf(_SC_NPROCESSORS_CONF) *
		       (rlim_t)(FDAR_PERF_RING_LEAST + 1) * (rlim_t)sysconf(_SC_PAGESIZE);
	g_autoptr(GError) none = NULL, error = NULL;
	struct fdar_perf *perf = fdar_perf_open(99, fdar_perf_pages(99), FALSE, &none);

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	none = none ? none : g_error_new_literal(G_IO_ERROR, G_IO_ERROR_FAILED, "a sanitizer");
#endif
	fdar_perf_close(perf);
	if (none) {
		g_test_skip(none->message);
		return;
	}
	perf = open_within(least / 2, &error);
	g_assert_null(perf);
	g_assert_nonnull(strstr(error->message, "no memory"));
	g_clear_error(&error);
	/* And what the C library may take meanwhile. */
	perf = open_within(least + SLACK_BYTES, &error);
	g_assert_no_error(error);
	g_assert_null(fdar_perf_own_why(perf));
	fdar_perf_close(perf);
}

static void test_no_files(void)
{
	g_autoptr(GError) none = NULL, error = NULL;
	struct fdar_perf *perf = fdar_perf_open(99, FEW_PAGES, TRUE, &none);
	struct rlimit before, few;

	if (!perf) {
		g_test_skip(none->message);
		return;
	}
	fdar_perf_close(perf);
	g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
	few = before;
	few.rlim_cur = 4;
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &few), ==, 0);
	perf = fdar_perf_open(99, FEW_PAGES, TRUE, &error);
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);
	g_assert_null(perf);
	g_assert_nonnull(strstr(error->message, "too many files are open"));
}

/* Whoever unwinds is late by seconds: nothing is lost, all comes by time, and only what is the server's. */
static void test_late(void)
{
	g_autoptr(GError) error = NULL;
	struct fdar_intake *intake =
		fdar_intake_start(FDAR_SAMPLER_HZ_MAX, NULL, 0, NULL, TRUE, &error);
	struct fdar_intake_losses losses;
	uint64_t last_ns = 0, lost = 0;
	guint ticks = 0;
	GByteArray *bytes;
	pid_t child;

	if (!intake) {
		g_test_skip(error->message);
		return;
	}
	child = spin_away();
	waitpid(child, NULL, 0);
	fdar_intake_end(intake);
	while ((bytes = fdar_intake_take(intake))) {
		struct fdar_perf_record record;
		gsize size;

		for (gsize at = 0; at < bytes->len; at += size) {
			g_assert_true(fdar_perf_parse(bytes->data + at, bytes->len - at, &record,
						      &size, &lost));
			g_assert_cmpuint(record.time_ns, >=, last_ns);
			g_assert_cmpuint(record.pid, ==, (guint)child);
			last_ns = record.time_ns;
			ticks += record.kind == FDAR_PERF_SAMPLE;
		}
		g_byte_array_unref(bytes);
	}
	fdar_intake_losses(intake, &losses);
	g_test_message("%u ticks", ticks);
	g_assert_cmpuint(ticks, >=, 60);
	g_assert_cmpuint(losses.samples + losses.waiting + losses.tasks, ==, 0);
	fdar_intake_free(intake);
}

static void test_sampled(void)
{
	g_autoptr(GError) error = NULL;
	struct fdar_sampler *sampler = fdar_sampler_start(499, NULL, 0, &error);
	fdar_samples *samples;
	guint named = 0, called = 0;
	pid_t child;

	if (!sampler) {
		g_assert_nonnull(strstr(error->message, "--sample: "));
		g_test_skip(error->message);
		return;
	}
	/* A copy of the sampler's own process is none of the server's: no sample is its. */
	child = fork();
	if (child == 0) {
		call_spin();
		_exit(0);
	}
	waitpid(child, NULL, 0);
	child = spin_away();
	waitpid(child, NULL, 0);
	samples = fdar_sampler_take(sampler);
	for (guint i = 0; i < samples->samples->len; i++) {
		const struct fdar_sample *sample =
			&g_array_index(samples->samples, struct fdar_sample, i);

		g_assert_cmpuint(sample->pid, ==, (guint)child);
		named += has_function(samples, sample->node, "spin_in_here") ? 1 : 0;
		if (has_function(samples, sample->node, "call_spin"))
			called += !(sample->flags & FDAR_SAMPLE_CUT);
	}
	g_test_message("%u samples, %u named, %u with their caller", samples->samples->len, named,
		       called);
	/* A virtual machine's neighbours, and what starts a program, take their part. */
	g_assert_cmpuint(samples->samples->len, >=, 30);
	g_assert_cmpuint(named, >=, samples->samples->len / 2);
	g_assert_cmpuint(called, >=, named * 99 / 100);
	check_file(samples);
	fdar_samples_free(samples);
	fdar_sampler_free(sampler);
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--spin") == 0) {
		call_spin();
		return 0;
	}
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sampler/fde", test_fde);
	g_test_add_func("/sampler/fde_length", test_fde_length);
	g_test_add_func("/sampler/kallsyms", test_kallsyms);
	g_test_add_func("/sampler/lost_counted", test_lost_counted);
	g_test_add_func("/sampler/little_memory", test_little_memory);
	g_test_add_func("/sampler/no_files", test_no_files);
	g_test_add_func("/sampler/late", test_late);
	g_test_add_func("/sampler/sampled", test_sampled);
	return g_test_run();
}
