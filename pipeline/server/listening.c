#include "pipeline/server/listening.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/server/processes.h"

#define LISTEN_STATE "0A" /* TCP_LISTEN, as /proc/net/tcp writes it */

/* The inodes of the sockets that a process has open, into a set. */
static void add_sockets(pid_t pid, GHashTable *inodes)
{
	g_autofree char *folder = g_strdup_printf("/proc/%d/fd", (int)pid);
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename(folder, name, NULL);
		g_autofree char *target = g_file_read_link(path, NULL);

		if (target && g_str_has_prefix(target, "socket:["))
			g_hash_table_add(inodes,
					 g_strndup(target + strlen("socket:["),
						   strcspn(target + strlen("socket:["), "]")));
	}
}

/* "0100007F:1F90": the words of the address are in the machine's order. */
static gboolean parse(const char *text, int family, char *host, size_t size, unsigned *port)
{
	unsigned words = family == AF_INET ? 1 : 4;
	guint32 address[4];

	if (strlen(text) != words * 8 + 5 || text[words * 8] != ':')
		return FALSE;
	for (unsigned i = 0; i < words; i++) {
		char word[9] = { 0 };

		memcpy(word, text + i * 8, 8);
		address[i] = (guint32)g_ascii_strtoull(word, NULL, 16);
	}
	*port = (unsigned)g_ascii_strtoull(text + words * 8 + 1, NULL, 16);
	if (!address[0] && (words == 1 || (!address[1] && !address[2] && !address[3])))
		return g_strlcpy(host, family == AF_INET ? "127.0.0.1" : "[::1]", size) < size;
	if (family == AF_INET)
		return inet_ntop(family, address, host, (socklen_t)size) != NULL;
	host[0] = '[';
	if (!inet_ntop(family, address, host + 1, (socklen_t)size - 2))
		return FALSE;
	return g_strlcat(host, "]", size) < size;
}

/* A socket that listens, in a kernel's table of sockets. */
struct listener {
	char local[40], inode[24];
};

/* The lines of a table; none where there is no such table. The caller frees them. */
static GStrv table_lines(const char *path)
{
	g_autofree char *table = NULL;

	return g_strsplit(g_file_get_contents(path, &table, NULL, NULL) ? table : "", "\n", -1);
}

static gboolean is_listener(const char *line, struct listener *listener)
{
	char state[3];

	return sscanf(line, " %*u: %39s %*s %2s %*s %*s %*s %*s %*s %23s", listener->local, state,
		      listener->inode) == 3 &&
	       strcmp(state, LISTEN_STATE) == 0;
}

/* A process' table is that of its network namespace. The lowest port of the wanted sockets. */
static void look(pid_t pid, int family, GHashTable *inodes, unsigned *lowest, char **found)
{
	g_autofree char *path =
		g_strdup_printf("/proc/%d/net/%s", (int)pid, family == AF_INET ? "tcp" : "tcp6");
	g_auto(GStrv) lines = table_lines(path);

	for (char **line = lines; *line; line++) {
		char host[INET6_ADDRSTRLEN + 3];
		struct listener listener;
		unsigned port;

		if (!is_listener(*line, &listener) ||
		    !g_hash_table_contains(inodes, listener.inode) ||
		    !parse(listener.local, family, host, sizeof(host), &port) || port >= *lowest)
			continue;
		*lowest = port;
		g_free(*found);
		*found = g_strdup_printf("%s:%u", host, port);
	}
}

/* The inodes of all sockets that listen on a port here, into a set. */
static void add_listeners(const char *path, unsigned wanted, GHashTable *inodes)
{
	g_auto(GStrv) lines = table_lines(path);

	for (char **line = lines; *line; line++) {
		struct listener listener;
		unsigned port;

		if (is_listener(*line, &listener) &&
		    sscanf(listener.local, "%*[0-9A-F]:%x", &port) == 1 && port == wanted)
			g_hash_table_add(inodes, g_strdup(listener.inode));
	}
}

static gboolean has_one_of(pid_t pid, GHashTable *inodes)
{
	g_autoptr(GHashTable) own = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GHashTableIter iter;
	gpointer inode;

	add_sockets(pid, own);
	g_hash_table_iter_init(&iter, own);
	while (g_hash_table_iter_next(&iter, &inode, NULL))
		if (g_hash_table_contains(inodes, inode))
			return TRUE;
	return FALSE;
}

char *fdar_listening_who(unsigned port)
{
	g_autoptr(GHashTable) inodes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GDir) dir = g_dir_open("/proc", 0, NULL);
	g_autofree char *name = NULL;
	const char *entry;
	pid_t who = 0;

	add_listeners("/proc/net/tcp", port, inodes);
	add_listeners("/proc/net/tcp6", port, inodes);
	while (dir && g_hash_table_size(inodes) && (entry = g_dir_read_name(dir))) {
		pid_t pid = (pid_t)g_ascii_strtoll(entry, NULL, 10);

		if (pid > 0 && (!who || pid < who) && has_one_of(pid, inodes))
			who = pid;
	}
	g_autofree char *path = g_strdup_printf("/proc/%d/comm", (int)who);

	if (!who || !g_file_get_contents(path, &name, NULL, NULL))
		return NULL;
	return g_strdup_printf("%s (pid %d)", g_strchomp(name), (int)who);
}

static gboolean is_listened_at(const char *path, int family, const char *where)
{
	g_auto(GStrv) lines = table_lines(path);

	for (char **line = lines; *line; line++) {
		char host[INET6_ADDRSTRLEN + 3], at[INET6_ADDRSTRLEN + 10];
		struct listener listener;
		unsigned port;

		if (!is_listener(*line, &listener) ||
		    !parse(listener.local, family, host, sizeof(host), &port))
			continue;
		g_snprintf(at, sizeof(at), "%s:%u", host, port);
		if (strcmp(at, where) == 0)
			return TRUE;
	}
	return FALSE;
}

gboolean fdar_listening_at(const char *where)
{
	return is_listened_at("/proc/self/net/tcp", AF_INET, where) ||
	       is_listened_at("/proc/self/net/tcp6", AF_INET6, where);
}

/* LTTng's session daemon, which a recorder may have started, listens for agents on a port of its own. */
static gboolean is_tracer(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/comm", (int)pid);
	g_autofree char *name = NULL;

	return g_file_get_contents(path, &name, NULL, NULL) && g_str_has_prefix(name, "lttng-");
}

static void add_children(const GArray *children, GArray *below)
{
	for (guint i = 0; children && i < children->len; i++) {
		pid_t child = g_array_index(children, pid_t, i);

		if (!is_tracer(child))
			g_array_append_val(below, child);
	}
}

char *fdar_listening_below(pid_t root)
{
	g_autoptr(GHashTable) all = fdar_processes_all();
	g_autoptr(GHashTable) inodes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autoptr(GArray) below = g_array_new(FALSE, FALSE, sizeof(pid_t));
	unsigned lowest = 65536;
	char *found = NULL;

	g_array_append_val(below, root);
	for (guint i = 0; i < below->len; i++) {
		pid_t pid = g_array_index(below, pid_t, i);

		if (i)
			add_sockets(pid, inodes);
		add_children(g_hash_table_lookup(all, GINT_TO_POINTER(pid)), below);
	}
	for (guint i = 1; i < below->len && g_hash_table_size(inodes); i++) {
		look(g_array_index(below, pid_t, i), AF_INET, inodes, &lowest, &found);
		look(g_array_index(below, pid_t, i), AF_INET6, inodes, &lowest, &found);
	}
	return found;
}
