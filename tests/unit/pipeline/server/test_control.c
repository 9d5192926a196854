/* The recorder's side of the control segment: rules, what the file holds, hostile counters, waiting. */
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "instrument/wire/control.h"
#include "pipeline/server/control.h"

struct fixture {
	char *folder;
	struct fdar_control_segment *segment;
	struct fdar_control *server; /* the mapping of a process of the server */
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
	fd = open(fdar_control_segment_path(f->segment), O_RDWR);
	g_assert_cmpint(fd, >=, 0);
	f->server = mmap(NULL, FDAR_CONTROL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	g_assert_true(f->server != MAP_FAILED);
	close(fd);
}

static void tear_down(struct fixture *f, gconstpointer rules)
{
	(void)rules;
	munmap(f->server, FDAR_CONTROL_BYTES);
	fdar_control_segment_free(f->segment);
	/* Nothing of it is left: the folder is empty. */
	g_assert_cmpint(g_rmdir(f->folder), ==, 0);
	g_free(f->folder);
}

static void test_contents(struct fixture *f, gconstpointer rules)
{
	static const char expected[] = "+name:ap_*\0-name:apr_palloc*\0+binary:mod_*\0"
				       "-file:*util*\0+thread:worker";
	struct stat st;

	(void)rules;
	g_assert_cmpint(stat(fdar_control_segment_path(f->segment), &st), ==, 0);
	g_assert_cmpint(st.st_size, ==, FDAR_CONTROL_BYTES);
	g_assert_cmpint(st.st_mode & 0777, ==, 0666);
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
	guint from = 0;

	f->server->rules_met[0] = 1 << 1 | 1 << 2;
	g_assert_cmpstr(fdar_control_segment_unmet(f->segment, rules, &from), ==, "ap_*");
	g_assert_cmpuint(from, ==, 1);
	g_assert_cmpstr(fdar_control_segment_unmet(f->segment, rules, &from), ==, "!file:*util*");
	g_assert_null(fdar_control_segment_unmet(f->segment, rules, &from));
	g_assert_null(fdar_control_segment_unmet(f->segment, NULL, &from));
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

/* The recorder was killed, and its keeper has only the path. */
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

static gpointer flush_later(gpointer data)
{
	struct fdar_control *server = data;

	while (!__atomic_load_n(&server->flush, __ATOMIC_ACQUIRE))
		g_usleep(1000);
	g_usleep(20000);
	__atomic_store_n(&server->flushed, 2, __ATOMIC_RELEASE);
	return NULL;
}

static void test_flush(struct fixture *f, gconstpointer rules)
{
	GThread *thread;

	(void)rules;
	/* No process: nothing to wait for. */
	fdar_control_segment_flush(f->segment, 60000);
	g_assert_cmpuint(f->server->flush, ==, 1);
	f->server->flush = 0;
	f->server->processes = 2;
	thread = g_thread_new("server", flush_later, f->server);
	fdar_control_segment_flush(f->segment, 60000);
	g_assert_cmpuint(f->server->flushed, ==, 2);
	g_thread_join(thread);
	/* Nobody does it: not for ever. */
	f->server->processes = UINT64_MAX;
	fdar_control_segment_flush(f->segment, 20);
}

static void test_counts(struct fixture *f, gconstpointer rules)
{
	struct fdar_control_counts counts;

	(void)rules;
	f->server->processes = 3;
	f->server->calls = UINT64_MAX;
	f->server->lost = 5;
	f->server->functions = 100;
	f->server->live = 90;
	f->server->hooked = 1;
	fdar_control_segment_count(f->segment, &counts);
	g_assert_cmpuint(counts.processes, ==, 3);
	g_assert_cmpuint(counts.calls, ==, UINT64_MAX);
	g_assert_cmpuint(counts.lost, ==, 5);
	g_assert_cmpuint(counts.functions, ==, 100);
	g_assert_cmpuint(counts.live, ==, 90);
	g_assert_cmpuint(counts.hooked, ==, 1);
}

/* The server's user may do anything to the file. */
static void test_cut_short(struct fixture *f, gconstpointer rules)
{
	struct fdar_control_counts counts;

	(void)rules;
	f->server->calls = 1;
	g_assert_cmpint(truncate(fdar_control_segment_path(f->segment), 0), ==, 0);
	fdar_control_segment_count(f->segment, &counts);
	g_assert_cmpuint(counts.calls, ==, 0);
	fdar_control_segment_switch(f->segment, TRUE);
	fdar_control_segment_gate(f->segment, TRUE);
	fdar_control_segment_flush(f->segment, 20);
	g_assert_cmpint(unlink(fdar_control_segment_path(f->segment)), ==, 0);
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
	CASE("counts", NULL, test_counts);
	CASE("cut-short", NULL, test_cut_short);
	g_test_add_func("/control/rules", test_rules);
	g_test_add_func("/control/no-folder", test_no_folder);
	g_test_add_func("/control/tell", test_tell);
	return g_test_run();
}
