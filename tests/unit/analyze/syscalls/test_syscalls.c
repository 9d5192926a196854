/* System calls of sessions: counted once, for whom they were. */
#include <string.h>

#include "analyze/syscalls/syscalls.h"
#include "tests/unit/kit/event_script.h"

static void append(GString *out, const char *of, const char *name,
		   const struct fdar_syscall_sum *sum)
{
	if (sum->calls || sum->bytes)
		g_string_append_printf(out, "%s%s %d", of, name, (int)sum->calls);
	else
		return;
	if (sum->errors)
		g_string_append_printf(out, " errors %d", (int)sum->errors);
	if (sum->bytes)
		g_string_append_printf(out, " bytes %d", (int)sum->bytes);
	if (sum->waits)
		g_string_append_printf(out, " waits %d for %d", (int)sum->waits,
				       (int)sum->waiting_ns);
	g_string_append(out, "\n");
}

static struct fdar_syscalls *read_script(const char *text,
					 const struct fdar_syscalls_options *options)
{
	g_autoptr(script_auto) script = script_new(text);

	return fdar_syscalls_of(script_events(script), script->events->len, script_name, script,
				options);
}

/* "server: " before what belongs to no session; names in the order in which they came up. */
static void expect(const char *text, const char *expected)
{
	const struct fdar_syscalls_options options = { .unit = FDAR_UNIT_SESSION };
	g_autoptr(fdar_syscalls) syscalls = read_script(text, &options);
	g_autoptr(GString) out = g_string_new(NULL);

	for (guint i = 0; i < syscalls->rows->len; i++) {
		const struct fdar_syscall *row =
			&g_array_index(syscalls->rows, struct fdar_syscall, i);

		append(out, "", row->name, &row->of_sessions);
		append(out, "server: ", row->name, &row->of_server);
	}
	g_assert_cmpstr(out->str, ==, expected);
}

/* A call that waited is told twice, and is one; whatever its name, it reads. */
static void test_once(void)
{
	expect("A 1 begin:1:p:7 2 wait:IO:recvfrom:7 5 w:4 6 io:READ:7:4 7 io:READ:7:2 9 end:1",
	       "read 2 bytes 6 waits 1 for 3\n");
	/* The next on the descriptor is another: the wait was told of. */
	expect("A 1 begin:1:p:7 2 wait:IO:recv:7 5 w:4 6 io:READ:7:4 7 io:READ:7:4 9 end:1",
	       "read 2 bytes 8 waits 1 for 3\n");
	/* Another descriptor, another way: not that call. */
	expect("A 1 begin:1:p:7 2 begin:2:q:8 3 wait:IO:recv:7 5 w:4 6 io:READ:8:4 7 io:WRITE:7:1 "
	       "8 end:1 9 end:2",
	       "read 2 bytes 4 waits 1 for 2\nwrite 1 bytes 1\n");
	/* recvmmsg() waits for messages, and reads bytes. */
	expect("A 1 begin:1:p:7 2 wait:IO:recvmmsg:7 5 w:2 6 io:READ:7:900 9 end:1",
	       "read 1 bytes 900 waits 1 for 3\n");
}

static void test_errors(void)
{
	expect("A 1 begin:1:p:7 2 wait:IO:recv:7 5 w:-1 6 io:READ:7:-104 7 io:WRITE:7:-32 9 end:1",
	       "read 1 errors 1 waits 1 for 3\nwrite 1 errors 1\n");
	/* One that timed out is told of as a wait alone. */
	expect("A 1 begin:1:p:7 2 wait:IO:recv:7 5 w:-1 6 io:WRITE:7:3 9 end:1",
	       "read 1 errors 1 waits 1 for 3\nwrite 1 bytes 3\n");
	/* Threads' functions give an error number, semaphores and sockets a negative result. */
	expect("A 1 begin:1:p:7 2 +f 3 wait:LOCK:pthread_mutex_timedlock 4 w:110 5 -f 6 "
	       "wait:LOCK:pthread_mutex_lock 7 w:0 8 wait:OTHER:pthread_barrier_wait 9 w:-1 10 "
	       "end:1",
	       "pthread_mutex_timedlock 1 errors 1 waits 1 for 1\n"
	       "pthread_mutex_lock 1 waits 1 for 1\n"
	       "pthread_barrier_wait 1 waits 1 for 1\n");
}

/* Waits for work are nobody's; what is done on other descriptors is the session's that the thread works
 * for, also when that is known later; what nobody was waiting for is the server's. */
static void test_owner(void)
{
	expect("A 1 begin:1:p:7 2 wait:POLL:epoll_wait:3 5 w:1 6 io:WRITE:9:10 7 io:READ:7:1 8 "
	       "end:1 "
	       "9 io:WRITE:9:5",
	       "server: epoll_wait 1 waits 1 for 3\nwrite 1 bytes 10\nserver: write 1 bytes 5\n"
	       "read 1 bytes 1\n");
	/* Descriptors are the process's: a worker reads what another thread accepted. */
	expect("A 1 io:ACCEPT:3:7 2 begin:1:p:7 3 wait:ACCEPT:accept:3\nB 1 wait:COND:cond 4 w 5 "
	       "io:READ:7:6 6 end:1",
	       "accept 1\nserver: accept 1 waits 1 for 3\nserver: cond 1 waits 1 for 3\n"
	       "read 1 bytes 6\n");
}

static void test_some(void)
{
	static const char *const script =
		"A 1 begin:1:10.0.0.1:7 2 io:READ:7:1 3 io:READ:7:1 4 end:1\n"
		"B 1 begin:2:10.0.0.10:8 2 io:READ:8:5 3 end:2\n";
	struct fdar_syscalls_options options = { .client = "10.0.0.1" };
	g_autoptr(fdar_syscalls) one = read_script(script, &options);
	const struct fdar_syscall *row = fdar_syscalls_find(one, "read");

	g_assert_nonnull(row);
	g_assert_cmpuint(one->sessions, ==, 1);
	g_assert_cmpuint(row->of_sessions.calls, ==, 2);
	g_assert_cmpuint(row->most_calls, ==, 2);

	options.client = NULL;
	g_autoptr(fdar_syscalls) all = read_script(script, &options);

	fdar_syscalls_add(all, one);
	row = fdar_syscalls_find(all, "read");
	g_assert_cmpuint(all->sessions, ==, 3);
	g_assert_cmpuint(all->calls, ==, 5);
	g_assert_cmpuint(row->sessions, ==, 3);
	g_assert_cmpuint(row->of_sessions.bytes, ==, 9);
	g_assert_null(fdar_syscalls_find(all, "write"));
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/syscalls/once", test_once);
	g_test_add_func("/syscalls/errors", test_errors);
	g_test_add_func("/syscalls/owner", test_owner);
	g_test_add_func("/syscalls/some", test_some);
	return g_test_run();
}
