#include "pipeline/source/source_check.h"

#include <string.h>

#include "base/amount.h"

#define NS      UINT64_C(1000000000)
#define SLACK_S 3600

/* ---- times ---- */

struct fdar_source_times fdar_source_times_any(void)
{
	return (struct fdar_source_times){ 0, UINT64_MAX };
}

struct fdar_source_times fdar_source_times_of(const struct fdar_recording_info *info)
{
	g_autoptr(GDateTime) began =
		info->started ? g_date_time_new_from_iso8601(info->started, NULL) : NULL;
	gint64 began_s = began ? g_date_time_to_unix(began) : 0;

	if (began_s <= SLACK_S || !info->duration_ns || info->unfinished)
		return fdar_source_times_any();
	return (struct fdar_source_times){ (uint64_t)(began_s - SLACK_S) * NS,
					   (uint64_t)(began_s + SLACK_S) * NS + info->duration_ns };
}

gboolean fdar_source_times_have(const struct fdar_source_times *times,
				const struct fdar_event *batch, size_t n)
{
	return batch[0].time_ns >= times->first_ns && batch[n - 1].time_ns <= times->last_ns;
}

size_t fdar_source_times_keep(const struct fdar_source_times *times, struct fdar_event *batch,
			      size_t n, uint64_t *left_out)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		if (fdar_source_times_have(times, &batch[i], 1))
			batch[kept++] = batch[i];
		else if (batch[i].kind != FDAR_EVENT_THREAD_NAME)
			++*left_out;
	}
	return kept;
}

/* ---- counts ---- */

static void add(struct fdar_recording_state *recording, enum fdar_doubt_kind kind,
		const char *format, ...) G_GNUC_PRINTF(3, 4);

static void add(struct fdar_recording_state *recording, enum fdar_doubt_kind kind,
		const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	fdar_doubts_add(recording->doubts, kind, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

static void compare_times(struct fdar_recording_state *recording,
			  const struct fdar_source_summary *summary)
{
	g_autofree char *times = fdar_plural(summary->times_back, "time", NULL);

	if (!summary->times_back)
		return;
	add(recording, FDAR_DOUBT_DAMAGED,
	    "times go back by up to %.9g s, %s; first in stream file %s: read on as if they did "
	    "not, "
	    "how long calls took is right, the order of things on different processors may not be",
	    (double)summary->most_back_ns / 1e9, times, summary->back_at ? summary->back_at : "?");
}

static void compare_damage(struct fdar_recording_state *recording,
			   const struct fdar_source_summary *summary)
{
	if (summary->damaged)
		add(recording, FDAR_DOUBT_DAMAGED,
		    "the trace is damaged and was read up to there: %s", summary->damage);
	if (summary->calls_broken)
		add(recording, FDAR_DOUBT_DAMAGED,
		    "%" G_GUINT64_FORMAT " events with calls are malformed", summary->calls_broken);
	compare_times(recording, summary);
	if (summary->out_of_time)
		add(recording, FDAR_DOUBT_DAMAGED,
		    "the server's clock jumps: %" G_GUINT64_FORMAT
		    " events of times at which it was not recorded are left out",
		    summary->out_of_time);
}

static void compare_losses(struct fdar_recording_state *recording,
			   const struct fdar_source_summary *summary)
{
	const struct fdar_recording_info *info = &recording->info;
	double part = 100.0 * (double)summary->discarded /
		      ((double)summary->discarded + (double)summary->events);

	/* Two digits, but 100 instead of 1e+02. */
	if (summary->discarded > info->discarded + info->dropped)
		add(recording, FDAR_DOUBT_LOST,
		    "the tracer discarded %" G_GUINT64_FORMAT " events (%.*g %% of all)",
		    summary->discarded, part < 99 ? 2 : 3, part);
	if (summary->packets_lost > info->packets_lost)
		add(recording, FDAR_DOUBT_LOST, "%" G_GUINT64_FORMAT " packets of events were lost",
		    summary->packets_lost);
}

void fdar_source_compare(struct fdar_recording_state *recording,
			 const struct fdar_source_summary *summary, const GArray *streams,
			 gboolean part)
{
	compare_damage(recording, summary);
	compare_losses(recording, summary);
	if (part || summary->out_of_time)
		return;
	if (summary->strangers && !summary->ours)
		add(recording, FDAR_DOUBT_FOREIGN,
		    "all its events are of processes of other recordings: recording.json is not "
		    "this "
		    "trace's");
	fdar_recording_state_compare(recording, summary->events, summary->calls, streams);
}

void fdar_source_take_counts(const struct fdar_decoder_env *env,
			     struct fdar_source_summary *summary)
{
	summary->discarded = env->discarded;
	summary->packets_lost = env->packets_lost;
	summary->copies = env->copies;
	summary->untimed = env->untimed;
	summary->times_back = env->times_back;
	summary->most_back_ns = env->most_back_ns;
	summary->back_at = env->back_at;
	summary->shift_ns = env->shift_ns;
}

void fdar_source_forget_counts(struct fdar_decoder_env *env)
{
	g_array_set_size(env->losses, 0);
	g_array_set_size(env->streams, 0);
	env->discarded = env->packets_lost = 0;
	env->copies = env->untimed = env->shift_ns = 0;
	env->times_back = env->most_back_ns = 0;
	g_clear_pointer(&env->back_at, g_free);
	g_clear_pointer(&env->damage, g_free);
}

size_t fdar_source_take_calls(struct fdar_calls *calls, const struct fdar_event *event,
			      struct fdar_event *batch, size_t capacity, GArray *streams)
{
	uint64_t before = fdar_calls_count(calls);
	size_t n = fdar_calls_take(calls, batch, capacity);

	if ((guint)event->raw.stream < streams->len)
		g_array_index(streams, struct fdar_recording_stream, event->raw.stream).calls +=
			fdar_calls_count(calls) - before;
	return n;
}

void fdar_source_place_streams(GArray *streams, const char *dir)
{
	g_autofree char *trace = fdar_recording_trace_path(dir, NULL);
	size_t length = trace ? strlen(trace) : 0;

	for (guint i = 0; i < streams->len && trace; i++) {
		struct fdar_recording_stream *stream =
			&g_array_index(streams, struct fdar_recording_stream, i);
		char *placed;

		if (!g_str_has_prefix(stream->path, trace))
			continue;
		placed = g_build_filename(FDAR_RECORDING_TRACE, stream->path + length, NULL);
		g_free(stream->path);
		stream->path = placed;
	}
}
