/* Samples of a run: taken while it goes on, moved to the trace's clock, and written. */
#include <time.h>

#include "instrument/wire/ticks.h"
#include "pipeline/ctf2/ctf2.h"
#include "pipeline/metadata/ctf_metadata.h"
#include "pipeline/metadata/ctf_trace.h"
#include "pipeline/record/record_run.h"
#include "pipeline/recording/trace_find.h"
#include "pipeline/samples/ticks.h"

#define SECOND_NS 1000000000
#define TICKS     ".ticks" /* behind the control segment's path */

/* By how much the clock of a trace is before the Unix epoch. FALSE: it has none that counts nanoseconds. */
static gboolean offset_of_trace(const char *folder, int64_t *offset_ns)
{
	g_autoptr(GError) damage = NULL;
	GString *text = fdar_ctf_metadata_read(folder, &damage, NULL);
	struct fdar_ctf_trace *trace = NULL;
	gboolean found = FALSE;

	if (text)
		trace = fdar_ctf_metadata_is_json(text->str, text->len)
				? fdar_ctf2_parse(text->str, text->len, NULL)
				: fdar_ctf_trace_parse(text->str, text->len, NULL);
	for (guint i = 0; trace && i < trace->clocks->len && !found; i++) {
		const struct fdar_ctf_clock *clock = g_ptr_array_index(trace->clocks, i);

		found = clock->freq == SECOND_NS;
		*offset_ns = clock->offset_s * SECOND_NS + (int64_t)clock->offset;
	}
	fdar_ctf_trace_free(trace);
	if (text)
		g_string_free(text, TRUE);
	return found;
}

/* LTTng measures it once when it begins; traces of one session differ by less than a microsecond. */
static int64_t offset_of(const char *trace)
{
	g_autoptr(GPtrArray) folders = fdar_trace_find(trace, NULL);
	struct timespec wall, monotonic;
	int64_t offset_ns;

	for (guint i = 0; folders && i < folders->len; i++)
		if (offset_of_trace(g_ptr_array_index(folders, i), &offset_ns))
			return offset_ns;
	clock_gettime(CLOCK_MONOTONIC, &monotonic);
	clock_gettime(CLOCK_REALTIME, &wall);
	return ((int64_t)wall.tv_sec - (int64_t)monotonic.tv_sec) * SECOND_NS + wall.tv_nsec -
	       monotonic.tv_nsec;
}

gboolean fdar_run_start_samples(struct fdar_run *run, GError **error)
{
	const struct fdar_record_options *options = run->options;
	g_autofree char *ticks = NULL;

	if (!options->sample_hz)
		return TRUE;
	ticks = g_strconcat(fdar_control_segment_path(run->control), TICKS, NULL);
	run->sampler =
		fdar_sampler_start_with(run->unwinder, options->sample_hz, options->attach,
					options->attach_count, ticks, !options->uncounted, error);
	if (run->sampler && fdar_sampler_ticks_why(run->sampler)) {
		run->ticks = g_steal_pointer(&ticks);
		fdar_run_warn(
			run,
			"samples are taken by timers in the server itself, of each thread's "
			"processor time (%s): what it does in the kernel is told behind the call "
			"that it is in, without the kernel's functions, and a thread that is made "
			"without pthread_create() has none; page faults and migrations are not "
			"counted",
			fdar_sampler_ticks_why(run->sampler));
	}
	if (run->sampler && fdar_sampler_own_why(run->sampler))
		fdar_run_warn(run,
			      "samples are of the server's own code only, for %s: "
			      "what it does in the kernel and what threads do "
			      "that live shorter than %u ms is in none, and a server that switches "
			      "with each request pays up to a fifth of its processor time for "
			      "them; page faults and migrations are not counted",
			      fdar_sampler_own_why(run->sampler), 1000 / options->sample_hz);
	if (run->sampler && !options->uncounted && fdar_sampler_uncounted_why(run->sampler) &&
	    !fdar_sampler_ticks_why(run->sampler) && !fdar_sampler_own_why(run->sampler))
		fdar_run_warn(run, "page faults and migrations of sessions are not counted: %s",
			      fdar_sampler_uncounted_why(run->sampler));
	return run->sampler != NULL;
}

/* Of samples that the server took of itself. */
static void warn_of_threads(struct fdar_run *run, uint64_t without)
{
	if (without & FDAR_TICKS_NO_SIGNAL)
		fdar_run_warn(run, "PROCESSES OF THE SERVER HAVE NO SAMPLES: all real-time signals "
				   "had handlers when they began, and none was free for a timer");
	if (without & FDAR_TICKS_YIELDED)
		fdar_run_warn(run, "PROCESSES OF THE SERVER HAVE NO SAMPLES from some moment on: "
				   "they wanted the signal of the timers for themselves, and have "
				   "it");
	if (without & FDAR_TICKS_LOCKED)
		fdar_run_warn(run, "PROCESSES OF THE SERVER HAVE NO SAMPLES from some moment on: "
				   "they were about to forbid themselves system calls (a filter, "
				   "no_new_privs)");
	if (without & FDAR_TICKS_NO_TIMER)
		fdar_run_warn(run, "THREADS OF THE SERVER HAVE NO SAMPLES: they could have no "
				   "timer (ulimit -i)");
	if (without & FDAR_TICKS_NO_FILE)
		fdar_run_warn(run,
			      "PROCESSES OF THE SERVER HAVE NO SAMPLES: they were forked where "
			      "they could make no file for them (chroot, ulimit -f or -n, a full "
			      "/dev/shm)");
	if (without & FDAR_TICKS_ROOT)
		fdar_run_warn(run,
			      "programs that the server executes after chroot() have no samples: "
			      "where it went they can make no file for them");
	if (without & FDAR_TICKS_UNREAD)
		fdar_run_warn(run,
			      "PROCESSES OF THE SERVER HAVE NO SAMPLES: there were more at a time "
			      "than the recorder may have open files (ulimit -n), or %u",
			      FDAR_TICKS_PROCESSES_MAX);
}

static void warn_of_losses(struct fdar_run *run, const struct fdar_samples *samples)
{
	if (samples->lost)
		fdar_run_warn(run,
			      "%" G_GUINT64_FORMAT
			      " SAMPLES WERE LOST, of the server or of others: "
			      "the buffers for them were full",
			      samples->lost);
	if (samples->tasks_lost)
		fdar_run_warn(
			run,
			"%" G_GUINT64_FORMAT
			" RECORDS OF WHAT PROCESSES BEGIN, MAP AND END WERE LOST, of anybody: "
			"samples of the server may be missing, or without names",
			samples->tasks_lost);
	if (samples->throttled)
		fdar_run_warn(
			run,
			"%" G_GUINT64_FORMAT " SAMPLES WERE NOT TAKEN, of the server or of others: "
			"the kernel allows no more (sysctl kernel.perf_event_max_sample_rate); "
			"sample less often",
			samples->throttled);
	if (fdar_samples_lack_counts(samples))
		fdar_run_warn(
			run,
			"%" G_GUINT64_FORMAT
			" page faults and migrations, of the server or of others, were not "
			"written down (sysctl kernel.perf_event_max_sample_rate): what sessions "
			"have is the least",
			samples->counts_lost);
	if (samples->processors_changed)
		fdar_run_warn(run, "processors came or went meanwhile: those that came were not "
				   "looked at, and have no samples");
	warn_of_threads(run, samples->without);
	if (samples->left_out)
		fdar_run_warn(run,
			      "%" G_GUINT64_FORMAT " samples were left out: a recording has %u at "
			      "most",
			      samples->left_out, FDAR_SAMPLES_MAX);
	if (!samples->samples->len)
		fdar_run_warn(run, "no sample was taken: the server hardly used a processor");
}

/* Files that are what nobody has made for elfutils: somebody's who hides, or means us. */
static void warn_of_binaries(struct fdar_run *run)
{
	g_autofree char *feared = fdar_unwinder_feared(run->unwinder);

	if (feared)
		fdar_run_warn(run,
			      "BINARIES OF THE SERVER COULD NOT BE READ, and name nothing in the "
			      "samples: the process that read them died of them, or got lost: %s",
			      feared);
	if (fdar_unwinder_gave_up(run->unwinder))
		fdar_run_warn(run, "the samples have no stacks from some moment on: reading the "
				   "server's binaries failed too often");
}

void fdar_run_keep_samples(struct fdar_run *run)
{
	g_autoptr(fdar_samples) samples = NULL;
	g_autoptr(GError) error = NULL;
	int64_t offset_ns;

	if (!run->sampler)
		return;
	samples = fdar_sampler_take(run->sampler);
	offset_ns = offset_of(run->folder.trace);
	for (guint i = 0; i < samples->samples->len; i++)
		g_array_index(samples->samples, struct fdar_sample, i).time_ns +=
			(uint64_t)offset_ns;
	for (guint i = 0; i < samples->counts->len; i++)
		g_array_index(samples->counts, struct fdar_count, i).time_ns += (uint64_t)offset_ns;
	run->samples = samples->samples->len;
	run->samples_lost = fdar_samples_missing(samples);
	warn_of_losses(run, samples);
	warn_of_binaries(run);
	if (!fdar_samples_save(samples, run->folder.path, &error))
		fdar_run_warn(run, "the samples are not kept: %s", error->message);
}
