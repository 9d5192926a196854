/*
 * How much of a server is recorded.
 *
 * Place in the house: inside pipeline/, below all that has to agree on it: which libraries a server
 * gets (server/), which events LTTng is asked for (lttng/), and what recording.json says.
 */
#ifndef FDAR_PIPELINE_RECORDING_DETAIL_H
#define FDAR_PIPELINE_RECORDING_DETAIL_H

#include <glib.h>

enum fdar_detail {
	FDAR_DETAIL_SESSION,  /* sessions, requests, hand-offs, threads, notes */
	FDAR_DETAIL_IO,       /* + waits, operations on descriptors, and bytes */
	FDAR_DETAIL_FUNCTION, /* + functions and scopes */
	FDAR_DETAIL_ALL       /* everything of provider flowdar, whatever its log level */
};

/* "session", "io", "function" or "all". FALSE when the text is none of them. */
gboolean fdar_detail_parse(const char *text, enum fdar_detail *detail);
const char *fdar_detail_name(enum fdar_detail detail);

#endif
