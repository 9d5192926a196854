/* Threads, as rules know them: what they have open, their name, whom they work for. */
#include <fnmatch.h>

#include "analyze/rules/rules_private.h"

void rules_thread_free(gpointer data)
{
	struct rules_thread *thread = data;

	g_array_unref(thread->stack);
	g_array_unref(thread->spans);
	g_free(thread->name);
	g_free(thread);
}

struct rules_thread *rules_thread_of(struct fdar_rules_run *run, const struct fdar_event *event)
{
	uint32_t index = fdar_intern_add(&run->thread_ids, event->pid, event->tid);

	if (index == run->threads->len) {
		struct rules_thread *thread = g_new0(struct rules_thread, 1);

		thread->stack = g_array_new(FALSE, FALSE, sizeof(uint64_t));
		thread->spans = g_array_new(FALSE, FALSE, sizeof(struct span));
		thread->ending = NO_RULE;
		g_ptr_array_add(run->threads, thread);
	}
	return g_ptr_array_index(run->threads, index);
}

void rules_thread_name(struct fdar_rules_run *run, const struct fdar_event *event)
{
	struct rules_thread *thread = rules_thread_of(run, event);
	gpointer process = GUINT_TO_POINTER(event->pid);

	g_free(thread->name);
	thread->name = g_strdup(run->text(run->trace, event->named.name));
	if (event->pid == event->tid || !g_hash_table_contains(run->processes, process))
		g_hash_table_replace(run->processes, process, g_strdup(thread->name));
}

void rules_thread_place(struct fdar_rules_run *run, const struct fdar_event *event)
{
	uint32_t ns;

	if (!run->namespace_of || (run->last_home == event->home && run->last_placed == event->pid))
		return;
	run->last_home = event->home;
	run->last_placed = event->pid;
	ns = run->namespace_of(run->trace, event->home);
	if (ns)
		g_hash_table_replace(run->namespaces, GUINT_TO_POINTER(event->pid),
				     GUINT_TO_POINTER(ns));
}

static gboolean is_like(const char *glob, const char *name)
{
	return !glob || fnmatch(glob, name ? name : "", 0) == 0;
}

gboolean rules_thread_fits(struct fdar_rules_run *run, const struct fdar_event *event,
			   const struct rule *rule)
{
	gpointer pid = GUINT_TO_POINTER(event->pid);

	return (!rule->thread || is_like(rule->thread, rules_thread_of(run, event)->name)) &&
	       (!rule->process ||
		is_like(rule->process, g_hash_table_lookup(run->processes, pid))) &&
	       (!rule->ns ||
		rule->ns == GPOINTER_TO_UINT(g_hash_table_lookup(run->namespaces, pid)));
}
