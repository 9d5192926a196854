#include "replay/lockstep/lockstep.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "replay/lockstep/settle.h"
#include "replay/play/play.h"

#define EVENTS    64
#define NO_END_NS (UINT64_MAX / 4) /* of times that are added to */

/* Looks in a row, yielding the processor between them, before any waiting: what a server does for a step, and
 * between its answer and its next wait, takes microseconds, and to be woken takes tens of them. */
#define EAGER_LOOKS 64
#define SHORT_NS    20000u /* the first waits */
#define LONG_NS \
	1000000u /* the longest: less than FDAR_LOCKSTEP_SPAN_NS, or idle time would not count */
#define STOPPED_NS 10000000u

enum state { READY, MOVING, SETTLING, DONE };

struct fdar_lockstep {
	struct fdar_lockstep_options options;
	struct fdar_lockstep_totals totals;
	struct fdar_driver *driver;
	struct fdar_stage *stage;
	const volatile int *stop;
	struct fdar_turn turn;
	struct fdar_pace answers; /* the rule of what an answer is */
	struct fdar_seat *seats;  /* by role */
	enum state state;
	/* The step at hand. */
	const struct fdar_step *step;
	struct fdar_seat *seat;
	uint64_t number;
	uint64_t begin_ns;
	uint64_t sent_before;
	uint64_t heard_before;
	uint64_t sent;       /* as long as the play is there, of the step */
	uint64_t heard;      /* likewise */
	uint64_t look_ns;    /* when the server was last looked at */
	uint64_t idle_ns;    /* for how long it has waited since something came */
	uint64_t carried_ns; /* for how long the kernel's carrying was no quiet, of the step */
	gboolean server_stopped;
	struct fdar_openings openings;
};

const char *fdar_step_end_text(enum fdar_step_end end)
{
	static const char *const texts[FDAR_STEP_ENDS] = { "settled", "unanswered", "untaken",
							   "skipped" };

	return texts[end];
}

struct fdar_lockstep *fdar_lockstep_new(const struct fdar_lockstep_options *options)
{
	struct fdar_lockstep *lockstep = g_new0(struct fdar_lockstep, 1);

	lockstep->options = *options;
	lockstep->openings.ways = g_hash_table_new(NULL, NULL);
	lockstep->seats = g_new0(struct fdar_seat, options->order->role_count);
	lockstep->answers = (struct fdar_pace){ .speed = 1,
						.asap = TRUE,
						.wait = FDAR_PACE_ANSWER,
						.quiet_ns = options->quiet_ns,
						.timeout_ns = NO_END_NS };
	return lockstep;
}

void fdar_lockstep_free(struct fdar_lockstep *lockstep)
{
	if (!lockstep)
		return;
	g_hash_table_unref(lockstep->openings.ways);
	g_free(lockstep->seats);
	g_free(lockstep);
}

const struct fdar_lockstep_totals *fdar_lockstep_totals(const struct fdar_lockstep *lockstep)
{
	return &lockstep->totals;
}

/* What holds between any two calls. */
static void check(const struct fdar_lockstep *lockstep)
{
	const struct fdar_seat *seat = lockstep->seat;

	switch (lockstep->state) {
	case READY:
	case DONE:
		assert(!lockstep->turn.play);
		break;
	case MOVING:
		assert(lockstep->step && seat);
		assert(!lockstep->turn.play || lockstep->turn.play == seat->play || !seat->play);
		break;
	case SETTLING:
		assert(lockstep->step && seat);
		/* Nothing leaves while the server works on what has. */
		assert(!lockstep->turn.play);
		assert(lockstep->step->kind < FDAR_STEP_RESET || !seat->play);
		break;
	}
	(void)seat;
}

static void enter(struct fdar_lockstep *lockstep, enum state state)
{
	static const uint8_t next[] = { [READY] = 1u << MOVING | 1u << DONE | 1u << READY,
					[MOVING] = 1u << SETTLING | 1u << READY,
					[SETTLING] = 1u << READY,
					[DONE] = 0 };

	assert(next[lockstep->state] & 1u << state);
	(void)next;
	lockstep->state = state;
	check(lockstep);
}

/* Waits for the sockets for that long, and takes what there is to take. TRUE when there was something. */
static gboolean pump(struct fdar_lockstep *lockstep, uint64_t wait_ns)
{
	struct fdar_stage *stage = lockstep->stage;
	struct timespec timeout = { .tv_nsec = (long)wait_ns };
	struct epoll_event events[EVENTS];
	int count = epoll_pwait2(stage->epoll, events, EVENTS, &timeout, NULL);

	if (count < 0 && errno == ENOSYS) /* before Linux 5.11: to the millisecond */
		count = epoll_wait(stage->epoll, events, EVENTS, wait_ns ? 1 : 0);
	for (int i = 0; i < count; i++) {
		struct fdar_play *play = events[i].data.ptr;
		gboolean alive = fdar_play_event(stage, play, events[i].events);

		while (alive && play->unread) /* it was cut short to be fair: here nobody waits */
			alive = fdar_play_event(stage, play, EPOLLIN);
		if (alive)
			fdar_play_go(stage, play);
	}
	for (struct fdar_timer *timer;
	     (timer = fdar_timers_expired(stage->timers, fdar_now_ns())) != NULL;)
		if (fdar_play_holds((struct fdar_play *)timer))
			fdar_play_wake(stage, (struct fdar_play *)timer);
	return count > 0;
}

/* The end of a handshake may leave bytes that make no event. */
static void catch_up(struct fdar_lockstep *lockstep)
{
	while (lockstep->seat->play && lockstep->seat->play->unread)
		fdar_play_wake(lockstep->stage, lockstep->seat->play);
}

/* Keeps account of what the step's session has sent and heard, also when it is over then. */
static void count_bytes(struct fdar_lockstep *lockstep)
{
	const struct fdar_play *play = lockstep->seat->play;

	if (!play)
		return;
	lockstep->sent = play->sent_bytes - lockstep->sent_before;
	if (play->dialogue.received - lockstep->heard_before != lockstep->heard)
		lockstep->idle_ns = 0;
	lockstep->heard = play->dialogue.received - lockstep->heard_before;
}

static void tell_stopped(struct fdar_lockstep *lockstep, gboolean stopped)
{
	if (lockstep->server_stopped != stopped && lockstep->options.stopped)
		lockstep->options.stopped(lockstep->options.user, stopped);
	lockstep->server_stopped = stopped;
}

/* Between two looks: the eager ones first; then waits that get longer. Bytes end them. */
static void pause_between(struct fdar_lockstep *lockstep, unsigned tries, gboolean for_bytes)
{
	uint64_t wait_ns = MIN((uint64_t)SHORT_NS << MIN(tries / EAGER_LOOKS, 16u), LONG_NS);

	if (lockstep->server_stopped)
		wait_ns = STOPPED_NS;
	else if (tries < EAGER_LOOKS && !for_bytes)
		wait_ns = 0;
	else if (for_bytes && !tries)
		wait_ns = LONG_NS;
	if (!wait_ns)
		sched_yield();
	pump(lockstep, wait_ns);
	if (wait_ns)
		fdar_driver_tick(lockstep->driver, fdar_now_ns());
	catch_up(lockstep);
	count_bytes(lockstep);
}

static gboolean is_idle(const struct fdar_settling *settling)
{
	return settling->rest == FDAR_REST_WAITING || settling->rest == FDAR_REST_GONE;
}

/* Looks, and counts how long the server has been waiting: spans in which this program may have been
 * stopped count only so much. */
static void look(struct fdar_lockstep *lockstep, struct fdar_settling *settling)
{
	uint64_t now = fdar_now_ns();
	uint64_t span = MIN(now - lockstep->look_ns, FDAR_LOCKSTEP_SPAN_NS);

	fdar_settle_look(&lockstep->options, lockstep->seat, lockstep->step, &lockstep->answers,
			 now, lockstep->idle_ns, &lockstep->openings, settling);
	lockstep->totals.looks++;
	lockstep->look_ns = now;
	if (settling->under_way && lockstep->carried_ns < FDAR_LOCKSTEP_CARRIED_NS) {
		lockstep->carried_ns += span;
		lockstep->idle_ns = 0;
	} else if (lockstep->seat->play && fdar_play_holds(lockstep->seat->play)) {
		lockstep->idle_ns =
			0; /* the server waits for us, as it did for the captured client */
	} else if (is_idle(settling)) {
		lockstep->idle_ns += span;
	} else if (settling->rest == FDAR_REST_BUSY) {
		lockstep->idle_ns = 0;
	}
	tell_stopped(lockstep, settling->rest == FDAR_REST_STOPPED);
}

static void begin_looking(struct fdar_lockstep *lockstep)
{
	lockstep->idle_ns = 0;
	lockstep->carried_ns = 0;
	lockstep->look_ns = fdar_now_ns();
}

/* How long the server may idle before what is missing is given up. */
static uint64_t patience(const struct fdar_lockstep *lockstep)
{
	return lockstep->options.watch ? lockstep->options.quiet_ns : lockstep->options.patience_ns;
}

/* Without a watch, what has no answer shows its end only by nothing coming. */
static gboolean is_quiet(const struct fdar_lockstep *lockstep)
{
	return lockstep->options.watch || lockstep->step->kind == FDAR_STEP_OPEN ||
	       lockstep->heard || lockstep->idle_ns >= lockstep->options.quiet_ns;
}

/* Is there an answer to wait for, before anything else is looked at? */
static gboolean awaits(struct fdar_lockstep *lockstep)
{
	struct fdar_play *play = lockstep->seat->play;
	struct fdar_next_move next;

	return play && fdar_dialogue_answered(&play->dialogue, &lockstep->answers, fdar_now_ns(),
					      &next) != FDAR_MOVE_DONE;
}

static enum fdar_step_end settle(struct fdar_lockstep *lockstep)
{
	struct fdar_settling settling;

	begin_looking(lockstep);
	for (unsigned i = 0; i < EAGER_LOOKS && awaits(lockstep); i++) {
		sched_yield();
		pump(lockstep, 0);
		catch_up(lockstep);
		count_bytes(lockstep);
	}
	for (unsigned tries = 0; !*lockstep->stop; tries++) {
		check(lockstep);
		look(lockstep, &settling);
		if (is_idle(&settling) && settling.taken && settling.answered && is_quiet(lockstep))
			return FDAR_STEP_SETTLED;
		if (is_idle(&settling) && lockstep->idle_ns >= patience(lockstep))
			return !settling.taken   ? FDAR_STEP_UNTAKEN
			       : lockstep->heard ? FDAR_STEP_SETTLED /* of another length */
						 : FDAR_STEP_UNANSWERED;
		pause_between(lockstep, tries, !settling.answered);
	}
	return FDAR_STEP_UNTAKEN;
}

/* Where the capture shows that the server closes, it gets the time for it. FALSE when it did not, and the
 * play was ended for that. */
static void await_close(struct fdar_lockstep *lockstep)
{
	struct fdar_seat *seat = lockstep->seat;
	struct fdar_settling settling;
	struct fdar_next_move next;

	begin_looking(lockstep);
	for (unsigned tries = 0; seat->play && !*lockstep->stop; tries++) {
		if (fdar_dialogue_next(&seat->play->dialogue, &lockstep->answers, fdar_now_ns(),
				       &next) != FDAR_MOVE_WAIT)
			return;
		look(lockstep, &settling);
		if (is_idle(&settling) && lockstep->idle_ns >= patience(lockstep)) {
			fdar_play_stop(lockstep->stage, seat->play, FDAR_RESULT_TIMEOUT,
				       next.missing ? next.missing : "no answer came");
			return;
		}
		pause_between(lockstep, tries, TRUE);
	}
}

static gboolean is_open(const struct fdar_play *play)
{
	return play->connected && (!play->tls || play->secured);
}

/* Has the step left in full? */
static gboolean has_moved(const struct fdar_lockstep *lockstep)
{
	const struct fdar_seat *seat = lockstep->seat;

	if (!seat->play)
		return TRUE;
	switch ((enum fdar_step_kind)lockstep->step->kind) {
	case FDAR_STEP_OPEN:
		return is_open(seat->play);
	case FDAR_STEP_SEND:
	case FDAR_STEP_FIN:
		return lockstep->turn.moved;
	default:
		return FALSE;
	}
}

static void open_seat(struct fdar_lockstep *lockstep)
{
	const struct fdar_role *role = &lockstep->options.order->roles[lockstep->step->role];
	struct fdar_seat *seat = lockstep->seat;

	seat->verdict = FDAR_RESULT_LOCAL;
	seat->play = fdar_play_begin(lockstep->stage, &role->start, fdar_now_ns());
	if (!seat->play)
		return;
	seat->play->holder = &seat->play;
	seat->play->verdict = &seat->verdict;
}

/* A connection comes by the kernel alone, in its own time, and its packets may have to be sent again. */
static uint64_t patience_to_move(const struct fdar_lockstep *lockstep)
{
	return lockstep->step->kind == FDAR_STEP_OPEN
		       ? MAX(patience(lockstep), FDAR_LOCKSTEP_OPEN_NS)
		       : patience(lockstep);
}

static const char *why_not_moved(const struct fdar_lockstep *lockstep)
{
	if (lockstep->step->kind != FDAR_STEP_OPEN)
		return "the server stopped reading";
	return lockstep->seat->play->connected
		       ? "the server left the TLS handshake unfinished"
		       : "no connection came: the server's queue of connections is full, or "
			 "packets are dropped";
}

/* Makes the move. What does not go at once (a socket that is full, a connection under way) is waited for as
 * long as the server does something. */
static void move(struct fdar_lockstep *lockstep)
{
	struct fdar_seat *seat = lockstep->seat;
	struct fdar_settling settling;

	if (lockstep->step->kind == FDAR_STEP_CLOSE)
		await_close(lockstep);
	if (lockstep->step->kind == FDAR_STEP_OPEN) {
		open_seat(lockstep);
	} else if (seat->play) {
		lockstep->turn = (struct fdar_turn){ .play = seat->play };
		fdar_play_go(lockstep->stage, seat->play);
	}
	count_bytes(lockstep);
	begin_looking(lockstep);
	for (unsigned tries = 0; !has_moved(lockstep) && !*lockstep->stop; tries++) {
		check(lockstep);
		pause_between(lockstep, tries, TRUE);
		if (has_moved(lockstep))
			break;
		look(lockstep, &settling);
		if (is_idle(&settling) && lockstep->idle_ns >= patience_to_move(lockstep) &&
		    seat->play)
			fdar_play_stop(lockstep->stage, seat->play, FDAR_RESULT_TIMEOUT,
				       why_not_moved(lockstep));
	}
	lockstep->turn = (struct fdar_turn){ 0 };
	catch_up(lockstep);
	count_bytes(lockstep);
	if (seat->play && lockstep->step->kind == FDAR_STEP_OPEN) {
		seat->client = seat->play->client;
		seat->server = seat->play->server;
		seat->known = TRUE;
	}
}

static enum fdar_step_end run_step(struct fdar_lockstep *lockstep)
{
	struct fdar_seat *seat = lockstep->seat;
	enum fdar_step_end end;

	if (lockstep->step->kind != FDAR_STEP_OPEN && !seat->play)
		return FDAR_STEP_SKIPPED;
	lockstep->sent = lockstep->heard = 0;
	lockstep->sent_before = seat->play ? seat->play->sent_bytes : 0;
	lockstep->heard_before = seat->play ? seat->play->dialogue.received : 0;
	enter(lockstep, MOVING);
	move(lockstep);
	if (*lockstep->stop) {
		enter(lockstep, READY);
		return FDAR_STEP_UNTAKEN;
	}
	enter(lockstep, SETTLING);
	end = settle(lockstep);
	enter(lockstep, READY);
	/* A reset ends a connection that was there, whoever was faster. */
	if (lockstep->step->kind == FDAR_STEP_OPEN && !seat->known &&
	    seat->verdict != FDAR_RESULT_RESET)
		return FDAR_STEP_UNTAKEN;
	if (lockstep->step->kind == FDAR_STEP_OPEN && seat->known && !seat->seen)
		lockstep->totals.unseen++;
	return end;
}

static void tell_step(struct fdar_lockstep *lockstep, enum fdar_step_end end)
{
	struct fdar_stepped stepped = { .number = lockstep->number,
					.step = lockstep->step,
					.end = end,
					.sent_bytes = lockstep->sent,
					.received_bytes = lockstep->heard,
					.begin_ns = lockstep->begin_ns };

	lockstep->totals.ends[end]++;
	stepped.end_ns = fdar_now_ns() - lockstep->stage->anchor_ns;
	lockstep->totals.steps_ns += stepped.end_ns - stepped.begin_ns;
	if (!lockstep->options.after)
		return;
	lockstep->options.after(lockstep->options.user, &stepped);
}

enum fdar_replay_end fdar_lockstep_loop(void *user, struct fdar_driver *driver,
					const volatile int *stop)
{
	struct fdar_lockstep *lockstep = user;
	const struct fdar_order *order = lockstep->options.order;
	enum fdar_replay_end end = FDAR_REPLAY_DONE;

	lockstep->driver = driver;
	lockstep->stage = fdar_driver_stage(driver);
	lockstep->stop = stop;
	lockstep->stage->turn = &lockstep->turn;
	lockstep->stage->options.pace = lockstep->answers;
	lockstep->stage->options.pace.wait = FDAR_PACE_STEP;
	for (uint64_t i = 0; i < order->count; i++) {
		lockstep->step = &order->steps[i];
		lockstep->seat = &lockstep->seats[lockstep->step->role];
		lockstep->number = i + 1;
		lockstep->sent = lockstep->heard = 0;
		check(lockstep);
		if (*stop ||
		    (lockstep->options.before &&
		     !lockstep->options.before(lockstep->options.user, i + 1, lockstep->step))) {
			end = FDAR_REPLAY_STOPPED;
			break;
		}
		lockstep->begin_ns = fdar_now_ns() - lockstep->stage->anchor_ns;
		tell_step(lockstep, run_step(lockstep));
		fdar_driver_tick(driver, lockstep->begin_ns + lockstep->stage->anchor_ns);
	}
	if (*stop)
		end = FDAR_REPLAY_STOPPED;
	enter(lockstep, DONE);
	lockstep->stage->turn = NULL;
	return end;
}
