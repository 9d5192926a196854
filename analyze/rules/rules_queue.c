/*
 * Queues whose objects have no address: first in, first out.
 *
 * That is exact as long as nothing was in a queue when the recording began, and each put and take is told. A take
 * for which nothing is there was told before its put, or took what was there before: the least number of the latter
 * is assumed that fits. Which it was shows when no put comes, or none that can be its; then what was handed over
 * before may have been of one put further on, and is counted as uncertain. So is all that is handed over through a
 * queue that was never seen at rest, and empty then: nothing shows what was in it at the beginning.
 */
#include "analyze/rules/rules_private.h"

/* A server may say that it puts when it has put: a thread that runs on another processor has taken by then, and
 * said so. Who says so much later (it lost its processor in between) is not known from who said nothing: bounds. */
#define EARLY_NS   (UINT64_C(100) * 1000 * 1000)
#define TAKERS_MAX 64u
#define EARLY_MAX  4096u /* takes of a queue that wait for their put */

struct queue {
	GQueue *objects; /* of uint64_t */
	GQueue *early;   /* of struct rules_early, oldest first */
	uint64_t last_ns;
	guint64 handed; /* over, since there was a pause in which it was empty */
	guint64 unsure; /* of these: since one was waited for in vain, and it has not been empty again */
	gboolean doubtful;
	gboolean rested;   /* there was such a pause */
	GPtrArray *takers; /* struct rules_thread, of the run */
	uint32_t taker;    /* the rule of the last take */
};

void rules_queue_free(gpointer data)
{
	struct queue *queue = data;

	g_queue_free_full(queue->objects, g_free);
	g_queue_free_full(queue->early, g_free);
	g_ptr_array_unref(queue->takers);
	g_free(queue);
}

static struct queue *queue_of(struct fdar_rules_run *run, uint32_t name, uint32_t pid)
{
	struct open_key place = { 0, pid, name };
	struct queue *queue = g_hash_table_lookup(run->queues, &place);

	if (queue)
		return queue;
	queue = g_new0(struct queue, 1);
	queue->objects = g_queue_new();
	queue->early = g_queue_new();
	queue->takers = g_ptr_array_new();
	queue->last_ns = run->begin_ns;
	g_hash_table_insert(run->queues, g_memdup2(&place, sizeof(place)), queue);
	return queue;
}

/* One of its takers at least has nothing to do: he would take what is in it. */
static gboolean has_idle_taker(const struct queue *queue)
{
	for (guint i = 0; i < queue->takers->len; i++)
		if (!((const struct rules_thread *)g_ptr_array_index(queue->takers, i))->key)
			return TRUE;
	return !queue->takers->len;
}

static gboolean is_at_rest(const struct queue *queue, uint64_t now_ns)
{
	return now_ns > queue->last_ns + EARLY_NS && !queue->objects->length &&
	       !queue->early->length && has_idle_taker(queue);
}

/* What is in step after a pause is in step. */
static void note_pause(struct queue *queue, uint64_t now_ns)
{
	if (is_at_rest(queue, now_ns)) {
		queue->handed = queue->unsure = 0;
		queue->rested = TRUE;
	}
	queue->last_ns = now_ns;
}

static void note_taker(struct fdar_rules_run *run, struct queue *queue,
		       const struct fdar_event *event)
{
	struct rules_thread *thread = rules_thread_of(run, event);

	if (queue->takers->len < TAKERS_MAX && !g_ptr_array_find(queue->takers, thread, NULL))
		g_ptr_array_add(queue->takers, thread);
}

static void note_handed(struct queue *queue, uint32_t rule)
{
	queue->taker = rule;
	queue->handed++;
	queue->unsure += queue->doubtful ? 1 : 0;
	if (queue->objects->length)
		return;
	/* With one put too many it would not be. */
	queue->unsure = 0;
	queue->doubtful = FALSE;
}

/* It took what was there before the recording, or what nobody tells of. late: perhaps what is told too late. */
static void was_stray(struct fdar_rules_run *run, struct queue *queue, gboolean late)
{
	g_autofree struct rules_early *early = g_queue_pop_head(queue->early);

	struct fdar_rule_met *met = &g_array_index(run->met, struct fdar_rule_met, early->rule);

	met->stray++;
	met->uncertain += queue->handed;
	queue->handed = queue->unsure = 0;
	queue->taker = early->rule;
	queue->doubtful = late;
}

gboolean rules_queue_put(struct fdar_rules_run *run, uint32_t name, const struct fdar_event *event,
			 uint64_t since_ns, uint64_t *object, struct rules_early *early,
			 gboolean *late)
{
	struct queue *queue = queue_of(run, name, event->pid);
	const struct rules_early *first;

	*late = FALSE;
	while ((first = g_queue_peek_head(queue->early)) &&
	       (event->time_ns > first->time_ns + EARLY_NS || first->time_ns < since_ns))
		was_stray(run, queue, since_ns && first->time_ns >= since_ns);
	note_pause(queue, event->time_ns);
	if (first) {
		*early = *first;
		*late = TRUE;
		g_free(g_queue_pop_head(queue->early));
		note_handed(queue, early->rule);
	} else if (queue->objects->length >= FDAR_RULES_QUEUE_MAX) {
		return FALSE;
	}
	*object = rules_new_key(run);
	if (!*late)
		g_queue_push_tail(queue->objects, g_memdup2(object, sizeof(*object)));
	return TRUE;
}

gboolean rules_queue_take(struct fdar_rules_run *run, uint32_t name, const struct fdar_event *event,
			  uint32_t rule, uint64_t *object)
{
	struct queue *queue = queue_of(run, name, event->pid);
	g_autofree uint64_t *first = NULL;

	note_pause(queue, event->time_ns);
	note_taker(run, queue, event);
	first = g_queue_pop_head(queue->objects);
	if (first)
		note_handed(queue, rule);

	*object = first ? *first : 0;
	return first != NULL;
}

void rules_queue_early(struct fdar_rules_run *run, uint32_t name, const struct fdar_event *event,
		       uint32_t rule, uint64_t turn)
{
	struct queue *queue = queue_of(run, name, event->pid);
	struct rules_early early = {
		.time_ns = event->time_ns, .turn = turn, .tid = event->tid, .rule = rule
	};

	if (queue->early->length >= EARLY_MAX)
		was_stray(run, queue, FALSE);
	g_queue_push_tail(queue->early, g_memdup2(&early, sizeof(early)));
}

static guint64 uncertain_at_end(const struct fdar_rules_run *run, const struct queue *queue)
{
	if (queue->early->length)
		return queue->handed;
	return queue->rested || is_at_rest(queue, run->now_ns) ? queue->unsure : queue->handed;
}

void rules_queue_strays(const struct fdar_rules_run *run, GArray *met)
{
	GHashTableIter all;
	gpointer value;

	g_hash_table_iter_init(&all, run->queues);
	while (g_hash_table_iter_next(&all, NULL, &value)) {
		const struct queue *queue = value;

		for (GList *at = queue->early->head; at; at = at->next)
			g_array_index(met, struct fdar_rule_met,
				      ((const struct rules_early *)at->data)->rule)
				.stray++;
		if (queue->handed)
			g_array_index(met, struct fdar_rule_met, queue->taker).uncertain +=
				uncertain_at_end(run, queue);
	}
}
