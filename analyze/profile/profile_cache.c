#include "analyze/profile/profile_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX   10000u
#define DEPTH_MAX   16u
#define SETTLED_NS  (INT64_C(2) * 1000000000) /* since a file's last change */
#define STALE_S     3600                      /* what a writer left that was killed */
#define NAME_LENGTH 32u                       /* of the key's checksum */
#define SUFFIX      ".profile"

static int64_t ns_of(const struct timespec *time)
{
	return (int64_t)time->tv_sec * 1000000000 + time->tv_nsec;
}

/* ---- keys ---- */

struct listing {
	GPtrArray *lines; /* char * */
	int64_t newest_ns;
	gboolean failed;
};

static void list_file(struct listing *listing, const char *path, const struct stat *status)
{
	int64_t changed_ns = ns_of(&status->st_ctim);
	g_autofree char *name = g_strescape(path, NULL);

	listing->newest_ns = MAX(listing->newest_ns, changed_ns);
	g_ptr_array_add(listing->lines,
			g_strdup_printf("file %s %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
					" %" G_GINT64_FORMAT " %" G_GUINT64_FORMAT
					" %" G_GUINT64_FORMAT,
					name, (gint64)status->st_size, ns_of(&status->st_mtim),
					changed_ns, (guint64)status->st_ino,
					(guint64)status->st_dev));
	listing->failed |= listing->lines->len > FILES_MAX;
}

static void list_tree(struct listing *listing, const char *path, unsigned depth);

static void list_folder(struct listing *listing, const char *path, unsigned depth)
{
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	if (!dir || depth >= DEPTH_MAX) {
		listing->failed = TRUE;
		return;
	}
	while (!listing->failed && (name = g_dir_read_name(dir))) {
		g_autofree char *below = g_build_filename(path, name, NULL);

		if (strcmp(name, FDAR_PROFILE_CACHE_DIR) != 0)
			list_tree(listing, below, depth + 1);
	}
}

static void list_tree(struct listing *listing, const char *path, unsigned depth)
{
	struct stat status;

	if (stat(path, &status) != 0)
		listing->failed = TRUE;
	else if (S_ISDIR(status.st_mode))
		list_folder(listing, path, depth);
	else if (S_ISREG(status.st_mode))
		list_file(listing, path, &status);
}

/* The program itself: another one may take the trace apart in another way. */
static void list_program(struct listing *listing)
{
	struct stat status;

	if (stat("/proc/self/exe", &status) == 0)
		g_ptr_array_add(listing->lines,
				g_strdup_printf("program %" G_GINT64_FORMAT " %" G_GINT64_FORMAT
						" %" G_GUINT64_FORMAT,
						(gint64)status.st_size, ns_of(&status.st_mtim),
						(guint64)status.st_ino));
	else
		listing->failed = TRUE;
}

static int by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static char *key_of(const char *path, const char *const *files, const char *const *words,
		    int64_t *newest_ns)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(g_free);
	struct listing listing = { .lines = lines };

	list_tree(&listing, path, 0);
	for (; files && *files; files++)
		list_tree(&listing, *files, 0);
	list_program(&listing);
	g_ptr_array_sort(lines, by_text);
	for (; words && *words; words++)
		g_ptr_array_add(lines, g_strdup_printf("asked %s", *words));
	g_ptr_array_add(lines, NULL);
	*newest_ns = listing.newest_ns;
	return listing.failed ? NULL : g_strjoinv("\n", (char **)lines->pdata);
}

char *fdar_profile_cache_key(const char *path, const char *const *files, const char *const *words)
{
	int64_t newest_ns, now_ns = g_get_real_time() * 1000;
	g_autofree char *key = key_of(path, files, words, &newest_ns);

	if (!key || !g_utf8_validate(key, -1, NULL) || now_ns - newest_ns < SETTLED_NS)
		return NULL;
	return g_steal_pointer(&key);
}

char *fdar_profile_cache_state(const char *path)
{
	int64_t newest_ns;

	return key_of(path, NULL, NULL, &newest_ns);
}

/* ---- files ---- */

static char *name_of(const char *path, const char *key)
{
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_SHA256, key, -1);
	g_autofree char *name = g_strdup_printf("%.*s" SUFFIX, (int)NAME_LENGTH, sum);

	return g_build_filename(path, FDAR_PROFILE_CACHE_DIR, name, NULL);
}

/* Nobody else could have written it. */
static gboolean is_ours(const char *path, mode_t type)
{
	struct stat status;

	return lstat(path, &status) == 0 && (status.st_mode & S_IFMT) == type &&
	       status.st_uid == geteuid() && !(status.st_mode & (S_IWGRP | S_IWOTH));
}

struct fdar_profile *fdar_profile_cache_find(const char *path, const char *key,
					     struct fdar_profile_about *about)
{
	g_autofree char *dir = g_build_filename(path, FDAR_PROFILE_CACHE_DIR, NULL);
	g_autofree char *name = name_of(path, key);
	g_autoptr(fdar_profile) profile = NULL;

	if (!is_ours(dir, S_IFDIR) || !is_ours(name, S_IFREG))
		return NULL;
	profile = fdar_profile_load(name, about, NULL);
	if (profile && g_strcmp0(about->key, key) == 0)
		return g_steal_pointer(&profile);
	fdar_profile_about_clear(about);
	fdar_profile_about_init(about);
	return NULL;
}

static gboolean is_named_for_good(const struct fdar_profile *profile)
{
	for (uint32_t i = 0; i < profile->function_count; i++) {
		const struct fdar_profile_function *function = &profile->functions[i];

		if (!function->known && function->kind == FDAR_FRAME_FUNCTION &&
		    strcmp(function->component, "unknown") != 0)
			return FALSE;
	}
	return TRUE;
}

struct kept {
	char *path;
	int64_t written_ns;
};

static int by_age(gconstpointer a, gconstpointer b)
{
	const struct kept *left = a, *right = b;

	return left->written_ns > right->written_ns ? -1 : left->written_ns < right->written_ns;
}

static void kept_clear(gpointer data)
{
	g_free(((struct kept *)data)->path);
}

/* Takes away the oldest of too many, and what killed writers left. */
static void tidy(const char *dir)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(struct kept));
	g_autoptr(GDir) names = g_dir_open(dir, 0, NULL);
	int64_t now_ns = g_get_real_time() * 1000;
	struct stat status;
	const char *name;

	g_array_set_clear_func(all, kept_clear);
	while (names && (name = g_dir_read_name(names))) {
		struct kept kept = { .path = g_build_filename(dir, name, NULL) };
		gboolean known = lstat(kept.path, &status) == 0 && S_ISREG(status.st_mode);

		kept.written_ns = known ? ns_of(&status.st_mtim) : 0;
		if (known && g_str_has_suffix(name, SUFFIX)) {
			g_array_append_val(all, kept);
			continue;
		}
		if (known && now_ns - kept.written_ns > (int64_t)STALE_S * 1000000000)
			g_unlink(kept.path);
		g_free(kept.path);
	}
	g_array_sort(all, by_age);
	for (guint i = FDAR_PROFILE_CACHE_MAX; i < all->len; i++)
		g_unlink(g_array_index(all, struct kept, i).path);
}

/* The recording and the program are what the key says. */
static gboolean is_unchanged(const char *path, const char *key)
{
	int64_t newest_ns;
	g_autofree char *now = key_of(path, NULL, NULL, &newest_ns);
	g_auto(GStrv) lines = g_strsplit(now ? now : "?", "\n", -1);

	g_auto(GStrv) then = g_strsplit(key, "\n", -1);

	for (char **line = lines; *line; line++)
		if (!g_strv_contains((const char *const *)then, *line))
			return FALSE;
	return TRUE;
}

/* What stands in its place is not written to: a link or a pipe may be anybody's, of whom the recording was got. */
static gboolean make_way(const char *name)
{
	struct stat status;

	if (lstat(name, &status) != 0)
		return errno == ENOENT;
	return S_ISREG(status.st_mode) || (!S_ISDIR(status.st_mode) && g_unlink(name) == 0);
}

void fdar_profile_cache_keep(const char *path, const char *key, const struct fdar_profile *profile,
			     struct fdar_profile_about *about)
{
	g_autofree char *dir = g_build_filename(path, FDAR_PROFILE_CACHE_DIR, NULL);
	g_autofree char *name = name_of(path, key);

	if (!is_named_for_good(profile) || !is_unchanged(path, key))
		return;
	if ((g_mkdir(dir, 0755) != 0 && !is_ours(dir, S_IFDIR)) || !make_way(name))
		return;
	g_free(about->key);
	about->key = g_strdup(key);
	if (fdar_profile_save(profile, about, name, NULL))
		tidy(dir);
}
