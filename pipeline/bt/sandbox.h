/*
 * A decoder in a process of its own.
 *
 * Place in the house: inside pipeline/, between the sandboxed decoder and one that may crash.
 * libbabeltrace2 is careful with what it was made for; but a damaged trace can make it abort, run
 * out of memory or never come back (bit flips in small traces do it in some percent of the cases).
 * So it runs in a child, which sends its events through a pipe: when it dies the events before are
 * there, and so is a line that says why. Decoding and whatever is done with the events then run on
 * two processors besides.
 *
 * The child is forked, not executed: what other threads of this process held at that moment stays
 * held in the child. Open sources before starting threads, or from a thread while the others wait.
 */
#ifndef FDAR_PIPELINE_BT_SANDBOX_H
#define FDAR_PIPELINE_BT_SANDBOX_H

#include <glib.h>

#include "pipeline/events/decoder.h"

/* A child that shows no progress for so long, while it is waited for, is ended: as long as a person
 * would wait. On a machine where it hardly gets a processor, it may take longer, up to
 * FDAR_SANDBOX_STARVED_S; and opening takes as long as the trace is big. */
#define FDAR_SANDBOX_SILENCE_S 5
#define FDAR_SANDBOX_STARVED_S 30

struct fdar_sandbox;

/* Starts the decoder on the traces and waits until it has opened them. NULL and error
 * (FDAR_SOURCE_ERROR) when it could not: what it said, DAMAGED when it died, or STUCK when it
 * did not come back; or G_IO_ERROR_CANCELLED when env says so. env must outlive the
 * result. The caller closes it (fdar_sandbox_close). */
struct fdar_sandbox *fdar_sandbox_open(const struct fdar_decoder_ops *ops, const GPtrArray *traces,
				       struct fdar_decoder_env *env, GError **error);

/* As read of struct fdar_decoder_ops. */
gssize fdar_sandbox_read(struct fdar_sandbox *sandbox, struct fdar_event *batch, size_t capacity,
			 GError **error);

/* Ends the child. NULL is allowed. */
void fdar_sandbox_close(struct fdar_sandbox *sandbox);

#endif
