/*
 * A decoder: what turns trace directories into events, behind the one interface of source.h.
 *
 * Place in the house: inside pipeline/; source.c picks one and is the only caller. There may be
 * several (libbabeltrace2 for everything it reads, others for speed); they must agree event for
 * event. A decoder also makes up the THREAD_NAME events, and it tells MODULE twice when the build
 * id comes in an event of its own (event.h).
 */
#ifndef FDAR_PIPELINE_EVENTS_DECODER_H
#define FDAR_PIPELINE_EVENTS_DECODER_H

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

#include "pipeline/events/event.h"
#include "pipeline/events/home.h"
#include "pipeline/events/event_map.h"
#include "pipeline/events/text.h"

/* A batch ends early when its events' data have passed this many bytes, so that the memory of a
 * batch is bounded whatever is in the trace. */
#define FDAR_DECODER_BATCH_BYTES (1u << 20)

#define FDAR_DECODER_SEVERAL UINT32_MAX

struct fdar_shares;

/* How the times of a host become those of another one (pipeline/clocks): at from_ns of its own clock it is to_ns, and
 * goes on from there so much faster. */
struct fdar_clock_shift {
	char *clock; /* the beginning of the texts of its homes (home.h); g_free by the list's clear function */
	int64_t from_ns, to_ns;
	double rate;
};

/* What the source lends to its decoder; all of it outlives it. */
struct fdar_decoder_env {
	struct fdar_texts *texts;
	struct fdar_homes *homes; /* NULL: nobody wants to know */
	uint64_t discarded;       /* the decoder adds to all of these */
	uint64_t packets_lost;
	uint64_t copies;       /* packets that were read once though several files have them */
	uint64_t untimed;      /* events without a time, which is 0 then */
	uint64_t times_back;   /* how often a stream's times went back: they were moved on */
	uint64_t most_back_ns; /* by how much, at most */
	char *back_at;         /* set by the decoder (g_free by the source): where they first did */
	uint64_t shift_ns; /* set by the decoder: what was added to all times, as they began before
				* 1970; known when the first event is */
	/* Of each kind of event that was met: the text id of what the trace calls it, or
	 * FDAR_DECODER_SEVERAL; 0: none was. The decoder sets it (fdar_decoder_met). */
	uint32_t names[FDAR_EVENT_KINDS];
	GArray *losses;  /* where they are missing, as far as the decoder knows (losses.h); NULL:
			 * nobody wants to know */
	GArray *streams; /* struct fdar_recording_stream (recording.h): what is in each. The decoder
			  * counts events, and names the stream of a RAW_CALLS event by its place in
			  * here (raw.stream); it leaves it empty when it does not know. NULL: nobody
			  * wants to know */
	char *damage;    /* set by the decoder (g_free by the source) when it had to leave
		       * something out from the start and reads the rest all the same */
	gboolean (*go_on)(void *user); /* asked a few times a second, in the thread that reads,
					* while another process has nothing to say: FALSE ends it,
					* with G_IO_ERROR_CANCELLED. NULL: it always goes on */
	void *user;
	/* Called when a decoder that may get lost has come on; next is a step as long as the trace, or
	 * a short one. NULL: nobody wants to know. */
	void (*progress)(void *user, gboolean long_step);
	void *progress_user;
	gboolean explain;
	const struct fdar_event_maps *maps; /* events that are wanted besides; NULL: none */
	const struct fdar_shares
		*shares; /* of which recording each trace is (shares.h); NULL: of one */
	/* Only fdar_decoder_ctf does this: the hosts of the traces (char *, by home.h) are added to the one, not any
	 * twice, and times are moved as the other says. Either may be NULL. */
	GPtrArray *hosts;
	const GArray *shifts;
	unsigned slice, slices; /* which part is wanted (source.h); slices is 0: all of it. Only
				 * fdar_decoder_ctf knows parts */
};

/* An event of that kind, by that name, was met. */
static inline void fdar_decoder_met(uint32_t names[FDAR_EVENT_KINDS], uint8_t kind, uint32_t name)
{
	if (kind < FDAR_EVENT_KINDS && name && names[kind] != name)
		names[kind] = names[kind] ? FDAR_DECODER_SEVERAL : name;
}

struct fdar_decoder_ops {
	const char *name;

	/* Opens all traces (char * paths, at least one) as one input. NULL and error. With
	 * env->explain the decoder may log on stderr why it fails. */
	void *(*open)(const GPtrArray *traces, struct fdar_decoder_env *env, GError **error);

	/* Up to capacity events, in time order, whose data stays valid until the next call. 0 at
	 * the end; -1 and error where reading cannot go on, after all events before that place were
	 * delivered. Not called again after 0 or -1. */
	gssize (*read)(void *decoder, struct fdar_event *batch, size_t capacity, GError **error);

	void (*close)(void *decoder);
};

/* Our own, fast: CTF 1.8 as LTTng-UST writes it, and CTF 2. Refuses (open) every trace that it does not
 * wholly understand, without a word to the user: one of the others is for those. */
extern const struct fdar_decoder_ops fdar_decoder_ctf;

/* libbabeltrace2, in this process. It aborts or never ends on some damaged traces. */
extern const struct fdar_decoder_ops fdar_decoder_babeltrace;

/* The same in a process of its own (sandbox.h), and with what can be saved of a damaged trace
 * (recovery.h): for what the first one refuses. */
extern const struct fdar_decoder_ops fdar_decoder_sandboxed;

#endif
