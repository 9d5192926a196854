/*
 * The traces that commands read profiles from: labels, progress on a terminal, warnings, Ctrl-C.
 */
#ifndef FD_CLI_PROFILE_INPUT_H
#define FD_CLI_PROFILE_INPUT_H

#include <glib.h>

#include "analyze/profile/profile_read.h"
#include "cli/kit/options.h"

struct fd_profile_input {
	const struct fd_usage *usage;
	const char *path;
	const char *label_from;   /* a replay.jsonl; NULL: the recording's own, where it has one */
	const volatile int *stop; /* of fd_interrupt_catch */
	enum fd_unit unit;
	GHashTable *
		folded; /* functions that are left out (analyze/profile/profile_build.h); NULL: none */
	gboolean again; /* it was read before: nothing that was said is said again */
	void (*session)(void *user, const struct fd_profile_session *session); /* may be NULL */
	void *session_user;
};

/* "session" or "request"; NULL is session. FALSE when it is none of these. */
gboolean fd_unit_parse(const char *text, enum fd_unit *unit);

/* Reads it, and prints what a user should be warned of. NULL and error when it could not be read.
 * The caller owns the result. */
struct fd_profile *fd_profile_input_read(const struct fd_profile_input *input, GError **error);

#endif
