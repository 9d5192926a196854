#include <math.h>

#include "base/json_text.h"
#include "viz/summary/summary.h"

/* docs/formats/report.md */
#define FORMAT 1

struct writer {
	GString *out;
	gboolean first; /* of the object that is open */
};

static void put_key(struct writer *writer, const char *key)
{
	g_string_append_printf(writer->out, "%s\"%s\": ", writer->first ? "" : ", ", key);
	writer->first = FALSE;
}

static void put_text(struct writer *writer, const char *key, const char *text)
{
	put_key(writer, key);
	if (text)
		fdar_json_append(writer->out, text);
	else
		g_string_append(writer->out, "null");
}

static void put_list(struct writer *writer, const char *key, char *const *list)
{
	put_key(writer, key);
	fdar_json_append_list(writer->out, (const char *const *)list);
}

static void put_number(struct writer *writer, const char *key, double number)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	put_key(writer, key);
	g_string_append(writer->out, isfinite(number)
					     ? g_ascii_formatd(text, sizeof(text), "%.10g", number)
					     : "null");
}

static void put_count(struct writer *writer, const char *key, guint64 number)
{
	put_key(writer, key);
	g_string_append_printf(writer->out, "%" G_GUINT64_FORMAT, number);
}

static void put_bool(struct writer *writer, const char *key, gboolean value)
{
	put_key(writer, key);
	g_string_append(writer->out, value ? "true" : "false");
}

/* key NULL: in a list. */
static void open_object(struct writer *writer, const char *key)
{
	if (key)
		put_key(writer, key);
	g_string_append_c(writer->out, '{');
	writer->first = TRUE;
}

static void close_object(struct writer *writer)
{
	g_string_append_c(writer->out, '}');
	writer->first = FALSE;
}

static void open_list(struct writer *writer, const char *key)
{
	g_string_append(writer->out, writer->first ? "\n  " : ",\n  ");
	g_string_append_printf(writer->out, "\"%s\": [", key);
	writer->first = TRUE;
}

/* Before each of a list's. */
static void next(struct writer *writer)
{
	g_string_append(writer->out, writer->first ? "\n    " : ",\n    ");
	writer->first = FALSE;
}

static void close_list(struct writer *writer)
{
	g_string_append_c(writer->out, ']');
	writer->first = FALSE;
}

static void put_verdict(struct writer *writer, const struct fdar_diff *diff)
{
	const struct fdar_verdict *verdict = &diff->verdict;
	g_autofree char *path = fdar_diff_path(diff, verdict->node, 0);
	g_auto(GStrv) frames = fdar_diff_frames(diff, verdict->node);

	open_object(writer, "verdict");
	put_text(writer, "sentence", verdict->sentence);
	put_text(writer, "change", fdar_change_name(verdict->change));
	put_text(writer, "presence", fdar_presence_name(verdict->presence));
	put_text(writer, "function", verdict->function);
	put_text(writer, "component", verdict->component);
	put_text(writer, "below", verdict->below);
	put_text(writer, "file", verdict->file);
	put_count(writer, "line", (guint64)MAX(verdict->line, 0));
	put_text(writer, "path", path);
	put_list(writer, "frames", frames);
	put_text(writer, "confidence", fdar_confidence_name(verdict->confidence));
	put_text(writer, "reason", verdict->reason);
	put_bool(writer, "refused", verdict->refused);
	put_bool(writer, "per_call", verdict->per_call);
	put_bool(writer, "counted", verdict->counted);
	put_bool(writer, "outside_sessions", verdict->server);
	put_number(writer, "factor", verdict->factor);
	put_number(writer, "baseline_ns", verdict->baseline_ns);
	put_number(writer, "subject_ns", verdict->subject_ns);
	put_number(writer, "share", verdict->share);
	close_object(writer);
}

static void put_side(struct writer *writer, const char *name, const struct fdar_diff_sessions *side)
{
	next(writer);
	open_object(writer, NULL);
	put_text(writer, "name", name);
	put_count(writer, "sessions", side->sessions);
	put_count(writer, "finished", side->finished);
	put_count(writer, "unfinished", side->unfinished);
	put_number(writer, "busy_ns", side->busy_ns);
	put_number(writer, "busy_median_ns", side->busy_median_ns);
	put_number(writer, "busy_p99_ns", side->busy_p99_ns);
	put_number(writer, "running_ns", side->running_ns);
	put_number(writer, "lifetime_ns", side->lifetime_ns);
	put_number(writer, "requests", side->requests);
	put_number(writer, "bytes_in", side->bytes_in);
	put_number(writer, "sessions_per_second", side->rate);
	put_number(writer, "open_at_once", side->open);
	put_number(writer, "discarded_part", side->discarded);
	put_number(writer, "unknown_part", side->unknown);
	close_object(writer);
}

static void put_figures(struct writer *writer, const char *key, const struct fdar_diff_side *side)
{
	open_object(writer, key);
	put_number(writer, "calls", side->calls);
	put_number(writer, "own_ns", side->own_ns);
	put_number(writer, "own_median_ns", side->own_median_ns);
	put_number(writer, "own_p99_ns", side->own_p99_ns);
	put_number(writer, "total_ns", side->total_ns);
	put_number(writer, "wait_ns", side->wait_ns);
	put_count(writer, "unfinished_calls", side->unfinished);
	close_object(writer);
}

static void put_row(struct writer *writer, const struct fdar_diff_row *row)
{
	next(writer);
	open_object(writer, NULL);
	put_text(writer, "function", row->function);
	put_text(writer, "component", row->component);
	put_text(writer, "below", row->below);
	put_text(writer, "file", row->file);
	put_count(writer, "line", (guint64)MAX(row->line, 0));
	put_text(writer, "presence", fdar_presence_name(row->presence));
	put_text(writer, "change", fdar_change_name(row->change));
	put_bool(writer, "stands_out", row->stands_out);
	put_number(writer, "ratio", row->ratio);
	put_number(writer, "added_ns", row->added_ns);
	put_number(writer, "share", row->share);
	put_number(writer, "cliffs_delta", row->test.delta);
	put_number(writer, "p", row->test.adjusted);
	put_figures(writer, "baseline", &row->baseline);
	put_figures(writer, "subject", &row->subject);
	close_object(writer);
}

static void put_session(struct writer *writer, const struct fdar_report_session *session)
{
	next(writer);
	open_object(writer, NULL);
	put_text(writer, "side", session->side ? "subject" : "baseline");
	put_text(writer, "peer", session->peer);
	put_text(writer, "label", session->label);
	put_text(writer, "function", session->function);
	put_count(writer, "begin_epoch_ns", session->begin_ns);
	put_count(writer, "lifetime_ns", session->lifetime_ns);
	put_count(writer, "busy_ns", session->busy_ns);
	put_count(writer, "running_ns", session->running_ns);
	put_bool(writer, "finished", session->finished);
	close_object(writer);
}

static void put_lists(struct writer *writer, const struct fdar_report *report)
{
	open_list(writer, "facts");
	for (gsize i = 0; i < report->fact_count; i++) {
		next(writer);
		open_object(writer, NULL);
		put_text(writer, "name", report->facts[i].name);
		put_text(writer, "baseline", report->facts[i].values[0]);
		put_text(writer, "subject", report->facts[i].values[1]);
		close_object(writer);
	}
	close_list(writer);
	open_list(writer, "notes");
	for (guint i = 0; i < report->diff->hints->len; i++) {
		next(writer);
		fdar_json_append(writer->out, g_ptr_array_index(report->diff->hints, i));
	}
	close_list(writer);
	open_list(writer, "commands");
	for (const char *const *c = report->commands; *c; c++) {
		next(writer);
		fdar_json_append(writer->out, *c);
	}
	close_list(writer);
}

GString *fdar_summary_json(const struct fdar_report *report)
{
	const struct fdar_diff *diff = report->diff;
	struct writer writer = { g_string_new(NULL), TRUE };

	open_object(&writer, NULL);
	put_count(&writer, "format", FORMAT);
	put_text(&writer, "generator", report->generator);
	g_string_append(writer.out, ",\n  ");
	writer.first = TRUE;
	put_verdict(&writer, diff);
	put_text(&writer, "per",
		 diff->whole_run                   ? "run"
		 : diff->unit == FDAR_UNIT_REQUEST ? "request"
						   : "session");
	put_number(&writer, "ratio", diff->ratio);
	put_number(&writer, "added_ns", diff->added_ns);
	open_list(&writer, "sides");
	put_side(&writer, report->sides[0], &diff->baseline);
	put_side(&writer, report->sides[1], &diff->subject);
	close_list(&writer);
	open_list(&writer, "functions");
	for (uint32_t i = 0; i < diff->row_count; i++)
		put_row(&writer, &diff->rows[i]);
	close_list(&writer);
	open_list(&writer, "sessions");
	for (gsize i = 0; i < report->session_count; i++)
		put_session(&writer, &report->sessions[i]);
	close_list(&writer);
	put_lists(&writer, report);
	g_string_append(writer.out, "\n}\n");
	return writer.out;
}
