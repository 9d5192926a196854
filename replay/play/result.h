/*
 * Verdicts: what became of each session that was asked for, and the tally that adds them up.
 *
 * Place in the house: what the driver hands to whoever reports (journal.h, cli/). Each session that
 * was asked for gets exactly one verdict: the counts of a tally add up to its asked.
 */
#ifndef FDAR_REPLAY_PLAY_RESULT_H
#define FDAR_REPLAY_PLAY_RESULT_H

#include <glib.h>
#include <stdint.h>

#include "replay/capture/endpoint.h"
#include "replay/play/latency.h"
#include "replay/play/script.h"

enum fdar_result {
	FDAR_RESULT_OK,         /* went as captured, as many bytes came back */
	FDAR_RESULT_DIFFERS,    /* played to its end, but more or fewer bytes came back */
	FDAR_RESULT_REFUSED,    /* no connection: refused, unreachable, not permitted */
	FDAR_RESULT_RESET,      /* the server reset or closed it before its captured end */
	FDAR_RESULT_TIMEOUT,    /* what the server did in the capture did not happen in time */
	FDAR_RESULT_LOCAL,      /* this machine could not: no descriptor, no free port, ... */
	FDAR_RESULT_STOPPED,    /* cut, or never begun, because the run was stopped */
	FDAR_RESULT_UNPLAYABLE, /* see script.h */
	FDAR_VERDICTS
};

/* "ok", "differs", "refused", "reset", "timeout", "local error", "stopped", "not replayable". */
const char *fdar_result_text(enum fdar_result verdict);

/* A message of the client and the answer to it. Times are ns since the run began; 0 where it did
 * not happen. */
struct fdar_exchange {
	uint64_t due_ns;   /* when the message's last piece should have left by the schedule */
	uint64_t sent_ns;  /* when it left */
	uint64_t first_ns; /* when the first and the last byte of the answer came */
	uint64_t last_ns;
	uint64_t
		held_ns; /* for so long nothing of it was read, as by the captured client (taking.h) */
};

/* How a session went. Valid during the call it is given to. */
struct fdar_outcome {
	const struct fdar_script *script;
	uint32_t input;  /* which capture of the run, from 0 */
	uint32_t clone;  /* from 0 */
	uint32_t round;  /* from 0 */
	uint64_t copies; /* sessions that this stands for; more than 1 only for what cannot be
			  * played, which gets one outcome for all its clones and rounds */
	enum fdar_result verdict;
	const char *reason; /* may be NULL */
	struct fdar_endpoint
		client; /* our address in this run; no family when there was no socket */
	struct fdar_endpoint server; /* where it was played at */
	uint64_t due_ns;             /* ns since the run began: scheduled start, start, end */
	uint64_t start_ns;
	uint64_t end_ns;
	uint64_t connect_ns;    /* from the scheduled start until connected; 0: never (UDP: 0) */
	uint64_t handshake_ns;  /* TLS: from connected until its handshake was over; 0: none */
	uint64_t first_byte_ns; /* from the schedule of what it answers; 0: none came */
	uint64_t lag_ns;        /* the most that any of its sends was late by our own doing */
	uint64_t sent_bytes;
	uint64_t received_bytes;
	uint64_t expected_bytes;
	gboolean exact;                        /* all bytes that came are the captured ones */
	const struct fdar_exchange *exchanges; /* the first ones */
	uint32_t exchanges_kept;
	uint64_t exchanges_total;
};

/* What happened under one label. About 110 KiB. */
struct fdar_tally {
	uint64_t asked; /* 0 while the run has no fixed length */
	uint64_t begun;
	uint64_t verdicts[FDAR_VERDICTS];
	uint64_t exact; /* ok sessions whose every byte was the captured one */
	uint64_t exchanges;
	uint64_t sent_bytes;
	uint64_t received_bytes;
	struct fdar_latency connect;
	struct fdar_latency handshake; /* of TLS */
	struct fdar_latency first_byte;
	struct fdar_latency exchange; /* schedule to last byte of the answer */
	struct fdar_latency service; /* sending to last byte: without the time it waited its turn */
	/* The same, and answers that were still waited for when their session was cut or given up, with their wait
	 * so far: of messages that were answered in another play of their session alone. */
	struct fdar_latency waited;
};

void fdar_tally_init(struct fdar_tally *tally);

/* Counts a finished session; its exchanges and bytes are counted as they happen. */
void fdar_tally_add(struct fdar_tally *tally, const struct fdar_outcome *outcome);

/* All of other is added, histograms too. */
void fdar_tally_merge(struct fdar_tally *tally, const struct fdar_tally *other);

/* Verdicts given so far. */
uint64_t fdar_tally_done(const struct fdar_tally *tally);

/* What an error of a socket means for the session. */
enum fdar_result fdar_result_of_errno(int code, gboolean connected);

#endif
