/* Takes stacks: who is asked, and what came of it. The child that looks into them: stacks_unwind.h. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/child.h"
#include "pipeline/server/processes.h"
#include "pipeline/recording/stacks.h"
#include "pipeline/server/stacks_unwind.h"

#define PROCESSES_MAX 4096
#define TIMEOUT_MS    2800 /* the child's own is shorter; after that it hangs */

static void add_process(GArray *all, GHashTable *known, pid_t pid)
{
	if (all->len < PROCESSES_MAX && g_hash_table_add(known, GINT_TO_POINTER(pid)))
		g_array_append_val(all, pid);
}

/* Those that are named, and all below them. */
static GArray *find_processes(const pid_t *pids, size_t count)
{
	GArray *all = g_array_new(FALSE, FALSE, sizeof(pid_t));
	g_autoptr(GHashTable) tree = fdar_processes_all();
	g_autoptr(GHashTable) known = g_hash_table_new(NULL, NULL);

	for (size_t i = 0; i < count; i++)
		add_process(all, known, pids[i]);
	for (guint i = 0; i < all->len; i++) {
		pid_t pid = g_array_index(all, pid_t, i);
		GArray *children = g_hash_table_lookup(tree, GINT_TO_POINTER(pid));

		for (guint c = 0; children && c < children->len; c++)
			add_process(all, known, g_array_index(children, pid_t, c));
	}
	return all;
}

/* In the child. Debuginfod would ask the network for names. */
static G_GNUC_NORETURN void unwind_all(struct fdar_unwind *unwind, const GArray *processes,
				       pid_t parent)
{
	int64_t deadline_us = g_get_monotonic_time() + FDAR_UNWIND_BUDGET_US;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_DFL);
	unsetenv("DEBUGINFOD_URLS");
	if (!fdar_child_end_with(parent, SIGKILL))
		_exit(0);
	for (guint i = 0; i < processes->len; i++)
		fdar_unwind_process(unwind, g_array_index(processes, pid_t, i), deadline_us);
	_exit(0);
}

/* TRUE when the child came to its end. */
static gboolean run_child(struct fdar_unwind *unwind, const GArray *processes)
{
	pid_t parent = getpid(), child = fork();
	int status = 0;

	if (child == 0)
		unwind_all(unwind, processes, parent);
	if (child < 0)
		return FALSE;
	if (fdar_process_wait(child, TIMEOUT_MS, &status))
		return status == 0;
	fdar_process_end(child, 0);
	return FALSE;
}

/* The child reads other people's files: what it says is bounded here. */
static const char *text_at(const struct fdar_unwind *unwind, uint32_t at)
{
	if (at >= FDAR_UNWIND_POOL_BYTES ||
	    !memchr(unwind->pool + at, 0, FDAR_UNWIND_POOL_BYTES - at))
		return "";
	return unwind->pool + at;
}

/* The library's own, between a patched function that has been open since an earlier recording and its
 * caller: unwinders see through it, and people have no use for it. */
#define TRAMPOLINE "flowdar_patched_return"

static void collect_frames(const struct fdar_unwind *unwind,
			   const struct fdar_unwind_thread *thread, struct fdar_stack *stack)
{
	uint32_t first = MIN(thread->first, FDAR_STACKS_FRAMES_MAX);
	uint32_t end = first + MIN(thread->frames, FDAR_STACKS_FRAMES_MAX - first);

	for (uint32_t i = first; i < end; i++) {
		const struct fdar_unwind_frame *frame = &unwind->frame[i];
		const char *function = text_at(unwind, frame->function);

		if (strcmp(function, TRAMPOLINE) != 0)
			fdar_stack_add(stack, frame->address, frame->offset, function,
				       text_at(unwind, frame->binary));
	}
}

static void collect(const struct fdar_unwind *unwind, struct fdar_stacks *stacks)
{
	uint32_t threads = __atomic_load_n(&unwind->threads, __ATOMIC_ACQUIRE);

	stacks->left_out = unwind->left_out;
	for (uint32_t i = 0; i < MIN(threads, FDAR_STACKS_THREADS_MAX); i++) {
		const struct fdar_unwind_thread *thread = &unwind->thread[i];
		g_autofree char *name = g_strndup(thread->name, sizeof(thread->name) - 1);
		struct fdar_stack *stack =
			fdar_stacks_add(stacks, (guint32)thread->pid, (guint32)thread->tid, name);

		stack->cut = thread->cut != 0;
		collect_frames(unwind, thread, stack);
	}
}

static char *what_is_missing(const struct fdar_unwind *unwind, gboolean finished)
{
	if (unwind->refused_errno == EPERM || unwind->refused_errno == EACCES)
		return g_strdup_printf(
			"the stacks of process %d's threads at the begin are missing: it may not "
			"be looked into (another user's, or /proc/sys/kernel/yama/ptrace_scope, or "
			"a debugger is there already)",
			(int)unwind->refused_pid);
	if (unwind->refused_errno)
		return g_strdup_printf("the stacks of process %d's threads at the begin are "
				       "missing: %s",
				       (int)unwind->refused_pid, strerror(unwind->refused_errno));
	if (!finished || unwind->out_of_time)
		return g_strdup("stacks of the server's threads at the begin, or names in them, "
				"are missing: reading them took too long");
	if (unwind->left_out)
		return g_strdup_printf("the stacks of %u threads at the begin are missing: there "
				       "was no time or no room for them",
				       unwind->left_out);
	return NULL;
}

struct fdar_stacks *fdar_stacks_take(const pid_t *pids, size_t count, char **warning)
{
	g_autoptr(GArray) processes = find_processes(pids, count);
	struct fdar_stacks *stacks = fdar_stacks_new();
	struct fdar_unwind *unwind = mmap(NULL, sizeof(*unwind), PROT_READ | PROT_WRITE,
					  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	gboolean finished;

	*warning = NULL;
	stacks->taken_ns = (uint64_t)g_get_real_time() * 1000;
	if (unwind == MAP_FAILED) {
		*warning =
			g_strdup_printf("no stacks of the server's threads: %s", strerror(errno));
		return stacks;
	}
	finished = run_child(unwind, processes);
	collect(unwind, stacks);
	*warning = what_is_missing(unwind, finished);
	munmap(unwind, sizeof(*unwind));
	return stacks;
}
