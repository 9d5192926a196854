/*
 * Event scripts: a few words that stand for a trace, for tests of what reads events.
 *
 * A script has one line a thread: the thread's letter, then pairs of a time and an event. The lines
 * are merged by time; at equal times the earlier line comes first.
 *
 *	+f -f -           function entry, exit, exit without an address
 *	{s }s             scope enter, exit
 *	wait:POLL:what w  wait begin (OTHER IO POLL ACCEPT COND LOCK SLEEP), end (w:5 is result 5)
 *	skip:N:ns unwound:N lost:N
 *	begin:K:peer:fd resume:K suspend:K end:K boundary:
 *	req:K:what done:K:result
 *	io:READ:fd:result (OTHER READ WRITE ACCEPT CONNECT CLOSE SHUTDOWN DUP WATCH)
 *	tbegin: tend: over:perhaps off:f on:f
 *	fork:N proc:PARENT:N proc:PARENT:N:gone pend:0 (a fork, its child, exit; pend:2 exec)
 *	put:O:queue take:O:queue
 *	note:key:value bytes:label:data name:text other:name
 *	module:base:bytes:path:buildid
 *
 * "A" is thread 65 of process 1; "2A" the same thread id in process 2. A function's address is
 * found by its name, the other way round by script_function.
 */
#ifndef TESTS_EVENT_SCRIPT_H
#define TESTS_EVENT_SCRIPT_H

#include <glib.h>
#include <string.h>

#include "instrument/wire/events.h"
#include "pipeline/events/event.h"
#include "pipeline/events/event_map.h"

#define SCRIPT_ADDRESS 0x1000u

struct script {
	GPtrArray *texts; /* by id; functions' names are kept here too */
	GArray *events;
	GPtrArray *data;
};

static inline uint32_t script_text(struct script *script, const char *text)
{
	for (guint i = 0; i < script->texts->len; i++)
		if (strcmp(g_ptr_array_index(script->texts, i), text) == 0)
			return i;
	g_ptr_array_add(script->texts, g_strdup(text));
	return script->texts->len - 1;
}

/* As fdar_text_fn. */
static inline const char *script_name(const void *user, uint32_t id)
{
	const struct script *script = user;

	g_assert_cmpuint(id, <, script->texts->len);
	return g_ptr_array_index(script->texts, id);
}

static inline uint64_t script_address(struct script *script, const char *function)
{
	return *function ? SCRIPT_ADDRESS * (uint64_t)script_text(script, function) : 0;
}

static inline const char *script_function(const struct script *script, uint64_t address)
{
	return script_name(script, (uint32_t)(address / SCRIPT_ADDRESS));
}

static inline uint8_t script_wait_kind(const char *name)
{
	static const char *const names[FDAR_WAIT_KINDS] = { "OTHER", "IO",   "POLL",  "ACCEPT",
							    "COND",  "LOCK", "SLEEP", "PROCESSOR" };

	for (uint8_t i = 0; i < FDAR_WAIT_KINDS; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	g_error("no such wait: %s", name);
}

static inline const char *script_data(struct script *script, struct fdar_event *event,
				      const char *text)
{
	event->data_len = (uint32_t)strlen(text);
	g_ptr_array_add(script->data, g_strdup(text));
	return g_ptr_array_index(script->data, script->data->len - 1);
}

/* The words with arguments: "what:a:b". */
static inline void script_word(struct script *script, struct fdar_event *event, char **part)
{
	static const struct {
		const char *word;
		enum fdar_event_kind kind;
		char form; /* k: key and text; o: object and name; n: name and text */
	} words[] = {
		{ "begin", FDAR_EVENT_SESSION_BEGIN, 'k' },
		{ "resume", FDAR_EVENT_SESSION_RESUME, 'k' },
		{ "suspend", FDAR_EVENT_SESSION_SUSPEND, 'k' },
		{ "end", FDAR_EVENT_SESSION_END, 'k' },
		{ "boundary", FDAR_EVENT_BOUNDARY, 'k' },
		{ "put", FDAR_EVENT_HANDOFF_PUT, 'o' },
		{ "take", FDAR_EVENT_HANDOFF_TAKE, 'o' },
		{ "note", FDAR_EVENT_NOTE, 'n' },
		{ "bytes", FDAR_EVENT_BYTES, 'n' },
		{ "name", FDAR_EVENT_THREAD_NAME, 'n' },
		{ "other", FDAR_EVENT_OTHER, 'n' },
	};
	guint parts = g_strv_length(part);

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		if (strcmp(part[0], words[i].word) != 0)
			continue;
		g_assert_cmpuint(parts, >=, 2);
		const char *second = parts > 2 ? part[2] : "";
		event->kind = (uint8_t)words[i].kind;
		if (words[i].form != 'n')
			event->addr = g_ascii_strtoull(part[1], NULL, 0);
		if (words[i].form == 'o')
			event->name = script_text(script, second);
		if (event->kind == FDAR_EVENT_SESSION_BEGIN && parts > 3)
			event->fd = atoi(part[3]);
		if (words[i].form == 'n')
			event->name = script_text(script, part[1]);
		event->data = script_data(script, event, words[i].form == 'o' ? "" : second);
		if (event->kind == FDAR_EVENT_OTHER && *second)
			event->named.has = 1u << FDAR_ROLE_DATA;
		if (event->kind == FDAR_EVENT_BYTES)
			event->addr = 1000 + event->data_len;
		return;
	}
	g_error("no such event: %s", part[0]);
}

static inline uint64_t script_number(char **part, guint index)
{
	return g_strv_length(part) > index ? (uint64_t)g_ascii_strtoll(part[index], NULL, 0) : 0;
}

static inline uint64_t script_io_op(const char *name)
{
	static const char *const names[FDAR_IO_OPS] = { "OTHER",    "READ",    "WRITE",
							"ACCEPT",   "CONNECT", "CLOSE",
							"SHUTDOWN", "DUP",     "WATCH" };

	for (uint8_t i = 0; i < FDAR_IO_OPS; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	g_error("no such io: %s", name);
}

/* over:0, over:1 perhaps, over:2 seen; the number of the life that begins may follow. */
static inline void script_over(struct fdar_event *event)
{
	event->over.perhaps = event->addr == 1;
	event->over.seen = event->addr == 2;
	event->over.next = event->addr2;
}

/* FALSE: it is none of these. */
static inline gboolean script_more(struct script *script, struct fdar_event *event, char **part)
{
	static const struct {
		const char *word;
		enum fdar_event_kind kind;
	} words[] = {
		{ "skip", FDAR_EVENT_FUNC_SKIPPED },   { "unwound", FDAR_EVENT_FUNC_UNWOUND },
		{ "lost", FDAR_EVENT_FUNC_LOST },      { "io", FDAR_EVENT_IO },
		{ "req", FDAR_EVENT_REQUEST_BEGIN },   { "done", FDAR_EVENT_REQUEST_END },
		{ "tbegin", FDAR_EVENT_THREAD_BEGIN }, { "tend", FDAR_EVENT_THREAD_END },
		{ "off", FDAR_EVENT_SWITCHED },        { "on", FDAR_EVENT_SWITCHED },
		{ "fork", FDAR_EVENT_FORKING },        { "proc", FDAR_EVENT_PROCESS },
		{ "pend", FDAR_EVENT_PROCESS_END },    { "over", FDAR_EVENT_PROCESS_OVER },
		{ "cpu", FDAR_EVENT_OFF_CPU },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(words); i++) {
		if (strcmp(part[0], words[i].word) != 0)
			continue;
		event->kind = (uint8_t)words[i].kind;
		event->addr = script_number(part, 1);
		event->addr2 = script_number(part, 2);
		if (event->kind == FDAR_EVENT_PROCESS || event->kind == FDAR_EVENT_PROCESS_END)
			event->wait = event->kind == FDAR_EVENT_PROCESS
					      ? script_number(part, 2) && part[3]
					      : (uint8_t)event->addr;
		if (event->kind == FDAR_EVENT_OFF_CPU) {
			event->wait = (uint8_t)event->addr;
			event->addr = event->addr2;
			event->name = script_text(script, event->wait == FDAR_OFF_CPU_PREEMPTED
								  ? "processor"
								  : "blocked");
		}
		if (event->kind == FDAR_EVENT_PROCESS_OVER)
			script_over(event);
		if (event->kind == FDAR_EVENT_IO) {
			event->addr2 = script_io_op(part[1]);
			event->fd = (int32_t)script_number(part, 2);
			event->addr = script_number(part, 3);
		} else if (event->kind == FDAR_EVENT_SWITCHED) {
			event->addr = script_address(script, part[1]);
			event->fd = part[0][1] == 'n';
			event->wait = FDAR_SWITCH_BUDGET;
		} else if (event->kind == FDAR_EVENT_REQUEST_BEGIN) {
			event->addr2 = 0;
			event->data = script_data(script, event, part[1] && part[2] ? part[2] : "");
		}
		return TRUE;
	}
	return FALSE;
}

static inline void script_event(struct script *script, struct fdar_event *event, const char *text)
{
	g_auto(GStrv) part = g_strsplit(text, ":", 5);

	event->fd = -1;
	if (script_more(script, event, part))
		return;
	if (text[0] == '+' || text[0] == '-') {
		event->kind = text[0] == '+' ? FDAR_EVENT_FUNC_ENTRY : FDAR_EVENT_FUNC_EXIT;
		event->addr = script_address(script, text + 1);
		event->addr2 = event->addr + 1;
	} else if (text[0] == '{' || text[0] == '}') {
		event->kind = text[0] == '{' ? FDAR_EVENT_SCOPE_ENTER : FDAR_EVENT_SCOPE_EXIT;
		event->name = script_text(script, text + 1);
	} else if (strcmp(part[0], "wait") == 0) {
		event->kind = FDAR_EVENT_WAIT_BEGIN;
		event->wait = script_wait_kind(part[1]);
		event->name = script_text(script, part[2]);
		event->fd = part[3] ? atoi(part[3]) : 7;
	} else if (strcmp(part[0], "w") == 0) {
		event->kind = FDAR_EVENT_WAIT_END;
		event->addr = part[1] ? (uint64_t)g_ascii_strtoll(part[1], NULL, 10) : 0;
	} else if (strcmp(part[0], "module") == 0) {
		event->kind = FDAR_EVENT_MODULE;
		event->addr = g_ascii_strtoull(part[1], NULL, 0);
		event->addr2 = g_ascii_strtoull(part[2], NULL, 0);
		event->name = script_text(script, part[3]);
		event->data = script_data(script, event, part[4] ? part[4] : "");
	} else {
		script_word(script, event, part);
	}
}

static inline gint script_by_time(gconstpointer a, gconstpointer b)
{
	const struct fdar_event *left = a, *right = b;

	if (left->time_ns != right->time_ns)
		return left->time_ns < right->time_ns ? -1 : 1;
	return 0;
}

static inline void script_line(struct script *script, const char *line)
{
	g_auto(GStrv) words = g_strsplit_set(line, " \t", -1);
	const char *thread = NULL;
	const char *time = NULL;

	for (char **word = words; *word; word++) {
		if (!**word)
			continue;
		if (!thread) {
			thread = *word;
		} else if (!time) {
			time = *word;
		} else {
			struct fdar_event event = { 0 };
			char *letter;

			event.time_ns = g_ascii_strtoull(time, NULL, 10);
			event.pid = (uint32_t)g_ascii_strtoull(thread, &letter, 10);
			if (letter == thread)
				event.pid = 1;
			event.tid = (uint32_t)*letter;
			script_event(script, &event, *word);
			g_array_append_val(script->events, event);
			time = NULL;
		}
	}
	g_assert_null(time);
}

/* g_array_sort is stable. */
static inline struct script *script_new(const char *text)
{
	struct script *script = g_new0(struct script, 1);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	script->texts = g_ptr_array_new_with_free_func(g_free);
	script->data = g_ptr_array_new_with_free_func(g_free);
	script->events = g_array_new(FALSE, TRUE, sizeof(struct fdar_event));
	script_text(script, "");
	for (char **line = lines; *line; line++)
		script_line(script, *line);
	g_array_sort(script->events, script_by_time);
	return script;
}

/* Function events of a thread wait until it has another one, as in calls events: then they are all
 * written, with their older times; those that wait in the end come last, the last thread first. */
static inline void script_delay(struct script *script)
{
	GArray *from = script->events, *to = g_array_new(FALSE, TRUE, sizeof(struct fdar_event));
	GArray *waiting = g_array_new(FALSE, TRUE, sizeof(struct fdar_event));

	for (guint i = 0; i < from->len; i++) {
		const struct fdar_event event = g_array_index(from, struct fdar_event, i);
		gboolean function = event.kind == FDAR_EVENT_FUNC_ENTRY ||
				    event.kind == FDAR_EVENT_FUNC_EXIT ||
				    (event.kind >= FDAR_EVENT_FUNC_SKIPPED &&
				     event.kind <= FDAR_EVENT_FUNC_LOST);

		if (function) {
			g_array_append_val(waiting, event);
			continue;
		}
		for (guint w = 0; w < waiting->len;) {
			const struct fdar_event late = g_array_index(waiting, struct fdar_event, w);

			if (late.pid != event.pid || late.tid != event.tid) {
				w++;
				continue;
			}
			g_array_append_val(to, late);
			g_array_remove_index(waiting, w);
		}
		g_array_append_val(to, event);
	}
	while (waiting->len) {
		const struct fdar_event last =
			g_array_index(waiting, struct fdar_event, waiting->len - 1);

		for (guint w = 0; w < waiting->len;) {
			const struct fdar_event late = g_array_index(waiting, struct fdar_event, w);

			if (late.pid != last.pid || late.tid != last.tid) {
				w++;
				continue;
			}
			g_array_append_val(to, late);
			g_array_remove_index(waiting, w);
		}
	}
	g_array_unref(from);
	g_array_unref(waiting);
	script->events = to;
}

/* Entries whose exit comes next become calls, as a source that was asked for it joins them; of those
 * where nothing else of any thread is between. */
static inline void script_join_calls(struct script *script)
{
	GArray *events = script->events;
	guint kept = 0;

	for (guint i = 0; i < events->len; i++, kept++) {
		struct fdar_event *event = &g_array_index(events, struct fdar_event, i);
		const struct fdar_event *next = event + 1;

		if (i + 1 < events->len && event->kind == FDAR_EVENT_FUNC_ENTRY &&
		    next->kind == FDAR_EVENT_FUNC_EXIT && next->tid == event->tid &&
		    next->pid == event->pid && (next->addr == event->addr || !next->addr)) {
			event->kind = FDAR_EVENT_FUNC_CALL;
			event->addr2 = next->time_ns - event->time_ns;
			i++;
		}
		g_array_index(events, struct fdar_event, kept) = *event;
	}
	g_array_set_size(events, kept);
}

static inline const struct fdar_event *script_events(const struct script *script)
{
	return &g_array_index(script->events, struct fdar_event, 0);
}

static inline void script_free(struct script *script)
{
	g_ptr_array_unref(script->texts);
	g_ptr_array_unref(script->data);
	g_array_unref(script->events);
	g_free(script);
}

typedef struct script script_auto;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(script_auto, script_free)

#endif
