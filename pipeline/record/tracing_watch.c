#include "pipeline/record/tracing_watch.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <lttng/lttng.h>
#include <string.h>

#include "base/tree.h"
#include "instrument/wire/events.h"
#include "pipeline/lttng/timeout.h"
#include "pipeline/record/record_folder.h"
#include "pipeline/source/source.h"
#include "pipeline/lttng/tracing_channels.h"

#define ANSWER_MS 15000
#define BATCH     1024
#define STEP_US   5000

struct key {
	uint64_t key;
	uint32_t pid;
};

struct open_session {
	struct key key;
	uint64_t begin_ns;
	gboolean told;
};

struct fdar_watch {
	char *name, *folder;
	struct lttng_handle *handle;
	gboolean created, stuck;
	GHashTable *open; /* struct open_session by its key */
	uint64_t longest; /* of those that ended since the last look, and were not told */
	GError *error;    /* of the step */
};

/* ---- sessions ---- */

static guint hash(gconstpointer data)
{
	const struct key *key = data;
	uint64_t mixed = (key->key ^ key->pid) * UINT64_C(0x9e3779b97f4a7c15);

	return (guint)(mixed >> 32);
}

static gboolean equal(gconstpointer a, gconstpointer b)
{
	const struct key *left = a, *right = b;

	return left->key == right->key && left->pid == right->pid;
}

struct fdar_watch *fdar_watch_new(void)
{
	struct fdar_watch *watch = g_new0(struct fdar_watch, 1);

	watch->open = g_hash_table_new_full(hash, equal, NULL, g_free);
	return watch;
}

static void take_begin(struct fdar_watch *watch, const struct fdar_event *event)
{
	struct open_session *session;

	if (g_hash_table_size(watch->open) >= FDAR_WATCH_OPEN_MAX)
		return;
	session = g_new0(struct open_session, 1);
	session->key = (struct key){ .key = event->session.key, .pid = event->pid };
	session->begin_ns = event->time_ns;
	g_hash_table_replace(watch->open, &session->key, session);
}

static uint64_t lasted(const struct open_session *session, uint64_t now_ns)
{
	return now_ns > session->begin_ns ? now_ns - session->begin_ns : 0;
}

void fdar_watch_take(struct fdar_watch *watch, const struct fdar_event *event, uint64_t limit_ns)
{
	struct key key = { .key = event->session.key, .pid = event->pid };
	struct open_session *session = NULL;

	if (event->kind == FDAR_EVENT_SESSION_BEGIN)
		take_begin(watch, event);
	if (event->kind == FDAR_EVENT_SESSION_END)
		session = g_hash_table_lookup(watch->open, &key);
	if (!session)
		return;
	if (!session->told && lasted(session, event->time_ns) > limit_ns)
		watch->longest = MAX(watch->longest, lasted(session, event->time_ns));
	g_hash_table_remove(watch->open, &key);
}

uint64_t fdar_watch_longest(struct fdar_watch *watch, uint64_t now_ns, uint64_t limit_ns)
{
	uint64_t longest = watch->longest;
	GHashTableIter all;
	gpointer value;

	watch->longest = 0;
	g_hash_table_iter_init(&all, watch->open);
	while (g_hash_table_iter_next(&all, NULL, &value)) {
		struct open_session *session = value;

		if (session->told || lasted(session, now_ns) <= limit_ns)
			continue;
		session->told = TRUE;
		longest = MAX(longest, lasted(session, now_ns));
	}
	return longest;
}

/* ---- the tracing session ---- */

static gboolean enable(struct lttng_handle *handle, const char *name, GError **error)
{
	struct lttng_event *event = lttng_event_create();
	int code = -LTTNG_ERR_NOMEM;

	if (event) {
		event->type = LTTNG_EVENT_TRACEPOINT;
		event->loglevel_type = LTTNG_EVENT_LOGLEVEL_ALL;
		event->loglevel = -1;
		g_strlcpy(event->name, name, sizeof(event->name));
		code = lttng_enable_event(handle, event, "sessions");
	}
	lttng_event_destroy(event);
	return code == 0 || fdar_tracing_fail(error, "cannot enable an event", code);
}

static gboolean add_channel(struct lttng_handle *handle, GError **error)
{
	struct lttng_domain domain = fdar_tracing_domain();
	struct lttng_channel *channel = lttng_channel_create(&domain);
	struct lttng_event_context context = { .ctx = LTTNG_EVENT_CONTEXT_VPID };
	int code = -LTTNG_ERR_NOMEM;

	if (channel) {
		g_strlcpy(channel->name, "sessions", sizeof(channel->name));
		channel->attr.overwrite = 0;
		channel->attr.subbuf_size = 256 * 1024;
		channel->attr.num_subbuf = 4;
		code = lttng_enable_channel(handle, channel);
	}
	lttng_channel_destroy(channel);
	if (code == 0)
		code = lttng_add_context(handle, &context, NULL, "sessions");
	return code == 0 || fdar_tracing_fail(error, "cannot make a channel", code);
}

static void start_step(void *data)
{
	struct fdar_watch *watch = data;
	struct lttng_domain domain = fdar_tracing_domain();
	struct lttng_session_descriptor *descriptor =
		lttng_session_descriptor_local_create(watch->name, watch->folder);
	enum lttng_error_code code = LTTNG_ERR_NOMEM;
	int started;

	fdar_tracing_set_format(descriptor);
	if (descriptor)
		code = lttng_create_session_ext(descriptor);
	lttng_session_descriptor_destroy(descriptor);
	watch->created = code == LTTNG_OK;
	if (!watch->created) {
		fdar_tracing_fail(&watch->error, "cannot make a tracing session", (int)code);
		return;
	}
	watch->handle = lttng_create_handle(watch->name, &domain);
	if (!watch->handle || !add_channel(watch->handle, &watch->error) ||
	    !enable(watch->handle, FDAR_PROVIDER ":session_begin", &watch->error) ||
	    !enable(watch->handle, FDAR_PROVIDER ":session_end", &watch->error))
		return;
	started = lttng_start_tracing(watch->name);
	if (started < 0)
		fdar_tracing_fail(&watch->error, "cannot start tracing", started);
}

struct fdar_watch *fdar_watch_start(const char *name, const char *folder, GError **error)
{
	struct fdar_watch *watch = fdar_watch_new();

	watch->name = g_strdup(name);
	watch->folder = g_strdup(folder);
	g_mkdir_with_parents(folder, 0700);
	watch->stuck = !fdar_timeout_call(start_step, watch, ANSWER_MS);
	if (!watch->stuck && !watch->error)
		return watch;
	if (watch->stuck)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
			    "LTTng's session daemon does not answer");
	else
		g_propagate_error(error, g_steal_pointer(&watch->error));
	fdar_watch_free(watch);
	return NULL;
}

/* ---- looking ---- */

static void rotate_step(void *data)
{
	struct fdar_watch *watch = data;
	enum lttng_rotation_state state = LTTNG_ROTATION_STATE_ONGOING;
	struct lttng_rotation_handle *handle = NULL;

	if (lttng_rotate_session(watch->name, NULL, &handle) != 0)
		return;
	while (lttng_rotation_handle_get_state(handle, &state) == LTTNG_ROTATION_STATUS_OK &&
	       state == LTTNG_ROTATION_STATE_ONGOING)
		g_usleep(STEP_US);
	lttng_rotation_handle_destroy(handle);
}

static void read_chunk(struct fdar_watch *watch, const char *path, uint64_t limit_ns)
{
	g_autoptr(fdar_source) source = fdar_source_open(path, NULL);
	g_autofree struct fdar_event *batch = g_new(struct fdar_event, BATCH);
	gssize n;

	while (source && (n = fdar_source_read(source, batch, BATCH, NULL)) > 0) {
		for (gssize i = 0; i < n; i++)
			fdar_watch_take(watch, &batch[i], limit_ns);
	}
}

static int by_name(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Finished chunks are in archives/, in the order of their names: time, time, number. */
static void read_chunks(struct fdar_watch *watch, uint64_t limit_ns)
{
	g_autofree char *archives = g_build_filename(watch->folder, "archives", NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GDir) dir = g_dir_open(archives, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		g_ptr_array_add(names, g_strdup(name));
	g_ptr_array_sort(names, by_name);
	for (guint i = 0; i < names->len; i++) {
		g_autofree char *path =
			g_build_filename(archives, (char *)g_ptr_array_index(names, i), NULL);

		read_chunk(watch, path, limit_ns);
		fdar_tree_remove(path);
	}
}

uint64_t fdar_watch_look(struct fdar_watch *watch, uint64_t limit_ns)
{
	if (!watch->stuck)
		watch->stuck = !fdar_timeout_call(rotate_step, watch, ANSWER_MS);
	if (watch->stuck)
		return 0;
	read_chunks(watch, limit_ns);
	return fdar_watch_longest(watch, (uint64_t)g_get_real_time() * 1000, limit_ns);
}

static void destroy_step(void *data)
{
	struct fdar_watch *watch = data;

	lttng_destroy_session(watch->name);
}

void fdar_watch_free(struct fdar_watch *watch)
{
	if (!watch)
		return;
	if (watch->created && !watch->stuck)
		watch->stuck = !fdar_timeout_call(destroy_step, watch, ANSWER_MS);
	/* A thread may still be in a call with all of it. */
	if (watch->stuck)
		return;
	lttng_destroy_handle(watch->handle);
	g_hash_table_destroy(watch->open);
	g_free(watch->name);
	g_free(watch->folder);
	g_free(watch);
}
