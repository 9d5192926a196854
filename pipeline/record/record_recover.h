/*
 * What LTTng's daemons had not written when they died: read from their buffers, which were in files.
 *
 * Place in the house: inside pipeline/, under the recorder and its watchdog. The buffers' format is known
 * to lttng-crash(1) of lttng-tools, which makes a trace of them; that is then packed like any other.
 */
#ifndef FDAR_PIPELINE_RECORD_RECORD_RECOVER_H
#define FDAR_PIPELINE_RECORD_RECORD_RECOVER_H

#include <glib.h>

/* Where in a recording's trace/ it stands. */
#define FDAR_RECORD_RECOVERED "recovered"

/* Reads the buffers below the folder buffers, and adds what they hold to the recording's trace. FALSE
 * and error when there is nothing, or lttng-crash is not there, or fails. */
gboolean fdar_record_recover(const char *buffers, const char *trace, GError **error);

#endif
