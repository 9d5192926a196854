/* Requests, where somebody marks them. */
#include "analyze/walk/walk_private.h"

/* The session that a request is of; NULL when there is none. */
static struct session *session_of_request(struct fdar_walk *walk, const struct thread *thread,
					  const struct fdar_event *event)
{
	struct session *session = event->request.key
					  ? walk_session_find(walk, thread->pid, event->request.key)
					  : thread->session;

	if (session && session->told.state == FDAR_SESSION_OPEN)
		return session;
	walk->stats.stray_requests++;
	return NULL;
}

static void tell_request(struct fdar_walk *walk, const struct thread *thread,
			 const struct fdar_event *event)
{
	struct fdar_walk_note told = {
		.time_ns = thread->now_ns,
		.pid = thread->pid,
		.tid = thread->tid,
		.value = event->request.what ? event->request.what : "",
		.value_len = event->request.what ? event->request.what_len : 0,
		.total = event->request.what_len,
		.session = thread->current ? &thread->current->told : NULL,
	};

	if (walk->visitor->request)
		walk->visitor->request(walk->user, &told);
}

void walk_request_begin(struct fdar_walk *walk, struct thread *thread,
			const struct fdar_event *event)
{
	struct session *session = session_of_request(walk, thread, event);
	const char *what = event->request.what ? event->request.what : "";

	if (!session)
		return;
	walk->stats.requests++;
	session->told.requests++;
	if (!walk_infer_marked(walk, session, what) && session->hidden)
		walk_request_open(walk, thread, session, what);
	walk_session_enter(walk, thread, session, thread->by_header || event->request.key);
	tell_request(walk, thread, event);
}

void walk_request_end(struct fdar_walk *walk, struct thread *thread, const struct fdar_event *event)
{
	struct session *session = session_of_request(walk, thread, event);

	if (!session || !session->hidden)
		return;
	if (!session->unit) {
		walk->stats.stray_requests++;
		return;
	}
	if (thread->current == session->unit)
		walk_owner_suspend(walk, thread);
	walk_request_close(walk, session, FDAR_SESSION_FINISHED, thread->now_ns);
}
