/*
 * The state of a search in a file: the answers so far, so that one that was killed goes on.
 *
 * A first line tells the search by a checksum of what was asked for; then a line an answer: which
 * step of the search, and what replay/reduce/tries.h says of the line; or a line "= NAME NUMBER". Lines are appended as they
 * come; one that a crash cut is left out, and so is what follows it.
 */
#ifndef FDAR_CLI_REDUCE_STATE_H
#define FDAR_CLI_REDUCE_STATE_H

#include <glib.h>
#include <stdint.h>

#include "replay/reduce/tries.h"

struct fdar_state;

/* Opens or makes it. NULL and error when it is of another search, or no such file, or cannot be
 * written. */
struct fdar_state *fdar_state_open(const char *path, const char *fingerprint, GError **error);

/* A number that belongs to the search as a whole, as it was kept last; 0: never. */
uint64_t fdar_state_number(const struct fdar_state *state, const char *name);
void fdar_state_keep_number(struct fdar_state *state, const char *name, uint64_t number);

/* How many answers were in it. */
guint fdar_state_answers(const struct fdar_state *state);

/* Gives the answers of a step to the search. */
void fdar_state_recall(const struct fdar_state *state, const char *step, struct fdar_tries *tries);

/* An answer more; what cannot be written is told once, by fdar_state_close. */
void fdar_state_keep(struct fdar_state *state, const char *step, const char *line);

/* remove: the search is over, the file goes. FALSE and error when not everything could be written.
 * NULL is allowed. */
gboolean fdar_state_close(struct fdar_state *state, gboolean over, GError **error);

/* Checksum of a file's bytes and of some texts, as hex. NULL and error when it cannot be read. The
 * caller frees it. */
char *fdar_state_fingerprint(char *const *paths, const char *texts, GError **error);

#endif
