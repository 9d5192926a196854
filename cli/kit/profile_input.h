/*
 * The traces that commands read profiles from: labels, progress on a terminal, warnings, Ctrl-C.
 */
#ifndef FDAR_CLI_KIT_PROFILE_INPUT_H
#define FDAR_CLI_KIT_PROFILE_INPUT_H

#include <glib.h>

#include "analyze/profile/profile_file.h"
#include "analyze/profile/profile_read.h"
#include "analyze/profile/profile_threads.h"
#include "cli/kit/options.h"

struct fdar_profile_input {
	const struct fdar_usage *usage;
	const char *path;
	const char *label_from; /* a replay.jsonl; NULL: the recording's own, where it has one */
	const char *listing;    /* nm's of the program's symbols, or NULL */
	char **others;     /* recordings whose tables name what this one's do not; NULL: none */
	const char *rules; /* a rules file; NULL: the recording's own, where it has one */
	const volatile int *stop; /* of fdar_interrupt_catch */
	enum fdar_unit unit;
	GHashTable *
		folded; /* functions that are left out (analyze/profile/profile_build.h); NULL: none */
	gboolean tells_doubts; /* the caller says what speaks against it (profile->doubts) */
	gboolean again;        /* it was read before: nothing that was said is said again */
	/* Instead of labels, as in struct fdar_profile_options; may be NULL. */
	const char *(*label)(void *user, const struct fdar_walk_session *session);
	void *label_user;
	unsigned threads;  /* as in struct fdar_profile_options */
	gboolean no_cache; /* neither use nor keep a profile beside the recording */
	/* What is known beside the profile; NULL: nobody wants to know. Else initialized, and added to. */
	struct fdar_profile_about *about;
	void (*session)(void *user, const struct fdar_profile_session *session); /* may be NULL */
	void *session_user;
	const struct fdar_profile_watch
		*watch; /* what is told of each session besides; NULL: nothing */
};

/* Of two sides, baseline (0) and subject: what nm printed of this one's program, which the baseline has in
 * common with the subject where nothing else was said. NULL: nothing was. */
const char *fdar_profile_input_listing(const char *const listings[2], unsigned side);

/* Where these recordings have their tables (fdar_symbols_borrow); NULL for NULL. The caller frees it with
 * g_strfreev. */
char **fdar_profile_input_tables(char *const *recordings);

/* "session" or "request"; NULL is session. FALSE when it is none of these. */
gboolean fdar_unit_parse(const char *text, enum fdar_unit *unit);

/* Whether it is a profile: what was not summed when it was made cannot be asked any more. */
gboolean fdar_profile_input_is_file(const struct fdar_profile_input *input);

/* Warns of the first of paths (up to NULL) that is also before it, by whatever name ("./x", "x/", a link): it is counted
 * twice. */
void fdar_profile_input_warn_twice(const struct fdar_usage *usage, char *const *paths);

/* Whether both are there, and are one. */
gboolean fdar_profile_input_is_same(const char *left, const char *right);

/* Ctrl-C has not been pressed: what readers ask with the input as their user. */
gboolean fdar_profile_input_go_on(void *input);

/* The labels that are asked for, or the recording's own, NULL in *labels where it has none. What is wrong
 * with its own is in *doubt, NULL else (doubt may be NULL). FALSE and error. The caller owns both, *labels was NULL. */
gboolean fdar_profile_input_labels(const struct fdar_profile_input *input, char **doubt,
				   struct fdar_labels **labels, GError **error);

/* Its threads; NULL and error. The caller frees it. */
struct fdar_profile_threads *fdar_profile_input_threads(const struct fdar_profile_input *input,
							GError **error);

/* Reads the recording, or what is kept beside it, or the profile, and prints what a user should be warned of. NULL and error when it could not be read.
 * The caller owns the result. */
struct fdar_profile *fdar_profile_input_read(const struct fdar_profile_input *input,
					     GError **error);

#endif
