/*
 * Trials: a server started anew, a capture played at it, and what it did meanwhile.
 *
 * Place in the house: what `flowdar reduce` and `flowdar hunt` measure with. The server is started, or reset, by
 * serving.h; then the capture is played by a child of this process.
 */
#ifndef FDAR_CLI_REDUCE_TRIAL_H
#define FDAR_CLI_REDUCE_TRIAL_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/server/user.h"

struct fdar_trial_options {
	char *const *server;   /* its command; NULL-terminated */
	struct fdar_user user; /* whom it is run as; its name is borrowed */
	const char *to;        /* "HOST:PORT"; NULL: where it listens */
	const char *sources;   /* of clients, as replay takes it; NULL: what that takes */
	const char *directory; /* for the log and what the player says */
	const char *timeout;   /* of sessions, as replay takes it */
	const char *speed;     /* times as captured; NULL: as fast as the server answers */
	const char *concurrency;
	gboolean client_pace;                  /* clients read as slowly as captured */
	uint64_t wait_ns;                      /* how long it may take until it listens */
	int (*replay)(int argc, char **argv);  /* the command */
	int (*analyze)(int argc, char **argv); /* likewise; for functions (function.h) alone */
	uint32_t grace_ms;                     /* from SIGTERM to SIGKILL; 0: half a second */
	gboolean recorder;                     /* it is flowdar's, whose daemons stay */
	double idle_share; /* of a processor that it takes when nobody is there: twice that is no session's */
	const volatile int *stop;
	const char *reset; /* a shell's command, with {to}; NULL: the server is started anew */
	struct fdar_serving
		*kept; /* with reset: where it is between trials (serving.h); borrowed */
};

#define FDAR_TRIAL_RESET_HELP                                                                     \
	"Start the server once, and run this shell's command before each run, with {to} for its " \
	"address; "                                                                               \
	"a server that ends is started anew"

/* --grace (NULL: as it is). FALSE and error. */
#define FDAR_TRIAL_GRACE_HELP                                                                     \
	"From SIGTERM to SIGKILL when the server is ended; 500ms is the default, databases take " \
	"longer"
gboolean fdar_trial_read_grace(struct fdar_trial_options *options, const char *text,
			       GError **error);

#define FDAR_TRIAL_USER_HELP \
	"Run the server as this user (for root; setpriv and the like cannot be traced)"

#define FDAR_TRIAL_CLIENT_PACE_HELP                                                               \
	"Clients read no faster than captured (flowdar replay): for slow readers, that hold the " \
	"server up"

/* Whether replay takes them (NULL: yes). */
#define FDAR_TRIAL_SOURCES_HELP \
	"Addresses that clients get (flowdar replay); 127.0.0.1 where the server trusts no other"
gboolean fdar_trial_check_sources(const char *sources, GError **error);

/* The same of HOST:PORT. */
gboolean fdar_trial_check_to(const char *to, GError **error);

/* Whether "HOST:PORT" is reached without leaving the machine. */
gboolean fdar_trial_is_loopback(const char *to);

/* What to play. */
struct fdar_trial_play {
	const char *capture;
	const char *journal; /* NULL: none is kept */
	uint32_t copies;
	gboolean one_by_one;      /* a session at a time */
	uint32_t at_once;         /* sessions; 0: as the options have it */
	uint32_t rate;            /* sessions begun a second; 0: no rate */
	const char *const *then;  /* played behind the capture, in as many copies; NULL: none */
	uint64_t limit_ns;        /* of playing, by the clock; 0: none */
	uint64_t enough_cpu_ns;   /* it is cut when the server has used so much; 0: never */
	const char *const *more;  /* files that are read together with the capture; NULL: none */
	const char *const *among; /* captures that are played at the same time; NULL: none */
	uint32_t among_copies;    /* of each of these */
	gboolean timed;           /* at captured times, whatever the options say */
	gboolean answered_only;   /* answers still waited for at a cut say nothing */
	/* Plays in the replay's place, in a process of its own, and prints what that would print; exits with
	 * FDAR_EXIT_LIMIT when limit_ns has cut it. NULL: the replay. */
	int (*player)(void *user, const char *where);
	void *user;
};

struct fdar_trial {
	uint64_t asked;  /* sessions, unplayable ones left out */
	double sessions; /* played; those that were cut count a half */
	double others;   /* of the captures that were played at the same time */
	uint64_t ok, timeouts;
	uint64_t cpu_ns;      /* of the server, from listening to the end of the play */
	int64_t memory_bytes; /* by which it grew */
	/* Of answers, from sending to the last byte; of those still waited for at a cut, their wait so far. */
	double p50_ns, p90_ns, p99_ns;
	uint64_t elapsed_ns;
	double function_ns; /* see function.h */
	uint64_t function_calls;
	gboolean function_lost; /* events were lost: it may be more */
	gboolean cut;           /* by its limit: what was still to come is not known */
	gboolean crashed;       /* it ended while it was played at */
	gboolean killed;        /* it did not end by SIGTERM */
	int status;             /* then, as of waitpid */
};

/* Blocks. FALSE and error when the server cannot be started or does not listen, or nothing could be
 * played although it runs; CANCELLED of G_IO_ERROR when *stop was set. */
gboolean fdar_trial_run(const struct fdar_trial_options *options,
			const struct fdar_trial_play *play, struct fdar_trial *result,
			GError **error);

/* What the server takes when nobody is there, as a share of a processor: some look after themselves many times a second.
 * Started, looked at for half a second, and ended. FALSE and error as above. */
gboolean fdar_trial_idle(const struct fdar_trial_options *options, double *share, GError **error);

/* A server, and a player in a process of its own: gives what that exits with, 128 + signal; -1 and
 * error as above. */
int fdar_trial_at(const struct fdar_trial_options *options,
		  int (*player)(void *user, const char *where), void *user, GError **error);

/* A shell's command with the server started before it and ended after it (server may be NULL: then
 * there is none): gives what it exited with, 128 + signal; -1 and error as above. {} is the capture,
 * {copies} and {to} what they are. */
int fdar_trial_command(const struct fdar_trial_options *options, const char *command,
		       const struct fdar_trial_play *play, GError **error);

#endif
