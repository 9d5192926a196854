/*
 * Editing: what a client sends, with what is stale in it replaced by the rules.
 *
 * Place in the house: the top of replay/edit/; the driver (replay/play/) and amplify use it. All of a run
 * has one struct fdar_edit, each session that is played one struct fdar_edit_session, in one thread.
 *
 * Values of answers. Before each message of a client, a rule's answer is looked for in what the captured
 * server had said since the message before, and in what this run's server has. The first match there is the
 * first here, and so on; so the captured client's value is known to be this client's. Sessions of one client
 * host (of one clone and round) share what they know, as cookies are shared by connections. Without a request
 * rule that shows the place, a value is replaced as a whole word only.
 *
 * What could not be done is counted, and said by the caller: nothing is replaced by a guess.
 *
 * Bounds: FDAR_EDIT_ANSWER_MAX bytes of an answer are looked at, FDAR_EDIT_VALUES_MAX values of a client are
 * known, FDAR_EDIT_CHANGES_MAX changes are made in a message of FDAR_EDIT_MESSAGE_MAX bytes at most. Memory:
 * that much for the message at hand, and for each session an answer; values of each client.
 */
#ifndef FDAR_REPLAY_EDIT_EDIT_H
#define FDAR_REPLAY_EDIT_EDIT_H

#include <glib.h>
#include <stdint.h>

#include "replay/edit/changes.h"
#include "replay/edit/rules.h"

#define FDAR_EDIT_ANSWER_MAX  (256u << 10)
#define FDAR_EDIT_MESSAGE_MAX (16u << 20)
#define FDAR_EDIT_VALUES_MAX  1024u
#define FDAR_EDIT_CHANGES_MAX 4096u

struct fdar_edit;
struct fdar_edit_session;

/* Whose session it is. */
struct fdar_edit_who {
	uint64_t client; /* number of the client host: another one for each clone and round */
	uint32_t input, clone, round, session;
};

/* What was done and what was not, over all sessions. */
struct fdar_edit_counts {
	uint64_t replaced;  /* values */
	uint64_t messages;  /* in which some were */
	uint64_t unknown;   /* a captured answer had a value, and this run's answer had none */
	uint64_t unmatched; /* a request had a value that no captured answer had */
	uint64_t refused;   /* whose length could not be mended any more, or in HTTP/2 */
	uint64_t too_large; /* messages beyond the bounds: as captured */
};

/* rules are borrowed and must outlive the result. */
struct fdar_edit *fdar_edit_new(const struct fdar_edit_rules *rules, uint64_t seed);

/* NULL is allowed. */
void fdar_edit_free(struct fdar_edit *edit);

const struct fdar_edit_counts *fdar_edit_counts(const struct fdar_edit *edit);

void fdar_edit_counts_add(struct fdar_edit_counts *sum, const struct fdar_edit_counts *counts);

/* "3 values replaced in 2 messages; 1 was not in this run's answer". The caller frees it. */
char *fdar_edit_counts_text(const struct fdar_edit_counts *counts);

struct fdar_edit_session *fdar_edit_begin(struct fdar_edit *edit, const struct fdar_edit_who *who);

/* This run's server said that. */
void fdar_edit_heard(struct fdar_edit_session *session, const uint8_t *bytes, size_t size);

/* The captured server said that, before the message that comes next. */
void fdar_edit_captured(struct fdar_edit_session *session, const uint8_t *bytes, size_t size);

/* The next message: count pieces of it, whose to is set. Gives its bytes after the rules, which are the
 * session's until the next call, and their number in *size. unix_s: what time it is. */
const uint8_t *fdar_edit_message(struct fdar_edit_session *session, struct fdar_edit_piece *pieces,
				 size_t count, int64_t unix_s, size_t *size);

/* NULL is allowed. */
void fdar_edit_end(struct fdar_edit_session *session);

#endif
