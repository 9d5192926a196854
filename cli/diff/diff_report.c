#include "cli/diff/diff_report.h"

#include <math.h>
#include <string.h>

#include "analyze/symbols/symbols.h"
#include "cli/diff/diff_json.h"
#include "cli/kit/cells.h"

#define PATHS_SHOWN 5u
#define PATH_LAST   6u   /* functions of a path on the terminal */
#define PATHS_PART  0.01 /* of their side's time per session; smaller ones are in the JSON */

enum column {
	SHARE,
	FUNCTION,
	COMPONENT,
	BELOW,
	CHANGE,
	BASELINE,
	SUBJECT,
	RATIO,
	CALLS_BASELINE,
	CALLS_SUBJECT,
	EFFECT,
	P,
	/* For machines. */
	ADDED,
	MEDIAN_BASELINE,
	MEDIAN_SUBJECT,
	P99_BASELINE,
	P99_SUBJECT,
	TOTAL_BASELINE,
	TOTAL_SUBJECT,
	P_RAW,
	BEYOND,
	UNFINISHED_BASELINE,
	UNFINISHED_SUBJECT,
	SKIPPED_BASELINE,
	SKIPPED_SUBJECT,
	SKIPPED_NS_BASELINE,
	SKIPPED_NS_SUBJECT,
	PRESENCE,
	SOURCE_FILE,
	SOURCE_LINE,
	COLUMNS
};

static const struct fdar_column columns[COLUMNS] = {
	[SHARE] = { "share", "share", TRUE, FALSE },
	[FUNCTION] = { "function", "function", FALSE, FDAR_FIT_CUT },
	[COMPONENT] = { "component", "component", FALSE, FDAR_FIT_CUT | FDAR_FIT_DROP(2) },
	[BELOW] = { "waits in", "waits_in", FALSE, FDAR_FIT_CUT },
	[CHANGE] = { "change", "change", FALSE, FDAR_FIT_DROP(1) },
	[BASELINE] = { "baseline", "own_baseline_ns", TRUE, FALSE },
	[SUBJECT] = { "subject", "own_subject_ns", TRUE, FALSE },
	[RATIO] = { "ratio", "ratio", TRUE, FALSE },
	[CALLS_BASELINE] = { "calls base", "calls_baseline", TRUE, FDAR_FIT_DROP(4) },
	[CALLS_SUBJECT] = { "calls subj", "calls_subject", TRUE, FDAR_FIT_DROP(3) },
	[EFFECT] = { "effect", "cliffs_delta", TRUE, FDAR_FIT_DROP(5) },
	[P] = { "p", "p_adjusted", TRUE, FDAR_FIT_DROP(6) },
	[ADDED] = { "", "added_ns", TRUE, FALSE },
	[MEDIAN_BASELINE] = { "", "own_median_baseline_ns", TRUE, FALSE },
	[MEDIAN_SUBJECT] = { "", "own_median_subject_ns", TRUE, FALSE },
	[P99_BASELINE] = { "", "own_p99_baseline_ns", TRUE, FALSE },
	[P99_SUBJECT] = { "", "own_p99_subject_ns", TRUE, FALSE },
	[TOTAL_BASELINE] = { "", "total_baseline_ns", TRUE, FALSE },
	[TOTAL_SUBJECT] = { "", "total_subject_ns", TRUE, FALSE },
	[P_RAW] = { "", "p", TRUE, FALSE },
	[BEYOND] = { "", "sessions_beyond_baseline", TRUE, FALSE },
	[UNFINISHED_BASELINE] = { "", "unfinished_calls_baseline", TRUE, FALSE },
	[UNFINISHED_SUBJECT] = { "", "unfinished_calls_subject", TRUE, FALSE },
	[SKIPPED_BASELINE] = { "", "skipped_calls_baseline", TRUE, FALSE },
	[SKIPPED_SUBJECT] = { "", "skipped_calls_subject", TRUE, FALSE },
	[SKIPPED_NS_BASELINE] = { "", "skipped_baseline_ns", TRUE, FALSE },
	[SKIPPED_NS_SUBJECT] = { "", "skipped_subject_ns", TRUE, FALSE },
	[PRESENCE] = { "", "presence", FALSE, FALSE },
	[SOURCE_FILE] = { "", "file", FALSE, FALSE },
	[SOURCE_LINE] = { "", "line", TRUE, FALSE },
};

static const char *change_text(const struct fdar_diff_row *row)
{
	if (row->presence != FDAR_IN_BOTH)
		return fdar_presence_name(row->presence);
	return row->change == FDAR_CHANGE_NONE ? "" : fdar_change_name(row->change);
}

static void cell_p(struct fdar_table *table, enum column column, double p)
{
	g_autofree char *people = p < 0.001 ? g_strdup("< 0.001") : g_strdup_printf("%.3f", p);
	g_autofree char *machine = g_strdup_printf("%.6g", p);

	fdar_table_cell(table, column, people, machine);
}

/* Nothing was tested where there is nothing to test with: no figure pretends that. */
static void cells_untested(struct fdar_table *table)
{
	fdar_table_cell(table, EFFECT, "-", "");
	fdar_table_cell(table, P, "-", "");
}

static void cell_effect(struct fdar_table *table, double delta)
{
	g_autofree char *people = g_strdup_printf("%+.2f", delta);
	g_autofree char *machine = g_strdup_printf("%.6g", delta);

	fdar_table_cell(table, EFFECT, people, machine);
}

static void add_machine_cells(struct fdar_table *table, const struct fdar_diff_row *row,
			      gboolean tested)
{
	fdar_cell_duration(table, ADDED, row->added_ns);
	fdar_cell_duration(table, MEDIAN_BASELINE, row->baseline.own_median_ns);
	fdar_cell_duration(table, MEDIAN_SUBJECT, row->subject.own_median_ns);
	fdar_cell_duration(table, P99_BASELINE, row->baseline.own_p99_ns);
	fdar_cell_duration(table, P99_SUBJECT, row->subject.own_p99_ns);
	fdar_cell_duration(table, TOTAL_BASELINE, row->baseline.total_ns);
	fdar_cell_duration(table, TOTAL_SUBJECT, row->subject.total_ns);
	if (tested)
		cell_p(table, P_RAW, row->test.p);
	else
		fdar_table_cell(table, P_RAW, "-", "");
	fdar_cell_count(table, BEYOND, (double)row->test.beyond);
	fdar_cell_count(table, UNFINISHED_BASELINE, (double)row->baseline.unfinished);
	fdar_cell_count(table, UNFINISHED_SUBJECT, (double)row->subject.unfinished);
	fdar_cell_count(table, SKIPPED_BASELINE, row->baseline.skipped_calls);
	fdar_cell_count(table, SKIPPED_SUBJECT, row->subject.skipped_calls);
	fdar_cell_duration(table, SKIPPED_NS_BASELINE, row->baseline.skipped_ns);
	fdar_cell_duration(table, SKIPPED_NS_SUBJECT, row->subject.skipped_ns);
	fdar_table_cell(table, PRESENCE, fdar_presence_name(row->presence), NULL);
	fdar_table_cell(table, SOURCE_FILE, row->file ? row->file : "", NULL);
	if (row->file)
		fdar_cell_count(table, SOURCE_LINE, row->line);
}

static void add_row(struct fdar_table *table, const struct fdar_diff_row *row, gboolean machine,
		    gboolean tested)
{
	fdar_table_row(table);
	fdar_cell_percent(table, SHARE, row->share);
	fdar_cell_name(table, FUNCTION, row->function);
	fdar_table_cell(table, COMPONENT, row->component, NULL);
	fdar_table_cell(table, BELOW, row->below ? row->below : "", NULL);
	fdar_table_cell(table, CHANGE, change_text(row), fdar_change_name(row->change));
	fdar_cell_duration(table, BASELINE, row->baseline.own_ns);
	fdar_cell_duration(table, SUBJECT, row->subject.own_ns);
	/* Not new: the baseline called it, too, and nothing was left of its own time. */
	if (isinf(row->ratio) && row->presence == FDAR_IN_BOTH)
		fdar_table_cell(table, RATIO, "from 0", "");
	else
		fdar_cell_ratio(table, RATIO, row->ratio);
	fdar_cell_count(table, CALLS_BASELINE, row->baseline.calls);
	fdar_cell_count(table, CALLS_SUBJECT, row->subject.calls);
	if (tested) {
		cell_effect(table, row->test.delta);
		cell_p(table, P, row->test.adjusted);
	} else {
		cells_untested(table);
	}
	if (machine)
		add_machine_cells(table, row, tested);
}

/* What the first line names. */
static gboolean is_named(const struct fdar_diff *diff, const struct fdar_diff_row *row)
{
	const struct fdar_verdict *verdict = &diff->verdict;

	return !verdict->server && verdict->function && row->function == verdict->function &&
	       row->component == verdict->component;
}

/* Are the first line's figures those of a row? A function is told with what it calls where that grew,
 * too, by the call, or for its work outside of sessions; of one that blocks others, theirs are. */
static gboolean has_row(const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;

	if (!verdict->function || verdict->refused || verdict->counted || verdict->few_only ||
	    verdict->change == FDAR_CHANGE_BLOCKED)
		return TRUE;
	for (guint i = 0; i < diff->row_count; i++)
		if (is_named(diff, &diff->rows[i]) &&
		    diff->rows[i].baseline.own_ns == verdict->baseline_ns &&
		    diff->rows[i].subject.own_ns == verdict->subject_ns)
			return TRUE;
	return FALSE;
}

/* The first line as a row: what its figures are of. */
static void add_verdict(struct fdar_table *table, const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;
	const char *what = verdict->server     ? " of no session"
			   : verdict->per_call ? " per call"
					       : " and callees";
	g_autofree char *name = g_strconcat(verdict->function, what, NULL);

	fdar_table_row(table);
	if (!verdict->per_call)
		fdar_cell_percent(table, SHARE, verdict->share);
	fdar_cell_name(table, FUNCTION, name);
	fdar_table_cell(table, COMPONENT, verdict->component, NULL);
	fdar_table_cell(table, BELOW, verdict->below ? verdict->below : "", NULL);
	fdar_table_cell(table, CHANGE,
			verdict->presence != FDAR_IN_BOTH ? fdar_presence_name(verdict->presence)
							  : fdar_change_name(verdict->change),
			NULL);
	fdar_cell_duration(table, BASELINE, verdict->baseline_ns);
	fdar_cell_duration(table, SUBJECT, verdict->subject_ns);
	fdar_cell_ratio(table, RATIO,
			verdict->baseline_ns > 0 ? verdict->subject_ns / verdict->baseline_ns
						 : INFINITY);
	if (verdict->node && !verdict->per_call) {
		fdar_cell_count(table, CALLS_BASELINE,
				diff->nodes[verdict->node].baseline.outer_calls);
		fdar_cell_count(table, CALLS_SUBJECT,
				diff->nodes[verdict->node].subject.outer_calls);
	}
	cells_untested(table);
}

/* Rows are sorted by share: those that did not add anything are last. What the first line names is
 * there in any case. */
static struct fdar_table *row_table(const struct fdar_diff *diff,
				    const struct fdar_diff_request *request, guint *left_out)
{
	gboolean machine = request->format != FDAR_FORMAT_TABLE;
	struct fdar_table *table =
		fdar_table_new("functions", columns, machine ? COLUMNS : (size_t)P + 1);

	*left_out = 0;
	if (!machine && !has_row(diff))
		add_verdict(table, diff);
	for (guint i = 0; i < diff->row_count; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];

		gboolean own = !machine && strcmp(row->component, FDAR_COMPONENT_OWN) == 0;
		gboolean few =
			row->share < request->min_share || (request->limit && i >= request->limit);

		if (own || (few && (machine || !is_named(diff, row))))
			(*left_out)++;
		else
			add_row(table, row, machine, !diff->whole_run);
	}
	return table;
}

enum side_column {
	SIDE,
	SESSIONS,
	UNFINISHED,
	MEAN,
	MEDIAN,
	P99,
	RUNNING,
	OPEN,
	LOST,
	PROGRAM,
	BUILD,
	TRACE,
	FAULTS, /* from here on not on a terminal; FDAR_COUNT_FAULT ... */
	MAJOR_FAULTS,
	MIGRATIONS,
	SIDE_COLUMN_COUNT
};

#define SIDE_COLUMNS(unit)                                                                         \
	[SIDE] = { "", "side", FALSE, FALSE }, [SESSIONS] = { unit "s", "sessions", TRUE, FALSE }, \
	[UNFINISHED] = { "unfinished", "unfinished", TRUE, FALSE },                                \
	[MEAN] = { "time/" unit, "time_ns", TRUE, FALSE },                                         \
	[MEDIAN] = { "median", "time_median_ns", TRUE, FDAR_FIT_DROP(3) },                         \
	[P99] = { "p99", "time_p99_ns", TRUE, FDAR_FIT_DROP(4) },                                  \
	[RUNNING] = { "running", "running_ns", TRUE, FDAR_FIT_DROP(5) },                           \
	[OPEN] = { "open for", "open_ns", TRUE, FALSE },                                           \
	[LOST] = { "events lost", "discarded", TRUE, FDAR_FIT_DROP(2) },                           \
	[PROGRAM] = { "program", "program", FALSE, FDAR_FIT_CUT | FDAR_FIT_DROP(7) },              \
	[BUILD] = { "build", "build_id", FALSE, FDAR_FIT_DROP(6) },                                \
	[TRACE] = { "trace", "trace", FALSE, FDAR_FIT_TAIL },                                      \
	[FAULTS] = { "", "page_faults", TRUE, FALSE },                                             \
	[MAJOR_FAULTS] = { "", "major_faults", TRUE, FALSE },                                      \
	[MIGRATIONS] = { "", "migrations", TRUE, FALSE },

static const struct fdar_column session_columns[] = { SIDE_COLUMNS("session") };
static const struct fdar_column request_columns[] = { SIDE_COLUMNS("request") };

#define BUILD_SHOWN 12u /* digits of a build id that tell two apart */

static void add_side(struct fdar_table *table, const char *name,
		     const struct fdar_diff_sessions *sessions, const char *path, gboolean machine)
{
	fdar_table_row(table);
	fdar_table_cell(table, SIDE, name, NULL);
	fdar_cell_count(table, SESSIONS, (double)sessions->sessions);
	fdar_cell_count(table, UNFINISHED, (double)sessions->unfinished);
	fdar_cell_duration(table, MEAN, sessions->busy_ns);
	fdar_cell_duration(table, MEDIAN, sessions->busy_median_ns);
	fdar_cell_duration(table, P99, sessions->busy_p99_ns);
	fdar_cell_duration(table, RUNNING, sessions->running_ns);
	fdar_cell_duration(table, OPEN, sessions->lifetime_ns);
	fdar_cell_percent(table, LOST, sessions->discarded);
	g_autofree char *build = g_strndup(sessions->build_id, BUILD_SHOWN);
	fdar_table_cell(table, PROGRAM, sessions->program, NULL);
	fdar_table_cell(table, BUILD, build, sessions->build_id);
	fdar_table_cell(table, TRACE, path, NULL);
	for (size_t kind = 0; kind < FDAR_COUNT_KINDS && machine && sessions->counted; kind++)
		fdar_cell_count(table, FAULTS + kind, sessions->counts[kind]);
}

static struct fdar_table *side_table(const struct fdar_diff *diff,
				     const struct fdar_diff_request *request)
{
	g_autofree char *before = g_strjoinv(", ", request->paths[0]);
	g_autofree char *after = g_strjoinv(", ", request->paths[1]);
	gboolean machine = request->format != FDAR_FORMAT_TABLE;
	struct fdar_table *table =
		fdar_table_new("sides",
			       diff->unit == FDAR_UNIT_REQUEST ? request_columns : session_columns,
			       machine ? SIDE_COLUMN_COUNT : FAULTS);

	add_side(table, "baseline", &diff->baseline, before, machine);
	add_side(table, "subject", &diff->subject, after, machine);
	return table;
}

static void print_paths(const struct fdar_diff *diff, enum fdar_presence presence)
{
	g_autoptr(GArray) nodes = fdar_changed_paths(diff, presence);

	double all = presence == FDAR_IN_SUBJECT ? diff->subject.busy_ns : diff->baseline.busy_ns;

	for (guint i = 0; i < MIN(nodes->len, PATHS_SHOWN); i++) {
		guint32 node = g_array_index(nodes, guint32, i);

		if (fdar_presence_ns(&diff->nodes[node]) < PATHS_PART * all)
			return;
		g_autofree char *path = fdar_diff_path(diff, node, PATH_LAST);
		g_autofree char *time = fdar_format_duration(fdar_presence_ns(&diff->nodes[node]));

		fdar_print_line("%s path: %s (%s)", fdar_presence_name(presence), path, time);
	}
	if (nodes->len > PATHS_SHOWN)
		fdar_print_line("... and %u more %s paths", nodes->len - PATHS_SHOWN,
				fdar_presence_name(presence));
}

#define COUNTS_SHOWN 5u

static char *count_text(const struct fdar_diff_row *row, int side)
{
	const struct fdar_diff_side *of = side ? &row->subject : &row->baseline;

	return fdar_format_number(row->counts.exact ? row->counts.typical[side] : of->calls);
}

/* Calls say what the machine's mood cannot: what is done more often, whatever it took. */
static void print_counts(const struct fdar_diff *diff)
{
	for (guint i = 0; i < MIN(diff->recounted_count, COUNTS_SHOWN); i++) {
		const struct fdar_diff_row *row = &diff->rows[diff->recounted[i]];
		g_autofree char *time = fdar_format_duration(row->counts.work_ns);
		g_autofree char *before = count_text(row, 0);
		g_autofree char *after = count_text(row, 1);

		fdar_print_line("called differently: %s (%s) %s%s%s, %s in the baseline: about %s "
				"more",
				row->function, row->component, strcmp(after, "1") ? after : "once",
				strcmp(after, "1") ? " times" : "",
				row->counts.exact ? " in every one" : "", before, time);
	}
	if (diff->recounted_count > COUNTS_SHOWN)
		fdar_print_line("... and %u more functions are called more often",
				diff->recounted_count - COUNTS_SHOWN);
}

static void print_verdict(const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;
	g_autofree char *path = fdar_diff_path(diff, verdict->node, PATH_LAST);

	fdar_print_line("%s", verdict->sentence);
	if (*path && !verdict->per_call)
		fdar_print_line("  most of it in %s", path);
	if (verdict->file)
		fdar_print_line("  at %s:%d", verdict->file, verdict->line);
	if (verdict->baseline_file)
		fdar_print_line("  in the baseline's tree at %s:%d", verdict->baseline_file,
				verdict->baseline_line);
	if (!verdict->refused)
		fdar_print_line("  confidence: %s: %s", fdar_confidence_name(verdict->confidence),
				verdict->reason);
}

static void print_table(const struct fdar_diff *diff, const struct fdar_diff_request *request,
			FILE *out)
{
	guint left_out;
	struct fdar_table *sides = side_table(diff, request);
	struct fdar_table *rows = row_table(diff, request, &left_out);

	print_verdict(diff);
	fputc('\n', out);
	if (!diff->whole_run) {
		fdar_table_print(sides, FDAR_FORMAT_TABLE, out);
		fputc('\n', out);
	}
	if (diff->row_count > left_out || !has_row(diff)) {
		fdar_table_print(rows, FDAR_FORMAT_TABLE, out);
		if (left_out)
			fdar_print_line("... and %u more (--limit 0 --min-share 0 shows all)",
					left_out);
	}
	if (request->clients)
		fdar_diff_clients_print(request->clients);
	if (request->samples)
		fdar_diff_samples_print(request->samples, request->limit, out);
	print_counts(diff);
	print_paths(diff, FDAR_IN_SUBJECT);
	print_paths(diff, FDAR_IN_BASELINE);
	for (guint i = 0; i < diff->hints->len; i++)
		fdar_print_line("note: %s", (const char *)g_ptr_array_index(diff->hints, i));
	fdar_table_free(sides);
	fdar_table_free(rows);
}

void fdar_diff_print(const struct fdar_diff *diff, const struct fdar_diff_request *request,
		     FILE *out)
{
	if (request->format == FDAR_FORMAT_JSON) {
		guint left_out;
		struct fdar_table *sides = side_table(diff, request);
		struct fdar_table *rows = row_table(diff, request, &left_out);

		fdar_diff_print_json(diff, sides, rows, request, out);
		fdar_table_free(sides);
		fdar_table_free(rows);
	} else if (request->format == FDAR_FORMAT_TABLE) {
		print_table(diff, request, out);
	} else {
		guint left_out;
		struct fdar_table *rows = row_table(diff, request, &left_out);

		fdar_table_print(rows, FDAR_FORMAT_CSV, out);
		fdar_table_free(rows);
	}
}
