#include "cli/diff/diff_samples.h"

#include <gio/gio.h>
#include <math.h>

#include "cli/kit/cells.h"
#include "cli/kit/sampled_input.h"

#define MEDIUM_P  0.01
#define LOST_PART 0.01 /* of the samples: more, and they are not to be relied on */
/* As of functions that are recorded: at another amount of work or pace they must grow by more. */
#define WORK_RATIO  1.5
#define WORK_FACTOR 10
#define PACE_FACTOR 5
#define ROWS        10u

enum { BASELINE, SUBJECT };

/* ---- reading ---- */

static gboolean has_samples(const struct fdar_diff_side_input *input)
{
	for (char **path = input->paths; *path; path++)
		if (!fdar_sampled_input_has(*path))
			return FALSE;
	return TRUE;
}

static fdar_sample_profile *read_side(const struct fdar_diff_side_input *input, const char *label,
				      struct fdar_diff_samples *samples, GError **error)
{
	g_autoptr(GPtrArray) runs =
		g_ptr_array_new_with_free_func((GDestroyNotify)fdar_sample_profile_free);
	struct fdar_profile_input one = input->input;

	for (char **path = input->paths; *path; path++) {
		g_autoptr(fdar_sampled) sampled = NULL;

		one.path = *path;
		sampled = fdar_sampled_input_read(&one, error);
		if (!sampled)
			return NULL;
		samples->lost += fdar_samples_missing(sampled->samples);
		samples->processors_changed =
			samples->processors_changed || sampled->samples->processors_changed;
		g_ptr_array_add(runs, fdar_sample_profile_new(sampled, label, FALSE));
	}
	return fdar_sample_profile_merge((const struct fdar_sample_profile *const *)runs->pdata,
					 runs->len);
}

/* ---- in words ---- */

static char *times(double ratio)
{
	return ratio < 9.95 ? g_strdup_printf("%.2gx", ratio)
			    : g_strdup_printf("%.0fx", MIN(ratio, 1e15));
}

static char *say_found(const struct fdar_sample_diff *diff)
{
	const struct fdar_sample_row *row = &diff->rows[diff->culprit];
	double added = diff->all_ns[SUBJECT] - diff->all_ns[BASELINE];
	g_autofree char *before = fdar_format_duration(row->total_ns[BASELINE]);
	g_autofree char *after = fdar_format_duration(row->total_ns[SUBJECT]);
	g_autofree char *share = fdar_format_percent(added > 0 ? MIN(row->added_ns / added, 1) : 1);
	g_autofree char *ratio = times(row->total_ns[SUBJECT] / row->total_ns[BASELINE]);

	if (diff->is_spread)
		return g_strdup_printf("all of the server runs %s longer per session, and no "
				       "function stands out: about %s against %s, by samples",
				       ratio, after, before);
	if (!row->samples[BASELINE])
		return g_strdup_printf("%s (%s) runs for about %s per session, and was never seen "
				       "in the baseline: %s of the added processor time, by "
				       "samples",
				       row->function, row->component, after, share);
	return g_strdup_printf("%s (%s) runs about %s longer per session: %s against %s, %s of the "
			       "added processor time, by samples",
			       row->function, row->component, ratio, after, before, share);
}

static char *say(const struct fdar_sample_diff *diff)
{
	g_autofree char *most = fdar_format_duration(diff->most_ns);
	double fewest = (double)MIN(diff->sessions[0], diff->sessions[1]);

	switch (diff->outcome) {
	case FDAR_SAMPLE_FOUND:
		return say_found(diff);
	case FDAR_SAMPLE_NO_SESSIONS:
		return g_strdup("a side has no sessions: with --io connections are");
	case FDAR_SAMPLE_OTHER_RATE:
		return g_strdup("the sides were sampled at different rates: record both alike");
	case FDAR_SAMPLE_TOO_FEW_SESSIONS:
		return g_strdup_printf("too few sessions to tell: %.0f on a side, and it takes %u",
				       fewest, FDAR_SAMPLE_SESSIONS_MIN);
	case FDAR_SAMPLE_TOO_FEW_SAMPLES:
		return g_strdup_printf("too few samples to tell: for about %s more per session it "
				       "takes %.0f sessions a side, and there are %.0f (or a "
				       "higher rate)",
				       most, diff->needed, fewest);
	case FDAR_SAMPLE_NOTHING:
		break;
	}
	return g_strdup(
		"no function takes more processor time than chance and the machine explain");
}

/* ---- the whole ---- */

gboolean fdar_diff_samples_read(struct fdar_diff_side_input inputs[2], const char *const labels[2],
				struct fdar_diff_samples *samples, GError **error)
{
	GError *cause = NULL;

	*samples = (struct fdar_diff_samples){ 0 };
	if (!has_samples(&inputs[BASELINE]) || !has_samples(&inputs[SUBJECT]))
		return TRUE;
	for (int s = BASELINE; s <= SUBJECT && !cause; s++)
		samples->sides[s] = read_side(&inputs[s], labels[s], samples, &cause);
	if (g_error_matches(cause, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
		g_propagate_error(error, cause);
		return FALSE;
	}
	if (cause) {
		fdar_warning(inputs[0].input.usage, "samples are left out: %s", cause->message);
		g_error_free(cause);
		return TRUE;
	}
	samples->diff = fdar_sample_diff_new(samples->sides[BASELINE], samples->sides[SUBJECT]);
	samples->sentence = say(samples->diff);
	return TRUE;
}

void fdar_diff_samples_clear(struct fdar_diff_samples *samples)
{
	fdar_sample_diff_free(samples->diff);
	for (int s = BASELINE; s <= SUBJECT; s++)
		fdar_sample_profile_free(samples->sides[s]);
	g_free(samples->sentence);
	*samples = (struct fdar_diff_samples){ 0 };
}

/* ---- its verdict ---- */

/* A function that was recorded and named is better than one that was sampled; and what is not to be
 * compared stays so. */
static gboolean is_open(const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;

	return verdict->refused ? diff->blind : !verdict->function;
}

static const char *doubt(const struct fdar_diff_samples *samples, const struct fdar_diff *diff)
{
	const struct fdar_sample_diff *found = samples->diff;
	const struct fdar_sample_row *row = &found->rows[found->culprit];
	double factor = row->total_ns[SUBJECT] / row->total_ns[BASELINE];
	double all = (double)(found->samples[BASELINE] + found->samples[SUBJECT] + samples->lost);

	if (found->is_spread)
		return "everything grew alike: the machine, or the work";
	if (found->is_thin)
		return "the baseline has too few samples to tell whether everything grew";
	if (diff->trace_doubt)
		return diff->trace_doubt;
	if ((double)samples->lost > LOST_PART * all)
		return "samples were lost";
	if (samples->processors_changed)
		return "processors came or went while it was recorded, and were not looked at";
	if (diff->load.work >= WORK_RATIO && factor < WORK_FACTOR)
		return "the sides were not asked for the same amount of work";
	if (diff->load.pace && factor < PACE_FACTOR)
		return "sessions come at another pace";
	if (found->p >= MEDIUM_P)
		return "it may be chance";
	return NULL;
}

/* It was recorded so: that is not what it takes. */
static void say_instead(char **text, const char *instead)
{
	g_auto(GStrv) parts = g_strsplit(*text, FDAR_DIFF_TO_KNOW, 2);

	if (g_strv_length(parts) < 2)
		return;
	g_free(*text);
	*text = g_strconcat(parts[0], instead, parts[1], NULL);
}

/* Nothing was recorded but samples, and these do not say which. */
static void say_why_not(const struct fdar_diff_samples *samples, struct fdar_diff *diff)
{
	if (diff->inferred && diff->verdict.sentence) {
		say_instead(&diff->verdict.sentence, samples->sentence);
		if (diff->verdict.reason)
			say_instead(&diff->verdict.reason, "samples do not say, either");
	}
	if (!diff->verdict.refused || !diff->blind)
		return;
	g_free(diff->verdict.sentence);
	diff->verdict.sentence = g_strconcat("no verdict: ", samples->sentence, NULL);
}

void fdar_diff_samples_decide(const struct fdar_diff_samples *samples, struct fdar_diff *diff)
{
	const struct fdar_sample_diff *found = samples->diff;
	struct fdar_verdict *verdict = &diff->verdict;
	const struct fdar_sample_row *row;
	const char *doubted;

	if (found && found->outcome != FDAR_SAMPLE_FOUND)
		say_why_not(samples, diff);
	if (!found || found->outcome != FDAR_SAMPLE_FOUND || !is_open(diff))
		return;
	row = &found->rows[found->culprit];
	doubted = doubt(samples, diff);
	g_free(verdict->sentence);
	g_free(verdict->reason);
	*verdict = (struct fdar_verdict){
		.change = found->is_spread ? FDAR_CHANGE_SPREAD : FDAR_CHANGE_RUNNING,
		.presence = row->samples[BASELINE] ? FDAR_IN_BOTH : FDAR_IN_SUBJECT,
		.factor = row->samples[BASELINE] ? row->total_ns[SUBJECT] / row->total_ns[BASELINE]
						 : INFINITY,
		.baseline_ns = row->total_ns[BASELINE],
		.subject_ns = row->total_ns[SUBJECT],
		.share = MIN(row->added_ns /
				     MAX(found->all_ns[SUBJECT] - found->all_ns[BASELINE], 1),
			     1),
		.confidence = doubted ? FDAR_CONFIDENCE_LOW : FDAR_CONFIDENCE_MEDIUM,
		.sentence = g_strdup(samples->sentence),
		.reason = doubted ? g_strdup(doubted)
				  : g_strdup_printf("%" G_GUINT64_FORMAT
						    " samples against %" G_GUINT64_FORMAT
						    ", p %s%.3g by session",
						    row->samples[SUBJECT], row->samples[BASELINE],
						    found->p <= 0.001 ? "<= " : "= ", found->p),
	};
	if (found->is_spread)
		return;
	verdict->function = g_string_chunk_insert_const(diff->texts, row->function);
	verdict->component = g_string_chunk_insert_const(diff->texts, row->component);
}

/* ---- tables ---- */

enum column {
	ADDED,
	BEFORE,
	AFTER,
	OWN_AFTER,
	FUNCTION,
	COMPONENT,
	OWN_BEFORE,
	SEEN_BEFORE,
	SEEN_AFTER,
	COLUMNS
};

static const struct fdar_column columns[COLUMNS] = {
	[ADDED] = { "added/session", "added_ns", TRUE, FALSE },
	[BEFORE] = { "baseline", "total_baseline_ns", TRUE, FALSE },
	[AFTER] = { "subject", "total_subject_ns", TRUE, FALSE },
	[OWN_AFTER] = { "of it own", "own_subject_ns", TRUE, FDAR_FIT_DROP(2) },
	[FUNCTION] = { "function", "function", FALSE, FDAR_FIT_CUT },
	[COMPONENT] = { "component", "component", FALSE, FDAR_FIT_CUT | FDAR_FIT_DROP(1) },
	[OWN_BEFORE] = { "", "own_baseline_ns", TRUE, FALSE },
	[SEEN_BEFORE] = { "", "samples_baseline", TRUE, FALSE },
	[SEEN_AFTER] = { "", "samples_subject", TRUE, FALSE },
};

static struct fdar_table *table_of(const struct fdar_sample_diff *diff, guint most,
				   gboolean machine)
{
	struct fdar_table *table =
		fdar_table_new("samples", columns, machine ? COLUMNS : (size_t)COMPONENT + 1);

	for (uint32_t i = 0; i < MIN(most, diff->row_count); i++) {
		const struct fdar_sample_row *row = &diff->rows[i];

		if (!machine && row->added_ns <= 0)
			break;
		fdar_table_row(table);
		fdar_cell_duration(table, ADDED, row->added_ns);
		fdar_cell_duration(table, BEFORE, row->total_ns[BASELINE]);
		fdar_cell_duration(table, AFTER, row->total_ns[SUBJECT]);
		fdar_cell_duration(table, OWN_AFTER, row->own_ns[SUBJECT]);
		fdar_cell_name(table, FUNCTION, row->function);
		fdar_table_cell(table, COMPONENT, row->component, NULL);
		if (!machine)
			continue;
		fdar_cell_duration(table, OWN_BEFORE, row->own_ns[BASELINE]);
		fdar_cell_count(table, SEEN_BEFORE, (double)row->samples[BASELINE]);
		fdar_cell_count(table, SEEN_AFTER, (double)row->samples[SUBJECT]);
	}
	return table;
}

void fdar_diff_samples_print(const struct fdar_diff_samples *samples, guint limit, FILE *out)
{
	const struct fdar_sample_diff *diff = samples->diff;
	struct fdar_table *table;

	if (!diff)
		return;
	g_autofree char *before = fdar_format_count(diff->samples[BASELINE]);
	g_autofree char *after = fdar_format_count(diff->samples[SUBJECT]);

	fputc('\n', out);
	fdar_print_line("samples (%s in the baseline's sessions, %s in the subject's): %s", before,
			after, samples->sentence);
	if (diff->most_ns <= 0)
		return;
	if (diff->outcome == FDAR_SAMPLE_FOUND && diff->deepest != diff->culprit)
		fdar_print_line("  in it mostly %s (%s)", diff->rows[diff->deepest].function,
				diff->rows[diff->deepest].component);
	fdar_print_line("processor time per session, with all that a function calls, by samples:");
	fputc('\n', out);
	table = table_of(diff, limit ? MIN(limit, ROWS) : G_MAXUINT, FALSE);
	fdar_table_print(table, FDAR_FORMAT_TABLE, out);
	fdar_table_free(table);
}

void fdar_diff_samples_print_json(const struct fdar_diff_samples *samples, FILE *out)
{
	const struct fdar_sample_diff *diff = samples->diff;
	struct fdar_table *table;

	if (!diff)
		return;
	g_autofree char *sentence = fdar_json_text(samples->sentence);
	g_autofree char *needed = fdar_json_number(diff->needed);
	g_autofree char *p = fdar_json_number(diff->p);

	table = table_of(diff, G_MAXUINT, TRUE);
	fprintf(out,
		"  \"samples\": { \"outcome\": \"%s\", \"sentence\": %s,\n    "
		"\"baseline_samples\": "
		"%" G_GUINT64_FORMAT ", \"subject_samples\": %" G_GUINT64_FORMAT
		", \"lost\": %" G_GUINT64_FORMAT ", \"period_ns\": %" G_GUINT64_FORMAT
		", \"p\": %s, \"sessions_needed\": %s,\n  \"functions\": ",
		fdar_sample_outcome_name(diff->outcome), sentence, diff->samples[BASELINE],
		diff->samples[SUBJECT], samples->lost, diff->period_ns, p, needed);
	fdar_table_print_rows_json(table, out);
	fputs(" },\n", out);
	fdar_table_free(table);
}
