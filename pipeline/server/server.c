#include "pipeline/server/server.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "instrument/wire/control.h"
#include "instrument/wire/ticks.h"
#include "instrument/wire/tls_keys.h"
#include "pipeline/server/processes.h"
#include "pipeline/server/traceable.h"
#include "pipeline/server/user.h"

#define SETTLE_MS           200 /* how long a process that stays behind must live to count as the server */
#define STEP_MS             20
#define REGISTER_TIMEOUT_MS "10000" /* a traced process waits so long for the daemon at its start */

#define OTHERS_MAX 4u

struct fdar_server {
	pid_t pid;
	pid_t others[OTHERS_MAX + 1]; /* children that are not the server's; behind them a 0 */
	int pidfd;                    /* -1: none */
	int status;                   /* of waitpid */
	gboolean reaped;              /* pid has ended */
	gboolean settled;             /* what it left behind was looked at */
	gboolean background;
};

/* ---- the environment ---- */

struct library {
	const char *name;
	enum fdar_detail from;
};

enum { PROVIDER, IO, FUNCTIONS };

static const struct library libraries[] = {
	[PROVIDER] = { "libflowdar.so", FDAR_DETAIL_SESSION },
	[IO] = { "libflowdar-io.so", FDAR_DETAIL_IO },
	[FUNCTIONS] = { "libflowdar-functions.so", FDAR_DETAIL_FUNCTION },
};

static const char tls_library[] = "libflowdar-tls.so";
static const char ticks_library[] = "libflowdar-ticks.so";

/* Without the first, forked processes are recorded as their parent, or crash; without the second,
 * servers that close every descriptor abort. */
static const char *const lttng_libraries[] = { "liblttng-ust-fork.so.1", "liblttng-ust-fd.so.1" };

char *fdar_server_missing_library(const char *folder, enum fdar_detail detail)
{
	for (size_t i = 0; i < G_N_ELEMENTS(libraries); i++) {
		g_autofree char *path = g_build_filename(folder, libraries[i].name, NULL);

		if (libraries[i].from <= detail && access(path, R_OK) != 0)
			return g_steal_pointer(&path);
	}
	return NULL;
}

static char *missing_library(const struct fdar_server_options *options)
{
	g_autofree char *tls = g_build_filename(options->library_dir, tls_library, NULL);
	g_autofree char *ticks = g_build_filename(options->library_dir, ticks_library, NULL);

	if (options->ticks && access(ticks, R_OK) != 0)
		return g_steal_pointer(&ticks);
	if (options->tls_keys >= 0 && access(tls, R_OK) != 0)
		return g_steal_pointer(&tls);
	return fdar_server_missing_library(options->library_dir, options->detail);
}

/* LD_PRELOAD knows no quoting: a folder with a space or a colon in its name cannot be in it. */
static gboolean check_folder(const struct fdar_server_options *options, GError **error)
{
	const char *folder = options->library_dir;
	g_autofree char *missing = NULL;

	if (strpbrk(folder, " :")) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED,
			    "%s: libraries cannot be loaded from a folder with a space or colon in "
			    "its name",
			    folder);
		return FALSE;
	}
	missing = missing_library(options);
	if (missing)
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "%s: not there; expected flowdar's libraries in this folder", missing);
	return !missing;
}

static char *preload(const struct fdar_server_options *options)
{
	g_autofree char *first = fdar_traceable_first(options->command[0]);
	const char *folder = options->library_dir;
	GString *text = g_string_new(NULL);
	const char *users = g_getenv("LD_PRELOAD");

	if (first)
		g_string_append_printf(text, "%s:", first);
	for (size_t i = 0; i < G_N_ELEMENTS(lttng_libraries); i++)
		g_string_append_printf(text, "%s%s", i ? ":" : "", lttng_libraries[i]);
	for (size_t i = 0; i < G_N_ELEMENTS(libraries); i++) {
		if (libraries[i].from <= options->detail ||
		    (options->marks_packed && i == FUNCTIONS))
			g_string_append_printf(text, ":%s/%s", folder, libraries[i].name);
	}
	if (options->tls_keys >= 0)
		g_string_append_printf(text, ":%s/%s", folder, tls_library);
	if (options->ticks)
		g_string_append_printf(text, ":%s/%s", folder, ticks_library);
	if (users && *users)
		g_string_append_printf(text, ":%s", users);
	return g_string_free(text, FALSE);
}

/* Where our library finds the file, and the variable that some servers know by themselves; a user's own
 * stays. */
static char **add_tls_keys(const struct fdar_server_options *options, char **environment)
{
	g_autofree char *told = NULL;
	struct stat st;

	if (options->tls_keys < 0 || fstat(options->tls_keys, &st) != 0)
		return environment;
	told = g_strdup_printf(FDAR_TLS_KEYS_FORMAT, options->tls_keys,
			       (unsigned long long)st.st_dev, (unsigned long long)st.st_ino,
			       options->tls_keys_path);
	environment = g_environ_setenv(environment, FDAR_TLS_KEYS_ENV, told, TRUE);
	/* Somebody else cannot open it, and a server may refuse to start over that. */
	return options->user ? environment
			     : g_environ_setenv(environment, "SSLKEYLOGFILE",
						options->tls_keys_path, FALSE);
}

static char **server_environment(const struct fdar_server_options *options, const char *control)
{
	g_autofree char *libs = preload(options);
	g_autofree char *ticks = g_strdup_printf("%u %s", options->tick_hz, options->ticks);
	char **environment = g_environ_setenv(g_get_environ(), "LD_PRELOAD", libs, TRUE);

	environment = options->ticks ? g_environ_setenv(environment, FDAR_TICKS_ENV, ticks, TRUE)
				     : g_environ_unsetenv(environment, FDAR_TICKS_ENV);
	environment = g_environ_setenv(environment, FDAR_CONTROL_ENV, control, TRUE);
	if (options->lossless)
		environment = g_environ_setenv(environment, "LTTNG_UST_ALLOW_BLOCKING", "1", TRUE);
	environment = add_tls_keys(options, environment);
	return g_environ_setenv(environment, "LTTNG_UST_REGISTER_TIMEOUT", REGISTER_TIMEOUT_MS,
				FALSE);
}

/* ---- starting ---- */

/* What the child says when it cannot run the command. */
struct failure {
	int reason; /* errno */
	gboolean of_user;
};

/* A server in a background process group that read the terminal would be stopped. */
static void detach_terminal(void)
{
	int null;

	if (!isatty(STDIN_FILENO))
		return;
	null = open("/dev/null", O_RDONLY);
	if (null > STDIN_FILENO) {
		dup2(null, STDIN_FILENO);
		close(null);
	}
}

/* A service manager that hands sockets over (sd_listen_fds) names the process that is to take them: us,
 * and we pass them on. */
static void pass_sockets(char **environment, pid_t parent)
{
	static char listener[32];
	g_autofree char *ours = g_strdup_printf("LISTEN_PID=%d", (int)parent);

	g_snprintf(listener, sizeof(listener), "LISTEN_PID=%d", (int)getpid());
	for (; *environment; environment++)
		if (strcmp(*environment, ours) == 0)
			*environment = listener;
}

static void exec_server(const struct fdar_server_options *options, const struct fdar_user *user,
			char **environment, pid_t parent, int report)
{
	struct failure failure = { 0 };

	/* A session of its own: the terminal that we were started from is not the server's, whoever it
	 * becomes. (TIOCSTI types into one's own terminal, as whoever reads there: root.) */
	setsid();
	detach_terminal();
	pass_sockets(environment, parent);
	/* All descriptors of ours but this one are closed by exec; those that the user passed on stay. */
	if (options->tls_keys >= 0)
		fcntl(options->tls_keys, F_SETFD, 0);
	fdar_process_reset(-1);
	failure.of_user = !fdar_user_become(user);
	if (!failure.of_user && fdar_process_end_with(parent))
		execvpe(options->command[0], options->command, environment);
	failure.reason = errno;
	if (write(report, &failure, sizeof(failure)) < 0)
		_exit(126);
	_exit(127);
}

/* The pipe closes by itself when the command runs, and brings the reason when it does not. */
static gboolean hear_exec(const struct fdar_server_options *options, int report, GError **error)
{
	struct failure failure;
	ssize_t n;

	do {
		n = read(report, &failure, sizeof(failure));
	} while (n < 0 && errno == EINTR);
	if (n != (ssize_t)sizeof(failure))
		return TRUE;
	g_set_error(error, G_IO_ERROR, (int)g_io_error_from_errno(failure.reason),
		    "cannot %s \"%s\": %s", failure.of_user ? "become" : "run",
		    failure.of_user ? options->user : options->command[0],
		    g_strerror(failure.reason));
	return FALSE;
}

static gboolean spawn(struct fdar_server *server, const struct fdar_server_options *options,
		      const char *control, const struct fdar_user *user, GError **error)
{
	g_auto(GStrv) environment = server_environment(options, control);
	pid_t parent = getpid();
	int ends[2];
	gboolean runs;

	if (pipe2(ends, O_CLOEXEC) != 0 || (server->pid = fork()) < 0) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "cannot start a process: %s",
			    g_strerror(errno));
		return FALSE;
	}
	if (server->pid == 0)
		exec_server(options, user, environment, parent, ends[1]);
	close(ends[1]);
	runs = hear_exec(options, ends[0], error);
	close(ends[0]);
	if (!runs)
		waitpid(server->pid, NULL, 0);
	return runs;
}

struct fdar_server *fdar_server_start(const struct fdar_server_options *options,
				      const char *control, const pid_t *others, GError **error)
{
	struct fdar_server *server;
	struct fdar_user user = { 0 };

	if (!check_folder(options, error) || !fdar_user_find(options->user, &user, error))
		return NULL;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	server = g_new0(struct fdar_server, 1);
	for (guint i = 0; others && others[i] && i < OTHERS_MAX; i++)
		server->others[i] = others[i];
	server->pidfd = -1;
	if (spawn(server, options, control, &user, error))
		server->pidfd = (int)syscall(SYS_pidfd_open, server->pid, 0);
	else
		g_clear_pointer(&server, g_free);
	fdar_user_clear(&user);
	return server;
}

pid_t fdar_server_pid(const struct fdar_server *server)
{
	return server->pid;
}

/* ---- watching ---- */

/* Orphans of the server come to us as well. So would the end of the watchdog, which is noticed by what
 * it does to the tracing session. */
static void reap(struct fdar_server *server)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != server->pid || server->reaped)
			continue;
		server->status = status;
		server->reaped = TRUE;
	}
}

static gboolean is_other(const struct fdar_server *server, pid_t pid)
{
	for (guint i = 0; server->others[i]; i++)
		if (server->others[i] == pid)
			return TRUE;
	return FALSE;
}

/* The server's processes whose parent we are: itself, and orphans of it. The caller frees it. */
static GArray *roots(const struct fdar_server *server)
{
	GArray *children = fdar_processes_children(getpid());

	for (guint i = children->len; i-- > 0;) {
		if (is_other(server, g_array_index(children, pid_t, i)))
			g_array_remove_index_fast(children, i);
	}
	return children;
}

static gboolean any_left(const struct fdar_server *server)
{
	g_autoptr(GArray) left = roots(server);

	return left->len > 0;
}

/* poll(2) passes over descriptors that are negative. */
static void sleep_ms(const struct fdar_server *server, int milliseconds, int also)
{
	struct pollfd ended[] = { { .fd = server->reaped ? -1 : server->pidfd, .events = POLLIN },
				  { .fd = also, .events = POLLIN } };

	poll(ended, G_N_ELEMENTS(ended), milliseconds);
}

/* The started process has ended: what did it leave? Processes that live on for a moment after a good
 * end are a server in the background; after a bad end they are stragglers. */
static void settle(struct fdar_server *server)
{
	gboolean good = WIFEXITED(server->status) && WEXITSTATUS(server->status) == 0;

	for (int waited = 0; waited < SETTLE_MS && any_left(server); waited += STEP_MS) {
		g_usleep(STEP_MS * 1000);
		reap(server);
	}
	server->background = good && any_left(server);
	server->settled = TRUE;
}

enum fdar_server_state fdar_server_wait(struct fdar_server *server, int milliseconds, int also)
{
	reap(server);
	if (!server->reaped || server->background)
		sleep_ms(server, milliseconds, also);
	reap(server);
	if (!server->reaped)
		return FDAR_SERVER_RUNS;
	if (!server->settled)
		settle(server);
	if (!server->background)
		return FDAR_SERVER_ENDED;
	return any_left(server) ? FDAR_SERVER_IN_BACKGROUND : FDAR_SERVER_ENDED;
}

/* ---- ending ---- */

static void signal_roots(const struct fdar_server *server, int number)
{
	g_autoptr(GArray) left = roots(server);

	for (guint i = 0; i < left->len; i++)
		kill(g_array_index(left, pid_t, i), number);
}

static gboolean wait_all(struct fdar_server *server, uint64_t patience_ns)
{
	gint64 until = g_get_monotonic_time() + (gint64)(patience_ns / 1000);

	for (;;) {
		/* A process of several threads is a zombie before it can be reaped. */
		reap(server);
		if (server->reaped && !any_left(server))
			return TRUE;
		if (g_get_monotonic_time() >= until)
			return FALSE;
		g_usleep(STEP_MS * 1000);
	}
}

void fdar_server_stop(struct fdar_server *server, uint64_t grace_ns)
{
	signal_roots(server, SIGTERM);
	if (wait_all(server, grace_ns))
		return;
	/* What we kill may leave orphans of its own, which then come to us. */
	for (int round = 0; round < 100; round++) {
		kill(-server->pid, SIGKILL);
		signal_roots(server, SIGKILL);
		if (wait_all(server, 100 * 1000000))
			return;
	}
}

int fdar_server_signal(const struct fdar_server *server)
{
	return WIFSIGNALED(server->status) ? WTERMSIG(server->status) : 0;
}

int fdar_server_exit_status(const struct fdar_server *server)
{
	if (WIFSIGNALED(server->status))
		return 128 + WTERMSIG(server->status);
	return WIFEXITED(server->status) ? WEXITSTATUS(server->status) : 0;
}

void fdar_server_free(struct fdar_server *server)
{
	if (!server)
		return;
	if (server->pidfd >= 0)
		close(server->pidfd);
	g_free(server);
}
