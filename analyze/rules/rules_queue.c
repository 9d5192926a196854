/* Queues whose objects have no address: first in, first out. */
#include "analyze/rules/rules_private.h"

/* A server may say that it puts when it has put: a thread that runs on another processor has taken by then, and
 * said so. Who says so much later (it lost its processor in between) is not known from who said nothing: bounds. */
#define EARLY_NS  (UINT64_C(100) * 1000 * 1000)
#define EARLY_MAX 4096u /* takes of a queue that wait for their put */

struct queue {
	GQueue *objects; /* of uint64_t */
	GQueue *early;   /* of struct rules_early, oldest first */
};

void rules_queue_free(gpointer data)
{
	struct queue *queue = data;

	g_queue_free_full(queue->objects, g_free);
	g_queue_free_full(queue->early, g_free);
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
	g_hash_table_insert(run->queues, g_memdup2(&place, sizeof(place)), queue);
	return queue;
}

/* It took what was there before the recording, or what nobody tells of. */
static void was_stray(struct fdar_rules_run *run, struct queue *queue)
{
	g_autofree struct rules_early *early = g_queue_pop_head(queue->early);

	g_array_index(run->met, struct fdar_rule_met, early->rule).stray++;
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
		was_stray(run, queue);
	if (first) {
		*early = *first;
		*late = TRUE;
		g_free(g_queue_pop_head(queue->early));
	} else if (queue->objects->length >= FDAR_RULES_QUEUE_MAX) {
		return FALSE;
	}
	*object = rules_new_key(run);
	if (!*late)
		g_queue_push_tail(queue->objects, g_memdup2(object, sizeof(*object)));
	return TRUE;
}

gboolean rules_queue_take(struct fdar_rules_run *run, uint32_t name, const struct fdar_event *event,
			  uint64_t *object)
{
	g_autofree uint64_t *first = g_queue_pop_head(queue_of(run, name, event->pid)->objects);

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
		was_stray(run, queue);
	g_queue_push_tail(queue->early, g_memdup2(&early, sizeof(early)));
}

void rules_queue_strays(const struct fdar_rules_run *run, GArray *met)
{
	GHashTableIter all;
	gpointer queue;

	g_hash_table_iter_init(&all, run->queues);
	while (g_hash_table_iter_next(&all, NULL, &queue))
		for (GList *at = ((struct queue *)queue)->early->head; at; at = at->next)
			g_array_index(met, struct fdar_rule_met,
				      ((const struct rules_early *)at->data)->rule)
				.stray++;
}
