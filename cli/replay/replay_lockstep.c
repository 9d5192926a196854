#include "cli/replay/replay_lockstep.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/amount.h"
#include "base/file_read.h"
#include "base/target.h"
#include "replay/lockstep/ports.h"

#define ORDER_BYTES_MAX ((gsize)1 << 30)

/* What has no meaning when all goes one by one. */
static gboolean check_others(const struct fdar_replay_texts *texts, GError **error)
{
	const struct {
		const char *option;
		gboolean given;
	} others[] = {
		{ "--mix", texts->mix != NULL },
		{ "--repeat", texts->repeat >= 0 && texts->repeat != 1 },
		{ "--phase", texts->phase != NULL },
		{ "--speed", texts->speed < 1 || texts->speed > 1 },
		{ "--rate", texts->rate > 0 },
		{ "--asap", texts->asap },
		{ "--wait", texts->wait != NULL },
		{ "--duration", texts->duration != NULL },
		{ "--max-lag", texts->max_lag != NULL },
		{ "--concurrency", texts->concurrency > 0 },
		{ "--half-open", texts->half_open },
	};

	for (size_t i = 0; i < G_N_ELEMENTS(others); i++) {
		if (!others[i].given)
			continue;
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "%s does not go with --lockstep, which plays the sessions of one "
			    "capture step by step",
			    others[i].option);
		return FALSE;
	}
	return TRUE;
}

/* Nothing that is read is written over. */
static gboolean check_outputs(const struct fdar_replay_texts *texts, GError **error)
{
	const char *const outputs[] = { texts->order_out, texts->steps_out, texts->output };

	for (size_t i = 0; i < G_N_ELEMENTS(outputs); i++)
		if (!fdar_capture_check_output(&texts->capture, outputs[i], error) ||
		    !fdar_capture_check_other(texts->order, "the order", outputs[i], error) ||
		    !fdar_capture_check_other(texts->rewrite, "the rules", outputs[i], error))
			return FALSE;
	return TRUE;
}

/* What has a meaning only then. */
static gboolean check_alone(const struct fdar_replay_texts *texts, GError **error)
{
	const char *option = texts->order         ? "--order"
			     : texts->order_out   ? "--order-out"
			     : texts->steps_out   ? "--steps-out"
			     : texts->until >= 0  ? "--until"
			     : texts->step        ? "--step"
			     : texts->control     ? "--control"
			     : texts->server_pids ? "--server-pid"
						  : NULL;

	if (option)
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "%s goes only with --lockstep", option);
	return !option;
}

gboolean fdar_replay_lockstep_read(struct fdar_replay_lockstep *lockstep,
				   const struct fdar_usage *usage,
				   const struct fdar_replay_texts *texts, GError **error)
{
	lockstep->usage = usage;
	lockstep->texts = texts;
	lockstep->pids = g_array_new(FALSE, FALSE, sizeof(pid_t));
	lockstep->on = texts->lockstep;
	if (!lockstep->on)
		return check_alone(texts, error);
	if (!check_others(texts, error) || !check_outputs(texts, error))
		return FALSE;
	if (texts->until < -1) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "--until takes a number of steps, from 0");
		return FALSE;
	}
	for (char **text = texts->server_pids; text && *text; text++) {
		guint64 number;
		pid_t pid;

		if (!g_ascii_string_to_unsigned(*text, 10, 1, G_MAXINT, &number, NULL)) {
			g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
				    "--server-pid: \"%s\": expected the number of a process",
				    *text);
			return FALSE;
		}
		pid = (pid_t)number;
		g_array_append_val(lockstep->pids, pid);
	}
	return TRUE;
}

static gboolean on_before(void *user, uint64_t number, const struct fdar_step *step)
{
	struct fdar_replay_lockstep *lockstep = user;

	/* Who looks at the file while the run pauses finds all of it. */
	if (lockstep->steps &&
	    (lockstep->texts->until >= 0 || lockstep->texts->step || lockstep->texts->control))
		fflush(lockstep->steps);
	return fdar_stepper_before(lockstep->stepper, number, step);
}

static void on_after(void *user, const struct fdar_stepped *stepped)
{
	struct fdar_replay_lockstep *lockstep = user;
	const struct fdar_step *step = stepped->step;
	const struct fdar_start *start = &lockstep->order->roles[step->role].start;

	lockstep->started++;
	fdar_stepper_after(lockstep->stepper, stepped);
	if (!lockstep->steps)
		return;
	fprintf(lockstep->steps,
		"{\"format\":" FDAR_JSON_FORMAT ",\"step\":%" G_GUINT64_FORMAT
		",\"what\":\"%s\",\"session\":%u,\"clone\":%u,",
		stepped->number, fdar_step_word((enum fdar_step_kind)step->kind),
		start->script->session->id, start->clone);
	if (step->kind == FDAR_STEP_SEND)
		fprintf(lockstep->steps, "\"message\":%u,\"part\":%u,", step->message, step->part);
	fprintf(lockstep->steps,
		"\"end\":\"%s\",\"sent_bytes\":%" G_GUINT64_FORMAT
		",\"received_bytes\":%" G_GUINT64_FORMAT ",\"begin_ns\":%" G_GUINT64_FORMAT
		",\"end_ns\":%" G_GUINT64_FORMAT "}\n",
		fdar_step_end_text(stepped->end), stepped->sent_bytes, stepped->received_bytes,
		stepped->begin_ns, stepped->end_ns);
}

static void on_stopped(void *user, gboolean stopped)
{
	struct fdar_replay_lockstep *lockstep = user;

	fprintf(stderr, "flowdar %s: %s\n", lockstep->usage->command,
		stopped ? "the server is stopped (a debugger?): so is the run"
			: "the server goes on");
}

/* An earlier run from the same ports may be a moment ago. */
static void await_ports(const struct fdar_replay_lockstep *lockstep,
			const struct fdar_routes *routes, const volatile int *stop)
{
	struct fdar_ports ports = fdar_ports_look(lockstep->queues, lockstep->order, routes);
	g_autofree char *count = fdar_plural(ports.waiting + ports.taken, "client port", NULL);

	if (ports.held) {
		g_autofree char *held = fdar_plural(ports.held, "client port", NULL);
		char first[FDAR_ENDPOINT_TEXT_MAX];

		fprintf(stderr,
			"flowdar %s: a server listens on %s (%s): what comes from there cannot be "
			"played\n",
			lockstep->usage->command, held,
			fdar_endpoint_text(&ports.first_held, first));
	}
	if (!ports.waiting && !ports.taken)
		return;
	fprintf(stderr, "flowdar %s: waiting for %s that %s has not left yet\n",
		lockstep->usage->command, count,
		ports.taken ? "another program" : "an earlier run");
	fdar_ports_await(lockstep->queues, lockstep->order, routes, stop);
}

/* The order of the capture, or the one that is fed; and written down. */
static gboolean make_order(struct fdar_replay_lockstep *lockstep,
			   const struct fdar_plan_input *input, const struct fdar_routes *routes,
			   GError **error)
{
	const struct fdar_replay_texts *texts = lockstep->texts;

	lockstep->order = fdar_order_new(input, routes, error);
	if (!lockstep->order)
		return FALSE;
	if (texts->order) {
		gsize length = 0;
		g_autofree char *text =
			fdar_file_read(texts->order, ORDER_BYTES_MAX, &length, error);

		if (!text || !fdar_order_feed(lockstep->order, text, length, texts->order, error))
			return FALSE;
	}
	return !texts->order_out || fdar_order_write(lockstep->order, texts->order_out, error);
}

/* The server's processes: those that were named, or that listen at one of the targets. */
static gboolean find_server(struct fdar_replay_lockstep *lockstep, const struct fdar_routes *routes,
			    GError **error)
{
	gboolean named = lockstep->pids->len > 0;

	for (size_t i = 0; i < routes->count && !named; i++)
		fdar_threads_find(&routes->routes[i].target, 1, lockstep->pids);
	if (lockstep->pids->len)
		lockstep->watch = fdar_threads_new((const pid_t *)(void *)lockstep->pids->data,
						   lockstep->pids->len);
	if (!lockstep->watch && named) {
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_NOENT,
			    "--server-pid: there is no such process");
		return FALSE;
	}
	if (!lockstep->watch)
		fdar_warning(lockstep->usage,
			     "the server's process is not found (another user's or machine's, or "
			     "not there): steps wait for answers alone, those without one for "
			     "--quiet; --server-pid PID names it");
	lockstep->queues = fdar_queues_new();
	if (!lockstep->queues)
		fdar_warning(lockstep->usage, "this kernel does not tell what a server has not "
					      "read yet (sock_diag): acknowledged has to do");
	return TRUE;
}

gboolean fdar_replay_lockstep_begin(struct fdar_replay_lockstep *lockstep,
				    const struct fdar_plan_input *input,
				    struct fdar_driver_options *driver, const volatile int *stop,
				    GError **error)
{
	const struct fdar_replay_texts *texts = lockstep->texts;
	uint64_t until = texts->step ? 0 : texts->until >= 0 ? (uint64_t)texts->until : UINT64_MAX;
	struct fdar_lockstep_options options = { .quiet_ns = driver->pace.quiet_ns,
						 .patience_ns = driver->pace.timeout_ns,
						 .before = on_before,
						 .after = on_after,
						 .stopped = on_stopped,
						 .user = lockstep };

	if (!make_order(lockstep, input, driver->routes, error) ||
	    !find_server(lockstep, driver->routes, error))
		return FALSE;
	lockstep->stepper = fdar_stepper_new(lockstep->order, until, texts->control, stop, error);
	if (!lockstep->stepper)
		return FALSE;
	if (texts->steps_out) {
		int fd = fdar_target_create(texts->steps_out, O_TRUNC, error);

		lockstep->steps = fd >= 0 ? fdopen(fd, "w") : NULL;
		if (!lockstep->steps)
			return FALSE;
	}
	options.order = lockstep->order;
	options.watch = lockstep->watch;
	options.queues = lockstep->queues;
	lockstep->run = fdar_lockstep_new(&options);
	driver->loop = fdar_lockstep_loop;
	driver->loop_user = lockstep->run;
	if (lockstep->queues)
		await_ports(lockstep, driver->routes, stop);
	return TRUE;
}

gboolean fdar_replay_lockstep_end(struct fdar_replay_lockstep *lockstep, GError **error)
{
	FILE *file = g_steal_pointer(&lockstep->steps);
	gboolean bad;

	if (!file)
		return TRUE;
	bad = ferror(file) != 0;
	bad |= fclose(file) != 0;
	if (bad && error && !*error)
		g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_IO, "%s: %s",
			    lockstep->texts->steps_out, "not all of it could be written");
	return !bad;
}

void fdar_replay_lockstep_figures(const struct fdar_replay_lockstep *lockstep,
				  struct fdar_replay_figure figures[FDAR_REPLAY_LOCKSTEP_FIGURES])
{
	const struct fdar_threads *watch = lockstep->watch;
	const struct fdar_lockstep_totals *steps = fdar_lockstep_totals(lockstep->run);
	const struct fdar_replay_figure all[FDAR_REPLAY_LOCKSTEP_FIGURES] = {
		{ "steps", lockstep->order->count },
		{ "steps_done", lockstep->started },
		{ "steps_settled", steps->ends[FDAR_STEP_SETTLED] },
		{ "steps_unanswered", steps->ends[FDAR_STEP_UNANSWERED] },
		{ "steps_untaken", steps->ends[FDAR_STEP_UNTAKEN] },
		{ "steps_skipped", steps->ends[FDAR_STEP_SKIPPED] },
		{ "steps_ns", steps->steps_ns },
		{ "sessions_unseen", steps->unseen },
		{ "watched_processes", watch ? fdar_threads_processes(watch) : 0 },
		{ "watched_threads", watch ? fdar_threads_count(watch) : 0 },
	};

	memcpy(figures, all, sizeof(all));
}

void fdar_replay_lockstep_print(const struct fdar_replay_lockstep *lockstep)
{
	const struct fdar_lockstep_totals *steps = fdar_lockstep_totals(lockstep->run);
	g_autofree char *done = fdar_format_count(lockstep->started);
	g_autofree char *all = fdar_format_count(lockstep->order->count);
	g_autofree char *rate = fdar_format_count(
		(guint64)((double)lockstep->started * 1e9 / (double)MAX(steps->steps_ns, 1)));

	printf("In lockstep: %s of %s steps, %s a second", done, all, rate);
	for (unsigned end = FDAR_STEP_UNANSWERED; end < FDAR_STEP_ENDS; end++) {
		g_autofree char *count = fdar_format_count(steps->ends[end]);

		if (steps->ends[end])
			printf(", %s %s", count, fdar_step_end_text((enum fdar_step_end)end));
	}
	if (lockstep->watch)
		printf("; watched: %u process%s, %u thread%s.\n",
		       fdar_threads_processes(lockstep->watch),
		       fdar_threads_processes(lockstep->watch) == 1 ? "" : "es",
		       fdar_threads_count(lockstep->watch),
		       fdar_threads_count(lockstep->watch) == 1 ? "" : "s");
	else
		puts("; the server's threads were not watched.");
	if (steps->unseen) {
		g_autofree char *unseen = fdar_format_count(steps->unseen);

		printf("What the server had not read was not seen of %s sessions: their bytes "
		       "count as taken once acknowledged.\n",
		       unseen);
	}
}

void fdar_replay_lockstep_clear(struct fdar_replay_lockstep *lockstep)
{
	fdar_replay_lockstep_end(lockstep, NULL);
	fdar_stepper_free(lockstep->stepper);
	fdar_lockstep_free(lockstep->run);
	fdar_queues_free(lockstep->queues);
	fdar_threads_free(lockstep->watch);
	fdar_order_free(lockstep->order);
	if (lockstep->pids)
		g_array_free(lockstep->pids, TRUE);
}
