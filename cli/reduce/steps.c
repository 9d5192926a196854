#include "cli/reduce/steps.h"

#include <gio/gio.h>
#include <math.h>

#include "cli/reduce/attempt.h"
#include "cli/reduce/calibrate.h"
#include "cli/reduce/excess.h"
#include "cli/reduce/way.h"

/* Runs in a row that come to nothing, before it is given up. */
#define FAILURES_MAX 3u
#define RETRY_US     500000u

/* How often the time of a run is doubled where a run was cut by it: a machine that got slower needs that, a server that
 * hangs makes nothing of it. */
#define WIDEN_MAX 1u

/* What shorter messages have to do at least, of what the whole ones did. */
#define LEAST_OF_WHOLE 0.5

/* ---- a try ---- */

gboolean fdar_reducing_stop(struct fdar_reducing *reducing, const char *why)
{
	if (!reducing->why)
		reducing->why = why;
	return TRUE;
}

gboolean fdar_reducing_is_late(const struct fdar_reducing *reducing)
{
	const struct fdar_reducing_options *options = reducing->options;
	uint64_t elapsed_ns = (uint64_t)(g_get_monotonic_time() - reducing->began_us) * 1000;
	uint64_t kept = options->confirm;

	/* One of the baseline may come before the run that is asked for. */
	if (kept && reducing->baseline)
		kept += kept / FDAR_REDUCING_CONTROL_EVERY + 1;
	/* Of the last that are made at once some may be too many. */
	if (kept && options->jobs)
		kept += options->jobs - 1;
	return (options->time_max_ns && elapsed_ns >= options->time_max_ns / 5 * 4) ||
	       (options->runs_max && reducing->runs + kept >= options->runs_max);
}

gboolean fdar_reducing_is_over(struct fdar_reducing *reducing)
{
	const struct fdar_reducing_options *options = reducing->options;

	if (reducing->error)
		return TRUE;
	if (reducing->trial->stop && *reducing->trial->stop)
		return fdar_reducing_stop(reducing, "interrupted");
	if (options->runs_max && reducing->runs >= options->runs_max)
		return fdar_reducing_stop(reducing, "the runs of --runs are used up");
	if (options->time_max_ns &&
	    (uint64_t)(g_get_monotonic_time() - reducing->began_us) * 1000 >= options->time_max_ns)
		return fdar_reducing_stop(reducing, "the time of --time is over");
	return FALSE;
}

/* A run that came to nothing is one that could not be told, a few times. */
static enum fdar_answer failed(struct fdar_reducing *reducing, GError *error)
{
	gboolean hopeless = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
		g_error_free(error);
		fdar_reducing_stop(reducing, "interrupted");
		return FDAR_ANSWER_STOP;
	}
	if (reducing->killed && !hopeless)
		g_prefix_error(&error, "a server before had to be killed (--grace gives it more "
				       "time): ");
	if (++reducing->failures < FAILURES_MAX && !hopeless) {
		if (reducing->warn)
			reducing->warn(reducing->user, error->message);
		/* What is left of the last server may be slow to go. */
		g_usleep(RETRY_US * reducing->failures);
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
	double limit = reducing->judge->limit;

	if (reducing->narrow_ns > 0)
		return fdar_excess_enough(reducing, list->parts->len, copies);
	if (reducing->bytes)
		limit = MAX(limit, reducing->whole_figure * LEAST_OF_WHOLE);
	return (uint64_t)(limit * 1.05 * list->parts->len * copies);
}

/* Shorter messages have to do what the whole ones did, nearly, and be answered as often. */
static enum fdar_answer as_before(const struct fdar_reducing *reducing,
				  const struct fdar_trial *trial, double figure)
{
	switch (reducing->judge->test) {
	case FDAR_TEST_COMMAND:
		return FDAR_ANSWER_HURTS;
	case FDAR_TEST_CRASH:
		return trial->crashed ? FDAR_ANSWER_HURTS : FDAR_ANSWER_NOT;
	default:
		return figure >= reducing->whole_figure * LEAST_OF_WHOLE &&
				       trial->timeouts <= reducing->whole_timeouts
			       ? FDAR_ANSWER_HURTS
			       : FDAR_ANSWER_NOT;
	}
}

/* A run that was cut by its time is counted, and those that come get more of it: by twice as much it may be told. */
static void was_cut(struct fdar_reducing *reducing)
{
	reducing->cut++;
	if (reducing->state)
		fdar_state_keep_number(reducing->state, "cut", reducing->cut);
	if (reducing->widened >= WIDEN_MAX)
		return;
	reducing->widened++;
	reducing->limit_ns *= 2;
}

/* Within messages, where all copies do the same, and those that were played say it: who waits for what was left out has no
 * answer until it is given up. A no that is none leaves a message too many. */
static enum fdar_answer within_messages(const struct fdar_reducing *reducing,
					enum fdar_answer answer, const struct fdar_trial *trial,
					double figure)
{
	if (reducing->bytes && answer == FDAR_ANSWER_HURTS)
		return as_before(reducing, trial, figure);
	return trial->cut && answer == FDAR_ANSWER_UNKNOWN ? FDAR_ANSWER_NOT : answer;
}

/* The search's question. */
static enum fdar_answer on_ask(void *user, const struct fdar_try *asked, double *figure)
{
	struct fdar_reducing *reducing = user;
	g_autofree char *path = fdar_reducing_file(reducing, "try.pcap");
	/* Who waits for what was left out of a message waits until the end. */
	struct fdar_trial_play play = { .capture = path,
					.limit_ns = reducing->limit_ns,
					.answered_only = reducing->bytes || reducing->exchanges };
	g_autoptr(GBytes) question = fdar_reducing_question(reducing->sight.step, asked);
	struct fdar_trial trial = { 0 };
	struct fdar_part_list list;
	enum fdar_answer answer = FDAR_ANSWER_STOP;
	GError *error = NULL;

	if (fdar_reducing_is_over(reducing) || (reducing->bytes && fdar_reducing_is_late(reducing)))
		return FDAR_ANSWER_STOP;
	fdar_reducing_control(reducing);
	reducing->sight.trying = (uint32_t)asked->count;
	fdar_way_apply(reducing, asked->intensity, &play);
	reducing->sight.copies = play.copies;
	fdar_reducing_show(reducing);
	fdar_reducing_fill(reducing, asked, &list);
	if (reducing->judge->test == FDAR_TEST_CPU && !reducing->fixed)
		play.enough_cpu_ns = enough_of(reducing, &list, play.copies);
	if (!fdar_reducing_write(reducing, &list, path, &reducing->error))
		answer = FDAR_ANSWER_STOP;
	else if (!fdar_reducing_run_once(reducing, &play, question, &answer, figure, &trial,
					 &error))
		answer = failed(reducing, error);
	else
		reducing->failures = 0;
	if (answer == FDAR_ANSWER_HURTS)
		reducing->way.run_ns = trial.elapsed_ns;
	if (reducing->narrow_ns > 0 && trial.asked)
		answer = fdar_excess_answer(reducing, &trial, list.parts->len, play.copies);
	if ((reducing->bytes || reducing->exchanges) && !reducing->error)
		answer = within_messages(reducing, answer, &trial, *figure);
	if (trial.cut && answer == FDAR_ANSWER_UNKNOWN)
		was_cut(reducing);
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

struct fdar_reduce_options fdar_reducing_options(struct fdar_reducing *reducing)
{
	return (struct fdar_reduce_options){ .intensity = reducing->options->copies,
					     .trust = reducing->options->trust,
					     .confirm = reducing->options->confirm,
					     .keep_load = reducing->options->keep_copies,
					     .better = on_better,
					     .user = reducing };
}

struct fdar_tries *fdar_reducing_begin_step(struct fdar_reducing *reducing, const char *step,
					    uint32_t units)
{
	struct fdar_tries *tries = fdar_tries_new(on_ask, on_keep, reducing);

	fdar_reducing_drop_round(reducing);
	reducing->sight.step = step;
	reducing->sight.left = reducing->sight.of = units;
	if (reducing->state)
		fdar_state_recall(reducing->state, step, tries);
	return tries;
}

void fdar_reducing_end_step(struct fdar_reducing *reducing, struct fdar_tries *tries)
{
	reducing->recalled += fdar_tries_recalled(tries);
	fdar_tries_free(tries);
}

uint32_t fdar_reducing_load(const struct fdar_reducing *reducing)
{
	uint64_t load = (uint64_t)reducing->parts->units * reducing->options->copies;

	return (uint32_t)MIN(load, UINT32_MAX / 2);
}
