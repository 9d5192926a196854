/*
 * Ticks: samples that the server's processes take of themselves (instrument/wire/ticks.h).
 *
 * Place in the house: beside perf.h, under intake.c, for where the kernel lets nobody look. What it gives are
 * records in the kernel's form, so that what follows does not ask where they are from: a FORK for each process, with
 * a number that is this folder's own as its pid, and its pid as thread; an EXEC where it is no fork of another
 * that is known; what it has mapped; and SAMPLEs.
 *
 * What is read may be anything: the processes may be other users', and hostile. A ring of theirs is theirs
 * alone, and nobody can write another's.
 */
#ifndef FDAR_PIPELINE_SAMPLES_TICKS_H
#define FDAR_PIPELINE_SAMPLES_TICKS_H

#include <glib.h>
#include <stdint.h>

#include "pipeline/samples/wiped.h"

/* At a time; that there are more is told (FDAR_TICKS_UNREAD). */
#define FDAR_TICKS_PROCESSES_MAX 4096u

struct fdar_ticks_folder;

/* Makes the folder. NULL and error (G_IO_ERROR). */
struct fdar_ticks_folder *fdar_ticks_make(const char *path, GError **error);

/* Appends what is new. */
void fdar_ticks_read(struct fdar_ticks_folder *folder, struct fdar_wiped *bytes);

/* Samples that were overwritten before they were read, or found no memory. */
uint64_t fdar_ticks_lost(const struct fdar_ticks_folder *folder);

/* Why processes, or threads of theirs, have no samples: bits (FDAR_TICKS_NO_SIGNAL ...), as they said, and as was
 * found here. */
uint32_t fdar_ticks_without(const struct fdar_ticks_folder *folder);

/* Takes the files away, too. NULL is allowed. */
void fdar_ticks_free(struct fdar_ticks_folder *folder);

#endif
