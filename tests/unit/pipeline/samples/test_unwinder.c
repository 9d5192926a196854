/* The process that reads the server's binaries: what it says of good ones, beside those that mean harm. */
#include "pipeline/samples/unwinder.h"

#include <elf.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include "pipeline/samples/space.h"
#include "pipeline/server/processes.h"

#define HOSTILE_START UINT64_C(0x10000000) /* where others are said to be mapped */
#define HOSTILE_BYTES UINT64_C(0x00100000)
#define STACK_MOST    8192u /* of ours: AddressSanitizer makes frames large */

/* Not static: its name is in the symbol table whatever is stripped of it. */
int find_me_here(int number);
int main(int argc, char **argv);

__attribute__((noinline)) int find_me_here(int number)
{
	return number + 1;
}

struct fixture {
	struct fdar_unwinder *unwinder;
	uint32_t space; /* this very program is mapped in it */
	char *folder;
};

static void map_self(struct fdar_unwinder *unwinder, uint32_t space)
{
	unsigned long long start, end, offset;
	char line[4096], rights[8], path[4096];
	FILE *maps = fopen("/proc/self/maps", "re");

	while (fgets(line, sizeof(line), maps)) {
		struct fdar_modules_map map;
		struct stat status;
		int fd;

		if (sscanf(line, "%llx-%llx %7s %llx %*s %*s %4095[^\n]", &start, &end, rights,
			   &offset, path) != 5 ||
		    !strchr(rights, 'x') || path[0] != '/')
			continue;
		map = (struct fdar_modules_map){ start, end, offset, path };
		fd = open(path, O_RDONLY | O_CLOEXEC);
		g_assert_cmpint(fstat(fd, &status), ==, 0);
		fdar_unwinder_map(unwinder, space, &map, status.st_ino, fd);
		close(fd);
	}
	fclose(maps);
}

static void set_up(struct fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	(void)data;
	f->unwinder = fdar_unwinder_start(&error);
	g_assert_no_error(error);
	f->space = fdar_unwinder_space(f->unwinder);
	f->folder = g_dir_make_tmp("test-unwinder-XXXXXX", NULL);
	map_self(f->unwinder, f->space);
}

static void tear_down(struct fixture *f, gconstpointer data)
{
	g_autoptr(GArray) left = NULL;

	(void)data;
	fdar_unwinder_free(f->unwinder);
	left = fdar_processes_below(getpid());
	g_assert_cmpuint(left->len, ==, 0);
	g_assert_cmpint(rmdir(f->folder), ==, 0);
	g_free(f->folder);
}

static pid_t worker_of(const struct fixture *f)
{
	g_autoptr(GArray) below = fdar_processes_below(fdar_unwinder_pid(f->unwinder));

	g_assert_cmpuint(below->len, ==, 1);
	return g_array_index(below, pid_t, 0);
}

static gboolean is_named(struct fixture *f)
{
	struct fdar_modules_function function = { 0 };

	return fdar_unwinder_function(f->unwinder, f->space, (uintptr_t)find_me_here + 1,
				      &function) &&
	       strcmp(function.name, "find_me_here") == 0 && function.kind == FDAR_SAMPLE_NAMED &&
	       strcmp(function.binary, "test_unwinder") == 0;
}

/* ---- good ones ---- */

static gboolean has_main(struct fixture *f, const struct fdar_space_stack *stack)
{
	struct fdar_modules_function function;

	for (guint i = 0; i < stack->count; i++)
		if (fdar_unwinder_function(f->unwinder, f->space, stack->address[i], &function) &&
		    strcmp(function.name, "main") == 0)
			return TRUE;
	return FALSE;
}

/* By the kernel, as the sampler gets it: across what AddressSanitizer has between the variables. */
static size_t copy_stack(uint64_t from, uint8_t *to, size_t most)
{
	struct iovec here = { to, most }, there = { (void *)(uintptr_t)from, most };
	gssize n = process_vm_readv(getpid(), &here, 1, &there, 1, 0);

	g_assert_cmpint(n, >, 0);
	return (size_t)n;
}

/* This very stack: the registers in the order of DWARF. */
static void test_answers(struct fixture *f, gconstpointer data)
{
	static const int order[] = { REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI,
				     REG_RBP, REG_RSP, REG_R8,  REG_R9,  REG_R10, REG_R11,
				     REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP };
	struct fdar_space_stack stack = { 0 };
	g_autofree uint8_t *copy = NULL;
	ucontext_t here;

	(void)data;
	g_assert_true(is_named(f));
	getcontext(&here);
	for (guint i = 0; i < G_N_ELEMENTS(order); i++)
		stack.registers[i] = (uint64_t)here.uc_mcontext.gregs[order[i]];
	copy = g_malloc(STACK_MOST);
	stack.length = copy_stack(stack.registers[7], copy, STACK_MOST);
	stack.bytes = copy;
	fdar_unwinder_unwind(f->unwinder, f->space, &stack);
	g_assert_cmpuint(stack.count, >=, 3);
	g_assert_true(has_main(f, &stack));
	g_assert_cmpstr(fdar_unwinder_feared(f->unwinder), ==, NULL);
	/* What is mapped in two pieces. */
	map_self(f->unwinder, f->space);
	g_assert_true(is_named(f));
	fdar_unwinder_drop(f->unwinder, f->space);
	g_assert_false(is_named(f));
}

/* Servers have many processes, each with its files; the recorder may have few open. */
static void test_many_spaces(struct fixture *f, gconstpointer data)
{
	struct rlimit before, few;
	struct fdar_unwinder *unwinder;

	(void)data;
	g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &before), ==, 0);
	few = before;
	few.rlim_cur = 32;
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &few), ==, 0);
	unwinder = fdar_unwinder_start(NULL);
	g_assert_nonnull(unwinder);
	fdar_unwinder_free(f->unwinder);
	f->unwinder = unwinder;
	for (guint i = 0; i < 8; i++) {
		f->space = fdar_unwinder_space(f->unwinder);
		map_self(f->unwinder, f->space);
		g_assert_true(is_named(f));
	}
	g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &before), ==, 0);
}

/* Whatever is in a file that it reads can do no more than this. */
static void test_no_rights(struct fixture *f, gconstpointer data)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)worker_of(f));
	g_autofree char *first = g_strdup_printf("/proc/%d/oom_score_adj", (int)worker_of(f));
	g_autofree char *status = NULL, *score = NULL;

	(void)data;
	g_assert_true(g_file_get_contents(first, &score, NULL, NULL));
	g_assert_cmpstr(score, ==, "1000\n");
	g_assert_true(g_file_get_contents(path, &status, NULL, NULL));
	g_assert_nonnull(strstr(status, "NoNewPrivs:\t1"));
	if (getuid() != 0) {
		g_test_skip("the rest needs root, to have rights that can be dropped");
		return;
	}
	g_assert_nonnull(strstr(status, "Uid:\t65534\t65534\t65534\t65534"));
	g_assert_nonnull(strstr(status, "Gid:\t65534\t65534\t65534\t65534"));
	g_assert_nonnull(strstr(status, "CapEff:\t0000000000000000"));
	g_assert_nonnull(strstr(status, "CapPrm:\t0000000000000000"));
}

/* Root without the right to become somebody else, as in some containers. */
static int is_refused(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct none[2] = { { 0 } };
	g_autoptr(GError) error = NULL;

	if (syscall(SYS_capset, &head, none) != 0)
		return 1;
	if (fdar_unwinder_start(&error))
		return 2;
	return strstr(error->message, "give up its rights") ? 0 : 3;
}

static void test_refused(struct fixture *f, gconstpointer data)
{
	int status = -1;
	pid_t child;

	(void)f;
	(void)data;
	if (getuid() != 0) {
		g_test_skip("needs root, to have rights that cannot be dropped");
		return;
	}
	child = fork();
	if (child == 0)
		_exit(is_refused());
	g_assert_cmpint(waitpid(child, &status, 0), ==, child);
	g_assert_cmpint(status, ==, 0);
}

/* ---- those that mean harm ---- */

/* The file of this program with some bytes replaced. */
struct harm {
	const char *name;
	uint64_t at;      /* in the file */
	uint64_t value;   /* what is written there */
	unsigned width;   /* in so many bytes; 0: nothing is */
	uint64_t cut_at;  /* 0: nothing is cut off */
	uint32_t segment; /* at: in the program header of this type */
};

#define IN_HEAD(field)    offsetof(Elf64_Ehdr, field), G_MAXUINT64, sizeof(((Elf64_Ehdr *)0)->field)
#define IN_SEGMENT(field) offsetof(Elf64_Phdr, field), G_MAXUINT64, sizeof(((Elf64_Phdr *)0)->field)

static const struct harm harms[] = {
	{ "empty", 0, 0, 0, 1, 0 },
	{ "head only", 0, 0, 0, sizeof(Elf64_Ehdr), 0 },
	{ "half of a page", 0, 0, 0, 2048, 0 },
	{ "cut", 0, 0, 0, 20000, 0 },
	{ "segments beyond counting", IN_HEAD(e_phnum), 0, 0 },
	{ "segments elsewhere", IN_HEAD(e_phoff), 0, 0 },
	{ "sections beyond counting", IN_HEAD(e_shnum), 0, 0 },
	{ "sections elsewhere", IN_HEAD(e_shoff), 0, 0 },
	{ "names of sections", IN_HEAD(e_shstrndx), 0, 0 },
	{ "a huge segment", IN_SEGMENT(p_filesz), 0, PT_LOAD },
	{ "a segment elsewhere", IN_SEGMENT(p_offset), 0, PT_LOAD },
	{ "huge tables", IN_SEGMENT(p_filesz), 0, PT_GNU_EH_FRAME },
	{ "tables elsewhere", IN_SEGMENT(p_offset), 0, PT_GNU_EH_FRAME },
	{ "tables at no address", IN_SEGMENT(p_vaddr), 0, PT_GNU_EH_FRAME },
	{ "a huge note", IN_SEGMENT(p_filesz), 0, PT_NOTE },
	{ "a huge dynamic section", IN_SEGMENT(p_filesz), 0, PT_DYNAMIC },
};

static const Elf64_Phdr *segment_of(const char *bytes, uint32_t type)
{
	const Elf64_Ehdr *head = (const void *)bytes;
	const Elf64_Phdr *segments = (const void *)(bytes + head->e_phoff);

	for (unsigned i = 0; i < head->e_phnum; i++)
		if (segments[i].p_type == type && (type != PT_LOAD || segments[i].p_flags & PF_X))
			return &segments[i];
	g_assert_not_reached();
}

static void do_harm(const struct harm *harm, char *bytes, gsize *length)
{
	uint64_t at = harm->at;

	if (harm->segment)
		at += (uint64_t)((const char *)segment_of(bytes, harm->segment) - bytes);
	memcpy(bytes + at, &harm->value, harm->width);
	*length = harm->cut_at ? harm->cut_at : *length;
}

/* Other frames than were there: the tables say so, seeded. */
static void do_random_harm(uint32_t seed, char *bytes)
{
	const Elf64_Phdr *tables = segment_of(bytes, PT_GNU_EH_FRAME);
	g_autoptr(GRand) random = NULL;

	random = g_rand_new_with_seed(seed);
	/* Frames lie behind their table. */
	for (guint i = 0; i < 200; i++)
		bytes[tables->p_offset + 12 +
		      (uint64_t)g_rand_int_range(random, 0, (gint32)(4 * tables->p_filesz))] =
			(char)g_rand_int(random);
}

/* A stack in the file that is mapped there, of addresses in it. */
static void unwind_in(struct fixture *f, uint32_t space, uint32_t seed)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(seed);
	struct fdar_space_stack stack = { .length = FDAR_PERF_STACK_BYTES };
	uint64_t words[FDAR_PERF_STACK_BYTES / 8];

	for (guint i = 0; i < G_N_ELEMENTS(words); i++)
		words[i] = HOSTILE_START + g_rand_int(random) % HOSTILE_BYTES;
	stack.bytes = (const uint8_t *)words;
	stack.registers[7] = UINT64_C(0x7f0000000000);
	stack.registers[16] = words[0];
	fdar_unwinder_unwind(f->unwinder, space, &stack);
	g_assert_cmpuint(stack.count, <=, FDAR_SAMPLES_DEPTH_MAX);
}

static void read_hostile(struct fixture *f, const char *bytes, gsize length, uint32_t seed)
{
	g_autofree char *path = g_strdup_printf("%s/hostile-%u", f->folder, seed);
	const struct fdar_modules_map map = { HOSTILE_START, HOSTILE_START + HOSTILE_BYTES, 0,
					      path };
	uint32_t space = fdar_unwinder_space(f->unwinder);
	struct fdar_modules_function function;
	int fd;

	g_assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	fdar_unwinder_map(f->unwinder, space, &map, seed, fd);
	close(fd);
	for (guint i = 0; i < 32; i++) {
		fdar_unwinder_function(f->unwinder, space, HOSTILE_START + 4093 * i, &function);
		unwind_in(f, space, seed + i);
	}
	fdar_unwinder_drop(f->unwinder, space);
	unlink(path);
}

/* However many it dies of: what is good is read by the next one. */
static void test_hostile(struct fixture *f, gconstpointer data)
{
	g_autofree char *bytes = NULL, *feared = NULL;
	gsize length;

	(void)data;
	g_assert_true(g_file_get_contents("/proc/self/exe", &bytes, &length, NULL));
	for (guint i = 0; i < G_N_ELEMENTS(harms) + 64; i++) {
		g_autofree char *copy = g_memdup2(bytes, length);
		guint worker = fdar_unwinder_worker(f->unwinder);
		gsize left = length;

		if (i < G_N_ELEMENTS(harms))
			do_harm(&harms[i], copy, &left);
		else
			do_random_harm(i, copy);
		read_hostile(f, copy, left, i + 1);
		if (fdar_unwinder_worker(f->unwinder) != worker)
			map_self(f->unwinder, f->space);
	}
	feared = fdar_unwinder_feared(f->unwinder);
	g_test_message("%u died: %s", fdar_unwinder_worker(f->unwinder), feared ? feared : "");
	g_assert_true(fdar_unwinder_gave_up(f->unwinder) || is_named(f));
	g_assert_cmpuint(fdar_unwinder_worker(f->unwinder), <=, 2);
}

/* Nor is a file opened again that is feared: what a file system does not answer to is waited for there, too. */
static void check_not_opened(struct fixture *f, const char *path, uint64_t inode)
{
	struct fdar_space *space = fdar_space_new(f->unwinder);
	g_autoptr(fdar_samples) samples = fdar_samples_new();
	const struct fdar_perf_record mapped = {
		.start = HOSTILE_START, .end = HOSTILE_START + 4096, .inode = inode, .path = path
	};
	int opened = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	char events[4096];

	g_assert_true(fdar_unwinder_fears(f->unwinder, inode, path));
	g_assert_cmpint(inotify_add_watch(opened, path, IN_OPEN), >=, 0);
	space = fdar_space_map(space, getpid(), &mapped);
	fdar_space_function(space, samples, HOSTILE_START + 1);
	g_assert_cmpint(read(opened, events, sizeof(events)), <, 0);
	close(opened);
	fdar_space_unref(space);
}

/* A file that is cut short while it is read: whoever reads it is ended (SIGBUS). */
static void test_cut_meanwhile(struct fixture *f, gconstpointer data)
{
	g_autofree char *bytes = NULL, *path = g_build_filename(f->folder, "cut", NULL);
	g_autofree char *feared = NULL;
	const struct fdar_modules_map map = { HOSTILE_START, HOSTILE_START + HOSTILE_BYTES, 0,
					      path };
	struct fdar_modules_function function;
	gsize length;
	int fd;

	(void)data;
	g_assert_true(g_file_get_contents("/proc/self/exe", &bytes, &length, NULL));
	g_assert_true(g_file_set_contents(path, bytes, (gssize)length, NULL));
	fd = open(path, O_RDWR | O_CLOEXEC);
	fdar_unwinder_map(f->unwinder, f->space, &map, 1, fd);
	g_assert_cmpint(ftruncate(fd, 0), ==, 0);
	g_assert_false(
		fdar_unwinder_function(f->unwinder, f->space, HOSTILE_START + 4096, &function));
	g_assert_cmpuint(fdar_unwinder_worker(f->unwinder), ==, 1);
	feared = fdar_unwinder_feared(f->unwinder);
	g_assert_cmpstr(feared, ==, path);
	/* The next one is not told of it, and knows the rest. */
	g_assert_cmpint(ftruncate(fd, (off_t)length), ==, 0);
	g_assert_cmpint(pwrite(fd, bytes, length, 0), ==, (ssize_t)length);
	map_self(f->unwinder, f->space);
	fdar_unwinder_map(f->unwinder, f->space, &map, 1, fd);
	g_assert_false(
		fdar_unwinder_function(f->unwinder, f->space, HOSTILE_START + 4096, &function));
	g_assert_cmpuint(fdar_unwinder_worker(f->unwinder), ==, 1);
	g_assert_true(is_named(f));
	check_not_opened(f, path, 1);
	close(fd);
	unlink(path);
}

static const char *name_in(struct fdar_space *space, fdar_samples *samples, uint64_t address)
{
	uint32_t function = fdar_space_function(space, samples, address);

	return g_array_index(samples->functions, struct fdar_sample_function, function).name;
}

/* What a worker could not say any more, the next one is asked for. */
static void test_names_come_back(struct fixture *f, gconstpointer data)
{
	struct fdar_space *space = fdar_space_new(f->unwinder);
	g_autoptr(fdar_samples) samples = fdar_samples_new();

	(void)data;
	fdar_space_map_all(space, getpid());
	g_assert_cmpstr(name_in(space, samples, (uintptr_t)main), ==, "main");
	kill(worker_of(f), SIGKILL);
	g_assert_cmpstr(name_in(space, samples, (uintptr_t)find_me_here), ==, "test_unwinder");
	g_assert_cmpstr(name_in(space, samples, (uintptr_t)find_me_here), ==, "find_me_here");
	fdar_space_unref(space);
}

/* A process that takes samples of itself says what it has mapped: a path of its choice. */
static void test_opens_files_only(struct fixture *f, gconstpointer data)
{
	struct fdar_space *space = fdar_space_new(f->unwinder);
	g_autoptr(fdar_samples) samples = fdar_samples_new();
	g_autofree char *folder = g_dir_make_tmp("flowdar-space-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(folder, "pipe", NULL);
	const struct fdar_perf_record mapped = { .start = 0x1000, .end = 0x2000, .path = path };
	int opened = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	char events[4096];

	(void)data;
	g_assert_cmpint(mkfifo(path, 0600), ==, 0);
	g_assert_cmpint(inotify_add_watch(opened, folder, IN_OPEN), >=, 0);
	space = fdar_space_map(space, getpid(), &mapped);
	g_assert_cmpstr(name_in(space, samples, 0x1500), !=, "main");
	g_assert_cmpint(read(opened, events, sizeof(events)), <, 0);
	close(opened);
	fdar_space_unref(space);
	unlink(path);
	rmdir(folder);
}

/* Who kills workers has samples without stacks, and they say so. */
static void test_gives_up(struct fixture *f, gconstpointer data)
{
	struct fdar_space_stack stack = { .registers[16] = 1 };

	(void)data;
	for (guint i = 0; i < FDAR_UNWINDER_DEATHS_MAX; i++) {
		g_assert_false(fdar_unwinder_gave_up(f->unwinder));
		map_self(f->unwinder, f->space);
		g_assert_true(is_named(f));
		kill(worker_of(f), SIGKILL);
		g_assert_false(is_named(f));
	}
	g_assert_true(fdar_unwinder_gave_up(f->unwinder));
	map_self(f->unwinder, f->space);
	fdar_unwinder_unwind(f->unwinder, f->space, &stack);
	g_assert_cmpuint(stack.count, ==, 0);
	g_assert_true(stack.cut);
	g_assert_null(fdar_unwinder_feared(f->unwinder));
}

/* Who stops the worker, or who makes workers, holds nobody up for long: there are other workers, or no names. */
static void test_stopped(struct fixture *f, gconstpointer data)
{
	pid_t maker = fdar_unwinder_pid(f->unwinder);
	gint64 begin_us = g_get_monotonic_time();

	(void)data;
	g_assert_true(is_named(f));
	kill(worker_of(f), SIGSTOP);
	g_assert_false(is_named(f));
	g_assert_false(fdar_unwinder_gave_up(f->unwinder));
	map_self(f->unwinder, f->space);
	g_assert_true(is_named(f));

	kill(maker, SIGSTOP);
	kill(worker_of(f), SIGKILL);
	g_assert_false(is_named(f));
	map_self(f->unwinder, f->space);
	g_assert_false(is_named(f));
	g_assert_true(fdar_unwinder_gave_up(f->unwinder));
	/* Where a processor can be had it is 10 s. */
	g_assert_cmpint(g_get_monotonic_time() - begin_us, <, 60 * G_USEC_PER_SEC);
}

#define CASE(name, function) \
	g_test_add("/unwinder/" name, struct fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	CASE("answers", test_answers);
	CASE("many-spaces", test_many_spaces);
	CASE("no-rights", test_no_rights);
	CASE("refused", test_refused);
	CASE("hostile", test_hostile);
	CASE("cut-meanwhile", test_cut_meanwhile);
	CASE("names-come-back", test_names_come_back);
	CASE("opens-files-only", test_opens_files_only);
	CASE("gives-up", test_gives_up);
	CASE("stopped", test_stopped);
	return find_me_here(g_test_run()) - 1;
}
