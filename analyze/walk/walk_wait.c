/* Waits: most frames of a thread change hands at the begin or the end of one. */
#include "analyze/walk/walk_private.h"

static gboolean asks_for_work(const struct thread *thread, const struct fdar_event *event)
{
	uint8_t wait = event->waiting.kind;

	if (wait == FDAR_WAIT_POLL || wait == FDAR_WAIT_ACCEPT)
		return TRUE;
	/* On a descriptor of many peers anybody may be next. */
	if (wait == FDAR_WAIT_IO && thread->many_fd && event->waiting.fd == thread->many_fd - 1)
		return TRUE;
	return wait == FDAR_WAIT_COND && (!thread->current || !thread->current_open);
}

/* Workers are woken by an eventfd or a pipe, too, as by a condition variable: who waits for input that is no
 * session's and no other server's, and is in nothing that it began for a session, asks its queue. Where no
 * functions are told, who has not answered yet may wait for what he needs for that. */
static gboolean asks_queue(const struct fdar_walk *walk, const struct thread *thread,
			   const struct fdar_event *event)
{
	if (event->waiting.kind != FDAR_WAIT_IO || event->waiting.fd < 0 ||
	    !walk->stats.io_sessions || walk_infer_writes(walk, event->waiting.what) ||
	    walk_fd_is_other(thread->process, event->waiting.fd))
		return FALSE;
	return !thread->current || (!thread->by_header && !thread->current_open &&
				    (thread->frames->len || !thread->unanswered));
}

/* Where requests are told: it is on a connection that has none now. What it waits for there is the
 * next one. */
static gboolean is_between_requests(const struct thread *thread)
{
	return thread->session && !thread->session->unit;
}

/* For what poll() and select() wait is not told; what epoll does is put under watch by a call of its own. */
static gboolean polls_unseen(const struct fdar_walk *walk, const struct fdar_event *event)
{
	const char *name = walk->text ? walk->text(walk->texts, event->waiting.what) : "";

	return event->waiting.kind == FDAR_WAIT_POLL && !g_str_has_prefix(name, "epoll_");
}

void walk_wait(struct fdar_walk *walk, struct thread *thread, const struct fdar_event *event)
{
	struct session *session = NULL;

	thread->waited = TRUE;
	thread->polls = thread->polls || polls_unseen(walk, event);
	if (event->waiting.kind == FDAR_WAIT_IO)
		session = walk_io_touch(walk, thread, event->waiting.fd, FDAR_IO_OTHER);
	if (session)
		walk_infer_wait(walk, thread, session, event);
	gboolean between = is_between_requests(thread) && event->waiting.kind == FDAR_WAIT_IO;

	gboolean asks = !session && asks_queue(walk, thread, event);

	if (!between && !asks && !asks_for_work(thread, event)) {
		struct frame *wait = walk_stack_enter(walk, thread, FDAR_FRAME_WAIT, event);

		if (wait)
			wait->client = session != NULL;
		if (event->waiting.kind == FDAR_WAIT_IO && event->waiting.fd < INT32_MAX)
			thread->waited_fd = event->waiting.fd + 1;
		return;
	}
	/* Where another thread has ended the request, this one was still at it until now. */
	if (between)
		walk_owner_suspend(walk, thread);
	else
		walk_session_leave(walk, thread);
	walk_owner_boundary(walk, thread);
	walk_owner_disown(walk, thread, !between && !asks && event->waiting.kind != FDAR_WAIT_COND,
			  NULL);

	struct frame *frame = walk_stack_enter(walk, thread, FDAR_FRAME_WAIT, event);
	if (frame) {
		frame->claim = CLAIM_SERVER;
		frame->boundary = TRUE;
		thread->boundary = thread->frames->len;
	}
}

/* A wait that nobody saw, in what is open: the last of the time since the thread's last event. It is whose
 * that frame is: a loop that waits for work by a call that is not told does not do so for who comes next. */
void walk_off_cpu(struct fdar_walk *walk, struct thread *thread, const struct fdar_event *event)
{
	uint64_t now_ns = thread->now_ns;
	struct fdar_event wait = { .name = event->off_cpu.what, .fd = -1 };
	struct frame *frame;

	if (event->off_cpu.why == FDAR_OFF_CPU_WATCHED) {
		gboolean watched = event->off_cpu.ns == 0;

		walk->stats.watched += (guint64)watched - (guint64)thread->process->watched;
		thread->process->watched = watched;
		return;
	}
	if (!event->off_cpu.ns || !thread->frames->len || thread->open[FDAR_FRAME_WAIT] ||
	    thread->overflow)
		return;
	gboolean server = walk_frame_at(thread, thread->frames->len - 1)->claim == CLAIM_SERVER;
	wait.waiting.kind = event->off_cpu.why == FDAR_OFF_CPU_PREEMPTED ? FDAR_WAIT_PROCESSOR
									 : FDAR_WAIT_OTHER;
	thread->now_ns = MAX(thread->before_ns, now_ns - MIN(now_ns, event->off_cpu.ns));
	frame = walk_stack_enter(walk, thread, FDAR_FRAME_WAIT, &wait);
	if (frame && server)
		walk_owner_to_server(walk, thread, frame);
	walk->stats.off_cpu_ns += now_ns - thread->now_ns;
	thread->now_ns = now_ns;
	walk_stack_exit(walk, thread, FDAR_FRAME_WAIT, &wait);
}

void walk_wait_end(struct fdar_walk *walk, struct thread *thread, const struct fdar_event *event)
{
	gboolean first = !thread->waited;

	thread->waited = TRUE;
	walk_stack_exit(walk, thread, FDAR_FRAME_WAIT, event);
	/* The thread was in it when its events began: what for is not known. Most wait for work. */
	if (first && !thread->current)
		walk_owner_boundary(walk, thread);
}
