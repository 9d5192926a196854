/*
 * The server that is recorded: started with flowdar's libraries in it, watched, and made to end.
 *
 * Place in the house: inside pipeline/, under record.c. The server gets a process group of its own,
 * so that Ctrl-C reaches the recorder alone, which then ends it politely. This process becomes the
 * reaper of all its descendants (PR_SET_CHILD_SUBREAPER): a server that goes to the background is
 * followed until its last process is gone. While there is a struct fdar_server, every child of this
 * process that ends is reaped here.
 */
#ifndef FDAR_PIPELINE_SERVER_SERVER_H
#define FDAR_PIPELINE_SERVER_SERVER_H

#include <glib.h>
#include <stdint.h>
#include <sys/types.h>

#include "pipeline/recording/detail.h"

struct fdar_server;

/* What is started, and what it is to say. */
struct fdar_server_options {
	const char *library_dir; /* where flowdar's preload libraries are */
	char *const *command;    /* NULL-terminated argv */
	const char *user;        /* run the command as this user; NULL: as who we are */
	enum fdar_detail detail;
	gboolean marks_packed; /* libflowdar-functions.so packs them, whatever the detail */
	gboolean lossless;     /* it waits when there is no room for an event */
	int tls_keys; /* open for appending: the server writes its TLS secrets there; or -1 */
	const char *tls_keys_path; /* the same file, as the server may open it */
	const char *ticks; /* where its processes put samples of themselves; NULL: they take none */
	unsigned tick_hz;
};

enum fdar_server_state {
	FDAR_SERVER_RUNS,
	FDAR_SERVER_IN_BACKGROUND, /* what was started has ended well, but left processes that run on */
	FDAR_SERVER_ENDED
};

/* The libraries that have to be in folder for the detail; NULL when they are all there, else the
 * path of the first one that is missing. The caller frees it. */
char *fdar_server_missing_library(const char *folder, enum fdar_detail detail);

/* Starts the command. control: the path of its control segment. others: children of this process that are
 * none of the server's (the watchdog), behind them a 0; NULL: there are none. NULL and error when a library
 * is missing, the user is not known or may not be taken on, or the command cannot be executed: the message
 * names it. */
struct fdar_server *fdar_server_start(const struct fdar_server_options *options,
				      const char *control, const pid_t *others, GError **error);

pid_t fdar_server_pid(const struct fdar_server *server);

/* Waits up to milliseconds for something to happen, also for the descriptor also (-1: none) to be readable,
 * then says how things are. Comes back early on a signal. */
enum fdar_server_state fdar_server_wait(struct fdar_server *server, int milliseconds, int also);

/* SIGTERM to what runs, grace_ns of patience, SIGKILL to whatever is left, all of it reaped. Also
 * ends stragglers of a server that has ended by itself. */
void fdar_server_stop(struct fdar_server *server, uint64_t grace_ns);

/* Of the process that was started, as a shell gives it: code, or 128 + signal; valid once it has
 * ended. */
int fdar_server_exit_status(const struct fdar_server *server);

/* The signal that ended it, 0 when it exited by itself. */
int fdar_server_signal(const struct fdar_server *server);

/* Does not end anything. NULL is allowed. */
void fdar_server_free(struct fdar_server *server);

#endif
