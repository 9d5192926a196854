/* Whose frames they are: the current session of a thread, boundaries, adoption. The rule itself is
 * in docs/analysis.md. */
#include "analyze/walk/walk_private.h"

/* A session's open frame turns out to be the server's. What it held of the session stays. */
static void give_to_server(struct fdar_walk *walk, struct thread *thread, struct frame *frame)
{
	struct frame old = *frame;

	frame->claim = CLAIM_SERVER;
	frame->owner = NULL;
	frame->adopted = FALSE;
	walk_owner_release(walk, thread, &old);
}

void walk_owner_to_server(struct fdar_walk *walk, struct thread *thread, struct frame *frame)
{
	if (frame->claim == CLAIM_SESSION)
		give_to_server(walk, thread, frame);
	frame->claim = CLAIM_SERVER;
}

void walk_owner_disown(struct fdar_walk *walk, struct thread *thread, gboolean all,
		       const struct session *keep)
{
	uint32_t depth = thread->frames->len;

	/* A loop of a thousand frames with one poll a request would cost a thousand looks a request:
	 * so those below server_below, which are the server's for good, are never looked at again,
	 * and nobody looks at all when nothing is adopted. */
	if (!all && !thread->adopted)
		return;
	for (uint32_t i = thread->server_below; i < depth; i++) {
		struct frame *frame = walk_frame_at(thread, i);

		if (frame->owner && frame->owner != keep && (all || frame->adopted))
			give_to_server(walk, thread, frame);
	}
	if (all)
		thread->server_below = depth;
}

static void settle_open(struct thread *thread, struct frame *frame, struct session *session)
{
	if (session) {
		frame->claim = CLAIM_SESSION;
		frame->owner = session;
		frame->adopted = TRUE;
		session->open_frames++;
		thread->adopted++;
		return;
	}
	frame->claim = CLAIM_SERVER;
	frame->in_server_ns += frame->in_owner_ns;
	frame->in_server_wait_ns += frame->in_owner_wait_ns;
}

/* The frame around what is pending learns what was in it. */
static void settle_around(struct thread *thread, const struct session *session)
{
	struct frame *around =
		thread->boundary ? walk_frame_at(thread, thread->boundary - 1) : NULL;

	if (around && !session) {
		around->in_server_ns += thread->pending_ns;
		around->in_server_wait_ns += thread->pending_wait_ns;
	} else if (around && around->owner == session) {
		around->in_owner_ns += thread->pending_ns;
		around->in_owner_wait_ns += thread->pending_wait_ns;
	}
	thread->pending_ns = 0;
	thread->pending_wait_ns = 0;
}

static struct fdar_walk_frame *pending_at(const struct thread *thread, guint index)
{
	return &g_array_index(thread->pending, struct fdar_walk_frame, index);
}

/* The first open and closed frames of what is pending become the session's, or the server's. */
static void settle_first(struct fdar_walk *walk, struct thread *thread, uint32_t open, guint closed,
			 struct session *session)
{
	for (uint32_t i = thread->boundary; i < open; i++) {
		settle_open(thread, walk_frame_at(thread, i), session);
		walk->stats.adopted += session != NULL;
	}
	settle_around(thread, session);
	for (guint i = 0; i < closed; i++) {
		struct fdar_walk_frame *frame = pending_at(thread, i);

		frame->session = session ? &session->told : NULL;
		walk->stats.adopted += session != NULL;
		walk_tell_owned(walk, frame);
	}
	if (closed)
		g_array_remove_range(thread->pending, 0, closed);
}

struct times {
	uint64_t ns, wait_ns;
};

/* Of the first closed frames, as far as no other of them is around them, in the frame of that id (0: in
 * none that is pending): ids are given when frames are opened, and closed ones are in the order of their
 * ends. */
static struct times times_of_first(const struct thread *thread, guint closed, uint64_t in)
{
	struct times times = { 0 };
	uint64_t around = UINT64_MAX;

	for (guint i = closed; i > 0; i--) {
		const struct fdar_walk_frame *frame = pending_at(thread, i - 1);

		if (frame->id < in)
			break;
		if (frame->id > around || frame->kind == WALK_SAMPLE)
			continue;
		around = frame->id;
		times.ns += frame->total_ns;
		times.wait_ns += frame->wait_ns;
	}
	return times;
}

/* Sums have no times of each: with one of them from before, all are from before, also what was opened
 * later and is in frames that are still open. */
static void settle_deferred_before(struct fdar_walk *walk, struct thread *thread, uint32_t open)
{
	walk->stats.pending_over += walk_deferred_calls(thread);
	walk_defer_settle(walk, thread, NULL);
	for (uint32_t i = open; i < thread->frames->len; i++) {
		struct frame *frame = walk_frame_at(thread, i);

		frame->in_server_ns += frame->in_owner_ns;
		frame->in_server_wait_ns += frame->in_owner_wait_ns;
		frame->in_owner_ns = frame->in_owner_wait_ns = 0;
	}
}

/* Of what is pending, what was opened before since_ns becomes the server's, and what is in it and
 * closed. That is the first of what is open, and of what is closed: who was opened later and closed
 * earlier is inside. */
static void settle_before(struct fdar_walk *walk, struct thread *thread)
{
	uint32_t open = thread->boundary, depth = thread->frames->len;
	guint closed = thread->pending->len;
	gboolean deferred = walk_deferred_first_ns(thread) < thread->since_ns;

	while (open < depth && walk_frame_at(thread, open)->start_ns < thread->since_ns)
		open++;
	while (!deferred && closed && pending_at(thread, closed - 1)->start_ns >= thread->since_ns)
		closed--;
	if (!closed && open == thread->boundary)
		return;
	struct frame *last = open > thread->boundary ? walk_frame_at(thread, open - 1) : NULL;
	uint64_t *sum_ns = last ? &last->in_owner_ns : &thread->pending_ns;
	uint64_t *sum_wait_ns = last ? &last->in_owner_wait_ns : &thread->pending_wait_ns;
	struct times later = { 0 };

	if (deferred) {
		settle_deferred_before(walk, thread, open);
	} else {
		struct times first = times_of_first(thread, closed, last ? last->id : 0);

		later = (struct times){ *sum_ns - first.ns, *sum_wait_ns - first.wait_ns };
		*sum_ns = first.ns;
		*sum_wait_ns = first.wait_ns;
	}
	settle_first(walk, thread, open, closed, NULL);
	thread->boundary = open;
	thread->pending_ns = later.ns;
	thread->pending_wait_ns = later.wait_ns;
}

/* Everything pending on the thread becomes the session's, or the server's (NULL). */
static void settle(struct fdar_walk *walk, struct thread *thread, struct session *session)
{
	if (session && thread->since_ns)
		settle_before(walk, thread);
	thread->since_ns = 0;
	settle_first(walk, thread, thread->frames->len, thread->pending->len, session);
	walk_defer_settle(walk, thread, session);
	/* What nobody adopts was the server's anyway: a long start-up, say. */
	if (session)
		walk->stats.pending_over += thread->pending_over;
	thread->pending_over = 0;
}

void walk_owner_boundary(struct fdar_walk *walk, struct thread *thread)
{
	if (!thread->current)
		settle(walk, thread, NULL);
	thread->boundary = thread->frames->len;
}

void walk_owner_since(struct thread *thread, uint64_t since_ns)
{
	if (!thread->current)
		thread->since_ns = MAX(thread->since_ns, since_ns);
}

void walk_owner_suspend(struct fdar_walk *walk, struct thread *thread)
{
	struct session *session = thread->current;

	if (!session)
		return;
	thread->current = NULL;
	thread->current_open = 0;
	thread->boundary = thread->frames->len;
	session->currents--;
	walk_session_settle(walk, session);
}

void walk_owner_resume(struct fdar_walk *walk, struct thread *thread, struct session *session)
{
	if (thread->current == session)
		return;
	if (thread->current)
		walk_owner_suspend(walk, thread);
	/* An adopted frame that outlives its session is a loop. */
	walk_owner_disown(walk, thread, FALSE, session);
	/* Asked before what is pending is adopted: those are counted as adopted, not as its own. */
	gboolean has_open = session->open_frames > 0;

	settle(walk, thread, session);
	thread->current = session;
	session->currents++;
	thread->current_open = 0;
	for (uint32_t i = thread->server_below; has_open && i < thread->frames->len; i++) {
		const struct frame *frame = walk_frame_at(thread, i);

		thread->current_open += frame->owner == session && !frame->adopted;
	}
}
