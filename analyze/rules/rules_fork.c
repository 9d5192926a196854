/* Servers that fork for a client: the session begins in the parent, and goes on in the child. */
#include "analyze/rules/rules_private.h"

/* Above all numbers that a server counts to. */
#define OWN_FORK (UINT64_C(1) << 63)

#define WAITING_MAX 1024u

/* A session whose child has said nothing yet. */
struct waiting {
	uint64_t key;
	uint64_t fork;
	guint processes; /* so many had been heard of */
	uint32_t pid;
	uint32_t tid;
	gboolean doubtful; /* with another one of that key: which child is whose is not known */
};

GArray *rules_fork_waiting_new(void)
{
	return g_array_new(FALSE, FALSE, sizeof(struct waiting));
}

void rules_fork_heard(struct fdar_rules_run *run, const struct fdar_event *event)
{
	gpointer pid = GUINT_TO_POINTER(event->pid);

	if (!run->rules->have_forks)
		return;
	if (event->kind == FDAR_EVENT_PROCESS)
		g_hash_table_add(run->children, pid);
	if (event->pid == run->last_pid)
		return;
	run->last_pid = event->pid;
	if (!g_hash_table_contains(run->heard, pid))
		g_hash_table_insert(run->heard, pid,
				    GUINT_TO_POINTER(g_hash_table_size(run->heard)));
}

void rules_fork_begun(struct fdar_rules_run *run, const struct fdar_event *event, uint64_t key)
{
	struct waiting waiting = { .key = key,
				   .fork = OWN_FORK | ++run->last_fork,
				   .processes = g_hash_table_size(run->heard),
				   .pid = event->pid,
				   .tid = event->tid };

	for (guint i = 0; i < run->waiting->len; i++) {
		const struct waiting *other = &g_array_index(run->waiting, struct waiting, i);

		waiting.doubtful |= other->doubtful && other->key == key;
	}
	if (run->waiting->len >= WAITING_MAX)
		g_array_remove_index(run->waiting, 0);
	g_array_append_val(run->waiting, waiting);
	rules_emit(run, event, FDAR_EVENT_FORKING, 0)->forking.number = waiting.fork;
}

void rules_fork_ended(struct fdar_rules_run *run, uint32_t pid, uint64_t key)
{
	for (guint i = 0; i < run->waiting->len; i++) {
		const struct waiting *waiting = &g_array_index(run->waiting, struct waiting, i);

		if (waiting->key != key || waiting->pid != pid)
			continue;
		g_array_remove_index(run->waiting, i);
		return;
	}
}

static gboolean may_be(const struct fdar_rules_run *run, const struct waiting *waiting,
		       uint32_t pid, uint64_t key)
{
	guint heard = GPOINTER_TO_UINT(g_hash_table_lookup(run->heard, GUINT_TO_POINTER(pid)));

	return waiting->key == key && waiting->pid != pid && waiting->processes <= heard;
}

/* Takes what waits for such a process, the oldest. FALSE: nothing does, or which of several is not known; then it
 * is not known of all of these. */
static gboolean take(struct fdar_rules_run *run, uint32_t pid, uint64_t key, struct waiting *taken)
{
	guint count = 0, first = 0;

	for (guint i = 0; i < run->waiting->len; i++)
		if (may_be(run, &g_array_index(run->waiting, struct waiting, i), pid, key) &&
		    !count++)
			first = i;
	if (!count)
		return FALSE;
	for (guint i = 0; count > 1 && i < run->waiting->len; i++) {
		struct waiting *waiting = &g_array_index(run->waiting, struct waiting, i);

		waiting->doubtful |= may_be(run, waiting, pid, key);
	}
	*taken = g_array_index(run->waiting, struct waiting, first);
	g_array_remove_index(run->waiting, first);
	return !taken->doubtful;
}

void rules_fork_claim(struct fdar_rules_run *run, const struct fdar_event *event, uint64_t key)
{
	struct open_key here = { key, event->pid, 0 }, there = { key, 0, 0 };
	struct fdar_event *born, parent = *event;
	struct waiting waiting;
	gpointer rule;

	if (!run->waiting->len || g_hash_table_contains(run->open, &here) ||
	    g_hash_table_contains(run->children, GUINT_TO_POINTER(event->pid)) ||
	    !take(run, event->pid, key, &waiting))
		return;
	g_hash_table_add(run->children, GUINT_TO_POINTER(event->pid));
	born = rules_emit(run, event, FDAR_EVENT_PROCESS, 0);
	born->process.parent = waiting.pid;
	born->process.fork = waiting.fork;

	/* The parent has closed its descriptor. */
	there.pid = parent.pid = waiting.pid;
	parent.tid = waiting.tid;
	rule = g_hash_table_lookup(run->open, &there);
	if (rule)
		g_hash_table_insert(run->open, g_memdup2(&here, sizeof(here)), rule);
	g_hash_table_remove(run->open, &there);
	rules_emit(run, &parent, FDAR_EVENT_SESSION_END, key);
	rules_work_over(run, &parent, key);
}
