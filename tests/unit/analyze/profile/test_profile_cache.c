/* The profile beside a recording: found while nothing has changed, never otherwise; many writers do no harm. */
#include "analyze/profile/profile_cache.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/kit/profile_script.h"

static const char *const words[] = { "session", NULL };

/* A folder that looks like a recording whose files were written long ago: what a key goes by can only be
 * waited for. */
static char *recording_new(void)
{
	char *dir = g_dir_make_tmp("test-profile-cache-XXXXXX", NULL);
	g_autofree char *trace = g_build_filename(dir, "trace", NULL);
	g_autofree char *stream = g_build_filename(trace, "stream_0", NULL);

	g_assert_cmpint(g_mkdir(trace, 0755), ==, 0);
	g_assert_true(g_file_set_contents(stream, "events", -1, NULL));
	return dir;
}

static void touch(const char *dir, const char *name, const char *contents)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	g_assert_true(g_file_set_contents(path, contents, -1, NULL));
}

static char *key_when_settled(const char *dir)
{
	char *key;

	while (!(key = fdar_profile_cache_key(dir, NULL, words)))
		g_usleep(100000);
	return key;
}

static gboolean is_kept(const char *dir, const char *key)
{
	struct fdar_profile_about about;

	fdar_profile_about_init(&about);
	g_autoptr(fdar_profile) found = fdar_profile_cache_find(dir, key, &about);
	fdar_profile_about_clear(&about);
	return found != NULL;
}

static void keep(const char *dir, const char *key, const struct fdar_profile *profile)
{
	struct fdar_profile_about about;

	fdar_profile_about_init(&about);
	fdar_profile_cache_keep(dir, key, profile, &about);
	fdar_profile_about_clear(&about);
}

static char *only_file(const char *dir)
{
	g_autofree char *cache = g_build_filename(dir, FDAR_PROFILE_CACHE_DIR, NULL);
	g_autoptr(GDir) names = g_dir_open(cache, 0, NULL);
	const char *name = names ? g_dir_read_name(names) : NULL;

	g_assert_nonnull(name);
	return g_build_filename(cache, name, NULL);
}

static void clean(const char *dir)
{
	const char *const command[] = { "rm", "-rf", dir, NULL };

	g_assert_true(g_spawn_sync(NULL, (char **)command, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL,
				   NULL, NULL, NULL, NULL));
}

/* All in one, as each change costs two seconds until it counts as settled. */
static void test_found_and_stale(void)
{
	g_autoptr(fdar_profile) profile = script_profile("A 0 begin:1: 1 +f 5 -f 6 end:1");
	g_autofree char *dir = recording_new();
	static const char *const others[] = { "request", NULL };

	/* Just written: it may change again within the same tick. */
	g_assert_null(fdar_profile_cache_key(dir, NULL, words));
	g_autofree char *key = key_when_settled(dir);
	g_autofree char *other = fdar_profile_cache_key(dir, NULL, others);
	g_assert_false(is_kept(dir, key));
	keep(dir, key, profile);
	g_assert_true(is_kept(dir, key));
	g_assert_false(is_kept(dir, other));
	/* The folder beside it is no part of the key. */
	g_autofree char *again = fdar_profile_cache_key(dir, NULL, words);
	g_assert_cmpstr(again, ==, key);
	/* Others may write it: it is not ours to trust. */
	g_autofree char *file = only_file(dir);
	g_assert_cmpint(g_chmod(file, 0666), ==, 0);
	g_assert_false(is_kept(dir, key));
	g_assert_cmpint(g_chmod(file, 0644), ==, 0);
	g_assert_true(is_kept(dir, key));
	/* Damaged, or another key's under this one's name. */
	g_assert_true(g_file_set_contents(file, "flowdar profile\n", -1, NULL));
	g_assert_false(is_kept(dir, key));
	keep(dir, key, profile);
	g_assert_true(is_kept(dir, key));
	/* The same size and time, but another file. */
	touch(dir, "trace/stream_0", "EVENTS");
	keep(dir, key, profile);
	g_autofree char *changed = key_when_settled(dir);
	g_assert_cmpstr(changed, !=, key);
	g_assert_false(is_kept(dir, changed));
	clean(dir);
}

/* What came with a recording in the place of its profile is taken away: nobody waits at it, and what it leads to
 * stays as it is. */
static void test_in_its_place(void)
{
	g_autoptr(fdar_profile) profile = script_profile("A 0 begin:1: 1 +f 5 -f 6 end:1");
	g_autofree char *dir = recording_new();
	g_autofree char *key = key_when_settled(dir);
	g_autofree char *victim = g_build_filename(dir, FDAR_PROFILE_CACHE_DIR, "victim", NULL);
	g_autofree char *file = NULL, *left = NULL;

	keep(dir, key, profile);
	file = only_file(dir);
	g_assert_cmpint(g_unlink(file), ==, 0);
	g_assert_cmpint(mkfifo(file, 0600), ==, 0);
	keep(dir, key, profile);
	g_assert_true(is_kept(dir, key));

	g_assert_true(g_file_set_contents(victim, "mine", -1, NULL));
	g_assert_cmpint(g_unlink(file), ==, 0);
	g_assert_cmpint(symlink(victim, file), ==, 0);
	keep(dir, key, profile);
	g_assert_true(is_kept(dir, key));
	g_assert_true(g_file_get_contents(victim, &left, NULL, NULL));
	g_assert_cmpstr(left, ==, "mine");
	clean(dir);
}

/* Writers that are killed in the middle, and others that are not, at the same time. */
static void test_many_writers(void)
{
	g_autoptr(fdar_profile) profile = script_profile("A 0 begin:1: 1 +f 5 -f 6 end:1");
	g_autofree char *dir = recording_new();
	g_autofree char *key = key_when_settled(dir);
	pid_t children[8];

	for (guint i = 0; i < G_N_ELEMENTS(children); i++) {
		children[i] = fork();
		if (children[i] == 0) {
			for (int n = 0; n < 30 || i % 2; n++)
				keep(dir, key, profile);
			_exit(0);
		}
		g_assert_cmpint(children[i], >, 0);
	}
	for (int n = 0; n < 200; n++) {
		struct fdar_profile_about about;

		fdar_profile_about_init(&about);
		g_autoptr(fdar_profile) found = fdar_profile_cache_find(dir, key, &about);
		if (found)
			g_assert_true(fdar_profile_equal(found, profile));
		fdar_profile_about_clear(&about);
	}
	for (guint i = 0; i < G_N_ELEMENTS(children); i++) {
		if (i % 2)
			kill(children[i], SIGKILL);
		g_assert_cmpint(waitpid(children[i], NULL, 0), ==, children[i]);
	}
	g_assert_true(is_kept(dir, key));
	clean(dir);
}

/* A function whose binary is not at hand may get its name tomorrow. */
static void test_names_to_come(void)
{
	g_autoptr(fdar_profile) profile = script_profile("A 0 begin:1: 1 +f 5 -f 6 end:1");
	g_autofree char *dir = recording_new();
	g_autofree char *key = key_when_settled(dir);

	profile->functions[0].known = FALSE;
	keep(dir, key, profile);
	g_assert_false(is_kept(dir, key));
	clean(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/profile-cache/found-and-stale", test_found_and_stale);
	g_test_add_func("/profile-cache/in-its-place", test_in_its_place);
	g_test_add_func("/profile-cache/many-writers", test_many_writers);
	g_test_add_func("/profile-cache/names-to-come", test_names_to_come);
	return g_test_run();
}
