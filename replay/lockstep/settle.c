#include "replay/lockstep/settle.h"

/* Of linux/tcp.h and netinet/tcp.h, which cannot stand beside each other. */
#define STATE_ESTABLISHED 1
#define STATE_SYN_RECV    3

/* A connection that the kernel keeps from the server until bytes come stays like this. Others pass through it within
 * microseconds, but where the kernel is behind: so the first of a listener is given more time. */
#define DEFERRED_NS 1000000u
#define FIRST_NS    50000000u

static enum fdar_transport transport_of(const struct fdar_order *order,
					const struct fdar_step *step)
{
	return (enum fdar_transport)order->roles[step->role].start.script->session->transport;
}

/* All that we have sent is in the server's socket, acknowledged or not: a program that has nothing to say
 * leaves that to a timer. */
static gboolean is_delivered(const struct fdar_lockstep_options *options,
			     const struct fdar_seat *seat)
{
	uint32_t unacknowledged;
	struct fdar_queue queue;

	if (!seat->play || !fdar_queues_own(seat->play->fd, &unacknowledged) || !unacknowledged)
		return TRUE;
	if (!seat->seen)
		return FALSE;
	if (!fdar_queues_look(options->queues, FDAR_TCP, &seat->server, &seat->client, TRUE,
			      &queue))
		return TRUE; /* closed at the server: nobody will read it */
	return queue.received >= fdar_queues_given(seat->play->fd, unacknowledged);
}

static gboolean is_opened(const struct fdar_seat *seat, const struct fdar_queue *queue,
			  struct fdar_openings *openings, uint64_t idle_ns)
{
	gpointer port = GUINT_TO_POINTER((guint)seat->server.port);
	enum fdar_opening way = GPOINTER_TO_UINT(g_hash_table_lookup(openings->ways, port));

	/* It was accepted and closed between two looks: nobody but its owner can have sent a FIN. */
	gboolean accepted = queue->accepted || queue->left;

	if (!accepted && (queue->state != STATE_SYN_RECV || way == FDAR_OPENING_PROMPT ||
			  idle_ns < (way == FDAR_OPENING_DEFERRED ? DEFERRED_NS : FIRST_NS)))
		return FALSE;
	way = accepted ? FDAR_OPENING_PROMPT : FDAR_OPENING_DEFERRED;
	g_hash_table_replace(openings->ways, port, GUINT_TO_POINTER(way));
	return TRUE;
}

/* On a busy machine what is between the sockets may be there for longer than a server is given to be quiet. Bytes that
 * the server has not read are not under way: they may fill its socket. */
static gboolean is_under_way(const struct fdar_lockstep_options *options,
			     const struct fdar_seat *seat, const struct fdar_step *step)
{
	uint32_t unacknowledged;
	struct fdar_queue queue;

	if (!options->queues || !seat->known || !seat->seen || !seat->play ||
	    transport_of(options->order, step) != FDAR_TCP ||
	    !fdar_queues_look(options->queues, FDAR_TCP, &seat->server, &seat->client, TRUE,
			      &queue))
		return FALSE;
	if (queue.unheard)
		return TRUE;
	return !queue.unread && fdar_queues_own(seat->play->fd, &unacknowledged) &&
	       unacknowledged && queue.received < fdar_queues_given(seat->play->fd, unacknowledged);
}

static gboolean is_taken(const struct fdar_lockstep_options *options, struct fdar_seat *seat,
			 const struct fdar_step *step, struct fdar_openings *openings,
			 uint64_t idle_ns)
{
	enum fdar_transport transport = transport_of(options->order, step);
	struct fdar_queue queue;
	gboolean there;

	if (!seat->known)
		return TRUE;
	there = options->queues && fdar_queues_look(options->queues, transport, &seat->server,
						    &seat->client, FALSE, &queue);
	if (step->kind == FDAR_STEP_OPEN)
		seat->seen = there;
	if (transport == FDAR_UDP)
		return !there || !queue.unread;
	if (!there) /* closed at the server, or never seen */
		return seat->seen || is_delivered(options, seat);
	switch ((enum fdar_step_kind)step->kind) {
	case FDAR_STEP_OPEN:
		return is_opened(seat, &queue, openings, idle_ns);
	case FDAR_STEP_SEND:
		return !queue.unread && is_delivered(options, seat);
	case FDAR_STEP_RESET:
		return FALSE;
	default:
		return queue.state != STATE_ESTABLISHED && !queue.unread;
	}
}

void fdar_settle_look(const struct fdar_lockstep_options *options, struct fdar_seat *seat,
		      const struct fdar_step *step, const struct fdar_pace *pace, uint64_t now_ns,
		      uint64_t idle_ns, struct fdar_openings *openings,
		      struct fdar_settling *settling)
{
	struct fdar_next_move next;

	*settling = (struct fdar_settling){ .rest = FDAR_REST_BUSY };
	settling->answered = !seat->play || fdar_dialogue_answered(&seat->play->dialogue, pace,
								   now_ns, &next) == FDAR_MOVE_DONE;
	settling->taken = is_taken(options, seat, step, openings, idle_ns);
	settling->under_way =
		!(settling->answered && settling->taken) && is_under_way(options, seat, step);
	settling->rest = options->watch ? fdar_threads_look(options->watch) : FDAR_REST_WAITING;
}
