#include "cli/reduce/shortening.h"

#include <math.h>

#include "cli/reduce/attempt.h"
#include "cli/reduce/bytes.h"
#include "cli/reduce/steps.h"
#include "cli/reduce/way.h"
#include "replay/reduce/shorten.h"

#define WHOLE_RUNS 3u

/* A play of shorter messages may take so many times as long as one of the whole, before it is cut. */
#define LIMIT_TIMES  3u
#define LIMIT_NS_MIN ((uint64_t)1000000000)

static gboolean is_of(const GArray *sessions, uint32_t session)
{
	for (guint i = 0; i < sessions->len; i++)
		if (g_array_index(sessions, uint32_t, i) == session)
			return TRUE;
	return FALSE;
}

/* Takes the parts of some sessions out of what is kept. */
static GArray *take_parts(struct fdar_reducing *reducing, const GArray *sessions)
{
	GArray *kept = reducing->kept.parts;
	GArray *parts = g_array_new(FALSE, FALSE, sizeof(struct fdar_excerpt_part));

	for (guint i = 0; i < kept->len;) {
		struct fdar_excerpt_part part = g_array_index(kept, struct fdar_excerpt_part, i);

		if (is_of(sessions, part.session)) {
			g_array_append_val(parts, part);
			g_array_remove_index(kept, i);
		} else {
			i++;
		}
	}
	return parts;
}

/* What the whole messages do, alone: whether they hurt, and the figures that shorter ones are held against. */
static gboolean look_at_whole(struct fdar_reducing *reducing, const GArray *parts)
{
	g_autofree char *path = fdar_reducing_file(reducing, "try.pcap");
	struct fdar_trial_play play = { .capture = path, .limit_ns = reducing->limit_ns };
	struct fdar_part_list list = { .parts = (GArray *)parts };
	const struct fdar_try all = { .intensity = reducing->result.intensity };
	g_autoptr(GBytes) question = fdar_reducing_question("whole messages", &all);
	double figures[WHOLE_RUNS];
	uint64_t longest_ns = 0;

	fdar_way_apply(reducing, reducing->result.intensity, &play);
	reducing->whole_timeouts = 0;
	fdar_reducing_drop_round(reducing);
	if (!fdar_reducing_write(reducing, &list, path, &reducing->error))
		return FALSE;
	for (guint i = 0; i < WHOLE_RUNS; i++) {
		enum fdar_answer answer = FDAR_ANSWER_UNKNOWN;
		struct fdar_trial trial = { 0 };

		fdar_reducing_show(reducing);
		if (fdar_reducing_is_over(reducing) || fdar_reducing_is_late(reducing) ||
		    !fdar_reducing_run_once(reducing, &play, question, &answer, &figures[i], &trial,
					    NULL) ||
		    answer != FDAR_ANSWER_HURTS ||
		    (reducing->judge->test == FDAR_TEST_CRASH && !trial.crashed))
			return FALSE;
		reducing->whole_timeouts = MAX(reducing->whole_timeouts, trial.timeouts);
		longest_ns = MAX(longest_ns, trial.elapsed_ns);
	}
	reducing->whole_figure = fdar_median(figures, WHOLE_RUNS);
	if (reducing->limit_ns && longest_ns)
		reducing->limit_ns = MAX(longest_ns * LIMIT_TIMES, LIMIT_NS_MIN);
	return TRUE;
}

/* The search. Gives the units that are left. */
static GArray *search(struct fdar_reducing *reducing, guint cause, gboolean *stopped)
{
	g_autofree char *step = g_strdup_printf("bytes-%u", cause + 1);
	struct fdar_reduce_options options = fdar_reducing_options(reducing);
	struct fdar_tries *tries;
	GArray *left;

	options.units = reducing->bytes->units;
	options.intensity = reducing->result.intensity;
	tries = fdar_reducing_begin_step(reducing, step, options.units);
	left = fdar_shorten_run(tries, &options, reducing->options->bytes_runs, stopped);
	fdar_reducing_end_step(reducing, tries);
	reducing->sight.step = "bytes";
	return left;
}

static void keep(struct fdar_reducing *reducing, const GArray *parts)
{
	g_array_append_vals(reducing->kept.parts, parts->data, parts->len);
	fdar_part_list_sort(&reducing->kept);
}

static gboolean is_short_enough(const GArray *parts, const struct fdar_reducing *reducing)
{
	uint64_t size = 0;

	for (guint i = 0; i < parts->len; i++)
		size += fdar_sessions_get(fdar_excerpt_sessions(reducing->excerpt),
					  g_array_index(parts, struct fdar_excerpt_part, i).session)
				->way[FDAR_FROM_CLIENT]
				.bytes;
	return size <= FDAR_SHORTENING_MAX;
}

/* Trials of messages that stay as they are would all hurt, and leave nothing out. */
static gboolean can_any_go(const GArray *parts, const struct fdar_reducing *reducing)
{
	for (guint i = 0; i < parts->len; i++)
		if (fdar_bytes_can_go(reducing->excerpt,
				      &g_array_index(parts, struct fdar_excerpt_part, i)))
			return TRUE;
	return FALSE;
}

enum fdar_reduce_end fdar_reducing_shorten(struct fdar_reducing *reducing, guint cause,
					   const GArray *sessions)
{
	g_autoptr(GArray) parts = take_parts(reducing, sessions);
	uint64_t limit_ns = reducing->limit_ns;
	struct fdar_bytes bytes;
	gboolean stopped = FALSE;

	reducing->sight.step = "bytes";
	reducing->fixed = FALSE;
	fdar_bytes_init(&bytes, reducing->excerpt,
			&g_array_index(parts, struct fdar_excerpt_part, 0), parts->len);
	if (bytes.units && !fdar_reducing_is_late(reducing) && is_short_enough(parts, reducing) &&
	    can_any_go(parts, reducing) && look_at_whole(reducing, parts)) {
		g_autoptr(GArray) left = NULL;

		reducing->bytes = &bytes;
		left = search(reducing, cause, &stopped);
		reducing->bytes = NULL;
		g_array_set_size(parts, 0);
		fdar_bytes_list(&bytes, (const uint32_t *)(const void *)left->data, left->len,
				&reducing->kept);
		fdar_part_list_sort(&reducing->kept);
	} else {
		keep(reducing, parts);
	}
	fdar_bytes_clear(&bytes);
	reducing->limit_ns = limit_ns;
	reducing->fixed = TRUE;
	return (stopped && reducing->why) || reducing->error ? FDAR_REDUCE_STOPPED
							     : FDAR_REDUCE_DONE;
}
