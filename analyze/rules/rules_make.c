/* What a rule makes of the event that it meets, and what is counted of it. */
#include <stdlib.h>
#include <string.h>

#include "analyze/rules/rules_private.h"
#include "instrument/wire/events.h"

#define NAMES_MAX 4096u /* texts of a trace that are kept: a rule's own name is always there */

static uint32_t own_text(struct fdar_rules_run *run, const char *text)
{
	for (guint i = 0; i < run->names->len; i++)
		if (strcmp(g_ptr_array_index(run->names, i), text) == 0)
			return i | OWN_TEXT;
	g_ptr_array_add(run->names, g_strdup(text));
	return (run->names->len - 1) | OWN_TEXT;
}

/* Of a text of the trace; 0: it is empty, or there are too many. */
static uint32_t kept_text(struct fdar_rules_run *run, const char *text)
{
	return *text && run->names->len < NAMES_MAX ? own_text(run, text) : 0;
}

/* ---- values ---- */

/* A number as it is written; of other texts, 64 bits that are theirs (FNV-1a). */
static uint64_t number_of(const char *text)
{
	char *end;
	uint64_t value = g_ascii_strtoull(text, &end, 0);

	if (*text && end != text && !*end)
		return value;
	value = UINT64_C(0xcbf29ce484222325);
	for (; *text; text++)
		value = (value ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	return value;
}

/* Marks always have their fields; other events may lack what a rule wants of them. */
static gboolean has(const struct fdar_event *event, enum fdar_event_role role)
{
	return event->kind != FDAR_EVENT_OTHER || event->named.has & 1u << role;
}

static gboolean number(const struct rule_value *value, const struct fdar_event *event,
		       const GMatchInfo *match, uint64_t *number)
{
	g_autofree char *text = NULL;

	if (value->from == RULE_ROLE && !has(event, value->role)) {
		*number = value->text && event->data ? number_of(event->data) : 0;
		return value->text && has(event, FDAR_ROLE_DATA) && event->data_len;
	}

	switch (value->from) {
	case RULE_ROLE:
		*number = value->role == FDAR_ROLE_ADDR    ? event->addr
			  : value->role == FDAR_ROLE_ADDR2 ? event->addr2
			  : value->role == FDAR_ROLE_FD    ? (uint64_t)(int64_t)event->fd
			  : value->role == FDAR_ROLE_DATA  ? number_of(event->data)
							   : event->name;
		return TRUE;
	case RULE_CAPTURE:
		text = g_match_info_fetch_named(match, value->capture);
		*number = text ? number_of(text) : 0;
		return text && *text;
	default:
		return FALSE;
	}
}

static const char *text_of(struct fdar_rules_run *run, const struct rule_value *value,
			   const struct fdar_event *event, const GMatchInfo *match)
{
	g_autofree char *text = NULL;

	if (value->from == RULE_ROLE)
		return value->role == FDAR_ROLE_DATA   ? event->data
		       : value->role == FDAR_ROLE_NAME ? run->text(run->trace, event->name)
						       : "";
	if (value->from == RULE_CAPTURE)
		text = g_match_info_fetch_named(match, value->capture);
	return text ? g_string_chunk_insert(run->chunk, text) : "";
}

/* ---- what is made ---- */

static gboolean is_new_key(uint64_t key)
{
	return key >> 63 && (uint32_t)key == (uint32_t)OWN_KEY && key != OWN_KEY;
}

static void set_data(struct fdar_event *event, const char *text)
{
	event->data = text;
	event->data_len = (uint32_t)strlen(text);
}

/* ---- whom a thread works for ---- */

/* The thread gives its session away with the object; gives the one that it leaves for that, where the object
 * does not tell itself: 0, there is none. */
static uint64_t carry(struct fdar_rules_run *run, struct rules_thread *thread,
		      const struct open_key *object)
{
	struct open_key session = { object->key, object->pid, 0 };
	uint64_t key = g_hash_table_contains(run->open, &session) ? object->key : thread->key;

	if (!key || g_hash_table_size(run->carried) >= FDAR_RULES_KEYS_MAX)
		return 0;
	g_hash_table_replace(run->carried, g_memdup2(object, sizeof(*object)),
			     g_memdup2(&key, sizeof(key)));
	if (thread->key != key)
		return 0;
	rules_work_begin(thread, 0, NO_RULE);
	return key == object->key ? 0 : key;
}

/* Gives the session that comes along, where the object does not tell itself. */
static uint64_t receive(struct fdar_rules_run *run, struct rules_thread *thread,
			const struct open_key *object, uint32_t ending)
{
	const uint64_t *key = g_hash_table_lookup(run->carried, object);

	rules_work_begin(thread, key ? *key : 0, ending);
	g_hash_table_remove(run->carried, object);
	return thread->key == object->key ? 0 : thread->key;
}

/* What a thread works for is over with the next thing of that kind. */
static void end_before(struct fdar_rules_run *run, uint32_t index, const struct rule *rule,
		       const struct fdar_event *event, struct rules_thread *thread)
{
	struct open_key open = { thread->key, event->pid, 0 };

	if (!thread->key || (thread->ending != index &&
			     (thread->ending != ANY_TAKE || rule->kind != FDAR_EVENT_HANDOFF_TAKE)))
		return;
	if (g_hash_table_remove(run->open, &open)) {
		rules_request_over(run, event);
		rules_emit(run, event, FDAR_EVENT_SESSION_END, thread->key);
	}
	rules_work_begin(thread, 0, NO_RULE);
}

/* What was taken before its put was told: its taker works for the session from here on, unless it has gone on to
 * something else, or the session is over. */
static void hand_late(struct fdar_rules_run *run, const struct fdar_event *event,
		      const struct open_key *place, const struct rules_early *early)
{
	const struct rule *rule = g_ptr_array_index(run->rules->rules, early->rule);
	const uint64_t *key = g_hash_table_lookup(run->carried, place);
	struct open_key session = { key ? *key : 0, place->pid, 0 };
	struct fdar_event taken = *event;
	struct rules_thread *thread;

	taken.tid = early->tid;
	thread = rules_thread_of(run, &taken);
	g_array_index(run->met, struct fdar_rule_met, early->rule).early++;
	rules_count_end(run, early->rule, place->pid, place->key, place->of, TRUE);
	rules_emit(run, &taken, FDAR_EVENT_HANDOFF_TAKE, place->key)->name = place->of;
	if (thread->turn == early->turn && g_hash_table_contains(run->open, &session)) {
		receive(run, thread, place, rule->ending);
		rules_emit(run, &taken, FDAR_EVENT_SESSION_RESUME, session.key);
	}
	g_hash_table_remove(run->carried, place);
}

/* There is nothing to take: perhaps its put is told in a moment. What the thread worked for before, it does no
 * more. */
static void take_early(struct fdar_rules_run *run, uint32_t index, const struct fdar_event *event,
		       uint32_t queue)
{
	struct rules_thread *thread = rules_thread_of(run, event);

	rules_work_begin(thread, 0, NO_RULE);
	rules_emit(run, event, FDAR_EVENT_BOUNDARY, 0);
	rules_queue_early(run, queue, event, index, thread->turn);
}

static void do_put(struct fdar_rules_run *run, uint32_t index, const struct fdar_event *event,
		   uint64_t object, uint32_t queue, const struct rules_early *early)
{
	struct open_key place = { object, event->pid, queue };
	uint64_t session;

	rules_count_begin(run, index, event->pid, object, queue);
	session = carry(run, rules_thread_of(run, event), &place);
	rules_emit(run, event, FDAR_EVENT_HANDOFF_PUT, object)->name = queue;
	if (session)
		rules_emit(run, event, FDAR_EVENT_SESSION_SUSPEND, session);
	if (early)
		hand_late(run, event, &place, early);
}

static void do_take(struct fdar_rules_run *run, uint32_t index, const struct rule *rule,
		    const struct fdar_event *event, uint64_t object, uint32_t queue)
{
	struct open_key place = { object, event->pid, queue };
	uint64_t session;

	rules_count_end(run, index, event->pid, object, queue, TRUE);
	session = receive(run, rules_thread_of(run, event), &place, rule->ending);
	rules_emit(run, event, FDAR_EVENT_HANDOFF_TAKE, object)->name = queue;
	if (session)
		rules_emit(run, event, FDAR_EVENT_SESSION_RESUME, session);
}

static void do_handoff(struct fdar_rules_run *run, uint32_t index, const struct rule *rule,
		       const struct fdar_event *event, gboolean has_key, uint64_t object)
{
	uint32_t queue = own_text(run, rule->queue ? rule->queue : "queue");
	gboolean in_order = !has_key && rule->key.from == RULE_NOWHERE;
	struct rules_early early = { 0 };
	gboolean late = FALSE;

	if (rule->kind == FDAR_EVENT_HANDOFF_PUT) {
		if (in_order)
			has_key = rules_queue_put(run, queue, event,
						  rules_thread_of(run, event)->since_ns, &object,
						  &early, &late);
		if (has_key)
			do_put(run, index, event, object, queue, late ? &early : NULL);
		else
			g_array_index(run->met, struct fdar_rule_met, index).stray++;
		return;
	}
	if (in_order && !rules_queue_take(run, queue, event, index, &object))
		take_early(run, index, event, queue);
	else
		do_take(run, index, rule, event, object, queue);
}

static void do_session(struct fdar_rules_run *run, uint32_t index, const struct rule *rule,
		       const struct fdar_event *event, const GMatchInfo *match, uint64_t key)
{
	struct rules_thread *thread = rules_thread_of(run, event);
	struct fdar_event *made;
	uint64_t fd;

	if (rule->key.from == RULE_NOWHERE)
		key = rule->kind == FDAR_EVENT_SESSION_BEGIN ? rules_new_key(run) : thread->key;
	if (!key && rule->key.from == RULE_NOWHERE) {
		g_array_index(run->met, struct fdar_rule_met, index).stray++;
		return;
	}
	if (rule->kind != FDAR_EVENT_SESSION_BEGIN)
		rules_fork_claim(run, event, key);
	if (rule->kind == FDAR_EVENT_SESSION_END && thread->key == key)
		rules_request_over(run, event);
	made = rules_emit(run, event, rule->kind, key);
	if (rule->kind == FDAR_EVENT_SESSION_BEGIN || rule->kind == FDAR_EVENT_SESSION_RESUME)
		rules_work_begin(thread, key, rule->ending);
	else
		rules_work_over(run, event, key);
	if (rule->kind == FDAR_EVENT_SESSION_END)
		rules_fork_ended(run, event->pid, key);
	if (rule->kind != FDAR_EVENT_SESSION_BEGIN) {
		rules_count_end(run, index, event->pid, key, 0,
				rule->kind == FDAR_EVENT_SESSION_END);
		return;
	}
	rules_count_begin(run, index, event->pid, key, 0);
	set_data(made, text_of(run, &rule->peer, event, match));
	made->session.label = kept_text(run, text_of(run, &rule->label, event, match));
	if (number(&rule->fd, event, match, &fd) && fd <= INT32_MAX)
		made->fd = (int32_t)fd;
	if (rule->forks)
		rules_fork_begun(run, event, key);
}

/* A request without a key is its thread's session's. */
static void do_request(struct fdar_rules_run *run, uint32_t index, const struct rule *rule,
		       const struct fdar_event *event, const GMatchInfo *match, uint64_t key)
{
	uint64_t counted = key ? key : OWN_KEY | event->tid;
	struct fdar_event *made = rules_emit(run, event, rule->kind, key);

	if (rule->kind == FDAR_EVENT_REQUEST_END) {
		rules_count_end(run, index, event->pid, counted, 1, TRUE);
		return;
	}
	rules_count_begin(run, index, event->pid, counted, 1);
	set_data(made, rule->what.from == RULE_NOWHERE ? rule->name
						       : text_of(run, &rule->what, event, match));
}

/* Who has no key of his own is not come back to. */
static void do_boundary(struct fdar_rules_run *run, const struct fdar_event *event)
{
	struct rules_thread *thread = rules_thread_of(run, event);
	struct open_key open = { thread->key, event->pid, 0 };

	if (is_new_key(thread->key) && g_hash_table_remove(run->open, &open)) {
		rules_request_over(run, event);
		rules_emit(run, event, FDAR_EVENT_SESSION_END, thread->key);
	}
	rules_work_begin(thread, 0, NO_RULE);
	rules_emit(run, event, FDAR_EVENT_BOUNDARY, 0);
}

static void do_wait(struct fdar_rules_run *run, const struct rule *rule,
		    const struct fdar_event *event, const GMatchInfo *match)
{
	uint32_t what = kept_text(run, text_of(run, &rule->what, event, match));
	gboolean begins = rule->kind == FDAR_EVENT_WAIT_BEGIN;
	struct fdar_event *made = rules_emit(run, event, rule->kind, 0);

	made->name = !begins ? 0 : what ? what : own_text(run, rule->name);
	made->wait = rule->wait;
}

/* All that is open in the process is over with it, which who hears of that knows. */
static void do_process_end(struct fdar_rules_run *run, const struct fdar_event *event)
{
	struct rules_thread *thread = rules_thread_of(run, event);
	GHashTableIter all;
	gpointer open;

	g_array_set_size(thread->stack, 0);
	g_array_set_size(thread->spans, 0);
	thread->over = 0;
	g_hash_table_iter_init(&all, run->open);
	while (g_hash_table_iter_next(&all, &open, NULL))
		if (((const struct open_key *)open)->pid == event->pid)
			g_hash_table_iter_remove(&all);
	rules_work_begin(thread, 0, NO_RULE);
	rules_emit(run, event, FDAR_EVENT_PROCESS_END, 0)->process_end.how = FDAR_PROCESS_EXIT;
}

/* The event has not the field that this is in. */
static gboolean lacks(const struct rule_value *value, const struct fdar_event *event)
{
	return value->from == RULE_ROLE && !has(event, value->role);
}

void rules_perform(struct fdar_rules_run *run, uint32_t index, const struct rule *rule,
		   const struct fdar_event *event, const GMatchInfo *match)
{
	struct fdar_rule_met *met = &g_array_index(run->met, struct fdar_rule_met, index);
	struct rules_thread *thread = rules_thread_of(run, event);
	uint64_t key = 0;
	gboolean has_key = number(&rule->key, event, match, &key);

	/* Of marks, 0 is what they say. */
	if (has_key && !key && event->kind == FDAR_EVENT_OTHER)
		key = OWN_KEY;
	met->met++;
	met->no_field += lacks(&rule->peer, event) || lacks(&rule->label, event) ||
			 lacks(&rule->what, event) || lacks(&rule->fd, event);
	thread->now_ns = event->time_ns;
	end_before(run, index, rule, event, thread);
	if (!has_key && rule->key.from != RULE_NOWHERE) {
		met->no_key++;
		return;
	}
	switch (rule->kind) {
	case FDAR_EVENT_HANDOFF_PUT:
	case FDAR_EVENT_HANDOFF_TAKE:
		do_handoff(run, index, rule, event, has_key, key);
		break;
	case FDAR_EVENT_BOUNDARY:
		do_boundary(run, event);
		break;
	case FDAR_EVENT_PROCESS_END:
		do_process_end(run, event);
		break;
	case FDAR_EVENT_WAIT_BEGIN:
	case FDAR_EVENT_WAIT_END:
		do_wait(run, rule, event, match);
		break;
	case FDAR_EVENT_REQUEST_BEGIN:
	case FDAR_EVENT_REQUEST_END:
		do_request(run, index, rule, event, match, key);
		break;
	default:
		do_session(run, index, rule, event, match, key);
	}
}
