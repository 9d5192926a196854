#include "cli/diff/diff_report.h"

#include <math.h>
#include <string.h>

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
	[FUNCTION] = { "function", "function", FALSE, TRUE },
	[COMPONENT] = { "component", "component", FALSE, FALSE },
	[BELOW] = { "waits in", "waits_in", FALSE, FALSE },
	[CHANGE] = { "change", "change", FALSE, FALSE },
	[BASELINE] = { "baseline", "own_baseline_ns", TRUE, FALSE },
	[SUBJECT] = { "subject", "own_subject_ns", TRUE, FALSE },
	[RATIO] = { "ratio", "ratio", TRUE, FALSE },
	[CALLS_BASELINE] = { "calls base", "calls_baseline", TRUE, FALSE },
	[CALLS_SUBJECT] = { "calls subj", "calls_subject", TRUE, FALSE },
	[EFFECT] = { "effect", "cliffs_delta", TRUE, FALSE },
	[P] = { "p", "p_adjusted", TRUE, FALSE },
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

static void cell_effect(struct fdar_table *table, double delta)
{
	g_autofree char *people = g_strdup_printf("%+.2f", delta);
	g_autofree char *machine = g_strdup_printf("%.6g", delta);

	fdar_table_cell(table, EFFECT, people, machine);
}

static void add_machine_cells(struct fdar_table *table, const struct fdar_diff_row *row)
{
	fdar_cell_duration(table, ADDED, row->added_ns);
	fdar_cell_duration(table, MEDIAN_BASELINE, row->baseline.own_median_ns);
	fdar_cell_duration(table, MEDIAN_SUBJECT, row->subject.own_median_ns);
	fdar_cell_duration(table, P99_BASELINE, row->baseline.own_p99_ns);
	fdar_cell_duration(table, P99_SUBJECT, row->subject.own_p99_ns);
	fdar_cell_duration(table, TOTAL_BASELINE, row->baseline.total_ns);
	fdar_cell_duration(table, TOTAL_SUBJECT, row->subject.total_ns);
	cell_p(table, P_RAW, row->test.p);
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

static void add_row(struct fdar_table *table, const struct fdar_diff_row *row, gboolean machine)
{
	fdar_table_row(table);
	fdar_cell_percent(table, SHARE, row->share);
	fdar_table_cell(table, FUNCTION, row->function, NULL);
	fdar_table_cell(table, COMPONENT, row->component, NULL);
	fdar_table_cell(table, BELOW, row->below ? row->below : "", NULL);
	fdar_table_cell(table, CHANGE, change_text(row), fdar_change_name(row->change));
	fdar_cell_duration(table, BASELINE, row->baseline.own_ns);
	fdar_cell_duration(table, SUBJECT, row->subject.own_ns);
	fdar_cell_ratio(table, RATIO, row->ratio);
	fdar_cell_count(table, CALLS_BASELINE, row->baseline.calls);
	fdar_cell_count(table, CALLS_SUBJECT, row->subject.calls);
	cell_effect(table, row->test.delta);
	cell_p(table, P, row->test.adjusted);
	if (machine)
		add_machine_cells(table, row);
}

/* Rows are sorted by share: those that did not add anything are last. */
static struct fdar_table *row_table(const struct fdar_diff *diff,
				    const struct fdar_diff_request *request, guint *left_out)
{
	gboolean machine = request->format != FDAR_FORMAT_TABLE;
	struct fdar_table *table =
		fdar_table_new("functions", columns, machine ? COLUMNS : (size_t)P + 1);

	*left_out = 0;
	for (guint i = 0; i < diff->row_count; i++) {
		const struct fdar_diff_row *row = &diff->rows[i];

		if (row->share < request->min_share || (request->limit && i >= request->limit))
			(*left_out)++;
		else
			add_row(table, row, machine);
	}
	return table;
}

enum side_column { SIDE, SESSIONS, UNFINISHED, MEAN, MEDIAN, P99, RUNNING, OPEN, LOST, TRACE };

#define SIDE_COLUMNS(unit)                                                                         \
	[SIDE] = { "", "side", FALSE, FALSE }, [SESSIONS] = { unit "s", "sessions", TRUE, FALSE }, \
	[UNFINISHED] = { "unfinished", "unfinished", TRUE, FALSE },                                \
	[MEAN] = { "time/" unit, "time_ns", TRUE, FALSE },                                         \
	[MEDIAN] = { "median", "time_median_ns", TRUE, FALSE },                                    \
	[P99] = { "p99", "time_p99_ns", TRUE, FALSE },                                             \
	[RUNNING] = { "running", "running_ns", TRUE, FALSE },                                      \
	[OPEN] = { "open for", "open_ns", TRUE, FALSE },                                           \
	[LOST] = { "events lost", "discarded", TRUE, FALSE },                                      \
	[TRACE] = { "trace", "trace", FALSE, TRUE },

static const struct fdar_column session_columns[] = { SIDE_COLUMNS("session") };
static const struct fdar_column request_columns[] = { SIDE_COLUMNS("request") };

static void add_side(struct fdar_table *table, const char *name,
		     const struct fdar_diff_sessions *sessions, const char *path)
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
	fdar_table_cell(table, TRACE, path, NULL);
}

static struct fdar_table *side_table(const struct fdar_diff *diff,
				     const struct fdar_diff_request *request)
{
	struct fdar_table *table =
		fdar_table_new("sides",
			       diff->unit == FDAR_UNIT_REQUEST ? request_columns : session_columns,
			       G_N_ELEMENTS(session_columns));

	add_side(table, "baseline", &diff->baseline, request->paths[0]);
	add_side(table, "subject", &diff->subject, request->paths[1]);
	return table;
}

static double presence_ns(const struct fdar_diff_node *node)
{
	return node->presence == FDAR_IN_SUBJECT ? node->subject.total_ns : node->baseline.total_ns;
}

static gint by_time(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct fdar_diff *diff = user;
	const guint32 *left = a, *right = b;
	double of_left = presence_ns(&diff->nodes[*left]);
	double of_right = presence_ns(&diff->nodes[*right]);

	if (of_left != of_right)
		return of_left > of_right ? -1 : 1;
	return (*left > *right) - (*left < *right);
}

/* The topmost nodes of what is on one side only, the largest first. */
static GArray *changed_paths(const struct fdar_diff *diff, enum fdar_presence presence)
{
	GArray *nodes = g_array_new(FALSE, FALSE, sizeof(guint32));

	for (guint32 i = 1; i < diff->node_count; i++)
		if (diff->nodes[i].presence == presence &&
		    diff->nodes[diff->nodes[i].parent].presence != presence)
			g_array_append_val(nodes, i);
	g_array_sort_with_data(nodes, by_time, (gpointer)diff);
	return nodes;
}

static void print_paths(const struct fdar_diff *diff, enum fdar_presence presence)
{
	g_autoptr(GArray) nodes = changed_paths(diff, presence);

	double all = presence == FDAR_IN_SUBJECT ? diff->subject.busy_ns : diff->baseline.busy_ns;

	for (guint i = 0; i < MIN(nodes->len, PATHS_SHOWN); i++) {
		guint32 node = g_array_index(nodes, guint32, i);

		if (presence_ns(&diff->nodes[node]) < PATHS_PART * all)
			return;
		g_autofree char *path = fdar_diff_path(diff, node, PATH_LAST);
		g_autofree char *time = fdar_format_duration(presence_ns(&diff->nodes[node]));

		fdar_print_line("%s path: %s (%s)", fdar_presence_name(presence), path, time);
	}
	if (nodes->len > PATHS_SHOWN)
		fdar_print_line("... and %u more %s paths", nodes->len - PATHS_SHOWN,
				fdar_presence_name(presence));
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
	fdar_print_line("  confidence: %s", fdar_confidence_name(verdict->confidence));
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
	if (diff->row_count > left_out) {
		fdar_table_print(rows, FDAR_FORMAT_TABLE, out);
		if (left_out)
			fdar_print_line("... and %u more (--limit 0 --min-share 0 shows all)",
					left_out);
	}
	print_paths(diff, FDAR_IN_SUBJECT);
	print_paths(diff, FDAR_IN_BASELINE);
	for (guint i = 0; i < diff->hints->len; i++)
		fdar_print_line("note: %s", (const char *)g_ptr_array_index(diff->hints, i));
	fdar_table_free(sides);
	fdar_table_free(rows);
}

static void print_json_text(FILE *out, const char *key, const char *text)
{
	g_autofree char *value = text ? fdar_json_text(text) : g_strdup("null");

	fprintf(out, "\"%s\": %s", key, value);
}

static void print_json_number(FILE *out, const char *key, double number)
{
	g_autofree char *value = fdar_json_number(number);

	fprintf(out, ", \"%s\": %s", key, value);
}

static void print_json_verdict(const struct fdar_diff *diff, FILE *out)
{
	const struct fdar_verdict *verdict = &diff->verdict;
	const struct {
		const char *key;
		const char *text;
	} texts[] = {
		{ "sentence", verdict->sentence },
		{ "change", fdar_change_name(verdict->change) },
		{ "function", verdict->function },
		{ "component", verdict->component },
		{ "below", verdict->below },
		{ "file", verdict->file },
		{ "presence", fdar_presence_name(verdict->presence) },
		{ "confidence", fdar_confidence_name(verdict->confidence) },
	};

	g_autofree char *path = fdar_diff_path(diff, verdict->node, 0);

	fputs("  \"verdict\": { ", out);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		fputs(i ? ",\n    " : "", out);
		print_json_text(out, texts[i].key, texts[i].text);
	}
	fputs(",\n    ", out);
	print_json_text(out, "path", path);
	fprintf(out, ",\n    \"line\": %d, \"per_call\": %s", verdict->line,
		verdict->per_call ? "true" : "false");
	print_json_number(out, "factor", verdict->factor);
	print_json_number(out, "baseline_ns", verdict->baseline_ns);
	print_json_number(out, "subject_ns", verdict->subject_ns);
	print_json_number(out, "share", verdict->share);
	fputs(" },\n", out);
}

static void print_json_paths(const struct fdar_diff *diff, enum fdar_presence presence, FILE *out)
{
	g_autoptr(GArray) nodes = changed_paths(diff, presence);

	fprintf(out, "  \"%s_paths\": [", fdar_presence_name(presence));
	for (guint i = 0; i < nodes->len; i++) {
		guint32 node = g_array_index(nodes, guint32, i);
		g_autofree char *path = fdar_diff_path(diff, node, 0);

		fputs(i ? ",\n    { " : "\n    { ", out);
		print_json_text(out, "path", path);
		print_json_number(out, "total_ns", presence_ns(&diff->nodes[node]));
		fputs(" }", out);
	}
	fputs(nodes->len ? "\n  ],\n" : "],\n", out);
}

static const char *unit_name(const struct fdar_diff *diff)
{
	if (diff->whole_run)
		return "run";
	return diff->unit == FDAR_UNIT_REQUEST ? "request" : "session";
}

static void print_json_unrecorded(const struct fdar_diff *diff, FILE *out)
{
	fputs("  \"not_recorded\": [", out);
	for (guint32 i = 0; i < diff->unrecorded_count; i++) {
		const struct fdar_diff_unrecorded *function = &diff->unrecorded[i];

		fputs(i ? ",\n    { " : "\n    { ", out);
		print_json_text(out, "function", function->function);
		fputs(", ", out);
		print_json_text(out, "component", function->component);
		fprintf(out, ", \"in_baseline\": %s, \"in_subject\": %s }",
			function->baseline ? "true" : "false",
			function->subject ? "true" : "false");
	}
	fputs(diff->unrecorded_count ? "\n  ],\n" : "],\n", out);
}

static void print_json(const struct fdar_diff *diff, const struct fdar_diff_request *request,
		       FILE *out)
{
	guint left_out;
	struct fdar_table *sides = side_table(diff, request);
	struct fdar_table *rows = row_table(diff, request, &left_out);

	fputs("{\n", out);
	print_json_verdict(diff, out);
	fprintf(out, "  \"per\": \"%s\"", unit_name(diff));
	print_json_number(out, "ratio", diff->ratio);
	print_json_number(out, "added_ns", diff->added_ns);
	print_json_number(out, "cliffs_delta", diff->test.delta);
	print_json_number(out, "p", diff->test.p);
	fputs(",\n  \"sides\": ", out);
	fdar_table_print_rows_json(sides, out);
	fputs(",\n  \"functions\": ", out);
	fdar_table_print_rows_json(rows, out);
	fputs(",\n", out);
	print_json_paths(diff, FDAR_IN_SUBJECT, out);
	print_json_paths(diff, FDAR_IN_BASELINE, out);
	print_json_unrecorded(diff, out);
	fputs("  \"notes\": [", out);
	for (guint i = 0; i < diff->hints->len; i++) {
		g_autofree char *hint = fdar_json_text(g_ptr_array_index(diff->hints, i));

		fprintf(out, "%s%s", i ? ",\n    " : "\n    ", hint);
	}
	fputs(diff->hints->len ? "\n  ]\n}\n" : "]\n}\n", out);
	fdar_table_free(sides);
	fdar_table_free(rows);
}

void fdar_diff_print(const struct fdar_diff *diff, const struct fdar_diff_request *request,
		     FILE *out)
{
	if (request->format == FDAR_FORMAT_JSON) {
		print_json(diff, request, out);
	} else if (request->format == FDAR_FORMAT_TABLE) {
		print_table(diff, request, out);
	} else {
		guint left_out;
		struct fdar_table *rows = row_table(diff, request, &left_out);

		fdar_table_print(rows, FDAR_FORMAT_CSV, out);
		fdar_table_free(rows);
	}
}
