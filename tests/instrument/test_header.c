/* flowdar.h against a provider of the test's own: what is called, when, and what is not evaluated.
 */
#include <errno.h>
#include <glib.h>
#include <netinet/in.h>
#include <stdlib.h>

#include <flowdar/flowdar.h>

#include "fake_provider.h"

static unsigned evaluated;

static const char *seen(const char *text)
{
	evaluated++;
	return text;
}

static int returns_early(int early)
{
	FLOWDAR_FUNCTION();
	if (early)
		return 1;
	{
		FLOWDAR_SCOPE("inner");
		if (!early)
			return 2;
	}
	return 3;
}

static void every_macro(void *object, const struct sockaddr_in *peer)
{
	char text[] = "text";

	FLOWDAR_SCOPE(seen("scope"));
	FLOWDAR_SESSION_BEGIN(object, peer, 5);
	FLOWDAR_SESSION_BEGIN(object, (const struct sockaddr *)(const void *)peer, 5);
	FLOWDAR_SESSION_BEGIN(7, seen("text"), -1);
	FLOWDAR_SESSION_BEGIN(UINT64_C(0xffffffffffffffff), text, -1);
	FLOWDAR_SESSION_BEGIN(9, NULL, 3);
	FLOWDAR_SESSION_SUSPEND(7);
	FLOWDAR_SESSION_RESUME(7u);
	FLOWDAR_SESSION_END(7l);
	FLOWDAR_HANDOFF_PUT(8, seen("queue"));
	FLOWDAR_HANDOFF_TAKE(8, "queue");
	FLOWDAR_BYTES("label", seen("data"), 4);
	FLOWDAR_NOTE("key", seen("value"));
	FLOWDAR_WAIT_BEGIN("what", FLOWDAR_WAIT_LOCK, seen("") ? 2 : 3);
	FLOWDAR_WAIT_END(-1);
}

static void test_off(void)
{
	struct sockaddr_in peer = { .sin_family = AF_INET };
	int errno_before = 77;

	fake_provider_set(false);
	evaluated = 0;
	errno = errno_before;
	every_macro(&peer, &peer);
	g_assert_cmpint(returns_early(0), ==, 2);
	g_assert_cmpint(errno, ==, errno_before);
	g_assert_cmpuint(evaluated, ==, 0);
	g_assert_cmpstr(fake_provider_taken(), ==, "");
	g_assert_false(FLOWDAR_ENABLED(note));
}

static void test_on(void)
{
	struct sockaddr_in peer = { .sin_family = AF_INET };

	fake_provider_set(true);
	evaluated = 0;
	g_assert_true(FLOWDAR_ENABLED(note));
	every_macro((void *)(uintptr_t)0x1234, &peer);
	g_assert_cmpuint(evaluated, ==, 6);
	g_assert_cmpstr(fake_provider_taken(), ==,
			">scope begin(1234,-,address,5) begin(1234,-,address,5) begin(7,text,-,-1) "
			"begin(ffffffffffffffff,text,-,-1) begin(9,-,-,3) session_suspend(7) "
			"session_resume(7) session_end(7) put(8,queue) take(8,queue) "
			"bytes(label,d,4,256) note(key,value) wait(what,5,2) waited(-1) <scope");
}

static void test_scopes_close_where_functions_return(void)
{
	fake_provider_set(true);
	returns_early(1);
	g_assert_cmpstr(fake_provider_taken(), ==, ">returns_early <returns_early");
	returns_early(0);
	g_assert_cmpstr(fake_provider_taken(), ==, ">returns_early >inner <inner <returns_early");
}

/* A scope's exit is written if and only if its entry was, and events are still on. */
static void test_turned_on_and_off_within_a_scope(void)
{
	fake_provider_set(false);
	{
		FLOWDAR_SCOPE("entered while off");
		fake_provider_set(true);
	}
	g_assert_cmpstr(fake_provider_taken(), ==, "");
	{
		FLOWDAR_SCOPE("left-while-off");
		fake_provider_set(false);
	}
	g_assert_cmpstr(fake_provider_taken(), ==, ">left-while-off");
}

/* A library that is older than the header leaves out what it does not know. */
static void test_older_provider(void)
{
	fake_provider_set(true);
	g_assert_false(FLOWDAR_ENABLED(func_entry));
	g_assert_null(flowdar_link_.func_exit.write);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/header/off", test_off);
	g_test_add_func("/header/on", test_on);
	g_test_add_func("/header/returns", test_scopes_close_where_functions_return);
	g_test_add_func("/header/switched", test_turned_on_and_off_within_a_scope);
	g_test_add_func("/header/older-provider", test_older_provider);
	return g_test_run();
}
