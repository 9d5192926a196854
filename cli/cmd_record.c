/* flowdar record: runs a server and keeps what it says. */
#include <stdio.h>
#include <unistd.h>

#include "analyze/symbols.h"
#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/options.h"
#include "cli/table.h"
#include "pipeline/record.h"
#include "pipeline/source.h"

static const struct fd_usage usage = {
	.command = "record",
	.synopsis = "-o DIR [OPTIONS] -- COMMAND [ARGUMENT ...]",
	.description =
		"Runs a server with flowdar's libraries in it and records which sessions it\n"
		"serves, in which threads and functions, and where it waits. The recording\n"
		"ends when the server does: by itself, at Ctrl-C (the server gets SIGTERM), or\n"
		"after --duration. Play traffic at it meanwhile, from another terminal.\n"
		"\n"
		"How much is recorded is the --detail; each one has what the ones before have:\n"
		"  session   begin and end of sessions, hand-offs between threads, notes\n"
		"  io        waits (for descriptors, locks, conditions, time) and bytes\n"
		"  function  every function that was compiled with hooks (the default)\n"
		"  all       everything else of provider flowdar, too\n"
		"A server needs no change for waits; sessions need flowdar.h in it, functions\n"
		"need it compiled with -finstrument-functions.\n"
		"\n"
		"Exit status: 0 when the recording is good, however the server ended (its own\n"
		"status is in DIR/recording.json); 130 when it was ended by Ctrl-C, and good;\n"
		"1 when there is none.\n",
	.examples = "  flowdar record -o base -- ./httpd -X -f httpd.conf\n"
		    "  flowdar record -o bad --duration 30s -- ./httpd -X -f httpd.conf\n"
		    "  flowdar record -o light --detail session --user www-data -- ./server --port "
		    "8080\n",
};

struct texts {
	char *output;
	char *detail;
	char *duration;
	char *grace;
	char *size;
	char *user;
	gint64 count;
	gboolean quiet;
};

static void texts_clear(struct texts *texts)
{
	g_free(texts->output);
	g_free(texts->detail);
	g_free(texts->duration);
	g_free(texts->grace);
	g_free(texts->size);
	g_free(texts->user);
}

struct view {
	struct fd_symbols *symbols; /* of the binaries whose functions were called */
	const char *output;
	const char *command;
	gboolean quiet;
	gboolean terminal;
	gboolean line; /* a progress line stands on the terminal */
};

/* ---- what is shown meanwhile ---- */

static void clear_line(struct view *view)
{
	if (view->line)
		fputs("\r\033[K", stderr);
	view->line = FALSE;
}

static void show_line(struct view *view, const struct fd_record_progress *progress)
{
	g_autofree char *bytes = g_format_size(progress->trace_bytes);
	g_autofree char *lost = fd_format_count(progress->discarded);
	g_autofree char *counted = fd_format_count(progress->counted);

	if (!view->terminal)
		return;
	if (progress->phase == FD_RECORD_COUNTING)
		fprintf(stderr, "\rreading it back: %s events\033[K", counted);
	else
		fprintf(stderr, "\r%.0f s, %s, %s lost\033[K", (double)progress->elapsed_ns / 1e9,
			bytes, lost);
	fflush(stderr);
	view->line = TRUE;
}

static void on_progress(const struct fd_record_progress *progress, void *user)
{
	struct view *view = user;

	if (view->quiet)
		return;
	switch (progress->phase) {
	case FD_RECORD_STARTED:
		fprintf(stderr, "recording %s (pid %d) into %s; Ctrl-C stops it\n", view->command,
			(int)progress->server, view->output);
		break;
	case FD_RECORD_BACKGROUND:
		clear_line(view);
		fprintf(stderr,
			"%s went to the background; recording until its last process ends\n",
			view->command);
		break;
	case FD_RECORD_STOPPING:
		clear_line(view);
		fprintf(stderr, "stopping %s\n", view->command);
		break;
	default:
		show_line(view, progress);
	}
}

/* ---- the names of functions, for other machines ---- */

static void on_events(const struct fd_source *source, const struct fd_event *batch, size_t count,
		      void *user)
{
	struct view *view = user;

	for (size_t i = 0; i < count; i++) {
		const struct fd_event *event = &batch[i];

		if (event->kind == FD_EVENT_MODULE)
			fd_symbols_add_module(view->symbols, event->pid, event->addr, event->addr2,
					      fd_source_text(source, event->name), event->data);
		else if (event->kind == FD_EVENT_FUNC_ENTRY)
			fd_symbols_lookup(view->symbols, event->pid, event->addr);
	}
}

static void save_symbols(struct view *view)
{
	g_autofree char *folder = g_build_filename(view->output, "symbols", NULL);
	g_autoptr(GError) error = NULL;

	if (!fd_symbols_save(view->symbols, folder, &error))
		fd_warning(&usage, "names of functions were not kept: %s", error->message);
}

/* ---- what is said at the end ---- */

static void report_losses(const struct fd_recording_info *info)
{
	g_autofree char *lost = fd_format_count(info->discarded);
	g_autofree char *packets = fd_format_count(info->packets_lost);
	double all = (double)info->events + (double)info->discarded;

	if (info->discarded)
		fd_warning(&usage,
			   "%s EVENTS WERE LOST (%.3g %%): the buffers were full; try a larger "
			   "--subbuf-count, or less --detail",
			   lost, 100 * (double)info->discarded / all);
	if (info->packets_lost)
		fd_warning(&usage, "%s PACKETS OF EVENTS WERE LOST", packets);
}

static void report(const struct view *view, const struct fd_recording_info *info)
{
	g_autofree char *events = fd_format_count(info->events);
	g_autofree char *bytes = g_format_size(info->trace_bytes);
	g_autofree char *duration = fd_format_duration((double)info->duration_ns);
	gboolean lost = info->discarded || info->packets_lost;

	for (char **warning = info->warnings; warning && *warning; warning++)
		fd_warning(&usage, "%s", *warning);
	report_losses(info);
	if (view->quiet)
		return;
	fprintf(stderr, "recorded %s events in %s, %s%s: %s", events, duration, bytes,
		lost ? "" : ", none lost", info->ended);
	fprintf(stderr, info->exit_status ? " (status %d)\n" : "\n", info->exit_status);
	fprintf(stderr, "next: flowdar analyze %s, or flowdar diff BASELINE %s\n", view->output,
		view->output);
}

/* ---- the command ---- */

/* Beside the program, in the build as when installed; FLOWDAR_LIBRARY_DIR is for the unusual. */
static char *library_dir(void)
{
	const char *told = g_getenv("FLOWDAR_LIBRARY_DIR");
	g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *bin = NULL, *above = NULL;

	if (told && *told)
		return g_canonicalize_filename(told, NULL);
	bin = g_path_get_dirname(program ? program : "/usr/bin/flowdar");
	above = g_path_get_dirname(bin);
	return g_build_filename(above, "lib", "flowdar", NULL);
}

static gboolean bad_value(GError **error, const char *option, const char *text,
			  const char *expected)
{
	g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "%s: \"%s\": expected %s",
		    option, text, expected);
	return FALSE;
}

static gboolean read_options(const struct texts *texts, struct fd_record_options *options,
			     GError **error)
{
	if (!texts->output)
		return bad_value(error, "-o", "", "the directory to record into");
	if (texts->detail && !fd_detail_parse(texts->detail, &options->detail))
		return bad_value(error, "--detail", texts->detail, "session, io, function or all");
	if (texts->duration && !fd_parse_duration(texts->duration, &options->duration_ns))
		return bad_value(error, "--duration", texts->duration, "a time like 30s or 5m");
	if (texts->grace && !fd_parse_duration(texts->grace, &options->grace_ns))
		return bad_value(error, "--grace", texts->grace, "a time like 5s");
	if (texts->size && !fd_parse_size(texts->size, &options->subbuffer_bytes))
		return bad_value(error, "--subbuf-size", texts->size, "a size like 1M");
	if (texts->count < 0 || texts->count > 65536)
		return bad_value(error, "--subbuf-count", "", "a power of two up to 65536");
	options->output = texts->output;
	options->user = texts->user;
	options->subbuffer_count = (unsigned)texts->count;
	return TRUE;
}

static int run(const struct fd_record_options *options, struct view *view)
{
	const volatile int *stop = fd_interrupt_catch();
	struct fd_recording_info info = { 0 };
	GError *error = NULL;
	gboolean ok = fd_record_run(options, stop, on_progress, view, &info, &error);

	clear_line(view);
	if (!ok)
		return fd_failure(&usage, error);
	save_symbols(view);
	report(view, &info);
	fd_recording_info_clear(&info);
	return *stop ? FD_EXIT_INTERRUPTED : FD_EXIT_OK;
}

static int record(int argc, char **argv, const struct texts *texts)
{
	g_autofree char *libraries = library_dir();
	struct fd_record_options options = { .library_dir = libraries,
					     .detail = FD_DETAIL_FUNCTION };
	g_autoptr(fd_symbols) symbols = fd_symbols_new(NULL);
	struct view view = { .symbols = symbols,
			     .output = texts->output,
			     .quiet = texts->quiet,
			     .terminal = isatty(STDERR_FILENO) };
	g_autoptr(GError) error = NULL;

	if (!read_options(texts, &options, &error))
		return fd_usage_error(&usage, "%s", error->message);
	if (argc < 2)
		return fd_usage_error(&usage, "record what? give the server's command after --");
	options.command = argv + 1;
	options.events = on_events;
	view.command = argv[1];
	return run(&options, &view);
}

int fd_cmd_record(int argc, char **argv)
{
	struct texts texts = { 0 };
	const GOptionEntry entries[] = {
		{ "output", 'o', 0, G_OPTION_ARG_FILENAME, &texts.output,
		  "Record into this directory; it must not exist, or be empty", "DIR" },
		{ "detail", 'd', 0, G_OPTION_ARG_STRING, &texts.detail,
		  "session, io, function (the default) or all", "DETAIL" },
		{ "duration", 't', 0, G_OPTION_ARG_STRING, &texts.duration,
		  "Stop the server after this time, e.g. 30s", "TIME" },
		{ "user", 'u', 0, G_OPTION_ARG_STRING, &texts.user,
		  "Run the server as this user (for root; setpriv and the like cannot be traced)",
		  "NAME" },
		{ "grace", 0, 0, G_OPTION_ARG_STRING, &texts.grace,
		  "From SIGTERM to SIGKILL when the server is stopped; 5s is the default", "TIME" },
		{ "subbuf-size", 0, 0, G_OPTION_ARG_STRING, &texts.size,
		  "Size of a buffer of function events, a power of two; 1M is the default",
		  "SIZE" },
		{ "subbuf-count", 0, 0, G_OPTION_ARG_INT64, &texts.count,
		  "How many of them for each CPU, a power of two; 8 is the default", "N" },
		{ "quiet", 'q', 0, G_OPTION_ARG_NONE, &texts.quiet,
		  "Say nothing but warnings and errors", NULL },
		G_OPTION_ENTRY_NULL,
	};
	int code = FD_EXIT_OK;

	if (fd_options_parse(&usage, entries, &argc, &argv, &code))
		code = record(argc, argv, &texts);
	texts_clear(&texts);
	return code;
}
