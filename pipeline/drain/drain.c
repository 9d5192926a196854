#include "pipeline/drain/drain.h"

#include <errno.h>
#include <gio/gio.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "pipeline/drain/drain_bound.h"
#include "pipeline/drain/drain_closed.h"
#include "pipeline/drain/drain_follow.h"
#include "pipeline/drain/drain_shared.h"
#include "pipeline/drain/drain_worker.h"

#define NS_PER_S     UINT64_C(1000000000)
#define THREADS_MANY 2u

/* ---- beginning ---- */

static void init_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

static pthread_cond_t *condition_of(struct fdar_drain *drain, guint index)
{
	pthread_cond_t *const all[] = { &drain->work, &drain->turned, &drain->grown, &drain->follow,
					&drain->settled };

	return index < G_N_ELEMENTS(all) ? all[index] : NULL;
}

static struct fdar_drain *make(const char *source, const char *target,
			       const struct fdar_drain_options *options)
{
	struct fdar_drain *drain = g_new0(struct fdar_drain, 1);
	guint many = MIN(g_get_num_processors(), THREADS_MANY);

	drain->options = *options;
	if (!options->memory_bytes)
		drain->options.memory_bytes = FDAR_DRAIN_MEMORY_DEFAULT;
	drain->threads =
		CLAMP(options->threads ? options->threads : many, 1u, FDAR_DRAIN_THREADS_MAX);
	drain->source = g_strdup(source);
	drain->target = g_strdup(target);
	drain->streams = g_ptr_array_new_with_free_func((GDestroyNotify)fdar_drain_stream_free);
	drain->metas = g_ptr_array_new_with_free_func((GDestroyNotify)fdar_drain_meta_free);
	drain->closed = fdar_drain_closed_new();
	drain->known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	pthread_mutex_init(&drain->lock, NULL);
	for (guint i = 0; condition_of(drain, i); i++)
		init_condition(condition_of(drain, i));
	fdar_drain_bound_init(drain);
	return drain;
}

static gboolean is_empty(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);

	return !dir || !g_dir_read_name(dir);
}

static gboolean check(const char *source, const char *target,
		      const struct fdar_drain_options *options, GError **error)
{
	int code;

	if (options->memory_bytes && options->memory_bytes < FDAR_DRAIN_MEMORY_MIN) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
			    "expected at least %u MiB of memory to record through",
			    (unsigned)(FDAR_DRAIN_MEMORY_MIN >> 20));
		return FALSE;
	}
	if (!g_file_test(source, G_FILE_TEST_IS_DIR)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY, "%s: expected a folder",
			    source);
		return FALSE;
	}
	if (g_mkdir_with_parents(target, 0700) == 0)
		return TRUE;
	code = errno;
	g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "%s: %s", target,
		    g_strerror(code));
	return FALSE;
}

static gboolean start_threads(struct fdar_drain *drain, GError **error)
{
	guint wanted = drain->threads;
	sigset_t all, before;
	int code;

	/* Signals are the business of the threads that were there before. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	code = pthread_create(&drain->follower, NULL, fdar_drain_follow_run, drain);
	drain->threads = 0;
	drain->joined = code != 0;
	while (!code && drain->threads < wanted) {
		code = pthread_create(&drain->workers[drain->threads], NULL, fdar_drain_worker_run,
				      drain);
		drain->threads += code ? 0 : 1;
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!code)
		return TRUE;
	g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code),
		    "cannot start a thread: %s", g_strerror(code));
	return FALSE;
}

struct fdar_drain *fdar_drain_start(const char *source, const char *trace,
				    const struct fdar_drain_options *options, GError **error)
{
	g_autofree char *from = g_canonicalize_filename(source, NULL);
	g_autofree char *to = g_canonicalize_filename(trace, NULL);
	struct fdar_drain *drain;
	gboolean resuming = !is_empty(to);

	if (!check(from, to, options, error))
		return NULL;
	drain = make(from, to, options);
	drain->resuming = resuming;
	if (start_threads(drain, error))
		return drain;
	fdar_drain_free(drain);
	return NULL;
}

/* ---- while it runs ---- */

gboolean fdar_drain_look(struct fdar_drain *drain, struct fdar_drain_state *state, GError **error)
{
	GError *latest;

	pthread_mutex_lock(&drain->lock);
	latest = g_steal_pointer(&drain->error);
	if (state)
		*state = drain->state;
	pthread_mutex_unlock(&drain->lock);
	if (latest)
		g_propagate_error(error, latest);
	return !latest;
}

/* ---- the end ---- */

void fdar_drain_last(struct fdar_drain *drain)
{
	pthread_mutex_lock(&drain->lock);
	fdar_drain_closed_look(drain);
	drain->last_told = TRUE;
	pthread_mutex_unlock(&drain->lock);
}

static void stop(struct fdar_drain *drain)
{
	if (drain->joined)
		return;
	pthread_mutex_lock(&drain->lock);
	drain->phase = FDAR_DRAIN_STOPPED;
	for (guint i = 0; condition_of(drain, i); i++)
		pthread_cond_broadcast(condition_of(drain, i));
	pthread_mutex_unlock(&drain->lock);
	pthread_join(drain->follower, NULL);
	for (guint i = 0; i < drain->threads; i++)
		pthread_join(drain->workers[i], NULL);
	drain->joined = TRUE;
}

static gboolean is_settled(const struct fdar_drain *drain)
{
	return drain->taken_all && !drain->in_hand && !drain->state.backlog_bytes;
}

/* FALSE: there was no time for all of it. */
static gboolean settle(struct fdar_drain *drain, uint64_t timeout_ns)
{
	uint64_t now = fdar_drain_clock(CLOCK_MONOTONIC);
	uint64_t until =
		timeout_ns && timeout_ns < UINT64_MAX - now ? now + timeout_ns : UINT64_MAX;
	gboolean settled;

	fdar_drain_last(drain);
	pthread_mutex_lock(&drain->lock);
	drain->phase = FDAR_DRAIN_ENDING;
	pthread_cond_broadcast(&drain->follow);
	for (;;) {
		settled = is_settled(drain);
		now = fdar_drain_clock(CLOCK_MONOTONIC);
		if (settled || now >= until)
			break;
		fdar_drain_wait(drain, &drain->settled, MIN(until - now, NS_PER_S));
	}
	pthread_mutex_unlock(&drain->lock);
	return settled;
}

gboolean fdar_drain_finish(struct fdar_drain *drain, uint64_t timeout_ns,
			   struct fdar_drain_state *state, GError **error)
{
	gboolean settled = settle(drain, timeout_ns), ok;

	stop(drain);
	ok = fdar_drain_worker_close(drain, error);
	if (ok && !settled) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
			    "%s: the disk is too slow: %" G_GUINT64_FORMAT " bytes are still in %s",
			    drain->target, drain->state.backlog_bytes, drain->source);
		ok = FALSE;
	}
	if (!ok)
		error = NULL;
	return fdar_drain_look(drain, state, error) && ok;
}

void fdar_drain_free(struct fdar_drain *drain)
{
	if (!drain)
		return;
	stop(drain);
	g_clear_error(&drain->error);
	g_ptr_array_unref(drain->streams);
	g_ptr_array_unref(drain->metas);
	g_hash_table_unref(drain->known);
	g_free(drain->buffer);
	if (drain->closed >= 0)
		close(drain->closed);
	for (guint i = 0; condition_of(drain, i); i++)
		pthread_cond_destroy(condition_of(drain, i));
	pthread_mutex_destroy(&drain->lock);
	g_free(drain->source);
	g_free(drain->target);
	g_free(drain);
}
