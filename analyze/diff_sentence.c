/* The verdict in English, and what else a reviewer should know. */
#include "analyze/diff_private.h"

/* Three significant digits and a unit. */
static const char *duration(double ns, char text[32])
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
static void add_number(GString *text, double value)
{
	if (value < 9.95 && value != floor(value))
		g_string_append_printf(text, "%.2g", value);
	else
		add_digits(text, MIN(value, 1e15));
}

static void add_culprit(GString *text, const struct fd_verdict *verdict)
{
	g_string_append_printf(text, "%s (%s)", verdict->function, verdict->component);
}

/* What the figures are per. */
static const char *per(const struct fd_diff *diff)
{
	if (diff->verdict.per_call)
		return "per call";
	return diff->whole_run ? "in the whole run" : "per session";
}

static void add_times(GString *text, const struct fd_verdict *verdict)
{
	char subject[32], baseline[32];

	g_string_append_printf(text, ": %s against %s", duration(verdict->subject_ns, subject),
			       duration(verdict->baseline_ns, baseline));
}

static void add_share(GString *text, const struct fd_verdict *verdict)
{
	g_string_append_printf(text, ", %.0f %% of the added time", 100 * verdict->share);
}

static void say_new(GString *text, const struct fd_diff *diff)
{
	const struct fd_verdict *verdict = &diff->verdict;
	const char *verb = verdict->change == FD_CHANGE_WAITING ? "waits" : "runs";
	char subject[32];

	add_culprit(text, verdict);
	g_string_append_printf(text, " %s for %s %s", verb, duration(verdict->subject_ns, subject),
			       per(diff));
	if (verdict->below)
		g_string_append_printf(text, ", in %s", verdict->below);
	g_string_append(text, verdict->presence == FD_IN_SUBJECT
				      ? ", and is never called in the baseline"
				      : ", and not at all in the baseline");
	add_share(text, verdict);
}

static void say_longer(GString *text, const struct fd_diff *diff)
{
	const struct fd_verdict *verdict = &diff->verdict;

	if (!isfinite(verdict->factor)) {
		say_new(text, diff);
		return;
	}
	add_culprit(text, verdict);
	g_string_append(text, verdict->change == FD_CHANGE_WAITING ? " waits " : " runs ");
	add_number(text, verdict->factor);
	g_string_append_printf(text, "x longer %s", per(diff));
	if (verdict->below)
		g_string_append_printf(text, ", in %s", verdict->below);
	add_times(text, verdict);
	if (!verdict->per_call)
		add_share(text, verdict);
}

static void say_calls(GString *text, const struct fd_diff *diff)
{
	const struct fd_verdict *verdict = &diff->verdict;

	add_culprit(text, verdict);
	g_string_append(text, " is called ");
	add_number(text, verdict->factor);
	g_string_append_printf(text, "x more often %s", per(diff));
	add_times(text, verdict);
	add_share(text, verdict);
}

static void say_queue(GString *text, const struct fd_diff *diff)
{
	const struct fd_verdict *verdict = &diff->verdict;

	if (isfinite(verdict->factor)) {
		g_string_append(text, "sessions stand ");
		add_number(text, verdict->factor);
		g_string_append_printf(text, "x longer in the queue \"%s\"", verdict->below);
		add_times(text, verdict);
	} else {
		char subject[32];

		g_string_append_printf(text,
				       "sessions stand in the queue \"%s\" for %s, and not at all "
				       "in the baseline",
				       verdict->below, duration(verdict->subject_ns, subject));
	}
	add_share(text, verdict);
}

/* Nothing, less, or everything alike. */
static void say_overall(GString *text, const struct fd_diff *diff)
{
	const struct fd_verdict *verdict = &diff->verdict;
	const char *what = diff->whole_run ? "the run takes" : "sessions take";
	char subject[32], baseline[32];

	switch (verdict->change) {
	case FD_CHANGE_RUNNING:
		g_string_append_printf(text, "%s ", what);
		add_number(text, verdict->factor);
		g_string_append(text, "x longer, spread evenly over all functions");
		break;
	case FD_CHANGE_FASTER:
		g_string_append_printf(text, "no slowdown: %s %.2g of the time", what,
				       verdict->factor);
		break;
	default:
		/* What is left when it was not significant, or too little. */
		g_string_append_printf(text, "no %s: %s %s against %s",
				       diff->may_be_chance ? "clear difference"
							   : "difference found",
				       what, duration(verdict->subject_ns, subject),
				       duration(verdict->baseline_ns, baseline));
		if (diff->may_be_chance)
			g_string_append(text, ", which may be chance");
		return;
	}
	add_times(text, verdict);
}

static void say_idle(GString *text, const struct fd_verdict *verdict)
{
	char subject[32], baseline[32];

	g_string_append(text, "sessions stay open ");
	add_number(text, verdict->factor);
	g_string_append_printf(text,
			       "x longer, %s against %s, while no thread works for them: slow or "
			       "silent clients",
			       duration(verdict->subject_ns, subject),
			       duration(verdict->baseline_ns, baseline));
}

static gboolean many_unfinished(const struct fd_diff *diff)
{
	double before = diff->baseline.sessions ? (double)diff->baseline.unfinished /
							  (double)diff->baseline.sessions
						: 0;
	double after = diff->subject.sessions
			       ? (double)diff->subject.unfinished / (double)diff->subject.sessions
			       : 0;

	return after >= 0.1 && after >= 2 * before;
}

static void add_unfinished(GString *text, const struct fd_diff *diff)
{
	if (!many_unfinished(diff))
		return;
	g_string_append_printf(text,
			       "; %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT
			       " sessions unfinished (baseline %" G_GUINT64_FORMAT
			       " of %" G_GUINT64_FORMAT ")",
			       diff->subject.unfinished, diff->subject.sessions,
			       diff->baseline.unfinished, diff->baseline.sessions);
}

static char *sentence_of(const struct fd_diff *diff)
{
	const struct fd_verdict *verdict = &diff->verdict;
	GString *text = g_string_new(NULL);

	if (verdict->change == FD_CHANGE_IDLE)
		say_idle(text, verdict);
	else if (verdict->change == FD_CHANGE_QUEUEING)
		say_queue(text, diff);
	else if (!verdict->function)
		say_overall(text, diff);
	else if (verdict->change == FD_CHANGE_CALLS)
		say_calls(text, diff);
	else
		say_longer(text, diff);
	add_unfinished(text, diff);
	return g_string_free(text, FALSE);
}

static void hint(struct fd_diff *diff, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void hint(struct fd_diff *diff, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_ptr_array_add(diff->hints, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

static void hint_quality(struct diff_work *work)
{
	struct fd_diff *diff = work->diff;
	const struct fd_diff_sessions *sides[SIDES] = { &diff->baseline, &diff->subject };
	static const char *const names[SIDES] = { "baseline", "subject" };

	for (int i = 0; i < SIDES; i++) {
		if (sides[i]->discarded > work->options.max_discarded)
			hint(diff,
			     "the trace of the %s is not good enough to rely on: %.2g %% of its "
			     "events were discarded",
			     names[i], 100 * sides[i]->discarded);
		if (sides[i]->unknown > work->options.max_unknown)
			hint(diff,
			     "%.0f %% of the time of the %s is in functions without a name: are "
			     "their binaries at hand, and unchanged?",
			     100 * sides[i]->unknown, names[i]);
	}
}

static void hint_sessions(struct diff_work *work)
{
	struct fd_diff *diff = work->diff;

	if (diff->whole_run)
		hint(diff, "neither side has sessions: whole runs are compared, which says little "
			   "when they did different work");
	else if (!work->testable)
		hint(diff,
		     "%" G_GUINT64_FORMAT " against %" G_GUINT64_FORMAT
		     " sessions are too few to test whether the difference is chance",
		     diff->subject.sessions, diff->baseline.sessions);
	if (diff->verdict.change != FD_CHANGE_IDLE && !diff->whole_run) {
		double ratio = diff_ratio(diff->baseline.lifetime_ns, diff->subject.lifetime_ns);
		char subject[32], baseline[32];

		if (ratio >= 2 && diff->subject.lifetime_ns - diff->baseline.lifetime_ns >
					  2 * MAX(diff->added_ns, 0))
			hint(diff,
			     "sessions also stay open longer: %s against %s, most of it while no "
			     "thread works for them",
			     duration(diff->subject.lifetime_ns, subject),
			     duration(diff->baseline.lifetime_ns, baseline));
	}
}

/* The queue that grew most, where that is no news of its own. */
static void hint_queue(struct diff_work *work)
{
	struct fd_diff *diff = work->diff;
	const struct fd_diff_row *worst = NULL;
	char subject[32], baseline[32];

	for (uint32_t i = 0; i < diff->row_count; i++) {
		const struct fd_diff_row *row = &diff->rows[i];

		if (row->frame == FD_FRAME_QUEUE && (!worst || row->added_ns > worst->added_ns))
			worst = row;
	}
	if (!work->queues_follow || !worst || worst->ratio < work->options.min_ratio ||
	    worst->added_ns < work->options.min_added_ns)
		return;
	hint(diff,
	     "sessions also stand longer in the queue \"%s\": %s against %s, behind sessions "
	     "that keep the threads busy",
	     worst->function, duration(worst->subject.own_ns, subject),
	     duration(worst->baseline.own_ns, baseline));
}

static void hint_recursion(struct fd_diff *diff)
{
	const struct fd_verdict *verdict = &diff->verdict;

	for (uint32_t i = 0; i < diff->row_count && verdict->function; i++) {
		const struct fd_diff_row *row = &diff->rows[i];

		if (row->function != verdict->function || row->component != verdict->component ||
		    row->below || !(row->subject.outer_calls > 0))
			continue;
		double deep = row->subject.calls / row->subject.outer_calls;
		double before = row->baseline.outer_calls > 0
					? row->baseline.calls / row->baseline.outer_calls
					: 1;

		if (deep >= 10 && deep >= 2 * before) {
			g_autoptr(GString) text = g_string_new(NULL);

			g_string_append_printf(text, "%s calls itself: ", row->function);
			add_number(text, floor(deep));
			g_string_append(text, " activations a call, against ");
			add_number(text, floor(before));
			g_ptr_array_add(diff->hints, g_strdup(text->str));
		}
	}
}

static void hint_work(struct fd_diff *diff)
{
	const struct fd_verdict *verdict = &diff->verdict;

	if (verdict->per_call)
		hint(diff, "sessions of the two sides do different amounts of work: the subject's "
			   "do less, so calls are compared instead");
}

/* Running time of the server itself, as a part of one CPU. */
static double server_load(const struct fd_profile *profile)
{
	const struct fd_profile_group *server = &profile->groups[0];
	double running_ns = 0;

	for (uint32_t i = 0; i < server->entry_count; i++) {
		const struct fd_profile_entry *entry = &server->entries[i];

		if (entry->below == FD_PROFILE_NONE &&
		    profile->functions[entry->function].kind != FD_FRAME_QUEUE)
			running_ns += (double)entry->stat.own_ns;
	}
	return profile->span_ns ? running_ns / (double)profile->span_ns : 0;
}

static void hint_server(struct diff_work *work)
{
	double before = server_load(work->side[BASELINE].profile);
	double after = server_load(work->side[SUBJECT].profile);

	if (!work->diff->whole_run && after >= 0.05 && after >= 2 * before)
		hint(work->diff,
		     "the server itself, outside of sessions, runs %.0f %% of the time, against "
		     "%.0f %%",
		     100 * after, 100 * before);
}

void diff_say(struct diff_work *work)
{
	work->diff->verdict.sentence = sentence_of(work->diff);
	hint_quality(work);
	hint_sessions(work);
	hint_queue(work);
	hint_recursion(work->diff);
	hint_work(work->diff);
	hint_server(work);
}
