/*
 * Runs a decode program over bytes.
 *
 * Place in the house: inside pipeline/, between ctf_program.h and the streams. The bytes are
 * hostile: nothing is read beyond the end of the cursor, and every step of a program but those at
 * its loops' ends takes bits or goes forward, so that it ends.
 */
#ifndef FD_PIPELINE_CTF_RUN_H
#define FD_PIPELINE_CTF_RUN_H

#include "pipeline/ctf/ctf_program.h"

/* Positions are in bits from bytes, which starts at a multiple of FD_CTF_ALIGN_MAX bits of the
 * packet. */
struct fd_ctf_cursor {
	const uint8_t *bytes;
	uint64_t at, end; /* nothing is read from end on */
};

/* A string without its NUL, or an array: bytes in the cursor. */
struct fd_ctf_text {
	const uint8_t *bytes;
	uint64_t length; /* bytes */
	uint8_t stride;  /* bytes of an element */
	gboolean big;    /* elements start with their highest byte */
};

/* What a program leaves. */
struct fd_ctf_frame {
	uint64_t values[FD_CTF_VALUES];
	struct fd_ctf_text texts[FD_ROLES];
	uint64_t regs[FD_CTF_REGS];
	uint64_t clock; /* cycles */
};

enum fd_ctf_status {
	FD_CTF_OK,
	FD_CTF_SHORT, /* the cursor ends before the program does */
	FD_CTF_BAD    /* no option of a variant has this tag */
};

/* The cursor and the clock are moved only when it is OK; the rest of the frame may change. */
enum fd_ctf_status fd_ctf_run(const struct fd_ctf_program *program, struct fd_ctf_cursor *cursor,
			      struct fd_ctf_frame *frame);

#endif
