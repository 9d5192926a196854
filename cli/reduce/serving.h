/*
 * Serving: the server of a trial, started anew or reset.
 *
 * Place in the house: below trial.h, whose options it has. A server is started in a session of its own, without
 * flowdar's libraries, with its output in a log; it has to stay in the foreground. It is ready when it listens and all
 * its threads wait (two seconds for that at most). It ends by SIGTERM; what it has started gets one, too, a quarter of a
 * second later, and at the end SIGKILL, also what has left its process group.
 *
 * With a reset command the server stays from trial to trial: the command is run before each of them. A server that has
 * ended, or does not come to rest within two seconds after the command, is started anew.
 */
#ifndef FDAR_CLI_REDUCE_SERVING_H
#define FDAR_CLI_REDUCE_SERVING_H

#include <glib.h>
#include <sys/types.h>

struct fdar_trial_options;

/* A server that runs; zeros for none. */
struct fdar_serving {
	pid_t pid;
	gboolean ended; /* and reaped */
	int status;
	char *where;
	char *log;
};

/* Starts it (nothing without a command), or takes the one that is kept and resets it. FALSE and error: it cannot be
 * started, does not listen, or the reset fails. fdar_serving_end is called in any case. */
gboolean fdar_serving_begin(const struct fdar_trial_options *options, struct fdar_serving *server,
			    GError **error);
gboolean fdar_serving_has_ended(struct fdar_serving *server);

/* Ends it, or keeps it for the next trial. TRUE: it had to be killed. */
gboolean fdar_serving_end(const struct fdar_trial_options *options, struct fdar_serving *server);

/* Ends the one that is kept, if there is one: after the last trial. */
void fdar_serving_drop(const struct fdar_trial_options *options);

/* The log's last line, for an error. The caller frees it. */
char *fdar_serving_last_words(const struct fdar_serving *server);

/* TRUE and error (CANCELLED of G_IO_ERROR): *options->stop was set. */
gboolean fdar_serving_stopped(const struct fdar_trial_options *options, GError **error);

/* A child of this process: -1 and error. In the child: signals are as the system has them, and SIGTERM comes when
 * this process ends in whatever way. */
pid_t fdar_serving_fork(GError **error);

/* In the child: output goes to out (NULL: to the log), errors to the log, nothing comes in. */
void fdar_serving_redirect(const char *out, const char *log);

#endif
