#include "cli/record/record_view.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/record/player.h"
#include "cli/record/record_options.h"
#include "base/amount.h"
#include "base/show.h"
#include "cli/kit/help.h"
#include "cli/kit/prose.h"
#include "cli/kit/table.h"
#include "cli/kit/terminal.h"
#include "pipeline/server/listening.h"

/* ---- meanwhile ---- */

void fdar_record_view_clear(struct fdar_record_view *view)
{
	if (view->line)
		fputs("\r\033[K", stderr);
	view->line = FALSE;
}

/* What cannot be asked of it, before somebody asks. */
static void say_io_alone(void)
{
	g_autoptr(GString) text = g_string_new(NULL);

	fdar_prose_set(text,
		       "--io alone tells who came, what was read and written and where threads "
		       "waited, and infers whose time it was between; which functions that was, "
		       "--sample or a rebuild (flowdar cc) would say\n",
		       fdar_help_width(stderr));
	fputs(text->str, stderr);
}

/* The most important first: what the terminal has no room for is left out. */
static void show_running(const struct fdar_record_progress *progress)
{
	g_autofree char *events = fdar_format_count((guint64)progress->events_per_s);
	g_autofree char *in = g_format_size((guint64)progress->memory_bytes_per_s);
	g_autofree char *out = g_format_size((guint64)progress->disk_bytes_per_s);
	g_autofree char *memory = g_format_size(progress->memory_bytes);
	g_autofree char *disk = g_format_size(progress->trace_bytes);
	g_autofree char *lost = fdar_format_count(progress->discarded + progress->dropped);
	g_autofree char *sessions = fdar_plural(progress->sessions, "session", NULL);
	g_autofree char *all = g_strdup_printf(
		"%.0f s|, %s|, %s lost|%s|, %s events/s|, memory %s (%s/s)|, disk %s (%s/s)",
		(double)progress->elapsed_ns / 1e9, sessions, lost,
		progress->waiting ? ", THE SERVER WAITS" : "", events, memory, in, disk, out);
	g_auto(GStrv) parts = g_strsplit(all, "|", -1);
	g_autoptr(GString) line = g_string_new(parts[0]);
	gsize width = fdar_terminal_width(stderr);

	for (char **part = parts + 1; *part; part++) {
		if ((gsize)g_utf8_strlen(line->str, -1) + (gsize)g_utf8_strlen(*part, -1) >=
		    (width ? width : 80))
			break;
		g_string_append(line, *part);
	}
	fprintf(stderr, "\r%s\033[K", line->str);
}

static void show_line(struct fdar_record_view *view, const struct fdar_record_progress *progress)
{
	g_autofree char *counted = fdar_format_count(progress->counted);

	if (!view->terminal || !fdar_terminal_is_ours())
		return;
	if (progress->phase == FDAR_RECORD_COUNTING)
		fprintf(stderr, "\rreading it back: %s events\033[K", counted);
	else if (progress->phase == FDAR_RECORD_DRAINING)
		fprintf(stderr, "\rwriting what is in memory\033[K");
	else if (view->played)
		return; /* the player has the line */
	else
		show_running(progress);
	fflush(stderr);
	view->line = TRUE;
}

void fdar_record_view_progress(struct fdar_record_view *view,
			       const struct fdar_record_progress *progress)
{
	g_autofree char *server = fdar_show(view->server);
	g_autofree char *output = fdar_show(view->output);
	g_autofree char *text = fdar_show(progress->text ? progress->text : "");

	if (progress->phase == FDAR_RECORD_WARNING) {
		fdar_record_view_clear(view);
		fdar_warning(&fdar_record_usage, "%s", progress->text);
	}
	if (view->quiet)
		return;
	switch (progress->phase) {
	case FDAR_RECORD_WARNING:
		break;
	case FDAR_RECORD_STARTED:
		fprintf(stderr, "recording %s (pid %d) into %s; Ctrl-C stops it\n", server,
			(int)progress->server, output);
		if (view->io_alone)
			say_io_alone();
		break;
	case FDAR_RECORD_BACKGROUND:
		fdar_record_view_clear(view);
		fprintf(stderr,
			"%s went to the background; recording until its last process ends\n",
			server);
		break;
	case FDAR_RECORD_SNAPSHOT:
		fdar_record_view_clear(view);
		fprintf(stderr, "snapshot: %s\n", text);
		break;
	case FDAR_RECORD_STOPPING:
		fdar_record_view_clear(view);
		fprintf(stderr, view->attached ? "stopping; %s goes on\n" : "stopping %s\n",
			server);
		break;
	default:
		show_line(view, progress);
	}
}

/* ---- at the end ---- */

static void report_losses(const struct fdar_record_view *view,
			  const struct fdar_recording_info *info)
{
	g_autofree char *lost = fdar_format_count(info->discarded);
	g_autofree char *dropped = fdar_format_count(info->dropped);
	g_autofree char *packets = fdar_format_count(info->packets_lost);
	double all = (double)info->events + (double)info->discarded + (double)info->dropped;

	if (info->discarded)
		fdar_warning(
			&fdar_record_usage,
			"%s EVENTS WERE LOST (%.3g %%): the buffers were full; try %s, or less "
			"--detail",
			lost, 100 * (double)info->discarded / all,
			view->lossless ? "a larger --subbuf-size"
				       : "a larger --subbuf-count, --lossless");
	if (info->dropped && (strcmp(info->ended, "maximum size reached") == 0 ||
			      strcmp(info->ended, "disk full") == 0))
		fdar_warning(&fdar_record_usage, "%s events that came after that are not in it: %s",
			     dropped, info->ended);
	else if (info->dropped)
		fdar_warning(&fdar_record_usage,
			     "%s EVENTS WERE DROPPED (%.3g %%): the memory was full; try a larger "
			     "--memory, --lossless, or less --detail",
			     dropped, 100 * (double)info->dropped / all);
	if (info->packets_lost)
		fdar_warning(&fdar_record_usage, "%s PACKETS OF EVENTS WERE LOST", packets);
}

/* Where and when, the largest first: a line each for the first few. */
static void report_places(const struct fdar_recording_info *info)
{
	for (guint i = 0; info->losses && i < MIN(info->losses->len, 3); i++) {
		const struct fdar_recording_loss *loss =
			&g_array_index(info->losses, struct fdar_recording_loss, i);
		g_autoptr(GDateTime) when =
			g_date_time_new_from_unix_utc((gint64)(loss->begin_ns / 1000000000));
		g_autofree char *time = when ? g_date_time_format(when, "%H:%M:%S") : NULL;
		g_autofree char *events = fdar_format_count(loss->events);
		g_autofree char *span =
			fdar_format_duration((double)(loss->end_ns - loss->begin_ns));

		fprintf(stderr, "  %s of stream %s, within %s after %s UTC\n", events, loss->stream,
			span, time ? time : "?");
	}
	if (info->losses && info->losses->len > 3)
		fprintf(stderr, "  and in %u other places: see \"losses\" in recording.json\n",
			info->losses->len - 3);
}

static void report_calls(const struct fdar_recording_info *info)
{
	g_autofree char *calls = fdar_plural(info->calls, "call", NULL);
	g_autofree char *skipped = fdar_format_count(info->calls_skipped);
	g_autofree char *lost = fdar_format_count(info->calls_lost);
	g_autofree char *off = fdar_format_count(info->budget_off);
	g_autofree char *seen = fdar_format_count(info->functions_seen);

	if (info->calls || info->calls_skipped)
		fprintf(stderr, "%s recorded to %s end", calls, info->calls == 1 ? "its" : "their");
	if (info->calls_skipped)
		fprintf(stderr, ", %s shorter ones counted", skipped);
	if (info->calls || info->calls_skipped)
		fputs("\n", stderr);
	if (info->budget_off)
		fprintf(stderr, "%s of %s functions were switched off to keep to the budget\n", off,
			seen);
	if (info->calls_lost)
		fdar_warning(&fdar_record_usage, "%s calls are missing", lost);
}

/* What the server's libraries had counted and the trace does not have. */
static void report_missing(const struct fdar_recording_info *info)
{
	g_autofree char *calls = fdar_format_count(info->calls_missing);
	g_autofree char *of = fdar_format_count(info->calls);
	g_autofree char *events = fdar_format_count(info->events_missing);

	if (info->calls_missing)
		fdar_warning(
			&fdar_record_usage,
			"%s OF %s CALLS ARE MISSING: the server's libraries counted them, and they "
			"are not in the trace",
			calls, of);
	if (info->events_missing)
		fdar_warning(
			&fdar_record_usage,
			"%s EVENTS ARE MISSING: the server's libraries counted them, and they are "
			"not in the trace",
			events);
}

/* For the first line: all that is known to be missing, in as few words. The caller frees it. */
static char *losses_text(const struct fdar_recording_info *info)
{
	const struct {
		uint64_t count;
		const char *what;
	} losses[] = {
		{ info->discarded + info->dropped, "events lost" },
		{ info->packets_lost, "packets lost" },
		{ info->events_missing, "events missing" },
		{ info->calls_missing, "calls missing" },
		{ info->calls_lost, "calls not recorded" },
		{ info->processes_silent, "processes not recorded" },
		{ info->processes_late, "processes recorded late" },
		{ info->processes_killed, "processes cut short" },
	};
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < G_N_ELEMENTS(losses); i++) {
		g_autofree char *count = fdar_format_count(losses[i].count);

		if (losses[i].count)
			g_string_append_printf(text, ", %s %s", count, losses[i].what);
	}
	/* A snapshot never is all there was. */
	if (!text->len && !info->snapshot && fdar_recording_info_whole(info))
		g_string_append(text, ", none lost");
	return g_string_free(text, FALSE);
}

/* Where a player was to play and never did, the player says so. */
static gboolean is_unplayed(const struct fdar_record_view *view)
{
	g_autofree char *journal =
		view->played && view->output ? fdar_player_journal(view->output) : NULL;

	return journal && !g_file_test(journal, G_FILE_TEST_EXISTS);
}

/* "24 sessions were played at 127.0.0.1:8080", as the player's journal has it, which is a line a session; *who
 * listens there now, the server having ended: NULL if nobody, or nobody knows. The caller frees both. */
static char *played_text(const struct fdar_record_view *view, char **who)
{
	static const char key[] = "\"server\":\"";
	g_autofree char *journal = view->output ? fdar_player_journal(view->output) : NULL;
	g_autofree char *content = NULL, *sessions = NULL, *where = NULL;
	guint64 lines = 0;
	const char *at, *end;

	if (!journal || !g_file_get_contents(journal, &content, NULL, NULL) ||
	    !(at = strstr(content, key)) || !(end = strchr(at + strlen(key), '"')))
		return g_strdup("sessions were played");
	at += strlen(key);
	where = g_strndup(at, (gsize)(end - at));
	at = strrchr(where, ':');
	*who = at ? fdar_listening_who((unsigned)g_ascii_strtoull(at + 1, NULL, 10)) : NULL;
	for (at = content; (at = strchr(at, '\n')); at++)
		lines++;
	sessions = fdar_plural(lines, "session was", "sessions were");
	return g_strdup_printf("%s played at %s", sessions, where);
}

/* A server to which nobody came is the wrong one, or one that does not say who comes. */
static void report_nobody(const struct fdar_record_view *view,
			  const struct fdar_recording_info *info)
{
	if (view->sessions || info->died || info->snapshot || is_unplayed(view))
		return;
	if (view->played) {
		g_autofree char *who = NULL, *played = played_text(view, &who);

		if (who)
			fdar_warning(&fdar_record_usage,
				     "%s, but the recorded server got none: %s listens there",
				     played, who);
		else
			fdar_warning(&fdar_record_usage, "%s, but the recorded server %s", played,
				     view->io ? "got none: does it listen there?"
					      : "told of none: it does not listen there, or it is "
						"not marked (with --io the connections it accepts "
						"are sessions)");
	} else if (view->io)
		fdar_warning(&fdar_record_usage,
			     "nobody connected to the server while it was recorded");
}

/* Nobody told it to. */
static gboolean is_by_itself(const struct fdar_recording_info *info)
{
	return strcmp(info->ended, FDAR_RECORDING_EXITED) == 0 ||
	       g_str_has_prefix(info->ended, FDAR_RECORDING_SIGNALLED);
}

char *fdar_record_view_server(const struct fdar_recording_info *info)
{
	int status = info->exit_status;

	if (!status || is_by_itself(info))
		return g_strdup_printf("the server's exit status is %d", status);
	if (status == 128 + SIGTERM || status == 128 + SIGINT)
		return g_strdup("the server ended when it was told to");
	if (status == 128 + SIGKILL)
		return g_strdup("the server did not end when it was told to, and was killed");
	return g_strdup_printf("the server ended with status %d when it was told to", status);
}

void fdar_record_view_report(struct fdar_record_view *view, const char *dir,
			     const struct fdar_recording_info *info)
{
	g_autofree char *events = fdar_plural(info->events, "event", NULL);
	g_autofree char *sessions = fdar_plural(view->sessions, "session", NULL);
	g_autofree char *bytes = g_format_size(info->trace_bytes);
	g_autofree char *duration = fdar_format_duration((double)info->duration_ns);
	g_autofree char *lost = losses_text(info);
	g_autofree char *server = fdar_record_view_server(info);
	g_autofree char *shown = fdar_show(dir);

	fdar_record_view_clear(view);
	for (char **warning = info->warnings; warning && *warning; warning++)
		fdar_warning(&fdar_record_usage, "%s", *warning);
	report_losses(view, info);
	report_missing(info);
	report_places(info);
	report_nobody(view, info);
	if (view->quiet)
		return;
	report_calls(info);
	fprintf(stderr, "%s %s of %s in %s, %s%s: %s", info->snapshot ? "kept" : "recorded", events,
		sessions, duration, bytes, lost, info->snapshot ? shown : info->ended);
	fprintf(stderr, info->exit_status ? "; %s\n" : "\n", server);
	if (view->io && view->sessions && !view->sampled && !view->io_alone && !info->calls &&
	    !info->calls_skipped)
		say_io_alone();
	if (!info->died && !is_unplayed(view))
		fprintf(stderr, "next: flowdar analyze %s, or flowdar diff BASELINE %s\n", shown,
			shown);
}
