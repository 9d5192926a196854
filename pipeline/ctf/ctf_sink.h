/*
 * Where decoded events go: the caller's batch, and what is needed to finish an event.
 *
 * Place in the house: inside pipeline/, between ctf_stream.h, which fills it stream by stream in
 * time order, and the decoder, which owns it. Keeps two small caches, for what almost every event
 * of a trace repeats: names, and the names of threads.
 */
#ifndef FDAR_PIPELINE_CTF_CTF_SINK_H
#define FDAR_PIPELINE_CTF_CTF_SINK_H

#include <glib.h>

#include "pipeline/events/arena.h"
#include "pipeline/ctf/ctf_class.h"
#include "pipeline/events/event_state.h"

#define FDAR_CTF_SINK_NAMES   512u /* cached */
#define FDAR_CTF_SINK_THREADS 256u
#define FDAR_CTF_SINK_TEXT    56u /* bytes of a name that is cached */

struct fdar_ctf_sink_name {
	uint32_t id;
	uint32_t length; /* 0: nothing is cached here */
	char text[FDAR_CTF_SINK_TEXT];
};

/* The name that a thread's last event had, as it is in the trace. */
struct fdar_ctf_sink_thread {
	uint32_t pid, tid;
	uint16_t home;
	uint32_t length;                        /* 0: nothing is cached here */
	uint64_t name[FDAR_CTF_NAME_BYTES / 8]; /* its bytes, and zeros */
};

struct fdar_ctf_sink {
	struct fdar_event *events; /* of the caller */
	size_t count, capacity;
	struct fdar_texts *texts; /* borrowed */
	struct fdar_homes *homes; /* borrowed; or NULL */
	uint32_t *met;  /* as names of struct fdar_decoder_env; NULL: nobody wants to know */
	int32_t stream; /* what is added is of that one, raw.stream of RAW_CALLS; -1: nobody asks */
	uint64_t named; /* THREAD_NAMEs that were added */
	struct fdar_arena *arena; /* what the events' data is in */
	struct fdar_event_state *state;
	gboolean has_spare; /* an event that did not fit beside its THREAD_NAME */
	struct fdar_event spare;
	GByteArray *spare_data;
	struct fdar_ctf_sink_name names[FDAR_CTF_SINK_NAMES];
	struct fdar_ctf_sink_thread threads[FDAR_CTF_SINK_THREADS];
};

/* Both must outlive the result; homes may be NULL. The caller frees it (fdar_ctf_sink_free). */
struct fdar_ctf_sink *fdar_ctf_sink_new(struct fdar_texts *texts, struct fdar_homes *homes);

/* NULL is allowed. */
void fdar_ctf_sink_free(struct fdar_ctf_sink *sink);

/* Starts a batch: what was given out before is gone. */
void fdar_ctf_sink_begin(struct fdar_ctf_sink *sink, struct fdar_event *events, size_t capacity);

/* Whether the batch is to be delivered. */
gboolean fdar_ctf_sink_full(const struct fdar_ctf_sink *sink);

/* Makes an event of the class from the frame that its program left. The sink must not be full. */
void fdar_ctf_sink_add(struct fdar_ctf_sink *sink, struct fdar_ctf_class *class,
		       const struct fdar_ctf_frame *frame, uint64_t time_ns);

/* Where a thread's name is cached, if it is. */
static inline struct fdar_ctf_sink_thread *fdar_ctf_sink_thread(struct fdar_ctf_sink *sink,
								uint32_t tid)
{
	return &sink->threads[tid % FDAR_CTF_SINK_THREADS];
}

#endif
