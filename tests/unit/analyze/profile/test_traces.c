/* Recorded traces of others, read, walked and profiled. */
#include <glib.h>
#include <string.h>

#include "analyze/profile/profile_read.h"

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

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/traces/cyg-profile", test_cyg_profile);
	g_test_add_func("/traces/cyg-profile-fast", test_cyg_profile_fast);
	g_test_add_func("/traces/missing", test_not_a_trace);
	return g_test_run();
}
