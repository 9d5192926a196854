/* Sessions: which are open, their end. */
#include "analyze/walk_private.h"

static guint session_hash(gconstpointer data)
{
	const struct session *session = data;
	uint64_t mixed =
		(session->told.key ^ (uint64_t)session->told.pid << 32) * 0x9e3779b97f4a7c15ULL;

	return (guint)(mixed >> 32);
}

static gboolean session_equal(gconstpointer a, gconstpointer b)
{
	const struct session *left = a, *right = b;

	return left->told.key == right->told.key && left->told.pid == right->told.pid;
}

GHashTable *walk_sessions_new(void)
{
	return g_hash_table_new(session_hash, session_equal);
}

struct session *walk_session_find(const struct fd_walk *walk, uint32_t pid, uint64_t key)
{
	struct session probe = { .told = { .pid = pid, .key = key } };

	return g_hash_table_lookup(walk->sessions, &probe);
}

void walk_session_settle(struct fd_walk *walk, struct session *session)
{
	if (session->told.state == FD_SESSION_OPEN || session->open_frames || session->currents)
		return;
	if (walk->visitor->session_closed)
		walk->visitor->session_closed(walk->user, &session->told);
	g_free((char *)session->told.peer);
	g_free(session);
}

/* It is not found any more; it goes when the last frame of it is closed. */
static void session_close(struct fd_walk *walk, struct session *session,
			  enum fd_session_state state)
{
	g_hash_table_remove(walk->sessions, session);
	session->told.state = state;
	session->told.end_ns = walk->now_ns;
	switch (state) {
	case FD_SESSION_FINISHED:
		walk->stats.finished++;
		break;
	case FD_SESSION_REPLACED:
		walk->stats.replaced++;
		break;
	default:
		walk->stats.unfinished_sessions++;
	}
	walk_session_settle(walk, session);
}

/* Whatever the thread did for the session is over. */
static void leave(struct fd_walk *walk, struct thread *thread, const struct session *session)
{
	if (thread->current == session)
		walk_owner_suspend(walk, thread);
}

void walk_session_begin(struct fd_walk *walk, struct thread *thread, const struct fd_event *event)
{
	struct session *old = walk_session_find(walk, thread->pid, event->addr);

	if (old) {
		leave(walk, thread, old);
		session_close(walk, old, FD_SESSION_REPLACED);
	}
	struct session *session = g_new0(struct session, 1);
	session->told = (struct fd_walk_session){
		.id = ++walk->stats.sessions,
		.key = event->addr,
		.pid = thread->pid,
		.tid = thread->tid,
		.begin_ns = walk->now_ns,
		.state = FD_SESSION_OPEN,
		.peer = g_strdup(event->data ? event->data : ""),
	};
	g_hash_table_add(walk->sessions, session);
	if (walk->visitor->session_opened)
		walk->visitor->session_opened(walk->user, &session->told);
	walk_owner_resume(walk, thread, session);
}

void walk_session_end(struct fd_walk *walk, struct thread *thread, const struct fd_event *event)
{
	struct session *session = walk_session_find(walk, thread->pid, event->addr);

	if (!session) {
		walk->stats.stray_sessions++;
		return;
	}
	leave(walk, thread, session);
	session_close(walk, session, FD_SESSION_FINISHED);
}

static gint by_id(gconstpointer a, gconstpointer b)
{
	const struct session *left = *(struct session *const *)a;
	const struct session *right = *(struct session *const *)b;

	return (left->told.id > right->told.id) - (left->told.id < right->told.id);
}

void walk_session_finish(struct fd_walk *walk)
{
	g_autoptr(GPtrArray) open = walk_sorted_keys(walk->sessions, by_id);

	for (guint i = 0; i < open->len; i++)
		session_close(walk, g_ptr_array_index(open, i), FD_SESSION_UNFINISHED);
}
