/* Binaries: flowdar analyze --by component. */
#include <string.h>

#include "cli/analyze/analyze_tables.h"
#include "cli/kit/cells.h"

struct component_row {
	const char *name;
	uint64_t functions;
	uint64_t calls;
	uint64_t running_ns;
	uint64_t waiting_ns; /* in its own calls of what can block */
};

static uint64_t own_ns(const struct component_row *row)
{
	return row->running_ns + row->waiting_ns;
}

static double key_of(const struct component_row *row, enum fdar_analyze_sort sort)
{
	if (sort == FDAR_SORT_CALLS)
		return (double)row->calls;
	return sort == FDAR_SORT_NAME ? 0 : (double)own_ns(row);
}

static gint compare(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct component_row *left = *(struct component_row *const *)a;
	const struct component_row *right = *(struct component_row *const *)b;
	const struct fdar_analyze_request *request = user;
	double of_left = key_of(left, request->sort), of_right = key_of(right, request->sort);

	if (of_left != of_right)
		return of_left > of_right ? -1 : 1;
	return strcmp(left->name, right->name);
}

static GHashTable *rows_of(const struct fdar_analyze_request *request)
{
	GHashTable *rows = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);

	for (uint32_t i = 0; i < request->group->entry_count; i++) {
		const struct fdar_profile_entry *entry = &request->group->entries[i];
		const struct fdar_profile_function *function =
			&request->profile->functions[entry->function];
		const char *name = function->component;
		struct component_row *row = g_hash_table_lookup(rows, name);

		if ((!entry->stat.calls && !entry->stat.own_ns) ||
		    (!request->own && strcmp(name, FDAR_COMPONENT_OWN) == 0))
			continue;
		if (!row) {
			row = g_new0(struct component_row, 1);
			row->name = name;
			g_hash_table_insert(rows, (gpointer)name, row);
		}
		if (entry->below == FDAR_PROFILE_NONE && function->kind <= FDAR_FRAME_SCOPE) {
			row->functions++;
			row->calls += entry->stat.calls;
			row->running_ns += entry->stat.own_ns;
		} else {
			row->waiting_ns += entry->stat.own_ns;
		}
	}
	return rows;
}

enum column { COMPONENT, OWN, PART, RUNNING, WAITING, FUNCTIONS, CALLS };

static const struct fdar_column columns[] = {
	[COMPONENT] = { "component", "component", FALSE, FDAR_FIT_CUT },
	[OWN] = { "own", "own_ns", TRUE, FALSE },
	[PART] = { "part", "own_part", TRUE, FDAR_FIT_DROP(1) },
	[RUNNING] = { "running", "running_ns", TRUE, FALSE },
	[WAITING] = { "waiting", "waiting_ns", TRUE, FDAR_FIT_DROP(2) },
	[FUNCTIONS] = { "functions", "functions", TRUE, FDAR_FIT_DROP(3) },
	[CALLS] = { "calls", "calls", TRUE, FALSE },
};

static void add_row(struct fdar_table *table, const struct fdar_analyze_request *request,
		    const struct component_row *row)
{
	double all = (double)request->group->own_ns;

	fdar_table_row(table);
	fdar_table_cell(table, COMPONENT, row->name, NULL);
	fdar_cell_duration(table, OWN, (double)own_ns(row));
	fdar_cell_percent(table, PART, all > 0 ? (double)own_ns(row) / all : 0);
	fdar_cell_duration(table, RUNNING, (double)row->running_ns);
	fdar_cell_duration(table, WAITING, (double)row->waiting_ns);
	fdar_cell_count(table, FUNCTIONS, (double)row->functions);
	fdar_cell_count(table, CALLS, (double)row->calls);
}

struct fdar_table *fdar_analyze_component_table(const struct fdar_analyze_request *request,
						guint *rows_in_all)
{
	struct fdar_table *table = fdar_table_new("components", columns, G_N_ELEMENTS(columns));
	g_autoptr(GHashTable) by_name = rows_of(request);
	g_autoptr(GPtrArray) rows = g_ptr_array_new();
	GHashTableIter all;
	gpointer row;

	g_hash_table_iter_init(&all, by_name);
	while (g_hash_table_iter_next(&all, NULL, &row))
		g_ptr_array_add(rows, row);
	g_ptr_array_sort_with_data(rows, compare, (gpointer)request);
	*rows_in_all = rows->len;
	for (guint i = 0; i < rows->len && (!request->limit || i < request->limit); i++)
		add_row(table, request, g_ptr_array_index(rows, i));
	return table;
}
