#include "instrument/patcher/patch_store.h"

#include <gio/gio.h>
#include <string.h>

#define UNFINISHED   FDAR_PATCH_STORE ".new" /* the store until it is whole */
#define MANIFEST     "manifest"
#define HEAD         "flowdar-patch"
#define FILES_MAX    1000u
#define STORED(path) FDAR_PATCH_STORE "/" path

static char *sum_of(GBytes *content)
{
	return g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, content);
}

static char *stored_name(const char *store, guint number)
{
	return g_strdup_printf("%s/%u", store, number);
}

/* ---- writing ---- */

static void manifest_add(GKeyFile *manifest, guint number, const struct fdar_patch_file *file,
			 guint directories)
{
	g_autofree char *group = g_strdup_printf("file %u", number);
	g_autofree char *original = file->original ? sum_of(file->original) : g_strdup("none");
	g_autofree char *patched = sum_of(file->patched);
	g_autofree char *mode = g_strdup_printf("%o", (unsigned)file->mode);

	g_key_file_set_value(manifest, group, "path", file->path);
	g_key_file_set_value(manifest, group, "original", original);
	g_key_file_set_value(manifest, group, "patched", patched);
	g_key_file_set_value(manifest, group, "mode", mode);
	g_key_file_set_integer(manifest, group, "directories", (int)directories);
}

static void remove_store(const struct fdar_patch_tree *tree, const char *store, guint files)
{
	g_autofree char *manifest = g_strdup_printf("%s/" MANIFEST, store);

	for (guint i = 0; i < files; i++) {
		g_autofree char *name = stored_name(store, i);

		fdar_patch_tree_remove(tree, name, NULL);
	}
	fdar_patch_tree_remove(tree, manifest, NULL);
	fdar_patch_tree_remove_directory(tree, store);
}

static gboolean write_store(const struct fdar_patch_tree *tree,
			    const struct fdar_patch_outcome *outcome, GError **error)
{
	g_autoptr(GKeyFile) manifest = g_key_file_new();
	g_autoptr(GBytes) text = NULL;
	gboolean done = TRUE;
	gsize size;
	char *data;

	g_key_file_set_integer(manifest, HEAD, "format", 1);
	g_key_file_set_value(manifest, HEAD, "server", outcome->set->server);
	g_key_file_set_value(manifest, HEAD, "version", outcome->version);
	g_key_file_set_integer(manifest, HEAD, "files", (int)outcome->files->len);
	for (guint i = 0; done && i < outcome->files->len; i++) {
		const struct fdar_patch_file *file = g_ptr_array_index(outcome->files, i);
		g_autofree char *name = stored_name(UNFINISHED, i);

		manifest_add(manifest, i, file, fdar_patch_tree_missing(tree, file->path));
		if (file->original)
			done = fdar_patch_tree_replace(tree, name, file->original, 0644, error);
	}
	data = g_key_file_to_data(manifest, &size, NULL);
	text = g_bytes_new_take(data, size);
	done = done && fdar_patch_tree_replace(tree, UNFINISHED "/" MANIFEST, text, 0644, error) &&
	       fdar_patch_tree_rename(tree, UNFINISHED, FDAR_PATCH_STORE, error);
	if (!done)
		remove_store(tree, UNFINISHED, outcome->files->len);
	return done;
}

/* The files are still what the patches were made from: nobody has edited them meanwhile. */
static gboolean unchanged(const struct fdar_patch_tree *tree,
			  const struct fdar_patch_outcome *outcome, GError **error)
{
	for (guint i = 0; i < outcome->files->len; i++) {
		const struct fdar_patch_file *file = g_ptr_array_index(outcome->files, i);
		g_autoptr(GBytes) now = NULL;

		if (!file->original)
			continue;
		now = fdar_patch_tree_read(tree, file->path, NULL, error);
		if (!now)
			return FALSE;
		if (!g_bytes_equal(now, file->original)) {
			g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
				    "%s/%s: was edited meanwhile", tree->path, file->path);
			return FALSE;
		}
	}
	return TRUE;
}

gboolean fdar_patch_store_commit(const struct fdar_patch_tree *tree,
				 const struct fdar_patch_outcome *outcome, GError **error)
{
	guint restored;

	/* Of a run that was killed. */
	remove_store(tree, UNFINISHED, FILES_MAX);
	if (!unchanged(tree, outcome, error) || !write_store(tree, outcome, error))
		return FALSE;
	for (guint i = 0; i < outcome->files->len; i++) {
		const struct fdar_patch_file *file = g_ptr_array_index(outcome->files, i);

		if (!fdar_patch_tree_replace(tree, file->path, file->patched, file->mode, error)) {
			fdar_patch_store_reverse(tree, &restored, NULL);
			return FALSE;
		}
	}
	return TRUE;
}

/* ---- reading; a manifest may say anything ---- */

struct stored {
	char *path;
	char *original; /* checksum; "none": the file is new */
	char *patched;
	mode_t mode;
	int directories;  /* that were made for it */
	gboolean restore; /* it is its patched self now */
};

static void stored_clear(gpointer data)
{
	struct stored *stored = data;

	g_free(stored->path);
	g_free(stored->original);
	g_free(stored->patched);
}

static GKeyFile *manifest_read(const struct fdar_patch_tree *tree, GError **error)
{
	g_autoptr(GBytes) text = fdar_patch_tree_read(tree, STORED(MANIFEST), NULL, error);
	g_autoptr(GKeyFile) manifest = g_key_file_new();

	if (!text)
		return NULL;
	if (g_key_file_load_from_bytes(manifest, text, G_KEY_FILE_NONE, NULL) &&
	    g_key_file_get_integer(manifest, HEAD, "format", NULL) == 1)
		return g_steal_pointer(&manifest);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s/%s: is not one of ours",
		    tree->path, STORED(MANIFEST));
	return NULL;
}

char *fdar_patch_store_describe(const struct fdar_patch_tree *tree)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GKeyFile) manifest = manifest_read(tree, &error);
	g_autofree char *server = NULL, *version = NULL;

	if (!manifest)
		return g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT)
			       ? NULL
			       : g_strdup("unreadable");
	server = g_key_file_get_value(manifest, HEAD, "server", NULL);
	version = g_key_file_get_value(manifest, HEAD, "version", NULL);
	return g_strdup_printf("%.64s %.64s", server ? server : "?", version ? version : "?");
}

static gboolean stored_read(GKeyFile *manifest, guint number, struct stored *stored)
{
	g_autofree char *group = g_strdup_printf("file %u", number);
	g_autofree char *mode = g_key_file_get_value(manifest, group, "mode", NULL);

	stored->path = g_key_file_get_value(manifest, group, "path", NULL);
	stored->original = g_key_file_get_value(manifest, group, "original", NULL);
	stored->patched = g_key_file_get_value(manifest, group, "patched", NULL);
	stored->directories = g_key_file_get_integer(manifest, group, "directories", NULL);
	stored->mode = mode ? (mode_t)(g_ascii_strtoull(mode, NULL, 8) & 0777) : 0644;
	return stored->path && stored->original && stored->patched &&
	       fdar_patch_path_is_inside(stored->path);
}

static GArray *files_read(const struct fdar_patch_tree *tree, GError **error)
{
	g_autoptr(GKeyFile) manifest = manifest_read(tree, error);
	g_autoptr(GArray) files = g_array_new(FALSE, TRUE, sizeof(struct stored));
	int count;

	if (!manifest)
		return NULL;
	g_array_set_clear_func(files, stored_clear);
	count = g_key_file_get_integer(manifest, HEAD, "files", NULL);
	for (int i = 0; i < CLAMP(count, 0, (int)FILES_MAX); i++) {
		struct stored stored = { 0 };
		gboolean sound = stored_read(manifest, (guint)i, &stored);

		g_array_append_val(files, stored);
		if (sound)
			continue;
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s/%s: [file %d] is damaged",
			    tree->path, STORED(MANIFEST), i);
		return NULL;
	}
	return g_steal_pointer(&files);
}

/* ---- taking back ---- */

static gboolean is_new(const struct stored *stored)
{
	return strcmp(stored->original, "none") == 0;
}

/* The file is either of the two that we know. */
static gboolean check(const struct fdar_patch_tree *tree, struct stored *stored, GError **error)
{
	g_autoptr(GError) problem = NULL;
	g_autoptr(GBytes) now = fdar_patch_tree_read(tree, stored->path, NULL, &problem);
	g_autofree char *sum = now ? sum_of(now) : NULL;

	if (!now && g_error_matches(problem, G_FILE_ERROR, G_FILE_ERROR_NOENT) && is_new(stored))
		return TRUE;
	if (!now) {
		g_propagate_error(error, g_steal_pointer(&problem));
		return FALSE;
	}
	stored->restore = strcmp(sum, stored->patched) == 0;
	if (stored->restore || strcmp(sum, stored->original) == 0)
		return TRUE;
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
		    "%s/%s: was edited since it was patched, so nothing is taken back; undo the "
		    "edit, or take the changes to it away by hand",
		    tree->path, stored->path);
	return FALSE;
}

/* The original as it was stored, when that is sound. */
static GBytes *original_of(const struct fdar_patch_tree *tree, const struct stored *stored,
			   guint number, GError **error)
{
	g_autofree char *name = stored_name(FDAR_PATCH_STORE, number);
	g_autoptr(GBytes) content = fdar_patch_tree_read(tree, name, NULL, error);
	g_autofree char *sum = content ? sum_of(content) : NULL;

	if (!content)
		return NULL;
	if (strcmp(sum, stored->original) == 0)
		return g_steal_pointer(&content);
	g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
		    "%s/%s: is not the original of %s any more", tree->path, name, stored->path);
	return NULL;
}

static gboolean restore(const struct fdar_patch_tree *tree, const struct stored *stored,
			GBytes *original, GError **error)
{
	g_autofree char *above = g_strdup(stored->path);

	if (!stored->restore) {
		fdar_patch_tree_clean(tree, stored->path);
		return TRUE;
	}
	if (!is_new(stored))
		return fdar_patch_tree_replace(tree, stored->path, original, stored->mode, error);
	if (!fdar_patch_tree_remove(tree, stored->path, error))
		return FALSE;
	for (int i = 0; i < stored->directories; i++) {
		char *slash = strrchr(above, '/');

		if (!slash)
			break;
		*slash = '\0';
		if (!fdar_patch_tree_remove_directory(tree, above))
			break; /* something else is in it by now */
	}
	return TRUE;
}

static void bytes_free(gpointer data)
{
	g_clear_pointer((GBytes **)&data, g_bytes_unref);
}

gboolean fdar_patch_store_reverse(const struct fdar_patch_tree *tree, guint *restored,
				  GError **error)
{
	g_autoptr(GArray) files = files_read(tree, error);
	g_autoptr(GPtrArray) originals = g_ptr_array_new_with_free_func(bytes_free);

	*restored = 0;
	/* First all is looked at, so that nothing is changed when one is not right. */
	for (guint i = 0; files && i < files->len; i++) {
		struct stored *stored = &g_array_index(files, struct stored, i);
		GBytes *original = NULL;

		if (!check(tree, stored, error) ||
		    (!is_new(stored) && !(original = original_of(tree, stored, i, error))))
			return FALSE;
		g_ptr_array_add(originals, original);
	}
	for (guint i = 0; files && i < files->len; i++) {
		const struct stored *stored = &g_array_index(files, struct stored, i);

		if (!restore(tree, stored, g_ptr_array_index(originals, i), error))
			return FALSE;
		*restored += stored->restore ? 1 : 0;
	}
	if (files)
		remove_store(tree, FDAR_PATCH_STORE, files->len);
	return files != NULL;
}
