/*
 * What a recording wants of libflowdar-io.so, and which process this is.
 *
 * Place in the house: used by session.c. The settings are the recorder's, in the control segment
 * (control.h) that libflowdar.so has mapped; without one, those of the environment:
 * FLOWDAR_IO_SESSIONS=1 and FLOWDAR_IO_BYTES=N, read when the process starts.
 */
#ifndef FDAR_INSTRUMENT_IO_SETTINGS_H
#define FDAR_INSTRUMENT_IO_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

/* Whether accepted connections are sessions. */
bool fdar_settings_sessions(void);

/* So many bytes of each buffer: at most FDAR_IO_BYTES_MAX. */
uint32_t fdar_settings_bytes(void);

/* A number from 1 to FDAR_TABLE_EPOCHS, another one in each recording and after each fork(): what was
 * told of in another is to be told of again. 0 when there is no memory to know it. */
uint32_t fdar_settings_epoch(void);

/* False in a child of vfork(): the memory is the parent's, but not the descriptors. A system call. */
bool fdar_settings_own_descriptors(void);

#endif
