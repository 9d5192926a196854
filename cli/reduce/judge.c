#include "cli/reduce/judge.h"

#include <gio/gio.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cli/kit/options.h"
#include "cli/kit/table.h"

#define BASELINE_KEPT 5u
#define OVER_DEFAULT  2.0
#define FUNCTION      "function:"

/* A baseline's own runs stay this far below the limit, or it would be a lottery. */
#define ROOM 1.15

static const struct {
	const char *name;
	enum fdar_test test;
	unsigned quantile;
} names[] = {
	{ "cpu", FDAR_TEST_CPU, 0 },
	{ "memory", FDAR_TEST_MEMORY, 0 },
	{ "crash", FDAR_TEST_CRASH, 0 },
	{ "latency", FDAR_TEST_LATENCY, 90 },
	{ "latency:p50", FDAR_TEST_LATENCY, 50 },
	{ "latency:p90", FDAR_TEST_LATENCY, 90 },
	{ "latency:p99", FDAR_TEST_LATENCY, 99 },
};

gboolean fdar_judge_parse(struct fdar_judge *judge, const char *text, GError **error)
{
	for (unsigned i = 0; i < G_N_ELEMENTS(names); i++)
		if (strcmp(text, names[i].name) == 0) {
			judge->test = names[i].test;
			judge->quantile = names[i].quantile;
			return TRUE;
		}
	if (g_str_has_prefix(text, FUNCTION)) {
		judge->test = FDAR_TEST_FUNCTION;
		judge->function = text + strlen(FUNCTION);
		if (*judge->function && !strpbrk(judge->function, ",*?[] ") &&
		    *judge->function != '!')
			return TRUE;
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "--test: \"%s\": expected function:NAME, with the name of one function",
			    text);
		return FALSE;
	}
	judge->test = FDAR_TEST_COMMAND;
	judge->command = text;
	if (strstr(text, "{}"))
		return TRUE;
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
		    "--test: \"%s\": expected cpu, latency, latency:p50, latency:p99, memory, "
		    "function:NAME, crash, "
		    "or a command with {} where the capture's name goes",
		    text);
	return FALSE;
}

static gboolean is_relative(enum fdar_test test)
{
	return test == FDAR_TEST_CPU || test == FDAR_TEST_LATENCY || test == FDAR_TEST_MEMORY ||
	       test == FDAR_TEST_FUNCTION;
}

static gboolean bad(GError **error, const char *message)
{
	g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, message);
	return FALSE;
}

gboolean fdar_judge_parse_over(struct fdar_judge *judge, const char *text, gboolean has_baseline,
			       GError **error)
{
	guint64 amount = 0;
	char *end = NULL;

	if (!is_relative(judge->test))
		return text || has_baseline
			       ? bad(error, "--over and --baseline go with --test cpu, latency, "
					    "memory and function:NAME")
			       : TRUE;
	if (!text && !has_baseline)
		return bad(error, "what is normal? --baseline CAPTURE says it, or --over a figure "
				  "like 5ms");
	judge->over = text ? g_ascii_strtod(text, &end) : OVER_DEFAULT;
	if (!text || (end != text && !*end)) {
		if (!has_baseline)
			return bad(error, "--over: a plain number is times a baseline: give "
					  "one, or a figure like 5ms");
		return judge->over > ROOM * ROOM && judge->over < 1e6
			       ? TRUE
			       : bad(error, "--over: expected a number of times above 1.33");
	}
	if (judge->test == FDAR_TEST_MEMORY ? !fdar_parse_size(text, &amount)
					    : !fdar_parse_duration(text, &amount))
		amount = 0;
	if (!amount || has_baseline)
		return bad(error, "--over: expected a number of times with --baseline, otherwise a "
				  "figure like 5ms or (of memory) 64K");
	judge->limit = (double)amount;
	judge->doubt = judge->limit * 0.75;
	return TRUE;
}

static int by_size(const void *a, const void *b)
{
	double one = *(const double *)a, other = *(const double *)b;

	return one < other ? -1 : one > other;
}

double fdar_quantile(double *figures, size_t count, double share)
{
	if (!count)
		return 0;
	qsort(figures, count, sizeof(*figures), by_size);
	return figures[MIN((size_t)((double)count * share), count - 1)];
}

double fdar_median(const double *figures, size_t count)
{
	g_autofree double *sorted = NULL;

	if (!count)
		return NAN;
	sorted = g_memdup2(figures, count * sizeof(*figures));
	qsort(sorted, count, sizeof(*sorted), by_size);
	return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

void fdar_judge_add_baseline(struct fdar_judge *judge, double figure)
{
	guint from;
	double median;

	if (!judge->baseline)
		judge->baseline = g_array_new(FALSE, FALSE, sizeof(double));
	g_array_append_val(judge->baseline, figure);
	from = judge->baseline->len > BASELINE_KEPT ? judge->baseline->len - BASELINE_KEPT : 0;
	median = fdar_median(&g_array_index(judge->baseline, double, from),
			     judge->baseline->len - from);
	/* A server that needs nothing at all has no multiple: then anything that can be seen. */
	median = MAX(median, judge->test == FDAR_TEST_MEMORY ? 1024 : 1000);
	judge->limit = median * judge->over;
	judge->doubt = median * (1 + judge->over) / 2;
}

gboolean fdar_judge_check(const struct fdar_judge *judge, GError **error)
{
	g_autofree char *usual = NULL, *one = NULL;
	double most = 0, next = 0;

	/* One run of the five may have been disturbed. */
	for (guint i = 0; judge->baseline && i < judge->baseline->len; i++) {
		double figure = g_array_index(judge->baseline, double, i);

		next = MAX(next, MIN(most, figure));
		most = MAX(most, figure);
	}
	most = judge->baseline && judge->baseline->len > 2 ? next : most;
	if (!judge->baseline || most * ROOM <= judge->limit)
		return TRUE;
	usual = fdar_judge_number(judge, judge->limit / judge->over);
	one = fdar_judge_number(judge, most);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
		    "the baseline's own runs vary too much for --over %g: %s is normal, and one "
		    "was %s",
		    judge->over, usual, one);
	return FALSE;
}

double fdar_judge_figure(const struct fdar_judge *judge, const struct fdar_trial *trial)
{
	switch (judge->test) {
	case FDAR_TEST_CPU:
		return trial->sessions > 0 ? (double)trial->cpu_ns / trial->sessions : NAN;
	case FDAR_TEST_MEMORY:
		return trial->sessions > 0 ? (double)trial->memory_bytes / trial->sessions : NAN;
	case FDAR_TEST_FUNCTION:
		return trial->sessions > 0 ? trial->function_ns / trial->sessions : NAN;
	case FDAR_TEST_LATENCY:
		return judge->quantile == 50   ? trial->p50_ns
		       : judge->quantile == 90 ? trial->p90_ns
					       : trial->p99_ns;
	case FDAR_TEST_CRASH:
		return trial->crashed ? 1 : (double)trial->timeouts;
	default:
		return NAN;
	}
}

enum fdar_answer fdar_judge_answer(const struct fdar_judge *judge, const struct fdar_trial *trial)
{
	double figure = fdar_judge_figure(judge, trial);

	if (judge->test == FDAR_TEST_CRASH)
		return trial->crashed || trial->timeouts ? FDAR_ANSWER_HURTS
		       : trial->cut                      ? FDAR_ANSWER_UNKNOWN
							 : FDAR_ANSWER_NOT;
	/* A server that ended did not finish what is measured. */
	if (trial->crashed || isnan(figure))
		return FDAR_ANSWER_UNKNOWN;
	/* What was lost, or did not come to its turn, could have made it more. */
	if ((trial->function_lost || trial->cut) && figure < judge->limit)
		return FDAR_ANSWER_UNKNOWN;
	return figure >= judge->limit   ? FDAR_ANSWER_HURTS
	       : figure >= judge->doubt ? FDAR_ANSWER_UNKNOWN
					: FDAR_ANSWER_NOT;
}

gboolean fdar_judge_exit(int code, enum fdar_answer *answer)
{
	*answer = code == 0                    ? FDAR_ANSWER_HURTS
		  : code == 125 || code >= 128 ? FDAR_ANSWER_UNKNOWN
					       : FDAR_ANSWER_NOT;
	return code != 126 && code != 127;
}

char *fdar_judge_number(const struct fdar_judge *judge, double figure)
{
	if (judge->test == FDAR_TEST_MEMORY)
		return fdar_format_bytes((guint64)MAX(figure, 0));
	if (judge->test == FDAR_TEST_CPU || judge->test == FDAR_TEST_LATENCY ||
	    judge->test == FDAR_TEST_FUNCTION)
		return fdar_format_duration(figure);
	return g_strdup_printf("%g", figure);
}

char *fdar_judge_text(const struct fdar_judge *judge, double figure)
{
	g_autofree char *number = fdar_judge_number(judge, figure);

	switch (judge->test) {
	case FDAR_TEST_CPU:
		return g_strdup_printf("%s of processor a session", number);
	case FDAR_TEST_MEMORY:
		return g_strdup_printf("%s of memory a session", number);
	case FDAR_TEST_FUNCTION:
		return g_strdup_printf("%s in %s a session", number, judge->function);
	case FDAR_TEST_LATENCY:
		return g_strdup_printf("answers take %s (p%u)", number, judge->quantile);
	case FDAR_TEST_CRASH:
		return g_strdup(figure > 0 ? "the server ends or does not answer"
					   : "the server answers");
	default:
		return g_strdup("");
	}
}

void fdar_judge_clear(struct fdar_judge *judge)
{
	g_clear_pointer(&judge->baseline, g_array_unref);
}
