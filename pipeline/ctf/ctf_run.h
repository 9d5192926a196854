/*
 * Runs a decode program over bytes.
 *
 * Place in the house: inside pipeline/, between ctf_program.h and the streams. The bytes are
 * hostile: nothing is read beyond the end of the cursor, and every step of a program but those at
 * its loops' ends takes bits or goes forward, and a loop ends with a round that took no bits, so that
 * it ends.
 */
#ifndef FDAR_PIPELINE_CTF_CTF_RUN_H
#define FDAR_PIPELINE_CTF_CTF_RUN_H

#include "pipeline/ctf/ctf_program.h"

/* Positions are in bits from bytes, which starts at a multiple of FDAR_CTF_ALIGN_MAX bits of the
 * packet. */
struct fdar_ctf_cursor {
	const uint8_t *bytes;
	uint64_t at, end; /* nothing is read from end on */
};

/* A string without its NUL, or an array: bytes in the cursor. */
struct fdar_ctf_text {
	const uint8_t *bytes;
	uint64_t length;  /* bytes */
	uint8_t stride;   /* bytes of an element */
	uint8_t encoding; /* enum fdar_ctf_encoding */
	gboolean big;     /* elements start with their highest byte */
};

/* What a program leaves. */
struct fdar_ctf_frame {
	uint64_t values[FDAR_CTF_VALUES];
	struct fdar_ctf_text texts[FDAR_ROLES];
	uint64_t regs[FDAR_CTF_REGS];
	uint64_t clock; /* cycles */
};

enum fdar_ctf_status {
	FDAR_CTF_OK,
	FDAR_CTF_SHORT, /* the cursor ends before the program does */
	FDAR_CTF_BAD /* no option of a variant has this tag, a number has more than 64 bits, or bits are
		      * in two orders within a byte */
};

/* The cursor and the clock are moved only when it is OK; the rest of the frame may change. */
enum fdar_ctf_status fdar_ctf_run(const struct fdar_ctf_program *program,
				  struct fdar_ctf_cursor *cursor, struct fdar_ctf_frame *frame);

#endif
