#include "pipeline/server/usage.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "pipeline/server/processes.h"

/* "RssAnon:      1234 kB" */
static uint64_t field_bytes(const char *status, const char *name)
{
	const char *at = strstr(status, name);

	return at ? g_ascii_strtoull(at + strlen(name), NULL, 10) * 1024 : 0;
}

static uint64_t memory_of(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/status", (int)pid);
	g_autofree char *status = NULL;

	if (!g_file_get_contents(path, &status, NULL, NULL))
		return 0;
	return field_bytes(status, "\nRssAnon:") + field_bytes(status, "\nVmSwap:");
}

static gboolean cpu_of(pid_t pid, uint64_t *cpu_ns)
{
	struct timespec time;
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &time) != 0)
		return FALSE;
	*cpu_ns = (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
	return TRUE;
}

struct fdar_usage_of_tree fdar_usage_below(pid_t root)
{
	g_autoptr(GHashTable) all = fdar_processes_all();
	g_autoptr(GArray) queue = g_array_new(FALSE, FALSE, sizeof(pid_t));
	struct fdar_usage_of_tree usage = { 0 };

	g_array_append_val(queue, root);
	/* The table is of one moment and has no circle, so that this ends. */
	for (guint i = 0; i < queue->len; i++) {
		pid_t pid = g_array_index(queue, pid_t, i);
		const GArray *children = g_hash_table_lookup(all, GINT_TO_POINTER(pid));
		uint64_t cpu_ns;

		if (children)
			g_array_append_vals(queue, children->data, children->len);
		if (!cpu_of(pid, &cpu_ns))
			continue;
		usage.cpu_ns += cpu_ns;
		usage.memory_bytes += memory_of(pid);
		usage.processes++;
	}
	return usage;
}
