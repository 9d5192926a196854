/* The verdict in English. */
#include "analyze/diff/diff_private.h"

static void add_culprit(GString *text, const struct fdar_verdict *verdict)
{
	g_string_append_printf(text, "%s (%s)", verdict->function, verdict->component);
}

/* What the figures are per. */
static const char *per(const struct fdar_diff *diff)
{
	if (diff->verdict.per_call)
		return "per call";
	if (diff->verdict.server)
		return diff->unit == FDAR_UNIT_REQUEST ? "outside of requests, per request"
						       : "outside of sessions, per session";
	if (diff->whole_run)
		return "in the whole run";
	return diff->unit == FDAR_UNIT_REQUEST ? "per request" : "per session";
}

/* Likewise, wherever it is done. */
static const char *per_unit(const struct fdar_diff *diff)
{
	if (!diff->verdict.server)
		return per(diff);
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

/* A wait that is new is no new function. */
static void say_new(GString *text, const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;
	gboolean waits = verdict->change == FDAR_CHANGE_WAITING;
	char subject[32];

	add_culprit(text, verdict);
	g_string_append_printf(text, " %s for %s %s", waits ? "waits" : "runs",
			       diff_duration(verdict->subject_ns, subject), per(diff));
	if (verdict->below)
		g_string_append_printf(text, ", in %s", verdict->below);
	if (verdict->presence == FDAR_IN_SUBJECT)
		g_string_append(text, ", and is never called in the baseline");
	else
		g_string_append(text, waits ? ", from nothing: it does not wait in the baseline"
					    : ", from nothing in the baseline");
	add_share(text, verdict);
}

/* A factor of millions says nothing that the times do not. */
#define FROM_NOTHING 1e6

static void say_from_nothing(GString *text, const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;
	char subject[32], baseline[32];

	add_culprit(text, verdict);
	g_string_append_printf(text, " %s for %s %s",
			       verdict->change == FDAR_CHANGE_WAITING ? "waits" : "runs",
			       diff_duration(verdict->subject_ns, subject), per(diff));
	if (verdict->below)
		g_string_append_printf(text, ", in %s", verdict->below);
	g_string_append_printf(text, ", from next to nothing (%s)",
			       diff_duration(verdict->baseline_ns, baseline));
	add_share(text, verdict);
}

static void say_longer(GString *text, const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;

	if (!isfinite(verdict->factor)) {
		say_new(text, diff);
		return;
	}
	if (verdict->factor >= FROM_NOTHING && !verdict->per_call) {
		say_from_nothing(text, diff);
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

/* "3 times", "once". */
static void add_times_called(GString *text, double calls)
{
	if (calls == 1) {
		g_string_append(text, "once");
		return;
	}
	diff_add_number(text, calls);
	g_string_append(text, " times");
}

/* Of what sessions ran for in the baseline: "2 % of", "63x what". */
static void add_part(GString *text, double part)
{
	if (part < 0.99) {
		g_string_append_printf(text, ", %.2g %% of what they run for", 100 * part);
		return;
	}
	g_string_append(text, ", ");
	diff_add_number(text, part);
	g_string_append(text, "x what they ran for");
}

/* The evidence is the calls; times are what those cost. */
static void say_counted(GString *text, const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;
	const struct fdar_diff_row *row =
		verdict->server ? diff_server_row(diff) : diff_verdict_row(diff);
	double added_ns = verdict->subject_ns - verdict->baseline_ns;
	char time[32];

	add_culprit(text, verdict);
	g_string_append(text, " is called ");
	if (row && row->counts.exact) {
		add_times_called(text, row->counts.typical[1]);
		g_string_append_printf(text, " %s instead of ", per_unit(diff));
		if (row->counts.typical[0] > 0)
			add_times_called(text, row->counts.typical[0]);
		else
			g_string_append(text, "never");
		if (verdict->server)
			g_string_append_printf(text, ", outside of %s", diff_units(diff));
	} else if (row && !(row->baseline.calls > 0)) {
		diff_add_number(text, row->subject.calls);
		g_string_append_printf(text, " times %s instead of never", per(diff));
	} else {
		diff_add_number(text, verdict->factor);
		g_string_append_printf(text, "x more often %s", per(diff));
	}
	g_string_append_printf(text, ": about %s more", diff_duration(added_ns, time));
	if (diff->baseline.running_ns > 0)
		add_part(text, added_ns / diff->baseline.running_ns);
}

static void say_calls(GString *text, const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;

	if (verdict->counted) {
		say_counted(text, diff);
		return;
	}
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

/* What has most of it, though it is not named; row may be NULL. */
static void add_most(GString *text, const struct fdar_diff_row *row)
{
	if (!row)
		return;
	g_string_append_printf(text, "; %s (%s) runs ", row->function, row->component);
	if (row->ratio < 1.1)
		g_string_append_printf(text, "%.0f %%", 100 * (row->ratio - 1));
	else
		diff_add_number(text, row->ratio);
	g_string_append_printf(text, "%s longer, %.0f %% of what was added",
			       row->ratio < 1.1 ? "" : "x", 100 * row->share);
}

/* Nothing, less, or everything alike. */
static void say_overall(GString *text, const struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	const struct fdar_diff_row *most = diff_most_of_it(work);
	const struct fdar_verdict *verdict = &diff->verdict;
	const char *what = diff->whole_run                   ? "the run takes"
			   : diff->unit == FDAR_UNIT_REQUEST ? "requests take"
							     : "sessions take";
	char subject[32], baseline[32];

	switch (verdict->change) {
	case FDAR_CHANGE_SPREAD:
		g_string_append_printf(text, "%s ", what);
		/* In percent where two digits of a factor are 1 and a bit. */
		if (verdict->factor < 1.1)
			g_string_append_printf(text, "%.0f %%", 100 * (verdict->factor - 1));
		else
			diff_add_number(text, verdict->factor);
		g_string_append_printf(text, "%s longer, %s", verdict->factor < 1.1 ? "" : "x",
				       diff_is_for_processor(diff)
					       ? "mostly waiting for a processor"
				       : diff_is_for_clients(diff)
					       ? "mostly waiting for their clients"
				       : diff->even ? "spread evenly over all functions"
				       : most       ? "most of it in one function"
						    : "and no function stands out");
		break;
	case FDAR_CHANGE_FASTER:
		g_string_append_printf(text, "no slowdown: %s %.2g of the time", what,
				       verdict->factor);
		break;
	default:
		/* What is left when it was not significant, or too little. */
		g_string_append_printf(text, "no %s: %s %s against %s",
				       diff->load.pace ? "function stands out at another pace"
				       : diff->may_be_chance || most ? "clear difference"
								     : "difference found",
				       what, diff_duration(verdict->subject_ns, subject),
				       diff_duration(verdict->baseline_ns, baseline));
		if (diff->may_be_chance)
			g_string_append(text, ", which may be chance");
		add_most(text, most);
		return;
	}
	add_times(text, verdict);
	if (verdict->change == FDAR_CHANGE_SPREAD)
		add_most(text, most);
}

/* What a second look finds: other functions that stand out. */
#define ALSO_MAX  4u
#define ALSO_PART 0.05

/* Is it a part of what the verdict is about, a function with all that it calls? */
static gboolean is_inside(const struct fdar_diff *diff, const struct fdar_diff_row *row)
{
	const struct fdar_verdict *verdict = &diff->verdict;
	uint32_t top = verdict->node;
	g_autofree gboolean *below = g_new0(gboolean, diff->node_count);

	if (!top || verdict->subject_ns != diff->nodes[top].subject.total_ns)
		return FALSE;
	below[top] = TRUE;
	for (uint32_t i = top + 1; i < diff->node_count; i++) {
		const struct fdar_diff_node *node = &diff->nodes[i];

		below[i] = below[node->parent];
		if (below[i] && node->function == row->function &&
		    node->component == row->component)
			return TRUE;
	}
	return FALSE;
}

/* Beside work that no session owns: where sessions wait. */
static void add_where_they_wait(GString *text, const struct fdar_diff *diff)
{
	for (uint32_t i = 0; i < diff->row_count && diff->verdict.server; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];

		if (!row->stands_out || !diff_is_for_others(row) || row->share < 0.5)
			continue;
		g_string_append_printf(text, "; %s wait longer in %s (%.0f %% of what they added)",
				       diff_units(diff), row->function, 100 * row->share);
		return;
	}
}

static void add_also(GString *text, const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;
	guint count = 0;

	if (!verdict->function || verdict->share >= 0.6 || verdict->per_call || verdict->server ||
	    verdict->few_only)
		return;
	for (uint32_t i = 0; i < diff->row_count && count < ALSO_MAX; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];
		gboolean same =
			row->function == verdict->function && row->component == verdict->component;

		if (same || row->share < ALSO_PART || !(row->stands_out || row->counts.evident) ||
		    is_inside(diff, row))
			continue;
		g_string_append_printf(text, "%s %s (%.0f %%%s)", count++ ? "," : "; also",
				       row->function, 100 * row->share,
				       row->presence == FDAR_IN_SUBJECT ? ", new" : "");
	}
}

/* Of a spread: what is called that was not, and more often. */
static void add_new_work(GString *text, const struct fdar_diff *diff)
{
	guint count = 0;

	if (diff->verdict.change != FDAR_CHANGE_SPREAD || diff->load.pace)
		return;
	for (uint32_t i = 0; i < diff->recounted_count && count < ALSO_MAX; i++) {
		const struct fdar_diff_row *row = &diff->rows[diff->recounted[i]];

		/* As many times as often as was asked for is no news, nor is what ran in its caller. */
		if (row->traded ||
		    (diff->load.work > 1 && row->ratio_calls < 1.5 * diff->load.work))
			continue;
		g_string_append_printf(text, "%s %s", count++ ? "," : "; new work:", row->function);
	}
}

static void say_blocked(GString *text, const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;
	char subject[32], baseline[32];

	g_string_append_printf(text, "%s stay open ", diff_units(diff));
	diff_add_number(text, verdict->factor);
	g_string_append_printf(text, "x longer, %s against %s, blocked while threads run ",
			       diff_duration(verdict->subject_ns, subject),
			       diff_duration(verdict->baseline_ns, baseline));
	add_culprit(text, verdict);
	if (verdict->below)
		g_string_append_printf(text, " for %s \"%s\"", diff_units(diff), verdict->below);
	else
		g_string_append(text, " for the server itself");
}

/* Why sessions are open while nobody works for them, as far as that is known. */
static const char *idle_cause(const struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	const struct fdar_verdict *verdict = &diff->verdict;

	if (diff->silent)
		return "and their clients were silent that long by themselves, as the replay "
		       "played them";
	if (diff->spin_rate > 0)
		return "and are";
	if (diff->blind)
		return "and what threads did meanwhile was not recorded";
	if (diff_is_partial(work))
		return "while no thread is seen to work for them: cannot tell whose time it is, as "
		       "part of the trace is missing";
	if (diff_never_end(diff) ||
	    diff_is_beyond_full(verdict->subject_ns - verdict->baseline_ns, 1))
		return "while no thread works for them: slow or silent clients";
	if (diff->load.pace)
		return "while no thread works for them, and clients came at another pace";
	if (diff_is_full(work))
		return "while no thread works for them, or all that could waited for a processor";
	return "while no thread works for them: slow or silent clients";
}

static void say_idle(GString *text, const struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	const struct fdar_verdict *verdict = &diff->verdict;
	char subject[32], baseline[32];

	g_string_append_printf(text, "%s stay open ", diff_units(diff));
	diff_add_number(text, verdict->factor);
	g_string_append_printf(text, "x longer, %s against %s, %s",
			       diff_duration(verdict->subject_ns, subject),
			       diff_duration(verdict->baseline_ns, baseline), idle_cause(work));
	if (!(diff->spin_rate > 0))
		return;
	g_string_append(text, " read and written ");
	diff_add_number(text, floor(diff->spin_rate));
	g_string_append(text, " times a second each, for no more bytes: a busy loop");
}

/* How much more, and what would say of which function. */
static void say_inferred(GString *text, const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;

	g_string_append(text, verdict->server ? "the server works " : "the server's threads work ");
	if (isfinite(verdict->factor)) {
		diff_add_number(text, verdict->factor);
		g_string_append_printf(text, "x longer %s", per(diff));
	} else {
		g_string_append_printf(text, "from nothing %s", per(diff));
	}
	if (verdict->below)
		g_string_append_printf(text, ", in %s", verdict->below);
	add_times(text, verdict);
	g_string_append(
		text,
		", as their reads and writes show; cannot tell which function: " FDAR_DIFF_TO_KNOW);
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

static char *sentence_of(const struct diff_work *work)
{
	const struct fdar_diff *diff = work->diff;
	const struct fdar_verdict *verdict = &diff->verdict;
	GString *text = g_string_new(NULL);

	if (diff->load.asked > 0) {
		g_string_append(text, "sessions have ");
		diff_add_number(text, diff->load.asked);
		g_string_append(text, "x as many requests each, so those are compared: ");
	}
	if (diff->load.work > 1) {
		g_string_append_printf(text, "%s ask for ", diff_units(diff));
		diff_add_number(text, diff->load.work);
		g_string_append(text, "x as much each; ");
	}
	if (verdict->few_only)
		diff_say_few(text, diff);
	else if (verdict->change == FDAR_CHANGE_IDLE)
		say_idle(text, work);
	else if (verdict->change == FDAR_CHANGE_BLOCKED)
		say_blocked(text, diff);
	else if (verdict->change == FDAR_CHANGE_QUEUEING)
		say_queue(text, diff);
	else if (!verdict->function && diff->inferred && verdict->change == FDAR_CHANGE_RUNNING)
		say_inferred(text, diff);
	else if (!verdict->function)
		say_overall(text, work);
	else if (verdict->change == FDAR_CHANGE_CALLS)
		say_calls(text, diff);
	else
		say_longer(text, diff);
	diff_add_few(text, diff);
	work->diff->verdict.few_at = text->len;
	add_also(text, diff);
	add_where_they_wait(text, diff);
	add_new_work(text, diff);
	add_unfinished(text, diff);
	return g_string_free(text, FALSE);
}

void diff_say(struct diff_work *work)
{
	if (!work->diff->verdict.refused)
		work->diff->verdict.sentence = sentence_of(work);
}
