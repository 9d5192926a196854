#include "cli/batch/batch_cases.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

#include "analyze/profile/profile_cache.h"
#include "base/file_read.h"
#include "cli/kit/paths.h"

#define ASKED_MAX_BYTES ((gsize)256 << 20) /* of rules, and of what nm prints of a large program */

static void case_free(gpointer data)
{
	struct fdar_batch_case *one = data;

	g_free(one->name);
	g_free(one->path);
	g_free(one->profile_path);
	g_free(one->error);
	fdar_profile_free(one->profile);
	g_free(one);
}

static gboolean has(const char *path, const char *name)
{
	g_autofree char *file = g_build_filename(path, name, NULL);

	return g_file_test(file, G_FILE_TEST_EXISTS);
}

/* A trace of LTTng has its metadata some levels down. */
static gboolean is_trace(const char *path, unsigned depth)
{
	g_autoptr(GDir) dir = NULL;
	const char *name;
	gboolean found = has(path, "metadata");

	if (found || depth > 4)
		return found;
	dir = g_dir_open(path, 0, NULL);
	while (dir && !found && (name = g_dir_read_name(dir))) {
		g_autofree char *below = g_build_filename(path, name, NULL);

		found = g_file_test(below, G_FILE_TEST_IS_DIR) && is_trace(below, depth + 1);
	}
	return found;
}

/* What LTTng puts into the folder of one session: its domains, and the chunks of a rotation. A recording or a session
 * that is called so has other things in it. */
static gboolean is_of_session(const char *path, const char *name)
{
	static const char *const others[] = { "recording.json", "ust", "kernel", "archives",
					      "metadata" };
	g_autofree char *folder = g_build_filename(path, name, NULL);
	size_t count = G_N_ELEMENTS(others);

	if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
		return FALSE;
	/* Of these the kernel's alone is a trace itself. */
	if (strcmp(name, "kernel") == 0)
		count--;
	for (size_t i = 0; i < count; i++)
		if (has(folder, others[i]))
			return FALSE;
	return TRUE;
}

static gboolean is_one(const char *path)
{
	return has(path, "recording.json") || has(path, "metadata") || is_of_session(path, "ust") ||
	       is_of_session(path, "kernel") || is_of_session(path, "archives");
}

static void add(GPtrArray *cases, GHashTable *names, const char *before, const char *path,
		const char *output)
{
	struct fdar_batch_case *one = g_new0(struct fdar_batch_case, 1);
	g_autofree char *last = fdar_path_name(path), *base = g_strconcat(before, last, NULL);

	one->path = g_strdup(path);
	one->name = g_strdup(base);
	for (guint n = 2; !g_hash_table_add(names, g_strdup(one->name)); n++) {
		g_free(one->name);
		one->name = g_strdup_printf("%s-%u", base, n);
	}
	one->profile_path = g_strdup_printf("%s/%s.profile", output, one->name);
	g_ptr_array_add(cases, one);
}

static int by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What is in a folder of recordings: they, not what lies beside them. A relay daemon has a folder a host there:
 * before is that one's name, and NULL where none can be. */
static void add_folder(GPtrArray *cases, GHashTable *names, const char *before, const char *path,
		       const char *output)
{
	g_autoptr(GPtrArray) below = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		g_ptr_array_add(below, g_build_filename(path, name, NULL));
	g_ptr_array_sort(below, by_text);
	for (guint i = 0; i < below->len; i++) {
		const char *one = g_ptr_array_index(below, i);
		gboolean folder = g_file_test(one, G_FILE_TEST_IS_DIR);
		g_autofree char *host = fdar_path_name(one), *of = g_strconcat(host, "-", NULL);

		if (has(one, "recording.json") ||
		    (folder && (is_one(one) || is_trace(one, before ? 2 : 1))))
			add(cases, names, before ? before : "", one, output);
		else if (folder && !before)
			add_folder(cases, names, of, one, output);
	}
}

GPtrArray *fdar_batch_cases_new(char **paths, const char *output, GError **error)
{
	g_autoptr(GPtrArray) cases = g_ptr_array_new_with_free_func(case_free);
	g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (; *paths; paths++) {
		gboolean folder = g_file_test(*paths, G_FILE_TEST_IS_DIR);

		if (!g_file_test(*paths, G_FILE_TEST_EXISTS)) {
			g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
				    "%s: No such file or directory", *paths);
			return NULL;
		}
		if (folder && !is_one(*paths))
			add_folder(cases, names, NULL, *paths, output);
		else
			add(cases, names, "", *paths, output);
	}
	if (!cases->len)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "no recordings; expected recordings, or folders of them");
	return cases->len ? g_steal_pointer(&cases) : NULL;
}

/* ---- what is done ---- */

static void append_file(GString *asked, const char *what, const char *path)
{
	g_autofree char *text = NULL, *sum = NULL;
	gsize length;

	if (!path)
		return;
	/* Who cannot be read is told of by those who have to. */
	text = fdar_file_read(path, ASKED_MAX_BYTES, &length, NULL);
	if (text)
		sum = g_compute_checksum_for_data(G_CHECKSUM_SHA256, (const guchar *)text, length);
	g_string_append_printf(asked, "%s %s\n", what, sum ? sum : "?");
}

char *fdar_batch_asked(const char *unit, const char *rules, const char *listing)
{
	GString *asked = g_string_new(NULL);

	g_string_append_printf(asked, "unit %s\n", unit ? unit : "session");
	append_file(asked, "rules", rules);
	append_file(asked, "symbols", listing);
	return g_string_free(asked, FALSE);
}

static char *from_path(const struct fdar_batch_case *one)
{
	g_autofree char *dir = g_path_get_dirname(one->profile_path);

	return g_strdup_printf("%s/.%s.from", dir, one->name);
}

char *fdar_batch_case_from(const struct fdar_batch_case *one, const char *asked)
{
	g_autofree char *whole = g_canonicalize_filename(one->path, NULL);
	g_autofree char *state = fdar_profile_cache_state(one->path), *sum = NULL;

	if (!state)
		return NULL;
	sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, state, -1);
	return g_strdup_printf("%s\nstate %s\n%s", whole, sum, asked);
}

gboolean fdar_batch_case_is_done(const struct fdar_batch_case *one, const char *asked)
{
	g_autofree char *path = from_path(one), *text = NULL, *found = NULL;

	if (g_file_test(one->profile_path, G_FILE_TEST_IS_REGULAR))
		found = fdar_file_read(path, ASKED_MAX_BYTES, NULL, NULL);
	if (found)
		text = fdar_batch_case_from(one, asked);
	return text && strcmp(found, text) == 0;
}

void fdar_batch_case_forget(const struct fdar_batch_case *one)
{
	g_autofree char *path = from_path(one);

	g_unlink(path);
}

gboolean fdar_batch_case_note(const struct fdar_batch_case *one,
			      const struct fdar_batch_making *making, const char *from,
			      GError **error)
{
	g_autofree char *path = from_path(one), *name = g_strconcat(one->name, ".from", NULL);
	g_autofree char *made = fdar_batch_making_path(making, name);

	return g_file_set_contents(made, from, -1, error) &&
	       fdar_batch_making_move(making, name, path, error);
}
