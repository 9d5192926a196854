#include "analyze/activity/activity.h"

#include <string.h>

#define FIRST_SLOT_NS 1000u

static void thread_clear(gpointer data)
{
	struct fdar_activity_thread *thread = data;

	g_free(thread->name);
	g_free(thread->slots);
}

static void edge_clear(gpointer data)
{
	struct fdar_activity_edge *edge = data;

	g_free(edge->queue);
	fdar_histogram_clear(&edge->wait_ns);
}

static void session_clear(gpointer data)
{
	g_free(((struct fdar_activity_session *)data)->peer);
}

struct fdar_activity *fdar_activity_new(const char *(*text)(const void *texts, uint32_t id),
					const void *texts)
{
	struct fdar_activity *a = g_new0(struct fdar_activity, 1);

	a->slot_ns = FIRST_SLOT_NS;
	a->text = text;
	a->texts = texts;
	a->threads = g_array_new(FALSE, TRUE, sizeof(struct fdar_activity_thread));
	a->edges = g_array_new(FALSE, TRUE, sizeof(struct fdar_activity_edge));
	a->handoffs = g_array_new(FALSE, TRUE, sizeof(struct fdar_activity_handoff));
	a->sessions = g_array_new(FALSE, TRUE, sizeof(struct fdar_activity_session));
	g_array_set_clear_func(a->threads, thread_clear);
	g_array_set_clear_func(a->edges, edge_clear);
	g_array_set_clear_func(a->sessions, session_clear);
	a->thread_ids = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	a->edge_ids = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return a;
}

void fdar_activity_start(struct fdar_activity *a, uint64_t time_ns)
{
	a->begin_ns = time_ns;
	a->end_ns = time_ns;
}

static struct fdar_activity_thread *thread_at(const struct fdar_activity *a, uint32_t index)
{
	return &g_array_index(a->threads, struct fdar_activity_thread, index);
}

/* UINT32_MAX: there are too many. */
static uint32_t thread_of(struct fdar_activity *a, uint32_t pid, uint32_t tid)
{
	uint64_t key = ((uint64_t)pid << 32) | tid;
	gpointer known = g_hash_table_lookup(a->thread_ids, &key);
	struct fdar_activity_thread thread = { .pid = pid, .tid = tid };

	if (known)
		return GPOINTER_TO_UINT(known) - 1;
	if (a->threads->len >= FDAR_ACTIVITY_THREADS) {
		a->over++;
		return UINT32_MAX;
	}
	thread.slots = g_new0(struct fdar_activity_slot, FDAR_ACTIVITY_SLOTS);
	g_array_append_val(a->threads, thread);
	g_hash_table_insert(a->thread_ids, g_memdup2(&key, sizeof(key)),
			    GUINT_TO_POINTER(a->threads->len));
	return a->threads->len - 1;
}

/* The session that did more wins: of two halves, or of a slot and what is added to it. */
static void add_slot(struct fdar_activity_slot *to, const struct fdar_activity_slot *from)
{
	if (to->session == from->session) {
		to->session_ns += from->session_ns;
	} else if (from->session_ns > to->session_ns) {
		to->session = from->session;
		to->session_ns = from->session_ns;
	}
	to->run_ns += from->run_ns;
	to->wait_ns += from->wait_ns;
	to->server_ns += from->server_ns;
}

static void widen(struct fdar_activity *a)
{
	for (guint t = 0; t < a->threads->len; t++) {
		struct fdar_activity_slot *slots = thread_at(a, t)->slots;

		for (guint i = 0; i < FDAR_ACTIVITY_SLOTS; i += 2) {
			struct fdar_activity_slot both = slots[i];

			add_slot(&both, &slots[i + 1]);
			slots[i] = (struct fdar_activity_slot){ 0 };
			slots[i / 2] = both;
		}
		memset(slots + FDAR_ACTIVITY_SLOTS / 2, 0,
		       sizeof(*slots) * (FDAR_ACTIVITY_SLOTS / 2));
	}
	a->slot_ns *= 2;
}

/* Until that time has a slot. It is never before the begin by more than clocks differ. */
static guint slot_of(struct fdar_activity *a, uint64_t time_ns)
{
	uint64_t since = time_ns - MIN(time_ns, a->begin_ns);

	while (since / a->slot_ns >= FDAR_ACTIVITY_SLOTS && a->slot_ns < (UINT64_C(1) << 62))
		widen(a);
	a->end_ns = MAX(a->end_ns, time_ns);
	return (guint)MIN(since / a->slot_ns, FDAR_ACTIVITY_SLOTS - 1);
}

void fdar_activity_session(struct fdar_activity *a, const struct fdar_walk_session *opened)
{
	struct fdar_activity_session session = { .id = opened->id, .begin_ns = opened->begin_ns };

	if (!a)
		return;
	a->session_count++;
	slot_of(a, opened->begin_ns);
	if (a->sessions->len >= FDAR_ACTIVITY_SESSIONS) {
		a->over++;
		return;
	}
	session.peer = g_strdup(opened->peer);
	g_array_append_val(a->sessions, session);
}

/* How much of self_ns goes into a slot that covers so much of the frame; the last one takes what is left. */
static uint64_t part_of(uint64_t self_ns, uint64_t covered_ns, uint64_t whole_ns)
{
	return whole_ns ? (uint64_t)((double)self_ns * ((double)covered_ns / (double)whole_ns)) : 0;
}

static void spread(struct fdar_activity *a, struct fdar_activity_thread *thread,
		   const struct fdar_walk_frame *frame)
{
	guint last = slot_of(a, frame->end_ns);
	guint first = MIN(slot_of(a, frame->start_ns), last);
	uint64_t whole = frame->end_ns - MIN(frame->start_ns, frame->end_ns);
	uint64_t left = frame->self_ns;

	for (guint i = first; i <= last; i++) {
		uint64_t from = MAX(frame->start_ns, a->begin_ns + i * a->slot_ns);
		uint64_t until = MIN(frame->end_ns, a->begin_ns + (i + 1) * a->slot_ns);
		uint64_t part = i == last ? left
					  : MIN(left, part_of(frame->self_ns,
							      until - MIN(from, until), whole));
		gboolean wait = frame->kind == FDAR_FRAME_WAIT;
		struct fdar_activity_slot slot = { .session =
							   frame->session ? frame->session->id : 0,
						   .session_ns = frame->session ? part : 0,
						   .run_ns = frame->session && !wait ? part : 0,
						   .wait_ns = frame->session && wait ? part : 0,
						   .server_ns = frame->session || wait ? 0 : part };

		add_slot(&thread->slots[i], &slot);
		left -= part;
	}
}

static void name_thread(struct fdar_activity *a, struct fdar_activity_thread *thread, uint32_t name)
{
	const char *text = name ? a->text(a->texts, name) : NULL;

	if (text && text[0] && g_strcmp0(thread->name, text) != 0) {
		g_free(thread->name);
		thread->name = g_strdup(text);
	}
}

void fdar_activity_frame(struct fdar_activity *a, const struct fdar_walk_frame *frame)
{
	uint32_t index = a ? thread_of(a, frame->pid, frame->tid) : UINT32_MAX;
	struct fdar_activity_thread *thread;

	if (index == UINT32_MAX)
		return;
	thread = thread_at(a, index);
	name_thread(a, thread, frame->thread_name);
	thread->frames++;
	if (frame->session && frame->kind == FDAR_FRAME_WAIT)
		thread->wait_ns += frame->self_ns;
	else if (frame->session)
		thread->run_ns += frame->self_ns;
	else if (frame->kind != FDAR_FRAME_WAIT)
		thread->server_ns += frame->self_ns;
	spread(a, thread, frame);
}

static uint32_t edge_of(struct fdar_activity *a, const char *queue, uint32_t from, uint32_t to)
{
	g_autofree char *key = g_strdup_printf("%u %u %s", from, to, queue);
	gpointer known = g_hash_table_lookup(a->edge_ids, key);
	struct fdar_activity_edge edge = { .from = from, .to = to };

	if (known)
		return GPOINTER_TO_UINT(known) - 1;
	if (a->edges->len >= FDAR_ACTIVITY_EDGES) {
		a->over++;
		return UINT32_MAX;
	}
	edge.queue = g_strdup(queue);
	g_array_append_val(a->edges, edge);
	g_hash_table_insert(a->edge_ids, g_steal_pointer(&key), GUINT_TO_POINTER(a->edges->len));
	return a->edges->len - 1;
}

static uint64_t waited(const struct fdar_activity_handoff *handoff)
{
	return handoff->take_ns - MIN(handoff->put_ns, handoff->take_ns);
}

/* Of more than can be kept, those that waited longest. */
static void keep_handoff(struct fdar_activity *a, const struct fdar_activity_handoff *handoff)
{
	guint least = 0;

	if (a->handoffs->len < FDAR_ACTIVITY_HANDOFFS) {
		g_array_append_val(a->handoffs, *handoff);
		return;
	}
	if (waited(handoff) <= a->least_wait_ns)
		return;
	for (guint i = 1; i < a->handoffs->len; i++)
		if (waited(&g_array_index(a->handoffs, struct fdar_activity_handoff, i)) <
		    waited(&g_array_index(a->handoffs, struct fdar_activity_handoff, least)))
			least = i;
	a->least_wait_ns = waited(&g_array_index(a->handoffs, struct fdar_activity_handoff, least));
	if (waited(handoff) > a->least_wait_ns)
		g_array_index(a->handoffs, struct fdar_activity_handoff, least) = *handoff;
}

void fdar_activity_handoff(struct fdar_activity *a, const struct fdar_walk_handoff *told)
{
	struct fdar_activity_handoff handoff = { .from = UINT32_MAX, .to = UINT32_MAX };
	struct fdar_activity_edge *edge;
	const char *queue;

	if (!a)
		return;
	handoff.session = told->session ? told->session->id : 0;
	handoff.put_ns = told->from_tid ? told->put_ns : told->end_ns;
	handoff.take_ns = told->end_ns;
	if (told->from_tid)
		handoff.from = thread_of(a, told->pid, told->from_tid);
	if (told->to_tid)
		handoff.to = thread_of(a, told->pid, told->to_tid);
	queue = told->inferred ? NULL : a->text(a->texts, told->queue);
	a->handoff_count++;
	handoff.edge = edge_of(a, queue ? queue : "", handoff.from, handoff.to);
	if (handoff.edge == UINT32_MAX)
		return;
	edge = &g_array_index(a->edges, struct fdar_activity_edge, handoff.edge);
	edge->count++;
	fdar_histogram_add(&edge->wait_ns, waited(&handoff), 1);
	slot_of(a, handoff.take_ns);
	keep_handoff(a, &handoff);
}

static int by_put(gconstpointer a, gconstpointer b)
{
	const struct fdar_activity_handoff *x = a, *y = b;

	if (x->put_ns != y->put_ns)
		return x->put_ns < y->put_ns ? -1 : 1;
	return x->session < y->session ? -1 : x->session > y->session;
}

static int by_id(gconstpointer a, gconstpointer b)
{
	const struct fdar_activity_session *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

void fdar_activity_finish(struct fdar_activity *a)
{
	g_array_sort(a->handoffs, by_put);
	g_array_sort(a->sessions, by_id);
}

const char *fdar_activity_peer(const struct fdar_activity *a, uint64_t session)
{
	const struct fdar_activity_session wanted = { .id = session };
	guint index;

	if (!g_array_binary_search(a->sessions, &wanted, by_id, &index))
		return NULL;
	return g_array_index(a->sessions, struct fdar_activity_session, index).peer;
}

void fdar_activity_free(struct fdar_activity *a)
{
	if (!a)
		return;
	g_array_unref(a->threads);
	g_array_unref(a->edges);
	g_array_unref(a->handoffs);
	g_array_unref(a->sessions);
	g_hash_table_unref(a->thread_ids);
	g_hash_table_unref(a->edge_ids);
	g_free(a);
}

static void on_session(void *user, struct fdar_walk_session *session)
{
	fdar_activity_session(user, session);
}

static void on_frame(void *user, const struct fdar_walk_frame *frame)
{
	fdar_activity_frame(user, frame);
}

static void on_handoff(void *user, const struct fdar_walk_handoff *handoff)
{
	fdar_activity_handoff(user, handoff);
}

const struct fdar_walk_visitor fdar_activity_visitor = {
	.session_opened = on_session,
	.frame = on_frame,
	.handoff = on_handoff,
};
