#include "pipeline/record/record_snapshot.h"

#include <gio/gio.h>

#include "base/tree.h"
#include "pipeline/record/record_run.h"
#include "pipeline/record/tracing_watch.h"

#define FLUSH_MS  200
#define WATCH_US  1000000
#define COUNT_MAX 10000 /* snapshots of one run */

struct fdar_snapshots {
	struct fdar_run *run;
	struct fdar_watch *watch; /* NULL: no trigger */
	gint64 watched_us;
	int asked; /* of snapshots_wanted, so many were written */
	unsigned count;
	guint told;                      /* so many of the run's warnings are in it */
	struct fdar_recording_info info; /* of the last one */
};

struct fdar_snapshots *fdar_snapshots_new(struct fdar_run *run, GError **error)
{
	struct fdar_snapshots *snapshots = g_new0(struct fdar_snapshots, 1);
	g_autofree char *name = g_strdup_printf("%s-watch", run->name);
	g_autofree char *folder = g_build_filename(run->memory.path, "watch", NULL);

	snapshots->run = run;
	if (!run->options->trigger_ns)
		return snapshots;
	snapshots->watch = fdar_watch_start(name, folder, error);
	if (snapshots->watch)
		return snapshots;
	fdar_snapshots_free(snapshots);
	return NULL;
}

/* From LTTng's copy of its buffers to the disk. */
static gboolean pack(struct fdar_run *run, const char *copy,
		     const struct fdar_record_folder *folder, GError **error)
{
	struct fdar_drain_options options = { .memory_bytes =
						      fdar_tracing_memory(&run->options->tracing),
					      .level = FDAR_DRAIN_LEVEL_ADAPTIVE,
					      .lossless = TRUE };
	struct fdar_drain *drain = fdar_drain_start(copy, folder->trace, &options, error);
	gboolean packed = drain && fdar_drain_finish(drain, 0, &run->drained, error);

	fdar_drain_free(drain);
	return packed;
}

static gboolean write_folder(struct fdar_snapshots *snapshots, const char *copy,
			     struct fdar_record_folder *folder, GError **error)
{
	struct fdar_run *run = snapshots->run;
	gboolean sealed = pack(run, copy, folder, error) &&
			  fdar_run_seal(run, folder, &snapshots->info, error);

	if (sealed) {
		snapshots->count++;
		snapshots->told = run->warnings->len;
		fdar_run_done(run, folder, &snapshots->info);
	} else if (!run->count.summary.events) {
		fdar_record_folder_remove(folder);
	}
	return sealed;
}

gboolean fdar_snapshots_take(struct fdar_snapshots *snapshots, const char *why, GError **error)
{
	struct fdar_run *run = snapshots->run;
	g_autofree char *copy = g_build_filename(run->memory.path, "snapshot", NULL);
	g_autofree char *name = g_strdup_printf("%u", snapshots->count + 1);
	struct fdar_record_folder folder = { .fd = -1 };
	gboolean done = FALSE;

	if (snapshots->count >= COUNT_MAX)
		return TRUE;
	fdar_run_tell(run, FDAR_RECORD_SNAPSHOT, why);
	run->snapshot = why;
	fdar_control_segment_flush(run->control, FLUSH_MS);
	fdar_control_segment_count(run->control, &run->counts);
	/* What was said of the snapshot before is no matter for this one. */
	g_ptr_array_set_size(run->warnings, (int)run->lasting_warnings);
	snapshots->told = run->lasting_warnings;
	g_clear_pointer(&run->strangers, g_array_unref);
	if (fdar_tracing_snapshot(run->tracing, copy, error) &&
	    fdar_record_folder_make_below(&run->folder, name, &folder, error))
		done = write_folder(snapshots, copy, &folder, error);
	run->snapshot = NULL;
	fdar_tree_remove(copy);
	fdar_record_folder_clear(&folder);
	return done;
}

gboolean fdar_snapshots_look(struct fdar_snapshots *snapshots, GError **error)
{
	const struct fdar_record_options *options = snapshots->run->options;
	int wanted = options->snapshots_wanted ? *options->snapshots_wanted : 0;
	gint64 now = g_get_monotonic_time();
	g_autofree char *why = NULL;
	GError *cause = NULL;
	uint64_t longest = 0;

	if (snapshots->watch && now - snapshots->watched_us >= WATCH_US) {
		snapshots->watched_us = now;
		longest = fdar_watch_look(snapshots->watch, options->trigger_ns);
	}
	if (wanted != snapshots->asked)
		why = g_strdup("the signal");
	else if (longest)
		why = g_strdup_printf("a session of %.3g s", (double)longest / 1e9);
	snapshots->asked = wanted;
	if (!why || fdar_snapshots_take(snapshots, why, &cause))
		return TRUE;
	/* Nothing yet is no failure: the recorder waits on. */
	if (g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_NOT_FOUND)) {
		g_error_free(cause);
		return TRUE;
	}
	g_propagate_error(error, cause);
	return FALSE;
}

unsigned fdar_snapshots_count(const struct fdar_snapshots *snapshots)
{
	return snapshots->count;
}

void fdar_snapshots_steal_info(struct fdar_snapshots *snapshots, struct fdar_recording_info *info)
{
	struct fdar_recording_info none = { 0 };

	*info = snapshots->info;
	snapshots->info = none;
}

void fdar_snapshots_tell_rest(const struct fdar_snapshots *snapshots)
{
	const GPtrArray *warnings = snapshots->run->warnings;

	for (guint i = snapshots->told; i < warnings->len; i++)
		fdar_run_tell(snapshots->run, FDAR_RECORD_WARNING, g_ptr_array_index(warnings, i));
}

void fdar_snapshots_free(struct fdar_snapshots *snapshots)
{
	if (!snapshots)
		return;
	fdar_watch_free(snapshots->watch);
	fdar_recording_info_clear(&snapshots->info);
	g_free(snapshots);
}
