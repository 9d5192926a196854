/*
 * Calls that may never come back, with a bound on how long one waits for them.
 *
 * Place in the house: inside pipeline/, around liblttng-ctl: its calls wait for the session daemon
 * without end, and a session daemon whose consumer daemon is stuck (LTTng 2.13 on a full disk, say)
 * never answers.
 */
#ifndef FDAR_PIPELINE_LTTNG_TIMEOUT_H
#define FDAR_PIPELINE_LTTNG_TIMEOUT_H

#include <glib.h>

/* Runs function(data) in a thread of its own and waits for its end, up to milliseconds. FALSE when it
 * is still at it: then thread and data must be left alone for the rest of the process's life. */
gboolean fdar_timeout_call(void (*function)(void *data), void *data, int milliseconds);

#endif
