#include "analyze/story/story_build.h"

#include <string.h>

#include "analyze/story/story_focus.h"
#include "analyze/story/story_name.h"
#include "analyze/story/story_pending.h"
#include "analyze/story/story_roots.h"
#include "analyze/story/story_tree.h"
#include "instrument/wire/events.h"

#define SCOPE_SEARCH  64u  /* how far out a scope looks for the function it is in */
#define NOTES_WAITING 64u  /* that no frame has been told around yet; more go to the top */
#define NOTE_BYTES    160u /* as much of a text is kept */
#define SERVER        "server"
#define THREADS_MAX   1024u /* of one session; further ones are shown without their name */

struct fdar_story_builder {
	struct fdar_story_source source;
	struct fdar_walk *walk;
	struct story_tree tree;
	struct story_pending *pending;
	struct story_list handoffs;
	GPtrArray
		*notes;  /* of struct story_node: those that no frame around them is known of yet */
	GArray *threads; /* of struct story_thread; name is a text id until the end */
	struct story_focus *focus;
	char *peer;
	uint64_t key;
	uint64_t begin_ns;
	uint64_t opened_ns;
	uint64_t end_ns;
	uint64_t calls;
	uint32_t pid;
	enum fdar_session_state state;
	gboolean seen;
	gboolean closed;
};

static gboolean is_ours(const struct fdar_story_builder *b, const struct fdar_walk_session *session)
{
	return session && session->id == b->source.session && !b->closed;
}

/* Notes the thread, and its name once that is known. */
static void meet_thread(struct fdar_story_builder *b, uint32_t pid, uint32_t tid, uint32_t name)
{
	struct story_thread thread = { .pid = pid, .tid = tid };

	for (guint i = 0; i < b->threads->len; i++) {
		struct story_thread *known = &g_array_index(b->threads, struct story_thread, i);

		if (known->pid == pid && known->tid == tid) {
			known->name = name ? GUINT_TO_POINTER(name) : known->name;
			return;
		}
	}
	thread.name = GUINT_TO_POINTER(name);
	if (b->threads->len < THREADS_MAX)
		g_array_append_val(b->threads, thread);
}

/* The function that a scope is in. */
static uint64_t function_around(const struct fdar_story_builder *b, uint32_t path)
{
	for (uint32_t i = 0; path && i < SCOPE_SEARCH; i++) {
		struct fdar_walk_path p = fdar_walk_path(b->walk, path);

		if (p.kind == FDAR_FRAME_FUNCTION)
			return p.addr;
		path = p.parent;
	}
	return 0;
}

static struct story_node *node_of(struct fdar_story_builder *b, const struct fdar_walk_frame *frame)
{
	gboolean function = frame->kind == FDAR_FRAME_FUNCTION;
	struct story_key key = {
		.value = function ? frame->addr : frame->name,
		.pid = frame->pid,
		.tid = frame->tid,
		.kind = frame->kind == FDAR_FRAME_WAIT ? FDAR_STORY_WAIT : FDAR_STORY_CALL,
		.frame_kind = frame->kind,
	};
	struct story_node *node = story_node_new(&b->tree, &key);

	node->start_ns = frame->start_ns;
	node->end_ns = frame->end_ns;
	node->total_ns = node->min_ns = node->max_ns = frame->total_ns;
	node->wait_ns = frame->wait_ns;
	node->self_ns = frame->self_ns;
	node->unfinished = frame->unfinished;
	node->recursive = frame->recursive;
	node->client = frame->kind == FDAR_FRAME_WAIT &&
		       (frame->wait == FDAR_WAIT_POLL ||
			(frame->wait == FDAR_WAIT_IO && frame->fd >= 0 && frame->session &&
			 frame->fd == frame->session->fd));
	node->is_focus = node->keep = story_focus_is(b->focus, frame);
	if (frame->kind == FDAR_FRAME_SCOPE)
		node->owner_addr = function_around(b, frame->path);
	return node;
}

static void limit(struct fdar_story_builder *b)
{
	g_autoptr(GPtrArray) lists = NULL;

	if (!story_tree_is_full(&b->tree))
		return;
	lists = g_ptr_array_new();
	g_ptr_array_add(lists, &b->handoffs);
	story_pending_lists(b->pending, lists);
	story_tree_limit(&b->tree, (struct story_list *const *)lists->pdata, lists->len);
}

/* The notes that were made in a frame, but in none of those below it. */
static void take_notes(struct fdar_story_builder *b, const struct fdar_walk_frame *frame,
		       struct story_list *children)
{
	guint kept = 0;

	for (guint i = 0; i < b->notes->len; i++) {
		struct story_node *note = b->notes->pdata[i];

		if (note->key.pid == frame->pid && note->key.tid == frame->tid &&
		    note->start_ns >= frame->start_ns && note->start_ns <= frame->end_ns)
			story_list_put_note(&b->tree, children, note);
		else
			b->notes->pdata[kept++] = note;
	}
	g_ptr_array_set_size(b->notes, (gint)kept);
}

/* Calls that were too short to be recorded are hidden ones. */
static void take_skipped(struct fdar_story_builder *b, const struct fdar_walk_frame *frame,
			 struct story_node *node)
{
	uint64_t ns = MIN(frame->skipped_ns, node->self_ns);

	node->children.hidden_calls += frame->skipped_calls;
	node->children.hidden_ns += ns;
	node->self_ns -= ns;
	b->calls += frame->skipped_calls;
}

static void meet_frame(struct fdar_story_builder *b, const struct fdar_walk_frame *frame)
{
	b->calls++;
	b->begin_ns = MIN(b->begin_ns, frame->start_ns);
	meet_thread(b, frame->pid, frame->tid, frame->thread_name);
}

/* By the rules, unless it was asked for. */
static gboolean is_hidden(struct fdar_story_builder *b, const struct fdar_walk_frame *frame)
{
	return b->source.run && frame->kind == FDAR_FRAME_FUNCTION &&
	       fdar_rules_run_hides(b->source.run, frame->pid, frame->addr) &&
	       !story_focus_is(b->focus, frame);
}

static void on_frame(void *user, const struct fdar_walk_frame *frame)
{
	struct fdar_story_builder *b = user;
	struct story_node *node;

	fdar_activity_frame(b->source.activity, frame);
	/* Who had the processor meanwhile is no part of the story. */
	if (frame->wait == FDAR_WAIT_PROCESSOR || !is_ours(b, frame->session)) {
		if (b->seen && !b->closed && frame->wait != FDAR_WAIT_PROCESSOR)
			story_pending_move_out(b->pending, frame);
		return;
	}
	meet_frame(b, frame);
	if (is_hidden(b, frame)) {
		story_pending_hide(b->pending, frame);
		b->calls += frame->skipped_calls;
		return;
	}
	node = node_of(b, frame);
	story_pending_take(b->pending, frame, &node->children);
	take_notes(b, frame, &node->children);
	take_skipped(b, frame, node);
	story_node_settle(&b->tree, node);
	story_pending_add(b->pending, story_pending_caller(frame), node);
	limit(b);
}

/* Hand-offs between the same threads through the same queue are one node. */
static void on_handoff(void *user, const struct fdar_walk_handoff *handoff)
{
	struct fdar_story_builder *b = user;
	struct story_key key = { .kind = FDAR_STORY_HANDOFF,
				 .value = handoff->queue,
				 .pid = handoff->pid,
				 .tid = handoff->from_tid,
				 .to_tid = handoff->to_tid };
	struct story_node *node;

	fdar_activity_handoff(b->source.activity, handoff);
	if (!is_ours(b, handoff->session))
		return;
	node = story_node_new(&b->tree, &key);
	node->object = handoff->object;
	node->start_ns = handoff->from_tid ? handoff->put_ns : handoff->end_ns;
	node->end_ns = MAX(handoff->end_ns, node->start_ns);
	node->total_ns = node->wait_ns = node->end_ns - node->start_ns;
	node->min_ns = node->max_ns = node->total_ns;
	node->unfinished = handoff->to_tid == 0;
	b->begin_ns = MIN(b->begin_ns, node->start_ns);
	for (uint32_t i = 0; i < b->handoffs.length; i++) {
		if (story_node_alike(b->handoffs.items[i], node)) {
			story_node_merge(&b->tree, b->handoffs.items[i], node);
			return;
		}
	}
	story_list_push(&b->handoffs, node);
	limit(b);
}

static void take_note(struct fdar_story_builder *b, const struct fdar_walk_note *note, uint8_t kind,
		      char *text)
{
	struct story_key key = { .kind = FDAR_STORY_NOTE,
				 .value = note->key,
				 .pid = note->pid,
				 .tid = note->tid,
				 .frame_kind = kind };
	struct story_node *node = story_node_new(&b->tree, &key);

	node->text = text;
	node->start_ns = node->end_ns = note->time_ns;
	g_ptr_array_add(b->notes, node);
	if (b->notes->len > NOTES_WAITING)
		story_pending_add(b->pending, story_pending_outermost(note->tid),
				  g_ptr_array_steal_index(b->notes, 0));
}

static void on_note(void *user, const struct fdar_walk_note *note)
{
	struct fdar_story_builder *b = user;

	if (is_ours(b, note->session))
		take_note(b, note, STORY_NOTE_ITS_OWN,
			  g_strndup(note->value, MIN(note->value_len, NOTE_BYTES)));
}

static void on_request(void *user, const struct fdar_walk_note *request)
{
	struct fdar_story_builder *b = user;

	if (is_ours(b, request->session))
		take_note(b, request, STORY_NOTE_REQUEST,
			  g_strndup(request->value, MIN(request->value_len, NOTE_BYTES)));
}

/* The first line, as people read it: what is no printable ASCII is a dot. */
static void on_bytes(void *user, const struct fdar_walk_note *bytes)
{
	struct fdar_story_builder *b = user;
	GString *text;

	if (!is_ours(b, bytes->session))
		return;
	text = g_string_new(NULL);
	g_string_printf(text, "%" G_GUINT64_FORMAT " bytes, ", bytes->total);
	for (uint32_t i = 0; i < MIN(bytes->value_len, NOTE_BYTES); i++) {
		if (i > 0 && (bytes->value[i] == '\r' || bytes->value[i] == '\n'))
			break;
		g_string_append_c(text, g_ascii_isprint(bytes->value[i]) ? bytes->value[i] : '.');
	}
	take_note(b, bytes, STORY_NOTE_ITS_OWN, g_string_free(text, FALSE));
}

static void on_opened(void *user, struct fdar_walk_session *session)
{
	struct fdar_story_builder *b = user;

	fdar_activity_session(b->source.activity, session);
	if (b->source.session == 0 && session->key == b->source.key &&
	    session->begin_ns == b->source.begin_ns)
		b->source.session = session->id;
	if (session->id != b->source.session)
		return;
	b->seen = TRUE;
	b->peer = g_strdup(session->peer);
	b->key = session->key;
	b->pid = session->pid;
	b->begin_ns = b->opened_ns = session->begin_ns;
}

/* The calls of all threads and the hand-offs become the tree's roots. */
static void join_roots(struct fdar_story_builder *b)
{
	g_autoptr(GPtrArray) lists = g_ptr_array_new();

	story_pending_lists(b->pending, lists);
	if (b->handoffs.length > 0)
		g_ptr_array_add(lists, &b->handoffs);
	story_roots_join(&b->tree, lists, b->begin_ns, b->end_ns,
			 b->state == FDAR_SESSION_UNFINISHED);
	story_pending_clear(b->pending);
}

static void on_closed(void *user, struct fdar_walk_session *session)
{
	struct fdar_story_builder *b = user;

	if (!is_ours(b, session))
		return;
	b->state = session->state;
	b->end_ns = session->end_ns;
	while (b->notes->len > 0) {
		struct story_node *note = g_ptr_array_steal_index(b->notes, 0);

		story_pending_add(b->pending, story_pending_outermost(note->key.tid), note);
	}
	join_roots(b);
	b->closed = TRUE;
}

const struct fdar_walk_visitor fdar_story_builder_visitor = {
	.session_opened = on_opened,
	.session_closed = on_closed,
	.frame = on_frame,
	.handoff = on_handoff,
	.note = on_note,
	.bytes = on_bytes,
	.request = on_request,
};

struct fdar_story_builder *fdar_story_builder_new(const struct fdar_story_source *source)
{
	struct fdar_story_builder *b = g_new0(struct fdar_story_builder, 1);

	b->source = *source;
	b->pending = story_pending_new(&b->tree);
	b->notes = g_ptr_array_new();
	b->threads = g_array_new(FALSE, TRUE, sizeof(struct story_thread));
	b->focus = story_focus_new(source->symbols, source->text, source->texts, source->focus);
	b->tree.nodes_max = source->nodes_max;
	b->walk = source->walk ? source->walk : fdar_walk_new(&fdar_story_builder_visitor, b);
	fdar_walk_set_texts(b->walk, source->text, source->texts);
	return b;
}

struct fdar_walk *fdar_story_builder_walk(struct fdar_story_builder *builder)
{
	return builder->walk;
}

static enum fdar_story_state state_of(const struct fdar_story_builder *b)
{
	switch (b->state) {
	case FDAR_SESSION_FINISHED:
		return FDAR_STORY_FINISHED;
	case FDAR_SESSION_REPLACED:
		return FDAR_STORY_REPLACED;
	default:
		return FDAR_STORY_UNFINISHED;
	}
}

struct fdar_story_tree *fdar_story_builder_finish(struct fdar_story_builder *b)
{
	struct fdar_story_tree *tree;
	GStringChunk *texts;

	if (!b->source.walk)
		fdar_walk_finish(b->walk);
	if (!b->seen || !b->closed)
		return NULL;
	story_list_sort(&b->tree.roots);
	tree = g_new0(struct fdar_story_tree, 1);
	tree->texts = texts = g_string_chunk_new(4096);
	tree->program =
		g_string_chunk_insert_const(texts, b->source.symbols
							   ? fdar_symbols_program(b->source.symbols)
							   : SERVER);
	story_name_all(&b->source, texts, tree->program, &b->tree);
	for (guint i = 0; i < b->threads->len; i++) {
		struct story_thread *thread = &g_array_index(b->threads, struct story_thread, i);
		uint32_t id = GPOINTER_TO_UINT(thread->name);

		thread->name =
			id ? g_string_chunk_insert_const(texts, b->source.text(b->source.texts, id))
			   : NULL;
	}
	tree->threads = g_steal_pointer(&b->threads);
	tree->tree = b->tree;
	b->tree = (struct story_tree){ 0 };
	tree->peer = g_string_chunk_insert_const(texts, b->peer);
	tree->key = b->key;
	tree->pid = b->pid;
	tree->state = state_of(b);
	tree->begin_ns = b->begin_ns;
	tree->opened_ns = b->opened_ns;
	tree->end_ns = b->end_ns;
	tree->calls = b->calls;
	return tree;
}

static void free_nodes(struct story_tree *tree, struct story_list *list)
{
	for (uint32_t i = 0; i < list->length; i++)
		story_node_free(tree, list->items[i]);
	story_list_clear(list);
}

void fdar_story_builder_free(struct fdar_story_builder *b)
{
	g_autoptr(GPtrArray) lists = g_ptr_array_new();

	if (!b)
		return;
	story_pending_lists(b->pending, lists);
	for (guint i = 0; i < lists->len; i++)
		free_nodes(&b->tree, lists->pdata[i]);
	story_pending_free(b->pending);
	free_nodes(&b->tree, &b->handoffs);
	for (guint i = 0; i < b->notes->len; i++)
		story_node_free(&b->tree, b->notes->pdata[i]);
	g_ptr_array_unref(b->notes);
	story_tree_clear(&b->tree);
	story_focus_free(b->focus);
	if (!b->source.walk)
		fdar_walk_free(b->walk);
	if (b->threads)
		g_array_unref(b->threads);
	g_free(b->peer);
	g_free(b);
}
