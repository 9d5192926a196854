/*
 * This process's counters, in a file of its own that the recorder reads.
 *
 * Place in the house: part of libflowdar.so, under control.h, which is what others use
 * (fdar_control_add, fdar_control_wrote). The file is mapped for ever: an old one may still be in
 * somebody's hands when a new one comes. What is touched of it has its memory before, so that a full
 * tmpfs costs the counters and not the process. Everything here keeps errno.
 */
#ifndef FDAR_INSTRUMENT_PROVIDER_COUNTERS_H
#define FDAR_INSTRUMENT_PROVIDER_COUNTERS_H

/* Makes the file of this process, beside the segment at path; without room, permission or the path
 * there are no counters from now on. */
void fdar_counters_open(const char *path);

/* In a forked child, in memory of its own: what is mapped is the parent's. That is left, so that nobody who takes over
 * the child can write there, and the child gets its own. */
void fdar_counters_forked(void);

#endif
