#include "pipeline/record.h"

#include <gio/gio.h>
#include <string.h>
#include <sys/utsname.h>

#include "pipeline/keeper.h"
#include "pipeline/record_folder.h"
#include "pipeline/server.h"
#include "pipeline/source.h"
#include "pipeline/strangers.h"
#include "pipeline/tracing.h"

#define STEP_MS     100
#define LOOK_US     500000 /* between two looks at the trace's size and losses */
#define GRACE_NS    (5 * UINT64_C(1000000000))
#define COUNT_BATCH 4096

#define ENDED_DAEMON "session daemon died"
#define ENDED_DISK   "disk full"

static const char *const detail_names[] = { "session", "io", "function", "all" };

/* One run, from the first check to recording.json. */
struct run {
	const struct fd_record_options *options;
	const volatile int *stop;
	fd_record_progress_fn progress;
	void *user;
	struct fd_record_folder folder;
	struct fd_keeper *keeper;
	struct fd_tracing *tracing;
	struct fd_server *server;
	struct fd_tracing_state state;
	gboolean stopped; /* the tracing, not the server */
	struct fd_strangers *strangers;
	struct fd_record_progress now;
	gint64 begin_us, look_us;
	char *started;       /* wall clock, as in the info */
	const char *ended;   /* why, when it was not the server's own end */
	GPtrArray *warnings; /* char * */
	uint64_t events;
	uint64_t said; /* of these, what the server itself said: all but modules and others */
};

gboolean fd_detail_parse(const char *text, enum fd_detail *detail)
{
	for (size_t i = 0; i < G_N_ELEMENTS(detail_names); i++) {
		if (strcmp(text, detail_names[i]) == 0) {
			*detail = (enum fd_detail)i;
			return TRUE;
		}
	}
	return FALSE;
}

const char *fd_detail_name(enum fd_detail detail)
{
	return detail_names[detail];
}

static void warn(struct run *run, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void warn(struct run *run, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_ptr_array_add(run->warnings, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

static void tell(struct run *run, enum fd_record_phase phase)
{
	run->now.phase = phase;
	if (phase != FD_RECORD_COUNTING)
		run->now.elapsed_ns = (uint64_t)(g_get_monotonic_time() - run->begin_us) * 1000;
	if (run->progress)
		run->progress(&run->now, run->user);
}

/* ---- starting ---- */

static gboolean is_power_of_two(uint64_t number)
{
	return number && (number & (number - 1)) == 0;
}

static gboolean check_options(const struct fd_record_options *options, GError **error)
{
	const char *wrong = NULL;

	if (!options->command || !options->command[0])
		wrong = "there is no command to run";
	else if (options->subbuffer_bytes &&
		 (!is_power_of_two(options->subbuffer_bytes) || options->subbuffer_bytes < 4096))
		wrong = "the size of a sub-buffer must be a power of two, 4096 bytes at least";
	else if (options->subbuffer_count &&
		 (!is_power_of_two(options->subbuffer_count) || options->subbuffer_count < 2))
		wrong = "the number of sub-buffers must be a power of two, 2 at least";
	if (wrong)
		g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, wrong);
	return !wrong;
}

static void warn_of_rivals(struct run *run, const char *name)
{
	g_autofree char *rivals = fd_tracing_rivals(name, run->options->detail);

	if (rivals)
		warn(run,
		     "other LTTng sessions recorded the same events (%s): each event costs the "
		     "server as much again",
		     rivals);
}

static gboolean check_room(const struct run *run, GError **error)
{
	if (!fd_record_folder_full(&run->folder))
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "%s: the disk is full",
		    run->folder.path);
	return FALSE;
}

static gboolean begin(struct run *run, GError **error)
{
	g_autofree char *name = fd_tracing_name();
	g_autoptr(GDateTime) wall = NULL;

	if (!check_options(run->options, error) ||
	    !fd_record_folder_make(run->options->output, &run->folder, error) ||
	    !check_room(run, error))
		return FALSE;
	run->keeper = fd_keeper_start(name, error);
	if (!run->keeper)
		return FALSE;
	warn_of_rivals(run, name);
	run->tracing = fd_tracing_start(name, run->folder.trace, run->options, error);
	if (!run->tracing)
		return FALSE;
	wall = g_date_time_new_now_utc();
	run->started = g_date_time_format(wall, "%Y-%m-%dT%H:%M:%SZ");
	run->begin_us = g_get_monotonic_time();
	run->server = fd_server_start(run->options, fd_keeper_pid(run->keeper), error);
	if (!run->server)
		return FALSE;
	run->now.server = fd_server_pid(run->server);
	fd_keeper_watch(run->keeper, run->now.server);
	return TRUE;
}

/* ---- running ---- */

/* Gives why recording cannot go on, or NULL. */
static const char *look(struct run *run)
{
	gint64 now = g_get_monotonic_time();

	if (now - run->look_us < LOOK_US)
		return NULL;
	run->look_us = now;
	run->now.trace_bytes = fd_record_folder_bytes(&run->folder);
	if (fd_record_folder_full(&run->folder))
		return ENDED_DISK;
	if (!fd_tracing_look(run->tracing, &run->state))
		return ENDED_DAEMON;
	run->now.discarded = run->state.discarded;
	tell(run, FD_RECORD_RUNNING);
	return NULL;
}

static gboolean is_over(struct run *run)
{
	uint64_t elapsed_ns = (uint64_t)(g_get_monotonic_time() - run->begin_us) * 1000;

	if (*run->stop)
		run->ended = "interrupted";
	else if (run->options->duration_ns && elapsed_ns >= run->options->duration_ns)
		run->ended = "duration over";
	else
		run->ended = look(run);
	return run->ended != NULL;
}

/* From tracing on to a trace that is whole on disk, and no session of ours left. */
static void stop_tracing(struct run *run)
{
	g_autoptr(GError) error = NULL;

	if (run->stopped)
		return;
	run->stopped = TRUE;
	run->now.elapsed_ns = (uint64_t)(g_get_monotonic_time() - run->begin_us) * 1000;
	if (!fd_tracing_stop(run->tracing, &run->state, &error))
		warn(run, "the end of the trace may be missing: %s", error->message);
	fd_strangers_look(run->strangers, run->state.recorder_pids, run->state.recorders);
	if (fd_tracing_is_stuck(run->tracing))
		fd_keeper_daemon_stuck(run->keeper);
}

/* Until the server ends, or is ended by us. Tracing stops before that: calls that hang are to be open
 * in the trace, and not unwound by the shutdown. */
static void follow(struct run *run)
{
	enum fd_server_state state = FD_SERVER_RUNS, before = state;

	tell(run, FD_RECORD_STARTED);
	while (state != FD_SERVER_ENDED && !is_over(run)) {
		before = state;
		state = fd_server_wait(run->server, STEP_MS);
		fd_strangers_look(run->strangers, run->state.recorder_pids, run->state.recorders);
		if (state == FD_SERVER_IN_BACKGROUND && before != state) {
			warn(run, "the server went to the background; recorded until its last "
				  "process ended");
			tell(run, FD_RECORD_BACKGROUND);
		}
	}
	if (state != FD_SERVER_ENDED) {
		tell(run, FD_RECORD_STOPPING);
		stop_tracing(run);
	}
	fd_server_stop(run->server, run->options->grace_ns ? run->options->grace_ns : GRACE_NS);
	fd_keeper_watch(run->keeper, 0);
}

/* ---- finishing ---- */

static void count_batch(struct run *run, const fd_source *source, const struct fd_event *batch,
			gssize n)
{
	if (run->options->events)
		run->options->events(source, batch, (size_t)n, run->user);
	for (gssize i = 0; i < n; i++) {
		run->events += batch[i].kind != FD_EVENT_THREAD_NAME;
		run->said += batch[i].kind != FD_EVENT_THREAD_NAME &&
			     batch[i].kind != FD_EVENT_MODULE && batch[i].kind != FD_EVENT_OTHER;
	}
	if (g_get_monotonic_time() - run->look_us < LOOK_US)
		return;
	run->look_us = g_get_monotonic_time();
	run->now.counted = run->events;
	tell(run, FD_RECORD_COUNTING);
}

static void take_summary(struct run *run, const fd_source *source)
{
	struct fd_source_summary summary;

	fd_source_get_summary(source, &summary);
	/* LTTng's own count includes what was lost after a stream's last packet. */
	run->state.discarded = MAX(run->state.discarded, summary.discarded);
	run->state.packets_lost = MAX(run->state.packets_lost, summary.packets_lost);
	if (summary.damaged)
		warn(run, "the trace is damaged: %s", summary.damage);
}

/* Reads the trace back. FALSE and error when there is nothing in it that can be read. */
static gboolean count(struct run *run, GError **error)
{
	g_autoptr(fd_source) source = fd_source_open(run->folder.path, error);
	g_autofree struct fd_event *batch = g_new(struct fd_event, COUNT_BATCH);
	gssize n = 0;

	if (!source)
		return FALSE;
	while ((n = fd_source_read(source, batch, COUNT_BATCH, error)) > 0)
		count_batch(run, source, batch, n);
	if (n < 0)
		return FALSE;
	take_summary(run, source);
	return TRUE;
}

static char *describe_host(void)
{
	struct utsname name;

	if (uname(&name) != 0)
		return g_strdup("unknown");
	return g_strdup_printf("%s %s %s %s", name.nodename, name.sysname, name.release,
			       name.machine);
}

static char *describe_end(const struct run *run)
{
	int number = fd_server_signal(run->server);

	if (run->ended)
		return g_strdup(run->ended);
	if (number)
		return g_strdup_printf("server was killed by signal %d (%s)", number,
				       strsignal(number));
	return g_strdup("server exited");
}

static void fill_info(struct run *run, struct fd_recording_info *info)
{
	fd_recording_info_clear(info);
	info->command = g_strdupv((char **)run->options->command);
	info->host = describe_host();
	info->detail = g_strdup(fd_detail_name(run->options->detail));
	info->started = g_strdup(run->started);
	info->duration_ns = run->now.elapsed_ns;
	info->events = run->events;
	info->discarded = run->state.discarded;
	info->packets_lost = run->state.packets_lost;
	info->trace_bytes = fd_record_folder_bytes(&run->folder);
	info->exit_status = fd_server_exit_status(run->server);
	info->ended = describe_end(run);
	info->strangers = fd_strangers_list(run->strangers);
	if (!run->warnings->len)
		return;
	info->warnings = g_new0(char *, run->warnings->len + 1);
	for (guint i = 0; i < run->warnings->len; i++)
		info->warnings[i] = g_strdup(g_ptr_array_index(run->warnings, i));
}

/* Nothing of the server's in the trace: say what may be the reason rather than "empty". */
static gboolean nothing_recorded(struct run *run, GError **error)
{
	g_autofree char *end = describe_end(run);

	if (run->ended &&
	    (strcmp(run->ended, ENDED_DAEMON) == 0 || strcmp(run->ended, ENDED_DISK) == 0))
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			    "nothing was recorded: %s, and nothing that can be read had reached "
			    "the disk",
			    run->ended);
	else
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			    "nothing was recorded (%s): no process loaded flowdar's libraries; "
			    "they do not get into static or set-user-ID programs",
			    end);
	return FALSE;
}

/* Before the events are counted, which takes a while and may be cut short by whoever waits for it. */
static void save_uncounted(struct run *run, struct fd_recording_info *info)
{
	warn(run, "the events were not counted");
	fill_info(run, info);
	fd_recording_info_save(info, run->folder.path, NULL);
	g_ptr_array_set_size(run->warnings, (int)run->warnings->len - 1);
}

static gboolean finish(struct run *run, struct fd_recording_info *info, GError **error)
{
	stop_tracing(run);
	g_clear_pointer(&run->tracing, fd_tracing_free);
	g_clear_pointer(&run->keeper, fd_keeper_done);
	save_uncounted(run, info);
	if (!count(run, NULL) && !run->events)
		return nothing_recorded(run, error);
	if (!run->said)
		warn(run, "no session, wait or function was recorded: the server had nothing to "
			  "do, or has neither flowdar.h nor function hooks in it");
	fill_info(run, info);
	if (fd_recording_info_save(info, run->folder.path, error))
		return TRUE;
	g_prefix_error(error, "the trace is in %s, but ", run->folder.trace);
	return FALSE;
}

static void clear(struct run *run)
{
	fd_tracing_free(run->tracing);
	fd_keeper_done(run->keeper);
	fd_server_free(run->server);
	fd_strangers_free(run->strangers);
	g_ptr_array_unref(run->warnings);
	g_free(run->started);
	fd_record_folder_clear(&run->folder);
}

gboolean fd_record_run(const struct fd_record_options *options, const volatile int *stop,
		       fd_record_progress_fn progress, void *user, struct fd_recording_info *info,
		       GError **error)
{
	struct run run = { .options = options, .stop = stop, .progress = progress, .user = user };
	gboolean ok;

	run.warnings = g_ptr_array_new_with_free_func(g_free);
	run.strangers = fd_strangers_new();
	ok = begin(&run, error);
	if (ok) {
		follow(&run);
		ok = finish(&run, info, error);
	}
	if (!ok)
		fd_recording_info_clear(info);
	g_clear_pointer(&run.tracing, fd_tracing_free);
	if (!ok && !run.events && run.folder.path)
		fd_record_folder_remove(&run.folder);
	clear(&run);
	return ok;
}
