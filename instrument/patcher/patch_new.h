/*
 * A set of semantic patches of one's own: a skeleton to begin with, and what is wrong with one before it is tried
 * on a tree. What a set consists of is in patch_set.h.
 *
 * Place in the house: `flowdar patch --new` and `--set`.
 */
#ifndef FDAR_INSTRUMENT_PATCHER_PATCH_NEW_H
#define FDAR_INSTRUMENT_PATCHER_PATCH_NEW_H

#include "instrument/patcher/patch_set.h"

/* A place in a tree where a mark might belong. */
struct fdar_patch_place {
	char *file; /* in the tree */
	guint line;
	const char *why; /* "accept", "close", "wait": what is called there */
	char *text;      /* the line, without the space around it */
};

/* The calls in the .c files of a tree by which clients come and go and threads wait for each other, sorted by
 * file and line: of struct fdar_patch_place *, at most FDAR_PATCH_PLACES_MAX. Links, hidden files, files beyond
 * 4 MB and directories nested deeper than 16 are passed over. The caller frees the result. NULL when the
 * directory cannot be read. */
#define FDAR_PATCH_PLACES_MAX 200u
GPtrArray *fdar_patch_places(const char *tree, GError **error);

/* Writes the new directory: rules.ini, session.cocci and queue.cocci, that mark accept(), close() and nothing
 * else, with what else there is as comments. The file of the rules is that of the first place that accepts, or
 * "server.c"; places may be NULL. Fails, with nothing written, when there is something of that name. */
gboolean fdar_patch_new(const char *directory, const GPtrArray *places, GError **error);

/* What is wrong with a set whatever the tree: lines of text (char *), none when it is sound. A patch that is not
 * there, a rule whose text its patch does not add, marks that flowdar.h does not have, and what begins, resumes
 * or is put and never ends, is suspended or taken. The caller frees the result. */
GPtrArray *fdar_patch_faults(const struct fdar_patch_set *set);

#endif
