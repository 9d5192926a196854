#include "analyze/profile/profile_counts.h"

#include "base/intern.h"

/* A thread's counts that are still to be put between its events. */
struct queue {
	uint32_t pid; /* of its last event, as events have it */
	uint32_t tid;
	GArray *indexes; /* of guint32, by time */
	guint next;
};

struct profile_counts {
	struct fdar_samples *samples;
	uint32_t (*pid)(const void *user, uint32_t pid);
	const void *user;
	GArray *queues;             /* of struct queue */
	struct fdar_intern ids;     /* (pid, tid) as counts have them -> index of queues */
	struct fdar_intern threads; /* (pid, tid) as events have them -> index of thread_queues */
	GArray *thread_queues;      /* of guint32: index of queues, or FDAR_INTERN_NONE */
	guint left;                 /* of all queues */
};

static uint64_t next_ns(const struct profile_counts *counts, const struct queue *queue)
{
	guint32 index;

	if (queue->next == queue->indexes->len)
		return UINT64_MAX;
	index = g_array_index(queue->indexes, guint32, queue->next);
	return g_array_index(counts->samples->counts, struct fdar_count, index).time_ns;
}

static void make_queues(struct profile_counts *counts)
{
	const GArray *all = counts->samples->counts;

	for (guint32 i = 0; i < all->len; i++) {
		const struct fdar_count *count = &g_array_index(all, struct fdar_count, i);
		uint32_t id = fdar_intern_add(&counts->ids, count->pid, count->tid);

		if (id == counts->queues->len) {
			struct queue queue = { .pid = count->pid, .tid = count->tid };

			queue.indexes = g_array_new(FALSE, FALSE, sizeof(guint32));
			g_array_append_val(counts->queues, queue);
		}
		g_array_append_val(g_array_index(counts->queues, struct queue, id).indexes, i);
	}
	counts->left = all->len;
}

/* That of a recording of which somebody counted. */
static struct fdar_samples *load(const char *path, GPtrArray *warnings)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(fdar_samples) samples = fdar_samples_load(path, &error);

	if (!samples && warnings &&
	    !g_error_matches(error, FDAR_SOURCE_ERROR, FDAR_SOURCE_ERROR_MISSING))
		g_ptr_array_add(warnings, g_strdup_printf("page faults and migrations are not "
							  "known: %s",
							  error->message));
	if (!samples || !samples->counted)
		return NULL;
	return g_steal_pointer(&samples);
}

struct profile_counts *profile_counts_open(const char *path,
					   uint32_t (*pid)(const void *user, uint32_t pid),
					   const void *user, GPtrArray *warnings)
{
	struct fdar_samples *samples = load(path, warnings);
	struct profile_counts *counts;

	if (!samples)
		return NULL;
	counts = g_new0(struct profile_counts, 1);
	counts->samples = samples;
	counts->pid = pid;
	counts->user = user;
	counts->queues = g_array_new(FALSE, FALSE, sizeof(struct queue));
	counts->thread_queues = g_array_new(FALSE, FALSE, sizeof(guint32));
	make_queues(counts);
	return counts;
}

/* NULL: it has none. */
static struct queue *queue_of(struct profile_counts *counts, const struct fdar_event *event)
{
	uint32_t thread = fdar_intern_add(&counts->threads, event->pid, event->tid);
	guint32 id;

	if (thread == counts->thread_queues->len) {
		id = fdar_intern_find(&counts->ids, counts->pid(counts->user, event->pid),
				      event->tid);
		g_array_append_val(counts->thread_queues, id);
	}
	id = g_array_index(counts->thread_queues, guint32, thread);
	return id == FDAR_INTERN_NONE ? NULL : &g_array_index(counts->queues, struct queue, id);
}

size_t profile_counts_until(struct profile_counts *counts, const struct fdar_event *events,
			    size_t count)
{
	for (size_t i = 0; i < count && counts->left; i++) {
		struct queue *queue = queue_of(counts, &events[i]);

		if (!queue)
			continue;
		if (next_ns(counts, queue) < events[i].time_ns)
			return i;
		queue->pid = events[i].pid;
	}
	return count;
}

static void put(struct profile_counts *counts, struct fdar_walk *walk, struct queue *queue,
		uint64_t until_ns)
{
	uint64_t time_ns;

	while ((time_ns = next_ns(counts, queue)) < until_ns) {
		guint32 index = g_array_index(queue->indexes, guint32, queue->next);
		const struct fdar_count *count =
			&g_array_index(counts->samples->counts, struct fdar_count, index);

		fdar_walk_sample(walk, queue->pid, queue->tid, time_ns,
				 PROFILE_COUNT_SAMPLE(count->kind, count->number));
		queue->next++;
		counts->left--;
	}
}

void profile_counts_put(struct profile_counts *counts, struct fdar_walk *walk,
			const struct fdar_event *next)
{
	struct queue *queue = queue_of(counts, next);

	if (queue)
		put(counts, walk, queue, next->time_ns);
}

void profile_counts_end(struct profile_counts *counts, struct fdar_walk *walk)
{
	for (guint i = 0; i < counts->queues->len; i++)
		put(counts, walk, &g_array_index(counts->queues, struct queue, i), UINT64_MAX);
}

void profile_counts_free(struct profile_counts *counts)
{
	if (!counts)
		return;
	fdar_samples_free(counts->samples);
	for (guint i = 0; i < counts->queues->len; i++)
		g_array_unref(g_array_index(counts->queues, struct queue, i).indexes);
	g_array_unref(counts->queues);
	g_array_unref(counts->thread_queues);
	fdar_intern_clear(&counts->ids);
	fdar_intern_clear(&counts->threads);
	g_free(counts);
}
