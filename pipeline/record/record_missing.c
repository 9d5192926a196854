#include "pipeline/record/record_missing.h"

static const struct fdar_control_process *find(const GArray *processes, int32_t pid)
{
	for (guint i = 0; i < processes->len; i++) {
		const struct fdar_control_process *process =
			&g_array_index(processes, struct fdar_control_process, i);

		if (process->pid == pid)
			return process;
	}
	return NULL;
}

static void add_missing(uint64_t *sum, uint64_t said, uint64_t found)
{
	uint64_t missing = said > found ? said - found : 0;

	*sum = missing > UINT64_MAX - *sum ? UINT64_MAX : *sum + missing;
}

/* A number may have been several processes', one after the other, and is one in what they have said. */
static GHashTable *by_pid(const GArray *processes)
{
	GHashTable *table = g_hash_table_new_full(NULL, NULL, NULL, g_free);

	for (guint i = 0; i < processes->len; i++) {
		const struct fdar_control_process *process =
			&g_array_index(processes, struct fdar_control_process, i);
		gpointer key = GINT_TO_POINTER(process->pid);
		struct fdar_control_process *sum = g_hash_table_lookup(table, key);

		if (!sum) {
			g_hash_table_insert(table, key, g_memdup2(process, sizeof(*process)));
			continue;
		}
		add_missing(&sum->calls, process->calls, 0);
		for (size_t kind = 0; kind < FDAR_CONTROL_EVENTS; kind++)
			add_missing(&sum->events[kind], process->events[kind], 0);
	}
	return table;
}

void fdar_record_missing_find(const GArray *said, const GArray *found, enum fdar_detail detail,
			      struct fdar_record_missing *missing)
{
	static const struct fdar_control_process none = { 0 };
	g_autoptr(GHashTable) table = by_pid(found);

	*missing = (struct fdar_record_missing){ 0 };
	for (guint i = 0; i < said->len; i++) {
		const struct fdar_control_process *process =
			&g_array_index(said, struct fdar_control_process, i);
		const struct fdar_control_process *there =
			g_hash_table_lookup(table, GINT_TO_POINTER(process->pid));

		there = there ? there : &none;
		add_missing(&missing->events, process->events[FDAR_CONTROL_EVENTS_SESSION],
			    there->events[FDAR_CONTROL_EVENTS_SESSION]);
		if (detail >= FDAR_DETAIL_IO)
			add_missing(&missing->events, process->events[FDAR_CONTROL_EVENTS_IO],
				    there->events[FDAR_CONTROL_EVENTS_IO]);
		if (detail < FDAR_DETAIL_FUNCTION)
			continue;
		add_missing(&missing->events, process->events[FDAR_CONTROL_EVENTS_FUNCTION],
			    there->events[FDAR_CONTROL_EVENTS_FUNCTION]);
		add_missing(&missing->calls, process->calls, there->calls);
	}
}

static uint64_t less(uint64_t number, uint64_t by)
{
	return number > by ? number - by : 0;
}

void fdar_record_missing_forgive(GArray *said, const GArray *young)
{
	for (guint i = 0; i < said->len; i++) {
		struct fdar_control_process *process =
			&g_array_index(said, struct fdar_control_process, i);
		const struct fdar_control_process *before = find(young, process->pid);

		if (!before)
			continue;
		process->calls = less(process->calls, before->calls);
		for (size_t kind = 0; kind < FDAR_CONTROL_EVENTS; kind++)
			process->events[kind] = less(process->events[kind], before->events[kind]);
	}
}
