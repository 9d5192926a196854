#include "cli/reduce/trial.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/kit/command.h"
#include "pipeline/server/listening.h"
#include "pipeline/server/processes.h"
#include "pipeline/server/usage.h"
#include "replay/lockstep/threads.h"
#include "replay/play/routes.h"

#define LOOK_US  3000
#define LOOK_MS  20
#define GRACE_MS 500
#define FREE_MS  2000
#define REST_MS  2000

/* A server that runs. */
struct running {
	pid_t pid;
	gboolean ended; /* and reaped */
	int status;
	char *where;
	char *log;
};

/* ---- processes ---- */

/* Between fork and exec or a command: output goes to files, nothing comes in. */
static void redirect(const char *out, const char *log)
{
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int errors = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	int output = out ? open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : errors;

	if (in < 0 || errors < 0 || output < 0 || dup2(in, 0) < 0 || dup2(output, 1) < 0 ||
	    dup2(errors, 2) < 0)
		_exit(126);
}

static pid_t fork_child(GError **error)
{
	pid_t pid = fork();

	if (pid < 0)
		g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno), "fork: %s",
			    g_strerror(errno));
	return pid;
}

static gboolean start(const struct fdar_trial_options *options, struct running *server,
		      GError **error)
{
	g_unlink(server->log);
	server->pid = fork_child(error);
	if (server->pid == 0) {
		setsid();
		fdar_process_reset(-1);
		redirect(NULL, server->log);
		close_range(3, ~0U, 0);
		execvp(options->server[0], options->server);
		_exit(127);
	}
	return server->pid > 0;
}

static gboolean has_ended(struct running *server)
{
	if (!server->ended && waitpid(server->pid, &server->status, WNOHANG) == server->pid)
		server->ended = TRUE;
	return server->ended;
}

/* Whether somebody listens there: nobody else can be given the address then. */
static gboolean is_taken(const char *where)
{
	g_autoptr(GSocketConnectable) at = g_network_address_parse(where, 0, NULL);
	g_autoptr(GSocketAddress) address = NULL;
	g_autoptr(GSocket) socket = NULL;
	g_autoptr(GError) error = NULL;

	if (at)
		address = g_inet_socket_address_new_from_string(
			g_network_address_get_hostname(G_NETWORK_ADDRESS(at)),
			g_network_address_get_port(G_NETWORK_ADDRESS(at)));
	if (address)
		socket = g_socket_new(g_socket_address_get_family(address), G_SOCKET_TYPE_STREAM,
				      G_SOCKET_PROTOCOL_DEFAULT, NULL);
	return socket && !g_socket_bind(socket, address, TRUE, &error) &&
	       g_error_matches(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
}

static void end(const struct fdar_trial_options *options, struct running *server)
{
	gint64 until_us;

	if (server->pid > 0) {
		if (!server->ended)
			fdar_process_end(server->pid,
					 options->grace_ms ? (int)options->grace_ms : GRACE_MS);
		/* What it left behind: the group is its own. */
		kill(-server->pid, SIGKILL);
	}
	/* Its workers die a little later, and the next trial may need the port. */
	until_us = g_get_monotonic_time() + FREE_MS * 1000;
	while (server->where && !options->to && g_get_monotonic_time() < until_us &&
	       is_taken(server->where))
		g_usleep(LOOK_US);
	g_free(server->where);
	g_free(server->log);
}

/* ---- starting ---- */

/* The log's last line, for an error. The caller frees it. */
static char *last_words(const struct running *server)
{
	g_autofree char *log = NULL;
	g_auto(GStrv) lines = NULL;
	guint count;

	if (!g_file_get_contents(server->log, &log, NULL, NULL))
		return g_strdup("");
	g_strchomp(log);
	lines = g_strsplit(log, "\n", -1);
	count = g_strv_length(lines);
	if (!count || !lines[count - 1][0])
		return g_strdup("");
	return g_strdup_printf(": \"%.200s\"", lines[count - 1]);
}

static gboolean fail_start(const struct running *server, const char *command, GError **error)
{
	g_autofree char *words = last_words(server);

	if (WIFEXITED(server->status) && WEXITSTATUS(server->status) == 127)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "%s: cannot be executed%s",
			    command, words);
	else
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			    "%s ended before it listened, with status %d%s; a server must stay in "
			    "the foreground",
			    command,
			    WIFEXITED(server->status) ? WEXITSTATUS(server->status)
						      : 128 + WTERMSIG(server->status),
			    words);
	return FALSE;
}

static gboolean stopped(const struct fdar_trial_options *options, GError **error)
{
	if (!options->stop || !*options->stop)
		return FALSE;
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "interrupted");
	return TRUE;
}

/* A server may listen before it can answer, while it reads its data: until all of its threads wait, in two looks, one
 * after the other. Not for long: some never do. */
static void wait_until_it_rests(const struct fdar_trial_options *options, struct running *server)
{
	gint64 until_us = g_get_monotonic_time() + REST_MS * 1000;
	struct fdar_threads *watch = fdar_threads_new(&server->pid, 1);
	unsigned rests = 0;

	while (watch && rests < 2 && g_get_monotonic_time() < until_us && !has_ended(server) &&
	       !(options->stop && *options->stop)) {
		rests = fdar_threads_look(watch) == FDAR_REST_WAITING ? rests + 1 : 0;
		g_usleep(LOOK_US);
	}
	fdar_threads_free(watch);
}

static gboolean wait_until_it_listens(const struct fdar_trial_options *options,
				      struct running *server, GError **error)
{
	gint64 until_us = g_get_monotonic_time() + (gint64)(options->wait_ns / 1000);

	while (g_get_monotonic_time() < until_us) {
		if (stopped(options, error))
			return FALSE;
		if (has_ended(server))
			return fail_start(server, options->server[0], error);
		server->where = fdar_listening_below(getpid());
		if (server->where) {
			if (options->to) {
				g_free(server->where);
				server->where = g_strdup(options->to);
			}
			wait_until_it_rests(options, server);
			return TRUE;
		}
		g_usleep(LOOK_US);
	}
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
		    "%s did not listen on any port for %.0f s", options->server[0],
		    (double)options->wait_ns / 1e9);
	return FALSE;
}

static gboolean begin(const struct fdar_trial_options *options, struct running *server,
		      GError **error)
{
	*server =
		(struct running){ .log = g_build_filename(options->directory, "server.log", NULL) };
	if (!options->server || !options->server[0])
		return TRUE;
	return start(options, server, error) && wait_until_it_listens(options, server, error);
}

/* ---- playing ---- */

gboolean fdar_trial_check_sources(const char *sources, GError **error)
{
	struct fdar_routes routes = { 0 };

	return !sources || fdar_routes_add_sources(&routes, sources, error);
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
	add(arguments, "--to", g_strdup(where));
	add(arguments, "--clones", g_strdup_printf("%u", play->copies));
	/* Said, because --duration alone means as many rounds as fit. */
	add(arguments, "--repeat", g_strdup("1"));
	add(arguments, "--format", g_strdup("json"));
	add(arguments, "--timeout", g_strdup(options->timeout));
	add(arguments, "--max-lag", g_strdup("0"));
	if (options->speed || play->timed)
		add(arguments, "--speed", g_strdup(options->speed ? options->speed : "1"));
	else
		g_ptr_array_add(arguments, g_strdup("--asap"));
	if (options->sources)
		add(arguments, "--sources", g_strdup(options->sources));
	if (play->one_by_one)
		add(arguments, "--concurrency", g_strdup("1"));
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

/* Waits for a child of ours; a server that ends meanwhile is noticed, and reaped. Once the server
 * has used up to_ns (0: any amount) of processor the child is asked to end. */
static int await(struct running *server, pid_t child, uint64_t to_ns)
{
	int status = 0;

	while (!fdar_process_wait(child, LOOK_MS, &status)) {
		if (server->pid > 0 && !has_ended(server) && to_ns &&
		    fdar_usage_below(server->pid).cpu_ns >= to_ns) {
			kill(child, SIGTERM);
			to_ns = 0;
		}
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int play_it(const struct fdar_trial_options *options, const struct fdar_trial_play *play,
		   struct running *server, const char *said, uint64_t to_ns, GError **error)
{
	g_autoptr(GPtrArray) arguments = replay_arguments(options, play, server->where);
	pid_t player = fork_child(error);

	if (player == 0) {
		fdar_process_reset(-1);
		redirect(said, server->log);
		if (play->player)
			_exit(play->player(play->user, server->where));
		_exit(options->replay((int)arguments->len - 1, (char **)arguments->pdata));
	}
	return player > 0 ? await(server, player, to_ns) : -1;
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

/* What replay --format json says of its capture, and of those that were played along. */
static gboolean read_said(const char *path, struct fdar_trial *trial)
{
	g_autoptr(JsonParser) parser = json_parser_new();
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
	for (guint i = 1; i < json_array_get_length(rows); i++)
		trial->others += played(json_array_get_object_element(rows, i));
	trial->elapsed_ns = (uint64_t)number(row, "elapsed_ns");
	trial->p50_ns = number(row, "service_p50_ns");
	trial->p90_ns = number(row, "service_p90_ns");
	trial->p99_ns = number(row, "service_p99_ns");
	return TRUE;
}

static void measure(const struct running *server, const struct fdar_usage_of_tree *before,
		    struct fdar_trial *trial)
{
	struct fdar_usage_of_tree after = { 0 };

	trial->crashed = server->ended;
	trial->status = server->status;
	if (!server->ended)
		after = fdar_usage_below(server->pid);
	trial->cpu_ns = after.cpu_ns > before->cpu_ns ? after.cpu_ns - before->cpu_ns : 0;
	trial->memory_bytes =
		server->ended ? 0 : (int64_t)after.memory_bytes - (int64_t)before->memory_bytes;
}

static gboolean play_and_measure(const struct fdar_trial_options *options,
				 const struct fdar_trial_play *play, struct running *server,
				 struct fdar_trial *trial, GError **error)
{
	g_autofree char *said = g_build_filename(options->directory, "replay.json", NULL);
	struct fdar_usage_of_tree before = fdar_usage_below(server->pid);
	g_autofree char *words = NULL;
	int code;

	g_unlink(said);
	code = play_it(options, play, server, said,
		       play->enough_cpu_ns ? before.cpu_ns + play->enough_cpu_ns : 0, error);
	has_ended(server);
	measure(server, &before, trial);
	if (code < 0 || stopped(options, error))
		return FALSE;
	if (read_said(said, trial) && (trial->sessions > 0 || trial->crashed))
		return TRUE;
	if (trial->crashed)
		return TRUE;
	words = last_words(server);
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "nothing could be played at %s%s",
		    server->where, words);
	return FALSE;
}

gboolean fdar_trial_run(const struct fdar_trial_options *options,
			const struct fdar_trial_play *play, struct fdar_trial *result,
			GError **error)
{
	struct running server;
	gboolean fine;

	*result = (struct fdar_trial){ .asked = 0 };
	fine = begin(options, &server, error) &&
	       play_and_measure(options, play, &server, result, error);
	end(options, &server);
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
	struct running server;
	int code = -1;

	if (begin(options, &server, error)) {
		pid_t child = fork_child(error);

		if (child == 0) {
			fdar_process_reset(-1);
			g_unlink(log);
			redirect(NULL, log);
			_exit(player(user, server.where));
		}
		code = child > 0 ? await(&server, child, 0) : -1;
		if (stopped(options, error))
			code = -1;
	}
	end(options, &server);
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
