#include "pipeline/record/record.h"

#include <gio/gio.h>
#include <string.h>

#include "pipeline/record/record_run.h"

#define STEP_MS  100
#define GRACE_NS (5 * UINT64_C(1000000000))

const char fd_run_ended_daemon[] = "session daemon died";
const char fd_run_ended_consumer[] = "consumer daemon died";
const char fd_run_ended_disk[] = "disk full";
const char fd_run_ended_memory[] = "shared memory full";
const char fd_run_ended_size[] = "maximum size reached";

static const char *const detail_names[] = { "session", "io", "function", "all" };

gboolean fd_detail_parse(const char *text, enum fd_detail *detail)
{
	for (size_t i = 0; i < G_N_ELEMENTS(detail_names); i++) {
		if (strcmp(text, detail_names[i]) == 0) {
			*detail = (enum fd_detail)i;
			return TRUE;
		}
	}
	return FALSE;
}

const char *fd_detail_name(enum fd_detail detail)
{
	return detail_names[detail];
}

void fd_run_warn(struct fd_run *run, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_ptr_array_add(run->warnings, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

void fd_run_tell(struct fd_run *run, enum fd_record_phase phase, const char *text)
{
	run->now.phase = phase;
	run->now.text = text;
	if (!run->stopped && run->begin_us)
		run->now.elapsed_ns = (uint64_t)(g_get_monotonic_time() - run->begin_us) * 1000;
	if (run->progress)
		run->progress(&run->now, run->user);
}

/* ---- following ---- */

/* Gives why recording cannot go on, or NULL. */
static const char *look_at_drain(struct fd_run *run)
{
	g_autoptr(GError) error = NULL;
	gboolean fine;

	if (!run->drain)
		return NULL;
	fine = fd_drain_look(run->drain, &run->drained, &error);
	run->now.trace_bytes = run->drained.disk_bytes;
	run->now.memory_bytes = run->drained.memory_bytes;
	run->now.dropped = run->drained.dropped_events;
	run->now.events_per_s = run->drained.events_per_s;
	run->now.memory_bytes_per_s = run->drained.memory_bytes_per_s;
	run->now.disk_bytes_per_s = run->drained.disk_bytes_per_s;
	run->now.waiting = g_atomic_int_get(&run->waiting);
	if (run->drained.memory_full)
		return fd_run_ended_memory;
	if (fine)
		return NULL;
	if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE))
		fd_run_warn(run, "%s", error->message);
	if (run->options->max_bytes &&
	    fd_record_folder_room(&run->folder) > 2 * FD_RECORD_FOLDER_ROOM)
		return fd_run_ended_size;
	return fd_run_ended_disk;
}

/* Another recorder's trace has to be told which processes are ours, and its processes have told ours. When
 * its tracing begins cannot be seen, so it is told as long as the other is there: an event a process. */
static void look_at_others(struct fd_run *run)
{
	guint mark = 0;

	for (size_t i = 0; i < run->state.recorders; i++)
		mark += (guint)run->state.recorder_pids[i];
	run->others = run->others || mark;
	if (mark)
		fd_control_segment_announce(run->control);
}

static const char *look(struct fd_run *run)
{
	gint64 now = g_get_monotonic_time();
	const char *ended;

	if (now - run->look_us < FD_RUN_LOOK_US)
		return NULL;
	run->look_us = now;
	ended = look_at_drain(run);
	if (!ended && fd_record_folder_full(&run->folder))
		ended = fd_run_ended_disk;
	if (!ended && !fd_tracing_look(run->tracing, &run->state))
		ended = fd_tracing_has_daemon(run->tracing) ? fd_run_ended_consumer
							    : fd_run_ended_daemon;
	if (ended)
		return ended;
	look_at_others(run);
	fd_control_segment_count(run->control, &run->counts);
	run->now.discarded = run->state.discarded;
	run->now.calls = run->counts.calls;
	fd_run_tell(run, FD_RECORD_RUNNING, NULL);
	return NULL;
}

static const char *look_for_snapshots(struct fd_run *run)
{
	g_autoptr(GError) error = NULL;

	if (!run->snapshots || fd_snapshots_look(run->snapshots, &error))
		return NULL;
	fd_run_warn(run, "%s", error->message);
	return "a snapshot failed";
}

static gboolean is_over(struct fd_run *run)
{
	uint64_t elapsed_ns = (uint64_t)(g_get_monotonic_time() - run->begin_us) * 1000;

	if (*run->stop)
		run->ended = "interrupted";
	else if (run->options->duration_ns && elapsed_ns >= run->options->duration_ns)
		run->ended = "duration over";
	else
		run->ended = look(run);
	if (!run->ended)
		run->ended = look_for_snapshots(run);
	return run->ended != NULL;
}

/* FALSE when the server has ended. */
static gboolean wait_for_server(struct fd_run *run, enum fd_server_state *before)
{
	enum fd_server_state state;

	if (run->attached)
		return fd_attached_wait(run->attached, STEP_MS);
	state = fd_server_wait(run->server, STEP_MS);
	if (state == FD_SERVER_IN_BACKGROUND && *before != state) {
		fd_run_warn(run, "the server went to the background; recorded until its last "
				 "process ended");
		fd_run_tell(run, FD_RECORD_BACKGROUND, NULL);
	}
	*before = state;
	return state != FD_SERVER_ENDED;
}

static void take_last_snapshot(struct fd_run *run)
{
	g_autoptr(GError) error = NULL;

	if (!run->snapshots)
		return;
	if (!fd_snapshots_take(run->snapshots, "the end of the recording", &error) &&
	    !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
		fd_run_warn(run, "there is no snapshot of the end: %s", error->message);
}

/* Until the server ends, or is ended by us. Tracing stops before that: calls that hang are to be open
 * in the trace, and not unwound by the shutdown. */
static void follow(struct fd_run *run)
{
	enum fd_server_state before = FD_SERVER_RUNS;

	fd_run_tell(run, FD_RECORD_STARTED, NULL);
	while (!run->server_ended && !is_over(run))
		run->server_ended = !wait_for_server(run, &before);
	if (!run->server_ended)
		fd_run_tell(run, FD_RECORD_STOPPING, NULL);
	take_last_snapshot(run);
	if (!run->server_ended)
		fd_run_stop_tracing(run);
	if (!run->server)
		return;
	fd_server_stop(run->server, run->options->grace_ns ? run->options->grace_ns : GRACE_NS);
	fd_keeper_watch(run->keeper, 0);
}

/* ---- all of it ---- */

static void clear(struct fd_run *run)
{
	fd_snapshots_free(run->snapshots);
	fd_tracing_free(run->tracing);
	fd_drain_free(run->drain);
	fd_control_segment_free(run->control);
	fd_record_memory_remove(&run->memory);
	fd_record_memory_clear(&run->memory);
	fd_keeper_done(run->keeper);
	fd_server_free(run->server);
	fd_attached_free(run->attached);
	fd_record_count_clear(&run->count);
	g_clear_pointer(&run->strangers, g_array_unref);
	g_ptr_array_unref(run->warnings);
	g_free(run->started);
	g_free(run->name);
	fd_record_folder_clear(&run->folder);
}

gboolean fd_record_run(const struct fd_record_options *options, const volatile int *stop,
		       fd_record_progress_fn progress, void *user, struct fd_recording_info *info,
		       GError **error)
{
	struct fd_run run = { .options = options,
			      .stop = stop,
			      .progress = progress,
			      .user = user,
			      .memory = { .lock = -1 } };
	gboolean ok;

	run.warnings = g_ptr_array_new_with_free_func(g_free);
	ok = fd_run_begin(&run, error);
	if (ok) {
		follow(&run);
		ok = fd_run_finish(&run, info, error);
	}
	if (!ok)
		fd_recording_info_clear(info);
	g_clear_pointer(&run.tracing, fd_tracing_free);
	g_clear_pointer(&run.drain, fd_drain_free);
	if (!ok && !run.count.summary.events && run.folder.path)
		fd_record_folder_remove(&run.folder);
	clear(&run);
	return ok;
}
