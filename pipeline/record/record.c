#include "pipeline/record/record.h"

#include <gio/gio.h>
#include <string.h>

#include "pipeline/record/record_run.h"

#define STEP_MS  100
#define GRACE_NS (5 * UINT64_C(1000000000))
#define YOUNG_US 1000000

/* The message that the caller gets, in the words of somebody who knows the directory by its name. */
static void say_error(const struct fdar_run *run, GError **error)
{
	char *message;

	if (!error || !*error)
		return;
	message = fdar_record_folder_say(&run->folder, (*error)->message);
	g_free((*error)->message);
	(*error)->message = message;
}

/* ---- following ---- */

/* Gives why recording cannot go on, or NULL. */
static const char *look_at_drain(struct fdar_run *run)
{
	g_autoptr(GError) error = NULL;
	gboolean fine;

	if (!run->drain)
		return NULL;
	fine = fdar_drain_look(run->drain, &run->drained, &error);
	run->now.trace_bytes = run->drained.disk_bytes;
	run->now.memory_bytes = run->drained.memory_bytes;
	run->now.dropped = run->drained.dropped_events;
	run->now.events_per_s = run->drained.events_per_s;
	run->now.memory_bytes_per_s = run->drained.memory_bytes_per_s;
	run->now.disk_bytes_per_s = run->drained.disk_bytes_per_s;
	run->now.waiting = g_atomic_int_get(&run->waiting);
	if (run->drained.memory_full)
		return fdar_run_ended_memory;
	if (fine)
		return NULL;
	if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
		fdar_run_warn(run, "%s", error->message);
	if (run->options->max_bytes &&
	    fdar_record_folder_room(&run->folder) > 2 * FDAR_RECORD_FOLDER_ROOM)
		return fdar_run_ended_size;
	return fdar_run_ended_disk;
}

/* Another recorder's trace has to be told which processes are ours, and its processes have told ours. When
 * its tracing begins cannot be seen, so it is told as long as the other is there: an event a process. */
static void look_at_others(struct fdar_run *run)
{
	guint mark = 0;

	for (size_t i = 0; i < run->state.recorders; i++)
		mark += (guint)run->state.recorder_pids[i];
	run->others = run->others || mark;
	if (mark)
		fdar_control_segment_announce(run->control);
}

/* A process that ran before comes to LTTng's daemon when it likes, some time after it has heard of us. What it
 * writes until then it counts, and LTTng does not take. */
static void look_at_young(struct fdar_run *run)
{
	g_autoptr(GArray) pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
	gint64 now = g_get_monotonic_time();

	if (!run->attached || (run->known_us && now - run->known_us > YOUNG_US))
		return;
	g_clear_pointer(&run->young, g_array_unref);
	run->young = fdar_control_segment_processes(run->control);
	for (guint i = 0; i < run->young->len; i++) {
		pid_t pid = g_array_index(run->young, struct fdar_control_process, i).pid;

		g_array_append_val(pids, pid);
	}
	if (!fdar_tracing_knows(run->tracing, (const pid_t *)(void *)pids->data, pids->len))
		run->known_us = 0;
	else if (!run->known_us)
		run->known_us = now;
}

static const char *look(struct fdar_run *run)
{
	gint64 now = g_get_monotonic_time();
	const char *ended;

	if (now - run->look_us < FDAR_RUN_LOOK_US)
		return NULL;
	run->look_us = now;
	ended = look_at_drain(run);
	if (!ended && fdar_record_folder_full(&run->folder))
		ended = fdar_run_ended_disk;
	/* A consumer daemon that dies closes its files, too, which is not for want of memory. */
	if ((!ended || ended == fdar_run_ended_memory) &&
	    !fdar_tracing_look(run->tracing, &run->state))
		ended = fdar_tracing_has_daemon(run->tracing) ? fdar_run_ended_consumer
							      : fdar_run_ended_daemon;
	if (ended)
		return ended;
	look_at_others(run);
	fdar_control_segment_count(run->control, &run->counts);
	look_at_young(run);
	run->now.discarded = run->state.discarded;
	run->now.calls = run->counts.calls;
	run->now.sessions = run->counts.sessions;
	fdar_run_tell_unmet(run, FALSE);
	fdar_run_tell(run, FDAR_RECORD_RUNNING, NULL);
	return NULL;
}

static const char *look_for_snapshots(struct fdar_run *run)
{
	g_autoptr(GError) error = NULL;

	if (!run->snapshots || fdar_snapshots_look(run->snapshots, &error))
		return NULL;
	fdar_run_warn(run, "%s", error->message);
	return "a snapshot failed";
}

static const char *why_stopped(const struct fdar_run *run)
{
	const char *why = run->options->why ? run->options->why(run->user) : NULL;

	return why ? why : "interrupted";
}

static gboolean is_over(struct fdar_run *run)
{
	uint64_t elapsed_ns = (uint64_t)(g_get_monotonic_time() - run->begin_us) * 1000;

	fdar_pressure_look(&run->pressure);
	if (*run->stop)
		run->ended = why_stopped(run);
	else if (run->options->duration_ns && elapsed_ns >= run->options->duration_ns)
		run->ended = "duration over";
	else
		run->ended = look(run);
	if (!run->ended)
		run->ended = look_for_snapshots(run);
	if (run->ended)
		fdar_pressure_end(&run->pressure);
	return run->ended != NULL;
}

/* FALSE when the server has ended. */
static gboolean wait_for_server(struct fdar_run *run, enum fdar_server_state *before)
{
	int ends = fdar_control_segment_fd(run->control);
	enum fdar_server_state state;

	fdar_control_segment_notice(run->control);
	if (run->attached)
		return fdar_attached_wait(run->attached, STEP_MS, ends);
	state = fdar_server_wait(run->server, STEP_MS, ends);
	fdar_control_segment_notice(run->control);
	if (state == FDAR_SERVER_IN_BACKGROUND && *before != state) {
		fdar_run_warn(run, "the server went to the background; recorded until its last "
				   "process ended");
		fdar_run_tell(run, FDAR_RECORD_BACKGROUND, NULL);
	}
	*before = state;
	return state != FDAR_SERVER_ENDED;
}

static void take_last_snapshot(struct fdar_run *run)
{
	g_autoptr(GError) error = NULL;

	if (!run->snapshots)
		return;
	if (fdar_snapshots_take(run->snapshots, "the end of the recording", &error))
		return;
	/* Of buffers whose consumer daemon has just died LTTng says that there is nothing in them. */
	if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
		fdar_run_warn(run, "there is no snapshot of the end: %s", error->message);
	else if (!fdar_tracing_look(run->tracing, &run->state))
		fdar_run_warn(run, "there is no snapshot of the end: %s",
			      fdar_tracing_has_daemon(run->tracing) ? fdar_run_ended_consumer
								    : fdar_run_ended_daemon);
}

/* Until the server ends, or is ended by us. Tracing stops before that: calls that hang are to be open
 * in the trace, and not unwound by the shutdown. */
static void follow(struct fdar_run *run)
{
	enum fdar_server_state before = FDAR_SERVER_RUNS;

	fdar_run_tell(run, FDAR_RECORD_STARTED, NULL);
	while (!run->server_ended && !is_over(run))
		run->server_ended = !wait_for_server(run, &before);
	if (!run->server_ended)
		fdar_run_tell(run, FDAR_RECORD_STOPPING, NULL);
	take_last_snapshot(run);
	if (!run->server_ended)
		fdar_run_stop_tracing(run);
	if (!run->server)
		return;
	fdar_server_stop(run->server, run->options->grace_ns ? run->options->grace_ns : GRACE_NS);
	fdar_watchdog_watch(run->watchdog, 0);
}

/* ---- all of it ---- */

static void clear(struct fdar_run *run)
{
	fdar_snapshots_free(run->snapshots);
	fdar_tracing_free(run->tracing);
	fdar_drain_free(run->drain);
	fdar_control_segment_free(run->control);
	fdar_record_memory_remove(&run->memory);
	fdar_record_memory_clear(&run->memory);
	fdar_watchdog_done(run->watchdog);
	fdar_server_free(run->server);
	fdar_attached_free(run->attached);
	fdar_record_count_clear(&run->count);
	fdar_sampler_free(run->sampler);
	fdar_unwinder_free(run->unwinder);
	g_free(run->ticks);
	g_clear_pointer(&run->strangers, g_array_unref);
	g_clear_pointer(&run->said, g_array_unref);
	g_clear_pointer(&run->young, g_array_unref);
	g_clear_pointer(&run->ends, g_array_unref);
	g_ptr_array_unref(run->warnings);
	g_free(run->started);
	g_free(run->name);
	fdar_record_keys_clear(&run->keys);
	fdar_record_folder_clear(&run->folder);
}

gboolean fdar_record_run(const struct fdar_record_options *options, const volatile int *stop,
			 fdar_record_progress_fn progress, void *user,
			 struct fdar_recording_info *info, GError **error)
{
	struct fdar_run run = { .options = options,
				.stop = stop,
				.progress = progress,
				.user = user,
				.memory = { .lock = -1 },
				.keys = { .fd = -1 },
				.folder = { .fd = -1 } };
	gboolean ok;

	run.warnings = g_ptr_array_new_with_free_func(g_free);
	ok = fdar_run_begin(&run, error);
	if (ok) {
		follow(&run);
		ok = fdar_run_finish(&run, info, error);
	}
	if (!ok) {
		fdar_recording_info_clear(info);
		say_error(&run, error);
	}
	g_clear_pointer(&run.tracing, fdar_tracing_free);
	g_clear_pointer(&run.drain, fdar_drain_free);
	if (!ok && !run.count.summary.events && run.folder.path)
		fdar_record_folder_remove(&run.folder);
	clear(&run);
	return ok;
}
