#include "cli/export/export_lines.h"

#include <gio/gio.h>

#include "cli/export/export_said.h"
#include "cli/kit/command.h"
#include "cli/kit/profile_input.h"
#include "cli/kit/reading.h"
#include "cli/kit/save.h"
#include "cli/kit/table.h"
#include "viz/export/export_spans.h"

static void tell_left_out(const struct fdar_export_lines *lines, const struct fdar_spans *spans)
{
	uint64_t shorter = spans->left_out - spans->hidden_calls;
	g_autofree char *calls = fdar_format_count(shorter);
	g_autofree char *time = fdar_format_duration((double)spans->shortest_ns);

	/* Calls of 0 ns alone are not worth a word. */
	if (shorter && spans->shortest_ns > 1)
		fdar_warning(lines->usage, "%s calls that took less than %s are not in it", calls,
			     time);
	if (spans->hidden_calls) {
		g_autofree char *hidden = fdar_format_count(spans->hidden_calls);

		fdar_warning(lines->usage,
			     "%s calls of functions that the rules hide are not in it", hidden);
	}
	if (spans->own_calls) {
		g_autofree char *own = fdar_format_duration((double)spans->own_ns);

		fdar_warning(lines->usage,
			     "%" G_GUINT64_FORMAT
			     " calls of flowdar's own functions in the server are left out: %s",
			     spans->own_calls, own);
	}
	if (spans->more)
		fdar_warning(lines->usage,
			     "%" G_GUINT64_FORMAT
			     " sessions or hand-offs beyond the limits are not in it",
			     spans->more);
}

static struct fdar_spans *read_unit(const struct fdar_export_lines *lines, enum fdar_unit unit,
				    uint64_t shorter_ns, gboolean quiet, GError **error)
{
	g_autofree char *what = g_strdup_printf("reading %s", lines->path);
	g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
	struct fdar_reading reading = { .what = what, .stop = lines->stop };
	const struct fdar_spans_options options = { .unit = unit,
						    .shorter_ns = MAX(shorter_ns, 1),
						    .most = lines->most,
						    .listing = lines->listing,
						    .rules = lines->rules,
						    .progress = fdar_reading_events,
						    .user = &reading };
	struct fdar_spans *spans = fdar_spans_read(lines->path, &options, warnings, error);

	fdar_reading_clear(&reading);
	for (guint i = 0; i < warnings->len && !quiet; i++)
		fdar_warning(lines->usage, "%s", (const char *)warnings->pdata[i]);
	return spans;
}

static void tell_written(const char *path, gsize bytes, const struct fdar_spans *spans)
{
	g_autofree char *calls = fdar_format_count(spans->count);
	g_autofree char *sessions = fdar_format_count(spans->session_count);
	gboolean one = spans->session_count == 1;

	fdar_export_said(path, bytes, "%s call%s, %s %s%s", calls, spans->count == 1 ? "" : "s",
			 sessions, spans->unit == FDAR_UNIT_REQUEST ? "request" : "session",
			 one ? "" : "s");
}

static gboolean write_text(const char *path, GString *text, const struct fdar_spans *spans,
			   GError **error)
{
	gsize bytes = text->len;

	if (!fdar_save_text(path, text, error))
		return FALSE;
	tell_written(path, bytes, spans);
	return TRUE;
}

static gboolean write_pictures(const struct fdar_export_lines *lines, GError **error)
{
	g_autoptr(fdar_spans) spans = NULL;
	enum fdar_unit unit = FDAR_UNIT_SESSION;

	fdar_unit_parse(lines->unit, &unit);
	spans = read_unit(lines, unit, lines->shorter_ns, FALSE, error);
	if (!spans)
		return FALSE;
	if (lines->chrome && !write_text(lines->chrome, fdar_export_chrome(spans), spans, error))
		return FALSE;
	if (lines->perfetto) {
		g_autoptr(GByteArray) bytes = fdar_export_perfetto(spans);

		if (!fdar_save(lines->perfetto, bytes->data, bytes->len, error))
			return FALSE;
		tell_written(lines->perfetto, bytes->len, spans);
	}
	tell_left_out(lines, spans);
	return TRUE;
}

/* A server without requests has sessions. */
static gboolean write_otlp(const struct fdar_export_lines *lines, GError **error)
{
	uint64_t shorter_ns = lines->has_shorter ? lines->shorter_ns : FDAR_EXPORT_OTLP_SHORTEST_NS;
	gboolean quiet = lines->chrome || lines->perfetto; /* what is wrong with it was said */
	g_autoptr(fdar_spans) spans = NULL;
	enum fdar_unit unit = FDAR_UNIT_REQUEST;

	if (lines->unit)
		fdar_unit_parse(lines->unit, &unit);
	spans = read_unit(lines, unit, shorter_ns, quiet, error);
	if (spans && !spans->session_count && !lines->unit) {
		g_clear_pointer(&spans, fdar_spans_free);
		spans = read_unit(lines, FDAR_UNIT_SESSION, shorter_ns, TRUE, error);
	}
	if (spans && !spans->session_count) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "%s: no %s in the trace, of which traces could be made", lines->path,
			    spans->unit == FDAR_UNIT_REQUEST ? "requests" : "sessions");
		return FALSE;
	}
	if (!spans || !write_text(lines->otlp, fdar_export_otlp(spans), spans, error))
		return FALSE;
	tell_left_out(lines, spans);
	return TRUE;
}

int fdar_export_lines_write(const struct fdar_export_lines *lines)
{
	GError *error = NULL;
	gboolean stopped;

	if ((!(lines->chrome || lines->perfetto) || write_pictures(lines, &error)) &&
	    (!lines->otlp || write_otlp(lines, &error)))
		return FDAR_EXIT_OK;
	stopped = g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
	fdar_failure(lines->usage, error);
	return stopped ? FDAR_EXIT_INTERRUPTED : FDAR_EXIT_FAILED;
}
