#include "cli/diff/diff_json.h"

#include <math.h>

#include "cli/kit/cells.h"
#include "instrument/wire/events.h"

double fdar_presence_ns(const struct fdar_diff_node *node)
{
	return node->presence == FDAR_IN_SUBJECT ? node->subject.total_ns : node->baseline.total_ns;
}

static gint by_time(gconstpointer a, gconstpointer b, gpointer user)
{
	const struct fdar_diff *diff = user;
	const guint32 *left = a, *right = b;
	double of_left = fdar_presence_ns(&diff->nodes[*left]);
	double of_right = fdar_presence_ns(&diff->nodes[*right]);

	if (of_left != of_right)
		return of_left > of_right ? -1 : 1;
	return (*left > *right) - (*left < *right);
}

/* The topmost nodes of what is on one side only, the largest first. */
GArray *fdar_changed_paths(const struct fdar_diff *diff, enum fdar_presence presence)
{
	GArray *nodes = g_array_new(FALSE, FALSE, sizeof(guint32));

	for (guint32 i = 1; i < diff->node_count; i++)
		/* Who is kept from a processor is so anywhere: that is no other path. */
		if (diff->nodes[i].presence == presence &&
		    !(diff->nodes[i].frame == FDAR_FRAME_WAIT &&
		      diff->nodes[i].wait == FDAR_WAIT_PROCESSOR) &&
		    diff->nodes[diff->nodes[i].parent].presence != presence)
			g_array_append_val(nodes, i);
	g_array_sort_with_data(nodes, by_time, (gpointer)diff);
	return nodes;
}

static void print_json_text(FILE *out, const char *key, const char *text)
{
	g_autofree char *value = text ? fdar_json_text(text) : g_strdup("null");

	fprintf(out, "\"%s\": %s", key, value);
}

/* A node's call path: as one text, and as an array. */
static void print_json_path(FILE *out, const struct fdar_diff *diff, guint32 node)
{
	g_autofree char *path = fdar_diff_path(diff, node, 0);
	g_auto(GStrv) frames = fdar_diff_frames(diff, node);
	g_autofree char *list = fdar_json_list((const char *const *)frames);

	print_json_text(out, "path", path);
	fprintf(out, ", \"frames\": %s", list);
}

static void print_json_number(FILE *out, const char *key, double number)
{
	g_autofree char *value = fdar_json_number(number);

	fprintf(out, ", \"%s\": %s", key, value);
}

static const char *json_bool(gboolean value)
{
	return value ? "true" : "false";
}

/* Which sessions it is about; null: many. */
static void print_json_few(const struct fdar_diff *diff, FILE *out)
{
	fprintf(out, "\"few\": ");
	if (!diff->verdict.few) {
		fputs("null,\n    ", out);
		return;
	}
	fprintf(out, "{ \"count\": %" G_GUINT64_FORMAT ", \"only\": %s, \"sessions\": [",
		diff->verdict.few, json_bool(diff->verdict.few_only));
	for (guint i = 0; i < diff->few->len; i++) {
		g_autofree char *name = fdar_json_text(g_ptr_array_index(diff->few, i));

		fprintf(out, "%s%s", i ? ", " : "", name);
	}
	fputs("] },\n    ", out);
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
		{ "baseline_file", verdict->baseline_file },
		{ "presence", fdar_presence_name(verdict->presence) },
		{ "confidence", fdar_confidence_name(verdict->confidence) },
		{ "reason", verdict->reason },
	};

	fputs("  \"verdict\": { ", out);
	for (size_t i = 0; i < G_N_ELEMENTS(texts); i++) {
		fputs(i ? ",\n    " : "", out);
		print_json_text(out, texts[i].key, texts[i].text);
	}
	fputs(",\n    ", out);
	print_json_few(diff, out);
	print_json_path(out, diff, verdict->node);
	fprintf(out, ",\n    \"line\": %d, \"per_call\": %s, \"refused\": %s", verdict->line,
		json_bool(verdict->per_call), json_bool(verdict->refused));
	fprintf(out, ", \"counted\": %s, \"outside_sessions\": %s, \"inferred\": %s",
		json_bool(verdict->counted), json_bool(verdict->server), json_bool(diff->inferred));
	print_json_number(out, "factor", verdict->factor);
	print_json_number(out, "baseline_ns", verdict->baseline_ns);
	print_json_number(out, "subject_ns", verdict->subject_ns);
	print_json_number(out, "share", verdict->share);
	fputs(" },\n", out);
}

static void print_json_paths(const struct fdar_diff *diff, enum fdar_presence presence, FILE *out)
{
	g_autoptr(GArray) nodes = fdar_changed_paths(diff, presence);

	fprintf(out, "  \"%s_paths\": [", fdar_presence_name(presence));
	for (guint i = 0; i < nodes->len; i++) {
		guint32 node = g_array_index(nodes, guint32, i);

		fputs(i ? ",\n    { " : "\n    { ", out);
		print_json_path(out, diff, node);
		print_json_number(out, "total_ns", fdar_presence_ns(&diff->nodes[node]));
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

static void print_json_counts(const struct fdar_diff *diff, FILE *out)
{
	fputs("  \"called_differently\": [", out);
	for (guint32 i = 0; i < diff->recounted_count; i++) {
		const struct fdar_diff_row *row = &diff->rows[diff->recounted[i]];

		fputs(i ? ",\n    { " : "\n    { ", out);
		print_json_text(out, "function", row->function);
		fputs(", ", out);
		print_json_text(out, "component", row->component);
		print_json_number(out, "calls_baseline", row->baseline.calls);
		print_json_number(out, "calls_subject", row->subject.calls);
		print_json_number(out, "added_ns", row->counts.work_ns);
		fprintf(out, ", \"in_every_session\": %s }", json_bool(row->counts.exact));
	}
	fputs(diff->recounted_count ? "\n  ],\n" : "],\n", out);
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
			json_bool(function->baseline), json_bool(function->subject));
	}
	fputs(diff->unrecorded_count ? "\n  ],\n" : "],\n", out);
}

void fdar_diff_print_json(const struct fdar_diff *diff, struct fdar_table *sides,
			  struct fdar_table *rows, const struct fdar_diff_request *request,
			  FILE *out)
{
	fputs("{\n  \"format\": " FDAR_JSON_FORMAT ",\n", out);
	print_json_verdict(diff, out);
	fprintf(out, "  \"per\": \"%s\"", unit_name(diff));
	print_json_number(out, "ratio", diff->ratio);
	print_json_number(out, "added_ns", diff->added_ns);
	print_json_number(out, "cliffs_delta", diff->test.delta);
	print_json_number(out, "p", diff->whole_run ? NAN : diff->test.p);
	print_json_number(out, "asked_for", diff->load.work);
	fprintf(out, ", \"other_pace\": %s", json_bool(diff->load.pace));
	fputs(",\n  \"sides\": ", out);
	fdar_table_print_rows_json(sides, out);
	fputs(",\n  \"functions\": ", out);
	fdar_table_print_rows_json(rows, out);
	fputs(",\n", out);
	print_json_paths(diff, FDAR_IN_SUBJECT, out);
	print_json_paths(diff, FDAR_IN_BASELINE, out);
	print_json_counts(diff, out);
	if (request->samples)
		fdar_diff_samples_print_json(request->samples, out);
	fdar_diff_clients_print_json(request->clients, out);
	print_json_unrecorded(diff, out);
	fputs("  \"notes\": [", out);
	for (guint i = 0; i < diff->hints->len; i++) {
		g_autofree char *hint = fdar_json_text(g_ptr_array_index(diff->hints, i));

		fprintf(out, "%s%s", i ? ",\n    " : "\n    ", hint);
	}
	fputs(diff->hints->len ? "\n  ]\n}\n" : "]\n}\n", out);
}
