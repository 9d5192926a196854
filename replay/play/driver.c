#include "replay/play/driver.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <dirent.h>
#include <time.h>
#include <unistd.h>

#include "replay/play/play.h"

#define BUFFER_BYTES  ((size_t)256 << 10)
#define EVENTS        512
#define PROGRESS_NS   250000000u
#define STARTS_A_TURN 64 /* sessions begun before the sockets are looked at again */
#define WAKES_A_TURN  256

struct fdar_driver {
	struct fdar_stage stage;
	struct fdar_plan *plan;
	struct fdar_start next; /* the plan's next start, when there is one */
	gboolean has_next;
	gboolean held;      /* it waits for room */
	uint64_t room_ns;   /* since when there is room */
	uint64_t length_ns; /* of the plan */
	void (*watch)(void *user);
	void *watch_user;     /* NULL: nothing is watched */
	uint64_t progress_ns; /* when the next look is due */
};

struct fdar_driver *fdar_driver_new(const struct fdar_driver_options *options, GError **error)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct fdar_driver *driver;

	if (epoll < 0) {
		g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "epoll: %s",
			    g_strerror(errno));
		return NULL;
	}
	driver = g_new0(struct fdar_driver, 1);
	driver->stage.options = *options;
	driver->stage.epoll = epoll;
	if (options->tls &&
	    !(driver->stage.tls = fdar_tls_client_new(options->tls_certificate, error))) {
		close(epoll);
		g_free(driver);
		return NULL;
	}
	driver->stage.timers = fdar_timers_new();
	driver->stage.buffer_bytes = BUFFER_BYTES;
	driver->stage.buffer = g_malloc(BUFFER_BYTES);
	driver->stage.plays = g_ptr_array_new();
	driver->stage.tallies = g_new0(struct fdar_tally, options->inputs);
	for (uint32_t i = 0; i < options->inputs; i++)
		fdar_tally_init(&driver->stage.tallies[i]);
	fdar_latency_init(&driver->stage.totals.lag);
	return driver;
}

void fdar_driver_free(struct fdar_driver *driver)
{
	if (!driver)
		return;
	g_ptr_array_free(driver->stage.plays, TRUE);
	fdar_tls_client_free(driver->stage.tls);
	fdar_timers_free(driver->stage.timers);
	g_free(driver->stage.buffer);
	g_free(driver->stage.tallies);
	close(driver->stage.epoll);
	g_free(driver);
}

const struct fdar_tally *fdar_driver_tally(const struct fdar_driver *driver, uint32_t input)
{
	return &driver->stage.tallies[input];
}

const struct fdar_replay_totals *fdar_driver_totals(const struct fdar_driver *driver)
{
	return &driver->stage.totals;
}

static void fetch_start(struct fdar_driver *driver)
{
	driver->has_next = driver->plan && fdar_plan_next(driver->plan, &driver->next);
	driver->held = FALSE;
}

/* Begins the sessions that are due and for which there is room. */
static void begin_due(struct fdar_driver *driver)
{
	struct fdar_stage *stage = &driver->stage;

	for (unsigned i = 0; i < STARTS_A_TURN && driver->has_next && !stage->lagged; i++) {
		uint64_t now = fdar_now_ns();
		uint64_t due = stage->anchor_ns + driver->next.due_ns;

		if (due > now)
			return;
		if (stage->plays->len >= stage->options.concurrency) {
			stage->totals.held += !driver->held && !stage->options.pace.asap;
			driver->held = TRUE;
			return;
		}
		if (driver->held) {
			/* The wait for room is not our lateness, what comes after it is. */
			stage->totals.held_ns = MAX(stage->totals.held_ns, now - due);
			due = MAX(due, driver->room_ns);
		}
		fdar_play_begin(stage, &driver->next, due);
		fetch_start(driver);
	}
}

static void wake_due(struct fdar_driver *driver)
{
	for (unsigned i = 0; i < WAKES_A_TURN; i++) {
		struct fdar_timer *timer = fdar_timers_expired(driver->stage.timers, fdar_now_ns());

		if (!timer)
			return;
		fdar_play_wake(&driver->stage, (struct fdar_play *)timer);
	}
}

/* When something is due next, however it comes. */
static uint64_t next_due(const struct fdar_driver *driver)
{
	uint64_t due = MIN(fdar_timers_next(driver->stage.timers), driver->progress_ns);

	if (driver->has_next && driver->stage.plays->len < driver->stage.options.concurrency)
		due = MIN(due, driver->stage.anchor_ns + driver->next.due_ns);
	if (driver->stage.options.duration_ns)
		due = MIN(due, driver->stage.anchor_ns + driver->stage.options.duration_ns);
	return due;
}

/* First everything is taken, then everything is sent; the watcher comes last, since it may end plays
 * that the other events are of. */
static void handle_events(struct fdar_driver *driver, struct epoll_event *events, int count)
{
	struct fdar_stage *stage = &driver->stage;
	gboolean watched = FALSE;

	for (int i = 0; i < count; i++) {
		if (events[i].data.ptr == driver)
			watched = TRUE;
		else if (!fdar_play_event(stage, events[i].data.ptr, events[i].events))
			events[i].data.ptr = driver;
	}
	for (int i = 0; i < count; i++)
		if (events[i].data.ptr != driver)
			fdar_play_go(stage, events[i].data.ptr);
	if (watched)
		driver->watch(driver->watch_user);
}

static void wait_events(struct fdar_driver *driver)
{
	struct fdar_stage *stage = &driver->stage;
	struct epoll_event events[EVENTS];
	gboolean full = stage->plays->len >= stage->options.concurrency;
	uint64_t now = fdar_now_ns();
	uint64_t due = next_due(driver);
	uint64_t span = due - MIN(due, now);
	struct timespec timeout = { .tv_sec = (time_t)(span / 1000000000u),
				    .tv_nsec = (long)(span % 1000000000u) };
	int count = epoll_pwait2(stage->epoll, events, EVENTS, &timeout, NULL);

	if (count < 0 && errno == ENOSYS) /* before Linux 5.11: to the millisecond */
		count = epoll_wait(stage->epoll, events, EVENTS, (int)(span / 1000000u));
	handle_events(driver, events, count);
	if (full && stage->plays->len < stage->options.concurrency)
		driver->room_ns = fdar_now_ns();
}

static void show_progress(struct fdar_driver *driver, uint64_t now)
{
	struct fdar_stage *stage = &driver->stage;
	struct fdar_driver_progress progress = { .elapsed_ns = now - stage->anchor_ns,
						 .length_ns = driver->length_ns,
						 .active = stage->plays->len,
						 .lag_ns = stage->lag_ns };
	gboolean endless = FALSE;

	driver->progress_ns = now + PROGRESS_NS;
	stage->lag_ns = 0;
	if (!stage->options.progress)
		return;
	for (uint32_t i = 0; i < stage->options.inputs; i++) {
		const struct fdar_tally *tally = &stage->tallies[i];
		uint64_t done = fdar_tally_done(tally);

		endless |= !tally->asked;
		progress.asked += tally->asked;
		progress.done += done;
		progress.failed += done - tally->verdicts[FDAR_RESULT_OK] -
				   tally->verdicts[FDAR_RESULT_STOPPED];
		progress.exchanges += tally->exchanges;
		progress.sent_bytes += tally->sent_bytes;
		progress.received_bytes += tally->received_bytes;
	}
	if (endless)
		progress.asked = 0;
	if (stage->options.duration_ns)
		progress.length_ns = stage->options.duration_ns;
	stage->options.progress(stage->options.user, &progress);
}

/* What cannot be played gets its outcome before anything else, once for all clones and rounds. */
static void skip_unfit(struct fdar_driver *driver, const struct fdar_plan_input *inputs)
{
	for (uint32_t i = 0; i < driver->stage.options.inputs; i++) {
		const struct fdar_scripts *scripts = inputs[i].scripts;

		driver->stage.tallies[i].asked = fdar_plan_asked(driver->plan, i);
		for (size_t s = 0; s < scripts->count; s++) {
			struct fdar_start start = { .script = &scripts->scripts[s], .input = i };

			if (start.script->unfit)
				fdar_play_skip(&driver->stage, &start, FDAR_RESULT_UNPLAYABLE,
					       start.script->unfit,
					       inputs[i].clones * MAX(inputs[i].rounds, 1));
		}
	}
}

/* Cuts what runs, and counts what was never begun. */
static void cut(struct fdar_driver *driver)
{
	struct fdar_stage *stage = &driver->stage;

	while (stage->plays->len)
		fdar_play_stop(stage, g_ptr_array_index(stage->plays, stage->plays->len - 1),
			       FDAR_RESULT_STOPPED, "cut: the run was stopped");
	for (uint32_t i = 0; i < stage->options.inputs; i++) {
		struct fdar_tally *tally = &stage->tallies[i];
		uint64_t done = fdar_tally_done(tally);

		if (tally->asked > done)
			tally->verdicts[FDAR_RESULT_STOPPED] += tally->asked - done;
		else
			tally->asked = done; /* a run without an end asked for what it did */
	}
}

static enum fdar_replay_end loop(struct fdar_driver *driver, const volatile int *stop)
{
	struct fdar_stage *stage = &driver->stage;

	while (driver->has_next || stage->plays->len || driver->watch) {
		uint64_t now = fdar_now_ns();

		if (*stop)
			return FDAR_REPLAY_STOPPED;
		if (stage->lagged)
			return FDAR_REPLAY_LAGGED;
		if (stage->options.duration_ns &&
		    now - stage->anchor_ns >= stage->options.duration_ns)
			return FDAR_REPLAY_DURATION;
		if (now >= driver->progress_ns)
			show_progress(driver, now);
		begin_due(driver);
		wake_due(driver);
		if (driver->has_next || stage->plays->len || driver->watch)
			wait_events(driver);
	}
	return FDAR_REPLAY_DONE;
}

enum fdar_replay_end fdar_driver_run(struct fdar_driver *driver, struct fdar_plan *plan,
				     const struct fdar_plan_input *inputs, const volatile int *stop)
{
	struct fdar_stage *stage = &driver->stage;
	int slack = prctl(PR_GET_TIMERSLACK);
	struct timespec wall;
	enum fdar_replay_end end;

	clock_gettime(CLOCK_REALTIME, &wall);
	stage->totals.started_unix_ns =
		(uint64_t)wall.tv_sec * 1000000000u + (uint64_t)wall.tv_nsec;
	stage->anchor_ns = fdar_now_ns();
	driver->progress_ns = stage->anchor_ns + PROGRESS_NS;
	driver->plan = plan;
	driver->length_ns = plan ? fdar_plan_length_ns(plan) : 0;
	if (plan)
		skip_unfit(driver, inputs);
	/* Timers of this thread may be 50 us late by default; that would all be lag. */
	prctl(PR_SET_TIMERSLACK, 1000);
	if (stage->options.loop) {
		end = stage->options.loop(stage->options.loop_user, driver, stop);
	} else {
		fetch_start(driver);
		end = loop(driver, stop);
	}
	cut(driver);
	show_progress(driver, fdar_now_ns());
	stage->totals.elapsed_ns = fdar_now_ns() - stage->anchor_ns;
	prctl(PR_SET_TIMERSLACK, slack);
	return end;
}

struct fdar_stage *fdar_driver_stage(struct fdar_driver *driver)
{
	return &driver->stage;
}

void fdar_driver_tick(struct fdar_driver *driver, uint64_t now_ns)
{
	if (now_ns >= driver->progress_ns)
		show_progress(driver, now_ns);
}

gboolean fdar_driver_watch(struct fdar_driver *driver, int fd, void (*watch)(void *user),
			   void *user, GError **error)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = driver };

	if (epoll_ctl(driver->stage.epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
		g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "epoll: %s",
			    g_strerror(errno));
		return FALSE;
	}
	driver->watch = watch;
	driver->watch_user = user;
	return TRUE;
}

uint64_t fdar_driver_elapsed_ns(const struct fdar_driver *driver)
{
	return fdar_now_ns() - driver->stage.anchor_ns;
}

struct fdar_play *fdar_driver_begin(struct fdar_driver *driver, const struct fdar_start *start)
{
	struct fdar_stage *stage = &driver->stage;

	if (stage->plays->len >= stage->options.concurrency) {
		fdar_play_skip(stage, start, FDAR_RESULT_LOCAL,
			       "too many sessions are open at once", 1);
		return NULL;
	}
	return fdar_play_begin(stage, start, stage->anchor_ns + start->due_ns);
}

void fdar_driver_poke(struct fdar_driver *driver, struct fdar_play *play)
{
	fdar_play_wake(&driver->stage, play);
}

void fdar_driver_abandon(struct fdar_driver *driver, struct fdar_play *play,
			 enum fdar_result verdict, const char *reason)
{
	fdar_play_stop(&driver->stage, play, verdict, reason);
}

static uint64_t open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t count = 0;

	if (!dir)
		return 16;
	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

uint64_t fdar_files_raise(uint64_t wanted)
{
	uint64_t used = open_files() + 16; /* some for libraries */
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return 0;
	if (limit.rlim_cur < used + wanted) {
		struct rlimit higher = { .rlim_cur = (rlim_t)(used + wanted),
					 .rlim_max = MAX(limit.rlim_max, (rlim_t)(used + wanted)) };

		/* Beyond the hard limit is for the privileged. */
		if (setrlimit(RLIMIT_NOFILE, &higher) != 0) {
			higher.rlim_cur = higher.rlim_max = limit.rlim_max;
			setrlimit(RLIMIT_NOFILE, &higher);
		}
		getrlimit(RLIMIT_NOFILE, &limit);
	}
	return limit.rlim_cur > used ? limit.rlim_cur - used : 0;
}
