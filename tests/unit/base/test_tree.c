/* A folder is taken away with all that is in it, and nothing else, whoever else is at it. */
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/tree.h"

#define DEEP   1000
#define ROUNDS 60
#define FILES  40

static char *in(const char *dir, const char *name)
{
	return g_build_filename(dir, name, NULL);
}

static void file_make(const char *dir, const char *name)
{
	g_autofree char *path = in(dir, name);

	g_assert_true(g_file_set_contents(path, "x", 1, NULL));
}

static void test_all(void)
{
	g_autofree char *dir = g_dir_make_tmp("flowdar-tree-XXXXXX", NULL);
	g_autofree char *outside = in(dir, "outside"), *tree = in(dir, "tree");
	g_autofree char *lower = in(tree, "a/b"), *lowest = in(lower, "c/d");
	g_autofree char *link = in(lower, "link"), *kept = in(outside, "kept");
	g_autofree char *full = in(tree, "moved-up-1/full"), *bare = in(tree, "moved-up-2");

	g_assert_cmpint(g_mkdir_with_parents(lower, 0700), ==, 0);
	g_assert_cmpint(g_mkdir(outside, 0700), ==, 0);
	file_make(outside, "kept");
	file_make(tree, "one");
	file_make(lower, "two");
	g_assert_cmpint(g_mkdir_with_parents(lowest, 0700), ==, 0);
	file_make(lowest, "three");
	/* What is moved up may meet a file, a folder, an empty one. */
	file_make(tree, "moved-up-0");
	g_assert_cmpint(g_mkdir_with_parents(full, 0700), ==, 0);
	g_assert_cmpint(g_mkdir(bare, 0700), ==, 0);
	g_assert_cmpint(symlink(outside, link), ==, 0);
	fdar_tree_remove(tree);
	g_assert_false(g_file_test(tree, G_FILE_TEST_EXISTS));
	/* A link itself goes, not what it leads to. */
	g_assert_cmpint(symlink(outside, tree), ==, 0);
	fdar_tree_remove(tree);
	g_assert_false(g_file_test(tree, G_FILE_TEST_IS_SYMLINK));
	g_assert_true(g_file_test(kept, G_FILE_TEST_EXISTS));
	fdar_tree_remove(tree); /* nothing there */
	fdar_tree_remove(dir);
	g_assert_false(g_file_test(dir, G_FILE_TEST_EXISTS));
}

static void test_deep(void)
{
	g_autofree char *dir = g_dir_make_tmp("flowdar-tree-XXXXXX", NULL);
	int at = open(dir, O_RDONLY | O_DIRECTORY);

	for (int i = 0; i < DEEP; i++) {
		int next;

		g_assert_cmpint(mkdirat(at, "d", 0700), ==, 0);
		next = openat(at, "d", O_RDONLY | O_DIRECTORY);
		g_assert_cmpint(next, >=, 0);
		close(at);
		at = next;
	}
	close(at);
	fdar_tree_remove(dir);
	g_assert_false(g_file_test(dir, G_FILE_TEST_EXISTS));
}

struct exchange {
	char *folder, *aside, *link;
	gint stop; /* atomic */
};

/* A folder becomes a link, and a folder again, as long as there is one. */
static gpointer exchange(gpointer data)
{
	struct exchange *exchange = data;

	while (!g_atomic_int_get(&exchange->stop)) {
		if (rename(exchange->folder, exchange->aside) != 0 ||
		    rename(exchange->link, exchange->folder) != 0)
			continue;
		rename(exchange->folder, exchange->link);
		rename(exchange->aside, exchange->folder);
	}
	return NULL;
}

static void test_exchanged(void)
{
	g_autofree char *dir = g_dir_make_tmp("flowdar-tree-XXXXXX", NULL);
	g_autofree char *outside = in(dir, "outside"), *tree = in(dir, "tree");
	guint left = 0;

	g_assert_cmpint(g_mkdir(outside, 0700), ==, 0);
	for (int i = 0; i < FILES; i++) {
		g_autofree char *name = g_strdup_printf("f%d", i);

		file_make(outside, name);
	}
	for (int round = 0; round < ROUNDS; round++) {
		struct exchange theirs = { in(tree, "x"), in(dir, "aside"), in(dir, "link"), 0 };
		GThread *thread;

		g_assert_cmpint(g_mkdir_with_parents(theirs.folder, 0700), ==, 0);
		for (int i = 0; i < FILES; i++) {
			g_autofree char *name = g_strdup_printf("f%d", i);

			file_make(theirs.folder, name);
		}
		g_assert_cmpint(symlink(outside, theirs.link), ==, 0);
		thread = g_thread_new("exchange", exchange, &theirs);
		fdar_tree_remove(tree);
		g_atomic_int_set(&theirs.stop, 1);
		g_thread_join(thread);
		fdar_tree_remove(tree);
		fdar_tree_remove(theirs.aside);
		fdar_tree_remove(theirs.link);
		g_free(theirs.folder);
		g_free(theirs.aside);
		g_free(theirs.link);
	}
	for (int i = 0; i < FILES; i++) {
		g_autofree char *name = g_strdup_printf("f%d", i), *path = in(outside, name);

		left += g_file_test(path, G_FILE_TEST_EXISTS) ? 1 : 0;
	}
	g_assert_cmpuint(left, ==, FILES);
	fdar_tree_remove(dir);
}

int main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tree/all", test_all);
	g_test_add_func("/tree/deep", test_deep);
	g_test_add_func("/tree/exchanged", test_exchanged);
	return g_test_run();
}
