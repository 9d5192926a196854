/*
 * A part of a trace, by time: so that several threads read it, each a part.
 *
 * Place in the house: inside pipeline/, between ctf_open.h and the decoder. The spans are cut where
 * packets of the biggest streams begin, so that about as many bytes are in each; everybody who cuts
 * the same trace finds the same places.
 */
#ifndef FDAR_PIPELINE_CTF_CTF_SLICE_H
#define FDAR_PIPELINE_CTF_CTF_SLICE_H

#include <glib.h>

#include "pipeline/ctf/ctf_open.h"

/* Limits what the streams of input give to the slice-th of slices spans (0 < slices, slice <
 * slices). A trace whose packets do not say when they begin and end, are known to lie about it,
 * or go back in time, and traces of several hosts or of a process each, are in the first slice as a whole, and the others have no stream. */
void fdar_ctf_slice_cut(struct fdar_ctf_input *input, unsigned slice, unsigned slices);

#endif
