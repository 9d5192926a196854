/*
 * Scripts: a session as something to play, and whether it can be played at all.
 *
 * Place in the house: between the sessions of a capture (session.h) and the dialogue that plays
 * them. A script borrows the pieces and payload of its session and is shared by all its clones.
 *
 * Not playable, and why (fdar_script.unfit):
 * - the client sends nothing and no handshake was seen: there is nothing to play;
 * - bytes of the client are missing (lost by the capture, or cut by its snap length): they are not
 *   made up;
 * - a side connection: another session's bytes agreed on its port (FTP's PORT, EPRT and the answers
 *   227 and 229). The server played at will choose another port, and it is not followed there.
 *
 * - a connection that was never established: nobody answered its SYN, or it never acknowledged the
 *   answer. It is played when asked for, as what it is: a SYN (half_open);
 * - another view of a session, seen behind an address translation.
 *
 * A session that began before the capture is joined at the client's next message: if the first
 * bytes seen are the server's, these are passed over.
 */
#ifndef FDAR_REPLAY_PLAY_SCRIPT_H
#define FDAR_REPLAY_PLAY_SCRIPT_H

#include <glib.h>
#include <stdint.h>

#include "replay/sessions/session.h"

/* How long the answers to a script's messages have turned out to be, where they were not of the
 * captured length. Written by the dialogues of one thread. */
#define FDAR_LESSON_ANSWERS 65536 /* messages of a script that are remembered, at most */

struct fdar_lesson_answer {
	uint32_t length;
	uint32_t times; /* in a row */
};

struct fdar_lesson {
	struct fdar_lesson_answer *answers; /* by number of the message, from 1; 0: a greeting */
	uint32_t count;
	uint64_t answered; /* the most exchanges that came to their end in one play */
};

struct fdar_play;

struct fdar_script {
	const struct fdar_session *session;
	const struct fdar_sessions *sessions; /* where the payload is; NULL for a live script */
	const struct fdar_piece *pieces;
	uint64_t count;    /* of pieces, the whole session's */
	uint64_t from;     /* the first piece to play */
	uint64_t hold_ns;  /* on the time line: a session whose end the capture does not show is
			    * kept open until then */
	const char *unfit; /* why it cannot be played, a static text; NULL when it can */
	uint32_t control;  /* of a side connection: id of the session that agreed on it */
	uint32_t host;     /* which client host of the capture it comes from, from 0 */
	struct fdar_lesson *lesson; /* owned by struct fdar_scripts; NULL: nothing is remembered */
	const uint8_t *bytes;       /* live: the payload from offset bytes_from on */
	uint64_t bytes_from;
	/* live: a play of the script is over and about to be freed; NULL otherwise */
	void (*over)(const struct fdar_script *script, struct fdar_play *play);
	const struct fdar_session_tls *tls; /* NULL: it is not TLS */
	gboolean plain;  /* it is not, and others of its capture are, which were decrypted */
	gboolean sealed; /* it is TLS, not decrypted or within the session */
	const struct fdar_hold *
		holds; /* where the captured client took no more; NULL: nowhere, or not looked for */
	uint32_t hold_count;
	gboolean half_open; /* its SYN is all that is played */
	gboolean complete;  /* FALSE for a live session that goes on */
};

/* All sessions of a capture as scripts. */
struct fdar_scripts {
	const struct fdar_sessions *sessions; /* borrowed, must outlive the scripts */
	struct fdar_script *scripts;          /* count of them, by session id */
	size_t count;
	uint32_t *order;             /* ids of the playable ones, by start time */
	size_t fit;                  /* how many of these there are */
	struct fdar_lesson *lessons; /* count of them */
	uint32_t hosts;              /* different client hosts */
	uint64_t duration_ns;        /* of the capture */
	gboolean decrypted;          /* there is TLS that was decrypted among them */
};

/* Judges every session; half_open: those never established are played too. The caller frees the result. About 100 bytes a session; reads the pieces of
 * every session once and the payload of FTP control sessions. */
struct fdar_scripts *fdar_scripts_new(const struct fdar_sessions *sessions, gboolean half_open);

/* NULL is allowed. */
void fdar_scripts_free(struct fdar_scripts *scripts);

/* Whether the captured server refused the connection. */
gboolean fdar_script_was_refused(const struct fdar_script *script);

/* Payload of a DATA piece of the script. */
const uint8_t *fdar_script_payload(const struct fdar_script *script,
				   const struct fdar_piece *piece);

#endif
