/*
 * Labels: which client a session belongs to, as the replay driver wrote it down.
 *
 * Place in the house: profile_read.h asks with the peer address of each session. The file is
 * replay.jsonl: one JSON object a line, of which these are used: "client" (the address it came
 * from, "127.0.0.2:40001"), "label" (any text) and "started_unix_ns" (tells apart sessions that
 * had the same address one after the other). Lines without the first two are skipped and counted.
 */
#ifndef FD_ANALYZE_LABELS_H
#define FD_ANALYZE_LABELS_H

#include <glib.h>
#include <stdint.h>

struct fd_labels;

/* NULL and error when it cannot be read or no line of it has a label. */
struct fd_labels *fd_labels_load(const char *path, GError **error);

/* The label of a peer "address:port" whose session began at begin_ns (since the Unix epoch): by
 * address and port, else by the address alone where that is unambiguous, else NULL. */
const char *fd_labels_find(const struct fd_labels *labels, const char *peer, uint64_t begin_ns);

guint fd_labels_count(const struct fd_labels *labels);   /* lines with a label */
guint fd_labels_skipped(const struct fd_labels *labels); /* lines without */

/* NULL is allowed. */
void fd_labels_free(struct fd_labels *labels);
typedef struct fd_labels fd_labels;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fd_labels, fd_labels_free)

#endif
