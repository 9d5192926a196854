#include "cli/record/record_play.h"

#include "replay/capture/capture.h"
#include "replay/play/routes.h"

static gboolean bad(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);

static gboolean bad(GError **error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	if (error)
		*error = g_error_new_valist(G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, format,
					    arguments);
	va_end(arguments);
	return FALSE;
}

/* What replay would refuse: said before a server is started for it. */
static gboolean check_play_texts(const struct fdar_record_texts *texts, GError **error)
{
	struct fdar_endpoint endpoint;
	struct fdar_capture *capture = NULL;
	struct fdar_routes routes = { 0 };
	guint64 clones;

	if (texts->clones &&
	    !g_ascii_string_to_unsigned(texts->clones, 10, 1, G_MAXINT32, &clones, NULL))
		return bad(error, "--clones: \"%s\": expected a number above 0", texts->clones);
	if (texts->to && !fdar_endpoint_parse(texts->to, &endpoint, error)) {
		g_prefix_error(error, "--to: ");
		return FALSE;
	}
	if (texts->sources && !fdar_routes_add_sources(&routes, texts->sources, error)) {
		g_prefix_error(error, "--sources: ");
		return FALSE;
	}
	if (!g_file_test(texts->play, G_FILE_TEST_EXISTS))
		return bad(error, "--play: \"%s\": expected a capture, and there is no such file",
			   texts->play);
	if (g_file_test(texts->play, G_FILE_TEST_IS_DIR))
		return bad(error, "--play: \"%s\": expected a capture, and it is a directory",
			   texts->play);
	/* What a pipe gives is gone once it was read. */
	if (!g_file_test(texts->play, G_FILE_TEST_IS_REGULAR))
		return TRUE;
	capture = fdar_capture_open(texts->play, error);
	if (!capture)
		return FALSE;
	fdar_capture_close(capture);
	return TRUE;
}

gboolean fdar_record_check_play(const struct fdar_record_texts *texts, guint64 *wait_ns,
				GError **error)
{
	*wait_ns = 0;
	if (!texts->play) {
		if (texts->to || texts->label || texts->clones || texts->sources ||
		    texts->wait_for || texts->client_pace)
			return bad(error, "--to, --label, --clones, --sources, --client-pace and "
					  "--wait-for go with --play");
		return TRUE;
	}
	if (texts->attach || texts->snapshot)
		return bad(error,
			   "--play starts a server and ends it: it does not go with --attach "
			   "or --snapshot");
	if (!texts->output)
		return TRUE; /* which is told as always */
	if (!check_play_texts(texts, error))
		return FALSE;
	if (texts->wait_for && (!fdar_parse_duration(texts->wait_for, wait_ns) || !*wait_ns))
		return bad(error, "--wait-for: \"%s\": expected a time like 10s", texts->wait_for);
	return TRUE;
}
