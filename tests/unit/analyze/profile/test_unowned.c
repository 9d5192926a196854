/* What runs for no session, and where. */
#include "analyze/profile/unowned.h"

#include "tests/unit/kit/profile_script.h"

static void expect(const char *text, uint64_t running_ns, double part, const char *path)
{
	g_autoptr(fdar_profile) profile = script_profile(text);
	struct fdar_unowned unowned;

	fdar_unowned_find(profile, &unowned);
	g_assert_cmpuint(unowned.running_ns, ==, running_ns);
	g_assert_cmpfloat_with_epsilon(unowned.part, part, 1e-9);
	g_assert_cmpstr(unowned.path, ==, path);
	g_free(unowned.path);
}

/* Waits are no running time: 20 of 100 are the loop's, 2 of these main's own. */
static void test_loop(void)
{
	expect("A 0 +main 1 +loop 5 wait:POLL:poll 50 w 50 begin:1: 50 +work 130 -work 130 end:1 "
	       "144 wait:POLL:poll 190 w 190 -loop 191 -main",
	       20, 0.2, "main > loop");
}

static void test_nothing(void)
{
	expect("A 0 wait:POLL:poll 9 w", 0, 0, NULL);
	expect("A 0 begin:1: 0 +work 9 -work 9 end:1", 0, 0, NULL);
}

/* No path has half of it: then where most is. Long paths are cut at their outer end. */
static void test_spread(void)
{
	expect("A 0 +a 3 -a 3 +b 7 -b 7 +c 10 -c", 10, 1, "b");
	expect("A 0 +a 0 +b 0 +c 0 +d 0 +e 0 +f 10 -f 10 -e 10 -d 10 -c 10 -b 10 -a", 10, 1,
	       "... > b > c > d > e > f");
}

/* Who told of the sessions is kept, also over sums. */
static void test_sessions_of_io(void)
{
	g_autoptr(fdar_profile) connections =
		script_profile("A 0 begin:4294967303::7 1 end:4294967303 2 begin:4294967304::8");
	g_autoptr(fdar_profile) marked =
		script_profile("A 0 begin:4294967303::7 1 begin:55::7 2 end:55 3 begin:56:");

	g_assert_cmpuint(connections->io_sessions, ==, 2);
	g_assert_cmpuint(marked->io_sessions, ==, 0);
	fdar_profile_merge(marked, connections);
	g_assert_cmpuint(marked->io_sessions, ==, 2);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/unowned/loop", test_loop);
	g_test_add_func("/unowned/nothing", test_nothing);
	g_test_add_func("/unowned/spread", test_spread);
	g_test_add_func("/unowned/sessions-of-io", test_sessions_of_io);
	return g_test_run();
}
