#include "pipeline/recording/trace_find.h"

#include <errno.h>
#include <sys/stat.h>

#include "base/errors.h"

static gboolean is_trace(const char *dir)
{
	g_autofree char *metadata = g_build_filename(dir, "metadata", NULL);
	struct stat st;

	return stat(metadata, &st) == 0 && S_ISREG(st.st_mode);
}

static gboolean is_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* Level by level, so that neither the stack nor the depth depends on the input. */
static GPtrArray *folders_below(const GPtrArray *level, GPtrArray *found)
{
	GPtrArray *next = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < level->len && found->len < FDAR_TRACE_FIND_MAX; i++) {
		const char *folder = g_ptr_array_index(level, i);
		g_autoptr(GDir) dir = NULL;
		const char *name;

		if (is_trace(folder)) {
			g_ptr_array_add(found, g_strdup(folder));
			continue;
		}
		dir = g_dir_open(folder, 0, NULL);
		while (dir && (name = g_dir_read_name(dir))) {
			char *path = g_build_filename(folder, name, NULL);

			if (is_folder(path) && next->len < FDAR_TRACE_FIND_MAX)
				g_ptr_array_add(next, path);
			else
				g_free(path);
		}
	}
	return next;
}

static gboolean check_path(const char *path, GError **error)
{
	struct stat st;

	if (strstr(path, "://") && stat(path, &st) != 0) {
		g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_MISSING,
			    "%s: live traces are not read from the network; the folder that "
			    "lttng-relayd writes (lttng-traces/HOST/SESSION where it runs) can be, "
			    "while it is written, too",
			    path);
		return FALSE;
	}
	if (stat(path, &st) != 0) {
		g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_MISSING, "%s: %s", path,
			    g_strerror(errno));
		return FALSE;
	}
	if (!S_ISDIR(st.st_mode)) {
		g_set_error(
			error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT,
			"%s: is a file; expected the directory of a recording or of a CTF trace",
			path);
		return FALSE;
	}
	return TRUE;
}

static int compare_paths(gconstpointer a, gconstpointer b)
{
	return g_strcmp0(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *fdar_trace_find(const char *path, GError **error)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) level = g_ptr_array_new_with_free_func(g_free);

	if (!check_path(path, error))
		return NULL;
	g_ptr_array_add(level, g_strdup(path));
	for (int depth = 0; depth <= FDAR_TRACE_FIND_DEPTH && level->len; depth++) {
		GPtrArray *next = folders_below(level, found);

		g_ptr_array_unref(level);
		level = next;
	}
	if (!found->len) {
		g_set_error(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_FORMAT,
			    "%s: no trace in it; expected a recording or a CTF trace "
			    "(a directory with a file \"metadata\")",
			    path);
		return NULL;
	}
	g_ptr_array_sort(found, compare_paths);
	return g_steal_pointer(&found);
}
