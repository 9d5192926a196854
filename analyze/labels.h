/*
 * Labels: which client a session belongs to, as the replay driver wrote it down.
 *
 * Place in the house: profile_read.h asks with the peer address of each session. The file is
 * replay.jsonl: one JSON object a line, of which "local" (the client's address, "127.0.0.2:40001")
 * and "label" (any text) are used; lines without either are skipped and counted.
 */
#ifndef FD_ANALYZE_LABELS_H
#define FD_ANALYZE_LABELS_H

#include <glib.h>

struct fd_labels;

/* NULL and error when it cannot be read or no line of it is a JSON object. */
struct fd_labels *fd_labels_load(const char *path, GError **error);

/* The label of a peer "address:port": by address and port, else by address alone where that is
 * unambiguous, else NULL. */
const char *fd_labels_find(const struct fd_labels *labels, const char *peer);

guint fd_labels_count(const struct fd_labels *labels);   /* addresses with a label */
guint fd_labels_skipped(const struct fd_labels *labels); /* lines that gave none */

void fd_labels_free(struct fd_labels *labels);
typedef struct fd_labels fd_labels;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fd_labels, fd_labels_free)

#endif
