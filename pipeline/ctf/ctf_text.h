/*
 * Texts of a trace that are not UTF-8, as UTF-8.
 *
 * Place in the house: inside pipeline/, under ctf_sink.h. CTF 2 has UTF-16 and UTF-32 in both byte
 * orders. The text is hostile: what is no character becomes U+FFFD.
 */
#ifndef FDAR_PIPELINE_CTF_CTF_TEXT_H
#define FDAR_PIPELINE_CTF_CTF_TEXT_H

#include "pipeline/ctf/ctf_run.h"
#include "pipeline/events/arena.h"

/* The text up to its first 0, and no more than most bytes of it, as UTF-8 in arena. */
struct fdar_ctf_text fdar_ctf_text_utf8(const struct fdar_ctf_text *text, struct fdar_arena *arena,
					size_t most);

#endif
