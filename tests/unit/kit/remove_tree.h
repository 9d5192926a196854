/* A folder of a test's own, taken away with all that is in it. */
#ifndef TEST_KIT_REMOVE_TREE_H
#define TEST_KIT_REMOVE_TREE_H

#include <glib.h>
#include <glib/gstdio.h>

static inline void remove_tree(const char *path)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *below = g_build_filename(path, name, NULL);

		remove_tree(below);
	}
	g_remove(path);
}

#endif
