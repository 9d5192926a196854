/* The last that is done to a recording, and to each snapshot: its events are counted, what is missing of
 * them is found, and what is known of it is written beside it. */
#include <gio/gio.h>

#include "pipeline/record/record_ends.h"
#include "pipeline/record/record_run.h"

#define DIED_NS UINT64_C(1000000000) /* a server that ends badly before that has not begun */

static void on_counting(uint64_t events, void *user)
{
	struct fdar_run *run = user;

	run->now.counted = events;
	fdar_run_tell(run, FDAR_RECORD_COUNTING, NULL);
}

static gboolean count(struct fdar_run *run, const struct fdar_record_folder *folder,
		      fdar_record_events_fn events)
{
	gboolean whole = !run->options->tracing.snapshot && !run->state.discarded &&
			 !run->drained.dropped_events;

	fdar_record_count_clear(&run->count);
	return fdar_record_count(folder->path, run->name, run->others, whole, events, run->user,
				 on_counting, run, &run->count, NULL);
}

/* Before the events are counted, which takes a while and may be cut short by whoever waits for it. */
static void save_uncounted(struct fdar_run *run, const struct fdar_record_folder *folder,
			   struct fdar_recording_info *info)
{
	fdar_run_warn(run, "the events were not counted");
	fdar_run_describe(run, folder, info);
	info->unfinished = 1;
	fdar_recording_info_save(info, folder->path, NULL);
	g_ptr_array_set_size(run->warnings, (int)run->warnings->len - 1);
}

static void warn_of_late(struct fdar_run *run)
{
	if (run->counts.late)
		fdar_run_warn(
			run,
			"%" G_GUINT64_FORMAT
			" libraries were loaded by a caller with a search path of its own, or "
			"into a namespace: their calls of up to the first 100 ms are missing",
			run->counts.late);
}

static void warn_of_silence(struct fdar_run *run)
{
	if (run->count.said)
		return;
	if (run->options->settings.io_sessions)
		fdar_run_warn(run,
			      "no session, wait or function was recorded: the server had nothing "
			      "to do, or was started with a cleared environment (env -i, sudo)");
	else
		fdar_run_warn(run,
			      "no session, wait or function was recorded: the server had nothing "
			      "to do, has neither flowdar.h nor function hooks in it (--io needs "
			      "neither), or was started with a cleared environment (env -i, sudo)");
}

/* A server that cannot begin (its port is taken, its configuration wrong) is no recording to compare. */
static void warn_of_death(struct fdar_run *run)
{
	int status = run->server && run->stopped ? fdar_server_exit_status(run->server) : 0;
	g_autofree char *after = NULL;

	run->died = run->server_ended && status && !run->count.sessions &&
		    run->now.elapsed_ns < DIED_NS;
	if (!run->died)
		return;
	after = g_strdup_printf("%" G_GUINT64_FORMAT " ms", run->now.elapsed_ns / 1000000);
	fdar_run_warn(
		run,
		"the server ended by itself after %s with status %d, before any session: what "
		"it said last is above",
		after, status);
}

/* Functions that were wanted and stay off look like functions that nobody calls: it is said why. What
 * hangs on the whole process (no patching at all) is told where there is nothing but patching. */
static void warn_of_unpatched(struct fdar_run *run)
{
	const struct fdar_control_counts *counts = &run->counts;
	uint32_t whole = 1u << FDAR_PATCH_NO_PROCESSOR | 1u << FDAR_PATCH_NO_BARRIER |
			 1u << FDAR_PATCH_SHADOW_STACK;

	if (run->options->tracing.detail < FDAR_DETAIL_FUNCTION)
		return;
	for (unsigned status = 0; status < 32; status++) {
		uint32_t bit = 1u << status;

		if (counts->unpatched & bit && !(bit & whole && counts->hooked))
			fdar_run_warn(run, "functions that were asked for are not recorded: %s",
				      fdar_patch_status_text((enum fdar_patch_status)status));
	}
}

/* A server that has an OpenSSL of its own inside, or none, looks like one that nobody talked to. */
static void warn_of_keys(struct fdar_run *run)
{
	if (run->keys.fd >= 0 && !fdar_record_keys_bytes(&run->keys))
		fdar_run_tell(run, FDAR_RECORD_WARNING,
			      "no TLS secret came: nobody connected over TLS, or the server does "
			      "not load OpenSSL as a library");
}

gboolean fdar_run_seal(struct fdar_run *run, const struct fdar_record_folder *folder,
		       struct fdar_recording_info *info, GError **error)
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
	/* Snapshots are of what was not overwritten. */
	if (run->said && !run->options->tracing.snapshot)
		fdar_record_missing_find(run->said, run->count.processes,
					 run->options->tracing.detail, &run->missing);
	if (run->ends)
		fdar_record_ends_fit(run->ends, run->count.spans);
	if (run->count.damage)
		fdar_run_warn(run, "the trace is damaged: %s", run->count.damage);
	warn_of_late(run);
	warn_of_silence(run);
	warn_of_death(run);
	warn_of_unpatched(run);
	warn_of_keys(run);
	fdar_run_describe(run, folder, info);
	info->manifest = 1;
	if (fdar_recording_info_save(info, folder->path, error))
		return TRUE;
	g_prefix_error(error, "the trace is in %s, but ", folder->shown);
	return FALSE;
}
