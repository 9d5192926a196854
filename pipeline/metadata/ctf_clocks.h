/*
 * Times that do not say of which clock they are.
 *
 * Place in the house: inside pipeline/, behind the parser of TSDL. CTF 1.8 wants a map in every field
 * that shows a clock; writers have left it out, and babeltrace2 helps itself: a field called timestamp in
 * events' headers, timestamp_begin or timestamp_end in packets' contexts, is of the only clock there is,
 * or of one of 1 GHz from 1970 on if there is none. It was looked at what it does; so both say the same.
 */
#ifndef FDAR_PIPELINE_METADATA_CTF_CLOCKS_H
#define FDAR_PIPELINE_METADATA_CTF_CLOCKS_H

#include "pipeline/metadata/ctf_trace.h"

/* Gives such fields of the trace their clock. FALSE: there are several to choose from. */
gboolean fdar_ctf_clocks_imply(struct fdar_ctf_trace *trace);

#endif
