#include "pipeline/strangers.h"

#include <unistd.h>

#include "pipeline/processes.h"

struct fd_strangers {
	GHashTable *seen; /* pids below other recorders */
	GHashTable *own;  /* pids below this process: a number may come again */
};

struct fd_strangers *fd_strangers_new(void)
{
	struct fd_strangers *strangers = g_new0(struct fd_strangers, 1);

	strangers->seen = g_hash_table_new(NULL, NULL);
	strangers->own = g_hash_table_new(NULL, NULL);
	return strangers;
}

void fd_strangers_free(struct fd_strangers *strangers)
{
	if (!strangers)
		return;
	g_hash_table_destroy(strangers->seen);
	g_hash_table_destroy(strangers->own);
	g_free(strangers);
}

/* Adds everything below root to set; the tree is walked with a list, not with the stack. */
static void add_below(GHashTable *parents, pid_t root, GHashTable *set)
{
	g_autoptr(GArray) level = g_array_new(FALSE, FALSE, sizeof(pid_t));

	g_array_append_val(level, root);
	for (guint i = 0; i < level->len; i++) {
		GArray *children =
			g_hash_table_lookup(parents,
					    GINT_TO_POINTER(g_array_index(level, pid_t, i)));

		for (guint c = 0; children && c < children->len; c++) {
			pid_t child = g_array_index(children, pid_t, c);

			if (g_hash_table_size(set) < FD_STRANGERS_MAX)
				g_hash_table_add(set, GINT_TO_POINTER(child));
			g_array_append_val(level, child);
		}
	}
}

void fd_strangers_look(struct fd_strangers *strangers, const pid_t *recorders, size_t count)
{
	g_autoptr(GHashTable) parents = NULL;

	if (!count && !g_hash_table_size(strangers->seen))
		return;
	parents = fd_processes_all();
	for (size_t i = 0; i < count; i++)
		add_below(parents, recorders[i], strangers->seen);
	add_below(parents, getpid(), strangers->own);
}

static int compare(gconstpointer a, gconstpointer b)
{
	guint32 left = *(const guint32 *)a, right = *(const guint32 *)b;

	return (left > right) - (left < right);
}

GArray *fd_strangers_list(const struct fd_strangers *strangers)
{
	GArray *list = g_array_new(FALSE, FALSE, sizeof(guint32));
	GHashTableIter all;
	gpointer pid;

	g_hash_table_iter_init(&all, strangers->seen);
	while (g_hash_table_iter_next(&all, &pid, NULL)) {
		guint32 number = (guint32)GPOINTER_TO_INT(pid);

		if (!g_hash_table_contains(strangers->own, pid))
			g_array_append_val(list, number);
	}
	g_array_sort(list, compare);
	return list;
}
