/* Rules at work: events in, events of their meaning out. */
#include <string.h>

#include "analyze/rules/rules_private.h"
#include "instrument/wire/events.h"

static guint open_hash(gconstpointer data)
{
	const struct open_key *key = data;

	return (guint)(((key->key ^ (uint64_t)key->pid << 32 ^ key->of) *
			UINT64_C(0x9e3779b97f4a7c15)) >>
		       32);
}

static gboolean open_equal(gconstpointer a, gconstpointer b)
{
	const struct open_key *left = a, *right = b;

	return left->key == right->key && left->pid == right->pid && left->of == right->of;
}

struct fdar_rules_run *fdar_rules_run_new(const struct fdar_rules *rules,
					  const char *(*text)(const void *trace, uint32_t name),
					  uint32_t (*namespace_of)(const void *trace,
								   uint16_t home),
					  const void *trace, struct fdar_symbols *symbols)
{
	struct fdar_rules_run *run = g_new0(struct fdar_rules_run, 1);

	run->rules = rules;
	run->text = text;
	run->namespace_of = namespace_of;
	run->trace = trace;
	run->symbols = symbols;
	run->out = g_array_new(FALSE, FALSE, sizeof(struct fdar_event));
	run->chunk = g_string_chunk_new(4096);
	run->names = g_ptr_array_new_with_free_func(g_free);
	run->met = g_array_new(FALSE, TRUE, sizeof(struct fdar_rule_met));
	g_array_set_size(run->met, rules->rules->len);
	run->others = g_hash_table_new(NULL, NULL);
	run->open = g_hash_table_new_full(open_hash, open_equal, g_free, NULL);
	run->carried = g_hash_table_new_full(open_hash, open_equal, g_free, g_free);
	run->queues = g_hash_table_new_full(open_hash, open_equal, g_free, rules_queue_free);
	run->function_rules = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	run->hidden = g_array_new(FALSE, FALSE, sizeof(gboolean));
	run->threads = g_ptr_array_new_with_free_func(rules_thread_free);
	run->processes = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	run->namespaces = g_hash_table_new(NULL, NULL);
	run->waiting = rules_fork_waiting_new();
	run->heard = g_hash_table_new(NULL, NULL);
	run->children = g_hash_table_new(NULL, NULL);
	for (guint i = 0; i < rules->rules->len; i++) {
		const struct rule *rule = g_ptr_array_index(rules->rules, i);

		g_array_index(run->met, struct fdar_rule_met, i) = (struct fdar_rule_met){
			.name = rule->name, .event = rule->event, .function = rule->function
		};
	}
	for (unsigned kind = 1; kind < FDAR_EVENT_KINDS; kind++) {
		g_autofree char *name =
			g_strconcat(FDAR_PROVIDER ":", fdar_event_kind_name(kind), NULL);

		run->kinds[kind] = g_hash_table_lookup(rules->by_event, name);
	}
	return run;
}

void fdar_rules_run_free(struct fdar_rules_run *run)
{
	if (!run)
		return;
	g_array_unref(run->out);
	g_string_chunk_free(run->chunk);
	g_ptr_array_unref(run->names);
	g_array_unref(run->met);
	g_hash_table_unref(run->others);
	g_hash_table_unref(run->open);
	g_hash_table_unref(run->carried);
	g_hash_table_unref(run->queues);
	fdar_intern_clear(&run->functions);
	g_array_unref(run->function_rules);
	fdar_intern_clear(&run->hidden_ids);
	g_array_unref(run->hidden);
	fdar_intern_clear(&run->thread_ids);
	g_ptr_array_unref(run->threads);
	g_hash_table_unref(run->processes);
	g_hash_table_unref(run->namespaces);
	g_array_unref(run->waiting);
	g_hash_table_unref(run->heard);
	g_hash_table_unref(run->children);
	g_free(run);
}

const char *fdar_rules_run_text(const void *data, uint32_t name)
{
	const struct fdar_rules_run *run = data;

	if (!(name & OWN_TEXT))
		return run->text(run->trace, name);
	name &= ~OWN_TEXT;
	return name < run->names->len ? g_ptr_array_index(run->names, name) : "";
}

static uint32_t index_of(const struct fdar_rules_run *run, const struct rule *rule)
{
	guint index = 0;

	g_ptr_array_find(run->rules->rules, rule, &index);
	return index;
}

static void apply_all(struct fdar_rules_run *run, const GPtrArray *all,
		      const struct fdar_event *event)
{
	for (guint i = 0; i < all->len; i++) {
		const struct rule *rule = g_ptr_array_index(all, i);
		uint32_t index = index_of(run, rule);
		g_autoptr(GMatchInfo) match = NULL;

		if (!rules_thread_fits(run, event, rule))
			continue;
		if (rule->pattern && !g_regex_match_full(rule->pattern, event->data,
							 event->data_len, 0, 0, &match, NULL))
			g_array_index(run->met, struct fdar_rule_met, index).no_match++;
		else
			rules_perform(run, index, rule, event, match);
	}
}

static const GPtrArray *rules_of(struct fdar_rules_run *run, const struct fdar_event *event)
{
	gpointer found, name = GUINT_TO_POINTER(event->name);

	if (event->kind != FDAR_EVENT_OTHER)
		return event->kind < FDAR_EVENT_KINDS ? run->kinds[event->kind] : NULL;
	if (!g_hash_table_lookup_extended(run->others, name, NULL, &found)) {
		found = (gpointer)rules_about(run->rules, run->text(run->trace, event->name));
		g_hash_table_insert(run->others, name, found);
	}
	return found;
}

const struct fdar_event *fdar_rules_run_apply(struct fdar_rules_run *run,
					      const struct fdar_event *events, size_t count,
					      size_t *length)
{
	gboolean functions = run->rules->have_functions;

	g_array_set_size(run->out, 0);
	g_string_chunk_clear(run->chunk);
	if (count && !run->begin_ns)
		run->begin_ns = events[0].time_ns;
	for (size_t i = 0; i < count; i++) {
		const struct fdar_event *event = &events[i];
		const GPtrArray *all = rules_of(run, event);

		rules_fork_heard(run, event);
		if (run->rules->have_namespaces)
			rules_thread_place(run, event);
		if (event->kind == FDAR_EVENT_THREAD_NAME && run->rules->have_threads)
			rules_thread_name(run, event);
		if (functions && event->kind == FDAR_EVENT_FUNC_ENTRY)
			rules_enter(run, event);
		else if (functions && event->kind == FDAR_EVENT_FUNC_EXIT)
			rules_leaving(run, event);
		g_array_append_val(run->out, *event);
		if (functions && event->kind == FDAR_EVENT_FUNC_ENTRY)
			rules_entered(run, event);
		run->told |= !all && event->kind == FDAR_EVENT_SESSION_BEGIN;
		if (all)
			apply_all(run, all, event);
		if (functions && event->kind == FDAR_EVENT_FUNC_EXIT)
			rules_leave(run, event);
		else if (functions && event->kind == FDAR_EVENT_FUNC_UNWOUND)
			rules_unwind(run, event, event->calls.count);
		else if (functions && event->kind == FDAR_EVENT_THREAD_END)
			rules_unwind(run, event, UINT64_MAX);
	}
	if (count)
		run->now_ns = MAX(run->now_ns, events[count - 1].time_ns);
	*length = run->out->len;
	return (const struct fdar_event *)run->out->data;
}

GArray *fdar_rules_run_met(const struct fdar_rules_run *run)
{
	GArray *met = g_array_copy(run->met);
	GHashTableIter all;
	gpointer rule;

	g_hash_table_iter_init(&all, run->open);
	while (g_hash_table_iter_next(&all, NULL, &rule))
		g_array_index(met, struct fdar_rule_met, GPOINTER_TO_UINT(rule) - 1).open++;
	rules_queue_strays(run, met);
	return met;
}
