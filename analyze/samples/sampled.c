#include "analyze/samples/sampled.h"

#include <gio/gio.h>

#include "base/intern.h"
#include "pipeline/source/source.h"

#define BATCH 512u

/* A thread's samples that are still to be put between its events. */
struct queue {
	uint32_t
		pid; /* of its last event: another number than its own in a later life (source.h) */
	uint32_t tid;
	GArray *samples; /* guint32 indexes, by time */
	guint next;
};

struct join {
	struct fdar_sampled *sampled;
	const struct fdar_sampled_options *options;
	const struct fdar_source *source;
	struct fdar_walk *walk;
	struct fdar_intern ids;     /* (pid, tid) as samples have them -> index of queues */
	GArray *queues;             /* of struct queue */
	struct fdar_intern threads; /* (pid, tid) as events have them -> index of thread_queues */
	GArray *thread_queues;      /* of guint32: index of queues, or FDAR_INTERN_NONE */
};

const char *fdar_sampled_place_name(enum fdar_sampled_place place)
{
	static const char *const names[] = { "session", "server", "wait", "price", "unknown" };

	G_STATIC_ASSERT(G_N_ELEMENTS(names) == FDAR_SAMPLED_PLACES);
	return names[place];
}

static void session_clear(gpointer data)
{
	struct fdar_sampled_session *session = data;

	g_free(session->peer);
	g_free(session->label);
}

void fdar_sampled_free(struct fdar_sampled *sampled)
{
	if (!sampled)
		return;
	fdar_samples_free(sampled->samples);
	g_free(sampled->owners);
	g_array_unref(sampled->sessions);
	g_free(sampled);
}

/* ---- what the walk tells ---- */

static struct fdar_sampled_session *session_of(const struct fdar_sampled *sampled,
					       const struct fdar_walk_session *session)
{
	return &g_array_index(sampled->sessions, struct fdar_sampled_session,
			      GPOINTER_TO_UINT(session->user) - 1);
}

static void on_opened(void *user, struct fdar_walk_session *session)
{
	struct join *join = user;
	const struct fdar_labels *labels = join->options->labels;
	struct fdar_sampled_session kept = { .id = session->id,
					     .key = session->key,
					     .begin_ns = session->begin_ns,
					     .peer = g_strdup(session->peer) };

	if (labels)
		kept.label = g_strdup(fdar_labels_find(labels, session->peer, session->begin_ns));
	g_array_append_val(join->sampled->sessions, kept);
	session->user = GUINT_TO_POINTER(join->sampled->sessions->len);
}

static void on_closed(void *user, struct fdar_walk_session *session)
{
	const struct join *join = user;

	session_of(join->sampled, session)->end_ns = session->end_ns;
}

static void on_sample(void *user, const struct fdar_walk_sample *told)
{
	struct join *join = user;
	struct fdar_sampled *sampled = join->sampled;
	struct fdar_sampled_owner *owner = &sampled->owners[told->sample];
	const struct fdar_sample *sample =
		&g_array_index(sampled->samples->samples, struct fdar_sample, told->sample);

	owner->session = FDAR_SAMPLED_NONE;
	if (sample->flags & FDAR_SAMPLE_PRICE)
		owner->place = FDAR_SAMPLED_PRICE;
	else if (!told->is_known)
		owner->place = FDAR_SAMPLED_UNKNOWN;
	else if (told->session)
		owner->place = FDAR_SAMPLED_SESSION;
	else
		owner->place = told->wait ? FDAR_SAMPLED_WAIT : FDAR_SAMPLED_SERVER;
	sampled->places[owner->place]++;
	if (owner->place != FDAR_SAMPLED_PRICE)
		sampled->cut += (sample->flags & FDAR_SAMPLE_CUT) != 0;
	if (owner->place != FDAR_SAMPLED_SESSION)
		return;
	owner->session = GPOINTER_TO_UINT(told->session->user) - 1;
	session_of(sampled, told->session)->samples++;
}

/* ---- samples between events ---- */

static void make_queues(struct join *join)
{
	const GArray *samples = join->sampled->samples->samples;

	join->queues = g_array_new(FALSE, FALSE, sizeof(struct queue));
	for (guint32 i = 0; i < samples->len; i++) {
		const struct fdar_sample *sample = &g_array_index(samples, struct fdar_sample, i);
		uint32_t id = fdar_intern_add(&join->ids, sample->pid, sample->tid);

		if (id == join->queues->len) {
			struct queue queue = { .pid = sample->pid, .tid = sample->tid };

			queue.samples = g_array_new(FALSE, FALSE, sizeof(guint32));
			g_array_append_val(join->queues, queue);
		}
		g_array_append_val(g_array_index(join->queues, struct queue, id).samples, i);
	}
}

/* What a call does is told when it is over. */
static gboolean tells_of_call(const struct fdar_event *event)
{
	return event && (event->kind == FDAR_EVENT_IO || event->kind == FDAR_EVENT_SESSION_BEGIN);
}

/* Those before the event; NULL: all. With is_after, it was fed: those that it tells of, too. */
static void put_samples(struct join *join, struct queue *queue, const struct fdar_event *event,
			gboolean is_after)
{
	const GArray *samples = join->sampled->samples->samples;

	while (queue->next < queue->samples->len) {
		guint32 index = g_array_index(queue->samples, guint32, queue->next);
		const struct fdar_sample *sample =
			&g_array_index(samples, struct fdar_sample, index);

		if (event && sample->time_ns >= event->time_ns)
			return;
		if (!is_after && (sample->flags & FDAR_SAMPLE_IN_CALL) && tells_of_call(event) &&
		    !fdar_walk_waits(join->walk, queue->pid, queue->tid))
			return;
		fdar_walk_sample(join->walk, queue->pid, queue->tid, sample->time_ns, index);
		queue->next++;
	}
}

/* NULL: it has none. A process that executes another program, as scripts do that start servers, is the same
 * one to the kernel. */
static struct queue *queue_of(struct join *join, const struct fdar_event *event)
{
	uint32_t thread = fdar_intern_add(&join->threads, event->pid, event->tid);
	guint32 id;

	if (thread == join->thread_queues->len) {
		id = fdar_intern_find(&join->ids, fdar_source_process(join->source, event->pid).pid,
				      event->tid);
		g_array_append_val(join->thread_queues, id);
	}
	id = g_array_index(join->thread_queues, guint32, thread);
	return id == FDAR_INTERN_NONE ? NULL : &g_array_index(join->queues, struct queue, id);
}

static void feed(struct join *join, const struct fdar_event *event)
{
	struct queue *queue = queue_of(join, event);

	if (queue && queue->next < queue->samples->len)
		put_samples(join, queue, event, FALSE);
	fdar_walk_feed(join->walk, event, 1);
	if (!queue)
		return;
	queue->pid = event->pid;
	if (queue->next < queue->samples->len)
		put_samples(join, queue, event, TRUE);
}

static gboolean read_all(struct join *join, struct fdar_source *source, GError **error)
{
	const struct fdar_sampled_options *options = join->options;
	g_autofree struct fdar_event *batch = g_new(struct fdar_event, BATCH);
	gssize count;

	while ((count = fdar_source_read(source, batch, BATCH, error)) > 0) {
		for (gssize i = 0; i < count; i++)
			feed(join, &batch[i]);
		if (options->go_on && !options->go_on(options->user)) {
			g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
			return FALSE;
		}
	}
	for (guint i = 0; i < join->queues->len; i++)
		put_samples(join, &g_array_index(join->queues, struct queue, i), NULL, FALSE);
	return count == 0;
}

static const char *text_of(const void *source, uint32_t name)
{
	return fdar_source_text(source, name);
}

struct fdar_sampled *fdar_sampled_read(const char *path, const struct fdar_sampled_options *options,
				       GError **error)
{
	static const struct fdar_walk_visitor visitor = { .session_opened = on_opened,
							  .session_closed = on_closed,
							  .sample = on_sample };
	g_autoptr(fdar_sampled) sampled = g_new0(struct fdar_sampled, 1);
	g_autoptr(fdar_source) source = NULL;
	struct join join = { .sampled = sampled, .options = options };
	gboolean ok;

	sampled->sessions = g_array_new(FALSE, FALSE, sizeof(struct fdar_sampled_session));
	g_array_set_clear_func(sampled->sessions, session_clear);
	sampled->samples = fdar_samples_load(path, error);
	source = sampled->samples ? fdar_source_open(path, error) : NULL;
	if (!source)
		return NULL;
	sampled->owners = g_new0(struct fdar_sampled_owner, sampled->samples->samples->len + 1);
	make_queues(&join);
	join.source = source;
	join.thread_queues = g_array_new(FALSE, FALSE, sizeof(guint32));
	join.walk = fdar_walk_new(&visitor, &join);
	fdar_walk_set_unit(join.walk, options->unit);
	fdar_walk_set_texts(join.walk, text_of, source);
	ok = read_all(&join, source, error);
	if (ok)
		fdar_walk_finish(join.walk);
	fdar_walk_free(join.walk);
	fdar_intern_clear(&join.ids);
	fdar_intern_clear(&join.threads);
	g_array_unref(join.thread_queues);
	for (guint i = 0; i < join.queues->len; i++)
		g_array_unref(g_array_index(join.queues, struct queue, i).samples);
	g_array_unref(join.queues);
	return ok ? g_steal_pointer(&sampled) : NULL;
}
