#include "cli/record/sessions_seen.h"

/* What is open; a server that never ends its sessions does not fill the memory. */
#define OPEN_MAX ((guint)1 << 20)
/* What ended last, and who whose child is: a child tells of what it was given soon after its parent did. */
#define ENDED_MAX ((guint)1 << 16)
#define ANCESTORS 8

/* A client behind a descriptor; a child that its parent hands the connection has it under the same number. */
struct place {
	gint32 fd;
	guint peer; /* a hash of its address */
};

/* A session's key, for its end. */
struct name {
	gint64 pid;
	guint64 key;
};

/* A session that its process gave away, or that has ended. */
struct ended {
	struct name name;
	struct place place;
};

struct fdar_sessions_seen {
	GHashTable *open;    /* struct place: itself */
	GHashTable *named;   /* struct name to struct place */
	GHashTable *ended;   /* struct ended: itself */
	GHashTable *older;   /* the same, before those */
	GHashTable *parents; /* a process, of gint64, to its parent */
	guint64 count;
};

static guint hash_place(gconstpointer data)
{
	const struct place *place = data;

	return place->peer * 31 + (guint)place->fd;
}

static gboolean equal_place(gconstpointer a, gconstpointer b)
{
	const struct place *left = a, *right = b;

	return left->fd == right->fd && left->peer == right->peer;
}

static guint hash_name(gconstpointer data)
{
	const struct name *name = data;

	return g_int64_hash(&name->pid) * 31 + (guint)(name->key ^ name->key >> 32);
}

static gboolean equal_name(gconstpointer a, gconstpointer b)
{
	const struct name *left = a, *right = b;

	return left->pid == right->pid && left->key == right->key;
}

static guint hash_ended(gconstpointer data)
{
	const struct ended *ended = data;

	return hash_name(&ended->name) * 31 + hash_place(&ended->place);
}

static gboolean equal_ended(gconstpointer a, gconstpointer b)
{
	const struct ended *left = a, *right = b;

	return equal_name(&left->name, &right->name) && equal_place(&left->place, &right->place);
}

static GHashTable *ended_new(void)
{
	return g_hash_table_new_full(hash_ended, equal_ended, g_free, NULL);
}

struct fdar_sessions_seen *fdar_sessions_seen_new(void)
{
	struct fdar_sessions_seen *seen = g_new0(struct fdar_sessions_seen, 1);

	seen->open = g_hash_table_new_full(hash_place, equal_place, g_free, NULL);
	seen->named = g_hash_table_new_full(hash_name, equal_name, g_free, g_free);
	seen->ended = ended_new();
	seen->older = ended_new();
	seen->parents = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
	return seen;
}

void fdar_sessions_seen_free(struct fdar_sessions_seen *seen)
{
	if (!seen)
		return;
	g_hash_table_unref(seen->open);
	g_hash_table_unref(seen->named);
	g_hash_table_unref(seen->ended);
	g_hash_table_unref(seen->older);
	g_hash_table_unref(seen->parents);
	g_free(seen);
}

static void add_process(struct fdar_sessions_seen *seen, const struct fdar_event *event)
{
	gint64 pid = event->pid, parent = (gint64)event->process.parent;

	if (g_hash_table_size(seen->parents) >= OPEN_MAX)
		g_hash_table_remove_all(seen->parents);
	g_hash_table_insert(seen->parents, g_memdup2(&pid, sizeof pid),
			    g_memdup2(&parent, sizeof parent));
}

/* A server that forks closes its own descriptor, and has done with the session, before the child tells of it
 * under the same key. */
static gboolean is_given(const struct fdar_sessions_seen *seen, struct name name,
			 struct place place)
{
	const gint64 *parent = &name.pid;

	for (int i = 0; i < ANCESTORS && (parent = g_hash_table_lookup(seen->parents, parent));
	     i++) {
		struct ended probe = { { *parent, name.key }, place };

		if (g_hash_table_contains(seen->ended, &probe) ||
		    g_hash_table_contains(seen->older, &probe))
			return TRUE;
	}
	return FALSE;
}

static void begin(struct fdar_sessions_seen *seen, const struct fdar_event *event)
{
	const char *peer = event->session.peer ? event->session.peer : "";
	struct place place = { event->session.fd, g_str_hash(peer) };
	struct name name = { event->pid, event->session.key };

	/* Without a descriptor nothing says that two are one. */
	if (place.fd < 0 ||
	    (!g_hash_table_contains(seen->open, &place) && !is_given(seen, name, place)))
		seen->count++;
	if (place.fd < 0 || g_hash_table_size(seen->named) >= OPEN_MAX)
		return;
	g_hash_table_add(seen->open, g_memdup2(&place, sizeof place));
	g_hash_table_insert(seen->named, g_memdup2(&name, sizeof name),
			    g_memdup2(&place, sizeof place));
}

static void keep_ended(struct fdar_sessions_seen *seen, struct name name, struct place place)
{
	struct ended ended = { name, place };

	if (g_hash_table_size(seen->ended) >= ENDED_MAX) {
		g_hash_table_unref(seen->older);
		seen->older = seen->ended;
		seen->ended = ended_new();
	}
	g_hash_table_add(seen->ended, g_memdup2(&ended, sizeof ended));
}

static void end(struct fdar_sessions_seen *seen, const struct fdar_event *event)
{
	struct name name = { event->pid, event->session.key };
	const struct place *place = g_hash_table_lookup(seen->named, &name);

	if (!place)
		return;
	keep_ended(seen, name, *place);
	g_hash_table_remove(seen->open, place);
	g_hash_table_remove(seen->named, &name);
}

void fdar_sessions_seen_add(struct fdar_sessions_seen *seen, const struct fdar_event *event)
{
	if (event->kind == FDAR_EVENT_SESSION_BEGIN)
		begin(seen, event);
	else if (event->kind == FDAR_EVENT_SESSION_END)
		end(seen, event);
	else if (event->kind == FDAR_EVENT_PROCESS)
		add_process(seen, event);
}

guint64 fdar_sessions_seen_count(const struct fdar_sessions_seen *seen)
{
	return seen->count;
}
