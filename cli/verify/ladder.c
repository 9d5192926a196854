#include "cli/verify/ladder.h"

#include <gio/gio.h>
#include <math.h>

#include "cli/verify/live.h"

/* A play is cut when the server has used so many times what hurts, for all of its sessions. */
#define ENOUGH 2.5

/* Fewer would be measured too coarsely: then the baseline, too, is played in copies. */
#define SESSIONS_MIN 200u

/* Of the mirror, which two servers work for, and which nothing cuts. */
#define MIRRORED_NS ((uint64_t)5000000000)

/* Runs at most, as a multiple of what is asked for, where they do not agree. */
#define PATIENCE 4u

/* One rung while it is climbed. */
struct rung {
	struct fdar_ladder *ladder;
	enum fdar_rung number;
	struct fdar_judge judge; /* its own baseline and limit */
	struct fdar_live live;
	struct fdar_trial small[FDAR_LADDER_RUNS_MAX * PATIENCE];
	unsigned runs;
	gboolean
		base_cut; /* a play of the baseline was, by its time: what is normal is not known */
	uint64_t base_ok, small_ok; /* sessions of each that went as captured */
};

const char *fdar_rung_text(enum fdar_rung rung)
{
	static const char *const texts[] = { "fed", "larger", "replayed", "amplified", "mirrored" };

	return texts[rung];
}

static uint32_t base_copies(const struct fdar_ladder *ladder)
{
	return ladder->base_sessions
		       ? (SESSIONS_MIN + ladder->base_sessions - 1) / ladder->base_sessions
		       : 1;
}

uint32_t fdar_ladder_copies(const struct fdar_ladder *ladder)
{
	uint32_t small = MAX(ladder->small_sessions, 1);
	uint32_t base = ladder->base_sessions * base_copies(ladder);

	return base > small ? (base + small - 1) / small : 1;
}

/* How a capture is played on this rung. */
static struct fdar_trial_play play_of(struct rung *rung, const char *capture, uint32_t copies)
{
	struct fdar_ladder *ladder = rung->ladder;
	struct fdar_trial_play play = { .capture = capture,
					.copies = copies,
					.limit_ns = ladder->limit_ns };

	switch (rung->number) {
	case FDAR_RUNG_FED:
		play.one_by_one = TRUE;
		break;
	case FDAR_RUNG_REPLAYED:
		play.timed = TRUE;
		break;
	case FDAR_RUNG_AMPLIFIED:
		play.copies = copies * ladder->clones;
		break;
	case FDAR_RUNG_MIRRORED:
		rung->live = (struct fdar_live){ .trial = ladder->trial,
						 .capture = capture,
						 .copies = copies,
						 .limit_ns = MIN(ladder->limit_ns, MIRRORED_NS),
						 .mirror = ladder->mirror };
		play.player = fdar_live_play;
		play.user = &rung->live;
		break;
	default:
		break;
	}
	return play;
}

/* A crash is one whatever is normal. */
static gboolean is_compared(const struct rung *rung)
{
	return rung->ladder->base && rung->judge.test != FDAR_TEST_CRASH;
}

static gboolean run_base(struct rung *rung, GError **error)
{
	const struct fdar_ladder *ladder = rung->ladder;
	struct fdar_trial_play play = play_of(rung, ladder->base[0], base_copies(ladder));
	struct fdar_trial trial;

	play.more = ladder->base + 1;
	rung->live.more = play.more;
	if (!fdar_trial_run(ladder->trial, &play, &trial, error))
		return FALSE;
	if (trial.crashed) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
			    "the server ended while the baseline was played");
		return FALSE;
	}
	/* Of sessions that were all under way when it was cut most had hardly begun: too little would be normal. */
	rung->base_cut = rung->base_cut || (trial.cut && !play.one_by_one && is_compared(rung));
	rung->base_ok += trial.ok;
	if (is_compared(rung))
		fdar_judge_add_baseline(&rung->judge, fdar_judge_figure(&rung->judge, &trial));
	return TRUE;
}

/* What the others cost is not the small capture's. */
static void take_away(const struct rung *rung, struct fdar_trial *trial)
{
	double usual = rung->judge.baseline ? rung->judge.limit / rung->judge.over : 0;
	double others = usual * trial->others;

	if (rung->judge.test == FDAR_TEST_CPU)
		trial->cpu_ns -= (uint64_t)MIN(others, (double)trial->cpu_ns);
	if (rung->judge.test == FDAR_TEST_MEMORY)
		trial->memory_bytes -= (int64_t)others;
}

static gboolean run_small(struct rung *rung, GError **error)
{
	const struct fdar_ladder *ladder = rung->ladder;
	uint32_t copies = fdar_ladder_copies(ladder);
	struct fdar_trial_play play = play_of(rung, ladder->small, copies);
	struct fdar_trial *trial = &rung->small[rung->runs];
	double sessions = (double)ladder->small_sessions * play.copies;

	if (rung->number == FDAR_RUNG_LARGER) {
		play.among = ladder->base;
		play.among_copies = base_copies(ladder);
		sessions += (double)ladder->base_sessions * play.among_copies;
	}
	/* The mirror would be left behind. */
	if (rung->judge.test == FDAR_TEST_CPU && !play.player)
		play.enough_cpu_ns = (uint64_t)(rung->judge.limit * ENOUGH * sessions);
	if (!fdar_trial_run(ladder->trial, &play, trial, error))
		return FALSE;
	take_away(rung, trial);
	rung->small_ok += trial->ok;
	rung->runs++;
	return TRUE;
}

static double middle(const struct rung *rung)
{
	double figures[FDAR_LADDER_RUNS_MAX * PATIENCE];

	for (unsigned i = 0; i < rung->runs; i++)
		figures[i] = fdar_judge_figure(&rung->judge, &rung->small[i]);
	return fdar_median(figures, rung->runs);
}

/* Whatever is measured: a server that ends is not what it should be. */
static unsigned count_hurts(const struct rung *rung)
{
	unsigned count = 0;

	for (unsigned i = 0; i < rung->runs; i++)
		count += rung->small[i].crashed ||
			 fdar_judge_answer(&rung->judge, &rung->small[i]) == FDAR_ANSWER_HURTS;
	return count;
}

static unsigned count_free(const struct rung *rung)
{
	unsigned count = 0;

	for (unsigned i = 0; i < rung->runs; i++)
		count += !rung->small[i].crashed &&
			 fdar_judge_answer(&rung->judge, &rung->small[i]) == FDAR_ANSWER_NOT;
	return count;
}

static unsigned count_crashed(const struct rung *rung)
{
	unsigned count = 0;

	for (unsigned i = 0; i < rung->runs; i++)
		count += rung->small[i].crashed != 0;
	return count;
}

static unsigned count_cut(const struct rung *rung)
{
	unsigned count = 0;

	for (unsigned i = 0; i < rung->runs; i++)
		count += rung->small[i].cut != 0;
	return count;
}

/* Why yes and no do not lead. */
static char *unclear(const struct rung *rung, unsigned hurts, unsigned frees)
{
	unsigned cut = count_cut(rung);
	g_autofree char *text = g_strdup_printf("it hurts in %u of %u runs, and not in %u", hurts,
						rung->runs, frees);

	return cut ? g_strdup_printf("%s: %u were cut by their time (--time)", text, cut)
		   : g_steal_pointer(&text);
}

/* What a server refuses, or answers with an error, costs it nothing: some session has to have gone as captured. Of the
 * small capture that is enough where nothing was compared; it may be another once it is mended. */
static const char *not_served(const struct rung *rung)
{
	/* What the mirror says of them is of two servers. */
	if (rung->number == FDAR_RUNG_MIRRORED || rung->base_ok ||
	    (rung->small_ok && !is_compared(rung)))
		return NULL;
	return rung->ladder->base ? "not one session of the baseline went as captured: "
				    "--sources 127.0.0.1, or another configuration?"
				  : "not one session went as captured: with BASE it could be told "
				    "whether the server refuses all, or this alone";
}

/* By the limit that all of the rung's baseline runs make. */
static void judge_rung(const struct rung *rung, struct fdar_rung_result *result)
{
	unsigned frees = count_free(rung), crashed = count_crashed(rung);
	unsigned wanted = rung->ladder->runs;
	g_autoptr(GError) doubt = NULL;

	result->runs = rung->runs;
	result->hurts = count_hurts(rung);
	result->figure = middle(rung);
	if (rung->judge.baseline)
		result->normal = rung->judge.limit / rung->judge.over;
	result->verdict = result->hurts >= frees + wanted   ? FDAR_RUNG_HURTS
			  : frees >= result->hurts + wanted ? FDAR_RUNG_FREE
							    : FDAR_RUNG_UNKNOWN;
	if (crashed) {
		result->why =
			g_strdup_printf("the server ended in %u of %u runs", crashed, rung->runs);
	} else if (rung->base_cut) {
		result->verdict = FDAR_RUNG_UNKNOWN;
		result->why =
			g_strdup("the baseline was cut by its time (--time): what is normal is "
				 "not known");
	} else if (!fdar_judge_check(&rung->judge, &doubt)) {
		result->verdict = FDAR_RUNG_UNKNOWN;
		result->why = g_strdup(doubt->message);
	} else if (result->verdict == FDAR_RUNG_FREE && not_served(rung)) {
		result->verdict = FDAR_RUNG_UNKNOWN;
		result->why = g_strdup(not_served(rung));
	} else if (result->verdict == FDAR_RUNG_UNKNOWN) {
		result->why = unclear(rung, result->hurts, frees);
	}
}

/* Yes leads no by as many runs as are asked for, or the other way round. */
static gboolean is_clear(const struct rung *rung)
{
	unsigned hurts = count_hurts(rung), frees = count_free(rung);

	return MAX(hurts, frees) - MIN(hurts, frees) >= rung->ladder->runs;
}

static gboolean climb_rung(struct rung *rung, struct fdar_rung_result *result, GError **error)
{
	struct fdar_ladder *ladder = rung->ladder;

	for (unsigned run = 0; run < ladder->runs * PATIENCE && !is_clear(rung) && !rung->base_cut;
	     run++) {
		if (ladder->show)
			ladder->show(ladder->user, rung->number, run);
		if ((is_compared(rung) && !run_base(rung, error)) || !run_small(rung, error))
			return FALSE;
	}
	/* Nothing was compared, and nothing shows that the server serves: does it, what is normal? */
	if (ladder->base && count_free(rung) && not_served(rung) && !is_compared(rung) &&
	    !run_base(rung, error))
		return FALSE;
	judge_rung(rung, result);
	return TRUE;
}

/* What a rung needs, and there is not. */
static const char *missing(const struct fdar_ladder *ladder, enum fdar_rung rung)
{
	if (rung == FDAR_RUNG_LARGER && !ladder->base)
		return "there is no baseline among which it could be played";
	if (rung == FDAR_RUNG_MIRRORED && ladder->trial->to)
		return "with --to it is not known where a second server would listen";
	return NULL;
}

gboolean fdar_ladder_climb(struct fdar_ladder *ladder, GError **error)
{
	for (unsigned i = 0; i < FDAR_RUNGS; i++)
		ladder->rungs[i] = (struct fdar_rung_result){ .figure = NAN, .normal = NAN };
	for (unsigned i = 0; i < FDAR_RUNGS; i++) {
		struct rung rung = { .ladder = ladder,
				     .number = (enum fdar_rung)i,
				     .judge = *ladder->judge };
		struct fdar_rung_result *result = &ladder->rungs[i];
		g_autoptr(GError) problem = NULL;
		gboolean fine;

		result->why = g_strdup(missing(ladder, rung.number));
		if (result->why)
			continue;
		fine = climb_rung(&rung, result, &problem);
		fdar_judge_clear(&rung.judge);
		if (fine)
			continue;
		/* The mirror needs rights and a second server: the other rungs stand without. */
		if (i == FDAR_RUNG_MIRRORED &&
		    !g_error_matches(problem, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
			result->why = g_strdup(problem->message);
			continue;
		}
		g_propagate_error(error, g_steal_pointer(&problem));
		return FALSE;
	}
	return TRUE;
}

void fdar_ladder_clear(struct fdar_ladder *ladder)
{
	for (unsigned i = 0; i < FDAR_RUNGS; i++)
		g_clear_pointer(&ladder->rungs[i].why, g_free);
}
