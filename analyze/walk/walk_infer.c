/* What nobody told, and follows from what was read and written: exchanges on a connection, which stand
 * for requests where nobody marks those; a connection that one thread accepted and another serves. */
#include <string.h>

#include "analyze/walk/walk_private.h"

/* ---- hand-offs ---- */

/* A thread that polls many descriptors (not by epoll) may have waited for the client, too, before it gave the
 * connection away: then only who puts it under watch of his own says that he has it. */
static gboolean takes(const struct thread *first, enum fdar_io_op op)
{
	if (op == FDAR_IO_WATCH)
		return TRUE;
	return (op == FDAR_IO_READ || op == FDAR_IO_OTHER) && !first->polls;
}

static void tell_taken(struct fdar_walk *walk, struct thread *thread, const struct session *session,
		       uint32_t from_tid)
{
	uint64_t take_ns = MAX(thread->now_ns, session->first_ns);
	struct fdar_walk_handoff handoff = {
		.object = session->told.key,
		.pid = thread->pid,
		.from_tid = from_tid,
		.to_tid = thread->tid,
		.put_ns = session->first_ns,
		.take_ns = take_ns,
		.end_ns = take_ns,
		.inferred = TRUE,
		.session = session->unit ? &session->unit->told : NULL,
	};

	walk->stats.inferred_handoffs++;
	if (walk->visitor->handoff)
		walk->visitor->handoff(walk->user, &handoff);
	walk_owner_since(thread, session->first_ns);
}

gboolean walk_infer_taken(struct fdar_walk *walk, struct thread *thread, struct session *session,
			  enum fdar_io_op op)
{
	struct thread *first = session->first;

	if (!first)
		return FALSE;
	if (first == thread) {
		session->first_ns = thread->now_ns;
		/* It serves it, or waits for it, by itself. */
		if (op != FDAR_IO_DUP)
			session->first = NULL;
		return FALSE;
	}
	session->first = NULL;
	if (first->pid != thread->pid || !takes(first, op))
		return FALSE;
	tell_taken(walk, thread, session, first->tid);
	return TRUE;
}

/* ---- exchanges ---- */

static gboolean is_inferring(const struct fdar_walk *walk, const struct session *session)
{
	return walk->unit == FDAR_UNIT_REQUEST && session->hidden && !walk->marks_requests &&
	       session->told.state == FDAR_SESSION_OPEN;
}

void walk_infer_next(struct fdar_walk *walk, struct thread *thread, struct session *session,
		     const struct fdar_event *event)
{
	if (event->io.op != FDAR_IO_READ || event->io.result <= 0 || !session->exchanging ||
	    !session->answered)
		return;
	if (thread->current && thread->current == session->unit)
		walk_owner_suspend(walk, thread);
	walk_request_close(walk, session, FDAR_SESSION_FINISHED, thread->now_ns);
}

void walk_infer_exchange(struct fdar_walk *walk, struct thread *thread, struct session *session,
			 const struct fdar_event *event)
{
	if (event->io.result <= 0 || !is_inferring(walk, session))
		return;
	if (event->io.op == FDAR_IO_WRITE && session->exchanging) {
		session->answered = TRUE;
		session->answered_ns = thread->now_ns;
	}
	if (event->io.op != FDAR_IO_READ || session->exchanging)
		return;
	walk->stats.exchanges++;
	session->told.requests++;
	walk_request_open(walk, thread, session, "");
	session->exchanging = TRUE;
	walk_session_enter(walk, thread, session, thread->by_header);
}

gboolean walk_infer_writes(const struct fdar_walk *walk, uint32_t what)
{
	static const char *const names[] = { "send",    "write", "splice", "vmsplice",
					     "connect", "tee",   "fsync",  "fdatasync" };
	const char *name = walk->text ? walk->text(walk->texts, what) : "";

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_str_has_prefix(name, names[i]))
			return TRUE;
	return FALSE;
}

void walk_infer_wait(struct fdar_walk *walk, struct thread *thread, struct session *session,
		     const struct fdar_event *event)
{
	if (!session->exchanging || !session->answered ||
	    walk_infer_writes(walk, event->waiting.what))
		return;
	if (thread->current && thread->current == session->unit)
		walk_owner_suspend(walk, thread);
	walk_request_close(walk, session, FDAR_SESSION_FINISHED, thread->now_ns);
}

gboolean walk_infer_marked(struct fdar_walk *walk, struct session *session, const char *what)
{
	gboolean is_it = session->exchanging && !session->answered && session->unit;

	walk->marks_requests = TRUE;
	session->exchanging = FALSE;
	if (!is_it)
		return FALSE;
	walk->stats.exchanges--;
	session->told.requests--;
	g_free((char *)session->unit->told.what);
	session->unit->told.what = g_strdup(what);
	return TRUE;
}
