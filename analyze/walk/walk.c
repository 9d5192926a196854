#include "analyze/walk/walk.h"

#include "analyze/walk/walk_private.h"

static void thread_free(gpointer data)
{
	struct thread *thread = data;

	g_array_unref(thread->frames);
	g_array_unref(thread->pending);
	g_free(thread);
}

struct fdar_walk *fdar_walk_new(const struct fdar_walk_visitor *visitor, void *user)
{
	struct fdar_walk *walk = g_new0(struct fdar_walk, 1);

	walk->visitor = visitor;
	walk->user = user;
	walk->threads = g_ptr_array_new_with_free_func(thread_free);
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
	g_array_unref(walk->slots);
	walk_paths_clear(walk);
	fdar_intern_clear(&walk->pids);
	fdar_intern_clear(&walk->thread_ids);
	fdar_intern_clear(&walk->slot_ids);
	fdar_intern_clear(&walk->keys);
	g_free(walk);
}

static struct thread *thread_of(struct fdar_walk *walk, const struct fdar_event *event)
{
	struct thread *thread = walk->last;

	if (thread && thread->pid == event->pid && thread->tid == event->tid)
		return thread;
	uint32_t index = fdar_intern_add(&walk->thread_ids, event->pid, event->tid);
	if (index == walk->threads->len) {
		fdar_intern_add(&walk->pids, event->pid, 0);
		walk->stats.processes = walk->pids.count;
		walk->stats.threads++;
		thread = g_new0(struct thread, 1);
		thread->pid = event->pid;
		thread->tid = event->tid;
		thread->index = index;
		thread->frames = g_array_new(FALSE, FALSE, sizeof(struct frame));
		thread->pending = g_array_new(FALSE, FALSE, sizeof(struct fdar_walk_frame));
		g_ptr_array_add(walk->threads, thread);
	}
	walk->last = g_ptr_array_index(walk->threads, index);
	return walk->last;
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

/* Whatever it was in is over; its number may come again. */
static void on_thread_end(struct fdar_walk *walk, struct thread *thread)
{
	walk_owner_boundary(walk, thread);
	walk_stack_clear(walk, thread, FALSE);
	walk_session_leave(walk, thread);
	thread->overflow = 0;
	thread->waited = FALSE;
}

/* Its next life has begun: what was open is so no more. */
static void on_process_over(struct fdar_walk *walk, const struct fdar_event *event)
{
	for (guint i = 0; i < walk->threads->len; i++) {
		struct thread *thread = g_ptr_array_index(walk->threads, i);

		if (thread->pid != event->pid)
			continue;
		if (event->over.perhaps) {
			thread->over_ns = MAX(thread->now_ns, event->time_ns);
			continue;
		}
		thread->now_ns = MAX(thread->now_ns, event->time_ns);
		walk_owner_boundary(walk, thread);
		walk_stack_clear(walk, thread, TRUE);
		walk_session_leave(walk, thread);
		thread->overflow = 0;
	}
	if (!event->over.perhaps)
		walk_session_end_all(walk, event->pid, event->time_ns);
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
	if (walk_stack_call(walk, thread, event->called.function, begin_ns))
		return;
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
		on_thread_end(walk, thread);
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
		walk_owner_wait(walk, thread, event);
		break;
	case FDAR_EVENT_WAIT_END:
		walk_owner_wait_end(walk, thread, event);
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
	for (size_t i = 0; i < length; i++) {
		const struct fdar_event *event = &events[i];

		if (event->kind == FDAR_EVENT_THREAD_NAME) {
			thread_of(walk, event)->name = event->named.name;
			continue;
		}
		if (event->kind == FDAR_EVENT_PROCESS_OVER) {
			on_process_over(walk, event);
			continue;
		}
		count(walk, event);
		if (event->kind == FDAR_EVENT_SWITCHED)
			on_switched(walk, event);
		if (event->kind == FDAR_EVENT_SWITCHED || says_nothing_of_threads(event))
			continue;
		struct thread *thread = thread_of(walk, event);

		walk->stats.no_thread += event->tid == 0;
		pass_time(walk, thread, event->time_ns);
		dispatch(walk, thread, event);
	}
}

/* Up to the end of the trace, unless the process was over before. */
static void end_threads(struct fdar_walk *walk)
{
	g_autoptr(GHashTable) went_on = g_hash_table_new(NULL, NULL);

	for (guint i = 0; i < walk->threads->len; i++) {
		const struct thread *thread = g_ptr_array_index(walk->threads, i);

		if (!thread->over_ns || thread->now_ns > thread->over_ns)
			g_hash_table_add(went_on, GUINT_TO_POINTER(thread->pid));
	}
	for (guint i = 0; i < walk->threads->len; i++) {
		struct thread *thread = g_ptr_array_index(walk->threads, i);
		gboolean on = g_hash_table_contains(went_on, GUINT_TO_POINTER(thread->pid));

		thread->now_ns = on ? walk->now_ns : thread->over_ns;
	}
}

void fdar_walk_finish(struct fdar_walk *walk)
{
	if (walk->finished)
		return;
	walk->finished = TRUE;
	end_threads(walk);
	walk_handoff_finish(walk);
	for (guint i = 0; i < walk->threads->len; i++) {
		struct thread *thread = g_ptr_array_index(walk->threads, i);

		walk_owner_boundary(walk, thread);
		walk_stack_clear(walk, thread, TRUE);
		walk_session_leave(walk, thread);
	}
	walk_session_finish(walk);
}

struct fdar_walk_path fdar_walk_path(const struct fdar_walk *walk, uint32_t path)
{
	return walk->paths[path < walk->path_count ? path : 0].told;
}

void fdar_walk_get_stats(const struct fdar_walk *walk, struct fdar_walk_stats *stats)
{
	*stats = walk->stats;
}
