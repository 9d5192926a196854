/* Frames of a thread: entering, closing, repair of exits that do not match. */
#include "analyze/walk/walk_call.h"
#include "analyze/walk/walk_frame.h"

#define FIRST_FRAMES 64u

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

const struct call *walk_call_learn(struct fdar_walk *walk, const struct thread *thread,
				   uint32_t around, uint64_t around_hash, uint64_t addr)
{
	struct call call = { .addr = addr, .path = around, .thread = thread->index + 1 };

	call.slot = slot_add(walk, thread, FDAR_FRAME_FUNCTION, addr);
	call.below_hash = walk_hash_below(around_hash, addr);
	call.below = walk_path_find(walk, around, walk_slot_at(walk, call.slot)->key,
				    &call.below_hash, 0);
	return walk_call_remember(walk, &call, around_hash);
}

/* Where a function, scope or wait leads. Of functions this is remembered. */
static struct call call_of(struct fdar_walk *walk, const struct thread *thread, uint32_t around,
			   enum fdar_frame_kind kind, const struct fdar_event *event)
{
	uint64_t around_hash = walk->paths[around].hash;
	const struct call *known;
	struct call call = { 0 };
	uint32_t key;

	if (kind == FDAR_FRAME_FUNCTION) {
		known = walk_call_recall(walk, around, around_hash, event->func.function, thread);
		return known ? *known
			     : *walk_call_learn(walk, thread, around, around_hash,
						event->func.function);
	}
	call.slot = slot_add(walk, thread, kind, event->name);
	key = walk_slot_at(walk, call.slot)->key;
	call.below_hash = walk_hash_below(around_hash, (uint64_t)key << 8 | kind);
	call.below = walk_path_find(walk, around, key, &call.below_hash, event->waiting.kind);
	return call;
}

/* One more frame, whatever it holds. */
static inline struct frame *push(struct thread *thread)
{
	uint32_t depth = thread->frames->len;

	if (G_UNLIKELY(depth == thread->room)) {
		thread->room = MAX(FIRST_FRAMES, 2 * thread->room);
		g_array_set_size(thread->frames, thread->room);
	}
	thread->frames->len = depth + 1;
	return walk_frame_at(thread, depth);
}

struct frame *walk_stack_enter(struct fdar_walk *walk, struct thread *thread,
			       enum fdar_frame_kind kind, const struct fdar_event *event)
{
	uint32_t depth = thread->frames->len, around = 0;
	struct call call;

	if (kind != FDAR_FRAME_WAIT && G_UNLIKELY(walk_has_answered(thread))) {
		walk_session_leave(walk, thread);
		walk_owner_boundary(walk, thread);
	}
	/* Which function was open when others got the processor says nothing of it. */
	if (depth && (kind != FDAR_FRAME_WAIT || event->waiting.kind != FDAR_WAIT_PROCESSOR))
		around = walk_frame_at(thread, depth - 1)->path;

	if (depth >= FDAR_WALK_DEPTH_MAX) {
		thread->overflow++;
		walk->stats.too_deep++;
		return NULL;
	}
	call = call_of(walk, thread, around, kind, event);
	struct slot *slot = walk_slot_at(walk, call.slot);
	struct frame *frame = push(thread);

	walk->stats.paths_over += !call.below;
	*frame = (struct frame){
		.id = ++walk->next_frame,
		.addr = kind == FDAR_FRAME_FUNCTION ? event->func.function : 0,
		.call_site = kind == FDAR_FRAME_FUNCTION ? event->func.call_site : 0,
		.path_hash = call.below_hash,
		.start_ns = thread->now_ns,
		.slot = call.slot,
		.outer = slot->top,
		.path = call.below,
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

void walk_stack_inherited(struct fdar_walk *walk, struct thread *thread,
			  const struct fdar_event *event)
{
	uint32_t have = MIN(thread->heirlooms, thread->frames->len);
	struct frame *frame;

	for (uint32_t i = thread->heirlooms_told; i < have; i++) {
		frame = walk_frame_at(thread, i);
		if (frame->kind != FDAR_FRAME_FUNCTION || frame->addr != event->func.function)
			continue;
		thread->heirlooms_told = i + 1;
		return;
	}
	frame = walk_stack_enter(walk, thread, FDAR_FRAME_FUNCTION, event);
	if (frame)
		walk_owner_to_server(walk, thread, frame);
}

/* All of a frame that is closed, where somebody wants to know, or it is nobody's yet. */
static __attribute__((noinline)) void tell_whole(struct fdar_walk *walk, struct thread *thread,
						 const struct frame *frame,
						 const struct fdar_walk_cost *cost, int64_t result)
{
	uint32_t depth = thread->frames->len;
	struct fdar_walk_frame told = {
		.id = frame->id,
		.parent = depth ? walk_frame_at(thread, depth - 1)->id : 0,
		.session = cost->session,
		.pid = thread->pid,
		.tid = thread->tid,
		.thread_name = thread->name,
		.name = frame->name,
		.addr = frame->addr,
		.call_site = frame->call_site,
		.path = frame->path,
		.depth = depth,
		.start_ns = frame->start_ns,
		.end_ns = thread->now_ns,
		.self_ns = cost->self_ns,
		.total_ns = cost->total_ns,
		.wait_ns = cost->wait_ns,
		.skipped_calls = frame->skipped_calls,
		.skipped_ns = frame->skipped_ns,
		.fd = frame->fd,
		.result = result,
		.kind = frame->kind,
		.wait = frame->wait,
		.recursive = cost->recursive,
		.unfinished = cost->unfinished,
		.repaired = cost->repaired,
		.ended = cost->ended,
		.client = cost->client,
	};

	walk_tell(walk, thread, &told, frame->claim);
}

static struct frame *parent_of(const struct thread *thread)
{
	uint32_t depth = thread->frames->len;

	return depth ? walk_frame_at(thread, depth - 1) : NULL;
}

/* The frame stays where it is, behind the end of the stack, until the next one is entered; who is
 * told enters none. */
static inline void close_top(struct fdar_walk *walk, struct thread *thread, enum how how,
			     int64_t result)
{
	uint32_t depth = thread->frames->len - 1;
	const struct frame *frame = walk_frame_at(thread, depth);
	struct fdar_walk_cost cost =
		walk_frame_cost(walk_frame_at(thread, 0), thread->now_ns, frame, how);
	uint8_t boundary = frame->boundary;

	walk_slot_at(walk, frame->slot)->top = frame->outer;
	thread->frames->len = depth;
	thread->open[frame->kind]--;
	thread->boundary = MIN(thread->boundary, depth);
	thread->server_below = MIN(thread->server_below, depth);
	walk_frame_add(thread, parent_of(thread), frame, thread->now_ns - frame->start_ns, &cost);
	if (walk->visitor->frame || (frame->claim == CLAIM_PENDING && walk_can_wait(thread))) {
		tell_whole(walk, thread, frame, &cost, result);
	} else if (frame->claim == CLAIM_PENDING && walk_sums(walk)) {
		walk_defer(thread, &cost, 1, frame->start_ns);
	} else {
		thread->pending_over += frame->claim == CLAIM_PENDING;
		walk_tell_cost(walk, &cost);
	}
	walk_owner_release(walk, thread, frame);
	if (boundary && !thread->current)
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
	return slot == FDAR_INTERN_NONE ? 0 : walk_slot_at(walk, slot)->top;
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

void walk_stack_clear(struct fdar_walk *walk, struct thread *thread, enum how how)
{
	while (thread->frames->len)
		close_top(walk, thread, how, 0);
}
