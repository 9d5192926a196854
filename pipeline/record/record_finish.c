/* The end of a run: tracing stops, and the trace is made whole. */
#include <gio/gio.h>

#include "pipeline/record/record_recover.h"
#include "pipeline/record/record_run.h"

#define PIDS_MAX 5u  /* of processes that are told of by their number */
#define FLUSH_MS 300 /* for the server's processes to write what they have collected */

/* ---- the end of tracing ---- */

static void recover(struct fdar_run *run)
{
	g_autoptr(GError) error = NULL;

	if (!run->options->tracing.crash_safe)
		return;
	if (fdar_record_recover(run->memory.buffers, run->folder.trace, &error))
		fdar_run_warn(run,
			      "what LTTng had not written when it died was read from its buffers: "
			      "trace/" FDAR_RECORD_RECOVERED);
	else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
		fdar_run_warn(run, "LTTng's buffers could not be recovered: %s", error->message);
}

static void drain_rest(struct fdar_run *run)
{
	g_autoptr(GError) error = NULL;

	if (!run->drain)
		return;
	fdar_run_tell(run, FDAR_RECORD_DRAINING, NULL);
	if (!fdar_drain_finish(run->drain, 0, &run->drained, &error) && !run->ended) {
		run->damaged = TRUE;
		fdar_run_warn(run, "the end of the trace is missing: %s", error->message);
	}
	run->now.trace_bytes = run->drained.disk_bytes;
	run->now.dropped = run->drained.dropped_events;
	run->damaged = run->damaged || run->drained.dropped_uncounted ||
		       run->drained.damaged_packets || run->drained.memory_full;
	if (run->drained.dropped_uncounted)
		fdar_run_warn(run,
			      "%" G_GUINT64_FORMAT " packets were dropped before their events "
			      "were counted: more is missing than is told",
			      run->drained.dropped_uncounted);
	if (run->drained.damaged_packets)
		fdar_run_warn(run,
			      "%" G_GUINT64_FORMAT
			      " packets were damaged in memory, and are not kept",
			      run->drained.damaged_packets);
}

/* A process that is killed takes along what its threads had not written. */
static void warn_of_killed(struct fdar_run *run)
{
	const struct fdar_control_counts *counts = &run->counts;

	g_autofree char *cut = g_strdup_printf("%" G_GUINT64_FORMAT " calls and %" G_GUINT64_FORMAT
					       " marks that their threads had made in the last "
					       "tenth of a second, and had not yet written, are "
					       "not in the recording, nor are",
					       counts->cut, counts->cut_marks);

	if (!counts->killed)
		return;
	fdar_run_warn(
		run,
		"%" G_GUINT64_FORMAT
		" processes of the server were killed, or ended by a signal: %s calls that had "
		"begun by then, had not ended, and were not yet written",
		counts->killed, counts->cut || counts->cut_marks ? cut : "what may be missing are");
	if (counts->cut_unknown)
		fdar_run_warn(
			run,
			"of these, %" G_GUINT64_FORMAT
			" could not count the calls of all their threads, which were many, or "
			"have an older library: more calls are missing than is told",
			counts->cut_unknown);
}

/* "pids 5, 7, and 3 more"; the caller frees it. */
static char *list_pids(const GArray *pids, uint64_t all)
{
	GString *text = g_string_new(all == 1 ? "pid" : "pids");
	guint shown = MIN(pids->len, PIDS_MAX);

	for (guint i = 0; i < shown; i++)
		g_string_append_printf(text, "%s %d", i ? "," : "",
				       g_array_index(pids, int32_t, i));
	if (all > shown)
		g_string_append_printf(text, ", and %" G_GUINT64_FORMAT " more", all - shown);
	return g_string_free(text, FALSE);
}

/* What a process does before LTTng knows it is counted by nobody. */
static void warn_of_late(struct fdar_run *run)
{
	g_autoptr(GArray) pids = fdar_control_segment_unready(run->control);
	g_autofree char *who = list_pids(pids, run->counts.unready);

	if (run->counts.unready)
		fdar_run_warn(
			run,
			"%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
			" processes of the server (%s) went on before LTTng recorded them, "
			"which took longer than they wait for it: what they did until then is "
			"not in the recording, and in no count",
			run->counts.unready, run->counts.processes, who);
}

/* What LTTng never got to record is no server at rest. */
static void warn_of_processes(struct fdar_run *run)
{
	const struct fdar_control_counts *counts = &run->counts;
	g_autofree char *limits = fdar_run_limits();

	if (counts->told < counts->processes)
		fdar_run_warn(run,
			      "%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
			      " processes of the server said nothing: LTTng did not reach them (or "
			      "is not told of them: a raw clone()), and what they did is not in "
			      "the recording%s",
			      counts->processes - counts->told, counts->processes,
			      limits ? limits : "");
	if (counts->unread) {
		run->damaged = TRUE;
		fdar_run_warn(run, "the server's processes made more counters than are looked at: "
				   "what was lost is not known of all of them");
	}
	if (counts->gave_up)
		fdar_run_warn(run,
			      "%" G_GUINT64_FORMAT " processes were forked in the middle of a "
			      "change of what is recorded, and went on with what they had",
			      counts->gave_up);
}

static void take_ends(struct fdar_run *run)
{
	g_autoptr(GArray) ends = fdar_control_segment_ends(run->control);

	g_clear_pointer(&run->ends, g_array_unref);
	run->ends = g_array_new(FALSE, TRUE, sizeof(struct fdar_recording_end));
	for (guint i = 0; i < MIN(ends->len, FDAR_RECORDING_ENDS_MAX); i++) {
		const struct fdar_control_end *one =
			&g_array_index(ends, struct fdar_control_end, i);
		struct fdar_recording_end end = { (uint64_t)one->pid, one->ended_ns, one->within_ns,
						  0 };

		if (run->server && one->pid == fdar_server_pid(run->server))
			end.signal = (uint64_t)fdar_server_signal(run->server);
		g_array_append_val(run->ends, end);
	}
}

/* What they have written by now is in LTTng's hands while its session is on; later they may count what
 * it does not take any more. */
static void ask_processes(struct fdar_run *run)
{
	g_autoptr(GPtrArray) warnings = NULL;

	fdar_control_segment_count(run->control, &run->counts);
	g_clear_pointer(&run->said, g_array_unref);
	run->said = fdar_control_segment_processes(run->control);
	take_ends(run);
	if (!run->attached)
		return;
	warnings = fdar_attached_warnings(run->attached, run->said);
	for (guint i = 0; i < warnings->len; i++)
		fdar_run_warn(run, "%s", (const char *)g_ptr_array_index(warnings, i));
	if (run->young)
		fdar_record_missing_forgive(run->said, run->young);
}

/* Each of the first few by itself. */
static void warn_of_elsewhere(struct fdar_run *run)
{
	GString *text = g_string_new(NULL);
	guint told = 0, more = 0;

	for (guint i = 0; i < run->said->len; i++) {
		const struct fdar_control_process *process =
			&g_array_index(run->said, struct fdar_control_process, i);

		if (!process->elsewhere)
			continue;
		if (told == PIDS_MAX) {
			more++;
			continue;
		}
		g_string_append_printf(text, "%s%" G_GUINT64_FORMAT " of process %d",
				       told++ ? ", " : "", process->elsewhere, process->pid);
	}
	if (more)
		g_string_append_printf(text, ", and more of %u others", more);
	if (told)
		fdar_run_warn(
			run,
			"calls on stacks of coroutines are counted, but not recorded, where "
			"something else than swapcontext() switches them: %s; they are on no "
			"thread's own stack, nor on a signal's, where one lies above the other; "
			"nor are those in the last 8 KiB of a coroutine's stack",
			text->str);
	g_string_free(text, TRUE);
}

/* A budget that the libraries could not keep to: functions are all that they can leave out. */
static void warn_of_budget(struct fdar_run *run)
{
	uint64_t budget_ppm = run->options->settings.budget_ppm;
	struct fdar_recording_info info = { 0 };

	fdar_run_fill_budget(&run->counts, &info);
	if (!budget_ppm || info.budget_spent_ppm < budget_ppm + budget_ppm / 4)
		return;
	fdar_run_warn(
		run,
		"the budget of %.3g %% was not kept: recording took %.3g %% of the server's "
		"processor time, as its libraries reckon; of that sessions, requests, waits and "
		"reads %.3g %%, which are recorded in any case%s",
		(double)budget_ppm / 1e4, (double)info.budget_spent_ppm / 1e4,
		(double)info.budget_others_ppm / 1e4,
		info.budget_others_ppm > budget_ppm ? " (--detail session may have fewer of them)"
						    : "");
}

void fdar_run_stop_tracing(struct fdar_run *run)
{
	g_autoptr(GError) error = NULL;
	gboolean stopped, died;

	if (run->stopped)
		return;
	run->stopped = TRUE;
	if (run->sampler)
		fdar_sampler_pause(run->sampler);
	if (!run->server_ended)
		fdar_control_segment_flush(run->control, FLUSH_MS);
	run->now.elapsed_ns = (uint64_t)(g_get_monotonic_time() - run->begin_us) * 1000;
	fdar_control_segment_switch(run->control, FALSE);
	ask_processes(run);
	if (run->drain)
		fdar_drain_last(run->drain);
	stopped = fdar_tracing_stop(run->tracing, &run->state, &error);
	died = run->ended == fdar_run_ended_daemon || run->ended == fdar_run_ended_consumer;
	run->damaged = !stopped || died;
	if (run->damaged)
		fdar_run_warn(run, "the end of the trace may be missing: %s",
			      stopped ? run->ended : error->message);
	if (died)
		run->dead = run->ended;
	else if (fdar_tracing_consumer_died(run->tracing))
		run->dead = fdar_run_ended_consumer;
	if (fdar_tracing_is_stuck(run->tracing) || run->dead == fdar_run_ended_consumer)
		fdar_watchdog_daemon_stuck(run->watchdog);
	fdar_run_tell_unmet(run, TRUE);
	warn_of_processes(run);
	warn_of_late(run);
	warn_of_killed(run);
	warn_of_elsewhere(run);
	warn_of_budget(run);
	drain_rest(run);
	if (!stopped || died)
		recover(run);
}

/* Nothing of the server's in the trace: say what may be the reason rather than "empty". */
static gboolean nothing_recorded(struct fdar_run *run, GError **error)
{
	g_autofree char *end = fdar_run_describe_end(run);
	g_autofree char *limits = fdar_run_limits();

	g_clear_error(error);
	if (run->dead || run->ended == fdar_run_ended_disk)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			    "nothing was recorded: %s, and nothing that can be read had reached "
			    "the disk%s",
			    run->dead ? run->dead : run->ended, run->dead && limits ? limits : "");
	else if (run->ended == fdar_run_ended_size)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			    "nothing was recorded: the maximum size was reached before a single "
			    "event was on the disk; give it more");
	else if (run->counts.processes)
		g_set_error(
			error, G_IO_ERROR, G_IO_ERROR_FAILED,
			"nothing was recorded (%s): %" G_GUINT64_FORMAT
			" processes had flowdar's libraries in them, and LTTng took nothing from "
			"them%s",
			end, run->counts.processes, limits ? limits : "");
	else
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			    "nothing was recorded (%s): no process loaded flowdar's libraries; "
			    "they do not get into static or set-user-ID programs, nor past a "
			    "cleared environment (env -i, sudo)%s",
			    end, limits ? limits : "");
	return FALSE;
}

gboolean fdar_run_finish(struct fdar_run *run, struct fdar_recording_info *info, GError **error)
{
	GError *cause = NULL;

	fdar_run_stop_tracing(run);
	fdar_run_keep_samples(run);
	g_clear_pointer(&run->tracing, fdar_tracing_free);
	g_clear_pointer(&run->drain, fdar_drain_free);
	g_clear_pointer(&run->control, fdar_control_segment_free);
	fdar_record_memory_remove(&run->memory);
	g_clear_pointer(&run->watchdog, fdar_watchdog_done);
	if (run->snapshots) {
		/* It was for the watchdog's snapshot. */
		fdar_record_folder_forget(&run->folder);
		if (!fdar_snapshots_count(run->snapshots))
			return nothing_recorded(run, error);
		if (run->damaged)
			fdar_snapshots_tell_rest(run->snapshots);
		fdar_snapshots_steal_info(run->snapshots, info);
		return TRUE;
	}
	if (fdar_run_seal(run, &run->folder, info, &cause)) {
		fdar_run_done(run, &run->folder, info);
		return TRUE;
	}
	if (g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)) {
		g_error_free(cause);
		return nothing_recorded(run, error);
	}
	g_propagate_error(error, cause);
	return FALSE;
}
