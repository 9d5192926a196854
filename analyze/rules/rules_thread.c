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

gboolean rules_thread_fits(const struct rules_thread *thread, const struct rule *rule)
{
	return !rule->thread || fnmatch(rule->thread, thread->name ? thread->name : "", 0) == 0;
}
