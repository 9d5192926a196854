/* Who listens: sockets by /proc/net, and whose they are by /proc/PID/fd. */
#include "replay/lockstep/threads.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STATE_LISTEN 0x0a
#define STATE_BOUND  0x07 /* of UDP sockets without a peer */

static gboolean is_port(const struct fdar_endpoint *targets, size_t count, unsigned long port)
{
	for (size_t i = 0; i < count; i++)
		if (targets[i].port == port)
			return TRUE;
	return FALSE;
}

/* A line: "  0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  0 0 INODE ...".
 * The inode, where it is a socket that takes what comes from anybody at one of the ports. */
static gboolean read_line(char *line, unsigned state, const struct fdar_endpoint *targets,
			  size_t count, unsigned long *inode)
{
	char *words[10];
	char *rest = NULL;
	const char *colon;
	unsigned n = 0;

	for (char *word = strtok_r(line, " \n", &rest); word && n < G_N_ELEMENTS(words);
	     word = strtok_r(NULL, " \n", &rest))
		words[n++] = word;
	if (n < G_N_ELEMENTS(words) || strtoul(words[3], NULL, 16) != state)
		return FALSE;
	colon = strrchr(words[1], ':');
	if (!colon || !is_port(targets, count, strtoul(colon + 1, NULL, 16)))
		return FALSE;
	*inode = strtoul(words[9], NULL, 10);
	return *inode != 0;
}

static void collect_sockets(const char *path, unsigned state, const struct fdar_endpoint *targets,
			    size_t count, GHashTable *sockets)
{
	FILE *file = fopen(path, "re");
	char line[512];
	unsigned long inode;

	if (!file)
		return;
	while (fgets(line, sizeof(line), file))
		if (read_line(line, state, targets, count, &inode))
			g_hash_table_add(sockets, GSIZE_TO_POINTER((gsize)inode));
	fclose(file);
}

static gboolean holds_one(const char *pid, GHashTable *sockets)
{
	char path[64];
	const struct dirent *entry;
	gboolean found = FALSE;
	DIR *dir;

	g_snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	dir = opendir(path);
	if (!dir)
		return FALSE;
	while (!found && (entry = readdir(dir))) {
		char link[64];
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);

		if (n <= 0)
			continue;
		link[n] = '\0';
		found = g_str_has_prefix(link, "socket:[") &&
			g_hash_table_contains(sockets,
					      GSIZE_TO_POINTER((gsize)strtoul(link + 8, NULL, 10)));
	}
	closedir(dir);
	return found;
}

void fdar_threads_find(const struct fdar_endpoint *targets, size_t count, GArray *pids)
{
	g_autoptr(GHashTable) sockets = g_hash_table_new(NULL, NULL);
	const struct dirent *entry;
	const pid_t init = 1;
	DIR *dir = opendir("/proc");

	collect_sockets("/proc/net/tcp", STATE_LISTEN, targets, count, sockets);
	collect_sockets("/proc/net/tcp6", STATE_LISTEN, targets, count, sockets);
	collect_sockets("/proc/net/udp", STATE_BOUND, targets, count, sockets);
	collect_sockets("/proc/net/udp6", STATE_BOUND, targets, count, sockets);
	while (dir && g_hash_table_size(sockets) && (entry = readdir(dir))) {
		pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);

		if (g_ascii_isdigit(entry->d_name[0]) && pid != getpid() && pid != init &&
		    holds_one(entry->d_name, sockets))
			g_array_append_val(pids, pid);
	}
	if (dir)
		closedir(dir);
	if (!pids->len && g_hash_table_size(sockets) && holds_one("1", sockets))
		g_array_append_val(pids, init);
}
