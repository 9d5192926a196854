/* The recorder's side of the control segment: rules, what the file holds, hostile counters, waiting. */
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "instrument/wire/control.h"
#include "pipeline/server/control.h"
#include "pipeline/server/control_counters.h"

struct fixture {
	char *folder;
	struct fdar_control_segment *segment;
	const struct fdar_control *server; /* the mapping of a process of the server */
	char *folder_of_counters;
};

static const char *const some_rules[] = { "ap_*",         "!apr_palloc*",  "bin:mod_*",
					  "!file:*util*", "thread:worker", NULL };

static void set_up(struct fixture *f, gconstpointer rules)
{
	struct fdar_control_settings settings = { .functions = rules,
						  .minimum_ns = 2000,
						  .depth_max = 7,
						  .budget_ppm = 50000,
						  .io_sessions = TRUE,
						  .io_bytes = 64 };
	int fd;

	f->folder = g_dir_make_tmp("flowdar-test-control-XXXXXX", NULL);
	f->segment = fdar_control_segment_make(f->folder, "flowdar-1-2", &settings, NULL);
	g_assert_nonnull(f->segment);
	fd = open(fdar_control_segment_path(f->segment), O_RDONLY);
	g_assert_cmpint(fd, >=, 0);
	f->server = mmap(NULL, FDAR_CONTROL_BYTES, PROT_READ, MAP_SHARED, fd, 0);
	g_assert_true(f->server != MAP_FAILED);
	close(fd);
	f->folder_of_counters =
		g_strconcat(fdar_control_segment_path(f->segment), FDAR_CONTROL_COUNTERS, NULL);
}

/* The file of a process of the server. */
static struct fdar_control_counters *add_process(const struct fixture *f, const char *name,
						 pid_t pid)
{
	g_autofree char *path = g_build_filename(f->folder_of_counters, name, NULL);
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
	struct fdar_control_counters *counters;

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(ftruncate(fd, FDAR_CONTROL_COUNTERS_BYTES), ==, 0);
	counters =
		mmap(NULL, FDAR_CONTROL_COUNTERS_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	g_assert_true(counters != MAP_FAILED);
	close(fd);
	counters->magic = FDAR_CONTROL_MAGIC;
	counters->struct_bytes = sizeof(*counters);
	counters->pid = pid;
	return counters;
}

static void leave(struct fdar_control_counters *counters)
{
	munmap(counters, FDAR_CONTROL_COUNTERS_BYTES);
}

static void tear_down(struct fixture *f, gconstpointer rules)
{
	(void)rules;
	munmap((void *)f->server, FDAR_CONTROL_BYTES);
	fdar_control_segment_free(f->segment);
	/* Nothing of it is left: the folder is empty. */
	g_assert_cmpint(g_rmdir(f->folder), ==, 0);
	g_free(f->folder);
	g_free(f->folder_of_counters);
}

static void test_contents(struct fixture *f, gconstpointer rules)
{
	static const char expected[] = "ap_*\0!apr_palloc*\0bin:mod_*\0"
				       "!file:*util*\0thread:worker";
	struct stat st;

	(void)rules;
	g_assert_cmpint(stat(fdar_control_segment_path(f->segment), &st), ==, 0);
	g_assert_cmpint(st.st_size, ==, FDAR_CONTROL_BYTES);
	g_assert_cmpint(st.st_mode & 0777, ==, 0444);
	g_assert_cmpint(stat(f->folder_of_counters, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 07777, ==, 01733);
	g_assert_cmpuint(f->server->magic, ==, FDAR_CONTROL_MAGIC);
	g_assert_cmpuint(f->server->bytes, ==, FDAR_CONTROL_BYTES);
	g_assert_cmpuint(f->server->struct_bytes, ==, sizeof(struct fdar_control));
	g_assert_cmpstr(f->server->recording, ==, "flowdar-1-2");
	g_assert_cmpuint(f->server->recording_on, ==, 0);
	g_assert_cmpuint(f->server->gate, ==, FDAR_CONTROL_OPEN);
	g_assert_cmpuint(f->server->minimum_ns, ==, 2000);
	g_assert_cmpuint(f->server->depth_max, ==, 7);
	g_assert_cmpuint(f->server->budget_ppm, ==, 50000);
	g_assert_cmpuint(f->server->io_sessions, ==, 1);
	g_assert_cmpuint(f->server->io_bytes, ==, 64);
	g_assert_cmpuint(f->server->rules_bytes, ==, sizeof(expected));
	g_assert_true(memcmp(f->server->rules, expected, sizeof(expected)) == 0);
}

static void test_telling(struct fixture *f, gconstpointer rules)
{
	uint32_t generation = f->server->generation, alive = f->server->alive;

	(void)rules;
	fdar_control_segment_switch(f->segment, TRUE);
	g_assert_cmpuint(f->server->recording_on, ==, 1);
	g_assert_cmpuint(f->server->generation, ==, generation + 1);
	while (__atomic_load_n(&f->server->alive, __ATOMIC_RELAXED) < alive + 2)
		g_usleep(1000);
	fdar_control_segment_announce(f->segment);
	g_assert_cmpuint(f->server->generation, ==, generation + 2);
	fdar_control_segment_gate(f->segment, TRUE);
	g_assert_cmpuint(f->server->gate, ==, FDAR_CONTROL_WAIT);
	fdar_control_segment_gate(f->segment, TRUE);
	fdar_control_segment_gate(f->segment, FALSE);
	g_assert_cmpuint(f->server->gate, ==, FDAR_CONTROL_OPEN);
}

/* Rules that fit no function, but for those about threads. */
static void test_unmet(struct fixture *f, gconstpointer rules)
{
	struct fdar_control_counters *one = add_process(f, "1-1", 11);
	struct fdar_control_counters *two = add_process(f, "1-2", 12);
	struct fdar_control_counts counts;
	guint from = 0;

	one->rules_met[0] = 1 << 1;
	two->rules_met[0] = 1 << 2;
	two->ruled = 1;
	fdar_control_segment_count(f->segment, &counts);
	g_assert_cmpuint(counts.ruled, ==, 1);
	g_assert_cmpstr(fdar_control_segment_unmet(f->segment, rules, &from), ==, "ap_*");
	g_assert_cmpuint(from, ==, 1);
	g_assert_cmpstr(fdar_control_segment_unmet(f->segment, rules, &from), ==, "!file:*util*");
	g_assert_null(fdar_control_segment_unmet(f->segment, rules, &from));
	g_assert_null(fdar_control_segment_unmet(f->segment, NULL, &from));
	leave(one);
	leave(two);
}

/* What the recorder leaves when it is done: an open gate, and nothing on. */
static void test_end(struct fixture *f, gconstpointer rules)
{
	(void)rules;
	fdar_control_segment_switch(f->segment, TRUE);
	fdar_control_segment_gate(f->segment, TRUE);
	g_clear_pointer(&f->segment, fdar_control_segment_free);
	g_assert_cmpuint(f->server->gate, ==, FDAR_CONTROL_OPEN);
	g_assert_cmpuint(f->server->recording_on, ==, 0);
}

/* The recorder was killed, and its watchdog has only the path. */
static void test_release(struct fixture *f, gconstpointer rules)
{
	uint32_t generation;

	(void)rules;
	fdar_control_segment_switch(f->segment, TRUE);
	fdar_control_segment_gate(f->segment, TRUE);
	generation = f->server->generation;
	fdar_control_release(fdar_control_segment_path(f->segment));
	g_assert_cmpuint(f->server->gate, ==, FDAR_CONTROL_OPEN);
	g_assert_cmpuint(f->server->recording_on, ==, 0);
	g_assert_cmpuint(f->server->generation, ==, generation + 1);
	fdar_control_release("/nonexistent/control");
}

struct flusher {
	const struct fdar_control *server;
	struct fdar_control_counters *counters;
};

static gpointer flush_later(gpointer data)
{
	const struct flusher *flusher = data;

	while (!__atomic_load_n(&flusher->server->flush, __ATOMIC_ACQUIRE))
		g_usleep(1000);
	g_usleep(20000);
	__atomic_store_n(&flusher->counters->flushed,
			 __atomic_load_n(&flusher->server->flush, __ATOMIC_ACQUIRE),
			 __ATOMIC_RELEASE);
	return NULL;
}

static void test_flush(struct fixture *f, gconstpointer rules)
{
	struct flusher flusher = { f->server, NULL };
	GThread *thread;
	gint64 began;

	(void)rules;
	flusher.counters = add_process(f, "1-1", getpid());
	thread = g_thread_new("server", flush_later, &flusher);
	fdar_control_segment_flush(f->segment, 60000);
	g_assert_cmpuint(flusher.counters->flushed, ==, 1);
	g_thread_join(thread);
	/* Nobody does it: not for ever. */
	began = g_get_monotonic_time();
	fdar_control_segment_flush(f->segment, 50);
	g_assert_cmpint(g_get_monotonic_time() - began, >=, 50000);
	leave(flusher.counters);
}

/* A process that has ended is not waited for, and what it counted stays. */
static void test_ended(struct fixture *f, gconstpointer rules)
{
	struct fdar_control_counters *counters;
	struct fdar_control_counts counts;
	struct stat space;
	pid_t pid = fork();
	gint64 began = g_get_monotonic_time();
	g_autoptr(GArray) processes = NULL;
	g_autofree char *file = g_build_filename(f->folder_of_counters, "2-1", NULL);

	(void)rules;
	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	g_assert_cmpint(stat("/proc/self/ns/pid", &space), ==, 0);
	counters = add_process(f, "2-1", pid);
	counters->calls = 7;
	counters->stripes[3].events[FDAR_CONTROL_EVENTS_IO] = 4;
	counters->stripes[5].events[FDAR_CONTROL_EVENTS_IO] = 5;
	/* Of a namespace that we do not see: it may live. */
	fdar_control_segment_count(f->segment, &counts);
	g_assert_cmpuint(counts.calls, ==, 7);
	g_assert_true(g_file_test(file, G_FILE_TEST_EXISTS));
	counters->pid_space = space.st_ino;
	fdar_control_segment_flush(f->segment, 60000);
	g_assert_cmpint(g_get_monotonic_time() - began, <, 30000000);
	fdar_control_segment_count(f->segment, &counts);
	g_assert_false(g_file_test(file, G_FILE_TEST_EXISTS));
	g_assert_cmpuint(counts.calls, ==, 7);
	g_assert_cmpuint(counts.processes, ==, 1);
	processes = fdar_control_segment_processes(f->segment);
	g_assert_cmpuint(processes->len, ==, 1);
	g_assert_cmpint(g_array_index(processes, struct fdar_control_process, 0).pid, ==, pid);
	g_assert_cmpuint(g_array_index(processes, struct fdar_control_process, 0)
				 .events[FDAR_CONTROL_EVENTS_IO],
			 ==, 9);
	leave(counters);
}

/* One that was killed, of a library that had no slots: what its threads had is in no count. */
static void leave_old(struct fixture *f, pid_t pid, ino_t pid_space)
{
	struct fdar_control_counters *counters = add_process(f, "3-old", pid);

	counters->pid_space = pid_space;
	counters->told = counters->live = 1;
	counters->calls = 100;
	counters->struct_bytes = offsetof(struct fdar_control_counters, price_measured);
	leave(counters);
}

/* Who ended without a word took along what was not written; who said so, or had no functions, did not. */
static void test_killed(struct fixture *f, gconstpointer rules)
{
	struct fdar_control_counts counts;
	g_autoptr(GArray) ends = NULL;
	struct stat space;
	siginfo_t info;
	pid_t pid = fork();

	(void)rules;
	if (pid == 0)
		_exit(0);
	/* Whose parent has not asked for it yet. */
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	g_assert_cmpint(stat("/proc/self/ns/pid", &space), ==, 0);
	for (unsigned bits = 0; bits < 16; bits++) {
		g_autofree char *name = g_strdup_printf("3-%u", bits);
		struct fdar_control_counters *counters = add_process(f, name, pid);

		counters->pid_space = space.st_ino;
		counters->told = bits & 1;
		counters->live = bits >> 1 & 1;
		counters->ended = bits >> 2 & 1;
		counters->slotless = 3;
		if (counters->live) {
			counters->calls = 100;
			/* Three that the server has marked, among five connections. */
			counters->sessions = 8;
			counters->io_sessions = 5;
			counters->slots[0].calls = 70;
			counters->slots[FDAR_CONTROL_SLOTS - 1].calls = 43;
		}
		/* From before there was that word. */
		if (bits >> 3)
			counters->struct_bytes = offsetof(struct fdar_control_counters, ended);
		leave(counters);
	}
	leave_old(f, pid, space.st_ino);
	fdar_control_segment_count(f->segment, &counts);
	g_assert_cmpuint(counts.processes, ==, 17);
	g_assert_cmpuint(counts.killed, ==, 2);
	g_assert_cmpuint(counts.cut, ==, 13);
	g_assert_cmpuint(counts.cut_unknown, ==, 2);
	g_assert_cmpuint(counts.sessions, ==, 8 * 5);
	g_assert_cmpuint(counts.calls, ==, 9 * 100 + 13);
	/* Also of the one without functions it is known when. */
	ends = fdar_control_segment_ends(f->segment);
	g_assert_cmpuint(ends->len, ==, 3);
	g_assert_cmpint(g_array_index(ends, struct fdar_control_end, 1).pid, ==, pid);
	waitpid(pid, NULL, 0);
	fdar_control_segment_count(f->segment, &counts);
	g_assert_cmpuint(counts.killed, ==, 2);
	g_assert_cmpuint(counts.cut, ==, 13);
}

/* Another process has the number of one that was killed: ours. */
static void test_number_again(struct fixture *f, gconstpointer rules)
{
	struct fdar_control_counts counts;
	struct fdar_control_counters *counters;
	struct stat space;
	pid_t pid = fork();

	(void)rules;
	if (pid == 0)
		for (;;)
			pause();
	g_assert_cmpint(stat("/proc/self/ns/pid", &space), ==, 0);
	counters = add_process(f, "4-1", pid);
	counters->pid_space = space.st_ino;
	counters->told = counters->live = 1;
	counters->calls = 100;
	counters->slots[0].calls = 103;
	fdar_control_segment_notice(f->segment);
	fdar_control_segment_count(f->segment, &counts);
	g_assert_cmpuint(counts.killed, ==, 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	counters->pid = getpid();
	fdar_control_segment_count(f->segment, &counts);
	g_assert_cmpuint(counts.processes, ==, 1);
	g_assert_cmpuint(counts.killed, ==, 1);
	g_assert_cmpuint(counts.cut, ==, 3);
	leave(counters);
}

/* Who was never told of is missed by that. */
static void test_unready(struct fixture *f, gconstpointer rules)
{
	struct fdar_control_counters *late = add_process(f, "1-1", 19);
	struct fdar_control_counters *silent = add_process(f, "1-2", 12);
	struct fdar_control_counters *other = add_process(f, "1-3", 11);
	struct fdar_control_counts counts;
	g_autoptr(GArray) pids = NULL;

	(void)rules;
	late->unready = late->told = other->unready = other->told = 1;
	silent->unready = 1;
	/* Where they are nobody can look whether they have ended. */
	fdar_control_segment_count(f->segment, &counts);
	fdar_control_segment_count(f->segment, &counts);
	g_assert_cmpuint(counts.processes, ==, 3);
	g_assert_cmpuint(counts.unready, ==, 2);
	pids = fdar_control_segment_unready(f->segment);
	g_assert_cmpuint(pids->len, ==, 2);
	g_assert_cmpint(g_array_index(pids, int32_t, 0), ==, 11);
	g_assert_cmpint(g_array_index(pids, int32_t, 1), ==, 19);
	leave(late);
	leave(silent);
	leave(other);
}

static void test_counts(struct fixture *f, gconstpointer rules)
{
	struct fdar_control_counters *one = add_process(f, "1-1", 11);
	struct fdar_control_counters *two = add_process(f, "1-2", 12);
	struct fdar_control_counts counts;

	(void)rules;
	one->calls = UINT64_MAX;
	one->lost = 5;
	one->functions = 100;
	two->calls = 3;
	two->functions = 50;
	two->live = 90;
	two->hooked = 1;
	fdar_control_segment_count(f->segment, &counts);
	g_assert_cmpuint(counts.processes, ==, 2);
	g_assert_cmpuint(counts.calls, ==, UINT64_MAX);
	g_assert_cmpuint(counts.lost, ==, 5);
	g_assert_cmpuint(counts.functions, ==, 150);
	g_assert_cmpuint(counts.live, ==, 90);
	g_assert_cmpuint(counts.hooked, ==, 1);
	leave(one);
	leave(two);
}

/* The server's users may put anything there, and it is all gone in the end. */
static void test_hostile_files(struct fixture *f, gconstpointer rules)
{
	static const char *const names[] = { "fifo", "link", "folder", "short", "foreign", "zero" };
	struct fdar_control_counters *good = add_process(f, "1-1", 11);
	struct fdar_control_counts counts;
	g_autofree char *paths[G_N_ELEMENTS(names)] = { NULL };

	(void)rules;
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		paths[i] = g_build_filename(f->folder_of_counters, names[i], NULL);
	g_assert_cmpint(mkfifo(paths[0], 0600), ==, 0);
	g_assert_cmpint(symlink("/dev/zero", paths[1]), ==, 0);
	g_assert_cmpint(g_mkdir(paths[2], 0700), ==, 0);
	g_assert_true(g_file_set_contents(paths[3], "flowdar2", 8, NULL));
	leave(add_process(f, "foreign", -5));
	leave(add_process(f, "zero", 0));
	good->calls = 1;
	fdar_control_segment_count(f->segment, &counts);
	g_assert_cmpuint(counts.processes, ==, 1);
	g_assert_cmpuint(counts.calls, ==, 1);
	leave(good);
	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++)
		g_clear_pointer(&paths[i], g_free);
}

/* No other user can write it, stop others by it, or cut it short under them. */
/* One of the server's processes may make as many as it likes, before which nobody looks at the others'. */
static void test_flood(struct fixture *f, gconstpointer rules)
{
	struct fdar_control_counters *one = add_process(f, "one", getpid());
	struct fdar_control_counts counts;
	int folder = open(f->folder_of_counters, O_RDONLY | O_DIRECTORY);

	(void)rules;
	one->calls = 5;
	fdar_control_segment_count(f->segment, &counts);
	g_assert_cmpuint(counts.calls, ==, 5);
	g_assert_false(counts.unread);
	for (unsigned i = 0; i < FDAR_CONTROL_FILES_MAX; i++) {
		char name[16];
		int fd;

		g_snprintf(name, sizeof(name), "%u", i);
		fd = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL, 0600);
		g_assert_cmpint(fd, >=, 0);
		close(fd);
	}
	fdar_control_segment_count(f->segment, &counts);
	g_assert_true(counts.unread);
	/* That they have gone by now does not bring back what was not counted. */
	for (unsigned i = 0; i < FDAR_CONTROL_FILES_MAX; i++) {
		char name[16];

		g_snprintf(name, sizeof(name), "%u", i);
		g_assert_cmpint(unlinkat(folder, name, 0), ==, 0);
	}
	fdar_control_segment_count(f->segment, &counts);
	g_assert_true(counts.unread);
	g_assert_cmpuint(counts.calls, ==, 5);
	close(folder);
	leave(one);
}

static void test_others(struct fixture *f, gconstpointer rules)
{
	int status = 0;
	pid_t pid;

	(void)rules;
	if (getuid() != 0) {
		g_test_skip("needs root, to be somebody else");
		return;
	}
	g_assert_cmpint(chmod(f->folder, 0711), ==, 0);
	pid = fork();
	if (pid == 0) {
		const char *path = fdar_control_segment_path(f->segment);
		gboolean good = setgid(65534) == 0 && setuid(65534) == 0;

		good = good && access(path, R_OK) == 0;
		good = good && open(path, O_RDWR) < 0 && errno == EACCES;
		good = good && truncate(path, 0) != 0 && errno == EACCES;
		good = good && chmod(path, 0666) != 0 && unlink(path) != 0;
		/* It may add a file, and see none. */
		good = good && g_dir_open(f->folder_of_counters, 0, NULL) == NULL;
		good = good && chdir(f->folder_of_counters) == 0 &&
		       open("9-9", O_RDWR | O_CREAT | O_EXCL, 0600) >= 0;
		good = good && unlink("1-1") != 0 && rename("1-1", "1-2") != 0;
		_exit(good ? 0 : 1);
	}
	waitpid(pid, &status, 0);
	g_assert_true(WIFEXITED(status));
	g_assert_cmpint(WEXITSTATUS(status), ==, 0);
}

static void test_rules(void)
{
	static const char *const wrong[] = { "", ",", "a,", ",a", "a,,b", "!", "bin:", "!file:" };
	g_auto(GStrv) rules = fdar_control_rules_parse(" ap_* , !bin:x", NULL);
	g_autofree char *large = g_strnfill(FDAR_CONTROL_RULES_BYTES, 'x');
	g_autoptr(GError) error = NULL;

	g_assert_cmpuint(g_strv_length(rules), ==, 2);
	g_assert_cmpstr(rules[0], ==, "ap_*");
	g_assert_cmpstr(rules[1], ==, "!bin:x");
	for (size_t i = 0; i < G_N_ELEMENTS(wrong); i++) {
		g_assert_null(fdar_control_rules_parse(wrong[i], &error));
		g_assert_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
		g_clear_error(&error);
	}
	g_assert_null(fdar_control_rules_parse(large, &error));
	g_assert_nonnull(strstr(error->message, "32768 bytes"));
}

/* Every reason has words of its own, also one that a newer library might give. */
static void test_reasons(void)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (unsigned status = 0; status <= FDAR_PATCH_STATUSES; status++)
		g_assert_true(g_hash_table_add(seen, (gpointer)fdar_patch_status_text(
							     (enum fdar_patch_status)status)));
}

static void test_no_folder(void)
{
	struct fdar_control_settings settings = { 0 };
	g_autoptr(GError) error = NULL;

	g_assert_null(fdar_control_segment_make("/nonexistent/folder", "x", &settings, &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static int listen_as(pid_t pid)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int length = g_snprintf(address.sun_path + 1, 32, "flowdar/%d", (int)pid);
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	g_assert_cmpint(bind(fd, (struct sockaddr *)&address,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
					 (size_t)length)),
			==, 0);
	g_assert_cmpint(listen(fd, 1), ==, 0);
	return fd;
}

static void test_tell(void)
{
	int listener = listen_as(getpid()), one;
	char text[64] = "";
	g_autoptr(GError) error = NULL;

	g_assert_true(fdar_control_tell(getpid(), "/dev/shm/x/control", &error));
	g_assert_no_error(error);
	one = accept(listener, NULL, NULL);
	g_assert_cmpint(recv(one, text, sizeof(text), 0), ==, sizeof("/dev/shm/x/control"));
	g_assert_cmpstr(text, ==, "/dev/shm/x/control");
	close(one);
	close(listener);
	g_assert_false(fdar_control_tell(getpid(), "/dev/shm/x/control", &error));
	g_assert_nonnull(strstr(error->message, "does not listen"));
}

/* Somebody else has the name of a process: it is told nothing. */
static void test_tell_stranger(void)
{
	pid_t victim = getppid();
	int listener = listen_as(victim), one;
	char text[64] = "";
	g_autoptr(GError) error = NULL;

	g_assert_false(fdar_control_tell(victim, "/dev/shm/x/control", &error));
	g_assert_error(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
	g_assert_nonnull(strstr(error->message, "has taken the name"));
	one = accept(listener, NULL, NULL);
	g_assert_cmpint(recv(one, text, sizeof(text), 0), ==, 0);
	close(one);
	close(listener);
}

#define CASE(name, rules, function) \
	g_test_add("/control/" name, struct fixture, rules, set_up, function, tear_down)

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	CASE("contents", some_rules, test_contents);
	CASE("telling", NULL, test_telling);
	CASE("unmet", some_rules, test_unmet);
	CASE("end", NULL, test_end);
	CASE("release", NULL, test_release);
	CASE("flush", NULL, test_flush);
	CASE("unready", NULL, test_unready);
	CASE("counts", NULL, test_counts);
	CASE("ended", NULL, test_ended);
	CASE("killed", NULL, test_killed);
	CASE("number-again", NULL, test_number_again);
	CASE("hostile-files", NULL, test_hostile_files);
	CASE("flood", NULL, test_flood);
	CASE("others", NULL, test_others);
	g_test_add_func("/control/tell-stranger", test_tell_stranger);
	g_test_add_func("/control/rules", test_rules);
	g_test_add_func("/control/reasons", test_reasons);
	g_test_add_func("/control/no-folder", test_no_folder);
	g_test_add_func("/control/tell", test_tell);
	return g_test_run();
}
