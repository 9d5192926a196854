#include "cli/reduce/reducing.h"

#include <gio/gio.h>
#include <math.h>
#include <string.h>

#include "cli/reduce/attempt.h"
#include "cli/reduce/calibrate.h"

/* Runs in a row that come to nothing, before it is given up. */
#define FAILURES_MAX 3u

/* ---- a try ---- */

static gboolean stop(struct fdar_reducing *reducing, const char *why)
{
	if (!reducing->why)
		reducing->why = why;
	return TRUE;
}

/* Whether it may not go on. */
static gboolean is_over(struct fdar_reducing *reducing)
{
	const struct fdar_reducing_options *options = reducing->options;

	if (reducing->error)
		return TRUE;
	if (reducing->trial->stop && *reducing->trial->stop)
		return stop(reducing, "interrupted");
	if (options->runs_max && reducing->runs >= options->runs_max)
		return stop(reducing, "the runs of --runs are used up");
	if (options->time_max_ns &&
	    (uint64_t)(g_get_monotonic_time() - reducing->began_us) * 1000 >= options->time_max_ns)
		return stop(reducing, "the time of --time is over");
	return FALSE;
}

/* A run that came to nothing is one that could not be told, a few times. */
static enum fdar_answer failed(struct fdar_reducing *reducing, GError *error)
{
	gboolean hopeless = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
		g_error_free(error);
		stop(reducing, "interrupted");
		return FDAR_ANSWER_STOP;
	}
	if (++reducing->failures < FAILURES_MAX && !hopeless) {
		if (reducing->warn)
			reducing->warn(reducing->user, error->message);
		g_error_free(error);
		return FDAR_ANSWER_UNKNOWN;
	}
	reducing->error = error;
	return FDAR_ANSWER_STOP;
}

/* As much as hurts whatever the sessions that are still to come cost: the answer is known then. */
static uint64_t enough_of(const struct fdar_reducing *reducing, const struct fdar_part_list *list,
			  uint32_t copies)
{
	return (uint64_t)(reducing->judge->limit * 1.05 * list->parts->len * copies);
}

/* The search's question. */
static enum fdar_answer on_ask(void *user, const struct fdar_try *asked, double *figure)
{
	struct fdar_reducing *reducing = user;
	g_autofree char *path = fdar_reducing_file(reducing, "try.pcap");
	struct fdar_trial_play play = { .capture = path,
					.copies = asked->intensity,
					.limit_ns = reducing->limit_ns };
	struct fdar_trial trial = { 0 };
	struct fdar_part_list list;
	enum fdar_answer answer = FDAR_ANSWER_STOP;
	GError *error = NULL;

	if (is_over(reducing))
		return FDAR_ANSWER_STOP;
	fdar_reducing_control(reducing);
	reducing->sight.trying = (uint32_t)asked->count;
	reducing->sight.copies = asked->intensity;
	fdar_reducing_show(reducing);
	fdar_reducing_fill(reducing, asked, &list);
	if (reducing->judge->test == FDAR_TEST_CPU && !reducing->fixed)
		play.enough_cpu_ns = enough_of(reducing, &list, asked->intensity);
	if (!fdar_reducing_write(reducing, &list, path, &reducing->error))
		answer = FDAR_ANSWER_STOP;
	else if (!fdar_reducing_run_once(reducing, &play, &answer, figure, &trial, &error))
		answer = failed(reducing, error);
	else
		reducing->failures = 0;
	fdar_part_list_clear(&list);
	reducing->sight.figure = *figure;
	if (reducing->figures)
		g_array_append_val(reducing->figures, *figure);
	return answer;
}

static void on_keep(void *user, const char *line)
{
	struct fdar_reducing *reducing = user;

	if (reducing->state)
		fdar_state_keep(reducing->state, reducing->sight.step, line);
}

/* ---- the best so far ---- */

/* Others' causes, and this one as far as it is. */
static void on_better(void *user, const struct fdar_try *best)
{
	struct fdar_reducing *reducing = user;
	struct fdar_part_list list;

	reducing->sight.left = (uint32_t)best->count;
	fdar_reducing_fill(reducing, best, &list);
	if (!reducing->fixed) {
		fdar_reducing_add(&list, &reducing->kept);
		fdar_reducing_add(&list, &reducing->after);
		fdar_part_list_sort(&list);
	}
	if (!reducing->error &&
	    !fdar_reducing_write(reducing, &list, reducing->options->output, &reducing->error))
		reducing->unwritten = TRUE;
	fdar_part_list_clear(&list);
	fdar_reducing_show(reducing);
}

/* ---- steps ---- */

static struct fdar_reduce_options search_options(struct fdar_reducing *reducing)
{
	return (struct fdar_reduce_options){ .intensity = reducing->options->copies,
					     .trust = reducing->options->trust,
					     .confirm = reducing->options->confirm,
					     .keep_load = reducing->options->keep_copies,
					     .better = on_better,
					     .user = reducing };
}

static struct fdar_tries *begin_step(struct fdar_reducing *reducing, const char *step,
				     uint32_t units)
{
	struct fdar_tries *tries = fdar_tries_new(on_ask, on_keep, reducing);

	reducing->sight.step = step;
	reducing->sight.left = reducing->sight.of = units;
	if (reducing->state)
		fdar_state_recall(reducing->state, step, tries);
	return tries;
}

static void end_step(struct fdar_reducing *reducing, struct fdar_tries *tries)
{
	reducing->recalled += fdar_tries_recalled(tries);
	fdar_tries_free(tries);
}

static uint32_t load_of(const struct fdar_reducing *reducing)
{
	uint64_t load = (uint64_t)reducing->parts->units * reducing->options->copies;

	return (uint32_t)MIN(load, UINT32_MAX / 2);
}

static enum fdar_reduce_end sessions_step(struct fdar_reducing *reducing)
{
	struct fdar_reduce_options options = search_options(reducing);
	struct fdar_tries *tries = begin_step(reducing, "sessions", reducing->parts->units);

	options.units = reducing->parts->units;
	options.weights = reducing->weights;
	options.load = load_of(reducing);
	options.all = reducing->options->all;
	fdar_reduce_run(tries, &options, &reducing->result);
	end_step(reducing, tries);
	return reducing->result.end;
}

/* The exchanges of one cause. The result is added to what is kept; when it is stopped, as far as it
 * came. */
static enum fdar_reduce_end exchanges_step(struct fdar_reducing *reducing, guint cause,
					   GArray *sessions)
{
	struct fdar_reduce_options options = search_options(reducing);
	g_autofree char *step = g_strdup_printf("messages-%u", cause + 1);
	struct fdar_exchanges exchanges;
	struct fdar_reduced found;
	struct fdar_tries *tries;
	enum fdar_reduce_end end;

	fdar_exchanges_init(&exchanges, reducing->excerpt, g_array_ref(sessions));
	options.units = exchanges.count;
	options.intensity = fdar_try_copies(load_of(reducing), sessions->len);
	reducing->exchanges = &exchanges;
	tries = begin_step(reducing, step, exchanges.count);
	fdar_reduce_run(tries, &options, &found);
	end_step(reducing, tries);
	end = found.end;
	/* Written anew it hurts no more, or not surely: it stays whole. */
	if (end == FDAR_REDUCE_HARMLESS || end == FDAR_REDUCE_DOUBTFUL || !found.units->len) {
		fdar_part_list_add_sessions(&reducing->kept, sessions);
		end = end == FDAR_REDUCE_STOPPED ? end : FDAR_REDUCE_DONE;
	} else {
		fdar_part_list_add_exchanges(&reducing->kept, &exchanges,
					     (const uint32_t *)(const void *)found.units->data,
					     found.units->len);
	}
	reducing->exchanges = NULL;
	reducing->sight.step = "messages";
	fdar_reduced_clear(&found);
	fdar_exchanges_clear(&exchanges);
	return end;
}

/* The sessions of cause i, from its units. */
static GArray *cause_sessions(const struct fdar_reducing *reducing, guint cause)
{
	const struct fdar_reduced *result = &reducing->result;
	guint from = 0;

	for (guint i = 0; i < cause; i++)
		from += g_array_index(result->causes, uint32_t, i);
	return fdar_parts_sessions(reducing->parts,
				   &g_array_index(result->by_cause, uint32_t, from),
				   g_array_index(result->causes, uint32_t, cause));
}

static void set_after(struct fdar_reducing *reducing, guint from)
{
	g_array_set_size(reducing->after.parts, 0);
	for (guint i = from; i < reducing->result.causes->len; i++) {
		g_autoptr(GArray) sessions = cause_sessions(reducing, i);

		fdar_part_list_add_sessions(&reducing->after, sessions);
	}
}

static gboolean has_more_exchanges(const struct fdar_reducing *reducing, const GArray *sessions)
{
	for (guint i = 0; i < sessions->len; i++)
		if (fdar_excerpt_exchanges(reducing->excerpt,
					   g_array_index(sessions, uint32_t, i)) > 1)
			return TRUE;
	return FALSE;
}

/* All causes, one after the other; stopped or not, every cause is in `kept` at the end. */
static enum fdar_reduce_end messages_step(struct fdar_reducing *reducing, enum fdar_reduce_end end)
{
	for (guint i = 0; i < reducing->result.causes->len; i++) {
		g_autoptr(GArray) sessions = cause_sessions(reducing, i);
		uint32_t size = sessions->len;

		g_array_append_val(reducing->causes, size);
		set_after(reducing, i + 1);
		if (end == FDAR_REDUCE_DONE && !reducing->options->whole_sessions &&
		    has_more_exchanges(reducing, sessions))
			end = exchanges_step(reducing, i, sessions);
		else
			fdar_part_list_add_sessions(&reducing->kept, sessions);
	}
	set_after(reducing, G_MAXUINT);
	return end;
}

/* Of the median: with 10 runs the second and the ninth, which hold it 98 times of 100. */
static void tell_figures(struct fdar_reducing *reducing, uint32_t confirming)
{
	GArray *all = reducing->figures;
	guint count = MIN(all->len, confirming);
	g_autofree double *sorted = NULL;

	/* What a command exits with is no figure. */
	if (!count || reducing->judge->test == FDAR_TEST_COMMAND)
		return;
	sorted = g_memdup2(&g_array_index(all, double, all->len - count), count * sizeof(double));
	for (guint i = 1; i < count; i++)
		for (guint j = i; j && sorted[j - 1] > sorted[j]; j--) {
			double other = sorted[j];

			sorted[j] = sorted[j - 1];
			sorted[j - 1] = other;
		}
	reducing->figure = fdar_median(sorted, count);
	reducing->figure_low = sorted[count >= 10 ? 1 : 0];
	reducing->figure_high = sorted[count >= 10 ? count - 2 : count - 1];
}

/* Everything that is kept, as one: copies, and whether it is so. */
static enum fdar_reduce_end settle_step(struct fdar_reducing *reducing)
{
	struct fdar_reduce_options options = search_options(reducing);
	uint32_t units = reducing->parts->units, intensity;
	struct fdar_tries *tries;
	GArray *all = g_array_new(FALSE, FALSE, sizeof(uint32_t));

	/* A unit a part; the list is what is kept, whichever units are asked about. */
	for (uint32_t i = 0; i < reducing->kept.parts->len; i++)
		g_array_append_val(all, i);
	intensity = fdar_try_copies(load_of(reducing), MIN(all->len, units));
	g_array_unref(reducing->result.units);
	reducing->result.units = all;
	reducing->result.intensity = intensity;
	reducing->figures = g_array_new(FALSE, FALSE, sizeof(double));
	reducing->fixed = TRUE;
	options.units = all->len;
	tries = begin_step(reducing, "copies", all->len);
	fdar_reduce_settle(tries, &options, &reducing->result);
	tell_figures(reducing, reducing->result.confirm_runs);
	end_step(reducing, tries);
	return reducing->result.end;
}

void fdar_reducing_run(struct fdar_reducing *reducing, GError **error)
{
	reducing->began_us = g_get_monotonic_time();
	reducing->end = FDAR_REDUCE_STOPPED;
	reducing->sight = (struct fdar_reducing_sight){ .figure = NAN };
	reducing->figure = reducing->figure_low = reducing->figure_high = NAN;
	reducing->causes = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	fdar_part_list_init(&reducing->kept);
	fdar_part_list_init(&reducing->after);
	if (fdar_reducing_whole(reducing, &reducing->error) &&
	    fdar_reducing_normal(reducing, &reducing->error) &&
	    fdar_reducing_baseline(reducing, &reducing->error)) {
		reducing->end = sessions_step(reducing);
		reducing->end = messages_step(reducing, reducing->end);
		fdar_part_list_sort(&reducing->kept);
		if (reducing->end == FDAR_REDUCE_DONE)
			reducing->end = settle_step(reducing);
	}
	if (reducing->kept.parts->len && !reducing->error)
		fdar_reducing_write(reducing, &reducing->kept, reducing->options->output,
				    &reducing->error);
	if (g_error_matches(reducing->error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
		g_clear_error(&reducing->error);
		stop(reducing, "interrupted");
	}
	reducing->elapsed_ns = (uint64_t)(g_get_monotonic_time() - reducing->began_us) * 1000;
	if (reducing->error)
		g_propagate_error(error, g_steal_pointer(&reducing->error));
}

void fdar_reducing_clear(struct fdar_reducing *reducing)
{
	fdar_part_list_clear(&reducing->kept);
	fdar_part_list_clear(&reducing->after);
	fdar_reduced_clear(&reducing->result);
	g_clear_pointer(&reducing->weights, g_free);
	g_clear_pointer(&reducing->causes, g_array_unref);
	g_clear_pointer(&reducing->figures, g_array_unref);
	g_clear_error(&reducing->error);
}
