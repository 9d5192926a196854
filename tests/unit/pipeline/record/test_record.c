/* The parts of recording that need no session daemon: options, the folder, waiting, processes. The
 * rest is in tests/e2e/record_*.sh. */
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pipeline/lttng/timeout.h"
#include "pipeline/server/processes.h"
#include "pipeline/record/record.h"
#include "pipeline/record/record_folder.h"
#include "pipeline/server/server.h"
#include "pipeline/lttng/tracing.h"
#include "pipeline/record/record_memory.h"
#include "pipeline/lttng/tracing_channels.h"
#include "pipeline/record/tracing_watch.h"
#include "pipeline/events/event.h"

static char *scratch(void)
{
	char *dir = g_dir_make_tmp("flowdar-test-record-XXXXXX", NULL);

	g_assert_nonnull(dir);
	return dir;
}

/* ---- options ---- */

static void test_detail(void)
{
	enum fdar_detail detail = FDAR_DETAIL_SESSION;

	g_assert_true(fdar_detail_parse("function", &detail));
	g_assert_cmpint(detail, ==, FDAR_DETAIL_FUNCTION);
	g_assert_cmpstr(fdar_detail_name(FDAR_DETAIL_IO), ==, "io");
	g_assert_false(fdar_detail_parse("functions", &detail));
	g_assert_false(fdar_detail_parse("", &detail));
	g_assert_cmpint(detail, ==, FDAR_DETAIL_FUNCTION);
}

static void assert_refused(const struct fdar_record_options *options, const char *says)
{
	static const volatile int stop = 0;
	struct fdar_recording_info info = { 0 }, empty = { 0 };
	g_autoptr(GError) error = NULL;

	g_assert_false(fdar_record_run(options, &stop, NULL, NULL, &info, &error));
	g_assert_nonnull(error);
	g_assert_nonnull(strstr(error->message, says));
	g_assert_true(memcmp(&info, &empty, sizeof(info)) == 0);
	g_assert_false(g_file_test(options->output, G_FILE_TEST_EXISTS));
}

static void test_options(void)
{
	g_autofree char *dir = scratch();
	g_autofree char *output = g_build_filename(dir, "out", NULL);
	char *none[] = { NULL }, *some[] = { (char *)"true", NULL };
	struct fdar_record_options options = { .output = output, .command = none };

	assert_refused(&options, "no command");
	options.command = some;
	options.tracing.subbuffer_bytes = 5000;
	assert_refused(&options, "power of two");
	options.tracing.subbuffer_bytes = 2048;
	assert_refused(&options, "4096");
	options.tracing.subbuffer_bytes = 0;
	options.tracing.subbuffer_count = 3;
	assert_refused(&options, "power of two");
	g_rmdir(dir);
}

static void test_buffers(void)
{
	struct fdar_record_options options = { 0 };
	uint64_t bytes;
	unsigned count;

	fdar_tracing_buffers(&options.tracing, &bytes, &count);
	g_assert_cmpuint(bytes, ==, 1 << 20);
	g_assert_cmpuint(count, >=, 2);
	g_assert_cmpuint(count, <=, 8);
	options.tracing.subbuffer_bytes = 1 << 16;
	options.tracing.subbuffer_count = 64;
	fdar_tracing_buffers(&options.tracing, &bytes, &count);
	g_assert_cmpuint(bytes, ==, 1 << 16);
	g_assert_cmpuint(count, ==, 64);
}

/* What is asked of the machine follows from the memory. */
static void test_buffers_memory(void)
{
	struct fdar_record_options options = { .tracing = { .detail = FDAR_DETAIL_FUNCTION } };
	uint64_t bytes, usual = fdar_tracing_buffer_bytes(&options.tracing),
			cpus = g_get_num_processors();
	unsigned count;

	options.tracing.memory_bytes = UINT64_C(16) << 20;
	g_assert_cmpuint(fdar_tracing_buffer_bytes(&options.tracing), <=, usual);
	fdar_tracing_buffers(&options.tracing, &bytes, &count);
	g_assert_cmpuint(cpus * bytes * count, <=,
			 MAX(options.tracing.memory_bytes / 4, cpus << 18));
	options.tracing.lossless = TRUE;
	fdar_tracing_buffers(&options.tracing, &bytes, &count);
	g_assert_cmpuint(bytes, >=, 1 << 20);
	g_assert_cmpuint(count, >=, 4);
	options.tracing.lossless = FALSE;
	options.tracing.snapshot = TRUE;
	options.tracing.memory_bytes = UINT64_C(64) << 20;
	g_assert_cmpuint(fdar_tracing_buffer_bytes(&options.tracing), <=,
			 (UINT64_C(32) << 20) + (cpus << 20));
	options.tracing.detail = FDAR_DETAIL_IO;
	g_assert_cmpuint(fdar_tracing_buffer_bytes(&options.tracing), <=,
			 (UINT64_C(32) << 20) + (cpus << 20));
	g_assert_cmpuint(fdar_tracing_buffer_bytes(&options.tracing), >=, UINT64_C(16) << 20);
}

static void assert_conflict(const struct fdar_record_options *options, const char *says)
{
	g_autoptr(GError) error = NULL;

	g_assert_false(fdar_record_options_check(options, &error));
	g_assert_nonnull(strstr(error->message, says));
}

static void test_conflicts(void)
{
	static char *command[] = { (char *)"true", NULL };
	static const pid_t pid = 1;
	const struct fdar_record_options good = { .command = command,
						  .tracing = { .detail = FDAR_DETAIL_FUNCTION } };
	struct fdar_record_options options = good;

	g_assert_true(fdar_record_options_check(&good, NULL));
	options.attach = &pid;
	options.attach_count = 1;
	assert_conflict(&options, "not both");
	options.command = NULL;
	g_assert_true(fdar_record_options_check(&options, NULL));
	options.tracing.lossless = TRUE;
	assert_conflict(&options, "lossless");
	options = good;
	options.tracing.snapshot = TRUE;
	g_assert_true(fdar_record_options_check(&options, NULL));
	options.tracing.lossless = TRUE;
	assert_conflict(&options, "cannot be lossless");
	options = good;
	options.trigger_ns = 1;
	assert_conflict(&options, "a trigger is for snapshots");
	options = good;
	options.tracing.memory_bytes = 1 << 20;
	assert_conflict(&options, "too small");
	options = good;
	options.tracing.detail = FDAR_DETAIL_SESSION;
	options.settings.minimum_ns = 1;
	assert_conflict(&options, "--detail function");
}

static void test_rivals(void)
{
	g_assert_true(fdar_tracing_channels_take("*", FDAR_DETAIL_SESSION));
	g_assert_true(fdar_tracing_channels_take("flowdar:*", FDAR_DETAIL_SESSION));
	g_assert_true(fdar_tracing_channels_take("flowdar:session_begin", FDAR_DETAIL_SESSION));
	g_assert_true(fdar_tracing_channels_take("flowdar:func_entry", FDAR_DETAIL_FUNCTION));
	g_assert_false(fdar_tracing_channels_take("flowdar:func_entry", FDAR_DETAIL_SESSION));
	g_assert_false(fdar_tracing_channels_take("lttng_ust_statedump:*", FDAR_DETAIL_ALL));
	g_assert_false(fdar_tracing_channels_take("myapp:*", FDAR_DETAIL_ALL));
}

/* ---- the folder ---- */

static void assert_folder_refused(const char *path, const char *says)
{
	struct fdar_record_folder folder = { .fd = -1 };
	g_autoptr(GError) error = NULL;

	g_assert_false(fdar_record_folder_make(path, &folder, &error));
	g_assert_nonnull(strstr(error->message, says));
	g_assert_null(folder.path);
}

static void test_folder(void)
{
	g_autofree char *dir = scratch();
	g_autofree char *deep = g_build_filename(dir, "a", "b", NULL);
	g_autofree char *below = g_build_filename(deep, "trace", "ust", NULL);
	g_autofree char *file = g_build_filename(below, "channel0_0", NULL);
	g_autofree char *parent = g_build_filename(dir, "a", NULL);
	struct fdar_record_folder folder = { .fd = -1 };

	g_assert_true(fdar_record_folder_make(deep, &folder, NULL));
	g_assert_true(folder.made);
	g_assert_true(g_path_is_absolute(folder.trace));
	g_assert_cmpuint(fdar_record_folder_bytes(&folder), ==, 0);
	g_assert_cmpint(g_mkdir_with_parents(below, 0755), ==, 0);
	g_assert_true(g_file_set_contents(file, "12345", 5, NULL));
	g_assert_cmpuint(fdar_record_folder_bytes(&folder), ==, 5);
	assert_folder_refused(deep, "is not empty");
	assert_folder_refused(file, "is a file");
	fdar_record_folder_remove(&folder);
	g_assert_false(g_file_test(deep, G_FILE_TEST_EXISTS));
	fdar_record_folder_clear(&folder);

	/* One that was there stays there. */
	g_assert_true(fdar_record_folder_make(parent, &folder, NULL));
	g_assert_false(folder.made);
	fdar_record_folder_remove(&folder);
	g_assert_true(g_file_test(parent, G_FILE_TEST_IS_DIR));
	fdar_record_folder_clear(&folder);
	g_rmdir(parent);
	g_rmdir(dir);
}

/* Whatever becomes of its name, what is written stays in the directory that was made. */
static void test_folder_held(void)
{
	g_autofree char *dir = scratch();
	g_autofree char *name = g_build_filename(dir, "rec", NULL);
	g_autofree char *moved = g_build_filename(dir, "moved", NULL);
	g_autofree char *trap = g_build_filename(dir, "trap", NULL);
	g_autofree char *written = NULL, *kept = g_build_filename(moved, "note", NULL);
	g_autofree char *said = NULL, *message = NULL;
	struct fdar_record_folder folder = { .fd = -1 };
	struct stat st;

	g_assert_true(fdar_record_folder_make(name, &folder, NULL));
	g_assert_cmpint(stat(name, &st), ==, 0);
	g_assert_cmpint(st.st_mode & 0777, ==, 0700);
	g_assert_cmpint(g_mkdir(trap, 0755), ==, 0);
	g_assert_cmpint(rename(name, moved), ==, 0);
	g_assert_cmpint(symlink(trap, name), ==, 0);
	written = g_build_filename(folder.path, "note", NULL);
	g_assert_true(g_file_set_contents(written, "x", 1, NULL));
	g_assert_true(g_file_test(kept, G_FILE_TEST_EXISTS));
	message = g_strdup_printf("%s: No space", folder.trace);
	said = fdar_record_folder_say(&folder, message);
	g_autofree char *expected = g_strdup_printf("%s/trace: No space", name);

	g_assert_cmpstr(said, ==, expected);
	g_remove(kept);
	/* What has its name now is not taken away. */
	fdar_record_folder_remove(&folder);
	g_assert_true(g_file_test(name, G_FILE_TEST_IS_SYMLINK));
	fdar_record_folder_clear(&folder);
	assert_folder_refused(name, "is a link");
	g_remove(name);
	g_rmdir(trap);
	g_rmdir(moved);
	g_rmdir(dir);
}

static void test_folder_claimed(void)
{
	g_autofree char *dir = scratch();
	g_autofree char *info = g_build_filename(dir, "recording.json", NULL);
	struct fdar_record_folder folder = { .fd = -1 };

	g_assert_true(fdar_record_folder_make(dir, &folder, NULL));
	g_assert_true(g_file_test(info, G_FILE_TEST_EXISTS));
	/* The second recorder changes nothing. */
	assert_folder_refused(dir, "is not empty");
	g_assert_true(g_file_test(info, G_FILE_TEST_EXISTS));
	fdar_record_folder_remove(&folder);
	fdar_record_folder_clear(&folder);
	g_assert_false(g_file_test(info, G_FILE_TEST_EXISTS));
	g_rmdir(dir);
}

/* Many recorders at the same moment: one has it. */
static gpointer claim_one(gpointer data)
{
	struct fdar_record_folder folder = { .fd = -1 };
	gboolean made = fdar_record_folder_make(data, &folder, NULL);

	fdar_record_folder_clear(&folder);
	return GINT_TO_POINTER(made);
}

static void test_folder_race(void)
{
	g_autofree char *dir = scratch();

	for (int round = 0; round < 50; round++) {
		g_autofree char *path = g_strdup_printf("%s/%d", dir, round);
		g_autofree char *info = g_build_filename(path, "recording.json", NULL);
		GThread *threads[4];
		int made = 0;

		for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
			threads[i] = g_thread_new("recorder", claim_one, path);
		for (size_t i = 0; i < G_N_ELEMENTS(threads); i++)
			made += GPOINTER_TO_INT(g_thread_join(threads[i]));
		g_assert_cmpint(made, ==, 1);
		g_remove(info);
		g_rmdir(path);
	}
	g_rmdir(dir);
}

static void test_folder_foreign(void)
{
	g_autofree char *dir = scratch();

	if (getuid() == 0) {
		g_assert_cmpint(chown(dir, 65534, 65534), ==, 0);
		assert_folder_refused(dir, "belongs to user 65534");
	} else {
		g_test_skip("needs root, to make a directory of somebody else's");
	}
	g_rmdir(dir);
}

static void test_memory(void)
{
	struct fdar_record_memory memory = { .lock = -1 }, shared = { .lock = -1 };
	g_autofree char *path = NULL;
	g_autoptr(GError) error = NULL;

	if (!fdar_record_memory_make(&memory, &error)) {
		g_test_skip(error->message);
		return;
	}
	path = g_strdup(memory.path);
	g_assert_true(g_file_test(memory.out, G_FILE_TEST_IS_DIR));
	g_assert_cmpuint(fdar_record_memory_room(&memory), >, 0);
	g_assert_true(fdar_record_memory_share(path, &shared));
	/* One of two lets go: nobody may take it away yet. */
	fdar_record_memory_clear(&memory);
	g_assert_true(fdar_record_memory_make(&memory, NULL));
	g_assert_true(g_file_test(path, G_FILE_TEST_IS_DIR));
	g_assert_cmpstr(memory.path, !=, path);
	fdar_record_memory_remove(&memory);
	fdar_record_memory_clear(&memory);
	/* Nobody holds it: whoever comes next takes it away. */
	fdar_record_memory_clear(&shared);
	g_assert_true(fdar_record_memory_make(&memory, NULL));
	g_assert_false(g_file_test(path, G_FILE_TEST_IS_DIR) && strcmp(path, memory.path) != 0);
	fdar_record_memory_remove(&memory);
	g_assert_false(g_file_test(memory.path, G_FILE_TEST_EXISTS));
	g_assert_false(fdar_record_memory_share(memory.path, &shared));
	fdar_record_memory_clear(&memory);
}

/* ---- the trigger of snapshots ---- */

static void watch_event(struct fdar_watch *watch, uint8_t kind, uint64_t key, uint64_t time_s)
{
	struct fdar_event event = {
		.kind = kind, .addr = key, .pid = 7, .time_ns = time_s * 1000000000
	};

	fdar_watch_take(watch, &event, UINT64_C(2000000000));
}

static uint64_t longest_s(struct fdar_watch *watch, uint64_t now_s)
{
	return fdar_watch_longest(watch, now_s * 1000000000, UINT64_C(2000000000)) / 1000000000;
}

static void test_watch(void)
{
	struct fdar_watch *watch = fdar_watch_new();

	g_assert_cmpuint(longest_s(watch, 100), ==, 0);
	watch_event(watch, FDAR_EVENT_SESSION_BEGIN, 1, 100);
	watch_event(watch, FDAR_EVENT_SESSION_BEGIN, 2, 101);
	g_assert_cmpuint(longest_s(watch, 102), ==, 0);
	/* One is too long, and told once. */
	g_assert_cmpuint(longest_s(watch, 103), ==, 3);
	g_assert_cmpuint(longest_s(watch, 103), ==, 0);
	watch_event(watch, FDAR_EVENT_SESSION_END, 1, 110);
	/* The other was too long and ended between two looks. */
	watch_event(watch, FDAR_EVENT_SESSION_END, 2, 105);
	g_assert_cmpuint(longest_s(watch, 111), ==, 4);
	/* A key that comes again is another session; an end without a begin is none. */
	watch_event(watch, FDAR_EVENT_SESSION_BEGIN, 1, 112);
	watch_event(watch, FDAR_EVENT_SESSION_BEGIN, 1, 120);
	watch_event(watch, FDAR_EVENT_SESSION_END, 9, 200);
	g_assert_cmpuint(longest_s(watch, 121), ==, 0);
	/* A clock that goes back is no long session. */
	g_assert_cmpuint(longest_s(watch, 1), ==, 0);
	fdar_watch_free(watch);
}

/* ---- waiting ---- */

static void add_one(void *data)
{
	(*(int *)data)++;
}

static void sleep_long(void *data)
{
	g_usleep(400000);
	g_atomic_int_inc((int *)data);
}

static void test_patience(void)
{
	int *number = g_new0(int, 1);

	g_assert_true(fdar_timeout_call(add_one, number, 10000));
	g_assert_cmpint(*number, ==, 1);
	g_assert_false(fdar_timeout_call(sleep_long, number, 20));
	/* The thread goes on with what it was given. */
	while (g_atomic_int_get(number) != 2)
		g_usleep(10000);
	g_free(number);
}

/* ---- processes ---- */

/* A child that makes count children of its own, and all of them wait for SIGTERM. */
static pid_t make_family(int count)
{
	int ends[2];
	char byte;
	pid_t pid;

	g_assert_cmpint(pipe(ends), ==, 0);
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < count; i++) {
			if (fork() == 0) {
				pause();
				_exit(0);
			}
		}
		if (write(ends[1], "x", 1) == 1)
			pause();
		_exit(0);
	}
	g_assert_cmpint(pid, >, 0);
	g_assert_cmpint(read(ends[0], &byte, 1), ==, 1);
	close(ends[0]);
	close(ends[1]);
	return pid;
}

static void test_processes(void)
{
	pid_t parent = make_family(2);
	g_autoptr(GArray) children = fdar_processes_children(parent);
	g_autoptr(GArray) ours = fdar_processes_children(getpid());
	int status;

	g_assert_cmpuint(children->len, ==, 2);
	g_assert_cmpuint(ours->len, ==, 1);
	g_assert_cmpint(g_array_index(ours, pid_t, 0), ==, parent);
	g_assert_false(fdar_process_wait(parent, 10, NULL));
	for (guint i = 0; i < children->len; i++)
		kill(g_array_index(children, pid_t, i), SIGKILL);
	status = fdar_process_end(parent, 5000);
	g_assert_true(WIFSIGNALED(status));
	g_assert_cmpint(WTERMSIG(status), ==, SIGTERM);
	/* Nothing to wait for any more. */
	g_assert_true(fdar_process_wait(parent, 10, NULL));
}

/* ---- the server ---- */

static void test_server_libraries(void)
{
	g_autofree char *dir = scratch();
	g_autofree char *library = g_build_filename(dir, "libflowdar.so", NULL);
	g_autofree char *io = g_build_filename(dir, "libflowdar-io.so", NULL);
	g_autofree char *missing = NULL, *more = NULL;
	g_autofree char *spaced = g_build_filename(dir, "with space", NULL);
	char *command[] = { (char *)"true", NULL };
	struct fdar_server_options options = { .library_dir = spaced, .command = command };
	g_autoptr(GError) error = NULL;

	missing = fdar_server_missing_library(dir, FDAR_DETAIL_SESSION);
	g_assert_cmpstr(missing, ==, library);
	g_assert_true(g_file_set_contents(library, "", 0, NULL));
	g_assert_null(fdar_server_missing_library(dir, FDAR_DETAIL_SESSION));
	more = fdar_server_missing_library(dir, FDAR_DETAIL_IO);
	g_assert_cmpstr(more, ==, io);
	g_assert_null(fdar_server_start(&options, "/control", NULL, &error));
	g_assert_nonnull(strstr(error->message, "space or colon"));
	g_remove(library);
	g_rmdir(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/record/detail", test_detail);
	g_test_add_func("/record/options", test_options);
	g_test_add_func("/record/buffers", test_buffers);
	g_test_add_func("/record/buffers-memory", test_buffers_memory);
	g_test_add_func("/record/conflicts", test_conflicts);
	g_test_add_func("/record/memory", test_memory);
	g_test_add_func("/record/watch", test_watch);
	g_test_add_func("/record/concurrent", test_rivals);
	g_test_add_func("/record/folder", test_folder);
	g_test_add_func("/record/folder-held", test_folder_held);
	g_test_add_func("/record/folder-claimed", test_folder_claimed);
	g_test_add_func("/record/folder-race", test_folder_race);
	g_test_add_func("/record/folder-foreign", test_folder_foreign);
	g_test_add_func("/record/patience", test_patience);
	g_test_add_func("/record/processes", test_processes);
	g_test_add_func("/record/server-libraries", test_server_libraries);
	return g_test_run();
}
