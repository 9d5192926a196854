/* What recordings that are named in a line offer for the values of its options: labels, clients and functions. */
#include "cli/kit/help.h"

#include <string.h>

#include "analyze/profile/labels.h"
#include "base/file_read.h"
#include "pipeline/recording/recording.h"

/* Of one list of symbols, which is read whole; who waits for a completion does not wait for more. */
#define SYMBOLS_MAX_BYTES (64u << 20)

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

static void offer_journal(GHashTable *offered, const char *recording, gboolean clients)
{
	g_autofree char *path = g_build_filename(recording, FDAR_RECORDING_JOURNAL, NULL);
	g_autoptr(fdar_labels) labels = fdar_labels_load(path, NULL);
	g_autofree const char **names = !labels   ? NULL
					: clients ? fdar_labels_clients(labels)
						  : fdar_labels_names(labels);

	for (gsize i = 0; names && names[i]; i++)
		offer(offered, names[i]);
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

gboolean fdar_offered_print(const char *what, char **words)
{
	g_autoptr(GHashTable) offered =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	gboolean labels = strcmp(what, "labels") == 0, clients = strcmp(what, "clients") == 0;

	if (!labels && !clients && strcmp(what, "functions") != 0)
		return FALSE;
	for (; *words; words++) {
		g_autofree char *mark = g_build_filename(*words, FDAR_RECORDING_FILE, NULL);

		if (!g_file_test(mark, G_FILE_TEST_IS_REGULAR))
			continue;
		if (labels || clients)
			offer_journal(offered, *words, clients);
		else
			offer_functions(offered, *words);
	}
	g_autoptr(GList) names = g_list_sort(g_hash_table_get_keys(offered), (GCompareFunc)strcmp);

	for (const GList *at = names; at; at = at->next)
		puts(at->data);
	return TRUE;
}
