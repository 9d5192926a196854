#include "cli/reduce/calibrate.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <math.h>

#include "cli/reduce/attempt.h"
#include "cli/reduce/weight.h"

/* What is normal, as a capture of its own. */
#define NORMAL_MIN 20u
#define NORMAL_MAX 300u
#define NORMAL_NS  ((uint64_t)5000000000)

#define BASELINE_RUNS 5u
#define ONE_CLIENT    "127.0.0.1"

/* A play may take so many times as long as that of the whole capture, before it is cut. */
#define LIMIT_TIMES  2u
#define LIMIT_NS_MIN ((uint64_t)1000000000)
/* Recorded calls take longer. */
#define LIMIT_TIMES_RECORDED  20u
#define LIMIT_NS_MIN_RECORDED ((uint64_t)20000000000)

void fdar_reducing_control(struct fdar_reducing *reducing)
{
	struct fdar_trial_play play = { .capture = reducing->baseline,
					.copies = reducing->baseline_copies };
	const struct fdar_try none = { .count = 0 };
	g_autoptr(GBytes) question = fdar_reducing_question("control", &none);
	struct fdar_trial trial;
	enum fdar_answer answer;
	double figure;

	if (!reducing->baseline || ++reducing->since_control < FDAR_REDUCING_CONTROL_EVERY)
		return;
	reducing->since_control = 0;
	fdar_reducing_drop_round(reducing);
	/* As many at once as of what is held against it. */
	do {
		if (fdar_reducing_run_once(reducing, &play, question, &answer, &figure, &trial,
					   NULL) &&
		    !isnan(figure) && !trial.crashed)
			fdar_judge_add_baseline(reducing->judge, figure);
	} while (fdar_reducing_has_more(reducing));
}

/* A name that was mistyped, or a server that was not built for it. */
static void warn_of_function(const struct fdar_reducing *reducing)
{
	g_autofree char *text = NULL;

	if (reducing->judge->test != FDAR_TEST_FUNCTION || !reducing->baseline ||
	    reducing->function_calls || !reducing->warn)
		return;
	text = g_strdup_printf("no call of %s was recorded while the baseline was played: is it "
			       "called so, and the server built with flowdar cc?",
			       reducing->judge->function);
	reducing->warn(reducing->user, text);
}

gboolean fdar_reducing_baseline(struct fdar_reducing *reducing, GError **error)
{
	struct fdar_trial_play play = { .capture = reducing->baseline, .copies = 1 };

	reducing->sight.step = "baseline";
	reducing->baseline_copies = 1;
	/* The first warms up what there is to be warm, and tells how many copies the load takes. */
	for (unsigned i = 0; play.capture && i <= BASELINE_RUNS; i++) {
		const struct fdar_try none = { .count = 0 };
		g_autoptr(GBytes) question =
			fdar_reducing_question(i ? "baseline" : "warming up", &none);
		struct fdar_trial trial = { 0 };
		enum fdar_answer answer;
		double figure;

		fdar_reducing_show(reducing);
		play.copies = reducing->baseline_copies;
		if (!fdar_reducing_run_once(reducing, &play, question, &answer, &figure, &trial,
					    error))
			return FALSE;
		if (trial.crashed || isnan(figure)) {
			g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
				    "%s: the server ended while the baseline was played",
				    play.capture);
			return FALSE;
		}
		if (i)
			fdar_judge_add_baseline(reducing->judge, figure);
		else
			reducing->baseline_copies =
				fdar_try_copies((uint32_t)MIN((uint64_t)reducing->parts->units *
								      reducing->options->copies,
							      UINT32_MAX / 2),
						trial.asked);
	}
	warn_of_function(reducing);
	return fdar_judge_check(reducing->judge, error);
}

/* How long the server took for each unit, from the journal of a play, one session at a time: the sum
 * over its exchanges. Whatever is no line of a journal weighs nothing. */
static void weigh(struct fdar_reducing *reducing, const struct fdar_part_list *list,
		  const char *journal)
{
	g_autofree char *text = NULL;
	g_auto(GStrv) lines = NULL;

	if (!g_file_get_contents(journal, &text, NULL, NULL))
		return;
	reducing->weights = g_new0(double, reducing->parts->units);
	lines = g_strsplit(text, "\n", -1);
	for (char **line = lines; *line; line++) {
		uint32_t session, unit;
		double busy_ns;

		if (!fdar_weight_parse(*line, &session, &busy_ns) || session >= list->parts->len)
			continue;
		/* The part's number in the file that was played; sessions there have it, too. */
		unit = reducing->parts->unit_of[g_array_index(list->parts, struct fdar_excerpt_part,
							      session)
							.session];
		reducing->weights[unit] += busy_ns;
	}
}

/* What does not go as captured may not do what it did, either. */
static void warn_of_others(const struct fdar_reducing *reducing, const struct fdar_trial *trial)
{
	g_autofree char *text = NULL;

	if (!reducing->warn || trial->crashed || trial->ok * 2 >= trial->asked)
		return;
	text = g_strdup_printf("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
			       " sessions went as captured in a play of them all; flowdar replay "
			       "says what the others did",
			       trial->ok, trial->asked);
	reducing->warn(reducing->user, text);
}

/* Some servers trust one address alone (redis' protected mode, PostgreSQL as it comes): where most sessions do not go as
 * captured from addresses of their own, and do from there, all is played from there. */
static gboolean run_whole(struct fdar_reducing *reducing, const struct fdar_trial_play *play,
			  struct fdar_trial *trial, GError **error)
{
	g_autofree char *journal = fdar_reducing_file(reducing, "one-client.jsonl");
	struct fdar_trial_play from_one = *play;
	struct fdar_trial other = { 0 };
	g_autofree char *text = NULL;

	if (!fdar_trial_run(reducing->trial, play, trial, error))
		return FALSE;
	if (reducing->trial->sources || reducing->trial->to || trial->crashed ||
	    trial->ok * 2 >= trial->asked)
		return TRUE;
	from_one.journal = journal;
	reducing->trial->sources = ONE_CLIENT;
	if (!fdar_trial_run(reducing->trial, &from_one, &other, error))
		return FALSE;
	if (other.crashed || other.ok * 2 < other.asked) {
		reducing->trial->sources = NULL;
		return TRUE;
	}
	text = g_strdup_printf("%" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
			       " sessions went as captured from addresses of their own, and "
			       "%" G_GUINT64_FORMAT " from " ONE_CLIENT
			       ": all are played from there (--sources)",
			       trial->ok, trial->asked, other.ok);
	if (reducing->warn)
		reducing->warn(reducing->user, text);
	*trial = other;
	g_rename(journal, play->journal);
	return TRUE;
}

gboolean fdar_reducing_whole(struct fdar_reducing *reducing, GError **error)
{
	g_autofree char *path = fdar_reducing_file(reducing, "try.pcap");
	g_autofree char *journal = fdar_reducing_file(reducing, "whole.jsonl");
	gboolean alone = !reducing->trial->speed && reducing->judge->test != FDAR_TEST_CRASH;
	struct fdar_trial_play play = { .capture = path,
					.copies = alone ? 1 : reducing->options->copies,
					.one_by_one = alone,
					.journal = journal };
	g_autoptr(GArray) units = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	gboolean recorded = reducing->judge->test == FDAR_TEST_FUNCTION;
	uint64_t copies = reducing->options->copies;
	struct fdar_trial trial = { 0 };
	struct fdar_part_list list;
	struct fdar_try whole;
	gboolean fine;

	if (reducing->judge->test == FDAR_TEST_COMMAND)
		return TRUE;
	reducing->sight.step = "whole";
	fdar_reducing_show(reducing);
	for (uint32_t i = 0; i < reducing->parts->units; i++)
		g_array_append_val(units, i);
	whole = (struct fdar_try){ (const uint32_t *)(const void *)units->data, units->len, 1 };
	fdar_reducing_fill(reducing, &whole, &list);
	/* A run that waits for its last session would charge that with all that the server does meanwhile. */
	fine = (reducing->judge->test != FDAR_TEST_CPU ||
		fdar_trial_idle(reducing->trial, &reducing->trial->idle_share, error)) &&
	       fdar_reducing_write(reducing, &list, path, error) &&
	       run_whole(reducing, &play, &trial, error);
	if (fine)
		warn_of_others(reducing, &trial);
	if (fine && alone && !trial.crashed)
		weigh(reducing, &list, journal);
	fdar_part_list_clear(&list);
	if (!reducing->trial->speed)
		reducing->limit_ns =
			recorded ? MAX(trial.elapsed_ns * LIMIT_TIMES_RECORDED * copies,
				       LIMIT_NS_MIN_RECORDED)
				 : MAX(trial.elapsed_ns * LIMIT_TIMES * copies, LIMIT_NS_MIN);
	/* Runs at once may have to share a processor. */
	reducing->limit_ns *= MAX(reducing->options->jobs, 1);
	return fine;
}

/* The lighter nine tenths; the first of them, as many as make a recording of some seconds. */
static GArray *ordinary_units(const struct fdar_reducing *reducing)
{
	const struct fdar_sessions *sessions = fdar_excerpt_sessions(reducing->excerpt);
	uint32_t count = reducing->parts->units;
	g_autofree double *sorted = g_memdup2(reducing->weights, count * sizeof(double));
	GArray *units = g_array_new(FALSE, FALSE, sizeof(uint32_t));
	uint64_t from_ns = 0;
	double most;

	most = fdar_quantile(sorted, count, 0.9);
	for (uint32_t i = 0; i < reducing->parts->sessions && units->len < NORMAL_MAX; i++) {
		uint32_t unit = reducing->parts->unit_of[i];
		uint64_t at_ns = fdar_sessions_get(sessions, i)->start_ns;

		if (unit == UINT32_MAX || reducing->weights[unit] > most ||
		    (units->len && g_array_index(units, uint32_t, units->len - 1) >= unit))
			continue;
		if (!units->len)
			from_ns = at_ns;
		if (units->len >= NORMAL_MIN && at_ns > from_ns + NORMAL_NS)
			break;
		g_array_append_val(units, unit);
	}
	return units;
}

gboolean fdar_reducing_normal(struct fdar_reducing *reducing, GError **error)
{
	const struct fdar_reducing_options *options = reducing->options;
	g_autoptr(GArray) units = NULL;
	struct fdar_part_list list;
	struct fdar_try set;
	gboolean fine;

	reducing->baseline = options->baseline;
	if (!options->normal || !reducing->weights)
		return TRUE;
	units = ordinary_units(reducing);
	set = (struct fdar_try){ (const uint32_t *)(const void *)units->data, units->len, 1 };
	fdar_reducing_fill(reducing, &set, &list);
	fine = fdar_reducing_write(reducing, &list, options->normal, error);
	fdar_part_list_clear(&list);
	if (!options->baseline)
		reducing->baseline = options->normal;
	return fine;
}
