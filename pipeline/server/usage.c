#include "pipeline/server/usage.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pipeline/server/processes.h"

#define TRIES 5u

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

static uint64_t waited_of(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/schedstat", (int)pid);
	g_autofree char *text = NULL;
	unsigned long long waited = 0;

	if (!g_file_get_contents(path, &text, NULL, NULL) ||
	    sscanf(text, "%*s %20llu", &waited) != 1)
		return 0;
	return waited;
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

/* Of children that have ended and were waited for, and of theirs. */
static uint64_t ended_of(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/stat", (int)pid);
	g_autofree char *stat = NULL;
	unsigned long long user, system;
	const char *behind;

	/* The command's name may have anything in it: the fields begin behind its last bracket. */
	if (!g_file_get_contents(path, &stat, NULL, NULL) || !(behind = strrchr(stat, ')')) ||
	    sscanf(behind, ") %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %20llu %20llu",
		   &user, &system) != 2)
		return 0;
	return (user + system) * (1000000000u / (uint64_t)sysconf(_SC_CLK_TCK));
}

static uint64_t ended_below(const GArray *tree)
{
	uint64_t sum = 0;

	for (guint i = 0; i < tree->len; i++)
		sum += ended_of(g_array_index(tree, pid_t, i));
	return sum;
}

struct fdar_usage_of_tree fdar_usage_below(pid_t root)
{
	struct fdar_usage_of_tree usage;
	gboolean moved = TRUE;

	/* One that ends meanwhile would be missing, or count twice. */
	for (unsigned tries = 0; moved && tries < TRIES; tries++) {
		g_autoptr(GArray) tree = fdar_processes_below(root);
		uint64_t ended_ns;

		g_array_append_val(tree, root);
		ended_ns = ended_below(tree);
		usage = (struct fdar_usage_of_tree){ .cpu_ns = ended_ns };
		for (guint i = 0; i < tree->len; i++) {
			pid_t pid = g_array_index(tree, pid_t, i);
			uint64_t cpu_ns;

			if (!cpu_of(pid, &cpu_ns))
				continue;
			usage.cpu_ns += cpu_ns;
			usage.waited_ns = MAX(usage.waited_ns, waited_of(pid));
			usage.memory_bytes += memory_of(pid);
			usage.processes++;
		}
		moved = ended_below(tree) != ended_ns;
	}
	return usage;
}
