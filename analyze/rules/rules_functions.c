/* Rules of functions: sessions and requests that last from an entry to its exit. */
#include <fnmatch.h>
#include <string.h>

#include "analyze/rules/rules_private.h"

/* The first rule of a function, from one on. */
static uint32_t find_rule(const struct fdar_rules_run *run, const char *function, guint from)
{
	for (guint i = from; i < run->rules->rules->len; i++) {
		const struct rule *rule = g_ptr_array_index(run->rules->rules, i);

		if (rule->function && fnmatch(rule->function, function, 0) == 0)
			return i;
	}
	return NO_RULE;
}

static uint32_t next_rule(const struct fdar_rules_run *run, const struct fdar_event *event,
			  uint32_t index)
{
	const struct fdar_symbol *symbol =
		fdar_symbols_lookup(run->symbols, event->pid, event->func.function);

	return find_rule(run, symbol->function, index + 1);
}

/* A function without a name may get one with the next binary. */
static uint32_t rule_of_function(struct fdar_rules_run *run, const struct fdar_event *event)
{
	uint32_t index = fdar_intern_add(&run->functions, event->pid, event->func.function);
	uint32_t unknown = UNKNOWN_YET;
	const struct fdar_symbol *symbol;

	if (index == run->function_rules->len)
		g_array_append_val(run->function_rules, unknown);
	uint32_t *rule = &g_array_index(run->function_rules, uint32_t, index);
	if (*rule != UNKNOWN_YET || !run->symbols)
		return *rule == UNKNOWN_YET ? NO_RULE : *rule;
	symbol = fdar_symbols_lookup(run->symbols, event->pid, event->func.function);
	if (!symbol->known)
		return run->rules->have_addresses ? find_rule(run, symbol->function, 0) : NO_RULE;
	*rule = find_rule(run, symbol->function, 0);
	return *rule;
}

/* The rule that a thread meets with a function after another one (NO_RULE: the first); NO_RULE. */
static uint32_t rule_after(struct fdar_rules_run *run, uint32_t index,
			   const struct fdar_event *event, gboolean leaving)
{
	if (index == NO_RULE)
		index = rule_of_function(run, event);
	else
		index = next_rule(run, event, index);
	while (index != NO_RULE) {
		const struct rule *rule = g_ptr_array_index(run->rules->rules, index);

		if (rule->leaving == leaving && rules_thread_fits(run, event, rule))
			return index;
		index = next_rule(run, event, index);
	}
	return NO_RULE;
}

static void end_span(struct fdar_rules_run *run, const struct fdar_event *event,
		     const struct span *span)
{
	gboolean session =
		((const struct rule *)g_ptr_array_index(run->rules->rules, span->rule))->span ==
		SPAN_SESSION;
	uint64_t counted = span->key ? span->key : OWN_KEY | event->tid;

	if (session)
		rules_request_over(run, event);
	rules_count_end(run, span->rule, event->pid, counted, session ? 0 : 1, TRUE);
	rules_emit(run, event, session ? FDAR_EVENT_SESSION_END : FDAR_EVENT_REQUEST_END,
		   span->key);
}

/* The stack has become shorter: what was open above is over. */
static void end_spans(struct fdar_rules_run *run, const struct fdar_event *event,
		      struct rules_thread *thread)
{
	while (thread->spans->len) {
		struct span span =
			g_array_index(thread->spans, struct span, thread->spans->len - 1);

		if (span.depth < thread->stack->len)
			return;
		g_array_set_size(thread->spans, thread->spans->len - 1);
		end_span(run, event, &span);
	}
}

static gboolean is_open(const struct rules_thread *thread, uint32_t rule)
{
	for (guint i = 0; i < thread->spans->len; i++)
		if (g_array_index(thread->spans, struct span, i).rule == rule)
			return TRUE;
	return FALSE;
}

static void begin_span(struct fdar_rules_run *run, struct rules_thread *thread, uint32_t index,
		       const struct rule *rule, const struct fdar_event *event)
{
	gboolean session = rule->span == SPAN_SESSION;
	struct span span = { .depth = thread->stack->len,
			     .rule = index,
			     .key = session ? rules_new_key(run) : 0 };
	struct fdar_event *begun;

	g_array_index(run->met, struct fdar_rule_met, index).met++;
	rules_count_begin(run, index, event->pid, session ? span.key : OWN_KEY | event->tid,
			  session ? 0 : 1);
	begun = rules_emit(run, event, rule->kind, span.key);
	if (!session) {
		begun->data = rule->name;
		begun->data_len = (uint32_t)strlen(rule->name);
	}
	g_array_append_val(thread->spans, span);
}

/* Before the function's entry, so that the function is in what it begins; but the waits, which are its own. */
void rules_enter(struct fdar_rules_run *run, const struct fdar_event *event)
{
	struct rules_thread *thread = rules_thread_of(run, event);
	uint32_t index = NO_RULE;

	if (thread->stack->len >= FDAR_RULES_DEPTH_MAX) {
		thread->over++;
		return;
	}
	while ((index = rule_after(run, index, event, FALSE)) != NO_RULE) {
		const struct rule *rule = g_ptr_array_index(run->rules->rules, index);

		if (rule->kind == FDAR_EVENT_WAIT_BEGIN)
			continue;
		if (rule->span == SPAN_NONE)
			rules_perform(run, index, rule, event, NULL);
		else if (!is_open(thread, index))
			begin_span(run, thread, index, rule, event);
	}
	g_array_append_val(thread->stack, event->func.function);
}

/* Those waits of a function that lie on its inner side. */
static void meet_waits(struct fdar_rules_run *run, const struct fdar_event *event, gboolean leaving)
{
	enum fdar_event_kind kind = leaving ? FDAR_EVENT_WAIT_END : FDAR_EVENT_WAIT_BEGIN;
	uint32_t index = NO_RULE;

	while ((index = rule_after(run, index, event, leaving)) != NO_RULE) {
		const struct rule *rule = g_ptr_array_index(run->rules->rules, index);

		if (rule->kind == kind)
			rules_perform(run, index, rule, event, NULL);
	}
}

void rules_entered(struct fdar_rules_run *run, const struct fdar_event *event)
{
	if (!rules_thread_of(run, event)->over)
		meet_waits(run, event, FALSE);
}

void rules_leaving(struct fdar_rules_run *run, const struct fdar_event *event)
{
	const struct rules_thread *thread = rules_thread_of(run, event);
	struct fdar_event left = *event;

	if (!run->rules->have_leaving || thread->over || !thread->stack->len)
		return;
	left.func.function = g_array_index(thread->stack, uint64_t, thread->stack->len - 1);
	if (!event->func.function || event->func.function == left.func.function)
		meet_waits(run, &left, TRUE);
}

/* A wait in it has ended by then, in whatever way. */
static void meet_exit(struct fdar_rules_run *run, const struct fdar_event *event, uint64_t function)
{
	struct fdar_event left = *event;
	uint32_t index = NO_RULE;

	left.func.function = function;
	while ((index = rule_after(run, index, &left, TRUE)) != NO_RULE) {
		const struct rule *rule = g_ptr_array_index(run->rules->rules, index);

		if (rule->kind != FDAR_EVENT_WAIT_END)
			rules_perform(run, index, rule, &left, NULL);
	}
}

/* The stack becomes so long: what is above is left, from the innermost on, also where nobody tells its exit. */
static void leave_to(struct fdar_rules_run *run, const struct fdar_event *event,
		     struct rules_thread *thread, guint length)
{
	while (thread->stack->len > length) {
		guint top = thread->stack->len - 1;
		uint64_t function = g_array_index(thread->stack, uint64_t, top);

		g_array_set_size(thread->stack, run->rules->have_leaving ? top : length);
		end_spans(run, event, thread);
		if (run->rules->have_leaving)
			meet_exit(run, event, function);
	}
}

/* After the function's exit. As the walk does it: an exit ends what is open above its function. */
void rules_leave(struct fdar_rules_run *run, const struct fdar_event *event)
{
	struct rules_thread *thread = rules_thread_of(run, event);
	guint length = thread->stack->len;

	if (thread->over) {
		thread->over--;
		return;
	}
	if (event->func.function)
		while (length &&
		       g_array_index(thread->stack, uint64_t, length - 1) != event->func.function)
			length--;
	if (length)
		leave_to(run, event, thread, length - 1);
}

void rules_unwind(struct fdar_rules_run *run, const struct fdar_event *event, uint64_t count)
{
	struct rules_thread *thread = rules_thread_of(run, event);
	uint64_t over = MIN(count, thread->over);

	thread->over -= over;
	count = MIN(count - over, thread->stack->len);
	leave_to(run, event, thread, thread->stack->len - (guint)count);
}

gboolean fdar_rules_run_hides(struct fdar_rules_run *run, uint32_t pid, uint64_t addr)
{
	const struct fdar_symbol *symbol;
	uint32_t index;

	if (!run->rules->hidden->len || !run->symbols)
		return FALSE;
	index = fdar_intern_find(&run->hidden_ids, pid, addr);
	if (index != FDAR_INTERN_NONE)
		return g_array_index(run->hidden, gboolean, index);
	symbol = fdar_symbols_lookup(run->symbols, pid, addr);
	gboolean hides =
		symbol->known && fdar_rules_hide(run->rules, symbol->component, symbol->function);

	if (symbol->known) {
		fdar_intern_add(&run->hidden_ids, pid, addr);
		g_array_append_val(run->hidden, hides);
	}
	return hides;
}
