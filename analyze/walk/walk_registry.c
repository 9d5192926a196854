/* Who is there: processes, their threads, and the sessions that they have, by key and by descriptor. */
#include "analyze/walk/walk_private.h"

/* ---- processes ---- */

static void fork_free(gpointer data)
{
	struct fork *fork = data;

	g_array_unref(fork->frames);
	g_ptr_array_unref(fork->lent);
	g_free(fork);
}

static void process_free(gpointer data)
{
	struct process *process = data;

	g_ptr_array_unref(process->threads);
	g_ptr_array_unref(process->forks);
	g_ptr_array_unref(process->carried);
	g_hash_table_unref(process->sessions);
	g_hash_table_unref(process->others);
	g_free(process);
}

GPtrArray *walk_processes_new(void)
{
	return g_ptr_array_new_with_free_func(process_free);
}

/* The processes, dead ones too, stay until the end of the walk: threads and forks point at them. */
struct process *walk_process_of(struct fdar_walk *walk, uint32_t pid)
{
	struct process *process = g_hash_table_lookup(walk->process_of_pid, GUINT_TO_POINTER(pid));

	if (process)
		return process;
	process = g_new0(struct process, 1);
	process->pid = pid;
	process->number = walk->processes->len;
	process->threads = g_ptr_array_new();
	process->forks = g_ptr_array_new_with_free_func(fork_free);
	process->carried = g_ptr_array_new();
	process->sessions = g_hash_table_new(NULL, NULL);
	process->others = g_hash_table_new(NULL, NULL);
	g_ptr_array_add(walk->processes, process);
	g_hash_table_insert(walk->process_of_pid, GUINT_TO_POINTER(pid), process);
	return process;
}

uint64_t walk_process_last_ns(const struct process *process)
{
	uint64_t last_ns = 0;

	for (guint i = 0; i < process->threads->len; i++)
		last_ns = MAX(last_ns,
			      ((struct thread *)g_ptr_array_index(process->threads, i))->now_ns);
	return last_ns;
}

/* ---- threads ---- */

struct thread *walk_thread_of(struct fdar_walk *walk, uint32_t pid, uint32_t tid)
{
	struct thread *thread = walk->last;

	if (thread && thread->pid == pid && thread->tid == tid)
		return thread;
	uint32_t index = fdar_intern_add(&walk->thread_ids, pid, tid);
	if (index == walk->threads->len) {
		fdar_intern_add(&walk->pids, pid, 0);
		walk->stats.processes = walk->pids.count;
		walk->stats.threads++;
		thread = g_new0(struct thread, 1);
		thread->process = walk_process_of(walk, pid);
		g_ptr_array_add(thread->process->threads, thread);
		thread->pid = pid;
		thread->tid = tid;
		thread->index = index;
		thread->aside = walk->aside.helper ? &walk->aside : NULL;
		thread->frames = g_array_new(FALSE, FALSE, sizeof(struct frame));
		thread->pending = g_array_new(FALSE, FALSE, sizeof(struct fdar_walk_frame));
		g_ptr_array_add(walk->threads, thread);
	}
	walk->last = g_ptr_array_index(walk->threads, index);
	return walk->last;
}

/* ---- sessions by key ---- */

static guint key_hash(gconstpointer data)
{
	const struct session_key *key = data;
	uint64_t mixed = (key->key ^ (uint64_t)key->pid << 32) * 0x9e3779b97f4a7c15ULL;

	return (guint)(mixed >> 32);
}

gboolean walk_session_key_equal(gconstpointer a, gconstpointer b)
{
	const struct session_key *left = a, *right = b;

	return left->key == right->key && left->pid == right->pid;
}

GHashTable *walk_sessions_new(void)
{
	return g_hash_table_new_full(key_hash, walk_session_key_equal, g_free, NULL);
}

struct session *walk_session_own(const struct fdar_walk *walk, uint32_t pid, uint64_t key)
{
	struct session_key probe = { key, pid };

	return g_hash_table_lookup(walk->sessions, &probe);
}

/* ---- sessions that a child may come with ---- */

void walk_fork_lend(struct fork *fork, struct session *session)
{
	g_ptr_array_add(fork->lent, session);
	session->lent++;
}

void walk_process_lend(struct process *process, struct session *session)
{
	for (guint i = process->forks->len; i > 0; i--) {
		struct fork *fork = g_ptr_array_index(process->forks, i - 1);

		/* Those are older still. */
		if (fork->serial < session->serial)
			return;
		if (!g_ptr_array_find(fork->lent, session, NULL))
			walk_fork_lend(fork, session);
	}
}

static gboolean is_called(const struct session *session, uint64_t key)
{
	return session->told.key == key || (session->has_alias && session->alias == key);
}

/* What another program calls its sessions has nothing to do with what was before. */
static const struct fork *fork_by_keys(const struct process *process)
{
	return process && !process->turned ? process->fork : NULL;
}

struct session *walk_process_inherited(const struct fdar_walk *walk, uint32_t pid, uint64_t key)
{
	const struct process *process =
		g_hash_table_lookup(walk->process_of_pid, GUINT_TO_POINTER(pid));

	for (const struct fork *fork = fork_by_keys(process); fork; fork = fork_by_keys(fork->of)) {
		struct session *session = walk_session_own(walk, fork->of->pid, key);

		if (session && session->serial <= fork->serial)
			return session;
		for (guint i = 0; i < fork->lent->len; i++) {
			session = g_ptr_array_index(fork->lent, i);
			if (is_called(session, key))
				return session;
		}
	}
	return NULL;
}

void walk_process_carry(struct process *process, struct session *session)
{
	if (g_ptr_array_find(process->carried, session, NULL))
		return;
	g_ptr_array_add(process->carried, session);
	session->lent++;
}

struct search {
	const char *peer;
	struct session *found;
	gboolean several;
};

static void search_one(struct search *search, struct session *session)
{
	if (search->several || session == search->found ||
	    session->told.state != FDAR_SESSION_OPEN ||
	    strcmp(session->told.peer, search->peer) != 0)
		return;
	search->several = search->found != NULL;
	search->found = session;
}

static void search_all(struct search *search, const GPtrArray *sessions)
{
	for (guint i = 0; i < sessions->len; i++)
		search_one(search, g_ptr_array_index(sessions, i));
}

/* What was open in the parent at that fork, and what it has closed since. */
static void search_fork(struct search *search, const struct fork *fork)
{
	GHashTableIter iter;
	gpointer session;

	search_all(search, fork->lent);
	g_hash_table_iter_init(&iter, fork->of->sessions);
	while (g_hash_table_iter_next(&iter, &session, NULL))
		if (((struct session *)session)->serial <= fork->serial)
			search_one(search, session);
}

static void search_process(struct search *search, const struct process *process)
{
	for (; process; process = process->fork ? process->fork->of : NULL) {
		search_all(search, process->carried);
		if (process->fork)
			search_fork(search, process->fork);
	}
}

/* So many programs that a process was before are looked at: more than scripts and wrappers are. */
#define PROGRAMS_BACK 64

/* A client of a local socket that has no address: as most have none, it says nothing of who that is. */
static gboolean tells_peer(const char *peer)
{
	return *peer && strcmp(peer, "unix:") != 0;
}

struct session *walk_process_carried(const struct fdar_walk *walk, uint32_t pid, const char *peer)
{
	const struct process *process =
		g_hash_table_lookup(walk->process_of_pid, GUINT_TO_POINTER(pid));
	struct search search = { .peer = peer };

	for (int i = 0; i < PROGRAMS_BACK && process && tells_peer(peer);
	     i++, process = process->before)
		if (process->turned)
			search_process(&search, process);
	return search.several ? NULL : search.found;
}

struct session *walk_session_find(const struct fdar_walk *walk, uint32_t pid, uint64_t key)
{
	struct session *session = walk_session_own(walk, pid, key);

	return session ? session : walk_process_inherited(walk, pid, key);
}

/* ---- sessions by descriptor ---- */

#define FDS_MAX 64u /* of one session: duplicates */

static uint64_t key_of(uint32_t pid, int32_t fd)
{
	return (uint64_t)pid << 32 | (uint32_t)fd;
}

GHashTable *walk_fds_new(void)
{
	return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
}

struct session *walk_fd_find(const struct fdar_walk *walk, uint32_t pid, int32_t fd)
{
	uint64_t key = key_of(pid, fd);

	return fd < 0 ? NULL : g_hash_table_lookup(walk->fds, &key);
}

void walk_fd_lead(struct fdar_walk *walk, struct session *session, uint32_t pid, int32_t fd)
{
	uint64_t key = key_of(pid, fd);

	if (fd < 0)
		return;
	if (!session->fds)
		session->fds = g_array_new(FALSE, FALSE, sizeof(key));
	if (session->fds->len >= FDS_MAX || g_hash_table_size(walk->fds) >= FDAR_WALK_FDS_MAX)
		return;
	g_array_append_val(session->fds, key);
	g_hash_table_replace(walk->fds, g_memdup2(&key, sizeof(key)), session);
}

void walk_fd_forget(struct fdar_walk *walk, struct session *session, uint32_t pid)
{
	for (guint i = 0; session->fds && i < session->fds->len;) {
		uint64_t key = g_array_index(session->fds, uint64_t, i);

		if (key >> 32 != pid) {
			i++;
			continue;
		}
		/* It may lead to another one by now. */
		if (g_hash_table_lookup(walk->fds, &key) == session)
			g_hash_table_remove(walk->fds, &key);
		g_array_remove_index(session->fds, i);
	}
	if (session->fds && session->fds->len == 0)
		g_clear_pointer(&session->fds, g_array_unref);
}

gboolean walk_fd_is_other(const struct process *process, int32_t fd)
{
	return g_hash_table_contains(process->others, GINT_TO_POINTER(fd));
}

void walk_fd_note_other(struct process *process, int32_t fd, enum fdar_io_op op)
{
	if (op == FDAR_IO_CLOSE)
		g_hash_table_remove(process->others, GINT_TO_POINTER(fd));
	else if (g_hash_table_size(process->others) < FDAR_WALK_FDS_MAX)
		g_hash_table_add(process->others, GINT_TO_POINTER(fd));
}
