#include "cli/reduce/trial.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/kit/command.h"
#include "cli/kit/options.h"
#include "cli/reduce/serving.h"
#include "pipeline/server/processes.h"
#include "pipeline/server/usage.h"
#include "replay/play/routes.h"

#define LOOK_MS 20
#define IDLE_US 500000
/* Of the time that a server is looked at: when others had its processor for more of it, what it did in the rest says little. */
#define FREE_LEAST 0.25
#define STOP_US    3000000 /* from SIGTERM to SIGKILL, of who plays */
#define IDLE_TIMES \
	2 /* it is not the same in every second, and a yes that is none is worse than a no */
#define GRACE_NS_MAX ((guint64)600000000000)

/* ---- playing ---- */

gboolean fdar_trial_read_grace(struct fdar_trial_options *options, const char *text, GError **error)
{
	guint64 ns = 0;

	if (!text)
		return TRUE;
	if (!fdar_parse_duration(text, &ns) || ns < 1000000 || ns > GRACE_NS_MAX) {
		g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
			    "--grace: \"%s\": expected a time like 5s, up to 10m", text);
		return FALSE;
	}
	options->grace_ms = (uint32_t)(ns / 1000000);
	return TRUE;
}

gboolean fdar_trial_check_sources(const char *sources, GError **error)
{
	struct fdar_routes routes = { 0 };

	if (!sources || fdar_routes_add_sources(&routes, sources, error))
		return TRUE;
	g_prefix_error(error, "--sources: ");
	return FALSE;
}

gboolean fdar_trial_check_to(const char *to, GError **error)
{
	struct fdar_endpoint endpoint;

	if (!to || fdar_endpoint_parse(to, &endpoint, error))
		return TRUE;
	g_prefix_error(error, "--to: ");
	return FALSE;
}

gboolean fdar_trial_is_loopback(const char *to)
{
	g_autoptr(GSocketConnectable) at = g_network_address_parse(to, 0, NULL);
	const char *host = at ? g_network_address_get_hostname(G_NETWORK_ADDRESS(at)) : "";
	g_autoptr(GInetAddress) address = g_inet_address_new_from_string(host);

	return strcmp(host, "localhost") == 0 ||
	       (address && g_inet_address_get_is_loopback(address));
}

static void add(GPtrArray *arguments, const char *name, char *value)
{
	g_ptr_array_add(arguments, g_strdup(name));
	g_ptr_array_add(arguments, value);
}

static GPtrArray *replay_arguments(const struct fdar_trial_options *options,
				   const struct fdar_trial_play *play, const char *where)
{
	GPtrArray *arguments = g_ptr_array_new_with_free_func(g_free);

	add(arguments, "replay", g_strdup(play->capture));
	for (const char *const *file = play->more; file && *file; file++)
		g_ptr_array_add(arguments, g_strdup(*file));
	/* With a label, so that nothing in the name is taken for one. */
	for (const char *const *file = play->among; file && *file; file++)
		add(arguments, "--mix",
		    g_strdup_printf("%s:label=among,clones=%u", *file, play->among_copies));
	for (const char *const *file = play->then; file && *file; file++)
		add(arguments, "--mix",
		    g_strdup_printf("%s:label=then,clones=%u", *file, play->copies));
	add(arguments, "--to", g_strdup(where));
	add(arguments, "--clones", g_strdup_printf("%u", play->copies));
	/* Said, because --duration alone means as many rounds as fit. */
	add(arguments, "--repeat", g_strdup("1"));
	add(arguments, "--format", g_strdup("json"));
	add(arguments, "--timeout", g_strdup(options->timeout));
	add(arguments, "--max-lag", g_strdup("0"));
	/* Whatever the rate: within a session nothing is waited for but answers. */
	if (play->rate) {
		add(arguments, "--rate", g_strdup_printf("%u", play->rate));
		add(arguments, "--speed", g_strdup("1000000000"));
	} else if (options->speed || play->timed)
		add(arguments, "--speed", g_strdup(options->speed ? options->speed : "1"));
	else
		g_ptr_array_add(arguments, g_strdup("--asap"));
	if (options->client_pace)
		g_ptr_array_add(arguments, g_strdup("--client-pace"));
	if (options->sources)
		add(arguments, "--sources", g_strdup(options->sources));
	if (play->one_by_one || play->then)
		add(arguments, "--concurrency", g_strdup("1"));
	else if (play->at_once)
		add(arguments, "--concurrency", g_strdup_printf("%u", play->at_once));
	else if (options->concurrency)
		add(arguments, "--concurrency", g_strdup(options->concurrency));
	if (play->limit_ns)
		add(arguments, "--duration",
		    g_strdup_printf("%" G_GUINT64_FORMAT "ms", play->limit_ns / 1000000 + 1));
	if (play->journal)
		add(arguments, "--output", g_strdup(play->journal));
	g_ptr_array_add(arguments, NULL);
	return arguments;
}

/* What there was when a play began. */
struct since {
	struct fdar_usage_of_tree usage;
	gint64 us;
};

static struct since since_now(const struct fdar_serving *server)
{
	return (struct since){ fdar_usage_below(server->pid), g_get_monotonic_time() };
}

/* How long it could work since then: what it does by the clock it does less often while others have its processor. */
static double free_ns(const struct since *since, const struct fdar_usage_of_tree *now)
{
	uint64_t waited = now->waited_ns - MIN(now->waited_ns, since->usage.waited_ns);

	return MAX((double)(g_get_monotonic_time() - since->us) * 1000 - (double)waited, 0);
}

/* What it has taken for itself. */
static uint64_t idle_ns(double share, const struct since *since,
			const struct fdar_usage_of_tree *now)
{
	return (uint64_t)(IDLE_TIMES * share * free_ns(since, now));
}

/* Whether it has taken so much for others. */
static gboolean has_used(const struct fdar_trial_options *options,
			 const struct fdar_serving *server, const struct since *since,
			 uint64_t enough_ns)
{
	struct fdar_usage_of_tree now = fdar_usage_below(server->pid);

	return now.cpu_ns >=
	       since->usage.cpu_ns + enough_ns + idle_ns(options->idle_share, since, &now);
}

/* A child and all that it has started: a shell ends without its command. */
static void end_below(pid_t child, int number)
{
	g_autoptr(GArray) pids = fdar_processes_below(child);

	kill(child, number);
	for (guint i = 0; i < pids->len; i++)
		kill(g_array_index(pids, pid_t, i), number);
}

/* Waits for a child of ours; a server that ends meanwhile is noticed, and reaped. Once the server
 * has used enough_ns (0: any amount) of processor, and what it takes for itself, the child is asked to end, and *enough
 * (may be NULL) is TRUE. When everything is to stop it is ended with all below it. */
static int await(const struct fdar_trial_options *options, struct fdar_serving *server, pid_t child,
		 const struct since *since, uint64_t enough_ns, gboolean *enough)
{
	gint64 stopped_us = 0;
	int status = 0;

	while (!fdar_process_wait(child, LOOK_MS, &status)) {
		if (options->stop && *options->stop && !stopped_us) {
			stopped_us = g_get_monotonic_time();
			end_below(child, SIGTERM);
		}
		if (stopped_us && g_get_monotonic_time() > stopped_us + STOP_US)
			end_below(child, SIGKILL);
		if (server->pid > 0 && !fdar_serving_has_ended(server) && enough_ns &&
		    has_used(options, server, since, enough_ns)) {
			kill(child, SIGTERM);
			enough_ns = 0;
			if (enough)
				*enough = TRUE;
		}
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int play_it(const struct fdar_trial_options *options, const struct fdar_trial_play *play,
		   struct fdar_serving *server, const char *said, const struct since *since,
		   gboolean *enough, GError **error)
{
	g_autoptr(GPtrArray) arguments = replay_arguments(options, play, server->where);
	pid_t player = fdar_serving_fork(error);

	if (player == 0) {
		fdar_serving_redirect(said, server->log);
		if (play->player)
			_exit(play->player(play->user, server->where));
		_exit(options->replay((int)arguments->len - 1, (char **)arguments->pdata));
	}
	return player > 0 ? await(options, server, player, since, play->enough_cpu_ns, enough) : -1;
}

static double number(JsonObject *row, const char *name)
{
	return json_object_has_member(row, name) ? json_object_get_double_member(row, name) : 0;
}

/* Those that are cut had begun, as many as were open at once; what never began does not count. */
static double played(JsonObject *row)
{
	return number(row, "sessions") - number(row, "not_replayable") - number(row, "refused") -
	       number(row, "local_error") - number(row, "stopped") +
	       MIN(number(row, "stopped"), number(row, "most_active")) / 2;
}

/* What replay --format json says of its capture, and of those that were played along, or together with it. */
static gboolean read_said(const char *path, const struct fdar_trial_play *play,
			  struct fdar_trial *trial)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	gboolean together = play->then != NULL;
	JsonArray *rows;
	JsonObject *row;
	JsonNode *root;

	if (!json_parser_load_from_file(parser, path, NULL))
		return FALSE;
	root = json_parser_get_root(parser);
	if (!root || !JSON_NODE_HOLDS_OBJECT(root) ||
	    !json_object_has_member(json_node_get_object(root), "replay"))
		return FALSE;
	rows = json_object_get_array_member(json_node_get_object(root), "replay");
	if (!rows || !json_array_get_length(rows))
		return FALSE;
	row = json_array_get_object_element(rows, 0);
	trial->ok = (uint64_t)number(row, "ok");
	trial->timeouts = (uint64_t)number(row, "timeout");
	trial->asked = (uint64_t)(number(row, "sessions") - number(row, "not_replayable"));
	trial->sessions = played(row);
	for (guint i = 1; i < json_array_get_length(rows); i++) {
		JsonObject *other = json_array_get_object_element(rows, i);

		trial->cut = trial->cut || number(other, "stopped") > 0;
		*(together ? &trial->sessions : &trial->others) += played(other);
		trial->timeouts += together ? (uint64_t)number(other, "timeout") : 0;
	}
	trial->cut = trial->cut || number(row, "stopped") > 0;
	trial->elapsed_ns = (uint64_t)number(row, "elapsed_ns");
	trial->p50_ns = number(row, play->answered_only ? "service_p50_ns" : "waited_p50_ns");
	trial->p90_ns = number(row, play->answered_only ? "service_p90_ns" : "waited_p90_ns");
	trial->p99_ns = number(row, play->answered_only ? "service_p99_ns" : "waited_p99_ns");
	return TRUE;
}

static void measure(const struct fdar_trial_options *options, const struct fdar_serving *server,
		    const struct since *since, struct fdar_trial *trial)
{
	struct fdar_usage_of_tree after = { 0 };
	uint64_t from_ns;

	trial->crashed = server->ended;
	trial->status = server->status;
	if (!server->ended)
		after = fdar_usage_below(server->pid);
	from_ns = since->usage.cpu_ns + idle_ns(options->idle_share, since, &after);
	trial->cpu_ns = after.cpu_ns > from_ns ? after.cpu_ns - from_ns : 0;
	trial->memory_bytes =
		server->ended ? 0
			      : (int64_t)after.memory_bytes - (int64_t)since->usage.memory_bytes;
}

static gboolean play_and_measure(const struct fdar_trial_options *options,
				 const struct fdar_trial_play *play, struct fdar_serving *server,
				 struct fdar_trial *trial, GError **error)
{
	g_autofree char *said = g_build_filename(options->directory, "replay.json", NULL);
	struct since since = since_now(server);
	g_autofree char *words = NULL;
	gboolean enough = FALSE, fine;
	int code;

	g_unlink(said);
	code = play_it(options, play, server, said, &since, &enough, error);
	fdar_serving_has_ended(server);
	measure(options, server, &since, trial);
	if (code < 0 || fdar_serving_stopped(options, error))
		return FALSE;
	fine = read_said(said, play, trial);
	/* What has used enough is known, whatever the others would have done. */
	trial->cut = !enough && (play->player ? code == FDAR_EXIT_LIMIT : trial->cut);
	if ((fine && trial->sessions > 0) || trial->crashed)
		return TRUE;
	words = fdar_serving_last_words(server);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "nothing could be played at %s%s",
		    server->where, words);
	return FALSE;
}

gboolean fdar_trial_run(const struct fdar_trial_options *options,
			const struct fdar_trial_play *play, struct fdar_trial *result,
			GError **error)
{
	struct fdar_serving server;
	gboolean fine;

	*result = (struct fdar_trial){ .asked = 0 };
	fine = fdar_serving_begin(options, &server, error) &&
	       play_and_measure(options, play, &server, result, error);
	result->killed = fdar_serving_end(options, &server);
	return fine;
}

gboolean fdar_trial_idle(const struct fdar_trial_options *options, double *share, GError **error)
{
	struct fdar_serving server;
	struct since since = { .us = 0 };
	struct fdar_usage_of_tree now;
	gboolean fine = fdar_serving_begin(options, &server, error);
	double free = 0;

	*share = 0;
	if (fine)
		since = since_now(&server);
	while (fine && g_get_monotonic_time() < since.us + IDLE_US &&
	       !fdar_serving_has_ended(&server)) {
		fine = !fdar_serving_stopped(options, error);
		g_usleep(LOOK_MS * 1000);
	}
	if (fine && !server.ended) {
		now = fdar_usage_below(server.pid);
		free = MAX(free_ns(&since, &now),
			   (double)(g_get_monotonic_time() - since.us) * 1000 * FREE_LEAST);
		if (now.cpu_ns > since.usage.cpu_ns)
			*share = (double)(now.cpu_ns - since.usage.cpu_ns) / free;
	}
	fdar_serving_end(options, &server);
	return fine;
}

/* ---- a command of the user's ---- */

static char *fill_in(const char *command, const struct fdar_trial_play *play, const char *where)
{
	g_autofree char *capture = g_shell_quote(play->capture);
	g_autofree char *to = g_shell_quote(where ? where : "");
	g_autofree char *copies = g_strdup_printf("%u", play->copies);
	GString *text = g_string_new(command);

	/* The names in braces first: {} may be part of what is put in. */
	g_string_replace(text, "{copies}", copies, 0);
	g_string_replace(text, "{to}", to, 0);
	g_string_replace(text, "{}", capture, 0);
	return g_string_free(text, FALSE);
}

int fdar_trial_at(const struct fdar_trial_options *options,
		  int (*player)(void *user, const char *where), void *user, GError **error)
{
	g_autofree char *log = g_build_filename(options->directory, "test.log", NULL);
	struct fdar_serving server;
	int code = -1;

	if (fdar_serving_begin(options, &server, error)) {
		pid_t child = fdar_serving_fork(error);

		if (child == 0) {
			g_unlink(log);
			fdar_serving_redirect(NULL, log);
			_exit(player(user, server.where));
		}
		code = child > 0 ? await(options, &server, child, NULL, 0, NULL) : -1;
		if (fdar_serving_stopped(options, error))
			code = -1;
	}
	fdar_serving_end(options, &server);
	return code;
}

/* What a shell is asked. */
struct asked {
	const char *command;
	const struct fdar_trial_play *play;
};

static int ask_shell(void *user, const char *where)
{
	const struct asked *asked = user;
	g_autofree char *line = fill_in(asked->command, asked->play, where);

	close_range(3, ~0U, 0);
	execl("/bin/sh", "sh", "-c", line, (char *)NULL);
	return 126;
}

int fdar_trial_command(const struct fdar_trial_options *options, const char *command,
		       const struct fdar_trial_play *play, GError **error)
{
	struct asked asked = { command, play };

	return fdar_trial_at(options, ask_shell, &asked, error);
}
