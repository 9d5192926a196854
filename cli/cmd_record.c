/* flowdar record: runs a server and keeps what it says. */
#include <errno.h>
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyze/symbols/symbols.h"
#include "cli/kit/command.h"
#include "cli/kit/interrupt.h"
#include "cli/kit/paths.h"
#include "cli/record/player.h"
#include "cli/record/record_options.h"
#include "cli/record/record_play.h"
#include "cli/record/record_view.h"
#include "cli/record/sessions_seen.h"
#include "pipeline/record/record.h"
#include "pipeline/source/source.h"
#include "pipeline/server/processes.h"
#include "pipeline/server/traceable.h"
#include "pipeline/recording/manifest.h"

struct session {
	struct fdar_record_view view;
	struct fdar_symbols *symbols; /* of the binaries whose functions were called */
	struct fdar_sessions_seen *seen;
	const volatile int *player; /* enum fdar_player_end; NULL: nothing is played by us */
};

static void on_progress(const struct fdar_record_progress *progress, void *user)
{
	struct session *session = user;

	fdar_record_view_progress(&session->view, progress);
}

static const char *on_stopped(void *user)
{
	static const char *const why[] = { [FDAR_PLAYER_NOT_YET] = NULL,
					   [FDAR_PLAYER_PLAYED] = "capture played",
					   [FDAR_PLAYER_FAILED] = "player failed" };
	const struct session *session = user;

	return session->player ? why[*session->player] : NULL;
}

/* ---- the names of functions, for other machines ---- */

static void on_events(const struct fdar_source *source, const struct fdar_event *batch,
		      size_t count, void *user)
{
	struct session *session = user;

	for (size_t i = 0; i < count; i++) {
		const struct fdar_event *event = &batch[i];

		if (event->kind == FDAR_EVENT_MODULE)
			fdar_symbols_add_module(session->symbols, event->pid, event->module.base,
						event->module.size_bytes,
						fdar_source_text(source, event->module.path),
						event->module.build_id);
		else if (event->kind == FDAR_EVENT_FUNC_ENTRY || event->kind == FDAR_EVENT_SWITCHED)
			fdar_symbols_lookup(session->symbols, event->pid, event->func.function);
		else
			fdar_sessions_seen_add(session->seen, event);
	}
}

/* dir is a name for programs. */
static void warn_of(const char *dir, const char *shown, const char *what, const GError *error)
{
	g_auto(GStrv) parts = g_strsplit(error->message, dir, -1);
	g_autofree char *message = g_strjoinv(shown, parts);

	fdar_warning(&fdar_record_usage, "%s: %s", what, message);
}

static void save_symbols(struct session *session, const char *dir, const char *shown)
{
	g_autofree char *folder = g_build_filename(dir, "symbols", NULL);
	g_autoptr(GError) error = NULL;

	if (!fdar_symbols_save(session->symbols, folder, &error))
		warn_of(dir, shown, "names of functions were not kept", error);
}

/* The last that is written: what it is, for whoever reads it. */
static void on_done(const char *dir, const char *shown, const struct fdar_recording_info *info,
		    void *user)
{
	struct session *session = user;
	g_autoptr(GError) error = NULL;

	save_symbols(session, dir, shown);
	session->view.sessions = fdar_sessions_seen_count(session->seen);
	if (!fdar_manifest_write(dir, info->streams, &error))
		warn_of(dir, shown, "there is no manifest", error);
	if (info->snapshot)
		fdar_record_view_report(&session->view, shown, info);
	/* The next one is of other processes, perhaps, and is read from its beginning. */
	fdar_symbols_free(session->symbols);
	session->symbols = fdar_symbols_new(NULL);
	fdar_sessions_seen_free(session->seen);
	session->seen = fdar_sessions_seen_new();
}

/* ---- the command ---- */

/* Better before a long recording than after it. What cannot be looked at, running it will tell. */
static void warn_of_untraceable(const struct fdar_record_options *options)
{
	g_autofree char *reason = NULL;

	if (options->command)
		reason = fdar_traceable_check(options->command[0], options->user, NULL);
	if (reason)
		fdar_warning(&fdar_record_usage, "%s", reason);
}

/* What the exit status says: see the help. */
static int outcome(const struct fdar_record_options *options,
		   const struct fdar_recording_info *info, gboolean interrupted)
{
	if (options->tracing.lossless && !fdar_recording_info_whole(info)) {
		fdar_warning(&fdar_record_usage,
			     "not lossless: the recording is good, but not whole");
		return FDAR_EXIT_FAILED;
	}
	if (info->died)
		return FDAR_EXIT_FAILED;
	return interrupted ? FDAR_EXIT_INTERRUPTED : FDAR_EXIT_OK;
}

static int run(const struct fdar_record_options *options, struct session *session)
{
	const volatile int *stop = fdar_interrupt_catch();
	struct fdar_recording_info info = { 0 };
	GError *error = NULL;
	gboolean ok = fdar_record_run(options, stop, on_progress, session, &info, &error);
	int code;

	fdar_record_view_clear(&session->view);
	if (!ok)
		return fdar_failure(&fdar_record_usage, error);
	if (!options->tracing.snapshot)
		fdar_record_view_report(&session->view, session->view.output, &info);
	code = outcome(options, &info, *stop != 0);
	fdar_recording_info_clear(&info);
	return code;
}

static int record(char *const *command, const struct fdar_record_texts *texts,
		  const volatile int *player)
{
	g_autofree char *libraries = fdar_library_dir();
	struct fdar_record_choice choice = { 0 };
	struct session session = { .view = { .output = texts->output,
					     .server = command[0] ? command[0] : "the server",
					     .attached = texts->attach != NULL,
					     .lossless = texts->lossless,
					     .quiet = texts->quiet,
					     .io = texts->io,
					     .played = texts->play != NULL,
					     .sampled = texts->sample != NULL,
					     .io_alone =
						     texts->io && !texts->sample && !texts->detail,
					     .terminal = isatty(STDERR_FILENO) },
				   .player = player };
	g_autoptr(GError) error = NULL;
	int code;

	if (!fdar_record_choose(texts, command, &choice, &error)) {
		fdar_record_choice_clear(&choice);
		return fdar_usage_error(&fdar_record_usage, "%s", error->message);
	}
	choice.options.library_dir = libraries;
	choice.options.events = on_events;
	choice.options.done = on_done;
	choice.options.why = on_stopped;
	if (choice.options.tracing.snapshot)
		choice.options.snapshots_wanted = fdar_interrupt_count_asks();
	warn_of_untraceable(&choice.options);
	session.symbols = fdar_symbols_new(NULL);
	session.seen = fdar_sessions_seen_new();
	code = run(&choice.options, &session);
	fdar_symbols_free(session.symbols);
	fdar_sessions_seen_free(session.seen);
	fdar_record_choice_clear(&choice);
	return code;
}

/* With --play the recorder is a child of this process, which plays: see player.h. */
static int record_played(char *const *command, const struct fdar_record_texts *texts,
			 guint64 wait_ns)
{
	volatile int *end =
		mmap(NULL, sizeof(*end), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const struct fdar_player player = { .usage = &fdar_record_usage,
					    .capture = texts->play,
					    .label = texts->label,
					    .to = texts->to,
					    .clones = texts->clones,
					    .sources = texts->sources,
					    .client_pace = texts->client_pace,
					    .output = texts->output,
					    .quiet = texts->quiet,
					    .wait_ns = wait_ns,
					    .replay = fdar_cmd_replay,
					    .end = end };
	pid_t player_pid = getpid(), recorder = -1;

	fflush(NULL);
	if (end != MAP_FAILED)
		recorder = fork();
	if (recorder == 0) {
		int code;

		/* Nobody would end it any more: it ends as after Ctrl-C, with what was recorded. */
		if (!fdar_process_end_with(player_pid))
			_exit(FDAR_EXIT_FAILED);
		code = record(command, texts, end);

		fflush(NULL);
		_exit(code);
	}
	if (recorder < 0)
		return fdar_failure(&fdar_record_usage,
				    g_error_new(G_IO_ERROR, (gint)g_io_error_from_errno(errno),
						"fork: %s", g_strerror(errno)));
	return fdar_player_run(&player, recorder);
}

int fdar_cmd_record(int argc, char **argv)
{
	struct fdar_record_texts texts = { 0 };
	g_autoptr(GError) error = NULL;
	guint64 wait_ns;
	int code = FDAR_EXIT_OK;

	if (fdar_record_texts_parse(&texts, &argc, &argv, &code)) {
		if (!fdar_record_check_play(&texts, &wait_ns, &error))
			code = fdar_usage_error(&fdar_record_usage, "%s", error->message);
		else if (texts.play && texts.output && argc > 1)
			code = record_played(argv + 1, &texts, wait_ns);
		else
			code = record(argv + 1, &texts, NULL);
	}
	fdar_record_texts_clear(&texts);
	return code;
}
