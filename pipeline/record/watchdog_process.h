/*
 * The watchdog's own side (watchdog.h): what runs in its process.
 *
 * Place in the house: between watchdog.c and watchdog_process.c only.
 */
#ifndef FDAR_PIPELINE_RECORD_WATCHDOG_PROCESS_H
#define FDAR_PIPELINE_RECORD_WATCHDOG_PROCESS_H

#include <sys/types.h>

#include "pipeline/record/watchdog.h"

enum fdar_watchdog_word {
	FDAR_WATCHDOG_READY,  /* there is a daemon; value: 1 when the watchdog started it */
	FDAR_WATCHDOG_FAILED, /* there is none, text says why */
	FDAR_WATCHDOG_WATCH,  /* value: a process group */
	FDAR_WATCHDOG_STUCK,  /* the daemon does not answer */
	FDAR_WATCHDOG_DONE
};

/* Both ways over a SOCK_SEQPACKET pair. */
struct fdar_watchdog_message {
	enum fdar_watchdog_word word;
	int value;
	char text[256];
};

/* Runs until its work is done. socket is the only descriptor it needs. */
void fdar_watchdog_serve(int socket, const struct fdar_watchdog_charge *charge);

#endif
