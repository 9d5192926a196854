/* Processes: who forked whom, what a child has from its parent, and how they end. */
#include "analyze/walk/walk_private.h"

/* A fork of which no child has said a word by then failed, or the child is not recorded; nor is a program that
 * a child has become, and that has not. */
#define UNBORN_NS (30 * G_GUINT64_CONSTANT(1000000000))

/* Its number may come again. */
void walk_thread_end(struct fdar_walk *walk, struct thread *thread, enum how how)
{
	walk_owner_boundary(walk, thread);
	walk_stack_clear(walk, thread, how);
	walk_session_leave(walk, thread);
	thread->overflow = 0;
	thread->waited = FALSE;
	thread->heirlooms = 0;
	thread->accepted_fd = 0;
}

static void lent_back(struct fdar_walk *walk, struct fork *fork, struct session *session)
{
	g_ptr_array_remove_fast(fork->lent, session);
	session->lent--;
	walk_session_release(walk, session);
}

static void carried_back(struct fdar_walk *walk, struct process *process)
{
	while (process->carried->len) {
		struct session *session =
			g_ptr_array_steal_index_fast(process->carried, process->carried->len - 1);

		session->lent--;
		walk_session_release(walk, session);
	}
}

static void fork_over(struct fdar_walk *walk, struct fork *fork)
{
	fork->session = NULL;
	if (fork->child)
		fork->child->fork = NULL;
	while (fork->lent->len)
		lent_back(walk, fork, g_ptr_array_index(fork->lent, fork->lent->len - 1));
	g_ptr_array_remove(fork->of->forks, fork);
}

/* ---- forks ---- */

static GArray *frames_copy(const struct thread *thread)
{
	GArray *frames = g_array_new(FALSE, FALSE, sizeof(struct heirloom));

	for (guint i = 0; i < thread->frames->len; i++) {
		const struct frame *frame = walk_frame_at(thread, i);
		struct heirloom one = {
			.kind = frame->kind,
			.entry = { .addr = frame->addr,
				   .addr2 = frame->call_site,
				   .name = frame->name,
				   .fd = frame->fd,
				   .wait = frame->wait },
		};

		g_array_append_val(frames, one);
	}
	return frames;
}

/* Whether its child, or what that has become, may say a word. */
static gboolean may_come(struct fork *fork, uint64_t now_ns)
{
	if (!fork->child)
		return now_ns < fork->time_ns + UNBORN_NS;
	if (!fork->latest)
		fork->latest = fork->child;
	while (fork->latest->after)
		fork->latest = fork->latest->after;
	return !fork->latest->turned || !fork->latest->ended ||
	       now_ns < fork->latest->turned_ns + UNBORN_NS;
}

static void unborn_drop(struct fdar_walk *walk, struct process *process, uint64_t now_ns)
{
	for (guint i = 0; i < process->forks->len;) {
		struct fork *fork = g_ptr_array_index(process->forks, i);

		if (may_come(fork, now_ns)) {
			i++;
			continue;
		}
		for (struct process *child = fork->child; child; child = child->after)
			carried_back(walk, child);
		fork_over(walk, fork);
	}
}

void walk_process_fork(struct fdar_walk *walk, struct thread *thread,
		       const struct fdar_event *event)
{
	struct process *process = thread->process;
	struct fork *fork;

	unborn_drop(walk, process, thread->now_ns);
	walk->stats.forks++;
	if (process->forks->len >= FDAR_WALK_FORKS_MAX) {
		walk->stats.forks_over++;
		return;
	}
	fork = g_new0(struct fork, 1);
	fork->of = process;
	fork->number = event->forking.number;
	fork->time_ns = thread->now_ns;
	fork->serial = walk->next_serial;
	fork->processes = walk->processes->len;
	fork->frames = frames_copy(thread);
	fork->lent = g_ptr_array_new();
	g_ptr_array_add(process->forks, fork);
	if (!thread->session || thread->session->told.state != FDAR_SESSION_OPEN)
		return;
	fork->session = thread->session;
	fork->by_header = thread->by_header;
	walk_fork_lend(fork, thread->session);
}

static struct fork *fork_find(const struct fdar_walk *walk, const struct fdar_event *event)
{
	const struct process *parent =
		g_hash_table_lookup(walk->process_of_pid,
				    GUINT_TO_POINTER((uint32_t)event->process.parent));

	for (guint i = parent && event->process.fork ? parent->forks->len : 0; i > 0; i--) {
		struct fork *fork = g_ptr_array_index(parent->forks, i - 1);

		if (fork->number == event->process.fork)
			return fork->child ? NULL : fork;
	}
	return NULL;
}

/* The child begins with what was open and with the session that its parent's thread was on. What is
 * open is no session's: it was there before. */
static void inherit(struct fdar_walk *walk, struct thread *thread, struct fork *fork)
{
	thread->heirlooms = fork->frames->len;
	for (guint i = 0; i < fork->frames->len; i++) {
		const struct heirloom *one = &g_array_index(fork->frames, struct heirloom, i);
		struct frame *frame = walk_stack_enter(walk, thread, one->kind, &one->entry);

		if (frame)
			frame->claim = CLAIM_SERVER;
	}
	thread->boundary = thread->frames->len;
	thread->server_below = thread->frames->len;
	thread->waited = TRUE;
	thread->takes = thread->takes || fork->session;
	if (fork->session && fork->session->told.state == FDAR_SESSION_OPEN)
		walk_session_enter(walk, thread, fork->session, fork->by_header);
	g_array_set_size(fork->frames, 0);
}

/* ---- ends ---- */

/* Closes all that is open in the process's threads, at the time of its end. */
static void threads_clear(struct fdar_walk *walk, struct process *process, uint64_t now_ns)
{
	for (guint i = 0; i < process->threads->len; i++) {
		struct thread *thread = g_ptr_array_index(process->threads, i);

		thread->now_ns = MAX(thread->now_ns, now_ns);
		walk_thread_end(walk, thread, HOW_END_OF_PROCESS);
	}
}

/* Its descriptors are closed. */
static void sessions_end(struct fdar_walk *walk, struct process *process, uint64_t now_ns)
{
	g_autoptr(GPtrArray) open = walk_sorted_keys(process->sessions, walk_session_compare);

	for (guint i = 0; i < open->len; i++)
		walk_session_end_in(walk, g_ptr_array_index(open, i), process->pid,
				    FDAR_SESSION_FINISHED, now_ns);
}

/* What its parent has lent to it, and it had as another program, it does not come with any more. */
static void lent_end(struct fdar_walk *walk, struct process *process)
{
	for (; process; process = process->before) {
		if (process->fork)
			fork_over(walk, process->fork);
		carried_back(walk, process);
	}
}

static void end(struct fdar_walk *walk, struct process *process, uint64_t now_ns)
{
	threads_clear(walk, process, now_ns);
	process->ended = TRUE;
	sessions_end(walk, process, now_ns);
	lent_end(walk, process);
}

/* Another program goes on, with the same descriptors: connections that it finds are those that were open. */
static void turn(struct fdar_walk *walk, struct process *process, uint64_t now_ns)
{
	g_autoptr(GPtrArray) open = walk_sorted_keys(process->sessions, walk_session_compare);

	for (guint i = 0; i < open->len; i++)
		walk_process_carry(process, g_ptr_array_index(open, i));
	threads_clear(walk, process, now_ns);
	process->ended = TRUE;
	sessions_end(walk, process, now_ns);
	process->turned = TRUE;
	process->turned_ns = now_ns;
}

void walk_process_end(struct fdar_walk *walk, struct thread *thread, const struct fdar_event *event)
{
	walk->stats.process_ends++;
	if (event->process_end.how == FDAR_PROCESS_EXEC)
		turn(walk, thread->process, thread->now_ns);
	else
		end(walk, thread->process, thread->now_ns);
}

/* after: of which nothing has been told yet, so that there are no circles. */
static void goes_on_as(struct process *before, struct process *after)
{
	if (before->after || after->before || after->after || after->threads->len)
		return;
	before->after = after;
	after->before = before;
}

/* Its next life has begun, or it was seen to end: what was open is so no more. If it has said so itself, all is
 * done. */
void walk_process_over(struct fdar_walk *walk, const struct fdar_event *event)
{
	struct process *process =
		g_hash_table_lookup(walk->process_of_pid, GUINT_TO_POINTER(event->pid));

	if (process && process->turned && process->ended && event->over.next)
		goes_on_as(process, walk_process_of(walk, (uint32_t)event->over.next));
	if (!process || process->ended)
		return;
	if (event->over.seen) {
		end(walk, process, MAX(event->time_ns, walk_process_last_ns(process)));
		return;
	}
	for (guint i = 0; i < process->threads->len; i++) {
		struct thread *thread = g_ptr_array_index(process->threads, i);

		if (event->over.perhaps) {
			thread->over_ns = MAX(thread->now_ns, event->time_ns);
			continue;
		}
		thread->now_ns = MAX(thread->now_ns, event->time_ns);
		walk_thread_end(walk, thread, HOW_END_OF_TRACE);
	}
	if (!event->over.perhaps)
		walk_session_end_all(walk, event->pid, event->time_ns);
}

/* Another process has its number now: its own end was not seen. */
static void forget(struct fdar_walk *walk, struct process *process)
{
	uint64_t last_ns = walk_process_last_ns(process);

	end(walk, process, last_ns);
	while (process->forks->len)
		fork_over(walk, g_ptr_array_index(process->forks, process->forks->len - 1));
}

/* A new process of that number, which another may have had. */
static struct process *take_number(struct fdar_walk *walk, struct process *old, uint32_t pid)
{
	struct process *process;

	if (!old)
		return walk_process_of(walk, pid);
	forget(walk, old);
	g_hash_table_remove(walk->process_of_pid, GUINT_TO_POINTER(pid));
	process = walk_process_of(walk, pid);
	for (guint i = 0; i < old->threads->len; i++) {
		struct thread *thread = g_ptr_array_index(old->threads, i);

		thread->process = process;
		g_ptr_array_add(process->threads, thread);
	}
	g_ptr_array_set_size(old->threads, 0);
	return process;
}

/* It has said something else before it said who it is. What was open at the fork is the server's, and
 * took the child's time from then on. */
static void begin_late(struct fdar_walk *walk, struct process *process, const struct fork *fork)
{
	for (guint i = 0; i < process->threads->len; i++) {
		struct thread *thread = g_ptr_array_index(process->threads, i);

		for (uint32_t f = 0; f < thread->frames->len; f++) {
			struct frame *frame = walk_frame_at(thread, f);

			if (frame->start_ns >= fork->time_ns)
				break;
			walk_owner_to_server(walk, thread, frame);
			frame->start_ns = fork->time_ns;
		}
	}
}

void walk_process_begin(struct fdar_walk *walk, const struct fdar_event *event)
{
	struct process *process =
		g_hash_table_lookup(walk->process_of_pid, GUINT_TO_POINTER(event->pid));
	struct fork *fork = fork_find(walk, event);
	struct thread *thread;

	if (process && process->ended && !event->process.fork)
		process->ended = FALSE; /* after exec: another program */
	if (!fork)
		return; /* told again, or not forked within the recording */
	gboolean late =
		process && !process->ended && !process->fork && process->number >= fork->processes;
	if (!late)
		process = take_number(walk, process, event->pid);
	process->fork = fork;
	process->born_ns = event->time_ns;
	fork->child = process;
	walk->stats.born++;
	if (event->process.parent_gone)
		end(walk, fork->of, fork->time_ns);
	if (late) {
		begin_late(walk, process, fork);
		return;
	}

	/* Who forks is the only thread of its child, its first. */
	thread = walk_thread_of(walk, event->pid, event->tid ? event->tid : event->pid);
	thread->now_ns = MAX(thread->now_ns, event->time_ns);
	inherit(walk, thread, fork);
}

void walk_process_finish(struct fdar_walk *walk)
{
	for (guint i = 0; i < walk->processes->len; i++) {
		struct process *process = g_ptr_array_index(walk->processes, i);

		while (process->forks->len)
			fork_over(walk, g_ptr_array_index(process->forks, process->forks->len - 1));
		carried_back(walk, process);
	}
}
