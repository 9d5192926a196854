/*
 * The call trees that `flowdar flame` draws and `flowdar export` writes: of one recording, or of two
 * side by side.
 */
#ifndef FDAR_CLI_FLAME_FLAME_INPUT_H
#define FDAR_CLI_FLAME_FLAME_INPUT_H

#include "cli/kit/options.h"
#include "cli/kit/profile_input.h"
#include "viz/flame/flame.h"

enum fdar_flame_by {
	FDAR_FLAME_CALLS,
	FDAR_FLAME_SAMPLES,
	FDAR_FLAME_EITHER, /* samples where no function's call was recorded and there are some */
};

struct fdar_flame_request {
	const struct fdar_usage *usage;
	const char *path;
	const char *baseline; /* NULL: one side */
	/* nm's of the symbols of the baseline's program (NULL: as of the other), and of the program. */
	const char *listings[2];
	const char *rules;          /* a rules file; NULL: the recordings' own */
	const char *label;          /* of two sides: only the sessions with it; NULL: all */
	const char *baseline_label; /* of the baseline, where it is another; NULL: the same */
	enum fdar_unit unit;
	gboolean unit_is_open; /* of two sides: requests, where these are what can be compared */
	enum fdar_flame_by by;
	const volatile int *stop;
};

/* Reads what is asked for, with progress and warnings, and says what flowdar's own functions took, which are not
 * in it. heading, if not NULL, gets what may stand over it (the verdict, or what was read); the caller frees it.
 * NULL and error. */
struct fdar_flame_tree *fdar_flame_request_read(const struct fdar_flame_request *request,
						char **heading, GError **error);

/* Whether all that is asked for was sampled. */
gboolean fdar_flame_request_has_samples(const struct fdar_flame_request *request);

/* Those of samples. NULL and error. */
struct fdar_flame_tree *fdar_flame_sampled_read(const struct fdar_flame_request *request,
						GError **error);

/* The tree of call paths that changed (viz/bars), of two recordings. heading as above. NULL and error. */
GString *fdar_flame_request_paths(const struct fdar_flame_request *request, double width,
				  char **heading, GError **error);

#endif
