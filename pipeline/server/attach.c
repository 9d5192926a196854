#include "pipeline/server/attach.h"

#include <errno.h>
#include <gio/gio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "pipeline/server/control.h"
#include "pipeline/server/processes.h"

#define LOOK_US       1000000 /* between two looks for processes that came later */
#define AGAIN_MS      7000    /* instrument/wire/control.h: alive stands still for 5 s */
#define AGAIN_STEP_MS 200

struct process {
	pid_t pid;
	int pidfd; /* -1: a kernel without them */
	gboolean told;
	gboolean warned; /* that somebody else listens in its place */
};

struct fdar_attached {
	char *control;
	GArray *processes;   /* struct process, those below others behind them */
	GHashTable *known;   /* their pids */
	GPtrArray *warnings; /* char *, FDAR_ATTACH_WARNINGS_MAX of them */
	gint64 look_us;
};

static void tell(struct fdar_attached *attached, struct process *process)
{
	g_autoptr(GError) error = NULL;

	process->told = fdar_control_tell(process->pid, attached->control, &error);
	if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED) || process->warned ||
	    attached->warnings->len >= FDAR_ATTACH_WARNINGS_MAX)
		return;
	process->warned = TRUE;
	g_ptr_array_add(attached->warnings, g_strdup(error->message));
}

static void add(struct fdar_attached *attached, pid_t pid)
{
	struct process process = { .pid = pid };

	if (attached->processes->len >= FDAR_ATTACH_MAX ||
	    !g_hash_table_add(attached->known, GINT_TO_POINTER(pid)))
		return;
	process.pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	tell(attached, &process);
	g_array_append_val(attached->processes, process);
}

static void add_below(struct fdar_attached *attached, guint from)
{
	g_autoptr(GHashTable) all = fdar_processes_all();

	for (guint i = from; i < attached->processes->len; i++) {
		pid_t parent = g_array_index(attached->processes, struct process, i).pid;
		GArray *children = g_hash_table_lookup(all, GINT_TO_POINTER(parent));

		for (guint c = 0; children && c < children->len; c++)
			add(attached, g_array_index(children, pid_t, c));
	}
}

static gboolean has_library(pid_t pid)
{
	g_autofree char *path = g_strdup_printf("/proc/%d/maps", (int)pid);
	g_autofree char *maps = NULL;

	return g_file_get_contents(path, &maps, NULL, NULL) && strstr(maps, "/libflowdar.so");
}

static gboolean any_told(const struct fdar_attached *attached, guint from)
{
	gboolean told = FALSE;

	for (guint i = from; i < attached->processes->len; i++)
		told = told || g_array_index(attached->processes, struct process, i).told;
	return told;
}

/* A process notices some seconds after a recording has ended that it has, and then listens again. */
static void tell_again(struct fdar_attached *attached, guint from)
{
	for (guint i = from; i < attached->processes->len; i++) {
		struct process *process = &g_array_index(attached->processes, struct process, i);

		if (!process->told)
			tell(attached, process);
	}
}

/* Whether flowdar is in one of the processes. */
static gboolean any_can(const struct fdar_attached *attached, guint from)
{
	gboolean can = FALSE;

	for (guint i = from; !can && i < attached->processes->len; i++)
		can = has_library(g_array_index(attached->processes, struct process, i).pid);
	return can;
}

static gboolean refuse(const struct fdar_attached *attached, guint from, pid_t pid, GError **error)
{
	if (attached->warnings->len) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "%s",
			    (const char *)g_ptr_array_index(attached->warnings, 0));
		return FALSE;
	}
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "process %d cannot be recorded: %s",
		    (int)pid,
		    any_can(attached, from)
			    ? "another recorder records it already, or it runs in a network "
			      "namespace of its own"
			    : "flowdar's libraries are not in it; it has to be started by `flowdar "
			      "record`, or with libflowdar.so in LD_PRELOAD");
	return FALSE;
}

static gboolean attach(struct fdar_attached *attached, pid_t pid, GError **error)
{
	guint from = attached->processes->len;

	if (pid <= 0 || (kill(pid, 0) != 0 && errno == ESRCH)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "there is no process %d",
			    (int)pid);
		return FALSE;
	}
	add(attached, pid);
	add_below(attached, from);
	for (int waited = 0;
	     waited < AGAIN_MS && !any_told(attached, from) && any_can(attached, from);
	     waited += AGAIN_STEP_MS) {
		g_usleep(AGAIN_STEP_MS * 1000);
		tell_again(attached, from);
	}
	/* One that was named twice, or is below another, has been told already. */
	if (any_told(attached, from) || attached->processes->len == from)
		return TRUE;
	return refuse(attached, from, pid, error);
}

struct fdar_attached *fdar_attached_start(const pid_t *pids, size_t count, const char *control,
					  GError **error)
{
	struct fdar_attached *attached = g_new0(struct fdar_attached, 1);

	attached->control = g_strdup(control);
	attached->processes = g_array_new(FALSE, FALSE, sizeof(struct process));
	attached->known = g_hash_table_new(NULL, NULL);
	attached->warnings = g_ptr_array_new_with_free_func(g_free);
	for (size_t i = 0; i < count; i++) {
		if (!attach(attached, pids[i], error)) {
			fdar_attached_free(attached);
			return NULL;
		}
	}
	attached->look_us = g_get_monotonic_time();
	return attached;
}

pid_t fdar_attached_first(const struct fdar_attached *attached)
{
	for (guint i = 0; i < attached->processes->len; i++) {
		const struct process *process =
			&g_array_index(attached->processes, struct process, i);

		if (process->told)
			return process->pid;
	}
	return 0;
}

static gboolean is_heard(const GArray *heard, pid_t pid)
{
	for (guint i = 0; i < heard->len; i++)
		if (g_array_index(heard, struct fdar_control_process, i).pid == pid)
			return TRUE;
	return FALSE;
}

GPtrArray *fdar_attached_warnings(const struct fdar_attached *attached, const GArray *heard)
{
	GPtrArray *warnings = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < attached->warnings->len; i++)
		g_ptr_array_add(warnings, g_strdup(g_ptr_array_index(attached->warnings, i)));
	for (guint i = 0; i < attached->processes->len; i++) {
		const struct process *process =
			&g_array_index(attached->processes, struct process, i);

		if (process->told && !is_heard(heard, process->pid) &&
		    warnings->len < 2 * FDAR_ATTACH_WARNINGS_MAX)
			g_ptr_array_add(warnings,
					g_strdup_printf("process %d was told to be recorded and "
							"has not answered: it is not in here",
							(int)process->pid));
	}
	return warnings;
}

static gboolean has_ended(const struct process *process)
{
	struct pollfd ended = { .fd = process->pidfd, .events = POLLIN };

	if (process->pidfd >= 0)
		return poll(&ended, 1, 0) > 0;
	return kill(process->pid, 0) != 0 && errno == ESRCH;
}

static void forget_ended(struct fdar_attached *attached)
{
	for (guint i = attached->processes->len; i-- > 0;) {
		struct process *process = &g_array_index(attached->processes, struct process, i);

		if (!has_ended(process))
			continue;
		if (process->pidfd >= 0)
			close(process->pidfd);
		g_hash_table_remove(attached->known, GINT_TO_POINTER(process->pid));
		g_array_remove_index(attached->processes, i);
	}
}

gboolean fdar_attached_wait(struct fdar_attached *attached, int milliseconds, int also)
{
	struct pollfd first[] = { { .fd = -1, .events = POLLIN },
				  { .fd = also, .events = POLLIN } };
	gint64 now;

	if (attached->processes->len)
		first[0].fd = g_array_index(attached->processes, struct process, 0).pidfd;
	poll(first, G_N_ELEMENTS(first), milliseconds);
	now = g_get_monotonic_time();
	forget_ended(attached);
	if (now - attached->look_us >= LOOK_US) {
		attached->look_us = now;
		add_below(attached, 0);
		/* Who had their names may have let go. */
		tell_again(attached, 0);
	}
	return attached->processes->len > 0;
}

void fdar_attached_free(struct fdar_attached *attached)
{
	if (!attached)
		return;
	for (guint i = 0; i < attached->processes->len; i++) {
		int pidfd = g_array_index(attached->processes, struct process, i).pidfd;

		if (pidfd >= 0)
			close(pidfd);
	}
	g_array_unref(attached->processes);
	g_hash_table_destroy(attached->known);
	g_ptr_array_unref(attached->warnings);
	g_free(attached->control);
	g_free(attached);
}
