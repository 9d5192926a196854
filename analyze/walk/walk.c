#include "analyze/walk/walk.h"

#include "analyze/walk/walk_call.h"

static void thread_free(gpointer data)
{
	struct thread *thread = data;

	g_array_unref(thread->frames);
	g_array_unref(thread->pending);
	walk_defer_free(thread);
	g_free(thread);
}

struct fdar_walk *fdar_walk_new(const struct fdar_walk_visitor *visitor, void *user)
{
	struct fdar_walk *walk = g_new0(struct fdar_walk, 1);

	walk->visitor = visitor;
	walk->user = user;
	walk->threads = g_ptr_array_new_with_free_func(thread_free);
	walk->processes = walk_processes_new();
	walk->process_of_pid = g_hash_table_new(NULL, NULL);
	walk->slots = g_array_new(FALSE, FALSE, sizeof(struct slot));
	walk_paths_init(walk);
	walk->sessions = walk_sessions_new();
	walk->puts = walk_puts_new();
	walk->fds = walk_fds_new();
	walk->ended = walk_sessions_new();
	return walk;
}

void fdar_walk_set_unit(struct fdar_walk *walk, enum fdar_unit unit)
{
	walk->unit = unit;
}

void fdar_walk_infer_work(struct fdar_walk *walk)
{
	walk->infers_work = TRUE;
}

void fdar_walk_set_helper(struct fdar_walk *walk, struct fdar_helper *helper)
{
	walk->aside = (struct fdar_walk_aside){ .helper = helper, .sum = walk_defer_sum };
}

void fdar_walk_set_texts(struct fdar_walk *walk,
			 const char *(*text)(const void *texts, uint32_t id), const void *texts)
{
	walk->text = text;
	walk->texts = texts;
}

void fdar_walk_free(struct fdar_walk *walk)
{
	if (!walk)
		return;
	/* Sessions are held by the table while they are open, and by frames and threads. */
	static const struct fdar_walk_visitor deaf = { 0 };

	walk->visitor = &deaf;
	fdar_walk_finish(walk);
	g_hash_table_unref(walk->puts);
	g_hash_table_unref(walk->fds);
	g_hash_table_unref(walk->ended);
	g_hash_table_unref(walk->sessions);
	g_ptr_array_unref(walk->threads);
	g_hash_table_unref(walk->process_of_pid);
	g_ptr_array_unref(walk->processes);
	g_array_unref(walk->slots);
	walk_paths_clear(walk);
	fdar_walk_aside_clear(&walk->aside);
	fdar_intern_clear(&walk->pids);
	fdar_intern_clear(&walk->thread_ids);
	fdar_intern_clear(&walk->slot_ids);
	fdar_intern_clear(&walk->keys);
	g_free(walk);
}

static void on_session(struct fdar_walk *walk, struct thread *thread,
		       const struct fdar_event *event)
{
	struct session *session = walk_session_find(walk, thread->pid, event->session.key);

	if (!session)
		walk->stats.stray_sessions++;
	else if (event->kind == FDAR_EVENT_SESSION_RESUME)
		walk_session_enter(walk, thread, session, TRUE);
	else if (session == thread->session)
		walk_session_leave(walk, thread);
}

static struct thread *thread_of(struct fdar_walk *walk, const struct fdar_event *event)
{
	return walk_thread_of(walk, event->pid, event->tid);
}

static void on_switched(struct fdar_walk *walk, const struct fdar_event *event)
{
	struct fdar_walk_switch told = {
		.time_ns = event->time_ns,
		.addr = event->switched.function,
		.calls = event->switched.calls,
		.pid = event->pid,
		.on = event->switched.on == 1,
		.reason = event->switched.reason,
	};

	walk->stats.switches++;
	if (walk->visitor->switched)
		walk->visitor->switched(walk->user, &told);
}

static void on_note(struct fdar_walk *walk, const struct thread *thread,
		    const struct fdar_event *event)
{
	struct fdar_walk_note note = {
		.time_ns = thread->now_ns,
		.pid = thread->pid,
		.tid = thread->tid,
		.thread_name = thread->name,
		.frame = thread->frames->len ? walk_frame_at(thread, thread->frames->len - 1)->id
					     : 0,
		.key = event->name,
		.value = event->data ? event->data : "",
		.value_len = event->data ? event->data_len : 0,
		.total = event->kind == FDAR_EVENT_BYTES ? event->bytes.total : event->data_len,
		.session = thread->current ? &thread->current->told : NULL,
	};

	if (event->kind == FDAR_EVENT_NOTE && walk->visitor->note)
		walk->visitor->note(walk->user, &note);
	if (event->kind == FDAR_EVENT_BYTES && walk->visitor->bytes)
		walk->visitor->bytes(walk->user, &note);
}

static void pass_time(struct fdar_walk *walk, struct thread *thread, uint64_t time_ns)
{
	thread->before_ns = thread->now_ns;
	if (G_UNLIKELY(time_ns < thread->now_ns))
		walk->stats.time_backwards++;
	else
		thread->now_ns = time_ns;
}

/* An entry and its exit. */
static void on_call(struct fdar_walk *walk, struct thread *thread, const struct fdar_event *event)
{
	uint64_t begin_ns = thread->now_ns;
	struct fdar_event half = *event;

	walk->stats.events++;
	walk->now_ns = MAX(walk->now_ns, event->time_ns + event->called.ns);
	walk->stats.end_ns = walk->now_ns;
	pass_time(walk, thread, event->time_ns + event->called.ns);
	half.func.call_site = 0;
	uint64_t end_ns = thread->now_ns;
	thread->now_ns = begin_ns;
	walk_stack_enter(walk, thread, FDAR_FRAME_FUNCTION, &half);
	thread->now_ns = end_ns;
	walk_stack_exit(walk, thread, FDAR_FRAME_FUNCTION, &half);
}

static void dispatch_rest(struct fdar_walk *walk, struct thread *thread,
			  const struct fdar_event *event)
{
	switch ((enum fdar_event_kind)event->kind) {
	case FDAR_EVENT_FUNC_SKIPPED:
		walk_stack_skip(walk, thread, event);
		break;
	case FDAR_EVENT_FUNC_UNWOUND:
		walk_stack_unwind(walk, thread, event->calls.count);
		break;
	case FDAR_EVENT_FUNC_LOST:
		walk->stats.lost += event->calls.count;
		break;
	case FDAR_EVENT_IO:
		walk_io(walk, thread, event);
		break;
	case FDAR_EVENT_REQUEST_BEGIN:
		walk_request_begin(walk, thread, event);
		break;
	case FDAR_EVENT_REQUEST_END:
		walk_request_end(walk, thread, event);
		break;
	case FDAR_EVENT_THREAD_END:
		/* Told by the thread itself: it ended in them, by pthread_exit() or a cancellation. */
		walk->stats.unwound += thread->frames->len;
		walk_thread_end(walk, thread, HOW_REPAIR);
		break;
	case FDAR_EVENT_OFF_CPU:
		walk_off_cpu(walk, thread, event);
		break;
	case FDAR_EVENT_FORKING:
		walk_process_fork(walk, thread, event);
		break;
	case FDAR_EVENT_PROCESS_END:
		walk_process_end(walk, thread, event);
		break;
	case FDAR_EVENT_BOUNDARY:
		walk_session_leave(walk, thread);
		walk_owner_boundary(walk, thread);
		walk_owner_disown(walk, thread, TRUE, NULL);
		break;
	default:
		break;
	}
}

static void dispatch(struct fdar_walk *walk, struct thread *thread, const struct fdar_event *event)
{
	switch ((enum fdar_event_kind)event->kind) {
	case FDAR_EVENT_FUNC_ENTRY:
		walk_stack_enter(walk, thread, FDAR_FRAME_FUNCTION, event);
		break;
	case FDAR_EVENT_FUNC_EXIT:
		walk_stack_exit(walk, thread, FDAR_FRAME_FUNCTION, event);
		break;
	case FDAR_EVENT_FUNC_CALL:
		on_call(walk, thread, event);
		break;
	case FDAR_EVENT_SCOPE_ENTER:
		walk_stack_enter(walk, thread, FDAR_FRAME_SCOPE, event);
		break;
	case FDAR_EVENT_SCOPE_EXIT:
		walk_stack_exit(walk, thread, FDAR_FRAME_SCOPE, event);
		break;
	case FDAR_EVENT_WAIT_BEGIN:
		walk_wait(walk, thread, event);
		break;
	case FDAR_EVENT_WAIT_END:
		walk_wait_end(walk, thread, event);
		break;
	case FDAR_EVENT_SESSION_BEGIN:
		walk_session_begin(walk, thread, event);
		break;
	case FDAR_EVENT_SESSION_END:
		walk_session_end(walk, thread, event);
		break;
	case FDAR_EVENT_SESSION_RESUME:
	case FDAR_EVENT_SESSION_SUSPEND:
		on_session(walk, thread, event);
		break;
	case FDAR_EVENT_HANDOFF_PUT:
		walk_handoff_put(walk, thread, event);
		break;
	case FDAR_EVENT_HANDOFF_TAKE:
		walk_handoff_take(walk, thread, event);
		break;
	case FDAR_EVENT_NOTE:
	case FDAR_EVENT_BYTES:
		on_note(walk, thread, event);
		break;
	default:
		dispatch_rest(walk, thread, event);
		break;
	}
}

static void count(struct fdar_walk *walk, const struct fdar_event *event)
{
	struct fdar_walk_stats *stats = &walk->stats;

	if (!stats->events++ || event->time_ns < stats->begin_ns)
		stats->begin_ns = event->time_ns;
	walk->now_ns = MAX(walk->now_ns, event->time_ns);
	stats->end_ns = walk->now_ns;
	stats->other += event->kind == FDAR_EVENT_OTHER || event->kind >= FDAR_EVENT_KINDS;
}

static gboolean says_nothing_of_threads(const struct fdar_event *event)
{
	return event->kind == FDAR_EVENT_OTHER || event->kind == FDAR_EVENT_MODULE ||
	       event->kind == FDAR_EVENT_PROCESS || event->kind >= FDAR_EVENT_KINDS;
}

void fdar_walk_feed(struct fdar_walk *walk, const struct fdar_event *events, size_t length)
{
	g_return_if_fail(!walk->finished);
	for (size_t i = 0; i < length; i++) {
		const struct fdar_event *event = &events[i];

		if (walk_run_may(event)) {
			i += walk_run(walk, event, length - i);
			if (i == length)
				break;
			event = &events[i];
		}
		if (event->kind == FDAR_EVENT_THREAD_NAME) {
			thread_of(walk, event)->name = event->named.name;
			continue;
		}
		if (event->kind == FDAR_EVENT_PROCESS_OVER) {
			walk_process_over(walk, event);
			continue;
		}
		count(walk, event);
		if (event->kind == FDAR_EVENT_SWITCHED)
			on_switched(walk, event);
		if (event->kind == FDAR_EVENT_PROCESS)
			walk_process_begin(walk, event);
		if (event->kind == FDAR_EVENT_SWITCHED || says_nothing_of_threads(event))
			continue;
		struct thread *thread = thread_of(walk, event);

		walk->stats.no_thread += event->tid == 0;
		if (G_UNLIKELY(thread->heirlooms) && event->kind == FDAR_EVENT_FUNC_ENTRY &&
		    event->time_ns < thread->process->born_ns) {
			walk_stack_inherited(walk, thread, event);
			continue;
		}
		pass_time(walk, thread, event->time_ns);
		if (walk->infers_work)
			walk_work_before(walk, thread, event);
		dispatch(walk, thread, event);
		if (walk->infers_work)
			walk_work_after(walk, thread, event);
		if (event->kind != FDAR_EVENT_FUNC_ENTRY && event->kind != FDAR_EVENT_FUNC_EXIT)
			walk_check(walk, thread);
	}
}

/* When the process has been heard of last, or may have ended; else the end of the trace. */
static uint64_t process_end_ns(const struct fdar_walk *walk, const struct process *process)
{
	if (process->ended)
		return walk_process_last_ns(process);
	for (guint i = 0; i < process->threads->len; i++) {
		const struct thread *thread = g_ptr_array_index(process->threads, i);

		if (!thread->over_ns || thread->now_ns > thread->over_ns)
			return walk->now_ns;
	}
	return 0;
}

/* What goes on is unfinished; what threads began while their process ended, it was still in then. */
static void finish_process(struct fdar_walk *walk, const struct process *process)
{
	uint64_t end_ns = process_end_ns(walk, process);

	for (guint i = 0; i < process->threads->len; i++) {
		struct thread *thread = g_ptr_array_index(process->threads, i);

		thread->now_ns = MAX(thread->now_ns, end_ns ? end_ns : thread->over_ns);
		if (process->ended) {
			walk_thread_end(walk, thread, HOW_END_OF_PROCESS);
			continue;
		}
		walk_owner_boundary(walk, thread);
		walk_stack_clear(walk, thread, HOW_END_OF_TRACE);
		walk_session_leave(walk, thread);
	}
}

void fdar_walk_finish(struct fdar_walk *walk)
{
	if (walk->finished)
		return;
	walk->finished = TRUE;
	walk_handoff_finish(walk);
	for (guint i = 0; i < walk->processes->len; i++)
		finish_process(walk, g_ptr_array_index(walk->processes, i));
	/* Who is told of sessions needs memory for it. */
	for (guint i = 0; i < walk->threads->len; i++)
		walk_defer_free(g_ptr_array_index(walk->threads, i));
	walk_paths_finish(walk);
	walk_process_finish(walk);
	walk_session_finish(walk);
}

const char *fdar_walk_kind_name(uint8_t kind)
{
	static const char *const names[FDAR_FRAME_KINDS] = {
		[FDAR_FRAME_FUNCTION] = "function", [FDAR_FRAME_SCOPE] = "scope",
		[FDAR_FRAME_WAIT] = "wait",         [FDAR_FRAME_QUEUE] = "queue",
		[FDAR_FRAME_INFERRED] = "inferred",
	};

	return kind < FDAR_FRAME_KINDS ? names[kind] : "";
}

struct fdar_walk_path fdar_walk_path(const struct fdar_walk *walk, uint32_t path)
{
	const struct path *at = &walk->paths[path < walk->path_count ? path : 0];
	struct fdar_walk_path told = { .parent = at->parent, .wait = at->wait };
	const struct fdar_intern_pair *key;

	if (at->key == FDAR_INTERN_NONE)
		return told;
	key = &walk->keys.pairs[at->key];
	told.kind = key->a & 0xff;
	if (told.kind == FDAR_FRAME_FUNCTION) {
		told.pid = (uint32_t)(key->a >> 8);
		told.addr = key->b;
	} else {
		told.name = (uint32_t)key->b;
	}
	return told;
}

size_t fdar_walk_open_frames(const struct fdar_walk *walk, uint32_t pid, uint32_t tid,
			     struct fdar_walk_open *frames, size_t room)
{
	uint32_t index = fdar_intern_find(&walk->thread_ids, pid, tid);
	const struct thread *thread;

	if (index == FDAR_INTERN_NONE)
		return 0;
	thread = g_ptr_array_index(walk->threads, index);
	for (uint32_t i = 0; i < MIN(thread->frames->len, room); i++) {
		const struct frame *frame = walk_frame_at(thread, i);

		frames[i] = (struct fdar_walk_open){ frame->id, frame->start_ns, frame->path };
	}
	return thread->frames->len;
}

void fdar_walk_get_stats(const struct fdar_walk *walk, struct fdar_walk_stats *stats)
{
	*stats = walk->stats;
}
