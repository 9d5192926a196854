#include "cli/reduce/narrowing.h"

#include "cli/reduce/attempt.h"
#include "cli/reduce/excess.h"
#include "cli/reduce/steps.h"

/* Plays of all sessions that say how much it is: the least counts. */
#define LOOKS 2

/* All of them have to take so many times what is usual: less may be how one run differs from another. */
#define SEEN 1.5

/* What all of them take together, above what is usual; 0: not enough, or not known. */
static double look(struct fdar_reducing *reducing, const struct fdar_try *all)
{
	g_autofree char *path = fdar_reducing_file(reducing, "try.pcap");
	g_autoptr(GBytes) question = fdar_reducing_question("together", all);
	struct fdar_trial_play play = { .capture = path, .copies = all->intensity };
	struct fdar_part_list list;
	double least = G_MAXDOUBLE;

	fdar_reducing_fill(reducing, all, &list);
	if (!fdar_reducing_write(reducing, &list, path, &reducing->error))
		least = 0;
	for (unsigned i = 0; i < LOOKS && least > 0; i++) {
		struct fdar_trial trial = { 0 };
		enum fdar_answer answer;
		double figure = 0;

		if (fdar_reducing_is_over(reducing) ||
		    !fdar_reducing_run_once(reducing, &play, question, &answer, &figure, &trial,
					    NULL) ||
		    trial.crashed || figure < fdar_excess_usual(reducing) * SEEN)
			least = 0;
		else
			least = MIN(least, fdar_excess_of(reducing, &trial, list.parts->len,
							  all->intensity));
	}
	fdar_part_list_clear(&list);
	return least >= reducing->judge->limit ? least : 0;
}

/* To the head of the order, before all that weigh more. */
static void move_up(struct fdar_reducing *reducing, const GArray *units)
{
	uint32_t count = reducing->parts->units;
	double most = 0;

	if (!reducing->weights)
		reducing->weights = g_new0(double, count);
	for (uint32_t i = 0; i < count; i++)
		most = MAX(most, reducing->weights[i]);
	for (guint i = 0; i < units->len; i++)
		reducing->weights[g_array_index(units, uint32_t, i)] += most + 1;
}

static enum fdar_reduce_end search(struct fdar_reducing *reducing)
{
	struct fdar_reduce_options options = fdar_reducing_options(reducing);
	struct fdar_tries *tries =
		fdar_reducing_begin_step(reducing, "narrowing", reducing->parts->units);
	struct fdar_reduced found;
	enum fdar_reduce_end end;

	options.units = reducing->parts->units;
	options.weights = reducing->weights;
	options.better = NULL;
	fdar_reduce_run(tries, &options, &found);
	fdar_reducing_end_step(reducing, tries);
	end = found.end;
	if (end == FDAR_REDUCE_DONE)
		move_up(reducing, found.units);
	fdar_reduced_clear(&found);
	return end;
}

enum fdar_reduce_end fdar_reducing_narrow(struct fdar_reducing *reducing)
{
	g_autofree uint32_t *units = g_new(uint32_t, reducing->parts->units);
	struct fdar_try all = { units, reducing->parts->units, reducing->options->copies };
	enum fdar_reduce_end end;

	if (reducing->judge->test != FDAR_TEST_CPU || !reducing->judge->baseline)
		return FDAR_REDUCE_HARMLESS;
	for (uint32_t i = 0; i < reducing->parts->units; i++)
		units[i] = i;
	reducing->narrow_ns = look(reducing, &all);
	if (reducing->error || fdar_reducing_is_over(reducing))
		return FDAR_REDUCE_STOPPED;
	end = reducing->narrow_ns > 0 ? search(reducing) : FDAR_REDUCE_HARMLESS;
	reducing->narrow_ns = 0;
	return end == FDAR_REDUCE_DOUBTFUL ? FDAR_REDUCE_HARMLESS : end;
}
