/* flowdar mirror: sessions seen on an interface, played at another server as they happen. */
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>

#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/options.h"
#include "cli/replay/replay_journal.h"
#include "cli/replay/replay_options.h"
#include "cli/replay/replay_report.h"
#include "cli/kit/table.h"
#include "replay/play/journal.h"
#include "replay/live/mirror.h"

#define CLONES_MAX 10000

static const struct fdar_usage_range ranges[] = {
	{ "clones", 1, CLONES_MAX, FALSE },
	{ "concurrency", 1, FDAR_REPLAY_CONCURRENCY_MAX, FALSE },
	{ NULL, 0, 0, FALSE },
};

static const struct fdar_usage usage = {
	.ranges = ranges,
	.command = "mirror",
	.synopsis = "-i INTERFACE --from HOST:PORT --to HOST:PORT [OPTIONS]",
	.description = "Watches a server that works and plays what its clients do at another one, "
		       "as it happens.\n"
		       "The server watched is not touched: its packets are only looked at, which "
		       "needs the right to\n"
		       "capture (root, or cap_net_raw). A request goes to the other server as soon "
		       "as it was seen\n"
		       "and the answer before it has come there. Sessions that run already are "
		       "joined at their next\n"
		       "request. --clones multiplies each session, every clone from an address of "
		       "its own.\n"
		       "\n"
		       "Packets that the capture loses are counted and shown; a session whose "
		       "client's bytes were\n"
		       "lost ends there as not replayable: nothing is made up. Ctrl-C ends the "
		       "mirror and prints\n"
		       "the summary.\n",
	.examples =
		"  sudo flowdar mirror -i eth0 --from 10.0.0.5:80 --to 127.0.0.1:8080\n"
		"  sudo flowdar mirror -i any --from 0.0.0.0:80 --to 127.0.0.1:8080 --clones 10\n",
};

struct texts {
	char *interface;
	char *from;
	char **to;
	char **sources;
	char *label;
	char *output;
	char *quiet;
	char *timeout;
	char *duration;
	char *format;
	gint64 clones;
	gint64 concurrency;
	gboolean allow_remote;
};

/* Where an option's value goes: an offset into struct texts, until fdar_options_bind adds the base. */
#define AT(field) ((gpointer)offsetof(struct texts, field))

static const GOptionEntry options[] = {
	{ "interface", 'i', 0, G_OPTION_ARG_STRING, AT(interface),
	  "Watch this network interface; any for all of them", "INTERFACE" },
	{ "from", 'f', 0, G_OPTION_ARG_STRING, AT(from),
	  "The server to watch; 0.0.0.0:PORT for that port of any IPv4 address, [::]:PORT of any "
	  "IPv6 address",
	  "HOST:PORT" },
	{ "to", 't', 0, G_OPTION_ARG_STRING_ARRAY, AT(to), "The server to play at", "HOST:PORT" },
	{ "clones", 'n', 0, G_OPTION_ARG_INT64, AT(clones), "Play every session N times", "N" },
	{ "speed-up", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_INT64, AT(clones), NULL, "N" },
	{ "label", 'l', 0, G_OPTION_ARG_STRING, AT(label),
	  "The name of this traffic in the journal; mirror is the default", "TEXT" },
	{ "output", 'o', 0, G_OPTION_ARG_FILENAME, AT(output),
	  "Write a journal: a line of JSON a session", "FILE" },
	{ "duration", 'd', 0, G_OPTION_ARG_STRING, AT(duration),
	  "Stop after this time; otherwise it goes on until Ctrl-C", "TIME" },
	{ "concurrency", 'c', 0, G_OPTION_ARG_INT64, AT(concurrency),
	  "At most N sessions open at once; others are counted as local errors. Default: what the "
	  "limit of open files allows",
	  "N" },
	{ "quiet", 0, 0, G_OPTION_ARG_STRING, AT(quiet),
	  "An answer that differs from the watched one is over when it has been quiet for this "
	  "long; 50ms is the default",
	  "TIME" },
	{ "timeout", 0, 0, G_OPTION_ARG_STRING, AT(timeout),
	  "Give a session up when the server has done nothing for this long where the watched one "
	  "did; 30s is the default",
	  "TIME" },
	{ "sources", 0, 0, G_OPTION_ARG_STRING_ARRAY, AT(sources), "Addresses that clients get",
	  "PREFIX" },
	{ "allow-remote", 0, 0, G_OPTION_ARG_NONE, AT(allow_remote),
	  "The target may be another machine: only one you have the right to load", NULL },
	{ "format", 0, 0, G_OPTION_ARG_STRING, AT(format),
	  "The summary as table (the default), json or csv", "FORMAT" },
	G_OPTION_ENTRY_NULL,
};

struct command {
	struct fdar_mirror_options options;
	struct fdar_routes routes;
	struct fdar_driver_options driver;
	struct fdar_journal_input name;
	struct fdar_journal *journal;
	struct fdar_replay_reasons *reasons;
	struct fdar_mirror *mirror;
	struct fdar_driver *running;
	enum fdar_format format;
};

static void texts_clear(struct texts *texts)
{
	g_free(texts->interface);
	g_free(texts->from);
	g_strfreev(texts->to);
	g_strfreev(texts->sources);
	g_free(texts->label);
	g_free(texts->output);
	g_free(texts->quiet);
	g_free(texts->timeout);
	g_free(texts->duration);
	g_free(texts->format);
}

static gboolean bad(GError **error, const char *message)
{
	g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, message);
	return FALSE;
}

/* What is wrong here is wrong usage. */
static gboolean command_read(struct command *command, const struct texts *texts, int argc,
			     GError **error)
{
	struct fdar_pace *pace = &command->driver.pace;

	if (argc != 1)
		return bad(error, "too many arguments");
	if (!fdar_format_parse(texts->format, &command->format))
		return fdar_replay_bad_value(error, "--format", texts->format,
					     "table, json or csv");
	if (texts->from && !fdar_endpoint_parse(texts->from, &command->options.from, error)) {
		g_prefix_error(error, "--from: ");
		return FALSE;
	}
	if (!fdar_replay_read_routes(&command->routes, texts->to, NULL, texts->sources, error) ||
	    !fdar_replay_read_span("--quiet", texts->quiet, 50000000, &pace->quiet_ns, error) ||
	    !fdar_replay_read_span("--timeout", texts->timeout, 30000000000, &pace->timeout_ns,
				   error) ||
	    !fdar_replay_read_duration(texts->duration, &command->driver.duration_ns, error))
		return FALSE;
	/* What is wrong by itself was told before what is missing. */
	if (!texts->interface || !texts->from)
		return bad(error, "give -i INTERFACE, --from HOST:PORT and --to HOST:PORT");
	if (!fdar_replay_check_routes(&command->routes, texts->allow_remote, error))
		return FALSE;
	if (fdar_endpoint_equal(&command->options.from, &command->routes.routes[0].target))
		return bad(error, "--from and --to are the same: the mirror would see itself");
	pace->speed = 1;
	command->options.interface = texts->interface;
	command->options.clones = (uint32_t)texts->clones;
	command->name.label = texts->label ? texts->label : "mirror";
	command->name.capture = texts->interface;
	command->driver.concurrency = (uint64_t)texts->concurrency;
	return TRUE;
}

static void on_finished(void *user, const struct fdar_outcome *outcome)
{
	struct command *command = user;

	fdar_replay_reasons_add(command->reasons, outcome);
	if (command->journal)
		fdar_journal_write(command->journal, outcome,
				   fdar_driver_totals(command->running)->started_unix_ns);
}

static void on_progress(void *user, const struct fdar_driver_progress *progress)
{
	struct command *command = user;
	struct fdar_mirror_totals totals;
	g_autofree char *more = NULL;

	fdar_mirror_tick(command->mirror);
	fdar_journal_flush(command->journal); /* who mirrors for days reads it meanwhile */
	fdar_mirror_totals(command->mirror, &totals);
	more = g_strdup_printf("%" G_GUINT64_FORMAT " packets, %" G_GUINT64_FORMAT " lost",
			       totals.captured, totals.lost);
	fdar_replay_show_progress(progress, more);
}

static void print_capture(const struct command *command)
{
	struct fdar_mirror_totals totals;
	g_autofree char *captured = NULL;
	g_autofree char *lost = NULL;

	fdar_mirror_totals(command->mirror, &totals);
	captured = fdar_format_count(totals.captured);
	lost = fdar_format_count(totals.lost);
	/* Not on stdout: that is one document when it is JSON or CSV. */
	fprintf(command->format == FDAR_FORMAT_TABLE ? stdout : stderr,
		"%s packets captured, %s lost; %" G_GUINT64_FORMAT
		" sessions seen, %" G_GUINT64_FORMAT " of them joined while they ran, "
		"%" G_GUINT64_FORMAT " over before they could be.\n",
		captured, lost, totals.sessions, totals.joined, totals.unjoined);
}

static void print_summary(const struct command *command)
{
	struct fdar_mirror_totals totals;
	const struct fdar_capture_totals *capture = &totals.capture;
	struct fdar_replay_run run = { .driver = command->running,
				       .labels = &command->name.label,
				       .captures = &capture,
				       .count = 1 };

	fdar_mirror_totals(command->mirror, &totals);
	fdar_replay_print_summary(&run, command->reasons, command->format);
}

/* Runs until it is stopped; the mirror is open. */
static int command_play(struct command *command, const volatile int *stop, GError **error)
{
	enum fdar_replay_end end;

	command->driver.routes = &command->routes;
	command->driver.inputs = 1;
	command->driver.finished = on_finished;
	command->driver.progress = on_progress;
	command->driver.user = command;
	command->driver.concurrency =
		fdar_replay_make_room(&usage,
				      command->driver.concurrency ? command->driver.concurrency
								  : FDAR_REPLAY_CONCURRENCY_MAX,
				      command->driver.concurrency != 0);
	command->running = fdar_driver_new(&command->driver, error);
	if (!command->running || !fdar_mirror_attach(command->mirror, command->running, error))
		return FDAR_EXIT_FAILED;
	fprintf(stderr, "flowdar mirror: watching %s; Ctrl-C ends it\n",
		command->options.interface);
	end = fdar_driver_run(command->running, NULL, NULL, stop);
	fdar_replay_clear_progress();
	print_summary(command);
	print_capture(command);
	if (fdar_mirror_damage(command->mirror)) {
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED,
				    fdar_mirror_damage(command->mirror));
		return FDAR_EXIT_FAILED;
	}
	return end == FDAR_REPLAY_STOPPED ? FDAR_EXIT_INTERRUPTED : FDAR_EXIT_OK;
}

static int command_run(struct command *command, const char *output)
{
	const volatile int *stop = fdar_interrupt_catch();
	GError *error = NULL;
	int code = FDAR_EXIT_FAILED;

	command->reasons = fdar_replay_reasons_new();
	command->mirror = fdar_mirror_open(&command->options, &error);
	if (command->mirror && output)
		command->journal = fdar_replay_journal_open(output, &command->name, &error);
	if (!error)
		code = command_play(command, stop, &error);
	fdar_mirror_free(command->mirror);
	fdar_driver_free(command->running);
	fdar_journal_close(command->journal, error ? NULL : &error);
	fdar_replay_reasons_free(command->reasons);
	return error ? fdar_failure(&usage, error) : code;
}

int fdar_cmd_mirror(int argc, char **argv)
{
	struct texts texts = { .clones = 1 };
	g_autofree GOptionEntry *entries = fdar_options_bind(options, sizeof(options), &texts);
	struct command command = { 0 };
	GError *error = NULL;
	int code = FDAR_EXIT_USAGE;

	if (!fdar_options_parse(&usage, entries, &argc, &argv, &code)) {
		texts_clear(&texts);
		return code;
	}
	if (command_read(&command, &texts, argc, &error))
		code = command_run(&command, texts.output);
	else
		code = fdar_usage_error(&usage, "%s", error->message);
	g_clear_error(&error);
	fdar_routes_clear(&command.routes);
	texts_clear(&texts);
	return code;
}
