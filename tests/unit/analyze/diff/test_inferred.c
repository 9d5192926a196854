/* Servers that nobody rebuilt, recorded with --io alone: what is said of them, and what is not. */
#include "tests/unit/kit/diff_script.h"

/* A client of an event loop: a request of so much work, then so long a silence. */
static void serve(struct writer *writer, double work_ns, double silence_ns)
{
	begin(writer, "");
	say(writer, "wait:POLL:epoll_wait");
	pass(writer, 20 * US);
	say(writer, "w");
	pass(writer, 2 * US);
	say(writer, "io:READ:7:100");
	pass(writer, work_ns);
	say(writer, "io:WRITE:7:500");
	pass(writer, 5 * US);
	say(writer, "wait:POLL:epoll_wait");
	pass(writer, silence_ns);
	say(writer, "w");
	pass(writer, 1 * US);
	say(writer, "io:READ:7:0");
	end(writer);
}

static struct fdar_profile *recording(uint32_t seed, double work_ns, double silence_ns)
{
	struct writer writer;
	struct fdar_profile *profile;

	writer_init(&writer, seed);
	writer.spacing = 5 * MS;
	for (int i = 0; i < 40; i++)
		serve(&writer, work_ns, silence_ns);
	profile = script_profile_inferred(writer.text->str);
	g_string_free(writer.text, TRUE);
	g_rand_free(writer.rand);
	return profile;
}

static struct fdar_diff *compare_profiles(const struct fdar_profile *before,
					  const struct fdar_profile *after)
{
	g_autoptr(GError) error = NULL;
	struct fdar_diff *diff = fdar_diff_new(before, after, NULL, &error);

	g_assert_no_error(error);
	check(diff);
	return diff;
}

static void test_profile(void)
{
	g_autoptr(fdar_profile) profile = recording(1, 300 * US, MS);
	const struct fdar_profile_group *group = fdar_profile_group(profile, FDAR_PROFILE_ALL);

	g_assert_true(fdar_profile_is_inferred(profile));
	g_assert_cmpuint(group->sessions, ==, 40);
	/* Neither the silences, nor the waits for anybody. */
	g_assert_cmpfloat(fdar_histogram_mean(&group->running_ns), >, 290 * US);
	g_assert_cmpfloat(fdar_histogram_mean(&group->running_ns), <, 325 * US);
	g_assert_cmpuint(group->own_ns, ==, group->running_ns.sum);
}

/* The server's own thread was busy: that is said, at low confidence, and with a factor for --fail-on. */
static void test_busy(void)
{
	g_autoptr(fdar_profile) before = recording(1, 300 * US, MS);
	g_autoptr(fdar_profile) after = recording(2, 4 * MS, MS);
	g_autoptr(fdar_diff) diff = compare_profiles(before, after);

	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_RUNNING);
	g_assert_null(diff->verdict.function);
	g_assert_cmpfloat(diff->verdict.factor, >, 10);
	g_assert_cmpint(diff->verdict.confidence, ==, FDAR_CONFIDENCE_LOW);
	expect_sentence(diff,
			"^the server's threads work 1[34]x longer per session: .* cannot tell "
			"which function: record with --sample, or rebuild$");
}

/* Here the clients are slow, and the server is not. */
static void test_slow_clients(void)
{
	g_autoptr(fdar_profile) before = recording(1, 300 * US, MS);
	g_autoptr(fdar_profile) after = recording(2, 300 * US, 800 * (double)MS);
	g_autoptr(fdar_diff) diff = compare_profiles(before, after);

	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_IDLE);
	g_assert_cmpint(diff->verdict.confidence, <=, FDAR_CONFIDENCE_MEDIUM);
	expect_sentence(diff, "slow or silent clients$");
}

static void test_same(void)
{
	g_autoptr(fdar_profile) before = recording(1, 300 * US, MS);
	g_autoptr(fdar_profile) after = recording(2, 300 * US, MS);
	g_autoptr(fdar_diff) diff = compare_profiles(before, after);

	g_assert_cmpint(diff->verdict.change, ==, FDAR_CHANGE_NONE);
	g_assert_cmpint(diff->verdict.confidence, <=, FDAR_CONFIDENCE_MEDIUM);
}

/* A build whose functions were recorded has nothing in common with one that was not rebuilt. */
static void test_one_side(void)
{
	struct writer writer;

	writer_init(&writer, 3);
	for (int i = 0; i < 40; i++) {
		begin(&writer, "");
		run(&writer, "serve", 300 * US);
		end(&writer);
	}
	g_autoptr(fdar_profile) before = profile_of(&writer);
	g_autoptr(fdar_profile) after = recording(2, 4 * MS, MS);
	g_autoptr(fdar_diff) diff = compare_profiles(before, after);

	g_assert_true(diff->verdict.refused);
	expect_sentence(diff, "functions of the baseline were recorded, of the subject only I/O$");
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/inferred/profile", test_profile);
	g_test_add_func("/inferred/busy", test_busy);
	g_test_add_func("/inferred/slow-clients", test_slow_clients);
	g_test_add_func("/inferred/same", test_same);
	g_test_add_func("/inferred/one-side", test_one_side);
	return g_test_run();
}
