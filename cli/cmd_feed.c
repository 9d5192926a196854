/* flowdar feed: a server that reads a capture in the place of a network. */
#include <errno.h>
#include <gio/gio.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <unistd.h>

#include "cli/kit/command.h"
#include "cli/kit/options.h"
#include "cli/kit/paths.h"
#include "cli/replay/capture_options.h"
#include "instrument/wire/feed.h"
#include "replay/feed/feed_file.h"

#define LIBRARY     "libflowdar-feed.so"
#define PATIENCE_NS ((guint64)300000000000)

static const struct fdar_usage usage = {
	.command = "feed",
	.synopsis = "CAPTURE... [OPTIONS] -- SERVER ARGUMENT ...",
	.description =
		"Runs a server that is fed from a capture: there is no network. A library that is "
		"loaded into it\n"
		"answers its calls on TCP sockets: connections, what their clients say and when "
		"they close come\n"
		"from the capture, one step after the other; what the server says is read away. "
		"The "
		"next step\n"
		"comes when all of the server waits. Its threads run one at a time, its clocks "
		"show "
		"the capture's\n"
		"time, and chance (/dev/urandom, getrandom) is the same: every run is, also under "
		"a "
		"debugger,\n"
		"under valgrind, and when it is recorded. When the capture is over the server gets "
		"SIGTERM.\n"
		"\n"
		"One process, in the foreground. What it cannot feed it refuses, and says what: "
		"sessions of UDP and\n"
		"TLS, servers that fork, connect to others, copy sockets, or use io_uring.\n"
		"\n"
		"Exit status: the server's; 3 when it does what cannot be fed, or works for ever; "
		"1 when it does not "
		"start.\n",
	.examples = "  flowdar feed small.pcap -- ./server --port 8080\n"
		    "  flowdar feed small.pcap -- gdb --args ./server --port 8080\n"
		    "  flowdar feed small.pcap -- valgrind ./server --port 8080\n"
		    "  flowdar record -o fed -- flowdar feed small.pcap -- ./server --port 8080\n"
		    "  flowdar feed small.pcap -- nginx -g 'daemon off; master_process off;'\n",
};

struct texts {
	gboolean real_time, leave_out;
	char *patience;
	guint64 patience_ns;
	struct fdar_capture_texts capture;
};

#define AT(field) ((gpointer)offsetof(struct texts, field))

static const GOptionEntry table[] = {
	{ "real-time", 0, 0, G_OPTION_ARG_NONE, AT(real_time),
	  "Leave the server's clocks alone; its time-outs are still those of the capture's time",
	  NULL },
	{ "leave-out", 0, 0, G_OPTION_ARG_NONE, AT(leave_out),
	  "Leave out sessions that cannot be fed, instead of refusing the capture", NULL },
	{ "patience", 0, 0, G_OPTION_ARG_STRING, AT(patience),
	  "End a server that takes so much processor time for one step; 5m is the default, 0 is "
	  "any",
	  "TIME" },
	{ "filter", 0, 0, G_OPTION_ARG_STRING, AT(capture.filter), FDAR_CAPTURE_FILTER_HELP,
	  "EXPRESSION" },
	{ "server", 0, 0, G_OPTION_ARG_STRING_ARRAY, AT(capture.servers), FDAR_CAPTURE_SERVER_HELP,
	  "PORT" },
	G_OPTION_ENTRY_NULL,
};

static gboolean fail(GError **error, const char *text)
{
	g_set_error_literal(error, G_IO_ERROR, G_IO_ERROR_FAILED, text);
	return FALSE;
}

/* What is left out is told, or refused. */
static gboolean check(const struct fdar_feed_counts *counts, const struct texts *texts,
		      const char *path, GError **error)
{
	g_autofree char *left = NULL;

	if (!counts->connections) {
		left = g_strdup_printf("%s: not one session of it can be fed", path);
		return fail(error, left);
	}
	if (!counts->datagrams && !counts->sealed && !counts->unfit)
		return TRUE;
	left = g_strdup_printf("%s: sessions that cannot be fed: %u of UDP, %u of TLS, %u that "
			       "cannot be played",
			       path, counts->datagrams, counts->sealed, counts->unfit);
	if (texts->leave_out) {
		fdar_warning(&usage, "%s; they are left out", left);
		return TRUE;
	}
	g_set_error(error, G_IO_ERROR, G_IO_ERROR_FAILED, "%s; --leave-out goes on without them",
		    left);
	return FALSE;
}

/* The steps in a file in memory; -1 and error. */
static int make_file(const struct texts *texts, const struct fdar_load_options *load,
		     const char *path, GError **error)
{
	struct fdar_sessions *sessions = fdar_sessions_load(path, load, error);
	struct fdar_scripts *scripts;
	struct fdar_feed_counts counts;
	int fd = -1;

	if (!sessions)
		return -1;
	if (fdar_sessions_damage(sessions))
		fdar_warning(&usage, "%s; what came before it is fed",
			     fdar_sessions_damage(sessions));
	scripts = fdar_scripts_new(sessions, FALSE);
	fdar_feed_count(scripts, &counts);
	if (check(&counts, texts, path, error)) {
		fd = memfd_create("feed", 0);
		if (fd < 0) {
			g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(errno),
				    "no memory for what is fed: %s", g_strerror(errno));
		} else if (!fdar_feed_write(scripts, texts->real_time, fd, error)) {
			close(fd);
			fd = -1;
		}
	}
	fdar_scripts_free(scripts);
	fdar_sessions_free(sessions);
	return fd;
}

static gboolean set_preload(GError **error)
{
	g_autofree char *folder = fdar_library_dir();
	g_autofree char *library = g_build_filename(folder, LIBRARY, NULL);
	const char *others = g_getenv("LD_PRELOAD");
	g_autofree char *all = NULL;

	if (!g_file_test(library, G_FILE_TEST_EXISTS) || strpbrk(library, " :")) {
		g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
			    "%s: is not there, or has a space or colon in its name", library);
		return FALSE;
	}
	/* Behind those of a recorder, so that these see a server like any other. */
	all = others && *others ? g_strconcat(others, ":", library, NULL) : g_strdup(library);
	g_setenv("LD_PRELOAD", all, TRUE);
	return TRUE;
}

static int start(int fd, char **server, guint64 patience_ns)
{
	g_autofree char *patience =
		g_strdup_printf("%" G_GUINT64_FORMAT, (patience_ns + 999999) / 1000000);
	g_autofree char *number = g_strdup_printf("%d", fd);
	g_autofree char *process = g_strdup_printf("%d", (int)getpid());
	GError *error = NULL;

	if (!set_preload(&error))
		return fdar_failure(&usage, error);
	g_setenv(FDAR_FEED_ENV, number, TRUE);
	g_setenv(FDAR_FEED_PROCESS_ENV, process, TRUE);
	g_setenv(FDAR_FEED_PATIENCE_ENV, patience, TRUE);
	/* Addresses are the same in every run, and whatever depends on them. Not everywhere allowed. */
	personality(ADDR_NO_RANDOMIZE);
	execvp(server[0], server);
	return fdar_failure(&usage, g_error_new(G_IO_ERROR, (gint)g_io_error_from_errno(errno),
						"%s: cannot be executed: %s", server[0],
						g_strerror(errno)));
}

static int run(struct texts *texts, int argc, char **argv, char **server)
{
	struct fdar_load_options load = { 0 };
	GError *error = NULL;
	int fd;

	if (texts->patience && !fdar_parse_duration(texts->patience, &texts->patience_ns))
		return fdar_usage_error(&usage, "--patience: \"%s\": expected a time like 5m",
					texts->patience);
	if (!server || !server[0])
		return fdar_usage_error(&usage,
					"the server's command is missing: give it after --");
	if (!fdar_capture_options_read(&texts->capture, argc, argv, &load.capture,
				       &load.server_ports, &error)) {
		int code = fdar_usage_error(&usage, "%s", error->message);

		g_error_free(error);
		return code;
	}
	fd = make_file(texts, &load, argv[1], &error);
	return fd < 0 ? fdar_failure(&usage, error) : start(fd, server, texts->patience_ns);
}

/* Where the options end: what follows is the server's. GLib takes the "--" away in some cases. */
static char **split_off_server(int *argc, char **argv)
{
	for (int i = 1; i < *argc; i++)
		if (strcmp(argv[i], "--") == 0) {
			*argc = i;
			argv[i] = NULL;
			return argv + i + 1;
		}
	return NULL;
}

int fdar_cmd_feed(int argc, char **argv)
{
	struct texts texts = { .patience_ns = PATIENCE_NS };
	g_autofree GOptionEntry *entries = fdar_options_bind(table, sizeof(table), &texts);
	char **server = split_off_server(&argc, argv);
	int code = FDAR_EXIT_OK;

	if (fdar_options_parse(&usage, entries, &argc, &argv, &code))
		code = run(&texts, argc, argv, server);
	g_free(texts.patience);
	fdar_capture_texts_clear(&texts.capture);
	return code;
}
