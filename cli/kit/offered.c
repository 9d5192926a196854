/* What recordings that are named in a line offer for the values of its options: labels, clients, functions and threads. */
#include "cli/kit/help.h"

#include <string.h>

#include "analyze/profile/labels_own.h"
#include "base/file_read.h"
#include "pipeline/recording/recording.h"
#include "pipeline/source/source.h"

/* Of one list of symbols, which is read whole; who waits for a completion does not wait for more. */
#define SYMBOLS_MAX_BYTES (64u << 20)
/* Of a trace: most threads have their names early. Where another process reads it, this long. */
#define EVENTS_MAX     (1u << 20)
#define BATCH          4096u
#define FOREIGN_MAX_US 1000000

/* No character that a shell, or its line editor, takes for more than itself. */
static gboolean is_plain(const char *name)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.,:@%+/-";

	return *name && *name != '-' && name[strspn(name, plain)] == '\0';
}

static void offer(GHashTable *offered, const char *name)
{
	if (is_plain(name))
		g_hash_table_add(offered, g_strdup(name));
}

static void offer_names(GHashTable *offered, const char **names)
{
	for (gsize i = 0; names && names[i]; i++)
		offer(offered, names[i]);
}

static fdar_labels *load_journal(const char *recording)
{
	return fdar_labels_of_recording(recording, NULL);
}

static void offer_labels(GHashTable *offered, const char *recording)
{
	g_autoptr(fdar_labels) labels = load_journal(recording);
	g_autofree const char **names = labels ? fdar_labels_names(labels) : NULL;

	offer_names(offered, names);
}

static void offer_clients(GHashTable *offered, const char *recording)
{
	g_autoptr(fdar_labels) labels = load_journal(recording);
	g_autofree const char **names = labels ? fdar_labels_clients(labels) : NULL;

	offer_names(offered, names);
}

/* A line a function: its offset, its size, its name. */
static void offer_symbols(GHashTable *offered, const char *path)
{
	g_autofree char *text = fdar_file_read(path, SYMBOLS_MAX_BYTES, NULL, NULL);
	char *rest = text;

	for (char *line; rest && (line = strsep(&rest, "\n"));) {
		const char *size = strchr(line, ' ');
		const char *name = size ? strchr(size + 1, ' ') : NULL;

		if (name)
			offer(offered, name + 1);
	}
}

static void offer_functions(GHashTable *offered, const char *recording)
{
	g_autofree char *folder = g_build_filename(recording, FDAR_RECORDING_SYMBOLS, NULL);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *file;

	while (dir && (file = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, file, NULL);

		if (g_str_has_suffix(file, ".txt"))
			offer_symbols(offered, path);
	}
}

static gboolean is_early(void *until_us)
{
	return g_get_monotonic_time() < *(const gint64 *)until_us;
}

static void offer_threads(GHashTable *offered, const char *recording)
{
	gint64 until_us = g_get_monotonic_time() + FOREIGN_MAX_US;
	/* By whose clock does not matter: of several hosts that would be all there is time for. */
	const struct fdar_source_options how = { .go_on = is_early,
						 .user = &until_us,
						 .own_clocks = TRUE };
	g_autoptr(fdar_source) source = fdar_source_open_with(recording, &how, NULL);
	g_autofree struct fdar_event *batch = g_new(struct fdar_event, BATCH);
	gssize count, total = 0;

	while (source && total < EVENTS_MAX &&
	       (count = fdar_source_read(source, batch, BATCH, NULL)) > 0) {
		for (gssize i = 0; i < count; i++)
			if (batch[i].kind == FDAR_EVENT_THREAD_NAME)
				offer(offered, fdar_source_text(source, batch[i].named.name));
		total += count;
	}
}

static const struct {
	const char *what;
	void (*offer)(GHashTable *offered, const char *recording);
} kinds[] = {
	{ "labels", offer_labels },
	{ "clients", offer_clients },
	{ "functions", offer_functions },
	{ "threads", offer_threads },
};

gboolean fdar_offered_print(const char *what, char **words)
{
	g_autoptr(GHashTable) offered =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	gsize kind = 0;

	while (kind < G_N_ELEMENTS(kinds) && strcmp(kinds[kind].what, what) != 0)
		kind++;
	if (kind == G_N_ELEMENTS(kinds))
		return FALSE;
	for (; *words; words++) {
		g_autofree char *mark = g_build_filename(*words, FDAR_RECORDING_FILE, NULL);

		if (g_file_test(mark, G_FILE_TEST_IS_REGULAR))
			kinds[kind].offer(offered, *words);
	}
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(offered), (GCompareFunc)strcmp);

	for (const GList *at = names; at; at = at->next)
		puts(at->data);
	return TRUE;
}
