/* What is said of a run in recording.json: when it begins, and when it has ended. */
#include <math.h>
#include <string.h>
#include <sys/utsname.h>

#include "pipeline/record/record_run.h"

static char *describe_host(void)
{
	struct utsname name;

	if (uname(&name) != 0)
		return g_strdup("unknown");
	return g_strdup_printf("%s %s %s %s", name.nodename, name.sysname, name.release,
			       name.machine);
}

char *fdar_run_describe_end(const struct fdar_run *run)
{
	int number = run->server ? fdar_server_signal(run->server) : 0;

	if (run->snapshot)
		return g_strdup_printf("snapshot: %s", run->snapshot);
	if (run->ended)
		return g_strdup(run->ended);
	if (number && run->server_ended)
		return g_strdup_printf(FDAR_RECORDING_SIGNALLED "%d (%s)", number,
				       strsignal(number));
	return g_strdup(FDAR_RECORDING_EXITED);
}

static void fill_asked(const struct fdar_record_options *options, struct fdar_recording_info *info)
{
	const struct fdar_control_settings *settings = &options->settings;

	info->detail = g_strdup(fdar_detail_name(options->tracing.detail));
	info->functions = g_strdupv((char **)settings->functions);
	info->depth = settings->depth_max;
	info->min_duration_ns = settings->minimum_ns;
	info->budget_ppm = settings->budget_ppm;
	info->io_sessions = settings->io_sessions ? 1 : 0;
	info->io_bytes = settings->io_bytes;
	info->lossless = options->tracing.lossless ? 1 : 0;
	info->memory_bytes = fdar_tracing_memory(&options->tracing);
	info->max_bytes = options->max_bytes;
	info->snapshot = options->tracing.snapshot ? 1 : 0;
	if (!options->attach_count)
		return;
	info->attached = g_array_new(FALSE, FALSE, sizeof(guint32));
	for (size_t i = 0; i < options->attach_count; i++) {
		guint32 pid = (guint32)options->attach[i];

		g_array_append_val(info->attached, pid);
	}
}

/* What a process told may be anything: a number that 64 bits with a sign, as JSON's, cannot hold is cut to
 * what they can. */
static uint64_t whole_of(double value)
{
	return value < (double)G_MAXINT64 ? (uint64_t)value : (uint64_t)G_MAXINT64;
}

/* Calls pay for the events that they are written as, too: whoever calls when the buffer is full. */
static void fill_price(const struct fdar_control_counts *counts, struct fdar_recording_info *info)
{
	double n = (double)counts->price_measured;
	double each_ps, variance, write_ps;
	uint64_t both_ps;

	if (!counts->price_measured || !counts->calls || counts->price_inner_ps > counts->price_ps)
		return;
	each_ps = (double)counts->price_ps / n;
	variance = (double)counts->price_squares / n - each_ps * each_ps;
	write_ps =
		1000 * (double)counts->write_ns / ((double)counts->calls + (double)counts->marks);
	info->price_measured = counts->price_measured;
	info->price_inner_ps = counts->price_inner_ps / counts->price_measured;
	both_ps = whole_of(each_ps + write_ps);
	info->price_outer_ps = both_ps - MIN(info->price_inner_ps, both_ps);
	info->price_spread_ps = variance > 0 ? whole_of(sqrt(variance)) : 0;
}

/* Parts of a million, of a time that is not 0. */
static uint64_t part_of(double ns, uint64_t all_ns)
{
	return whole_of(1e6 * ns / (double)all_ns);
}

void fdar_run_fill_budget(const struct fdar_control_counts *counts,
			  struct fdar_recording_info *info)
{
	double others_ns = (double)counts->budget_others_ns;

	if (!counts->budget_cpu_ns)
		return;
	info->budget_others_ppm = part_of(others_ns, counts->budget_cpu_ns);
	info->budget_spent_ppm =
		part_of(others_ns + (double)counts->budget_calls_ns, counts->budget_cpu_ns);
}

static void fill_counts(const struct fdar_run *run, struct fdar_recording_info *info)
{
	const struct fdar_control_counts *counts = &run->counts;
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
	info->died = run->died ? 1 : 0;
	info->damaged = run->damaged || run->count.damage ? 1 : 0;
	info->calls_found = run->count.summary.calls;
	info->calls_missing = run->missing.calls;
	info->events_missing = run->missing.events;
	if (info->events_missing > 0)
		info->events_missing -= MIN(info->events_missing, info->discarded + info->dropped);
	info->functions_seen = counts->functions;
	info->functions_live = counts->live;
	info->budget_off = counts->budget_off;
	fdar_run_fill_budget(counts, info);
	info->waited_ns = counts->waited_ns;
	fill_price(counts, info);
	info->processes_known = counts->processes;
	info->processes_killed = counts->killed;
	info->processes_late = counts->unready;
	info->processes_silent = counts->processes - MIN(counts->told, counts->processes);
}

void fdar_run_describe(struct fdar_run *run, const struct fdar_record_folder *folder,
		       struct fdar_recording_info *info)
{
	static char *no_command[] = { NULL };
	const struct fdar_record_options *options = run->options;

	fdar_recording_info_clear(info);
	fill_asked(options, info);
	fill_counts(run, info);
	info->name = g_strdup(run->name);
	info->command = g_strdupv(options->command ? (char **)options->command : no_command);
	info->host = describe_host();
	info->started = g_strdup(run->started);
	info->duration_ns = run->now.elapsed_ns;
	info->sample_hz = options->sample_hz;
	info->samples = run->samples;
	info->samples_lost = run->samples_lost;
	info->cpu_pressure_ppm = run->pressure.most_ppm;
	info->events = run->count.summary.events;
	info->trace_bytes = fdar_record_folder_bytes(folder);
	info->exit_status = run->server && run->stopped ? fdar_server_exit_status(run->server) : 0;
	info->ended = fdar_run_describe_end(run);
	if (run->strangers)
		info->strangers = g_array_ref(run->strangers);
	if (run->ends && run->ends->len)
		info->ends = g_array_ref(run->ends);
	if (run->count.losses)
		info->losses = g_array_ref(run->count.losses);
	if (run->count.streams)
		info->streams = g_array_ref(run->count.streams);
	if (!run->warnings->len)
		return;
	info->warnings = g_new0(char *, run->warnings->len + 1);
	for (guint i = 0; i < run->warnings->len; i++)
		info->warnings[i] = g_strdup(g_ptr_array_index(run->warnings, i));
}

/* What is known before the server starts. Who reads it finds a recorder that runs, or one that was
 * killed; the watchdog knows which. */
gboolean fdar_run_describe_begin(struct fdar_run *run, GError **error)
{
	struct fdar_recording_info info = { 0 };
	gboolean saved;

	fdar_run_describe(run, &run->folder, &info);
	info.unfinished = 1;
	g_free(info.ended);
	info.ended = g_strdup(FDAR_RECORDING_UNFINISHED);
	saved = fdar_recording_info_save(&info, run->folder.path, error);
	fdar_recording_info_clear(&info);
	return saved;
}
