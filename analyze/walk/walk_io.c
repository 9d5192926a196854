/* Descriptors of sessions: which session one leads to, and what was read and written on it. */
#include "analyze/walk/walk_private.h"

static gboolean is_on(const struct thread *thread, int32_t fd)
{
	return thread->session && fd >= 0 && thread->session->told.fd == fd &&
	       thread->session->told.state == FDAR_SESSION_OPEN;
}

/* Who closes another's connection in the middle of his own work still works for his own. */
static gboolean stays(const struct thread *thread, enum fdar_io_op op)
{
	return (op == FDAR_IO_CLOSE || op == FDAR_IO_SHUTDOWN) && thread->current &&
	       thread->current_open;
}

/* Several sessions may come on one descriptor (datagrams): the one that the thread is on is meant. */
static struct session *meant(const struct fdar_walk *walk, const struct thread *thread, int32_t fd)
{
	return is_on(thread, fd) ? thread->session : walk_fd_find(walk, thread->pid, fd);
}

struct session *walk_io_touch(struct fdar_walk *walk, struct thread *thread, int32_t fd,
			      enum fdar_io_op op)
{
	struct session *session = meant(walk, thread, fd);
	gboolean taken = session && walk_infer_taken(walk, thread, session, op);

	/* Who puts a connection under watch is done with it, unless he has it from another. */
	if (op == FDAR_IO_WATCH && !taken)
		return session;
	if (session && session != thread->session && !(thread->session && thread->by_header) &&
	    !stays(thread, op))
		walk_session_enter(walk, thread, session, FALSE);
	return session;
}

static void add_bytes(struct session *session, const struct fdar_event *event)
{
	uint64_t bytes = event->io.result > 0 ? (uint64_t)event->io.result : 0;

	if (event->io.op == FDAR_IO_READ) {
		session->told.bytes_in += bytes;
		session->told.reads++;
	}
	if (event->io.op == FDAR_IO_WRITE) {
		session->told.bytes_out += bytes;
		session->told.writes++;
	}
}

void walk_io_tell(const struct fdar_walk *walk, const struct thread *thread,
		  const struct session *session, int32_t fd, uint8_t op, int64_t result)
{
	struct session *unit = session->unit;
	struct fdar_walk_io io = {
		.time_ns = thread->now_ns,
		.pid = thread->pid,
		.tid = thread->tid,
		.fd = fd,
		.result = result,
		.op = op,
	};

	if (!walk->visitor->io || !unit || unit->hidden || unit->told.state != FDAR_SESSION_OPEN)
		return;
	io.session = &unit->told;
	if (thread->frames->len)
		io.path = walk_frame_at(thread, thread->frames->len - 1)->path;
	walk->visitor->io(walk->user, &io);
}

static void note_answer(struct thread *thread, const struct session *session,
			const struct fdar_event *event)
{
	if (session != thread->session || event->io.result <= 0)
		return;
	if (event->io.op == FDAR_IO_READ || event->io.op == FDAR_IO_WRITE)
		thread->unanswered = event->io.op == FDAR_IO_READ;
	if (event->io.op == FDAR_IO_READ)
		thread->takes = TRUE;
}

/* What was written for a connection may be told when another thread has closed it, as its client was content, and
 * the number is that of the next one: what the thread is in was begun before that. For whom is not known any more. */
static gboolean is_late(const struct thread *thread, const struct session *session,
			const struct fdar_event *event)
{
	const struct session *before = thread->session;

	if (event->io.op != FDAR_IO_WRITE || thread->takes || !session)
		return FALSE;
	if (before && before != session && before->told.fd == event->io.fd &&
	    before->told.state != FDAR_SESSION_OPEN && (thread->adopted || thread->current_open))
		return TRUE;
	return !thread->current && thread->boundary < thread->frames->len &&
	       walk_frame_at(thread, thread->boundary)->start_ns < session->told.begin_ns;
}

void walk_io(struct fdar_walk *walk, struct thread *thread, const struct fdar_event *event)
{
	struct session *session;
	int64_t result = event->io.result;

	/* Whoever accepts does not work for the session that the listening socket is of. */
	if (event->io.op == FDAR_IO_ACCEPT) {
		thread->accepted_fd = result >= 0 && result < INT32_MAX ? (int32_t)result + 1 : 0;
		return;
	}
	session = meant(walk, thread, event->io.fd);
	if (is_late(thread, session, event)) {
		walk_owner_boundary(walk, thread);
		return;
	}
	if (session)
		walk_infer_next(walk, thread, session, event);
	session = walk_io_touch(walk, thread, event->io.fd, (enum fdar_io_op)event->io.op);
	if (!session) {
		walk_fd_note_other(thread->process, event->io.fd, (enum fdar_io_op)event->io.op);
		return;
	}
	note_answer(thread, session, event);
	if (event->io.op == FDAR_IO_DUP && result >= 0 && result <= INT32_MAX)
		walk_fd_lead(walk, session, thread->pid, (int32_t)result);
	walk_infer_exchange(walk, thread, session, event);
	add_bytes(session, event);
	/* What is in it is told, where the session is not. */
	if (session->unit && session->unit != session)
		add_bytes(session->unit, event);
	walk_io_tell(walk, thread, session, event->io.fd, (uint8_t)event->io.op, result);
}
