/*
 * From trace directories to streams, ready to be read.
 *
 * Place in the house: inside pipeline/, between the decoder and the file system. Directories with
 * the same UUID are one trace: LTTng's rotation chunks. So are the stream files of one stream
 * instance in them. The order of events at the same time is babeltrace2's: by the trace's UUID, the
 * stream's class and the stream's instance. A trace whose metadata is broken is left out, and named.
 */
#ifndef FDAR_PIPELINE_CTF_CTF_OPEN_H
#define FDAR_PIPELINE_CTF_CTF_OPEN_H

#include <glib.h>

#include "pipeline/ctf/ctf_plan.h"
#include "pipeline/ctf/ctf_stream.h"
#include "pipeline/events/decoder.h"

struct fdar_ctf_input {
	const struct fdar_event_maps *maps; /* events that are wanted besides; NULL: none */
	const struct fdar_shares *shares;   /* of which recording each trace is; NULL: of one */
	GPtrArray *plans;                   /* struct fdar_ctf_plan *: one a trace */
	GPtrArray *paths;                   /* char *: of stream files */
	GPtrArray *streams;                 /* struct fdar_ctf_stream * */
	struct fdar_ctf_pool *pool;
	uint64_t shift_ns; /* that was added to all times, as some were before 1970 */
	uint64_t dropped;  /* events, of stream files of which the recorder dropped everything */
	char *damage;      /* a stream file that had to be left out, and why; NULL: none */
	guint damaged;     /* how many */
	GError *shortage;  /* why one of them could not be looked at; NULL: all could */
};

/* Opens the traces (char *). FALSE and error (FDAR_SOURCE_ERROR) when one of them is not understood, all
 * are broken, or there is no stream file at all; or what fdar_error_is_shortage() is about. The input is to be cleared in any case. */
gboolean fdar_ctf_input_open(struct fdar_ctf_input *input, const GPtrArray *traces, GError **error);

/* The same for a decoder: of env maps and shares are used, which must outlive the input, hosts and
 * shifts; it may be NULL. */
gboolean fdar_ctf_input_open_for(struct fdar_ctf_input *input, const GPtrArray *traces,
				 const struct fdar_decoder_env *env, GError **error);

void fdar_ctf_input_clear(struct fdar_ctf_input *input);

#endif
