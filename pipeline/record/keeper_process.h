/*
 * The keeper's own side (keeper.h): what runs in its process.
 *
 * Place in the house: between keeper.c and keeper_process.c only.
 */
#ifndef FDAR_PIPELINE_RECORD_KEEPER_PROCESS_H
#define FDAR_PIPELINE_RECORD_KEEPER_PROCESS_H

#include <sys/types.h>

#include "pipeline/record/keeper.h"

enum fdar_keeper_word {
	FDAR_KEEPER_READY,  /* there is a daemon; value: 1 when the keeper started it */
	FDAR_KEEPER_FAILED, /* there is none, text says why */
	FDAR_KEEPER_WATCH,  /* value: a process group */
	FDAR_KEEPER_STUCK,  /* the daemon does not answer */
	FDAR_KEEPER_DONE
};

/* Both ways over a SOCK_SEQPACKET pair. */
struct fdar_keeper_message {
	enum fdar_keeper_word word;
	int value;
	char text[256];
};

/* Runs until its work is done. socket is the only descriptor it needs. */
void fdar_keeper_serve(int socket, const struct fdar_keeper_charge *charge);

#endif
