/* Recorded traces of others, read, walked and profiled. */
#include <glib.h>
#include <string.h>

#include "analyze/profile/profile_file.h"
#include "analyze/profile/profile_read.h"
#include "analyze/profile/profile_threads.h"
#include "tests/unit/kit/remove_tree.h"
#include "tests/unit/kit/tiny_trace.h"

#define TURNS    30000u
#define UNKNOWNS 20000u /* more calls than wait for their owner one by one */

static char *trace_path(const char *name)
{
	const char *shared = g_getenv("FLOWDAR_SHARED");
	g_autofree char *beside = g_build_filename(TEST_SOURCE_DIR, "..", "shared", NULL);

	return g_build_filename(shared ? shared : beside, "traces", name, NULL);
}

/* The counts are what babeltrace2 lists: 2490 and 2582 entries, of 13 functions each. */
static void check_glxgears(const char *name, uint64_t calls, uint64_t distinct)
{
	g_autofree char *path = trace_path(name);
	g_autoptr(GError) error = NULL;
	uint64_t counted = 0, own_ns = 0;

	if (!g_file_test(path, G_FILE_TEST_EXISTS)) {
		g_autofree char *why = g_strdup_printf("%s is not there", path);

		g_test_skip(why);
		return;
	}
	g_autoptr(fdar_profile) profile = fdar_profile_read(path, NULL, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpuint(profile->group_count, ==, 1);
	const struct fdar_profile_group *server = &profile->groups[0];
	for (uint32_t i = 1; i < server->node_count; i++) {
		counted += server->nodes[i].stat.calls;
		own_ns += server->nodes[i].stat.own_ns;
	}
	g_assert_cmpuint(counted, ==, calls);
	g_assert_cmpuint(profile->function_count, ==, distinct);
	g_assert_cmpuint(profile->threads, ==, 1);
	/* main() is there from the first event to the last. */
	g_assert_cmpuint(own_ns, ==, profile->end_ns - profile->begin_ns);
	g_assert_cmpuint(profile->losses.stray_exits, ==, 0);
	g_assert_cmpuint(profile->losses.repaired, ==, 0);
	g_assert_cmpuint(server->unknown_ns, ==, own_ns);
}

static void test_cyg_profile(void)
{
	check_glxgears("cyg-profile/glxgears-cyg-profile", 2490, 13);
}

static void test_cyg_profile_fast(void)
{
	check_glxgears("cyg-profile/glxgears-cyg-profile-fast", 2582, 13);
}

static void test_not_a_trace(void)
{
	g_autoptr(GError) error = NULL;

	g_assert_null(fdar_profile_read("/no/such/trace", NULL, NULL, &error));
	g_assert_nonnull(strstr(error->message, "/no/such/trace"));
}

struct calls {
	uint16_t entry, leave, wait, waited;
};

static void call(struct tiny_trace *trace, uint16_t class, uint64_t now_ns, int32_t tid,
		 uint64_t function)
{
	tiny_trace_event(trace, class, now_ns, 10, tid, "worker");
	tiny_trace_u64(trace, function);
	tiny_trace_u64(trace, 0);
}

static void begin_session(struct tiny_trace *trace, uint16_t class, uint64_t now_ns, int32_t tid,
			  uint32_t key, const char *peer)
{
	tiny_trace_event(trace, class, now_ns, 10, tid, "worker");
	tiny_trace_u64(trace, key);
	tiny_trace_string(trace, peer);
	tiny_trace_u32(trace, 7 + key % 4);
}

/* On two threads that take turns, one of which gets a session in the end: functions in themselves, and waits. */
static void make_unknown(struct tiny_trace *trace, const struct calls *calls)
{
	for (uint32_t i = 0; i < UNKNOWNS; i++) {
		uint64_t now_ns = 100 * (uint64_t)i;
		int32_t tid = 30 + (int32_t)(i % 2);

		call(trace, calls->entry, now_ns, tid, 0x2000 + i % 300);
		call(trace, calls->entry, now_ns + 10, tid, 0x2000 + (i % 3 ? i % 7 : i % 300));
		if (i % 5 == 0) {
			tiny_trace_event(trace, calls->wait, now_ns + 20, 10, tid, "worker");
			tiny_trace_string(trace, "lock");
			tiny_trace_u32(trace, UINT32_MAX);
			tiny_trace_u8(trace, 0);
			tiny_trace_event(trace, calls->waited, now_ns + 21 + i % 13, 10, tid,
					 "worker");
			tiny_trace_u64(trace, 0);
		}
		call(trace, calls->leave, now_ns + 40, tid, 0);
		call(trace, calls->leave, now_ns + 50 + i % 17, tid, 0);
	}
}

/* Sessions on threads that take turns, calls in them and outside, names that come up all along. */
static char *make_sessions(gboolean unknowns)
{
	char *dir = g_dir_make_tmp("flowdar-threads-XXXXXX", NULL);
	struct tiny_trace *trace = tiny_trace_new(dir);
	static const char function[] = "uint64_t _addr; uint64_t _call_site;";
	struct calls calls = { tiny_trace_class(trace, "flowdar:func_entry", function),
			       tiny_trace_class(trace, "flowdar:func_exit", function),
			       tiny_trace_class(trace, "flowdar:wait_begin",
						"string _what; int32_t _fd; uint8_t _kind;"),
			       tiny_trace_class(trace, "flowdar:wait_end", "int64_t _result;") };
	uint16_t scope = tiny_trace_class(trace, "flowdar:scope_enter", "string _name;");
	uint16_t scoped = tiny_trace_class(trace, "flowdar:scope_exit", "string _name;");
	uint16_t begin = tiny_trace_class(trace, "flowdar:session_begin",
					  "uint64_t _key; string _peer; int32_t _fd;");
	uint16_t end = tiny_trace_class(trace, "flowdar:session_end", "uint64_t _key;");

	if (unknowns) {
		make_unknown(trace, &calls);
		begin_session(trace, begin, UNKNOWNS * UINT64_C(100), 30, TURNS, "127.0.0.1:999");
	}
	for (uint32_t i = 0; i < TURNS; i++) {
		g_autofree char *name = g_strdup_printf("scope %u", i / 100);
		g_autofree char *peer = g_strdup_printf("127.0.0.1:%u", 1000 + i % 5000);
		uint64_t now_ns = 100 * (uint64_t)(UNKNOWNS + 1 + i);
		uint64_t function_at = 0x1000 + i % 11;
		int32_t tid = 10 + (int32_t)(i % 4);

		call(trace, calls.entry, now_ns, tid, function_at);
		begin_session(trace, begin, now_ns + 10, tid, i, peer);
		tiny_trace_event(trace, scope, now_ns + 20, 10, tid, "worker");
		tiny_trace_string(trace, name);
		tiny_trace_event(trace, scoped, now_ns + 20 + i % 30, 10, tid, "worker");
		tiny_trace_string(trace, name);
		tiny_trace_event(trace, end, now_ns + 60, 10, tid, "worker");
		tiny_trace_u64(trace, i);
		call(trace, calls.leave, now_ns + 70, tid, function_at);
	}
	tiny_trace_close(trace);
	return dir;
}

static GBytes *profile_with(const char *dir, unsigned threads)
{
	const struct fdar_profile_options options = { .threads = threads };
	struct fdar_profile_about about;
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_profile) profile = fdar_profile_read(dir, &options, NULL, &error);
	GBytes *bytes;

	g_assert_no_error(error);
	g_assert_cmpuint(profile->groups[profile->group_count - 1].sessions, ==, TURNS + 1);
	fdar_profile_about_init(&about);
	bytes = fdar_profile_encode(profile, &about);
	fdar_profile_about_clear(&about);
	return bytes;
}

static void test_threads(void)
{
	g_autofree char *dir = make_sessions(TRUE);
	g_autoptr(GBytes) one = profile_with(dir, 1);

	for (unsigned round = 0; round < 5; round++) {
		g_autoptr(GBytes) two = profile_with(dir, 2);

		g_assert_true(g_bytes_equal(one, two));
	}
	remove_tree(dir);
}

/* What threads took adds up to what sessions and the server have. */
static void test_by_thread(void)
{
	g_autofree char *dir = make_sessions(FALSE);
	const struct fdar_profile_options options = { 0 };
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_profile) profile = fdar_profile_read(dir, &options, NULL, &error);
	g_autoptr(fdar_profile_threads) threads =
		fdar_profile_threads_read(dir, &options, NULL, &error);
	uint64_t own_ns = 0, of_sessions_ns = 0, sessions = 0, calls = 0;

	g_assert_no_error(error);
	g_assert_cmpuint(threads->threads->len, ==, 4);
	for (guint i = 0; i < threads->threads->len; i++) {
		const struct fdar_profile_thread *thread =
			&g_array_index(threads->threads, struct fdar_profile_thread, i);

		g_assert_cmpuint(thread->pid, ==, 10);
		g_assert_cmpuint(thread->tid, ==, 10 + i);
		g_assert_cmpstr(thread->name, ==, "worker");
		own_ns += thread->running_ns + thread->waiting_ns;
		of_sessions_ns += thread->sessions_ns;
		sessions += thread->sessions;
		calls += thread->calls;
	}
	g_assert_cmpuint(sessions, ==, TURNS);
	g_assert_cmpuint(calls, ==, 2 * TURNS);
	g_assert_cmpuint(of_sessions_ns, ==, profile->groups[1].own_ns);
	g_assert_cmpuint(own_ns, ==, profile->groups[0].own_ns + profile->groups[1].own_ns);
	remove_tree(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/traces/cyg-profile", test_cyg_profile);
	g_test_add_func("/traces/cyg-profile-fast", test_cyg_profile_fast);
	g_test_add_func("/traces/threads", test_threads);
	g_test_add_func("/traces/by-thread", test_by_thread);
	g_test_add_func("/traces/missing", test_not_a_trace);
	return g_test_run();
}
