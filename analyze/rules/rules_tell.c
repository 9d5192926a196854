/* What rules tell: events, what is counted, and whom a thread works for. */
#include "analyze/rules/rules_private.h"

uint64_t rules_new_key(struct fdar_rules_run *run)
{
	return OWN_KEY | ++run->last_key << 32;
}

struct fdar_event *rules_emit(struct fdar_rules_run *run, const struct fdar_event *like,
			      enum fdar_event_kind kind, uint64_t key)
{
	struct fdar_event made = { .time_ns = like->time_ns,
				   .addr = key,
				   .data = "",
				   .pid = like->pid,
				   .tid = like->tid,
				   .fd = -1,
				   .kind = (uint8_t)kind };

	g_array_append_val(run->out, made);
	return &g_array_index(run->out, struct fdar_event, run->out->len - 1);
}

void rules_count_begin(struct fdar_rules_run *run, uint32_t rule, uint32_t pid, uint64_t key,
		       uint32_t of)
{
	struct open_key open = { key, pid, of };
	struct fdar_rule_met *met = &g_array_index(run->met, struct fdar_rule_met, rule);

	if (g_hash_table_contains(run->open, &open))
		met->again++;
	else if (g_hash_table_size(run->open) < FDAR_RULES_KEYS_MAX)
		g_hash_table_insert(run->open, g_memdup2(&open, sizeof(open)),
				    GUINT_TO_POINTER(rule + 1));
}

void rules_count_end(struct fdar_rules_run *run, uint32_t rule, uint32_t pid, uint64_t key,
		     uint32_t of, gboolean end)
{
	struct open_key open = { key, pid, of };
	gboolean known = end ? g_hash_table_remove(run->open, &open)
			     : g_hash_table_contains(run->open, &open);

	g_array_index(run->met, struct fdar_rule_met, rule).stray += !known;
}

void rules_work_begin(struct rules_thread *thread, uint64_t key, uint32_t ending)
{
	if (!key || key != thread->key)
		thread->since_ns = key ? thread->now_ns : 0;
	thread->key = key;
	thread->ending = ending;
	thread->turn++;
}

void rules_work_over(struct fdar_rules_run *run, const struct fdar_event *event, uint64_t key)
{
	struct rules_thread *thread = rules_thread_of(run, event);

	if (thread->key == key)
		rules_work_begin(thread, 0, NO_RULE);
}

void rules_request_over(struct fdar_rules_run *run, const struct fdar_event *event)
{
	struct open_key open = { OWN_KEY | event->tid, event->pid, 1 };
	guint begun = GPOINTER_TO_UINT(g_hash_table_lookup(run->open, &open));

	if (!begun ||
	    !((const struct rule *)g_ptr_array_index(run->rules->rules, begun - 1))->lasts)
		return;
	g_hash_table_remove(run->open, &open);
	rules_emit(run, event, FDAR_EVENT_REQUEST_END, 0);
}
