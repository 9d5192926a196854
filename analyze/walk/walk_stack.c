/* Frames of a thread: entering, closing, repair of exits that do not match, call paths. */
#include "analyze/walk/walk_private.h"

static uint64_t identity_of(enum fdar_frame_kind kind, const struct fdar_event *event)
{
	return kind == FDAR_FRAME_FUNCTION ? event->func.function : event->name;
}

/* What tells one function from another: addresses mean something within a process only. */
static uint64_t key_kind(const struct thread *thread, enum fdar_frame_kind kind)
{
	uint64_t pid = kind == FDAR_FRAME_FUNCTION ? thread->pid : 0;

	return pid << 8 | (uint64_t)kind;
}

static uint64_t slot_kind(const struct thread *thread, enum fdar_frame_kind kind)
{
	return (uint64_t)thread->index << 8 | (uint64_t)kind;
}

static uint32_t slot_add(struct fdar_walk *walk, const struct thread *thread,
			 enum fdar_frame_kind kind, uint64_t identity)
{
	uint32_t id = fdar_intern_add(&walk->slot_ids, slot_kind(thread, kind), identity);

	if (id == walk->slots->len) {
		struct slot slot = { 0 };

		slot.key = fdar_intern_add(&walk->keys, key_kind(thread, kind), identity);
		g_array_append_val(walk->slots, slot);
	}
	return id;
}

static struct slot *slot_at(const struct fdar_walk *walk, uint32_t id)
{
	return &g_array_index(walk->slots, struct slot, id);
}

static struct fdar_walk_path *path_at(const struct fdar_walk *walk, uint32_t path)
{
	return &g_array_index(walk->paths, struct fdar_walk_path, path);
}

/* The path that a call of key makes of path: an old one where that is recursion. */
static uint32_t path_make(struct fdar_walk *walk, uint32_t path, uint32_t key, uint32_t pid,
			  enum fdar_frame_kind kind, const struct fdar_event *event)
{
	for (uint32_t up = path; up; up = path_at(walk, up)->parent)
		if (g_array_index(walk->path_keys, uint32_t, up) == key)
			return up;
	if (walk->paths->len >= FDAR_WALK_PATHS_MAX)
		return 0;

	struct fdar_walk_path made = { .parent = path, .kind = (uint8_t)kind };
	if (kind == FDAR_FRAME_FUNCTION) {
		made.pid = pid;
		made.addr = event->func.function;
	} else {
		made.name = event->name;
		made.wait = event->waiting.kind;
	}
	g_array_append_val(walk->paths, made);
	g_array_append_val(walk->path_keys, key);
	return walk->paths->len - 1;
}

static uint32_t path_below(struct fdar_walk *walk, uint32_t path, uint32_t key, uint32_t pid,
			   enum fdar_frame_kind kind, const struct fdar_event *event)
{
	uint32_t below;

	if (walk->edge_paths->len < WALK_EDGES_MAX) {
		uint32_t edge = fdar_intern_add(&walk->edges, path, key);

		if (edge == walk->edge_paths->len) {
			below = path_make(walk, path, key, pid, kind, event);
			g_array_append_val(walk->edge_paths, below);
		}
		below = g_array_index(walk->edge_paths, uint32_t, edge);
	} else {
		uint32_t edge = fdar_intern_find(&walk->edges, path, key);

		below = edge == FDAR_INTERN_NONE ? 0
						 : g_array_index(walk->edge_paths, uint32_t, edge);
	}
	if (!below)
		walk->stats.paths_over++;
	return below;
}

struct frame *walk_stack_enter(struct fdar_walk *walk, struct thread *thread,
			       enum fdar_frame_kind kind, const struct fdar_event *event)
{
	uint32_t depth = thread->frames->len;

	if (depth >= FDAR_WALK_DEPTH_MAX) {
		thread->overflow++;
		walk->stats.too_deep++;
		return NULL;
	}
	uint32_t slot_id = slot_add(walk, thread, kind, identity_of(kind, event));
	struct slot *slot = slot_at(walk, slot_id);
	uint32_t around = depth ? walk_frame_at(thread, depth - 1)->path : 0;

	g_array_set_size(thread->frames, depth + 1);
	struct frame *frame = walk_frame_at(thread, depth);
	*frame = (struct frame){
		.id = ++walk->next_frame,
		.addr = kind == FDAR_FRAME_FUNCTION ? event->func.function : 0,
		.call_site = kind == FDAR_FRAME_FUNCTION ? event->func.call_site : 0,
		.start_ns = thread->now_ns,
		.slot = slot_id,
		.outer = slot->top,
		.path = path_below(walk, around, slot->key, thread->pid, kind, event),
		.name = kind == FDAR_FRAME_FUNCTION ? 0 : event->name,
		.fd = kind == FDAR_FRAME_WAIT ? event->waiting.fd : -1,
		.kind = (uint8_t)kind,
		.wait = kind == FDAR_FRAME_WAIT ? event->waiting.kind : 0,
	};
	slot->top = depth + 1;
	thread->open[kind]++;
	walk_owner_claim(thread, frame);
	return frame;
}

static gboolean same_claim(const struct frame *a, const struct frame *b)
{
	return a->claim == b->claim && a->owner == b->owner;
}

/* Is the frame's function open further out, for the same owner? */
static uint8_t is_recursive(const struct thread *thread, const struct frame *frame)
{
	for (uint32_t outer = frame->outer; outer;) {
		const struct frame *other = walk_frame_at(thread, outer - 1);

		if (same_claim(other, frame))
			return TRUE;
		outer = other->outer;
	}
	return FALSE;
}

/* Whose times these are is in walk_private.h. */
static void add_to_parent(struct thread *thread, const struct frame *frame, uint64_t duration_ns,
			  const struct fdar_walk_frame *told)
{
	uint32_t depth = thread->frames->len;
	struct frame *parent = depth ? walk_frame_at(thread, depth - 1) : NULL;

	if (frame->claim == CLAIM_PENDING && (!parent || parent->claim != CLAIM_PENDING)) {
		thread->pending_ns += told->total_ns;
		thread->pending_wait_ns += told->wait_ns;
	}
	if (!parent)
		return;
	parent->child_ns += duration_ns;
	if (frame->claim == CLAIM_SERVER) {
		parent->in_server_ns += told->total_ns;
		parent->in_server_wait_ns += told->wait_ns;
		return;
	}
	parent->in_server_ns += frame->in_server_ns;
	parent->in_server_wait_ns += frame->in_server_wait_ns;
	if (same_claim(parent, frame)) {
		parent->in_owner_ns += told->total_ns;
		parent->in_owner_wait_ns += told->wait_ns;
	}
}

static void tell_times(uint64_t now_ns, const struct frame *frame, struct fdar_walk_frame *told)
{
	gboolean server = frame->claim == CLAIM_SERVER;

	told->start_ns = frame->start_ns;
	told->end_ns = now_ns;
	told->self_ns = now_ns - frame->start_ns - frame->child_ns;
	told->total_ns = told->self_ns + (server ? frame->in_server_ns : frame->in_owner_ns);
	told->wait_ns = server ? frame->in_server_wait_ns : frame->in_owner_wait_ns;
	if (frame->kind == FDAR_FRAME_WAIT)
		told->wait_ns += told->self_ns;
}

enum how { HOW_EXIT, HOW_REPAIR, HOW_END_OF_TRACE };

static void close_top(struct fdar_walk *walk, struct thread *thread, enum how how, int64_t result)
{
	uint32_t depth = thread->frames->len - 1;
	struct frame frame = *walk_frame_at(thread, depth);
	struct fdar_walk_frame told = {
		.id = frame.id,
		.parent = depth ? walk_frame_at(thread, depth - 1)->id : 0,
		.session = frame.owner ? &frame.owner->told : NULL,
		.pid = thread->pid,
		.tid = thread->tid,
		.thread_name = thread->name,
		.name = frame.name,
		.addr = frame.addr,
		.call_site = frame.call_site,
		.path = frame.path,
		.depth = depth,
		.skipped_calls = frame.skipped_calls,
		.skipped_ns = frame.skipped_ns,
		.fd = frame.fd,
		.result = result,
		.kind = frame.kind,
		.wait = frame.wait,
		.recursive = is_recursive(thread, &frame),
		.unfinished = how == HOW_END_OF_TRACE,
		.repaired = how == HOW_REPAIR,
	};

	tell_times(thread->now_ns, &frame, &told);
	slot_at(walk, frame.slot)->top = frame.outer;
	g_array_set_size(thread->frames, depth);
	thread->open[frame.kind]--;
	thread->boundary = MIN(thread->boundary, depth);
	thread->server_below = MIN(thread->server_below, depth);
	add_to_parent(thread, &frame, told.end_ns - told.start_ns, &told);
	walk_tell(walk, thread, &told, frame.claim);
	walk_owner_release(walk, thread, &frame);
	if (frame.boundary && !thread->current)
		walk_owner_boundary(walk, thread);
}

/* Index + 1 of the innermost open frame of a kind, 0: none. What is above it will be closed, so
 * the search is paid for by the frames it passes. */
static uint32_t innermost(const struct thread *thread, enum fdar_frame_kind kind)
{
	uint32_t top = thread->open[kind] ? thread->frames->len : 0;

	while (top && walk_frame_at(thread, top - 1)->kind != kind)
		top--;
	return top;
}

/* Index + 1 of the frame that an exit closes, 0: it is not open. */
static uint32_t find_open(const struct fdar_walk *walk, const struct thread *thread,
			  enum fdar_frame_kind kind, const struct fdar_event *event)
{
	uint32_t depth = thread->frames->len;
	uint64_t identity = identity_of(kind, event);

	if (kind == FDAR_FRAME_WAIT || !identity)
		return innermost(thread, kind);
	if (depth) {
		const struct frame *top = walk_frame_at(thread, depth - 1);

		if (top->kind == kind && (top->addr | top->name) == identity)
			return depth;
	}
	uint32_t slot = fdar_intern_find(&walk->slot_ids, slot_kind(thread, kind), identity);
	return slot == FDAR_INTERN_NONE ? 0 : slot_at(walk, slot)->top;
}

void walk_stack_exit(struct fdar_walk *walk, struct thread *thread, enum fdar_frame_kind kind,
		     const struct fdar_event *event)
{
	if (thread->overflow) {
		thread->overflow--;
		return;
	}
	uint32_t top = find_open(walk, thread, kind, event);
	if (!top) {
		walk->stats.stray_exits++;
		return;
	}
	while (thread->frames->len > top)
		close_top(walk, thread, HOW_REPAIR, 0);
	close_top(walk, thread, HOW_EXIT, kind == FDAR_FRAME_WAIT ? event->waited.result : 0);
}

void walk_stack_skip(struct fdar_walk *walk, struct thread *thread, const struct fdar_event *event)
{
	uint32_t depth = thread->frames->len;

	walk->stats.skipped_calls += event->calls.count;
	walk->stats.skipped_ns += event->calls.ns;
	/* A wait calls nothing: what is told in it is of the frame around it. */
	if (depth && walk_frame_at(thread, depth - 1)->kind == FDAR_FRAME_WAIT)
		depth--;
	if (!depth || thread->overflow)
		return;
	walk_frame_at(thread, depth - 1)->skipped_calls += event->calls.count;
	walk_frame_at(thread, depth - 1)->skipped_ns += event->calls.ns;
}

void walk_stack_unwind(struct fdar_walk *walk, struct thread *thread, uint64_t count)
{
	uint64_t over = MIN(count, thread->overflow);

	thread->overflow -= over;
	for (count -= over; count; count--) {
		uint32_t top = innermost(thread, FDAR_FRAME_FUNCTION);

		if (!top) {
			walk->stats.stray_exits++;
			return;
		}
		while (thread->frames->len >= top)
			close_top(walk, thread, HOW_REPAIR, 0);
		walk->stats.unwound++;
	}
}

void walk_stack_clear(struct fdar_walk *walk, struct thread *thread, gboolean end_of_trace)
{
	while (thread->frames->len)
		close_top(walk, thread, end_of_trace ? HOW_END_OF_TRACE : HOW_REPAIR, 0);
}
