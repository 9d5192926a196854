#include "pipeline/server/processes.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/child.h"

#define PARENT_FIELD  1 /* counted from the state, which is behind the name */
#define THREADS_FIELD 17

/* Of "PID (name) STATE PPID ...", where the name may hold anything: who the parent is, and whether it lives. A
 * zombie that has threads yet is a process whose first thread has ended before the others, each on its own way out:
 * until the last is gone it keeps its children, who are nobody else's so long. */
static gboolean read_stat(const char *pid, gboolean *lives, pid_t *parent)
{
	g_auto(GStrv) fields = NULL;
	g_autofree char *path = g_build_filename("/proc", pid, "stat", NULL);
	g_autofree char *text = NULL;
	const char *end;

	if (!g_file_get_contents(path, &text, NULL, NULL))
		return FALSE;
	end = strrchr(text, ')');
	if (!end || strlen(end) < 5)
		return FALSE;
	fields = g_strsplit(end + 2, " ", THREADS_FIELD + 2);
	if (g_strv_length(fields) <= THREADS_FIELD)
		return FALSE;
	*parent = (pid_t)g_ascii_strtoll(fields[PARENT_FIELD], NULL, 10);
	*lives = fields[0][0] != 'Z' || g_ascii_strtoll(fields[THREADS_FIELD], NULL, 10) > 1;
	return TRUE;
}

GHashTable *fdar_processes_all(void)
{
	GHashTable *all = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_array_unref);
	g_autoptr(GDir) dir = g_dir_open("/proc", 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		pid_t pid = (pid_t)g_ascii_strtoll(name, NULL, 10), parent;
		GArray *children;
		gboolean lives;

		if (!g_ascii_isdigit(name[0]) || !read_stat(name, &lives, &parent) || !lives)
			continue;
		children = g_hash_table_lookup(all, GINT_TO_POINTER(parent));
		if (!children) {
			children = g_array_new(FALSE, FALSE, sizeof(pid_t));
			g_hash_table_insert(all, GINT_TO_POINTER(parent), children);
		}
		g_array_append_val(children, pid);
	}
	return all;
}

static void append_children(GHashTable *all, pid_t pid, GArray *pids)
{
	const GArray *children = g_hash_table_lookup(all, GINT_TO_POINTER(pid));

	if (children)
		g_array_append_vals(pids, children->data, children->len);
}

GArray *fdar_processes_below(pid_t root)
{
	g_autoptr(GHashTable) all = fdar_processes_all();
	GArray *below = g_array_new(FALSE, FALSE, sizeof(pid_t));

	append_children(all, root, below);
	/* The table is of one moment and has no circle, so that this ends. */
	for (guint i = 0; i < below->len; i++)
		append_children(all, g_array_index(below, pid_t, i), below);
	return below;
}

GArray *fdar_processes_children(pid_t pid)
{
	g_autoptr(GHashTable) all = fdar_processes_all();
	GArray *children = g_hash_table_lookup(all, GINT_TO_POINTER(pid));

	return children ? g_array_ref(children) : g_array_new(FALSE, FALSE, sizeof(pid_t));
}

gboolean fdar_process_wait(pid_t child, int milliseconds, int *status)
{
	gint64 until = g_get_monotonic_time() + (gint64)milliseconds * 1000;
	int pidfd = (int)syscall(SYS_pidfd_open, child, 0);
	pid_t waited;

	while ((waited = waitpid(child, status, WNOHANG)) == 0) {
		gint64 left = (until - g_get_monotonic_time()) / 1000;
		struct pollfd ended = { .fd = pidfd, .events = POLLIN };

		if (left <= 0)
			break;
		/* Without a pidfd (an old kernel) this is a plain sleep. */
		poll(&ended, pidfd >= 0, (int)MIN(left, pidfd >= 0 ? left : 20));
	}
	if (pidfd >= 0)
		close(pidfd);
	return waited == child || (waited < 0 && errno == ECHILD);
}

int fdar_process_end(pid_t child, int milliseconds)
{
	int status = 0;

	kill(child, SIGTERM);
	if (fdar_process_wait(child, milliseconds, &status))
		return status;
	kill(child, SIGKILL);
	fdar_process_wait(child, 5000, &status);
	return status;
}

gboolean fdar_process_end_with(pid_t parent)
{
	return fdar_child_end_with(parent, SIGTERM);
}

void fdar_process_reset(int first)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (first >= 0)
		close_range((unsigned)first, ~0U, 0);
}
