/*
 * The keeper's own side (keeper.h): what runs in its process.
 *
 * Place in the house: between keeper.c and keeper_process.c only.
 */
#ifndef FD_PIPELINE_KEEPER_PROCESS_H
#define FD_PIPELINE_KEEPER_PROCESS_H

#include <sys/types.h>

#include "pipeline/record/keeper.h"

enum fd_keeper_word {
	FD_KEEPER_READY,  /* there is a daemon; value: 1 when the keeper started it */
	FD_KEEPER_FAILED, /* there is none, text says why */
	FD_KEEPER_WATCH,  /* value: a process group */
	FD_KEEPER_STUCK,  /* the daemon does not answer */
	FD_KEEPER_DONE
};

/* Both ways over a SOCK_SEQPACKET pair. */
struct fd_keeper_message {
	enum fd_keeper_word word;
	int value;
	char text[256];
};

/* Runs until its work is done. socket is the only descriptor it needs. */
void fd_keeper_serve(int socket, const struct fd_keeper_charge *charge);

#endif
