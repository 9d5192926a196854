/* The beginning of a run: what is checked, and what is made in which order. */
#include <gio/gio.h>
#include <string.h>
#include <unistd.h>

#include "pipeline/record/record_run.h"
#include "pipeline/recording/stacks.h"

#define KNOWN_MS      12000
#define KNOWN_STEP_MS 200

/* ---- options ---- */

static gboolean is_power_of_two(uint64_t number)
{
	return number && (number & (number - 1)) == 0;
}

static const char *wrong_server(const struct fdar_record_options *options)
{
	gboolean attach = options->attach_count > 0;

	if (!attach && (!options->command || !options->command[0]))
		return "there is no command to run";
	if (attach && options->command)
		return "either a command is run or processes are attached to, not both";
	if (attach && options->user)
		return "processes that run already keep their user";
	if (attach && options->tls_keys)
		return "the TLS secrets of a server that runs already are out of reach: it has to "
		       "be started with --tls-keys";
	if (attach && options->tracing.lossless)
		return "a server that runs already cannot be recorded lossless: LTTng decides "
		       "when a process starts whether it may be made to wait";
	return NULL;
}

static const char *wrong_mode(const struct fdar_record_options *options)
{
	if (options->tracing.snapshot && options->tracing.lossless)
		return "a snapshot keeps the last events and forgets the others: it cannot be "
		       "lossless";
	if (options->tracing.snapshot && options->tracing.crash_safe)
		return "a snapshot is taken from the buffers while LTTng's daemons run: it cannot "
		       "be crash-safe";
	if (options->tracing.snapshot &&
	    (options->tracing.subbuffer_bytes || options->tracing.subbuffer_count))
		return "the buffers of a snapshot are as large as its memory allows: their size "
		       "cannot be set";
	if (!options->tracing.snapshot && options->trigger_ns)
		return "a trigger is for snapshots";
	if (options->tracing.snapshot && options->sample_hz)
		return "a snapshot has no samples: they are kept from begin to end";
	if (options->tracing.snapshot && options->max_bytes)
		return "the size of a snapshot is that of its memory: there is no maximum to set";
	return NULL;
}

static const char *wrong_detail(const struct fdar_record_options *options)
{
	const struct fdar_control_settings *settings = &options->settings;
	gboolean functions = settings->functions || settings->minimum_ns || settings->depth_max ||
			     settings->budget_ppm;

	if (functions && options->tracing.detail < FDAR_DETAIL_FUNCTION)
		return "functions can be chosen only where they are recorded: with --detail "
		       "function or all";
	if ((settings->io_sessions || settings->io_bytes) &&
	    options->tracing.detail < FDAR_DETAIL_IO)
		return "connections and their bytes are recorded with --detail io, function or "
		       "all";
	return NULL;
}

static const char *wrong_buffers(const struct fdar_record_options *options)
{
	uint64_t bytes = options->tracing.subbuffer_bytes;
	unsigned count = options->tracing.subbuffer_count;

	if (bytes && (!is_power_of_two(bytes) || bytes < 4096))
		return "the size of a sub-buffer must be a power of two, 4096 bytes at least";
	if (count && (!is_power_of_two(count) || count < 2))
		return "the number of sub-buffers must be a power of two, 2 at least";
	/* Measured: below that LTTng's own waiting loses events when threads outnumber CPUs. */
	if (options->tracing.lossless && ((bytes && bytes < 1 << 20) || (count && count < 4)))
		return "lossless needs sub-buffers of 1 MiB at least, 4 at least";
	return NULL;
}

uint64_t fdar_run_buffer_bytes(const struct fdar_record_options *options)
{
	/* Servers that root starts have a second user, as a rule. */
	uint64_t users = getuid() == 0 && !options->user ? 2 : 1;

	return fdar_tracing_buffer_bytes(&options->tracing) * users;
}

uint64_t fdar_run_drain_bytes(const struct fdar_record_options *options)
{
	uint64_t all = fdar_tracing_memory(&options->tracing),
		 buffers = fdar_run_buffer_bytes(options);

	return all > buffers ? all - buffers : 0;
}

static gboolean check_memory(const struct fdar_record_options *options, GError **error)
{
	uint64_t needed = fdar_run_buffer_bytes(options) + FDAR_DRAIN_MEMORY_MIN;
	g_autofree char *buffers =
		g_format_size_full(fdar_run_buffer_bytes(options), G_FORMAT_SIZE_IEC_UNITS);
	g_autofree char *least = g_format_size_full(needed, G_FORMAT_SIZE_IEC_UNITS);

	if (options->tracing.snapshot &&
	    fdar_tracing_memory(&options->tracing) >= FDAR_DRAIN_MEMORY_MIN)
		return TRUE;
	if (!options->tracing.snapshot && fdar_tracing_memory(&options->tracing) >= needed)
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
		    "the memory is too small: LTTng's buffers take %s of it, and %s is the least",
		    buffers, options->tracing.snapshot ? "16.0 MiB" : least);
	return FALSE;
}

gboolean fdar_record_options_check(const struct fdar_record_options *options, GError **error)
{
	const char *wrong = wrong_server(options);

	wrong = wrong ? wrong : wrong_mode(options);
	wrong = wrong ? wrong : wrong_detail(options);
	wrong = wrong ? wrong : wrong_buffers(options);
	if (!wrong)
		return check_memory(options, error);
	g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, wrong);
	return FALSE;
}

/* ---- starting ---- */

static void warn_of_concurrent(struct fdar_run *run)
{
	g_autofree char *concurrent =
		fdar_tracing_concurrent(run->name, run->options->tracing.detail);
	g_autofree char *text = NULL;

	if (!concurrent)
		return;
	text = g_strdup_printf("other LTTng sessions record the same events (%s): each event costs "
			       "the server as much again",
			       concurrent);
	fdar_run_warn(run, "%s", text);
	fdar_run_tell(run, FDAR_RECORD_WARNING, text);
}

static gboolean check_room(const struct fdar_run *run, GError **error)
{
	uint64_t room = fdar_record_memory_room(&run->memory);
	g_autofree char *there = g_format_size_full(room, G_FORMAT_SIZE_IEC_UNITS);

	if (fdar_record_folder_full(&run->folder)) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "%s: the disk is full",
			    run->folder.shown);
		return FALSE;
	}
	if (room >= fdar_tracing_memory(&run->options->tracing))
		return TRUE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_NO_SPACE,
		    "/dev/shm: %s are free there, less than the recorder's memory; give it less "
		    "(--memory), or make room",
		    there);
	return FALSE;
}

/* From a thread of the drain's. */
static void on_pressure(gboolean on, void *user)
{
	struct fdar_run *run = user;

	if (run->options->tracing.lossless) {
		g_atomic_int_set(&run->waiting, on);
		fdar_control_segment_gate(run->control, on);
	}
}

/* Room is left for recording.json. */
static uint64_t disk_bound(const struct fdar_run *run)
{
	uint64_t room = fdar_record_folder_room(&run->folder);
	uint64_t most = room > FDAR_RECORD_FOLDER_ROOM ? room - FDAR_RECORD_FOLDER_ROOM : 1;

	return run->options->max_bytes ? MIN(run->options->max_bytes, most) : most;
}

static gboolean start_drain(struct fdar_run *run, GError **error)
{
	struct fdar_drain_options options = { .memory_bytes = fdar_run_drain_bytes(run->options),
					      .reserve_bytes = fdar_run_buffer_bytes(run->options),
					      .disk_bytes = disk_bound(run),
					      .level = FDAR_DRAIN_LEVEL_ADAPTIVE,
					      .lossless = run->options->tracing.lossless,
					      .pressure = on_pressure,
					      .user = run };

	if (run->options->tracing.snapshot)
		return TRUE;
	run->drain = fdar_drain_start(run->memory.out, run->folder.trace, &options, error);
	return run->drain != NULL;
}

static gboolean start_watchdog(struct fdar_run *run, GError **error)
{
	struct fdar_watchdog_charge charge = { .session = run->name,
					       .memory = run->memory.path,
					       .control = fdar_control_segment_path(run->control),
					       .memory_bytes =
						       fdar_tracing_memory(&run->options->tracing),
					       .folder = run->folder.path,
					       .trace = run->folder.trace,
					       .folder_fd = run->folder.fd,
					       .recover = run->options->tracing.crash_safe,
					       .snapshot = run->options->tracing.snapshot };

	run->watchdog = fdar_watchdog_start(&charge, error);
	return run->watchdog != NULL;
}

/* Calls that are open now are unknown to the libraries. Before these are told: then the return addresses
 * are still the compiler's own. A snapshot is of later. */
static void take_stacks(struct fdar_run *run)
{
	const struct fdar_record_options *options = run->options;
	g_autoptr(fdar_stacks) stacks = NULL;
	g_autoptr(GError) error = NULL;
	g_autofree char *warning = NULL;

	if (options->tracing.snapshot)
		return;
	stacks = fdar_stacks_take(options->attach, options->attach_count, &warning);
	if (warning)
		fdar_run_warn(run, "%s", warning);
	if (stacks->threads->len && !fdar_stacks_save(stacks, run->folder.path, &error))
		fdar_run_warn(run, "the stacks of the server's threads are not kept: %s",
			      error->message);
}

/* A process whose daemon has ended looks for a new one every five seconds. */
static gboolean attach(struct fdar_run *run, const char *control, GError **error)
{
	const struct fdar_record_options *options = run->options;
	gboolean known = FALSE;
	pid_t first;

	take_stacks(run);
	run->attached = fdar_attached_start(options->attach, options->attach_count, control, error);
	if (!run->attached)
		return FALSE;
	first = fdar_attached_first(run->attached);
	for (int waited = 0; !known && waited < KNOWN_MS && !*run->stop; waited += KNOWN_STEP_MS) {
		known = fdar_tracing_knows(run->tracing, &first, 1);
		if (!known)
			g_usleep(KNOWN_STEP_MS * 1000);
	}
	if (!known && !*run->stop)
		fdar_run_tell(run, FDAR_RECORD_WARNING,
			      "LTTng does not see the process yet: what it does until then is not "
			      "recorded");
	run->now.server = first;
	run->begin_us = g_get_monotonic_time();
	fdar_watchdog_watch(run->watchdog, 0);
	return TRUE;
}

/* Beginning now: said when the place is taken, and again when all is ready. */
static gboolean describe(struct fdar_run *run, GError **error)
{
	g_autoptr(GDateTime) wall = g_date_time_new_now_utc();

	g_free(run->started);
	run->started = g_date_time_format(wall, "%Y-%m-%dT%H:%M:%SZ");
	return fdar_run_describe_begin(run, error);
}

static gboolean start_server(struct fdar_run *run, GError **error)
{
	const struct fdar_record_options *options = run->options;
	const struct fdar_server_options server = { .library_dir = options->library_dir,
						    .command = options->command,
						    .user = options->user,
						    .detail = options->tracing.detail,
						    .marks_packed = options->tracing.marks_packed,
						    .lossless = options->tracing.lossless,
						    .tls_keys = run->keys.fd,
						    .tls_keys_path = run->keys.path,
						    .ticks = run->ticks,
						    .tick_hz = options->sample_hz };
	const char *control = fdar_control_segment_path(run->control);
	const pid_t others[] = { fdar_watchdog_pid(run->watchdog),
				 run->unwinder ? fdar_unwinder_pid(run->unwinder) : 0, 0 };

	if (!describe(run, error))
		return FALSE;
	run->begin_us = g_get_monotonic_time();
	fdar_control_segment_switch(run->control, TRUE);
	if (options->attach_count)
		return attach(run, control, error);
	run->server = fdar_server_start(&server, control, others, error);
	if (!run->server)
		return FALSE;
	run->now.server = fdar_server_pid(run->server);
	fdar_watchdog_watch(run->watchdog, run->now.server);
	return TRUE;
}

/* Whoever has that file can read what others captured of these connections: it is said before there is
 * one. */
static gboolean make_keys(struct fdar_run *run, GError **error)
{
	g_autofree char *warning = NULL;

	if (!run->options->tls_keys)
		return TRUE;
	if (!fdar_record_keys_make(&run->folder, &run->keys, error))
		return FALSE;
	warning = g_strdup_printf("the secrets of the server's TLS connections go to %s: whoever "
				  "has it can read what was captured of them",
				  run->keys.path);
	fdar_run_tell(run, FDAR_RECORD_WARNING, warning);
	return TRUE;
}

static gboolean start_unwinder(struct fdar_run *run, GError **error)
{
	if (!run->options->sample_hz)
		return TRUE;
	run->unwinder = fdar_unwinder_start(error);
	return run->unwinder != NULL;
}

/* The watchdog and the unwinder are forked before there are threads. */
static gboolean make_places(struct fdar_run *run, GError **error)
{
	struct fdar_control_settings settings = run->options->settings;

	settings.marks_packed = run->options->tracing.marks_packed;
	settings.calls_off = run->options->tracing.detail < FDAR_DETAIL_FUNCTION;
	run->name = fdar_tracing_name();
	if (!fdar_record_options_check(run->options, error) ||
	    !fdar_record_folder_make(run->options->output, &run->folder, error) ||
	    !describe(run, error) || !fdar_record_memory_make(&run->memory, error) ||
	    !check_room(run, error))
		return FALSE;
	run->control = fdar_control_segment_make(run->memory.path, run->name, &settings, error);
	return run->control != NULL;
}

/* LTTng's own words for a limit that was hit speak of something else. */
static gboolean explain(GError **error)
{
	g_autofree char *limits = fdar_run_limits();
	char *message;

	if (!limits || !error || !*error)
		return FALSE;
	message = g_strconcat((*error)->message, limits, NULL);
	g_free((*error)->message);
	(*error)->message = message;
	return FALSE;
}

gboolean fdar_run_begin(struct fdar_run *run, GError **error)
{
	if (!make_places(run, error))
		return FALSE;
	if (!start_watchdog(run, error))
		return explain(error);
	if (!start_unwinder(run, error))
		return FALSE;
	warn_of_concurrent(run);
	if (!make_keys(run, error))
		return FALSE;
	run->tracing = fdar_tracing_start(run->name, run->memory.out, run->memory.buffers,
					  &run->options->tracing, error);
	if (!run->tracing)
		return explain(error);
	if (!start_drain(run, error))
		return FALSE;
	if (run->options->tracing.snapshot)
		run->snapshots = fdar_snapshots_new(run, error);
	if (run->options->tracing.snapshot && !run->snapshots)
		return FALSE;
	if (!fdar_run_start_samples(run, error) || !start_server(run, error))
		return FALSE;
	run->lasting_warnings = run->warnings->len;
	return TRUE;
}
