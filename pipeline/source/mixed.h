/*
 * Traces that no decoder reads all of: each by the one that understands it, merged by time.
 *
 * Place in the house: inside pipeline/, under source.c, which has asked our decoder for all of them in
 * vain. A kernel's trace beside that of a server, one of four processes' traces whose metadata is
 * broken: what is good is read, what is not is named (env->damage, or an error behind the last event).
 */
#ifndef FDAR_PIPELINE_SOURCE_MIXED_H
#define FDAR_PIPELINE_SOURCE_MIXED_H

#include "pipeline/events/decoder.h"

/* Opens each trace with fdar_decoder_ctf if that understands it, else with fdar_decoder_sandboxed; what
 * neither can read, or only the latter could that does not know packed streams, is left out. NULL and
 * error when nothing is left: why the first one is not read. */
extern const struct fdar_decoder_ops fdar_decoder_mixed;

#endif
