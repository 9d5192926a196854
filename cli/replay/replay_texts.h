/*
 * The options of replay, as they were given: read by cmd_replay.c and the files beside this one.
 */
#ifndef FDAR_CLI_REPLAY_REPLAY_TEXTS_H
#define FDAR_CLI_REPLAY_REPLAY_TEXTS_H

#include <glib.h>

#include "cli/replay/capture_options.h"

/* What the options say, before it is made sense of. */
struct fdar_replay_texts {
	char **to;
	char **map;
	char **sources;
	char **mix;
	char *label;
	char *output;
	char *phase;
	char *wait;
	char *quiet;
	char *timeout;
	char *duration;
	char *wait_for;
	char *max_lag;
	char *max_gap;
	char *format;
	double speed;
	double rate;
	gint64 clones;
	gint64 repeat;
	gint64 concurrency;
	gint64 seed;
	gboolean asap;
	gboolean allow_remote;
	gboolean half_open;
	gboolean client_pace;
	gboolean silent; /* of record --quiet: neither progress nor summary */
	char *tls;
	char *tls_cert;
	char *rewrite;
	gboolean lockstep;
	gboolean step;
	gint64 until;
	char *order;
	char *order_out;
	char *steps_out;
	char *control;
	char **server_pids;
	struct fdar_capture_texts capture;
};

/* What stands where nothing was given. */
#define FDAR_REPLAY_TEXTS_INIT                                                \
	{                                                                     \
		.speed = 1, .clones = 1, .repeat = -1, .seed = 1, .until = -1 \
	}

/* The table of the options, for the parser, with texts as where they go. The caller frees it (g_free). */
GOptionEntry *fdar_replay_texts_bind(struct fdar_replay_texts *texts);

/* Frees what it owns, not the struct. */
void fdar_replay_texts_clear(struct fdar_replay_texts *texts);

#endif
