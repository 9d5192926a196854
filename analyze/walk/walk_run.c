/* Runs of function events: nearly all that traces hold. Each does what walk_stack.c would do with it; what
 * it would do otherwise than usual ends the run, before anything of it is done, and is left to that. */
#include "analyze/walk/walk_call.h"
#include "analyze/walk/walk_frame.h"

#define COSTS 64u /* told at once */
#define AHEAD 64u /* events whose paths are looked for before the first of them is done */
#define AGAIN 16u /* and when a call leads elsewhere than was foreseen */

/* The thread as it is in the run: written back at its end. */
struct run {
	struct fdar_walk *walk;
	struct thread *thread;
	struct frame *frames;
	struct session *owner; /* of frames that are entered; NULL: nobody yet, or the server */
	uint64_t now_ns;
	uint64_t next_frame;
	uint32_t depth, lowest; /* lowest: that it was */
	uint32_t room;
	uint32_t open;       /* functions */
	uint64_t halves;     /* calls count twice as events */
	uint64_t paths_over; /* of them: on no path of their own */
	uint32_t count;      /* of costs */
	uint64_t pending;    /* of the costs: closed before anybody had them */
	gboolean strayed;    /* the call that was entered last leads elsewhere than was foreseen */
	gboolean defers;     /* and where such are summed up: then they are in waiting */
	uint32_t deferred;
	uint64_t first_ns;              /* when the first of all that were in there was opened */
	struct fdar_walk_cost *waiting; /* WALK_DEFER_LOT */
	struct fdar_walk_cost *costs;   /* COSTS */
};

/* No function that is not inlined gets the run's address: then it is in registers. */
static __attribute__((noinline)) void tell(struct fdar_walk *walk,
					   const struct fdar_walk_cost *costs, uint32_t count)
{
	walk->stats.frames += count;
	walk->stats.calls[FDAR_FRAME_FUNCTION] += count;
	if (walk->visitor->costs && count)
		walk->visitor->costs(walk->user, costs, count);
}

/* A frame was closed and its cost is in its place. */
static inline void cost_added(struct run *run)
{
	if (++run->count < COSTS)
		return;
	tell(run->walk, run->costs, run->count);
	run->count = 0;
}

static inline uint64_t hash_around(const struct fdar_walk *walk, const struct frame *frames,
				   uint32_t depth)
{
	return depth ? frames[depth - 1].path_hash : walk_hash_none(walk);
}

static inline uint64_t hash_below(const struct run *run, uint64_t addr)
{
	return walk_hash_below(hash_around(run->walk, run->frames, run->depth), addr);
}

static inline const struct call *call_of(const struct run *run, uint64_t addr)
{
	uint32_t around = run->depth ? run->frames[run->depth - 1].path : 0;
	uint64_t hash = hash_around(run->walk, run->frames, run->depth);
	const struct call *call = walk_call_recall(run->walk, around, hash, addr, run->thread);

	return G_LIKELY(call) ? call : walk_call_learn(run->walk, run->thread, around, hash, addr);
}

/* Where there are many paths, what tells them is far away. A path's hash follows from the events alone: so all
 * that these will look for is on its way before the first of them is done. */
static __attribute__((noinline)) void foresee(const struct fdar_walk *walk,
					      const struct thread *thread,
					      const struct frame *frames, uint32_t depth,
					      const struct fdar_event *events, size_t length)
{
	uint64_t above[AHEAD], around = hash_around(walk, frames, depth), below;
	uint32_t open = 0;

	for (size_t i = 0; i < length; i++) {
		const struct fdar_event *event = &events[i];

		if (!walk_run_may(event) || event->tid != thread->tid || event->pid != thread->pid)
			return;
		if (event->kind == FDAR_EVENT_FUNC_EXIT) {
			depth -= !open && depth;
			around = open ? above[--open] : hash_around(walk, frames, depth);
			continue;
		}
		below = walk_hash_below(around, event->kind == FDAR_EVENT_FUNC_ENTRY
							? event->func.function
							: event->called.function);
		__builtin_prefetch(&walk->calls[walk_call_place(walk, below, thread->index + 1)]);
		walk_edge_prefetch(walk, below);
		if (event->kind == FDAR_EVENT_FUNC_ENTRY) {
			above[open++] = around;
			around = below;
		}
	}
}

/* A frame that is nobody's yet was closed, its cost is behind the others that are to be summed up. */
static inline void defer(struct run *run, uint64_t start_ns)
{
	run->first_ns = MIN(run->first_ns, start_ns);
	if (++run->deferred < WALK_DEFER_LOT)
		return;
	walk_defer(run->thread, run->waiting, run->deferred, run->first_ns);
	run->deferred = 0;
}

/* Each field on its own: compilers clear what is as large as a frame by a loop that is dear to begin. */
static inline void open_frame(struct frame *frame, struct session *owner, const struct call *call,
			      uint64_t start_ns)
{
	frame->path = call->below;
	frame->path_hash = call->below_hash;
	frame->start_ns = start_ns;
	frame->child_ns = 0;
	frame->in_owner_ns = frame->in_owner_wait_ns = 0;
	frame->in_server_ns = frame->in_server_wait_ns = 0;
	frame->skipped_calls = frame->skipped_ns = 0;
	frame->owner = owner;
	frame->name = 0;
	frame->fd = -1;
	frame->kind = FDAR_FRAME_FUNCTION;
	frame->wait = 0;
	frame->claim = owner ? CLAIM_SESSION : CLAIM_PENDING;
	frame->adopted = frame->boundary = frame->client = FALSE;
}

static inline gboolean enter(struct run *run, const struct fdar_event *event)
{
	const struct call *call;
	struct slot *at;

	if (G_UNLIKELY(run->depth == run->room || walk_has_answered(run->thread)))
		return FALSE;
	call = call_of(run, event->func.function);
	/* As recursion does, and what there is no room for a path for. */
	run->strayed = call->below_hash != hash_below(run, event->func.function);
	at = walk_slot_at(run->walk, call->slot);
	open_frame(&run->frames[run->depth], run->owner, call, event->time_ns);
	run->frames[run->depth].id = ++run->next_frame;
	run->frames[run->depth].addr = event->func.function;
	run->frames[run->depth].call_site = event->func.call_site;
	run->frames[run->depth].slot = call->slot;
	run->paths_over += !call->below;
	run->frames[run->depth].outer = at->top;
	at->top = ++run->depth;
	run->open++;
	if (run->owner) {
		run->owner->open_frames++;
		run->thread->current_open++;
	}
	run->now_ns = event->time_ns;
	return TRUE;
}

/* Whether an exit closes the innermost frame, and nothing else comes of that. */
static inline gboolean is_plain_exit(const struct run *run, const struct fdar_event *event)
{
	const struct frame *top = &run->frames[run->depth - 1];

	if (!run->depth || top->kind != FDAR_FRAME_FUNCTION ||
	    (top->addr != event->func.function && event->func.function))
		return FALSE;
	if (top->owner)
		return top->owner->told.state == FDAR_SESSION_OPEN;
	return top->claim == CLAIM_SERVER || !walk_can_wait(run->thread);
}

static inline gboolean leave(struct run *run, const struct fdar_event *event)
{
	struct fdar_walk_cost *cost;
	const struct frame *frame;
	gboolean defers;

	if (G_UNLIKELY(!is_plain_exit(run, event)))
		return FALSE;
	frame = &run->frames[--run->depth];
	defers = run->defers && frame->claim == CLAIM_PENDING;
	cost = defers ? &run->waiting[run->deferred] : &run->costs[run->count];
	run->now_ns = event->time_ns;
	*cost = walk_frame_cost(run->frames, run->now_ns, frame, HOW_EXIT);
	walk_slot_at(run->walk, frame->slot)->top = frame->outer;
	run->open--;
	run->lowest = MIN(run->lowest, run->depth);
	walk_frame_add(run->thread, run->depth ? &run->frames[run->depth - 1] : NULL, frame,
		       run->now_ns - frame->start_ns, cost);
	if (defers) {
		defer(run, frame->start_ns);
		return TRUE;
	}
	run->pending += frame->claim == CLAIM_PENDING;
	if (frame->owner) {
		frame->owner->open_frames--;
		if (frame->adopted)
			run->thread->adopted--;
		else if (frame->owner == run->owner)
			run->thread->current_open--;
	}
	cost_added(run);
	return TRUE;
}

/* An entry and its exit. */
static inline gboolean call(struct run *run, const struct fdar_event *event)
{
	const struct call *call;
	uint64_t end_ns = event->time_ns + event->called.ns;
	gboolean defers = run->defers && !run->owner;

	if (G_UNLIKELY(run->depth == run->room || end_ns < event->time_ns ||
		       (run->owner && run->owner->told.state != FDAR_SESSION_OPEN) ||
		       (!run->owner && walk_can_wait(run->thread)) ||
		       walk_has_answered(run->thread)))
		return FALSE;
	call = call_of(run, event->called.function);
	struct frame frame;
	struct fdar_walk_cost *cost =
		defers ? &run->waiting[run->deferred] : &run->costs[run->count];

	open_frame(&frame, run->owner, call, event->time_ns);
	frame.outer = walk_slot_at(run->walk, call->slot)->top;
	run->next_frame++;
	run->paths_over += !call->below;
	run->halves++;
	run->now_ns = end_ns;
	*cost = walk_frame_cost(run->frames, end_ns, &frame, HOW_EXIT);
	walk_frame_add(run->thread, run->depth ? &run->frames[run->depth - 1] : NULL, &frame,
		       event->called.ns, cost);
	if (defers) {
		defer(run, event->time_ns);
		return TRUE;
	}
	run->pending += !run->owner;
	cost_added(run);
	return TRUE;
}

static inline gboolean take(struct run *run, const struct fdar_event *event)
{
	if (G_UNLIKELY(event->time_ns < run->now_ns))
		return FALSE;
	switch (event->kind) {
	case FDAR_EVENT_FUNC_ENTRY:
		return enter(run, event);
	case FDAR_EVENT_FUNC_EXIT:
		return leave(run, event);
	case FDAR_EVENT_FUNC_CALL:
		return call(run, event);
	default:
		return FALSE;
	}
}

static inline void end(const struct run *run, const struct fdar_event *first, size_t taken)
{
	struct fdar_walk *walk = run->walk;
	struct thread *thread = run->thread;

	tell(walk, run->costs, run->count);
	if (run->deferred)
		walk_defer(thread, run->waiting, run->deferred, run->first_ns);
	if (!taken)
		return;
	if (!walk->stats.events || first->time_ns < walk->stats.begin_ns)
		walk->stats.begin_ns = first->time_ns;
	walk->stats.events += taken + run->halves;
	walk->now_ns = MAX(walk->now_ns, run->now_ns);
	walk->stats.end_ns = walk->now_ns;
	walk->stats.paths_over += run->paths_over;
	walk->next_frame = run->next_frame;
	thread->now_ns = run->now_ns;
	thread->frames->len = run->depth;
	thread->boundary = MIN(thread->boundary, run->lowest);
	thread->server_below = MIN(thread->server_below, run->lowest);
	thread->open[FDAR_FRAME_FUNCTION] = run->open;
	thread->pending_over += run->pending;
	if (run->halves)
		walk_check(walk, thread);
}

size_t walk_run(struct fdar_walk *walk, const struct fdar_event *events, size_t length)
{
	struct thread *thread = walk_thread_of(walk, events->pid, events->tid);
	struct fdar_walk_cost costs[COSTS], waiting[WALK_DEFER_LOT];
	struct run run;
	size_t taken = 0, ahead = 0;

	if (thread->overflow || thread->heirlooms || !events->tid || walk->visitor->frame ||
	    !thread->room)
		return 0;
	run.walk = walk;
	run.costs = costs;
	run.waiting = waiting;
	run.thread = thread;
	run.frames = walk_frame_at(thread, 0);
	run.owner = thread->current;
	run.now_ns = thread->now_ns;
	run.next_frame = walk->next_frame;
	run.depth = run.lowest = thread->frames->len;
	run.room = MIN(thread->room, FDAR_WALK_DEPTH_MAX);
	run.open = thread->open[FDAR_FRAME_FUNCTION];
	run.paths_over = run.halves = run.pending = run.count = run.deferred = 0;
	run.first_ns = UINT64_MAX;
	run.defers = walk_sums(walk);
	run.strayed = FALSE;
	while (taken < length && events[taken].pid == thread->pid &&
	       events[taken].tid == thread->tid) {
		if (G_UNLIKELY(taken == ahead || run.strayed) && walk->edge_room >= WALK_FAR_ROOM) {
			foresee(walk, thread, run.frames, run.depth, &events[taken],
				MIN(taken == ahead ? AHEAD : AGAIN, length - taken));
			ahead = taken == ahead ? ahead + AHEAD : ahead;
			run.strayed = FALSE;
		}
		if (!take(&run, &events[taken]))
			break;
		taken++;
	}
	end(&run, events, taken);
	return taken;
}
