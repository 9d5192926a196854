#include "cli/kit/profile_input.h"

#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analyze/profile/labels_own.h"
#include "analyze/profile/profile_cache.h"
#include "cli/kit/table.h"
#include "cli/kit/terminal.h"
#include "pipeline/recording/doubts.h"
#include "pipeline/recording/recording.h"

#define SHOW_AFTER_US 2000000
#define EVERY_US      200000
#define KEEP_EVENTS   1000000u /* what has fewer is read as quickly as kept */

struct progress {
	const struct fdar_profile_input *input;
	gint64 started_us;
	gint64 shown_us; /* 0: there is no line */
};

static gboolean on_progress(guint64 events, void *user)
{
	struct progress *progress = user;
	gint64 now_us = g_get_monotonic_time();

	if (now_us - progress->started_us > SHOW_AFTER_US &&
	    now_us - progress->shown_us > EVERY_US && fdar_terminal_is_ours()) {
		g_autofree char *count = fdar_format_count(events);

		fprintf(stderr, "\r\033[Kreading %s: %s events", progress->input->path, count);
		fflush(stderr);
		progress->shown_us = now_us;
	}
	return fdar_profile_input_go_on((void *)progress->input);
}

gboolean fdar_profile_input_is_same(const char *left, const char *right)
{
	struct stat a, b;

	return stat(left, &a) == 0 && stat(right, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

void fdar_profile_input_warn_twice(const struct fdar_usage *usage, char *const *paths)
{
	for (char *const *path = paths; *path; path++)
		for (char *const *before = paths; before < path; before++)
			if (fdar_profile_input_is_same(*before, *path)) {
				fdar_warning(usage, "%s: given twice, and counted twice", *path);
				return;
			}
}

gboolean fdar_profile_input_go_on(void *user)
{
	const struct fdar_profile_input *input = user;

	return !input->stop || !*input->stop;
}

/* What is wrong with a recording's own journal, without the recording's path. NULL: nothing. */
static char *own_doubt(const char *recording, const struct fdar_labels *labels, const GError *error)
{
	g_autofree char *folder = g_build_filename(recording, G_DIR_SEPARATOR_S, NULL);

	if (error)
		return g_strdup(g_str_has_prefix(error->message, folder)
					? error->message + strlen(folder)
					: error->message);
	return labels ? fdar_labels_left_out(labels) : NULL;
}

gboolean fdar_profile_input_labels(const struct fdar_profile_input *input, char **doubt,
				   struct fdar_labels **labels, GError **error)
{
	g_autoptr(GError) own_error = NULL;

	if (input->label_from) {
		*labels = fdar_labels_load(input->label_from, error);
		return *labels != NULL;
	}
	*labels = fdar_labels_of_recording(input->path, &own_error);
	if (doubt)
		*doubt = own_doubt(input->path, *labels, own_error);
	return TRUE;
}

/* The file that is meant, NULL: none. The caller frees it. */
static char *rules_path(const struct fdar_profile_input *input)
{
	g_autofree char *own = g_build_filename(input->path, "rules", NULL);

	if (input->rules)
		return g_strdup(input->rules);
	return g_file_test(own, G_FILE_TEST_IS_REGULAR) ? g_steal_pointer(&own) : NULL;
}

const char *fdar_profile_input_listing(const char *const listings[2], unsigned side)
{
	return side == 0 && listings[0] ? listings[0] : listings[1];
}

char **fdar_profile_input_tables(char *const *recordings)
{
	g_autoptr(GPtrArray) dirs = g_ptr_array_new();

	if (!recordings)
		return NULL;
	for (; *recordings; recordings++)
		g_ptr_array_add(dirs, g_build_filename(*recordings, "symbols", NULL));
	g_ptr_array_add(dirs, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&dirs), FALSE);
}

gboolean fdar_unit_parse(const char *text, enum fdar_unit *unit)
{
	*unit = g_strcmp0(text, "request") == 0 ? FDAR_UNIT_REQUEST : FDAR_UNIT_SESSION;
	return !text || *unit == FDAR_UNIT_REQUEST || strcmp(text, "session") == 0;
}

gboolean fdar_profile_input_is_file(const struct fdar_profile_input *input)
{
	return fdar_profile_is_file(input->path);
}

static const char *unit_name(enum fdar_unit unit)
{
	return unit == FDAR_UNIT_REQUEST ? "request" : "session";
}

static struct fdar_profile *load(const struct fdar_profile_input *input,
				 struct fdar_profile_about *about, GError **error)
{
	g_autoptr(fdar_profile) profile = NULL;
	const char *missing = input->label_from ? "--label-from"
			      : input->label    ? "halves"
			      : input->rules    ? "--rules"
			      : input->listing  ? "--symbols"
			      : input->session  ? "single sessions"
			      : input->folded   ? "functions that only one side has recorded"
						: NULL;

	if (missing) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
			    "%s is a profile, which is summed already: %s cannot be asked of it; "
			    "expected the recording",
			    input->path, missing);
		return NULL;
	}
	profile = fdar_profile_load(input->path, about, error);
	if (profile && profile->unit != input->unit) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
			    "%s is a profile of %ss; expected one of %ss (--unit)", input->path,
			    unit_name(profile->unit), unit_name(input->unit));
		return NULL;
	}
	return g_steal_pointer(&profile);
}

/* Those that were asked for are used, whenever they were played. */
static void doubt_labels(const struct fdar_profile_input *input, const struct fdar_labels *labels,
			 struct fdar_profile *profile)
{
	char *doubt = input->label_from ? fdar_labels_doubt(labels, input->label_from, input->path)
					: NULL;

	if (doubt)
		fdar_doubts_add(profile->doubts, FDAR_DOUBT_FOREIGN, doubt);
}

/* Labels that are not used may have been wanted, and are in nothing that is shown. */
static void doubt_own_labels(struct fdar_profile *profile, char **doubt)
{
	if (profile && *doubt)
		fdar_doubts_add(profile->doubts, FDAR_DOUBT_WARNED, g_steal_pointer(doubt));
}

static struct fdar_profile *read_trace(const struct fdar_profile_input *input, GPtrArray *warnings,
				       gboolean *borrowed, GError **error)
{
	struct progress progress = { .input = input, .started_us = g_get_monotonic_time() };
	g_autofree char *rules_file = rules_path(input);
	g_auto(GStrv) tables = fdar_profile_input_tables(input->others);
	g_autoptr(fdar_rules) rules = NULL;
	g_autoptr(fdar_labels) labels = NULL;
	g_autofree char *own = NULL;
	struct fdar_profile *profile;

	if (!fdar_profile_input_labels(input, &own, &labels, error))
		return NULL;
	if (rules_file) {
		rules = fdar_rules_load(rules_file, error);
		if (!rules)
			return NULL;
	}
	struct fdar_profile_options options = { .labels = labels,
						.listing = input->listing,
						.tables = (const char *const *)tables,
						.borrowed = borrowed,
						.lines = TRUE,
						.unit = input->unit,
						.folded = input->folded,
						.rules = rules,
						.threads = input->threads,
						.progress = on_progress,
						.user = &progress,
						.label = input->label,
						.label_user = input->label_user,
						.session = input->session,
						.watch = input->watch,
						.session_user = input->session_user };
	profile = fdar_profile_read(input->path, &options, warnings, error);
	if (progress.shown_us)
		fputs("\r\033[K", stderr);
	if (profile)
		doubt_labels(input, labels, profile);
	doubt_own_labels(profile, &own);
	return profile;
}

struct fdar_profile_threads *fdar_profile_input_threads(const struct fdar_profile_input *input,
							GError **error)
{
	struct progress progress = { .input = input, .started_us = g_get_monotonic_time() };
	g_autofree char *rules_file = rules_path(input);
	g_autoptr(fdar_rules) rules = NULL;
	struct fdar_profile_options options = { .unit = input->unit,
						.threads = input->threads,
						.progress = on_progress,
						.user = &progress };
	g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
	struct fdar_profile_threads *threads;

	if (fdar_profile_input_is_file(input)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
			    "%s is a profile, which is summed already: threads cannot be asked of "
			    "it; expected the recording",
			    input->path);
		return NULL;
	}
	if (rules_file && !(rules = fdar_rules_load(rules_file, error)))
		return NULL;
	options.rules = rules;
	threads = fdar_profile_threads_read(input->path, &options, warnings, error);
	if (progress.shown_us)
		fputs("\r\033[K", stderr);
	for (guint i = 0; i < warnings->len; i++)
		fdar_warning(input->usage, "%s", (const char *)g_ptr_array_index(warnings, i));
	return threads;
}

static int by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* NULL: it is not to be kept. The caller frees it. */
static char *cache_key(const struct fdar_profile_input *input)
{
	const char *files[] = { input->label_from ? input->label_from : input->rules,
				input->label_from ? input->rules : NULL, NULL };
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	GHashTableIter all;
	gpointer name;

	if (input->no_cache || input->session || input->label || input->listing)
		return NULL;
	if (input->folded) {
		g_hash_table_iter_init(&all, input->folded);
		while (g_hash_table_iter_next(&all, &name, NULL))
			g_ptr_array_add(words, g_strescape(name, NULL));
	}
	g_ptr_array_sort(words, by_text);
	g_ptr_array_add(words, g_strdup(unit_name(input->unit)));
	g_ptr_array_add(words, g_strdup(input->label_from ? "labels" : "own labels"));
	g_ptr_array_add(words, g_strdup(input->rules ? "rules" : "own rules"));
	g_ptr_array_add(words, NULL);
	return fdar_profile_cache_key(input->path, files, (const char *const *)words->pdata);
}

/* Of the recording, or kept beside it. Small ones are read as quickly as kept. */
static struct fdar_profile *read_or_find(const struct fdar_profile_input *input,
					 struct fdar_profile_about *about, GError **error)
{
	g_autofree char *key = cache_key(input);
	struct fdar_profile *profile =
		key ? fdar_profile_cache_find(input->path, key, about) : NULL;
	gboolean borrowed = FALSE;

	if (profile)
		return profile;
	profile = read_trace(input, about->warnings, &borrowed, error);
	if (!profile)
		return NULL;
	fdar_profile_about_recording(about, input->path);
	/* What is kept has names of its own only: another time there may be no other recording. */
	if (key && !borrowed && profile->losses.events + profile->losses.calls >= KEEP_EVENTS)
		fdar_profile_cache_keep(input->path, key, profile, about);
	return profile;
}

static void warn_of_doubts(const struct fdar_profile_input *input,
			   const struct fdar_profile *profile)
{
	for (guint i = 0; i < profile->doubts->len; i++) {
		const struct fdar_doubt *doubt = g_ptr_array_index(profile->doubts, i);

		fdar_warning(input->usage, "%s: %s", input->path, doubt->text);
	}
}

struct fdar_profile *fdar_profile_input_read(const struct fdar_profile_input *input, GError **error)
{
	struct fdar_profile_about about;
	struct fdar_profile *profile;

	fdar_profile_about_init(&about);
	profile = fdar_profile_input_is_file(input) ? load(input, &about, error)
						    : read_or_find(input, &about, error);
	if (profile && !input->again && !input->tells_doubts)
		warn_of_doubts(input, profile);
	for (guint i = 0; i < about.warnings->len && !input->again; i++)
		fdar_warning(input->usage, "%s",
			     (const char *)g_ptr_array_index(about.warnings, i));
	if (profile && input->about)
		fdar_profile_about_add(input->about, &about);
	fdar_profile_about_clear(&about);
	return profile;
}
