/*
 * What can be wrong with a capture.
 *
 * Place in the house: the bottom of replay/, under all that reads or writes packets.
 */
#ifndef FDAR_REPLAY_CAPTURE_ERROR_H
#define FDAR_REPLAY_CAPTURE_ERROR_H

#include <glib.h>

#define FDAR_CAPTURE_ERROR fdar_capture_error_quark()
GQuark fdar_capture_error_quark(void);

enum fdar_capture_error {
	FDAR_CAPTURE_ERROR_MISSING, /* cannot be opened or read */
	FDAR_CAPTURE_ERROR_EMPTY,   /* no byte, or no packet, or nothing that can be used, in it */
	FDAR_CAPTURE_ERROR_FORMAT,  /* another kind of file, or a link type that is not read */
	FDAR_CAPTURE_ERROR_DAMAGED, /* nothing before the damage could be read */
	FDAR_CAPTURE_ERROR_OUTPUT,  /* a file of ours (spool, pcap) could not be written */
	FDAR_CAPTURE_ERROR_LIMIT    /* more than a stated bound, or a pool that is too small */
};

#endif
