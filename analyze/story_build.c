#include "analyze/story_build.h"

#include <string.h>

#include "analyze/story_focus.h"
#include "analyze/story_tree.h"

#define IDLE_NS      100000u             /* shorter gaps are not told as a step of their own */
#define OUTERMOST    (UINT64_C(1) << 63) /* no frame has such an id: | thread id */
#define SCOPE_SEARCH 64u                 /* how far out a scope looks for the function it is in */
#define WAITS_ARE_OF "libc"
#define SERVER       "server"
#define THREADS_MAX  1024u /* of one session; further ones are shown without their name */

/* Calls whose caller is not told yet: it is open, or it is the server's. */
struct pending {
	uint64_t id; /* of the caller */
	struct story_list calls;
	uint64_t end_ns; /* of the last call */
};

struct fd_story_builder {
	struct fd_story_source source;
	struct fd_walk *walk;
	struct story_tree tree;
	GHashTable *pending; /* of struct pending by id */
	struct story_list handoffs;
	GArray *threads; /* of struct story_thread; name is a text id until the end */
	struct story_focus *focus;
	char *peer;
	uint64_t key;
	uint64_t begin_ns;
	uint64_t opened_ns;
	uint64_t end_ns;
	uint64_t calls;
	uint32_t pid;
	enum fd_session_state state;
	gboolean seen;
	gboolean closed;
};

static void pending_free(gpointer data)
{
	struct pending *pending = data;

	story_list_clear(&pending->calls);
	g_free(pending);
}

static gboolean is_ours(const struct fd_story_builder *b, const struct fd_walk_session *session)
{
	return session && session->id == b->source.session && !b->closed;
}

/* Notes the thread, and its name once that is known. */
static void meet_thread(struct fd_story_builder *b, uint32_t pid, uint32_t tid, uint32_t name)
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

static struct pending *pending_of(struct fd_story_builder *b, uint64_t id)
{
	struct pending *pending = g_hash_table_lookup(b->pending, &id);

	if (!pending) {
		pending = g_new0(struct pending, 1);
		pending->id = id;
		g_hash_table_insert(b->pending, &pending->id, pending);
	}
	return pending;
}

static struct story_node *idle_node(struct story_tree *tree, uint64_t from_ns, uint64_t to_ns)
{
	struct story_key key = { .kind = FD_STORY_IDLE };
	struct story_node *node = story_node_new(tree, &key);

	node->start_ns = from_ns;
	node->end_ns = to_ns;
	node->total_ns = node->wait_ns = node->min_ns = node->max_ns = to_ns - from_ns;
	return node;
}

/* If the caller turns out to be the session's own the gaps are its own time, and are dropped. */
static void add_pending(struct fd_story_builder *b, uint64_t caller, struct story_node *node)
{
	struct pending *pending = pending_of(b, caller);
	uint64_t end_ns = node->end_ns;

	if (pending->calls.length > 0 && node->key.kind != FD_STORY_IDLE &&
	    node->start_ns > pending->end_ns && node->start_ns - pending->end_ns >= IDLE_NS) {
		story_list_append(&b->tree, &pending->calls,
				  idle_node(&b->tree, pending->end_ns, node->start_ns));
	}
	story_list_append(&b->tree, &pending->calls, node);
	pending->end_ns = MAX(pending->end_ns, end_ns);
}

static uint64_t caller_of(const struct fd_walk_frame *frame)
{
	return frame->parent ? frame->parent : OUTERMOST | frame->tid;
}

/* The caller was the server's: what it called belongs one further out. */
static void move_out(struct fd_story_builder *b, const struct fd_walk_frame *frame)
{
	struct pending *pending = g_hash_table_lookup(b->pending, &frame->id);
	struct pending *out;

	if (!pending)
		return;
	g_hash_table_steal(b->pending, &frame->id);
	out = pending_of(b, caller_of(frame));
	out->calls.hidden_calls += pending->calls.hidden_calls;
	out->calls.hidden_ns += pending->calls.hidden_ns;
	for (uint32_t i = 0; i < pending->calls.length; i++)
		add_pending(b, caller_of(frame), pending->calls.items[i]);
	pending_free(pending);
}

/* The function that a scope is in. */
static uint64_t function_around(const struct fd_story_builder *b, uint32_t path)
{
	for (uint32_t i = 0; path && i < SCOPE_SEARCH; i++) {
		struct fd_walk_path p = fd_walk_path(b->walk, path);

		if (p.kind == FD_FRAME_FUNCTION)
			return p.addr;
		path = p.parent;
	}
	return 0;
}

static struct story_node *node_of(struct fd_story_builder *b, const struct fd_walk_frame *frame)
{
	gboolean function = frame->kind == FD_FRAME_FUNCTION;
	struct story_key key = {
		.value = function ? frame->addr : frame->name,
		.pid = frame->pid,
		.tid = frame->tid,
		.kind = frame->kind == FD_FRAME_WAIT ? FD_STORY_WAIT : FD_STORY_CALL,
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
	node->is_focus = node->keep = story_focus_is(b->focus, frame);
	if (frame->kind == FD_FRAME_SCOPE)
		node->owner_addr = function_around(b, frame->path);
	return node;
}

static void limit(struct fd_story_builder *b)
{
	GHashTableIter iter;
	gpointer pending;
	g_autoptr(GPtrArray) lists = NULL;

	if (b->tree.nodes < FD_STORY_NODES_MAX)
		return;
	lists = g_ptr_array_new();
	g_ptr_array_add(lists, &b->handoffs);
	g_hash_table_iter_init(&iter, b->pending);
	while (g_hash_table_iter_next(&iter, NULL, &pending))
		g_ptr_array_add(lists, &((struct pending *)pending)->calls);
	story_tree_limit(&b->tree, (struct story_list *const *)lists->pdata, lists->len);
}

static void on_frame(void *user, const struct fd_walk_frame *frame)
{
	struct fd_story_builder *b = user;
	struct pending *below;
	struct story_node *node;

	if (!is_ours(b, frame->session)) {
		if (b->seen && !b->closed)
			move_out(b, frame);
		return;
	}
	node = node_of(b, frame);
	below = g_hash_table_lookup(b->pending, &frame->id);
	if (below) {
		story_list_drop_idle(&b->tree, &below->calls);
		node->children = below->calls;
		below->calls = (struct story_list){ 0 };
		g_hash_table_remove(b->pending, &frame->id);
	}
	story_node_settle(&b->tree, node);
	b->calls++;
	b->begin_ns = MIN(b->begin_ns, frame->start_ns);
	meet_thread(b, frame->pid, frame->tid, frame->thread_name);
	add_pending(b, caller_of(frame), node);
	limit(b);
}

/* Hand-offs between the same threads through the same queue are one node. */
static void on_handoff(void *user, const struct fd_walk_handoff *handoff)
{
	struct fd_story_builder *b = user;
	struct story_key key = { .kind = FD_STORY_HANDOFF,
				 .value = handoff->queue,
				 .pid = handoff->pid,
				 .tid = handoff->from_tid,
				 .to_tid = handoff->to_tid };
	struct story_node *node;

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

static void on_opened(void *user, struct fd_walk_session *session)
{
	struct fd_story_builder *b = user;

	if (session->id != b->source.session)
		return;
	b->seen = TRUE;
	b->peer = g_strdup(session->peer);
	b->key = session->key;
	b->pid = session->pid;
	b->begin_ns = b->opened_ns = session->begin_ns;
}

static int by_start(gconstpointer a, gconstpointer b)
{
	const struct story_node *x = *(const struct story_node *const *)a;
	const struct story_node *y = *(const struct story_node *const *)b;

	return x->start_ns < y->start_ns ? -1 : x->start_ns > y->start_ns;
}

/* Recursive calls whose outer ones are not the session's are calls like all others. */
static void take_roots(struct fd_story_builder *b, struct story_list *from, GPtrArray *roots)
{
	for (uint32_t i = 0; i < from->length; i++) {
		struct story_node *node = from->items[i];

		for (uint32_t j = 0; j < node->lifted.length; j++)
			g_ptr_array_add(roots, node->lifted.items[j]);
		b->tree.roots.hidden_calls += node->lifted.hidden_calls;
		b->tree.roots.hidden_ns += node->lifted.hidden_ns;
		story_list_clear(&node->lifted);
		g_ptr_array_add(roots, node);
	}
	b->tree.roots.hidden_calls += from->hidden_calls;
	b->tree.roots.hidden_ns += from->hidden_ns;
	story_list_clear(from);
}

/* Calls and hand-offs of all threads, in the order in which they began, with the gaps between. */
static void join_roots(struct fd_story_builder *b)
{
	g_autoptr(GPtrArray) roots = g_ptr_array_new();
	gboolean alone = g_hash_table_size(b->pending) == 1 && b->handoffs.length == 0;
	uint64_t end_ns = b->begin_ns;
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, b->pending);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		struct pending *pending = value;

		if (!alone)
			story_list_drop_idle(&b->tree, &pending->calls);
		story_list_finish(&b->tree, &pending->calls);
		take_roots(b, &pending->calls, roots);
	}
	take_roots(b, &b->handoffs, roots);
	g_ptr_array_sort(roots, by_start);
	for (guint i = 0; i < roots->len; i++) {
		struct story_node *node = roots->pdata[i];

		if (!alone && i > 0 && node->start_ns > end_ns &&
		    node->start_ns - end_ns >= IDLE_NS) {
			story_list_push(&b->tree.roots,
					idle_node(&b->tree, end_ns, node->start_ns));
		}
		end_ns = MAX(end_ns, node->end_ns);
		story_list_push(&b->tree.roots, node);
	}
	if (b->end_ns > end_ns && b->end_ns - end_ns >= IDLE_NS) {
		struct story_node *rest = idle_node(&b->tree, end_ns, b->end_ns);

		rest->unfinished = b->state == FD_SESSION_UNFINISHED;
		story_list_push(&b->tree.roots, rest);
	}
	g_hash_table_remove_all(b->pending);
}

static void on_closed(void *user, struct fd_walk_session *session)
{
	struct fd_story_builder *b = user;

	if (!is_ours(b, session))
		return;
	b->state = session->state;
	b->end_ns = session->end_ns;
	join_roots(b);
	b->closed = TRUE;
}

struct fd_story_builder *fd_story_builder_new(const struct fd_story_source *source)
{
	static const struct fd_walk_visitor visitor = {
		.session_opened = on_opened,
		.session_closed = on_closed,
		.frame = on_frame,
		.handoff = on_handoff,
	};
	struct fd_story_builder *b = g_new0(struct fd_story_builder, 1);

	b->source = *source;
	b->pending = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, pending_free);
	b->threads = g_array_new(FALSE, TRUE, sizeof(struct story_thread));
	b->focus = story_focus_new(source->symbols, source->text, source->texts, source->focus);
	b->walk = fd_walk_new(&visitor, b);
	return b;
}

struct fd_walk *fd_story_builder_walk(struct fd_story_builder *builder)
{
	return builder->walk;
}

/* Naming: everything is a number until all binaries of the trace are known. */
struct naming {
	const struct fd_story_source *source;
	GStringChunk *texts;
	const char *program;
};

static const char *keep(struct naming *naming, const char *text)
{
	return g_string_chunk_insert_const(naming->texts, text);
}

static void name_function(struct naming *naming, struct story_node *node, uint64_t addr,
			  gboolean component_only)
{
	const struct fd_symbol *symbol = NULL;
	char number[24];

	if (naming->source->symbols)
		symbol = fd_symbols_lookup(naming->source->symbols, node->key.pid, addr);
	node->component = symbol ? keep(naming, symbol->component) : naming->program;
	if (!component_only) {
		g_snprintf(number, sizeof(number), "0x%" G_GINT64_MODIFIER "x", addr);
		node->name = keep(naming, symbol ? symbol->function : number);
	}
}

static void name_node(struct naming *naming, struct story_node *node)
{
	const struct fd_story_source *source = naming->source;
	gboolean text =
		node->key.kind == FD_STORY_HANDOFF || node->key.frame_kind != FD_FRAME_FUNCTION;

	node->name = "";
	node->component = "";
	if (node->key.kind == FD_STORY_IDLE || node->key.kind == FD_STORY_LOOP)
		return;
	if (!text) {
		name_function(naming, node, node->key.value, FALSE);
		return;
	}
	node->name = keep(naming, source->text(source->texts, (uint32_t)node->key.value));
	node->component = node->key.kind == FD_STORY_WAIT ? WAITS_ARE_OF : naming->program;
	if (node->owner_addr)
		name_function(naming, node, node->owner_addr, TRUE);
}

static void name_all(struct naming *naming, struct story_list *list)
{
	for (uint32_t i = 0; i < list->length; i++) {
		name_node(naming, list->items[i]);
		name_all(naming, &list->items[i]->children);
		name_all(naming, &list->items[i]->lifted);
	}
}

static enum fd_story_state state_of(const struct fd_story_builder *b)
{
	switch (b->state) {
	case FD_SESSION_FINISHED:
		return FD_STORY_FINISHED;
	case FD_SESSION_REPLACED:
		return FD_STORY_REPLACED;
	default:
		return FD_STORY_UNFINISHED;
	}
}

struct fd_story_tree *fd_story_builder_finish(struct fd_story_builder *b)
{
	struct fd_story_tree *tree;
	struct naming naming = { .source = &b->source };

	fd_walk_finish(b->walk);
	if (!b->seen || !b->closed)
		return NULL;
	tree = g_new0(struct fd_story_tree, 1);
	tree->texts = naming.texts = g_string_chunk_new(4096);
	tree->program = naming.program =
		keep(&naming, b->source.symbols ? fd_symbols_program(b->source.symbols) : SERVER);
	name_all(&naming, &b->tree.roots);
	for (guint i = 0; i < b->threads->len; i++) {
		struct story_thread *thread = &g_array_index(b->threads, struct story_thread, i);
		uint32_t id = GPOINTER_TO_UINT(thread->name);

		thread->name = id ? keep(&naming, b->source.text(b->source.texts, id)) : NULL;
	}
	tree->threads = g_steal_pointer(&b->threads);
	tree->tree = b->tree;
	b->tree = (struct story_tree){ 0 };
	tree->peer = keep(&naming, b->peer);
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

void fd_story_builder_free(struct fd_story_builder *b)
{
	GHashTableIter iter;
	gpointer pending;

	if (!b)
		return;
	g_hash_table_iter_init(&iter, b->pending);
	while (g_hash_table_iter_next(&iter, NULL, &pending))
		free_nodes(&b->tree, &((struct pending *)pending)->calls);
	g_hash_table_unref(b->pending);
	free_nodes(&b->tree, &b->handoffs);
	story_tree_clear(&b->tree);
	story_focus_free(b->focus);
	fd_walk_free(b->walk);
	if (b->threads)
		g_array_unref(b->threads);
	g_free(b->peer);
	g_free(b);
}

void fd_story_tree_free(struct fd_story_tree *tree)
{
	if (!tree)
		return;
	story_tree_clear(&tree->tree);
	g_array_unref(tree->threads);
	g_string_chunk_free(tree->texts);
	g_free(tree);
}
