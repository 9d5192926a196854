#include "cli/verify/verify_view.h"

#include <math.h>
#include <stdio.h>

#include "cli/kit/print.h"

/* ---- what follows ---- */

static unsigned rungs_with(const struct fdar_ladder *ladder, enum fdar_rung_verdict verdict)
{
	unsigned count = 0;

	for (unsigned i = 0; ladder && i < FDAR_RUNGS; i++)
		count += ladder->rungs[i].verdict == verdict;
	return count;
}

/* Every rung on which it hurt before was climbed, and was free. */
static gboolean all_free_now(const struct fdar_verify_result *result)
{
	for (unsigned i = 0; i < FDAR_RUNGS; i++)
		if (result->before->rungs[i].verdict == FDAR_RUNG_HURTS &&
		    result->now->rungs[i].verdict != FDAR_RUNG_FREE)
			return FALSE;
	return TRUE;
}

enum fdar_verified fdar_verify_conclude(const struct fdar_verify_result *result)
{
	if (rungs_with(result->now, FDAR_RUNG_HURTS))
		return FDAR_VERIFIED_HURTS;
	if (rungs_with(result->now, FDAR_RUNG_UNKNOWN) || !rungs_with(result->now, FDAR_RUNG_FREE))
		return FDAR_VERIFIED_UNKNOWN;
	if (!result->before)
		return FDAR_VERIFIED_FREE;
	if (!rungs_with(result->before, FDAR_RUNG_HURTS))
		return FDAR_VERIFIED_NOTHING;
	return all_free_now(result) ? FDAR_VERIFIED_FIXED : FDAR_VERIFIED_UNKNOWN;
}

static const char *conclusion_text(enum fdar_verified verified)
{
	static const char *const texts[] = { "harmless", "fixed", "hurts", "unknown", "nothing" };

	return texts[verified];
}

/* ---- rows ---- */

enum { VERDICT, FIGURE, NORMAL, TIMES, SIDE };

static const struct fdar_column one_server[] = {
	{ "step", "step", FALSE, FALSE },       { "it", "verdict", FALSE, FALSE },
	{ "a session", "figure", TRUE, FALSE }, { "normal", "normal", TRUE, FALSE },
	{ "times", "times", TRUE, FALSE },      { "runs", "runs", TRUE, FDAR_FIT_DROP(1) },
	{ "", "why", FALSE, FDAR_FIT_CUT },
};

static const struct fdar_column two_servers[] = {
	{ "step", "step", FALSE, FALSE },
	{ "before it", "verdict_before", FALSE, FALSE },
	{ "a session", "figure_before", TRUE, FALSE },
	{ "normal", "normal_before", TRUE, FDAR_FIT_DROP(2) },
	{ "times", "times_before", TRUE, FALSE },
	{ "now it", "verdict", FALSE, FALSE },
	{ "a session", "figure", TRUE, FALSE },
	{ "normal", "normal", TRUE, FDAR_FIT_DROP(2) },
	{ "times", "times", TRUE, FALSE },
	{ "runs", "runs", TRUE, FDAR_FIT_DROP(1) },
	{ "", "why", FALSE, FDAR_FIT_CUT },
};

static const char *verdict_text(enum fdar_rung_verdict verdict)
{
	static const char *const texts[] = { "not done", "does not hurt", "hurts",
					     "cannot be told" };

	return texts[verdict];
}

static void set_number(struct fdar_table *table, size_t column, const struct fdar_judge *judge,
		       double number)
{
	g_autofree char *people = NULL, *machine = fdar_json_number(number);

	if (isnan(number))
		return;
	people = judge ? fdar_judge_number(judge, number) : g_strdup_printf("%.1fx", number);
	fdar_table_cell(table, column, people, machine);
}

static void set_side(struct fdar_table *table, size_t column, const struct fdar_ladder *ladder,
		     const struct fdar_rung_result *rung)
{
	fdar_table_cell(table, column + VERDICT, verdict_text(rung->verdict), NULL);
	if (rung->verdict == FDAR_RUNG_NOT_DONE)
		return;
	set_number(table, column + FIGURE, ladder->judge, rung->figure);
	set_number(table, column + NORMAL, ladder->judge, rung->normal);
	set_number(table, column + TIMES, NULL, rung->figure / rung->normal);
}

/* NULL: there is nothing to say. */
static const char *why_of(const struct fdar_verify_result *result, unsigned number)
{
	const char *why = result->now->rungs[number].why;

	return why || !result->before ? why : result->before->rungs[number].why;
}

/* A step without a verdict has its reason in whole lines under the table, where it is cut. */
static gboolean is_told_below(const struct fdar_verify_result *result, unsigned number)
{
	enum fdar_rung_verdict verdict = result->now->rungs[number].verdict;

	return why_of(result, number) &&
	       (verdict == FDAR_RUNG_NOT_DONE || verdict == FDAR_RUNG_UNKNOWN);
}

static void add_rung(struct fdar_table *table, const struct fdar_verify_result *result,
		     unsigned number)
{
	const struct fdar_rung_result *now = &result->now->rungs[number];
	const struct fdar_rung_result *before =
		result->before ? &result->before->rungs[number] : NULL;
	size_t column = 1;
	g_autofree char *runs = g_strdup_printf("%u", now->runs);
	const char *why = why_of(result, number);

	fdar_table_row(table);
	fdar_table_cell(table, 0, fdar_rung_text((enum fdar_rung)number), NULL);
	if (before) {
		set_side(table, column, result->before, before);
		column += SIDE;
	}
	set_side(table, column, result->now, now);
	fdar_table_cell(table, column + SIDE, runs, NULL);
	if (why)
		fdar_table_cell(table, column + SIDE + 1,
				is_told_below(result, number) ? "see below" : why, why);
}

static const char *trex_text(const struct fdar_trex_rung *trex, gboolean kept)
{
	return trex->checked ? kept ? "written" : "fits" : "refused";
}

static void add_trex(struct fdar_table *table, const struct fdar_verify_result *result)
{
	const struct fdar_trex_rung *trex = result->trex;
	size_t column = result->before ? 1 + SIDE : 1;
	g_autofree char *text = NULL;

	if (!trex)
		return;
	text = g_strdup_printf("templates: %u, sessions in them: %u, refused: %u%s%s",
			       trex->templates, trex->sessions, trex->refused,
			       trex->why ? ": " : "", trex->why ? trex->why : "");
	fdar_table_row(table);
	fdar_table_cell(table, 0, "trex", NULL);
	fdar_table_cell(table, column, trex_text(trex, result->profile != NULL), NULL);
	fdar_table_cell(table, column + SIDE + 1, text, NULL);
}

static struct fdar_table *fill(const struct fdar_verify_result *result)
{
	struct fdar_table *table =
		result->before ? fdar_table_new("steps", two_servers, G_N_ELEMENTS(two_servers))
			       : fdar_table_new("steps", one_server, G_N_ELEMENTS(one_server));

	for (unsigned i = 0; i < FDAR_RUNGS; i++) {
		/* Before the mirror, as it is told: what is written, and then what is live. */
		if (i == FDAR_RUNG_MIRRORED)
			add_trex(table, result);
		add_rung(table, result, i);
	}
	return table;
}

static void print_people(const struct fdar_verify_result *result, const struct fdar_table *table)
{
	fdar_table_print(table, FDAR_FORMAT_TABLE, stdout);
	printf("\n");
	for (unsigned i = 0; i < FDAR_RUNGS; i++)
		if (is_told_below(result, i))
			fdar_print_line("%s: %s", fdar_rung_text((enum fdar_rung)i),
					why_of(result, i));
	switch (fdar_verify_conclude(result)) {
	case FDAR_VERIFIED_FREE:
		fdar_print_line("it hurts on none of %u steps",
				rungs_with(result->now, FDAR_RUNG_FREE));
		break;
	case FDAR_VERIFIED_FIXED:
		fdar_print_line("fixed: it hurt on %u steps, and hurts on none now",
				rungs_with(result->before, FDAR_RUNG_HURTS));
		break;
	case FDAR_VERIFIED_HURTS:
		fdar_print_line("it %shurts on %u of %u steps", result->before ? "still " : "",
				rungs_with(result->now, FDAR_RUNG_HURTS),
				FDAR_RUNGS - rungs_with(result->now, FDAR_RUNG_NOT_DONE));
		break;
	case FDAR_VERIFIED_NOTHING:
		fdar_print_line("nothing to be fixed: it hurt on no step before either");
		break;
	default:
		fdar_print_line("it cannot be told");
	}
	if (result->profile && result->trex && result->trex->templates)
		fdar_print_line("T-Rex's profile is in %s/trex.yaml", result->profile);
}

void fdar_verify_print(const struct fdar_verify_result *result, enum fdar_format format)
{
	struct fdar_table *table = fill(result);

	if (format == FDAR_FORMAT_TABLE) {
		print_people(result, table);
	} else if (format == FDAR_FORMAT_JSON) {
		printf("{\n  \"format\": " FDAR_JSON_FORMAT ",\n  \"verdict\": \"%s\",\n"
		       "  \"sessions\": %u,\n  \"baseline_sessions\": %u,\n"
		       "  \"copies\": %u,\n  \"clones\": %u,\n  \"steps\": ",
		       conclusion_text(fdar_verify_conclude(result)), result->now->small_sessions,
		       result->now->base_sessions, fdar_ladder_copies(result->now),
		       result->now->clones);
		fdar_table_print_rows_json(table, stdout);
		printf("\n}\n");
	} else {
		fdar_table_print(table, format, stdout);
	}
	fdar_table_free(table);
}
