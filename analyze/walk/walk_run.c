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
	uint64_t around_hash;   /* of the path that is open, */
	uint32_t around;        /* and the path */
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

static inline void set_around(struct run *run)
{
	run->around = run->depth ? run->frames[run->depth - 1].path : 0;
	run->around_hash =
		run->depth ? run->frames[run->depth - 1].path_hash : walk_hash_none(run->walk);
}

static inline const struct call *call_of(const struct run *run, uint64_t addr)
{
	const struct call *call =
		walk_call_recall(run->walk, run->around, run->around_hash, addr, run->thread);

	return G_LIKELY(call) ? call
			      : walk_call_learn(run->walk, run->thread, run->around,
						run->around_hash, addr);
}

/* The hash of the path that the call leads to. As a rule it follows from the one around it, and what is known of
 * the call need not have come yet for the next one to be looked for; else, as in recursion and where there is no room
 * for a path, it is another one's. */
static inline uint64_t hash_of(struct run *run, const struct call *call, uint64_t addr)
{
	uint64_t hash = walk_hash_below(run->around_hash, addr);

	run->strayed = call->below_hash != hash;
	if (G_UNLIKELY(run->strayed))
		return call->below_hash;
	__asm__(""
		: "+r"(hash)); /* or compilers take the one that is waited for, as they are equal */
	return hash;
}

/* Where there are many paths, what tells them is far away. A path's hash follows from the events alone: so all
 * that these will look for is on its way before the first of them is done. (An inline function that does nothing but
 * that is one without effects to gcc, and its calls are left out.) */
static __attribute__((noinline)) void foresee(const struct fdar_walk *walk,
					      const struct thread *thread,
					      const struct frame *frames, uint32_t depth,
					      const struct fdar_event *events, size_t length)
{
	uint64_t above[AHEAD], below;
	uint64_t around = depth ? frames[depth - 1].path_hash : walk_hash_none(walk);
	uint32_t open = 0, place;

	for (size_t i = 0; i < length; i++) {
		const struct fdar_event *event = &events[i];

		if (!walk_run_may(event) || event->tid != thread->tid || event->pid != thread->pid)
			return;
		if (event->kind == FDAR_EVENT_FUNC_EXIT) {
			depth -= !open && depth;
			around = open    ? above[--open]
				 : depth ? frames[depth - 1].path_hash
					 : walk_hash_none(walk);
			continue;
		}
		below = walk_hash_below(around, event->kind == FDAR_EVENT_FUNC_ENTRY
							? event->func.function
							: event->called.function);
		place = walk_call_place(walk, below, thread->index + 1);
		__builtin_prefetch(&walk->calls[place]);
		__builtin_prefetch(&walk->calls[place ^ WALK_CALL_WAYS / 2]);
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
static inline void open_frame(struct frame *frame, struct session *owner, uint64_t start_ns)
{
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

static inline size_t enter(struct run *run, const struct fdar_event *event)
{
	struct frame *frame = &run->frames[run->depth];
	const struct call *call;
	struct slot *at;

	if (G_UNLIKELY(run->depth == run->room || walk_has_answered(run->thread)))
		return FALSE;
	call = call_of(run, event->func.function);
	at = walk_slot_at(run->walk, call->slot);
	open_frame(frame, run->owner, event->time_ns);
	frame->path = run->around = call->below;
	frame->path_hash = run->around_hash = hash_of(run, call, event->func.function);
	frame->id = ++run->next_frame;
	frame->addr = event->func.function;
	frame->call_site = event->func.call_site;
	frame->slot = call->slot;
	run->paths_over += !call->below;
	frame->outer = at->top;
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

static inline size_t leave(struct run *run, const struct fdar_event *event)
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
	set_around(run);
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

/* An entry and its exit, of a function that calls none: no frame of it is opened. */
static inline __attribute__((always_inline)) gboolean whole(struct run *run, uint64_t addr,
							    uint64_t start_ns, uint64_t end_ns)
{
	gboolean defers = run->defers && !run->owner;
	struct fdar_walk_cost *cost =
		defers ? &run->waiting[run->deferred] : &run->costs[run->count];
	const struct call *call;
	struct frame frame;

	if (G_UNLIKELY(run->depth == run->room || end_ns < start_ns ||
		       (run->owner && run->owner->told.state != FDAR_SESSION_OPEN) ||
		       (!run->owner && walk_can_wait(run->thread)) ||
		       walk_has_answered(run->thread)))
		return FALSE;
	call = call_of(run, addr);
	open_frame(&frame, run->owner, start_ns);
	frame.path = call->below;
	frame.outer = walk_slot_at(run->walk, call->slot)->top;
	run->next_frame++;
	run->paths_over += !call->below;
	run->now_ns = end_ns;
	*cost = walk_frame_cost(run->frames, end_ns, &frame, HOW_EXIT);
	walk_frame_add(run->thread, run->depth ? &run->frames[run->depth - 1] : NULL, &frame,
		       end_ns - start_ns, cost);
	if (defers) {
		defer(run, start_ns);
		return TRUE;
	}
	run->pending += !run->owner;
	cost_added(run);
	return TRUE;
}

static inline size_t call(struct run *run, const struct fdar_event *event)
{
	uint64_t end_ns = event->time_ns + event->called.ns;

	if (!whole(run, event->called.function, event->time_ns, end_ns))
		return FALSE;
	run->halves++;
	return TRUE;
}

/* Whether the exit is of what the entry before it entered. */
static inline gboolean is_exit_of(const struct fdar_event *entry, const struct fdar_event *exit)
{
	return exit->kind == FDAR_EVENT_FUNC_EXIT && exit->tid == entry->tid &&
	       exit->pid == entry->pid &&
	       (exit->func.function == entry->func.function || !exit->func.function);
}

/* Gives how many of the events were taken: 0, 1, or 2. */
static inline size_t take(struct run *run, const struct fdar_event *event, size_t length)
{
	if (G_UNLIKELY(event->time_ns < run->now_ns))
		return 0;
	switch (event->kind) {
	case FDAR_EVENT_FUNC_ENTRY:
		if (length > 1 && is_exit_of(event, event + 1) &&
		    whole(run, event->func.function, event->time_ns, event[1].time_ns))
			return 2;
		return enter(run, event);
	case FDAR_EVENT_FUNC_EXIT:
		return leave(run, event);
	case FDAR_EVENT_FUNC_CALL:
		return call(run, event);
	default:
		return 0;
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
	size_t taken = 0, ahead = 0, more = 1;

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
	set_around(&run);
	while (more && taken < length && events[taken].pid == thread->pid &&
	       events[taken].tid == thread->tid) {
		if (G_UNLIKELY(taken >= ahead || run.strayed) && walk->edge_room >= WALK_FAR_ROOM) {
			foresee(walk, thread, run.frames, run.depth, &events[taken],
				MIN(taken >= ahead ? AHEAD : AGAIN, length - taken));
			ahead = taken >= ahead ? taken + AHEAD : ahead;
			run.strayed = FALSE;
		}
		more = take(&run, &events[taken], length - taken);
		taken += more;
	}
	end(&run, events, taken);
	return taken;
}
