/*
 * Labels: which client a session belongs to, as the replay driver wrote it down.
 *
 * Place in the house: profile_read.h asks with the peer address of each session. The file is
 * replay.jsonl: one JSON object a line, of which these are used: "client" (the address it came
 * from, "127.0.0.2:40001"), "label" (any text) and "started_unix_ns" (tells apart sessions that
 * had the same address one after the other). Lines without the first two are skipped and counted, as are
 * lines of more than 1 MiB and what is nested deep. It must be a plain file, of 2 GiB at most.
 */
#ifndef FDAR_ANALYZE_PROFILE_LABELS_H
#define FDAR_ANALYZE_PROFILE_LABELS_H

#include <glib.h>
#include <stdint.h>

#include "analyze/profile/labels_made.h"
#include "base/histogram.h"

struct fdar_labels;

/* NULL and error when it cannot be read or no line of it has a label. */
struct fdar_labels *fdar_labels_load(const char *path, GError **error);

/* As fdar_labels_load, without the lines that were written for another recording, and those of sessions that were over
 * before that was made or began behind it, as far as lines tell ("recording", started_unix_ns). They may be of another
 * replay whose addresses were the same. NULL and error also when none is left. */
struct fdar_labels *fdar_labels_load_for(const char *path, const struct fdar_labels_made *made,
					 GError **error);

/* From when to when its sessions were played. FALSE: not every line says so. */
gboolean fdar_labels_told(const struct fdar_labels *labels, uint64_t *first_ns, uint64_t *last_ns);

/* A peer "address:port" without its port: IPv4 as it is, IPv6 in brackets whether a port is told or not; of what is no
 * address, what is before the last colon. The caller frees it. */
char *fdar_labels_host(const char *peer);

/* The label of a peer "address:port" whose session began at begin_ns (since the Unix epoch): by
 * address and port, else by the address alone where that is unambiguous, else NULL. */
const char *fdar_labels_find(const struct fdar_labels *labels, const char *peer, uint64_t begin_ns);

/* What the client saw of a session, by its own clock. */
struct fdar_labels_seen {
	uint64_t open_ns;       /* from its start to its end, connecting included */
	uint64_t first_byte_ns; /* until the first byte of an answer; 0: none came */
};

/* Of the same peer, by address and port only. FALSE: the journal does not say. */
gboolean fdar_labels_seen(const struct fdar_labels *labels, const char *peer, uint64_t begin_ns,
			  struct fdar_labels_seen *seen);

/* How long clients waited for answers: from when the last byte of what they sent was gone to the last of what came,
 * of each exchange of the journal, of the sessions with a label (NULL: all). Owned by the labels; empty where it does
 * not say. */
const struct fdar_histogram *fdar_labels_latency(const struct fdar_labels *labels,
						 const char *label);

/* How long clients were silent by themselves, a session on average: between the end of an answer and what they
 * sent next, of the exchanges that the journal has. FALSE: it has none. */
gboolean fdar_labels_silence(const struct fdar_labels *labels, double *mean_ns);

/* Each label once, sorted; NULL-terminated texts that are the labels' own. The caller frees the array (g_free). */
const char **fdar_labels_names(const struct fdar_labels *labels);
/* The same of the clients, "address:port". */
const char **fdar_labels_clients(const struct fdar_labels *labels);

guint fdar_labels_count(const struct fdar_labels *labels);   /* lines with a label */
guint fdar_labels_skipped(const struct fdar_labels *labels); /* lines without */
/* Lines that have a label, and were left out. */
guint fdar_labels_outside(const struct fdar_labels *labels);

/* NULL is allowed. */
void fdar_labels_free(struct fdar_labels *labels);
typedef struct fdar_labels fdar_labels;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(fdar_labels, fdar_labels_free)

#endif
