#include "cli/reduce/reduce_view.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cli/kit/options.h"
#include "cli/kit/print.h"
#include "cli/reduce/way.h"

#define LINE_MAX_BYTES 100
#define ROWS_MAX       20u

static char *line_of(const struct fdar_reduce_view *view, const struct fdar_reducing_sight *sight)
{
	g_autofree char *time = fdar_format_duration((double)sight->elapsed_ns);
	g_autofree char *figure = isnan(sight->figure) || view->judge->test == FDAR_TEST_COMMAND
					  ? g_strdup("")
					  : fdar_judge_number(view->judge, sight->figure);
	g_autofree char *limit = view->judge->limit > 0
					 ? fdar_judge_number(view->judge, view->judge->limit)
					 : g_strdup("");

	if (!sight->of)
		return g_strdup_printf("%s, run %" G_GUINT64_FORMAT ", %s", sight->step,
				       sight->runs + 1, time);
	return g_strdup_printf("%s: %u of %u left; run %" G_GUINT64_FORMAT ": %u x%u%s%s%s%s, %s",
			       sight->step, sight->left, sight->of, sight->runs + 1, sight->trying,
			       sight->copies, figure[0] ? ", last " : "", figure,
			       figure[0] && limit[0] ? " of " : "", figure[0] ? limit : "", time);
}

void fdar_reduce_view_show(void *user, const struct fdar_reducing_sight *sight)
{
	struct fdar_reduce_view *view = user;
	g_autofree char *line = NULL;

	if (view->quiet)
		return;
	/* Not to a terminal: a line whenever there is less. */
	if (!view->terminal && view->told_step && strcmp(view->told_step, sight->step) == 0 &&
	    view->told == sight->left)
		return;
	view->told = sight->left;
	view->told_step = g_intern_string(sight->step);
	line = line_of(view, sight);
	if (view->terminal)
		fprintf(stderr, "\r\033[K%.*s", LINE_MAX_BYTES, line);
	else
		fprintf(stderr, "%s\n", line);
	fflush(stderr);
	view->shown = view->terminal;
}

void fdar_reduce_view_clear(struct fdar_reduce_view *view)
{
	if (view->shown)
		fprintf(stderr, "\r\033[K");
	view->shown = FALSE;
}

void fdar_reduce_view_warn(void *user, const char *text)
{
	struct fdar_reduce_view *view = user;

	fdar_reduce_view_clear(view);
	fdar_warning(view->usage, "%s", text);
}

/* Wilson, "Probable inference, the law of succession, and statistical inference" (1927), 95 %. */
static void interval(uint32_t hits, uint32_t of, double *low, double *high)
{
	double z = 1.96, n = of, p = of ? hits / n : 0;
	double middle = p + z * z / (2 * n), half = z * sqrt(p * (1 - p) / n + z * z / (4 * n * n));

	*low = (middle - half) / (1 + z * z / n);
	*high = (middle + half) / (1 + z * z / n);
}

static uint32_t kept_exchanges(const struct fdar_reducing *reducing,
			       const struct fdar_excerpt_part *part)
{
	uint32_t all = fdar_excerpt_exchanges(reducing->excerpt, part->session), kept = 0;

	if (!part->exchanges)
		return all;
	for (uint32_t i = 0; i < all; i++)
		kept += part->exchanges[i] != 0;
	return kept;
}

enum { SESSION, CLIENT, SERVER, MESSAGES, OF, BYTES, OF_BYTES };

static const struct fdar_column columns[] = {
	[SESSION] = { "#", "session", TRUE, FALSE },
	[CLIENT] = { "client", "client", FALSE, FDAR_FIT_CUT },
	[SERVER] = { "server", "server", FALSE, FDAR_FIT_CUT | FDAR_FIT_DROP(2) },
	[MESSAGES] = { "messages kept", "messages_kept", TRUE, FALSE },
	[OF] = { "of", "messages", TRUE, FALSE },
	[BYTES] = { "client's bytes kept", "client_bytes_kept", TRUE, FALSE },
	[OF_BYTES] = { "of", "client_bytes", TRUE, FDAR_FIT_DROP(1) },
};

static void add_row(struct fdar_table *table, const struct fdar_reducing *reducing,
		    const struct fdar_excerpt_part *part)
{
	const struct fdar_session *session =
		fdar_sessions_get(fdar_excerpt_sessions(reducing->excerpt), part->session);
	g_autofree char *id = g_strdup_printf("%u", part->session);
	g_autofree char *kept = g_strdup_printf("%u", kept_exchanges(reducing, part));
	g_autofree char *all =
		g_strdup_printf("%u", fdar_excerpt_exchanges(reducing->excerpt, part->session));
	g_autofree char *bytes =
		g_strdup_printf("%" G_GUINT64_FORMAT, session->way[FDAR_FROM_CLIENT].bytes);
	g_autofree char *left =
		g_strdup_printf("%" G_GUINT64_FORMAT, fdar_bytes_kept(reducing->excerpt, part));
	char text[FDAR_ENDPOINT_TEXT_MAX];

	fdar_table_row(table);
	fdar_table_cell(table, SESSION, id, NULL);
	fdar_table_cell(table, CLIENT, fdar_endpoint_text(&session->client, text), NULL);
	fdar_table_cell(table, SERVER, fdar_endpoint_text(&session->server, text), NULL);
	fdar_table_cell(table, MESSAGES, kept, NULL);
	fdar_table_cell(table, OF, all, NULL);
	fdar_table_cell(table, BYTES, left, NULL);
	fdar_table_cell(table, OF_BYTES, bytes, NULL);
}

static const char *end_text(const struct fdar_reducing *reducing)
{
	switch (reducing->end) {
	case FDAR_REDUCE_DONE:
		return "done";
	case FDAR_REDUCE_HARMLESS:
		return "harmless";
	case FDAR_REDUCE_DOUBTFUL:
		return "doubtful";
	default:
		return "stopped";
	}
}

static void print_figure(const struct fdar_reduce_view *view, const struct fdar_reducing *reducing)
{
	g_autofree char *text = NULL, *low = NULL, *high = NULL, *normal = NULL;
	const struct fdar_judge *judge = view->judge;

	if (isnan(reducing->figure) || judge->test == FDAR_TEST_COMMAND)
		return;
	text = fdar_judge_text(judge, reducing->figure);
	low = fdar_judge_number(judge, reducing->figure_low);
	high = fdar_judge_number(judge, reducing->figure_high);
	printf("  %s", text);
	if (judge->test != FDAR_TEST_CRASH)
		printf(" (%s to %s)", low, high);
	if (judge->baseline) {
		double usual = judge->limit / judge->over;

		normal = fdar_judge_number(judge, usual);
		printf(", %.1fx the baseline's %s", reducing->figure / usual, normal);
	}
	printf("\n");
}

static void print_ending(const struct fdar_reduce_view *view, const struct fdar_reducing *reducing)
{
	g_autofree char *time = fdar_format_duration((double)reducing->elapsed_ns);
	g_autofree char *way = fdar_way_text(reducing);
	const struct fdar_reduced *result = &reducing->result;
	double low, high;

	if (result->confirm_runs) {
		interval(result->confirmed, result->confirm_runs, &low, &high);
		printf("\nit hurts, %u of %u times (%.0f %% to %.0f %%), with %u cop%s of each%s\n",
		       result->confirmed, result->confirm_runs, low * 100, high * 100,
		       result->intensity, result->intensity == 1 ? "y" : "ies", way);
		print_figure(view, reducing);
	}
	printf("%s%" G_GUINT64_FORMAT " runs in %s", result->confirm_runs ? "" : "\n",
	       reducing->runs, time);
	if (reducing->recalled)
		printf(", and %" G_GUINT64_FORMAT " answers of before", reducing->recalled);
	if (result->went_back)
		printf("; %u answers were wrong, and taken back", result->went_back);
	printf("\n");
	if (reducing->cut)
		printf("%" G_GUINT64_FORMAT " of the runs %s cut by time, before it was told what "
		       "they do\n",
		       reducing->cut, reducing->cut == 1 ? "was" : "were");
	if (reducing->why)
		printf("stopped: %s; this is the best so far\n", reducing->why);
}

static void print_people(const struct fdar_reduce_view *view, const struct fdar_reducing *reducing,
			 const struct fdar_table *table)
{
	g_autofree char *all = fdar_format_count(reducing->parts->sessions);

	fdar_table_print(table, FDAR_FORMAT_TABLE, stdout);
	if (reducing->kept.parts->len > ROWS_MAX)
		printf("  ... and %u more\n", reducing->kept.parts->len - ROWS_MAX);
	printf("\nleft: %u of %s sessions", reducing->kept.parts->len, all);
	if (reducing->causes->len > 1)
		printf(", %u causes that hurt each by itself", reducing->causes->len);
	printf(", in %s\n", reducing->options->output);
	if (reducing->parts->left_out)
		printf("  sessions that cannot be played, left out: %u\n",
		       reducing->parts->left_out);
	print_ending(view, reducing);
}

static void print_way(const struct fdar_reducing_way *way)
{
	static const char *const orders[] = { "null", "\"any\"", "\"kept\"" };
	g_autofree char *at_once =
		fdar_json_number(way->at_once ? (double)way->at_once : (double)NAN);
	g_autofree char *rate = fdar_json_number(way->rate ? (double)way->rate : (double)NAN);

	printf("  \"at_once\": %s,\n  \"rate\": %s,\n  \"order\": %s,\n", at_once, rate,
	       orders[way->order]);
}

static void print_json(const struct fdar_reduce_view *view, const struct fdar_reducing *reducing,
		       const struct fdar_table *table)
{
	g_autofree char *output = fdar_json_text(reducing->options->output);
	g_autofree char *figure = fdar_json_number(reducing->figure);
	g_autofree char *low = fdar_json_number(reducing->figure_low);
	g_autofree char *high = fdar_json_number(reducing->figure_high);
	g_autofree char *limit =
		fdar_json_number(view->judge->limit > 0 ? view->judge->limit : NAN);
	const struct fdar_reduced *result = &reducing->result;

	printf("{\n  \"format\": " FDAR_JSON_FORMAT ",\n  \"end\": \"%s\",\n  \"output\": %s,\n",
	       end_text(reducing), output);
	printf("  \"sessions\": %u,\n  \"left_out\": %u,\n  \"causes\": %u,\n  \"copies\": %u,\n",
	       reducing->parts->sessions, reducing->parts->left_out, reducing->causes->len,
	       result->intensity);
	print_way(&reducing->way);
	printf("  \"confirmed\": %u,\n  \"confirm_runs\": %u,\n  \"figure\": %s,\n"
	       "  \"figure_low\": %s,\n  \"figure_high\": %s,\n  \"limit\": %s,\n",
	       result->confirmed, result->confirm_runs, figure, low, high, limit);
	printf("  \"runs\": %" G_GUINT64_FORMAT ",\n  \"cut\": %" G_GUINT64_FORMAT
	       ",\n  \"elapsed_ns\": %" G_GUINT64_FORMAT ",\n  \"kept\": ",
	       reducing->runs, reducing->cut, reducing->elapsed_ns);
	fdar_table_print_rows_json(table, stdout);
	printf("\n}\n");
}

void fdar_reduce_view_report(const struct fdar_reduce_view *view,
			     const struct fdar_reducing *reducing, enum fdar_format format)
{
	struct fdar_table *table = fdar_table_new("kept", columns, G_N_ELEMENTS(columns));

	guint rows = reducing->kept.parts->len;

	/* A search that was stopped early has too many to read. */
	if (format == FDAR_FORMAT_TABLE)
		rows = MIN(rows, ROWS_MAX);
	for (guint i = 0; i < rows; i++)
		add_row(table, reducing,
			&g_array_index(reducing->kept.parts, struct fdar_excerpt_part, i));
	if (format == FDAR_FORMAT_TABLE)
		print_people(view, reducing, table);
	else if (format == FDAR_FORMAT_JSON)
		print_json(view, reducing, table);
	else
		fdar_table_print(table, format, stdout);
	fdar_table_free(table);
}

void fdar_reduce_view_nothing(const struct fdar_reduce_view *view,
			      const struct fdar_reducing *reducing)
{
	g_autofree char *last = fdar_judge_number(reducing->judge, reducing->sight.figure);
	g_autofree char *limit = fdar_judge_number(reducing->judge, reducing->judge->limit);
	gboolean none = !reducing->function_calls && !reducing->recalled;

	if (fdar_reducing_is_cut(reducing))
		fdar_warning(view->usage, "%s", FDAR_REDUCING_CUT);
	else if (fdar_reducing_is_untold(reducing))
		fdar_warning(view->usage, FDAR_REDUCING_UNTOLD, reducing->cut, reducing->runs);
	else if (reducing->end == FDAR_REDUCE_HARMLESS && none &&
		 reducing->judge->test == FDAR_TEST_FUNCTION)
		fdar_warning(view->usage,
			     "no call of %s was recorded: is it called so, and the server built "
			     "with flowdar cc?",
			     reducing->judge->function);
	else if (reducing->end == FDAR_REDUCE_HARMLESS && reducing->judge->limit > 0)
		fdar_warning(view->usage,
			     "the whole capture does not hurt: %s, and it hurts from %s on; "
			     "--copies makes it stronger, --over lowers the limit",
			     last, limit);
	else if (reducing->end == FDAR_REDUCE_HARMLESS)
		fdar_warning(view->usage, "the whole capture does not hurt: the test says no");
	else if (reducing->end == FDAR_REDUCE_DOUBTFUL)
		fdar_warning(view->usage,
			     "the test contradicts itself too often; a larger --trust helps "
			     "when it is right more often than not");
	else
		fdar_warning(view->usage, "stopped before anything was known: %s",
			     reducing->why ? reducing->why : "");
}
