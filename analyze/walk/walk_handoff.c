/* Objects that go through queues, from the thread that puts them to the one that takes them. */
#include "analyze/walk/walk_private.h"

struct put {
	uint64_t object;
	uint64_t put_ns;
	uint64_t session; /* serial of the session it is for; 0: none */
	uint64_t session_key;
	uint32_t queue;
	uint32_t pid;
	uint32_t tid;
};

static guint put_hash(gconstpointer data)
{
	const struct put *put = data;
	uint64_t mixed =
		(put->object ^ (uint64_t)put->pid << 32 ^ put->queue) * 0x9e3779b97f4a7c15ULL;

	return (guint)(mixed >> 32);
}

static gboolean put_equal(gconstpointer a, gconstpointer b)
{
	const struct put *left = a, *right = b;

	return left->object == right->object && left->queue == right->queue &&
	       left->pid == right->pid;
}

GHashTable *walk_puts_new(void)
{
	return g_hash_table_new_full(put_hash, put_equal, g_free, NULL);
}

/* The session that the object was put for, when it is still open. */
static struct session *session_of(const struct fdar_walk *walk, const struct put *put)
{
	struct session *session =
		put->session ? walk_session_find(walk, put->pid, put->session_key) : NULL;

	return session && session->serial == put->session ? session : NULL;
}

static void tell(struct fdar_walk *walk, const struct put *put, uint32_t to_tid, uint64_t now_ns,
		 const struct session *session)
{
	/* What takes it may be a thread whose time is not known so well. */
	uint64_t end_ns = MAX(now_ns, put->put_ns);
	struct fdar_walk_handoff handoff = {
		.object = put->object,
		.queue = put->queue,
		.pid = put->pid,
		.from_tid = put->tid,
		.to_tid = to_tid,
		.put_ns = put->put_ns,
		.take_ns = to_tid ? end_ns : 0,
		.end_ns = end_ns,
		.session = session && session->unit ? &session->unit->told : NULL,
	};

	if (walk->visitor->handoff)
		walk->visitor->handoff(walk->user, &handoff);
}

void walk_handoff_put(struct fdar_walk *walk, struct thread *thread, const struct fdar_event *event)
{
	struct session *session = walk_session_find(walk, thread->pid, event->handoff.object);
	gboolean own = session && session == thread->session;

	if (!session)
		session = thread->session;
	struct put put = {
		.object = event->handoff.object,
		.put_ns = thread->now_ns,
		.session = session ? session->serial : 0,
		.session_key = session ? session->told.key : 0,
		.queue = event->handoff.queue,
		.pid = thread->pid,
		.tid = thread->tid,
	};
	const struct put *old = g_hash_table_lookup(walk->puts, &put);

	if (old)
		tell(walk, old, 0, thread->now_ns, session_of(walk, old));
	if (old || g_hash_table_size(walk->puts) < FDAR_WALK_PUTS_MAX)
		g_hash_table_add(walk->puts, g_memdup2(&put, sizeof put));
	else
		walk->stats.puts_over++;
	if (session)
		walk_io_tell(walk, thread, session, -1, FDAR_WALK_WAKE, 0);
	if (own)
		walk_session_leave(walk, thread);
}

/* Since when the thread can have worked for the session that it takes: not while somebody else had
 * it. A put that was not seen says nothing. */
static uint64_t since(const struct thread *thread, const struct session *keyed,
		      const struct put *put)
{
	uint64_t begin_ns = keyed->told.tid != thread->tid ? keyed->told.begin_ns : 0;

	return put && put->tid != thread->tid ? MAX(begin_ns, put->put_ns) : begin_ns;
}

void walk_handoff_take(struct fdar_walk *walk, struct thread *thread,
		       const struct fdar_event *event)
{
	struct session *keyed = walk_session_find(walk, thread->pid, event->handoff.object);
	struct put probe = { .object = event->handoff.object,
			     .queue = event->handoff.queue,
			     .pid = thread->pid };
	const struct put *put = g_hash_table_lookup(walk->puts, &probe);

	tell(walk, put ? put : &probe, thread->tid, thread->now_ns,
	     keyed ? keyed
	     : put ? session_of(walk, put)
		   : NULL);
	if (keyed)
		walk_owner_since(thread, since(thread, keyed, put));
	if (put)
		g_hash_table_remove(walk->puts, &probe);
	if (keyed)
		walk_session_enter(walk, thread, keyed, TRUE);
}

static gint by_time(gconstpointer a, gconstpointer b)
{
	const struct put *left = *(struct put *const *)a, *right = *(struct put *const *)b;

	if (left->put_ns != right->put_ns)
		return left->put_ns < right->put_ns ? -1 : 1;
	return (left->object > right->object) - (left->object < right->object);
}

void walk_handoff_finish(struct fdar_walk *walk)
{
	g_autoptr(GPtrArray) puts = walk_sorted_keys(walk->puts, by_time);

	for (guint i = 0; i < puts->len; i++) {
		const struct put *put = g_ptr_array_index(puts, i);

		tell(walk, put, 0, walk->now_ns, session_of(walk, put));
	}
	g_hash_table_remove_all(walk->puts);
}
