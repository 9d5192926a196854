#include "cli/reduce/intensity.h"

#include <stdlib.h>

#include "cli/reduce/attempt.h"
#include "cli/reduce/steps.h"
#include "cli/reduce/way.h"

#define AT_ONCE  64u /* what replay has open at once when it is not told */
#define ASK_MOST 15u

/* A play at a rate may take so long, and no slower one is tried. */
#define SLOWEST_S 4u
/* Where no run has told how fast it goes. */
#define LEVEL_UNKNOWN 12u

/* More files than that are no order that anybody would read. */
#define ORDER_MAX 16u

static uint32_t at_once(const struct fdar_reducing *reducing)
{
	uint32_t most = AT_ONCE;

	if (reducing->way.at_once)
		return reducing->way.at_once;
	if (reducing->trial->concurrency)
		most = (uint32_t)CLAMP(atoll(reducing->trial->concurrency), 1, UINT32_MAX);
	return (uint32_t)MIN(most, fdar_way_plays(reducing));
}

/* The least that still hurts, of what is known to hurt at `from`. */
static enum fdar_reduce_end lowest(struct fdar_reducing *reducing, enum fdar_lowering lowering,
				   const char *step, uint32_t *from)
{
	struct fdar_reduce_options options = fdar_reducing_options(reducing);
	struct fdar_reduced found = { .units = reducing->result.units, .intensity = *from };
	struct fdar_tries *tries;

	options.units = reducing->kept.parts->len;
	options.confirm = 0;
	options.better = NULL;
	reducing->way.lowering = lowering;
	tries = fdar_reducing_begin_step(reducing, step, options.units);
	fdar_reduce_settle(tries, &options, &found);
	fdar_reducing_end_step(reducing, tries);
	reducing->way.lowering = FDAR_LOWERING_NOTHING;
	*from = found.intensity;
	return found.end;
}

static enum fdar_reduce_end lower_at_once(struct fdar_reducing *reducing)
{
	uint32_t most = at_once(reducing), least = most;
	enum fdar_reduce_end end = FDAR_REDUCE_DONE;

	if (most > 1)
		end = lowest(reducing, FDAR_LOWERING_AT_ONCE, "at once", &least);
	reducing->way.at_once = least;
	reducing->way.is_lower = least < most;
	return end;
}

/* The level that is as fast as the last run that hurt, or faster. */
static uint32_t fastest(const struct fdar_reducing *reducing)
{
	double rate = reducing->way.run_ns ? (double)fdar_way_plays(reducing) * 1e9 /
						     (double)reducing->way.run_ns
					   : 1u << LEVEL_UNKNOWN;
	uint32_t level = 0;

	while (level < FDAR_WAY_LEVEL_MAX && (double)(1u << level) < rate)
		level++;
	return level;
}

static enum fdar_reduce_end lower_rate(struct fdar_reducing *reducing)
{
	struct fdar_reducing_way *way = &reducing->way;
	enum fdar_reduce_end end = FDAR_REDUCE_DONE;
	uint32_t fast = fastest(reducing), top, level;

	if (way->at_once < 2 || reducing->trial->speed)
		return end;
	way->level_from = 0;
	while (way->level_from < fast && fdar_way_plays(reducing) > SLOWEST_S << way->level_from)
		way->level_from++;
	/* The fastest is how it was played, and is not asked about. */
	top = level = fast - way->level_from + 1;
	if (top > 1)
		end = lowest(reducing, FDAR_LOWERING_RATE, "rate", &level);
	if (level < top) {
		way->rate = fdar_way_rate(reducing, level);
		way->is_lower = TRUE;
	}
	return end;
}

static gboolean write_reversed(struct fdar_reducing *reducing, GPtrArray *files)
{
	GArray *parts = reducing->kept.parts;

	for (guint i = parts->len; i-- > 0;) {
		g_autofree char *name = g_strdup_printf("order-%u.pcap", i);
		char *path = fdar_reducing_file(reducing, name);

		g_ptr_array_add(files, path);
		if (!fdar_excerpt_write(reducing->excerpt,
					&g_array_index(parts, struct fdar_excerpt_part, i), 1, path,
					&reducing->error))
			return FALSE;
	}
	g_ptr_array_add(files, NULL);
	return TRUE;
}

static gboolean is_together(const struct fdar_reducing *reducing)
{
	for (guint i = 0; i < reducing->causes->len; i++)
		if (g_array_index(reducing->causes, uint32_t, i) > 1)
			return TRUE;
	return FALSE;
}

/* Of those that hurt one at a time, and only together: the last first. */
static enum fdar_reduce_end reverse(struct fdar_reducing *reducing)
{
	g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
	unsigned trust = reducing->options->trust;
	const GArray *units = reducing->result.units;
	struct fdar_try set = { (const uint32_t *)(const void *)units->data, units->len, 1 };
	struct fdar_tally_of_try tally;
	struct fdar_tries *tries;
	enum fdar_answer answer;

	/* Quantiles are of the captures by themselves: there is none of all of them. */
	if (reducing->way.at_once != 1 || !is_together(reducing) || units->len > ORDER_MAX ||
	    reducing->trial->speed || reducing->judge->test == FDAR_TEST_LATENCY)
		return FDAR_REDUCE_DONE;
	if (!write_reversed(reducing, files))
		return FDAR_REDUCE_STOPPED;
	reducing->way.reversed = (char **)files->pdata;
	reducing->way.lowering = FDAR_LOWERING_ORDER;
	tries = fdar_reducing_begin_step(reducing, "order", units->len);
	answer = fdar_tries_ask(tries, &set, trust + (trust > 1), trust, ASK_MOST);
	tally = fdar_tries_of(tries, &set);
	fdar_reducing_end_step(reducing, tries);
	reducing->way.lowering = FDAR_LOWERING_NOTHING;
	reducing->way.reversed = NULL;
	if (answer == FDAR_ANSWER_STOP)
		return FDAR_REDUCE_STOPPED;
	/* What could not be told, of plays that were cut, says nothing of the order. */
	if (answer == FDAR_ANSWER_HURTS)
		reducing->way.order = FDAR_ORDER_ANY;
	else if (tally.not >= tally.hurts + trust)
		reducing->way.order = FDAR_ORDER_KEPT;
	return FDAR_REDUCE_DONE;
}

enum fdar_reduce_end fdar_intensity_lower(struct fdar_reducing *reducing)
{
	enum fdar_reduce_end end = FDAR_REDUCE_DONE;

	/* A command plays as it likes. */
	if (reducing->options->keep_copies || reducing->judge->test == FDAR_TEST_COMMAND)
		return end;
	end = lower_at_once(reducing);
	if (end == FDAR_REDUCE_DONE)
		end = lower_rate(reducing);
	if (end == FDAR_REDUCE_DONE)
		end = reverse(reducing);
	return end;
}

gboolean fdar_intensity_undo(struct fdar_reducing *reducing)
{
	gboolean was = reducing->way.is_lower;

	reducing->way = (struct fdar_reducing_way){ .run_ns = reducing->way.run_ns };
	return was;
}
