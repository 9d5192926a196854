/* The verdict in English. */
#include "analyze/diff/diff_private.h"

/* Three significant digits and a unit. */
const char *diff_duration(double ns, char text[32])
{
	static const struct {
		double factor;
		const char *unit;
	} units[] = { { 1, "ns" }, { 1e3, "us" }, { 1e6, "ms" }, { 1e9, "s" } };
	size_t unit = 0;

	while (unit + 1 < G_N_ELEMENTS(units) && ns / units[unit].factor >= 999.5)
		unit++;
	double value = ns / units[unit].factor;
	int decimals = unit == 0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
	g_snprintf(text, 32, "%.*f %s", decimals, value, units[unit].unit);
	return text;
}

static void add_digits(GString *text, double value)
{
	char digits[32];
	int length = g_snprintf(digits, sizeof digits, "%.0f", value);

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			g_string_append_c(text, ',');
		g_string_append_c(text, digits[i]);
	}
}

/* "1.5", "412", "12,345". */
void diff_add_number(GString *text, double value)
{
	if (value < 9.95 && value != floor(value))
		g_string_append_printf(text, "%.2g", value);
	else
		add_digits(text, MIN(value, 1e15));
}

static void add_culprit(GString *text, const struct fdar_verdict *verdict)
{
	g_string_append_printf(text, "%s (%s)", verdict->function, verdict->component);
}

const char *diff_units(const struct fdar_diff *diff)
{
	return diff->unit == FDAR_UNIT_REQUEST ? "requests" : "sessions";
}

/* What the figures are per. */
static const char *per(const struct fdar_diff *diff)
{
	if (diff->verdict.per_call)
		return "per call";
	if (diff->whole_run)
		return "in the whole run";
	return diff->unit == FDAR_UNIT_REQUEST ? "per request" : "per session";
}

static void add_times(GString *text, const struct fdar_verdict *verdict)
{
	char subject[32], baseline[32];

	g_string_append_printf(text, ": %s against %s", diff_duration(verdict->subject_ns, subject),
			       diff_duration(verdict->baseline_ns, baseline));
}

static void add_share(GString *text, const struct fdar_verdict *verdict)
{
	g_string_append_printf(text, ", %.0f %% of the added time", 100 * verdict->share);
}

static void say_new(GString *text, const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;
	const char *verb = verdict->change == FDAR_CHANGE_WAITING ? "waits" : "runs";
	char subject[32];

	add_culprit(text, verdict);
	g_string_append_printf(text, " %s for %s %s", verb,
			       diff_duration(verdict->subject_ns, subject), per(diff));
	if (verdict->below)
		g_string_append_printf(text, ", in %s", verdict->below);
	g_string_append(text, verdict->presence == FDAR_IN_SUBJECT
				      ? ", and is never called in the baseline"
				      : ", and not at all in the baseline");
	add_share(text, verdict);
}

static void say_longer(GString *text, const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;

	if (!isfinite(verdict->factor)) {
		say_new(text, diff);
		return;
	}
	add_culprit(text, verdict);
	g_string_append(text, verdict->change == FDAR_CHANGE_WAITING ? " waits " : " runs ");
	diff_add_number(text, verdict->factor);
	g_string_append_printf(text, "x longer %s", per(diff));
	if (verdict->below)
		g_string_append_printf(text, ", in %s", verdict->below);
	add_times(text, verdict);
	if (!verdict->per_call)
		add_share(text, verdict);
}

static void say_calls(GString *text, const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;

	add_culprit(text, verdict);
	g_string_append(text, " is called ");
	diff_add_number(text, verdict->factor);
	g_string_append_printf(text, "x more often %s", per(diff));
	add_times(text, verdict);
	add_share(text, verdict);
}

static void say_queue(GString *text, const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;

	if (isfinite(verdict->factor)) {
		g_string_append_printf(text, "%s stand ", diff_units(diff));
		diff_add_number(text, verdict->factor);
		g_string_append_printf(text, "x longer in the queue \"%s\"", verdict->below);
		add_times(text, verdict);
	} else {
		char subject[32];

		g_string_append_printf(text,
				       "%s stand in the queue \"%s\" for %s, and not at all "
				       "in the baseline",
				       diff_units(diff), verdict->below,
				       diff_duration(verdict->subject_ns, subject));
	}
	add_share(text, verdict);
}

/* Nothing, less, or everything alike. */
static void say_overall(GString *text, const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;
	const char *what = diff->whole_run                   ? "the run takes"
			   : diff->unit == FDAR_UNIT_REQUEST ? "requests take"
							     : "sessions take";
	char subject[32], baseline[32];

	switch (verdict->change) {
	case FDAR_CHANGE_RUNNING:
		g_string_append_printf(text, "%s ", what);
		diff_add_number(text, verdict->factor);
		g_string_append(text, "x longer, spread evenly over all functions");
		break;
	case FDAR_CHANGE_FASTER:
		g_string_append_printf(text, "no slowdown: %s %.2g of the time", what,
				       verdict->factor);
		break;
	default:
		/* What is left when it was not significant, or too little. */
		g_string_append_printf(text, "no %s: %s %s against %s",
				       diff->may_be_chance ? "clear difference"
							   : "difference found",
				       what, diff_duration(verdict->subject_ns, subject),
				       diff_duration(verdict->baseline_ns, baseline));
		if (diff->may_be_chance)
			g_string_append(text, ", which may be chance");
		return;
	}
	add_times(text, verdict);
}

static void say_idle(GString *text, const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;
	char subject[32], baseline[32];

	g_string_append_printf(text, "%s stay open ", diff_units(diff));
	diff_add_number(text, verdict->factor);
	g_string_append_printf(text,
			       "x longer, %s against %s, while no thread works for them: slow or "
			       "silent clients",
			       diff_duration(verdict->subject_ns, subject),
			       diff_duration(verdict->baseline_ns, baseline));
}

static gboolean many_unfinished(const struct fdar_diff *diff)
{
	double before = diff->baseline.sessions ? (double)diff->baseline.unfinished /
							  (double)diff->baseline.sessions
						: 0;
	double after = diff->subject.sessions
			       ? (double)diff->subject.unfinished / (double)diff->subject.sessions
			       : 0;

	return after >= 0.1 && after >= 2 * before;
}

static void add_unfinished(GString *text, const struct fdar_diff *diff)
{
	if (!many_unfinished(diff))
		return;
	g_string_append_printf(text,
			       "; %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
			       " %s unfinished (baseline %" G_GUINT64_FORMAT
			       " of %" G_GUINT64_FORMAT ")",
			       diff->subject.unfinished, diff->subject.sessions, diff_units(diff),
			       diff->baseline.unfinished, diff->baseline.sessions);
}

static char *sentence_of(const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;
	GString *text = g_string_new(NULL);

	if (verdict->change == FDAR_CHANGE_IDLE)
		say_idle(text, diff);
	else if (verdict->change == FDAR_CHANGE_QUEUEING)
		say_queue(text, diff);
	else if (!verdict->function)
		say_overall(text, diff);
	else if (verdict->change == FDAR_CHANGE_CALLS)
		say_calls(text, diff);
	else
		say_longer(text, diff);
	add_unfinished(text, diff);
	return g_string_free(text, FALSE);
}

void diff_say(struct diff_work *work)
{
	work->diff->verdict.sentence = sentence_of(work->diff);
}
