/* The end of a run: the trace is made whole, counted, and described. */
#include <gio/gio.h>
#include <string.h>
#include <sys/utsname.h>

#include "pipeline/record_recover.h"
#include "pipeline/record_run.h"

#define FLUSH_MS 300 /* for the server's processes to write what they have collected */

/* ---- the end of tracing ---- */

static void recover(struct fd_run *run)
{
	g_autoptr(GError) error = NULL;

	if (!run->options->crash_safe)
		return;
	if (fd_record_recover(run->memory.buffers, run->folder.trace, &error))
		fd_run_warn(run,
			    "what LTTng had not written when it died was read from its buffers: "
			    "trace/" FD_RECORD_RECOVERED);
	else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
		fd_run_warn(run, "LTTng's buffers could not be recovered: %s", error->message);
}

static void drain_rest(struct fd_run *run)
{
	g_autoptr(GError) error = NULL;

	if (!run->drain)
		return;
	fd_run_tell(run, FD_RECORD_DRAINING, NULL);
	if (!fd_drain_finish(run->drain, 0, &run->drained, &error) && !run->ended)
		fd_run_warn(run, "the end of the trace is missing: %s", error->message);
	run->now.trace_bytes = run->drained.disk_bytes;
	run->now.dropped = run->drained.dropped_events;
	if (run->drained.dropped_uncounted)
		fd_run_warn(run,
			    "%" G_GUINT64_FORMAT " packets were dropped before their events "
			    "were counted: more is missing than is told",
			    run->drained.dropped_uncounted);
	if (run->drained.damaged_packets)
		fd_run_warn(run,
			    "%" G_GUINT64_FORMAT
			    " packets were damaged in memory, and are not kept",
			    run->drained.damaged_packets);
}

void fd_run_stop_tracing(struct fd_run *run)
{
	g_autoptr(GError) error = NULL;
	gboolean stopped, died;

	if (run->stopped)
		return;
	run->stopped = TRUE;
	if (!run->server_ended)
		fd_control_segment_flush(run->control, FLUSH_MS);
	run->now.elapsed_ns = (uint64_t)(g_get_monotonic_time() - run->begin_us) * 1000;
	fd_control_segment_switch(run->control, FALSE);
	stopped = fd_tracing_stop(run->tracing, &run->state, &error);
	/* A session daemon that has lost its consumer daemon says that all is well. */
	died = run->ended == fd_run_ended_daemon || run->ended == fd_run_ended_consumer;
	if (!stopped || died)
		fd_run_warn(run, "the end of the trace may be missing: %s",
			    stopped ? run->ended : error->message);
	if (fd_tracing_is_stuck(run->tracing) || run->ended == fd_run_ended_consumer)
		fd_keeper_daemon_stuck(run->keeper);
	fd_control_segment_count(run->control, &run->counts);
	drain_rest(run);
	if (!stopped || died)
		recover(run);
}

/* ---- recording.json ---- */

static char *describe_host(void)
{
	struct utsname name;

	if (uname(&name) != 0)
		return g_strdup("unknown");
	return g_strdup_printf("%s %s %s %s", name.nodename, name.sysname, name.release,
			       name.machine);
}

static char *describe_end(const struct fd_run *run)
{
	int number = run->server ? fd_server_signal(run->server) : 0;

	if (run->snapshot)
		return g_strdup_printf("snapshot: %s", run->snapshot);
	if (run->ended)
		return g_strdup(run->ended);
	if (number && run->server_ended)
		return g_strdup_printf("server was killed by signal %d (%s)", number,
				       strsignal(number));
	return g_strdup("server exited");
}

static void fill_asked(const struct fd_record_options *options, struct fd_recording_info *info)
{
	const struct fd_control_settings *settings = &options->settings;

	info->detail = g_strdup(fd_detail_name(options->detail));
	info->functions = g_strdupv((char **)settings->functions);
	info->depth = settings->depth_max;
	info->min_duration_ns = settings->minimum_ns;
	info->budget_ppm = settings->budget_ppm;
	info->io_sessions = settings->io_sessions ? 1 : 0;
	info->io_bytes = settings->io_bytes;
	info->lossless = options->lossless ? 1 : 0;
	info->memory_bytes = fd_tracing_memory(options);
	info->max_bytes = options->max_bytes;
	info->snapshot = options->snapshot ? 1 : 0;
	if (!options->attach_count)
		return;
	info->attached = g_array_new(FALSE, FALSE, sizeof(guint32));
	for (size_t i = 0; i < options->attach_count; i++) {
		guint32 pid = (guint32)options->attach[i];

		g_array_append_val(info->attached, pid);
	}
}

static void fill_counts(const struct fd_run *run, struct fd_recording_info *info)
{
	const struct fd_control_counts *counts = &run->counts;
	uint64_t dropped = run->drained.dropped_events;
	uint64_t missing = run->count.summary.discarded;

	/* The trace tells both together; LTTng's own count has what was lost after the last packets. */
	info->dropped = dropped;
	info->discarded = MAX(run->state.discarded, missing > dropped ? missing - dropped : 0);
	info->discarded = MAX(info->discarded, run->drained.discarded_events);
	info->packets_lost = MAX(run->state.packets_lost, run->count.summary.packets_lost);
	info->calls = counts->calls;
	info->calls_skipped = counts->skipped;
	info->calls_unwound = counts->unwound;
	info->calls_lost = counts->lost;
	info->functions_seen = counts->functions;
	info->functions_live = counts->live;
	info->budget_off = counts->budget_off;
	info->waited_ns = counts->waited_ns;
}

static void fill_info(struct fd_run *run, const struct fd_record_folder *folder,
		      struct fd_recording_info *info)
{
	static char *no_command[] = { NULL };
	const struct fd_record_options *options = run->options;

	fd_recording_info_clear(info);
	fill_asked(options, info);
	fill_counts(run, info);
	info->name = g_strdup(run->name);
	info->command = g_strdupv(options->command ? (char **)options->command : no_command);
	info->host = describe_host();
	info->started = g_strdup(run->started);
	info->duration_ns = run->now.elapsed_ns;
	info->events = run->count.summary.events;
	info->trace_bytes = fd_record_folder_bytes(folder);
	info->exit_status = run->server && run->stopped ? fd_server_exit_status(run->server) : 0;
	info->ended = describe_end(run);
	if (run->strangers)
		info->strangers = g_array_ref(run->strangers);
	if (run->count.losses)
		info->losses = g_array_ref(run->count.losses);
	if (!run->warnings->len)
		return;
	info->warnings = g_new0(char *, run->warnings->len + 1);
	for (guint i = 0; i < run->warnings->len; i++)
		info->warnings[i] = g_strdup(g_ptr_array_index(run->warnings, i));
}

/* ---- counting ---- */

static void on_counting(uint64_t events, void *user)
{
	struct fd_run *run = user;

	run->now.counted = events;
	fd_run_tell(run, FD_RECORD_COUNTING, NULL);
}

static gboolean count(struct fd_run *run, const struct fd_record_folder *folder,
		      fd_record_events_fn events)
{
	fd_record_count_clear(&run->count);
	return fd_record_count(folder->path, run->name, run->others, events, run->user, on_counting,
			       run, &run->count, NULL);
}

/* Before the events are counted, which takes a while and may be cut short by whoever waits for it. */
static void save_uncounted(struct fd_run *run, const struct fd_record_folder *folder,
			   struct fd_recording_info *info)
{
	fd_run_warn(run, "the events were not counted");
	fill_info(run, folder, info);
	fd_recording_info_save(info, folder->path, NULL);
	g_ptr_array_set_size(run->warnings, (int)run->warnings->len - 1);
}

static void warn_of_silence(struct fd_run *run)
{
	if (run->count.said)
		return;
	if (run->options->settings.io_sessions)
		fd_run_warn(run,
			    "no session, wait or function was recorded: the server had nothing "
			    "to do");
	else
		fd_run_warn(run,
			    "no session, wait or function was recorded: the server had nothing "
			    "to do, or has neither flowdar.h nor function hooks in it (--io "
			    "needs neither)");
}

gboolean fd_run_seal(struct fd_run *run, const struct fd_record_folder *folder,
		     struct fd_recording_info *info, GError **error)
{
	save_uncounted(run, folder, info);
	if (!count(run, folder, run->options->events) && !run->count.summary.events) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "nothing was recorded");
		return FALSE;
	}
	/* Who the strangers are is known at the end: what is left without them is counted again. */
	run->strangers = g_steal_pointer(&run->count.strangers);
	if (run->strangers) {
		save_uncounted(run, folder, info);
		count(run, folder, NULL);
	}
	if (run->count.damage)
		fd_run_warn(run, "the trace is damaged: %s", run->count.damage);
	warn_of_silence(run);
	fill_info(run, folder, info);
	if (fd_recording_info_save(info, folder->path, error))
		return TRUE;
	g_prefix_error(error, "the trace is in %s, but ", folder->trace);
	return FALSE;
}

/* Nothing of the server's in the trace: say what may be the reason rather than "empty". */
static gboolean nothing_recorded(struct fd_run *run, GError **error)
{
	g_autofree char *end = describe_end(run);

	g_clear_error(error);
	if (run->ended == fd_run_ended_daemon || run->ended == fd_run_ended_consumer ||
	    run->ended == fd_run_ended_disk)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			    "nothing was recorded: %s, and nothing that can be read had reached "
			    "the disk",
			    run->ended);
	else
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			    "nothing was recorded (%s): no process loaded flowdar's libraries; "
			    "they do not get into static or set-user-ID programs",
			    end);
	return FALSE;
}

gboolean fd_run_finish(struct fd_run *run, struct fd_recording_info *info, GError **error)
{
	GError *cause = NULL;

	fd_run_stop_tracing(run);
	g_clear_pointer(&run->tracing, fd_tracing_free);
	g_clear_pointer(&run->drain, fd_drain_free);
	g_clear_pointer(&run->control, fd_control_segment_free);
	fd_record_memory_remove(&run->memory);
	g_clear_pointer(&run->keeper, fd_keeper_done);
	if (run->snapshots) {
		if (!fd_snapshots_count(run->snapshots))
			return nothing_recorded(run, error);
		fd_snapshots_steal_info(run->snapshots, info);
		return TRUE;
	}
	if (fd_run_seal(run, &run->folder, info, &cause))
		return TRUE;
	if (g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)) {
		g_error_free(cause);
		return nothing_recorded(run, error);
	}
	g_propagate_error(error, cause);
	return FALSE;
}
