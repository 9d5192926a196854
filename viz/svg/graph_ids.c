#include "viz/svg/graph_ids.h"

#include <glib.h>

/* One a graph; freed when that is closed. */
struct ids {
	GHashTable *by_name; /* kind and name -> id */
	GPtrArray *names;    /* id - 1 -> name; NULL: none */
};

static void *ids_open(Agraph_t *graph, Agdisc_t *discipline)
{
	struct ids *ids = g_new0(struct ids, 1);

	(void)graph;
	(void)discipline;
	ids->by_name = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	ids->names = g_ptr_array_new_with_free_func(g_free);
	return ids;
}

/* Gives 1 when there is an id (or one was made), else 0. */
static long ids_map(void *state, int kind, char *name, IDTYPE *id, int create)
{
	struct ids *ids = state;
	g_autofree char *key = NULL;
	gpointer found = NULL;

	/* in- and out-edges are two views of one edge */
	kind = kind == AGINEDGE ? AGOUTEDGE : kind;
	if (name) {
		key = g_strdup_printf("%d%s", kind, name);
		found = g_hash_table_lookup(ids->by_name, key);
	}
	if (found) {
		*id = (IDTYPE)GPOINTER_TO_SIZE(found);
		return 1;
	}
	if (!create)
		return 0;
	g_ptr_array_add(ids->names, g_strdup(name));
	*id = ids->names->len;
	if (name)
		g_hash_table_insert(ids->by_name, g_steal_pointer(&key), GSIZE_TO_POINTER(*id));
	return 1;
}

/* Asks for a certain id: nobody may. */
static long ids_alloc(void *state, int kind, IDTYPE id)
{
	(void)state;
	(void)kind;
	(void)id;
	return 0;
}

static void ids_free(void *state, int kind, IDTYPE id)
{
	(void)state;
	(void)kind;
	(void)id;
}

static char *ids_print(void *state, int kind, IDTYPE id)
{
	const struct ids *ids = state;

	(void)kind;
	return id > 0 && id <= ids->names->len ? ids->names->pdata[id - 1] : NULL;
}

static void ids_close(void *state)
{
	struct ids *ids = state;

	g_hash_table_unref(ids->by_name);
	g_ptr_array_unref(ids->names);
	g_free(ids);
}

static void ids_register(void *state, int kind, void *object)
{
	(void)state;
	(void)kind;
	(void)object;
}

static Agiddisc_t discipline = {
	.open = ids_open,
	.map = ids_map,
	.alloc = ids_alloc,
	.free = ids_free,
	.print = ids_print,
	.close = ids_close,
	.idregister = ids_register,
};

Agdisc_t fdar_graph_ids = { NULL, &discipline, NULL };
