/* Sessions: which are open, on which threads, their end; requests in them. */
#include "analyze/walk/walk_private.h"

static void add_key(struct fdar_walk *walk, struct session *session, uint32_t pid, uint64_t key)
{
	struct session_key made = { key, pid };

	g_hash_table_replace(walk->sessions, g_memdup2(&made, sizeof(made)), session);
	g_array_append_val(session->keys, made);
	g_hash_table_add(walk_process_of(walk, pid)->sessions, session);
}

/* All that it has in the process. */
static void remove_keys(struct fdar_walk *walk, struct session *session, uint32_t pid)
{
	for (guint i = 0; i < session->keys->len;) {
		const struct session_key *key =
			&g_array_index(session->keys, struct session_key, i);

		if (key->pid != pid) {
			i++;
			continue;
		}
		if (g_hash_table_lookup(walk->sessions, key) == session)
			g_hash_table_remove(walk->sessions, key);
		g_array_remove_index(session->keys, i);
	}
	g_hash_table_remove(walk_process_of(walk, pid)->sessions, session);
}

static void count_end(struct fdar_walk *walk, enum fdar_session_state state)
{
	switch (state) {
	case FDAR_SESSION_FINISHED:
		walk->stats.finished++;
		break;
	case FDAR_SESSION_REPLACED:
		walk->stats.replaced++;
		break;
	default:
		walk->stats.unfinished_sessions++;
	}
}

/* Nothing new belongs to it. It goes when the last frame of it is closed. */
static void over(struct fdar_walk *walk, struct session *session, enum fdar_session_state state,
		 uint64_t now_ns)
{
	session->told.state = state;
	session->told.end_ns = MAX(session->told.begin_ns, now_ns);
	if (!session->hidden)
		count_end(walk, state);
	walk_session_settle(walk, session);
}

void walk_request_close(struct fdar_walk *walk, struct session *session,
			enum fdar_session_state state, uint64_t now_ns)
{
	struct session *request = session->unit == session ? NULL : session->unit;

	if (!request)
		return;
	session->unit = NULL;
	/* What was answered ended with the last that was written. */
	if (session->exchanging && session->answered) {
		state = FDAR_SESSION_FINISHED;
		now_ns = session->answered_ns;
	}
	session->exchanging = FALSE;
	session->answered = FALSE;
	over(walk, request, state, now_ns);
}

static void session_close(struct fdar_walk *walk, struct session *session,
			  enum fdar_session_state state, uint64_t now_ns)
{
	walk_request_close(walk, session, state, now_ns);
	while (session->keys->len) {
		uint32_t pid = g_array_index(session->keys, struct session_key, 0).pid;

		walk_fd_forget(walk, session, pid);
		remove_keys(walk, session, pid);
	}
	over(walk, session, state, now_ns);
}

void walk_session_release(struct fdar_walk *walk, struct session *session)
{
	if (session->lent)
		return;
	if (session->over && session->told.state == FDAR_SESSION_OPEN)
		session_close(walk, session, session->over_as, session->over_ns);
	else
		walk_session_settle(walk, session);
}

void walk_session_end_in(struct fdar_walk *walk, struct session *session, uint32_t pid,
			 enum fdar_session_state state, uint64_t now_ns)
{
	walk_process_lend(walk_process_of(walk, pid), session);
	walk_fd_forget(walk, session, pid);
	remove_keys(walk, session, pid);
	if (session->keys->len)
		return;
	session->over = TRUE;
	session->over_as = state;
	session->over_ns = now_ns;
	walk_session_release(walk, session);
}

/* ---- threads ---- */

static void drop(struct fdar_walk *walk, struct thread *thread)
{
	struct session *session = thread->session;

	if (!session)
		return;
	thread->session = NULL;
	session->currents--;
	walk_session_settle(walk, session);
}

void walk_session_enter(struct fdar_walk *walk, struct thread *thread, struct session *session,
			gboolean by_header)
{
	if (thread->session != session) {
		session->currents++;
		drop(walk, thread);
		thread->session = session;
	}
	thread->by_header = by_header;
	if (session->unit)
		walk_owner_resume(walk, thread, session->unit);
	else
		walk_owner_suspend(walk, thread);
}

void walk_session_leave(struct fdar_walk *walk, struct thread *thread)
{
	walk_owner_suspend(walk, thread);
	drop(walk, thread);
}

/* ---- begin and end ---- */

/* libflowdar-io's keys: the descriptor, and how often it was opened. */
static gboolean is_descriptor(uint64_t key, int32_t fd)
{
	return fd >= 0 && (uint32_t)key == (uint32_t)fd && key >> 32;
}

/* Of these: one that came on a descriptor of many peers. */
static gboolean is_datagram(uint64_t key)
{
	return (key >> 63) != 0;
}

static struct session *session_new(struct fdar_walk *walk, const struct thread *thread,
				   uint64_t key, gboolean hidden)
{
	struct session *session = g_new0(struct session, 1);

	session->serial = ++walk->next_serial;
	session->keys = g_array_new(FALSE, FALSE, sizeof(struct session_key));
	session->hidden = hidden;
	session->told = (struct fdar_walk_session){
		.id = hidden ? 0 : ++walk->stats.sessions,
		.key = key,
		.pid = thread->pid,
		.tid = thread->tid,
		.fd = -1,
		.begin_ns = thread->now_ns,
		.state = FDAR_SESSION_OPEN,
	};
	return session;
}

static void tell_opened(struct fdar_walk *walk, struct session *session)
{
	if (!session->hidden && walk->visitor->session_opened)
		walk->visitor->session_opened(walk->user, &session->told);
}

/* Another source tells of a connection that is open already: by its descriptor it is the same. Two
 * keys of one source are two sessions, whatever their descriptor. */
static gboolean is_same(const struct session *session, const struct fdar_event *event)
{
	return !session->has_alias && is_descriptor(session->told.key, event->session.fd) !=
					      is_descriptor(event->session.key, event->session.fd);
}

/* Marks that do not say the descriptor: the connection is the one that their thread has just to do with,
 * if the client is the same, or they do not say him and nobody else has had to do with it. */
static gboolean is_marked_now(const struct thread *thread, const struct fdar_event *event)
{
	const struct session *session = thread->session;
	const char *peer = event->session.peer ? event->session.peer : "";

	if (event->session.fd >= 0 || !session || thread->by_header || session->has_alias ||
	    session->told.state != FDAR_SESSION_OPEN ||
	    !is_descriptor(session->told.key, session->told.fd) || is_datagram(session->told.key))
		return FALSE;
	return *peer ? strcmp(peer, session->told.peer) == 0 : session->first == thread;
}

static void add_alias(struct fdar_walk *walk, struct thread *thread, struct session *session,
		      const struct fdar_event *event)
{
	walk->stats.aliases++;
	walk->stats.io_sessions -= is_descriptor(session->told.key, session->told.fd) ? 1 : 0;
	session->alias = event->session.key;
	session->has_alias = TRUE;
	session->first = NULL; /* marks tell it better */
	add_key(walk, session, thread->pid, event->session.key);
	walk_session_enter(walk, thread, session, TRUE);
}

static void replace(struct fdar_walk *walk, struct thread *thread, struct session *old)
{
	if (thread->session == old)
		walk_session_leave(walk, thread);
	walk_session_end_in(walk, old, thread->pid, FDAR_SESSION_REPLACED, thread->now_ns);
}

/* A connection that the process has from its parent, where it was accepted, or had as another program. */
static struct session *find_brought(const struct fdar_walk *walk, const struct thread *thread,
				    const struct fdar_event *event)
{
	const char *peer = event->session.peer ? event->session.peer : "";
	struct session *session;

	if (!is_descriptor(event->session.key, event->session.fd))
		return NULL;
	session = walk_process_inherited(walk, thread->pid, event->session.key);
	if (session)
		return strcmp(session->told.peer, peer) == 0 ? session : NULL;
	if (is_datagram(event->session.key) || thread->accepted_fd == event->session.fd + 1)
		return NULL;
	return walk_process_carried(walk, thread->pid, peer);
}

static gboolean came_with(struct fdar_walk *walk, struct thread *thread,
			  const struct fdar_event *event)
{
	struct session *session = find_brought(walk, thread, event);

	if (!session)
		return FALSE;
	session->over = FALSE;
	add_key(walk, session, thread->pid, event->session.key);
	walk_fd_lead(walk, session, thread->pid, event->session.fd);
	if (thread->session != session && !(thread->session && thread->by_header))
		walk_session_enter(walk, thread, session, FALSE);
	return TRUE;
}

/* Peers without a connection come on the descriptor. If the thread waited there before that was known, it did so
 * for anybody, in what was open then. */
static void note_many(struct thread *thread, int32_t fd)
{
	if (thread->many_fd != fd + 1 && thread->waited_fd == fd + 1)
		walk_owner_since(thread, thread->now_ns);
	thread->many_fd = fd + 1;
}

void walk_session_begin(struct fdar_walk *walk, struct thread *thread,
			const struct fdar_event *event)
{
	struct session *old = walk_session_own(walk, thread->pid, event->session.key);
	struct session *other = walk_fd_find(walk, thread->pid, event->session.fd);
	struct session *session;

	thread->takes = TRUE;
	if (!old && came_with(walk, thread, event))
		return;
	if (!old && other && is_same(other, event)) {
		add_alias(walk, thread, other, event);
		return;
	}
	if (!old && is_marked_now(thread, event)) {
		add_alias(walk, thread, thread->session, event);
		return;
	}
	g_hash_table_remove(walk->ended, &(struct session_key){ event->session.key, thread->pid });
	if (old)
		replace(walk, thread, old);
	/* The descriptor was opened again: its end was not seen. */
	else if (other && is_descriptor(event->session.key, event->session.fd) &&
		 !is_datagram(event->session.key))
		replace(walk, thread, other);
	session = session_new(walk, thread, event->session.key, walk->unit == FDAR_UNIT_REQUEST);
	session->told.peer = g_strdup(event->session.peer ? event->session.peer : "");
	session->told.what = g_strdup("");
	if (event->session.label && walk->text)
		session->told.label = g_strdup(walk->text(walk->texts, event->session.label));
	session->told.fd = event->session.fd;
	session->unit = session->hidden ? NULL : session;
	add_key(walk, session, thread->pid, event->session.key);
	walk_fd_lead(walk, session, thread->pid, event->session.fd);
	if (is_descriptor(event->session.key, event->session.fd) &&
	    !is_datagram(event->session.key))
		session->first = thread;
	else if (is_descriptor(event->session.key, event->session.fd) &&
		 event->session.fd < INT32_MAX)
		note_many(thread, event->session.fd);
	session->first_ns = thread->now_ns;
	walk->stats.io_sessions += is_descriptor(event->session.key, event->session.fd) ? 1 : 0;
	tell_opened(walk, session);
	walk_session_enter(walk, thread, session,
			   !is_descriptor(event->session.key, event->session.fd));
}

static void expect(struct fdar_walk *walk, const struct session_key *key)
{
	if (g_hash_table_size(walk->ended) >= FDAR_WALK_FDS_MAX)
		g_hash_table_remove_all(walk->ended);
	g_hash_table_add(walk->ended, g_memdup2(key, sizeof(*key)));
}

/* The session may have been ended by its other key, or that in another process; then this end is no
 * stray. */
static void expect_ends(struct fdar_walk *walk, const struct session *session, uint32_t pid,
			uint64_t ended, gboolean everywhere)
{
	for (guint i = 0; i < session->keys->len; i++) {
		const struct session_key *other =
			&g_array_index(session->keys, struct session_key, i);

		if ((everywhere || other->pid == pid) && (other->key != ended || other->pid != pid))
			expect(walk, other);
	}
}

void walk_session_end(struct fdar_walk *walk, struct thread *thread, const struct fdar_event *event)
{
	struct session *session = walk_session_find(walk, thread->pid, event->session.key);
	struct session_key key = { event->session.key, thread->pid };
	gboolean by_marks;

	if (!session) {
		walk->stats.stray_sessions += !g_hash_table_remove(walk->ended, &key);
		return;
	}
	/* Marks tell of the session; libflowdar-io of a descriptor, which its parent or child may have. */
	by_marks = !is_descriptor(event->session.key, session->told.fd);
	expect_ends(walk, session, thread->pid, event->session.key, by_marks);
	/* Whatever the thread did for the session is over. */
	if (thread->session == session)
		walk_session_leave(walk, thread);
	if (by_marks)
		session_close(walk, session, FDAR_SESSION_FINISHED, thread->now_ns);
	else
		walk_session_end_in(walk, session, thread->pid, FDAR_SESSION_FINISHED,
				    thread->now_ns);
}

gint walk_session_compare(gconstpointer a, gconstpointer b)
{
	const struct session *left = *(struct session *const *)a;
	const struct session *right = *(struct session *const *)b;

	return (left->serial > right->serial) - (left->serial < right->serial);
}

/* pid: of that process; NULL: of all. */
static void end_open(struct fdar_walk *walk, const uint32_t *pid, uint64_t time_ns)
{
	g_autoptr(GPtrArray) open = g_ptr_array_new();
	GHashTableIter iter;
	gpointer key, value;

	g_hash_table_iter_init(&iter, walk->sessions);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		const struct session *session = value;

		const struct session_key *first =
			&g_array_index(session->keys, struct session_key, 0);

		/* One with two keys is there twice. */
		if ((!pid || session->told.pid == *pid) && walk_session_key_equal(key, first))
			g_ptr_array_add(open, value);
	}
	g_ptr_array_sort(open, walk_session_compare);
	for (guint i = 0; i < open->len; i++)
		session_close(walk, g_ptr_array_index(open, i), FDAR_SESSION_UNFINISHED, time_ns);
}

void walk_session_end_all(struct fdar_walk *walk, uint32_t pid, uint64_t time_ns)
{
	end_open(walk, &pid, time_ns);
}

void walk_session_finish(struct fdar_walk *walk)
{
	end_open(walk, NULL, walk->now_ns);
}

/* A request that is told as a session. Threads that are on its connection but not here come to it
 * when they have to do with the connection again. */
void walk_request_open(struct fdar_walk *walk, struct thread *thread, struct session *session,
		       const char *what)
{
	struct session *request;

	if (thread->current && thread->current == session->unit)
		walk_owner_suspend(walk, thread);
	walk_request_close(walk, session, FDAR_SESSION_REPLACED, thread->now_ns);
	request = session_new(walk, thread, session->told.key, FALSE);
	request->told.peer = g_strdup(session->told.peer);
	request->told.what = g_strdup(what);
	request->told.label = g_strdup(session->told.label);
	request->told.fd = session->told.fd;
	request->told.requests = 1;
	session->unit = request;
	tell_opened(walk, request);
}
