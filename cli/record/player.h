/*
 * `flowdar record --play`: a capture is played at the server as soon as it listens, and the recording ends
 * with it: one command for a recording instead of four.
 *
 * The recorder reaps every child of its process, so it gets a process of its own; this one plays. What the
 * player wrote down becomes the recording's replay.jsonl, so that its labels are known.
 */
#ifndef FDAR_CLI_RECORD_PLAYER_H
#define FDAR_CLI_RECORD_PLAYER_H

#include <sys/types.h>

#include "cli/kit/options.h"

/* What has become of the playing, when the recorder is ended. */
enum fdar_player_end {
	FDAR_PLAYER_NOT_YET, /* also: it was interrupted */
	FDAR_PLAYER_PLAYED,
	FDAR_PLAYER_FAILED
};

struct fdar_player {
	const struct fdar_usage *usage;
	const char *capture;
	const char *label;   /* NULL: the capture's name */
	const char *to;      /* "HOST:PORT"; NULL: where the server listens */
	const char *clones;  /* as replay takes it; NULL: one */
	const char *sources; /* likewise; NULL: what replay takes */
	const char *output;  /* the recording's directory */
	gboolean client_pace;
	gboolean quiet;  /* nothing is said of what is played but warnings and errors */
	guint64 wait_ns; /* how long the server may take until it listens; 0: 10 s */
	int (*replay)(int argc, char **argv); /* the command */
	volatile int *
		end; /* enum fdar_player_end, in memory that the recorder shares; set before it is ended */
};

/* What the player writes down until the recording is whole. It is there when something was played at all.
 * The caller frees it. */
char *fdar_player_journal(const char *output);

/* In the process that plays, recorder being its child. Blocks until the recorder has ended; gives the exit
 * code of the command: the recorder's, or the player's if that failed. */
int fdar_player_run(const struct fdar_player *player, pid_t recorder);

#endif
